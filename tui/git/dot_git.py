"""Names that git takes for `.git`."""

import re

# As git itself has it (`is_ntfs_dotgit`, `is_hfs_dotgit`): HFS+ looks past some code points; NTFS looks past
# dots and blanks at the end, takes a stream (`.git::$INDEX_ALLOCATION`) for the folder, and has the short name.
_UNSEEN = "[\u200c-\u200f\u202a-\u202e\u206a-\u206f\ufeff]*"
_NAME = _UNSEEN.join(("", "[.]", "g", "i", "t", ""))
_DOT_GIT = re.compile(
    rf"(?:\A|[/\\])(?:{_NAME}|git~1)[. ]*(?:[/\\:]|\Z)",
    re.IGNORECASE | re.ASCII,
)


def names_git_dir(path: str) -> bool:
    """Whether git would take a component of the path for `.git`, on any file system."""
    return _DOT_GIT.search(path) is not None
