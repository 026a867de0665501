"""What came: the commits and the changed refs of each repo, for the digest."""

from collections.abc import Iterable

from msgspec import Struct, structs

from tui.git.outcome import DRY_RUN, Action, Outcome, RefChange, RefKind
from tui.store.history import Result

_NAMES = 3
"""Refs of one kind that are named; of more it is said how many."""
_TAGS = "refs/tags/"
_PREFIXES = (_TAGS, "refs/heads/", "refs/remotes/")


Spans = tuple[tuple[str | None, str], ...]
"""From which commit to which; from None where all of it came, with a clone."""


class Arrival(Struct, frozen=True):
    """`at`: seconds since the epoch, of the last time that something came."""

    repo: str
    at: float
    branch: str | None
    commits: int
    refs: tuple[RefChange, ...]
    cloned: bool
    taken: Spans = ()
    """Where HEAD went, the oldest first."""
    pending: Spans = ()
    """The same of its branch on the remote's side, which HEAD has not followed."""
    received: int | None = None
    """Bytes; None: nobody knows."""

    @property
    def spans(self) -> Spans:
        return self.taken + self.pending


def of_outcome(repo: str, outcome: Outcome, at: float) -> Arrival | None:
    """None where nothing came."""
    if DRY_RUN in outcome.notes or not (outcome.commits or outcome.refs):
        return None
    cloned = outcome.action is Action.CLONE
    taken, pending = _spans(outcome)
    return Arrival(
        repo, at, outcome.branch, outcome.commits, outcome.refs, cloned, taken, pending, outcome.received
    )


def _spans(came: Outcome | Result) -> tuple[Spans, Spans]:
    """Where HEAD went; else, where nothing was moved, its branch on the remote's side."""
    if came.action == Action.CLONE:
        return ((None, came.new),) if came.new else (), ()
    if came.old and came.new and came.old != came.new:
        return ((came.old, came.new),), ()
    for ref in came.refs:
        if ref.old and ref.new and ref.name.startswith("refs/remotes/") and _short(ref.name) == came.branch:
            return (), ((ref.old, ref.new),)
    return (), ()


def joined(before: Arrival | None, after: Arrival) -> Arrival:
    """Both together, each ref by the last change of it."""
    if before is None:
        return after
    refs = {ref.name: ref for ref in (*before.refs, *after.refs)}
    return structs.replace(
        after,
        taken=_linked(before.taken, after.taken),
        # Where HEAD went now it has taken in what was pending.
        pending=() if after.taken else _linked(before.pending, after.pending),
        branch=after.branch or before.branch,
        commits=before.commits + after.commits,
        refs=tuple(refs.values()),
        cloned=before.cloned or after.cloned,
        received=(before.received or 0) + (after.received or 0) or None,
    )


def _linked(before: Spans, after: Spans) -> Spans:
    """One after the other, as one where the next goes on from the end of the last."""
    for span in after:
        goes_on = bool(before) and before[-1][1] == span[0]
        before = (*before[:-1], (before[-1][0], span[1])) if goes_on else (*before, span)
    return before


def of_results(results: Iterable[Result]) -> dict[str, Arrival]:
    """By repo id, the newest last; the results are in the order of their ends."""
    arrived: dict[str, Arrival] = {}
    for result in results:
        if result.commits or result.refs:
            cloned = result.action == Action.CLONE
            one = Arrival(
                result.repo,
                result.ended_at,
                result.branch,
                result.commits,
                result.refs,
                cloned,
                *_spans(result),
                result.received,
            )
            arrived[result.repo] = joined(arrived.pop(result.repo, None), one)
    return arrived


def ref_lines(arrival: Arrival, most: int | None = _NAMES) -> list[str]:
    """`new: a, b`, a line a kind; none for what the number of commits says already. `most` names; None: all."""
    groups: dict[str, list[str]] = {}
    for ref in arrival.refs:
        told = arrival.branch if arrival.commits else None
        if not arrival.cloned and (kind := _kind(ref, told)):
            groups.setdefault(kind, []).append(_short(ref.name))
    return [f"{kind}: {_some(groups[kind], most)}" for kind in _KINDS if kind in groups]


_KINDS = (
    "forced",
    "deleted",
    "deleted tags",
    "new",
    "new tags",
    "moved tags",
    "forward",
)


def _kind(ref: RefChange, told: str | None) -> str:
    """Empty for the remote's side of the branch that is told already, where that has only gone forward."""
    of_tags = ref.name.startswith(_TAGS)
    if ref.new is None:
        return "deleted tags" if of_tags else "deleted"
    if of_tags:
        return "moved tags" if ref.old else "new tags"
    match ref.kind:
        case RefKind.FORCED:
            return "forced"
        case RefKind.NEW:
            return "new"
        case _:
            return "" if told and _short(ref.name) == told else "forward"


def _short(name: str) -> str:
    """`main` of `refs/remotes/origin/main`."""
    for prefix in _PREFIXES:
        if name.startswith(prefix):
            rest = name.removeprefix(prefix)
            return rest.partition("/")[2] or rest if prefix == "refs/remotes/" else rest
    return name


def _some(names: list[str], most: int | None) -> str:
    shown = names[:most]
    more = len(names) - len(shown)
    return ", ".join(shown) + (f" and {more} more" if more else "")
