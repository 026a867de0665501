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

_HOOKS = frozenset({"post-merge", "post-checkout", "reference-transaction", "post-index-change"})
"""Those of a fetch and of a move."""


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
    names, links_there = _listed(hooks)
    has_hooks = not _HOOKS.isdisjoint(names)
    if tree.holds(hooks) or any(map(tree.holds, links_there)):
        work.git.hooks = False
        work.skips_hook = has_hooks
    work.git.has_no_hooks = not has_hooks and not any(one.key.startswith("hook.") for one in settings)


def hooks_folder(place: Path, common: Path, settings: tuple[Setting, ...]) -> str:
    paths = [one.value for one in settings if one.key == "core.hookspath"]
    return os.path.join(place, os.path.expanduser(paths[-1])) if paths else f"{common}/hooks"  # noqa: PTH111, PTH118 - Path raises for `~nobody`


def _listed(folder: str) -> tuple[set[str], list[str]]:
    """The names in it, and the paths of those that are links."""
    try:
        with os.scandir(folder) as scan:
            entries = list(scan)
    except OSError:
        return set(), []
    return {entry.name for entry in entries}, [entry.path for entry in entries if entry.is_symlink()]
