"""A hook of the person may move HEAD in a move of ours: what it makes stays, and nothing is taken back from it."""

from typing import Any

import pytest

from tests.git.conftest import World, git
from tui.git.outcome import Reason, State
from tui.git.process import GitProcess, GitRunner


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


@pytest.mark.parametrize(
    ("leave", "branch"), [("git checkout -q -b other", "other"), ("git reset -q --hard HEAD~", "main")]
)
def test_a_hook_that_leaves_what_came_is_not_followed(world: World, leave: str, branch: str):
    hook(world, "post-merge", f"{leave} && echo own >own && git add own && git commit -q -m own")
    world.arrive()
    outcome = world.sync()
    assert (outcome.state, outcome.reason) == (State.FAILED, Reason.MOVED)
    assert git(world.mine, "symbolic-ref", "--short", "HEAD") == branch
    assert git(world.mine, "log", "-1", "--format=%s") == "own"
    assert git(world.mine, "status", "--porcelain") == ""


def test_a_branch_that_may_not_go_back_has_not_gone(world: World):
    """What it was to go back to is in it all along."""
    old = world.arrive()
    world.sync()
    git(world.theirs, "reset", "-q", "--hard", "HEAD~")
    git(world.theirs, "push", "-q", "--force")
    refuse = "[ $1 = prepared ] && grep -q refs/heads/main && exit 1; exit 0"
    hook(world, "reference-transaction", refuse)
    assert world.sync().state is State.FAILED
    assert (world.head(), git(world.mine, "status", "--porcelain")) == (old, "")


@pytest.mark.parametrize(("has_hook", "told"), [(False, 0), (True, 2)])
def test_git_tells_of_hooks_only_where_there_are_any(
    world: World, monkeypatch: pytest.MonkeyPatch, has_hook: bool, told: int
):
    """Its trace of events takes a fifth of the time of a fetch."""
    variables: list[str] = []

    class Recorded(GitProcess):
        def __init__(self, runner: GitRunner, *args: Any) -> None:
            variables.extend(runner.env)
            super().__init__(runner, *args)

    monkeypatch.setattr("tui.git.process.GitProcess", Recorded)
    if has_hook:
        hook(world, "post-merge", "true")
    world.arrive()
    assert world.sync().state is State.SYNCED
    assert variables.count("GIT_TRACE2_EVENT") == told, "of the fetch and of the merge"
