"""What is part of a working tree, and so for whoever is fetched from to decide."""

import os
import re
from collections import deque
from collections.abc import Iterable, Iterator
from pathlib import Path

from tui.git.clean import clean_text
from tui.git.remote import OWN_SCOPES, Setting

INCLUDE = re.compile(r"include\.path|includeif\..*\.path", re.DOTALL)
"""The keys that name a further file of settings."""
_MOST_LINKS = 40  # as the kernel has it


class Tree:
    """All working trees from which a path of this repository could be filled: its own, and those around and beside it."""

    def __init__(self, place: Path, git_dir: Path, common: Path) -> None:
        self.place = place
        self._own = {os.path.realpath(git_dir), os.path.realpath(common)}
        links = (Path(os.fsdecode(file.read_bytes().strip())) for file in common.glob("worktrees/*/gitdir"))
        git_dirs = (folder for folder in (common, *common.parents, *links) if folder.name == ".git")
        self._roots = {os.path.realpath(root) for root in (place, *(folder.parent for folder in git_dirs))}

    def holds(self, path: Path) -> bool:
        """Whether it is in a tree, or a link on the way to it."""
        return any(self._is_part(step) for step in _steps(path))

    def _is_part(self, step: Path) -> bool:
        if any(step.is_relative_to(own) for own in self._own):
            return False
        return any(
            step.is_relative_to(root) and ".git" not in step.relative_to(root).parts for root in self._roots
        )


def decided_by_tree(tree: Tree, settings: Iterable[Setting]) -> tuple[str, str] | None:
    """Of the repository's own settings what is in a file of the tree or includes one, as a message, and its key.

    git cannot leave that out. The key is empty where the file itself is of the tree.
    """
    files: set[Path] = set()
    for one in settings:
        if one.scope not in OWN_SCOPES:
            continue
        file = tree.place / one.origin.removeprefix("file:")
        if INCLUDE.fullmatch(one.key):
            # Also where the condition is not met now, and where there is no such file yet: a pull may bring it.
            included = file.parent / os.path.expanduser(one.value)  # noqa: PTH111 - Path raises for `~nobody`
            if tree.holds(included):
                return _message(f"{one.key} = {one.value} includes a file of the tree"), one.key
        if file not in files and tree.holds(file):
            return _message(f"{file} is a file of the tree"), ""
        files.add(file)
    return None


def _message(what: str) -> str:
    return clean_text(f"{what}: what is fetched would decide what git runs")


def _steps(path: Path) -> Iterator[Path]:
    """Each link on the way, where it really is, and the end."""
    here = Path("/")
    rest = deque(Path.cwd().joinpath(path).parts[1:])
    links = 0
    while rest:
        name = rest.popleft()
        step = here.parent if name == ".." else here / name
        if step.is_symlink() and links < _MOST_LINKS:
            links += 1
            yield step
            target = step.readlink()
            rest.extendleft(reversed(target.parts[1:] if target.is_absolute() else target.parts))
            here = Path("/") if target.is_absolute() else here
        else:
            here = step
    yield here
