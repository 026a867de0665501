"""What a pull may not decide: no hook runs and no setting counts that lies in the working tree."""

import os
from pathlib import Path

from tui.git.failure import Ended
from tui.git.inspect import common_dir_of
from tui.git.links import Links
from tui.git.outcome import Reason, State
from tui.git.remote import Setting
from tui.git.tree import Tree, decided_by_tree
from tui.git.work import Work

_OF_A_MOVE = ("post-merge", "post-checkout", "reference-transaction", "post-index-change")


def keep_the_tree_out(
    work: Work, settings: tuple[Setting, ...], git_dir: Path, links: Links | None = None
) -> None:
    """From here on no hook runs where one of them, or their folder, is part of the working tree.

    Ended where the repository's own configuration is, or includes such a file: git cannot leave that out.
    """
    place = work.repo.path
    common = common_dir_of(git_dir)
    tree = Tree(place, git_dir, common, links or Links())
    if said := decided_by_tree(tree, settings):
        what, key = said
        raise Ended(State.FAILED, Reason.CONFIG, what, about=key)
    hooks = hooks_folder(place, common, settings)
    if tree.holds(hooks) or any(tree.holds(link) for link in _links(hooks)):
        work.git.hooks = False
        work.skips_hook = any(os.path.lexists(f"{hooks}/{name}") for name in _OF_A_MOVE)


def hooks_folder(place: Path, common: Path, settings: tuple[Setting, ...]) -> str:
    paths = [one.value for one in settings if one.key == "core.hookspath"]
    return os.path.join(place, os.path.expanduser(paths[-1])) if paths else f"{common}/hooks"  # noqa: PTH111, PTH118 - Path raises for `~nobody`


def _links(folder: str) -> list[str]:
    try:
        with os.scandir(folder) as entries:
            return [entry.path for entry in entries if entry.is_symlink()]
    except OSError:
        return []
