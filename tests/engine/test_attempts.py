"""What the attempts of one job have done is told as one, and they come at ever longer intervals."""

from itertools import pairwise

from tui.engine.attempts import joined
from tui.engine.lanes import LONGEST_PAUSE
from tui.engine.runner import _back_off
from tui.git.outcome import Action, Outcome, Reason, RefChange, RefKind, State

MOVED = Outcome(
    State.FAILED,
    Reason.NETWORK,
    "cut",
    notes=("dirty",),
    action=Action.FAST_FORWARD,
    branch="main",
    old="a",
    new="c",
    commits=2,
    ahead=0,
    behind=0,
    refs=(RefChange("r", "a", "c", RefKind.FORWARD),),
)
SEEN = Outcome(State.UP_TO_DATE, branch="main", old="c", new="c", ahead=0, behind=0)


def test_what_came_before_the_last_attempt_is_told_with_it():
    told = joined(MOVED, SEEN)
    assert (told.state, told.reason, told.action, told.notes) == (
        State.SYNCED,
        None,
        Action.FAST_FORWARD,
        ("dirty",),
    )
    assert (told.old, told.new, told.commits, told.refs) == ("a", "c", 2, MOVED.refs)


def test_a_last_attempt_that_saw_nothing_takes_nothing_back():
    end = Outcome(State.CANCELLED, Reason.USER, "cancelled")
    told = joined(MOVED, end)
    assert (told.state, told.reason, told.message) == (State.CANCELLED, Reason.USER, "cancelled")
    assert (told.branch, told.old, told.new, told.commits, told.refs) == ("main", "a", "c", 2, MOVED.refs)


def test_where_nothing_came_the_last_one_stands():
    tried = Outcome(State.FAILED, Reason.DNS, action=Action.FETCH, old="c", new="c", notes=("dirty",))
    assert joined(tried, SEEN) == SEEN


def test_git_forgets_the_last_fetch_at_the_first_attempt():
    first = Outcome(State.FAILED, Reason.NETWORK, last_fetch=7.0)
    assert joined(first, Outcome(State.FAILED, Reason.NETWORK)).last_fetch == 7.0


def ref(old: str | None, new: str | None, kind: RefKind) -> Outcome:
    return Outcome(State.SYNCED, refs=(RefChange("r", old, new, kind),))


def test_a_ref_is_told_once_from_where_it_was_to_where_it_is():
    new, forced, forward = RefKind.NEW, RefKind.FORCED, RefKind.FORWARD
    assert joined(ref(None, "a", new), ref("a", "b", forward)).refs == ref(None, "b", new).refs
    assert joined(ref("a", "b", forced), ref("b", "c", forward)).refs == ref("a", "c", forced).refs
    for kind in (forward, forced):
        assert joined(ref("a", "b", kind), ref("b", None, RefKind.DELETED)).refs == (
            ref("a", None, RefKind.DELETED).refs
        )
    assert joined(ref(None, "a", new), ref("a", None, RefKind.DELETED)).refs == ()


def test_each_pause_is_longer_than_the_one_before_and_none_above_the_longest() -> None:
    pauses = [[_back_off(tried) for _ in range(100)] for tried in range(100)]
    for before, after in pairwise(pauses[:6]):
        assert max(before) < min(after)
    assert max(map(max, pauses)) <= LONGEST_PAUSE
