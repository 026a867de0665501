"""Which hooks may run: those that the person put beside the repository, none that came with its tree."""

import os
from pathlib import Path

from tui.git.inspect import common_dir_of
from tui.git.remote import Setting
from tui.git.work import Work

_OF_A_MOVE = ("post-merge", "post-checkout", "reference-transaction", "post-index-change")


def leave_out_hooks_of_the_tree(work: Work, settings: tuple[Setting, ...], git_dir: Path) -> None:
    """From here on no hook runs where their folder is part of the working tree: what is pulled would decide what runs."""
    place = work.repo.path
    common = common_dir_of(git_dir)
    said = [one.value for one in settings if one.key == "core.hookspath"]
    hooks = place / os.path.expanduser(said[-1]) if said else common / "hooks"  # noqa: PTH111 - Path raises for `~nobody`
    trees = [place, common.parent] if common.name == ".git" else [place]
    real = hooks.resolve()
    is_own = any(real.is_relative_to(own.resolve()) for own in (git_dir, common))
    if not is_own and any(real.is_relative_to(tree.resolve()) for tree in trees):
        work.git.hooks = False
        work.skips_hook = any((hooks / name).exists() for name in _OF_A_MOVE)
