"""Files that the person deleted without telling git: a move of HEAD would bring back those that it changes."""

import os
from functools import cache

from tui.git.clean import clean_text
from tui.git.work import Work


def undone_deletions(work: Work, head: str, target: str) -> str:
    """What a move from `head` to `target` would bring back, in words: git itself takes a missing file for unchanged.

    Empty: nothing. A submodule's folder counts as a file.
    """
    options = ("-r", "-z", "--no-renames", "--diff-filter=MT", "--name-only")
    changed = _names(work.read("diff-tree", *options, head, target))
    is_link = cache(os.path.islink)
    place = os.fspath(work.git.place)

    def is_there(name: str) -> bool:
        folder = os.path.dirname(name)  # noqa: PTH120 - a Path for each of many thousand files is slow
        while folder:  # git takes what lies behind a link for deleted
            if is_link(f"{place}/{folder}"):
                return False
            folder = os.path.dirname(folder)  # noqa: PTH120 - see above
        return os.path.lexists(f"{place}/{name}")

    missing = [name for name in changed if not is_there(name)]
    if not missing:
        return ""
    # Those that a sparse checkout leaves out are tagged otherwise.
    expected = {name[2:] for name in _names(work.read("ls-files", "-v", "-z")) if name[:2] in {"H ", "h "}}
    deleted = [name for name in missing if name in expected]
    more = f" and {len(deleted) - 1} more" if deleted[1:] else ""
    return clean_text(f"what was deleted here would come back: {deleted[0]}{more}") if deleted else ""


def _names(listing: bytes) -> list[str]:
    return [os.fsdecode(name) for name in listing.split(b"\0") if name]
