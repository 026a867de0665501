"""What is part of a working tree, and so for whoever is fetched from to decide."""

import os
import re
from collections.abc import Iterable, Iterator
from contextlib import suppress
from pathlib import Path

from tui.git.clean import clean_text
from tui.git.files.whole import read_whole
from tui.git.links import Links, above, is_in
from tui.git.remote import OWN_SCOPES, Setting

INCLUDE = re.compile(r"include\.path|includeif\..*\.path", re.DOTALL)
"""The keys that name a further file of settings."""


class Tree:
    """All working trees from which a path of this repository could be filled: its own, and those around and beside it."""

    def __init__(self, place: Path, git_dir: Path, common: Path, links: Links) -> None:
        self.place = os.fspath(place)
        self._links = links
        self._own = {links.real(git_dir), links.real(common)}
        own = os.fspath(common)
        git_dirs = (own, *above(own), *_of_worktrees(own))
        self._roots = {links.real(place)} | {
            links.real(folder.removesuffix("/.git") or "/") for folder in git_dirs if folder.endswith("/.git")
        }

    def holds(self, path: str) -> bool:
        """Whether it is in a tree, or a link on the way to it."""
        return any(self._is_part(step) for step in self._links.steps(path))

    def _is_part(self, step: str) -> bool:
        if any(is_in(step, own) for own in self._own):
            return False
        return any(
            is_in(step, root) and ".git" not in step.removeprefix(root).split("/") for root in self._roots
        )


def decided_by_tree(tree: Tree, settings: Iterable[Setting]) -> tuple[str, str] | None:
    """Of the repository's own settings what is in a file of the tree or includes one, as a message, and its key.

    git cannot leave that out. The key is empty where the file itself is of the tree.
    """
    files: set[str] = set()
    for one in settings:
        if one.scope not in OWN_SCOPES:
            continue
        file = _join(tree.place, one.origin.removeprefix("file:"))
        if INCLUDE.fullmatch(one.key):
            included = _join(file.rpartition("/")[0], os.path.expanduser(one.value))  # noqa: PTH111 - Path raises for `~nobody`
            # Also where the condition is not met now, and where there is no such file yet: a pull may bring it.
            if tree.holds(included):
                return _message(f"{one.key} = {one.value} includes a file of the tree"), one.key
        if file not in files and tree.holds(file):
            return _message(f"{file} is a file of the tree"), ""
        files.add(file)
    return None


def _message(what: str) -> str:
    return clean_text(f"{what}: what is fetched would decide what git runs")


def _join(folder: str, path: str) -> str:
    return path if path.startswith("/") else f"{folder}/{path}"


def _of_worktrees(common: str) -> Iterator[str]:
    """The `.git` of each."""
    with suppress(OSError):
        for name in os.listdir(f"{common}/worktrees"):  # noqa: PTH208 - names are wanted
            with suppress(OSError):
                yield os.fsdecode(read_whole(f"{common}/worktrees/{name}/gitdir").strip())
