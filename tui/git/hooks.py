"""What a pull may not decide: no hook runs and no setting counts that lies in the working tree."""

import os
from collections import deque
from collections.abc import Iterator
from pathlib import Path

from tui.git.clean import clean_text
from tui.git.failure import Ended
from tui.git.inspect import common_dir_of
from tui.git.outcome import Reason, State
from tui.git.remote import OWN_SCOPES, Setting
from tui.git.work import Work

_OF_A_MOVE = ("post-merge", "post-checkout", "reference-transaction", "post-index-change")
_MOST_LINKS = 40  # as the kernel has it


def keep_the_tree_out(work: Work, settings: tuple[Setting, ...], git_dir: Path) -> None:
    """From here on no hook runs where one of them, or their folder, is part of the working tree.

    Ended where the repository's own configuration is, or includes such a file: git cannot leave that out.
    """
    place = work.repo.path
    common = common_dir_of(git_dir)
    tree = _Tree(place, git_dir, common)
    _check_settings(tree, settings)
    said = [one.value for one in settings if one.key == "core.hookspath"]
    hooks = place / os.path.expanduser(said[-1]) if said else common / "hooks"  # noqa: PTH111 - Path raises for `~nobody`
    if tree.holds(hooks) or any(tree.holds(link) for link in _links(hooks)):
        work.git.hooks = False
        work.skips_hook = any(os.path.lexists(hooks / name) for name in _OF_A_MOVE)


def _check_settings(tree: "_Tree", settings: tuple[Setting, ...]) -> None:
    for one in settings:
        if one.scope not in OWN_SCOPES:
            continue
        file = tree.place / one.origin.removeprefix("file:")
        if one.key == "include.path" or (one.key.startswith("includeif.") and one.key.endswith(".path")):
            # Also where the condition is not met now, and where there is no such file yet: a pull may bring it.
            included = file.parent / os.path.expanduser(one.value)  # noqa: PTH111 - Path raises for `~nobody`
            if tree.holds(included):
                raise _refused(f"{one.key} = {one.value} includes a file of the tree", one.key)
        if tree.holds(file):
            raise _refused(f"{file} is a file of the tree")


def _refused(what: str, key: str = "") -> Ended:
    message = f"{what}: what is fetched would decide what git runs"
    return Ended(State.FAILED, Reason.CONFIG, clean_text(message), about=key)


class _Tree:
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


def _links(folder: Path) -> list[Path]:
    try:
        with os.scandir(folder) as entries:
            return [Path(entry.path) for entry in entries if entry.is_symlink()]
    except OSError:
        return []


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
