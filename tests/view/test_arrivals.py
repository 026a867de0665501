"""The digest: what came to each repo, told once."""

from msgspec import structs

from tui.git.outcome import Action, Outcome, RefChange, RefKind, State
from tui.view.arrivals import joined, of_outcome, ref_lines

MAIN = RefChange("refs/remotes/origin/main", "a", "b", RefKind.FORWARD)
REFS = (
    MAIN,
    RefChange("refs/remotes/origin/feature/x", None, "b", RefKind.NEW),
    RefChange("refs/remotes/origin/old", "a", None, RefKind.DELETED),
    RefChange("refs/remotes/origin/wip", "a", "b", RefKind.FORCED),
    RefChange("refs/remotes/origin/next", "a", "b", RefKind.FORWARD),
    RefChange("refs/tags/v0", "a", None, RefKind.DELETED),
    RefChange("refs/tags/latest", "a", "b", RefKind.TAG),
    *(RefChange(f"refs/tags/v{n}", None, "b", RefKind.TAG) for n in range(1, 6)),
)
FORWARD = Outcome(State.SYNCED, action=Action.FAST_FORWARD, branch="main", commits=2, refs=REFS)


def test_each_kind_of_change_is_a_line() -> None:
    arrival = of_outcome("r", FORWARD, 7.0)
    assert arrival
    assert ref_lines(arrival) == [
        "forced: wip",
        "deleted: old",
        "deleted tags: v0",
        "new: feature/x",
        "new tags: v1, v2, v3 and 2 more",
        "moved tags: latest",
        "forward: next",
    ]


def test_the_own_branch_is_told_where_its_commits_are_not() -> None:
    fetched = of_outcome("r", structs.replace(FORWARD, commits=0, refs=(MAIN,)), 7.0)
    moved = of_outcome("r", structs.replace(FORWARD, refs=(MAIN,)), 7.0)
    cloned = of_outcome("r", structs.replace(FORWARD, action=Action.CLONE), 7.0)
    assert fetched
    assert moved
    assert cloned
    assert [ref_lines(one) for one in (fetched, moved, cloned)] == [["forward: main"], [], []]


def test_what_came_twice_is_one_entry_with_the_last_change_of_each_ref() -> None:
    gone = RefChange("refs/remotes/origin/wip", "b", None, RefKind.DELETED)
    first, then = (
        of_outcome("r", structs.replace(FORWARD, received=10), 7.0),
        of_outcome("r", structs.replace(FORWARD, commits=3, refs=(gone,), received=20), 9.0),
    )
    assert then
    both = joined(first, then)
    assert both.received == 30
    assert (both.commits, both.at, len(both.refs)) == (5, 9.0, len(REFS))
    assert ref_lines(both)[0] == "deleted: old, wip"


def test_nothing_arrives_by_a_look_or_by_a_dry_run() -> None:
    assert of_outcome("r", Outcome(State.UP_TO_DATE), 7.0) is None
    assert of_outcome("r", structs.replace(FORWARD, notes=("dry_run",)), 7.0) is None
