import pytest
from msgspec import structs

from tui.git.decide import Facts, Move, decide
from tui.git.outcome import Reason

MAIN = Facts(head="h", branch="refs/heads/main", upstream="refs/remotes/origin/main")


def facts(**changes: object) -> Facts:
    return structs.replace(MAIN, **changes)


@pytest.mark.parametrize(
    ("case", "move", "blocked", "notes"),
    [
        ({}, Move.NONE, None, ()),
        ({"behind": 2}, Move.FAST_FORWARD, None, ()),
        ({"ahead": 2}, Move.NONE, None, ()),
        ({"ahead": 1, "behind": 2}, Move.NONE, Reason.DIVERGED, ()),
        ({"ahead": 1, "behind": 2, "rewritten": True}, Move.FOLLOW_REWRITE, None, ()),
        ({"ahead": 1, "rewritten": True}, Move.FOLLOW_REWRITE, None, ()),
        ({"rewritten": True}, Move.NONE, None, ()),
        ({"in_progress": "merge"}, Move.NONE, None, ("in_progress",)),
        ({"in_progress": "merge", "ahead": 1}, Move.NONE, None, ("in_progress",)),
        ({"in_progress": "merge", "behind": 1}, Move.NONE, Reason.IN_PROGRESS, ()),
        ({"in_progress": "merge", "ahead": 1, "rewritten": True}, Move.NONE, Reason.IN_PROGRESS, ()),
        ({"in_progress": "merge", "ahead": 1, "behind": 1}, Move.NONE, Reason.IN_PROGRESS, ()),
        ({"gone": True, "behind": 1}, Move.NONE, Reason.BRANCH_GONE, ()),
        ({"gone": True, "upstream": None}, Move.NONE, None, ("no_upstream",)),
        ({"branch": None}, Move.NONE, None, ("detached",)),
        ({"head": None, "gone": True}, Move.NONE, None, ("unborn",)),
        ({"bare": True, "behind": 1, "gone": True}, Move.NONE, None, ()),
        ({"fetch_only": True, "behind": 1, "ahead": 1, "gone": True}, Move.NONE, None, ()),
        ({"branch": None, "pin": "p"}, Move.DETACH, None, ()),
        ({"branch": None, "pin": "h", "own_commits": True}, Move.NONE, None, ()),
        ({"branch": None, "pin": "p", "own_commits": True}, Move.NONE, Reason.DIVERGED, ()),
        ({"pin": "p"}, Move.DETACH, None, ()),
        ({"pin": "p", "in_progress": "am"}, Move.NONE, Reason.IN_PROGRESS, ()),
        ({"pin": "p", "fetch_only": True}, Move.NONE, None, ()),
    ],
)
def test_decide(case: dict[str, object], move: Move, blocked: Reason | None, notes: tuple[str, ...]):
    decision = decide(facts(**case))
    assert (decision.move, decision.blocked, decision.notes) == (move, blocked, notes)
    assert (decision.message != "") is (blocked is not None)


@pytest.mark.parametrize(("word", "said"), [("merge", "a merge"), ("am", "an am")])
def test_what_is_in_progress_is_named(word: str, said: str):
    for facts in (
        Facts("h", "b", upstream="u", behind=1, in_progress=word),
        Facts("h", pin="p", in_progress=word),
    ):
        assert decide(facts).message == f"{said} is in progress"
