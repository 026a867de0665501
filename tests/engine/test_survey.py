"""What the survey expects of a run, from what is known without asking anybody."""

from dataclasses import replace
from pathlib import Path

import pytest

from tui.engine.survey import StatusRow
from tui.git.decide import Decision, Move
from tui.git.inspect import RepoStatus
from tui.git.outcome import Reason
from tui.git.repo import Repo

REPO = Repo("a", Path("/nowhere/a"))
CURRENT = RepoStatus(branch="main", head="h", upstream="origin/main", ahead=0, behind=0, dirty=False)


def outlook(**status: object) -> Decision | None:
    return StatusRow(REPO, replace(CURRENT, **status)).outlook


@pytest.mark.parametrize(
    ("status", "move", "blocked", "notes"),
    [
        ({}, Move.NONE, None, ()),
        ({"behind": 2}, Move.FAST_FORWARD, None, ()),
        ({"ahead": 2}, Move.NONE, None, ()),
        ({"ahead": 1, "behind": 2}, Move.NONE, Reason.DIVERGED, ()),
        ({"gone": True, "ahead": None, "behind": None}, Move.NONE, Reason.BRANCH_GONE, ()),
        ({"in_progress": "merge", "behind": 1}, Move.NONE, Reason.IN_PROGRESS, ()),
        ({"in_progress": "rebase", "branch": None, "upstream": None}, Move.NONE, None, ("in_progress",)),
        ({"branch": None, "upstream": None}, Move.NONE, None, ("detached",)),
        ({"upstream": None, "ahead": None, "behind": None}, Move.NONE, None, ("no_upstream",)),
        ({"head": None}, Move.NONE, None, ("unborn",)),
        ({"bare": True, "upstream": None}, Move.NONE, None, ()),
    ],
)
def test_the_outlook_is_the_runs_own_decision(
    status: dict[str, object], move: Move, blocked: Reason | None, notes: tuple[str, ...]
) -> None:
    decision = outlook(**status)
    assert decision is not None
    assert (decision.move, decision.blocked, decision.notes) == (move, blocked, notes)


def test_what_cannot_be_known_is_not_foretold() -> None:
    assert outlook(error="not cloned") is None
    pinned = replace(REPO, rev="v1")
    assert StatusRow(pinned, replace(CURRENT, behind=2)).outlook is None


def test_a_repo_that_is_only_fetched_never_moves() -> None:
    fetched = replace(REPO, strategy="fetch")
    assert StatusRow(fetched, replace(CURRENT, ahead=1, behind=2)).outlook == Decision()
