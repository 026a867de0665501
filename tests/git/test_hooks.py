"""A hook of the person may move HEAD in a move of ours: what it makes stays, and nothing is taken back from it."""

import pytest

from tests.git.conftest import World, git
from tui.git.outcome import Reason, State


def hook(world: World, name: str, script: str) -> None:
    file = world.mine / ".git/hooks" / name
    file.write_text(f"#!/bin/sh\n{script}\n")
    file.chmod(0o755)


@pytest.mark.parametrize("rewritten", [False, True])
def test_a_hook_may_commit_on_top_of_what_came(world: World, rewritten: bool):
    if rewritten:
        world.arrive()
        world.sync()
        git(world.theirs, "reset", "-q", "--hard", "HEAD~")
        git(world.theirs, "push", "-q", "--force")
        new = git(world.theirs, "rev-parse", "HEAD")
    else:
        new = world.arrive()
    script = "[ -e own ] || { touch own; git add own; git commit -q -m own; }"
    hook(world, "post-checkout" if rewritten else "post-merge", script)
    outcome = world.sync()
    assert outcome.state is State.SYNCED
    assert (outcome.new, outcome.ahead, outcome.behind) == (world.head(), 1, 0)
    assert (git(world.mine, "rev-parse", "HEAD~"), git(world.mine, "status", "--porcelain")) == (new, "")


def test_a_hook_that_leaves_the_branch_is_not_followed(world: World):
    hook(world, "post-merge", "git checkout -q -b other HEAD~ && git commit -q --allow-empty -m own")
    new = world.arrive()
    outcome = world.sync()
    assert (outcome.state, outcome.reason) == (State.FAILED, Reason.MOVED)
    assert git(world.mine, "rev-parse", "main") == new
    assert git(world.mine, "symbolic-ref", "--short", "HEAD") == "other"
    assert git(world.mine, "status", "--porcelain") == ""
