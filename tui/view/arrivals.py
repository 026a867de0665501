"""What came: the commits and the changed refs of each repo, for the digest."""

from collections.abc import Iterable
from dataclasses import dataclass, replace

from tui.git.outcome import DRY_RUN, Action, Outcome, RefChange, RefKind
from tui.store.history import Result

_NAMES = 3
"""Refs of one kind that are named; of more it is said how many."""
_TAGS = "refs/tags/"
_PREFIXES = (_TAGS, "refs/heads/", "refs/remotes/")


@dataclass(frozen=True, slots=True)
class Arrival:
    """`at`: seconds since the epoch, of the last time that something came."""

    repo: str
    at: float
    branch: str | None
    commits: int
    refs: tuple[RefChange, ...]
    cloned: bool


def of_outcome(repo: str, outcome: Outcome, at: float) -> Arrival | None:
    """None where nothing came."""
    if DRY_RUN in outcome.notes or not (outcome.commits or outcome.refs):
        return None
    cloned = outcome.action is Action.CLONE
    return Arrival(repo, at, outcome.branch, outcome.commits, outcome.refs, cloned)


def joined(before: Arrival | None, after: Arrival) -> Arrival:
    """Both together, each ref by the last change of it."""
    if before is None:
        return after
    refs = {ref.name: ref for ref in (*before.refs, *after.refs)}
    return replace(
        after,
        branch=after.branch or before.branch,
        commits=before.commits + after.commits,
        refs=tuple(refs.values()),
        cloned=before.cloned or after.cloned,
    )


def of_results(results: Iterable[Result]) -> dict[str, Arrival]:
    """By repo id, the newest last; the results are in the order of their ends."""
    arrived: dict[str, Arrival] = {}
    for result in results:
        if result.commits or result.refs:
            cloned = result.action == Action.CLONE
            one = Arrival(result.repo, result.ended_at, result.branch, result.commits, result.refs, cloned)
            arrived[result.repo] = joined(arrived.pop(result.repo, None), one)
    return arrived


def ref_lines(arrival: Arrival) -> list[str]:
    """`new branches: a, b`, a line a kind; none for what the number of commits says already."""
    groups: dict[str, list[str]] = {}
    for ref in arrival.refs:
        told = arrival.branch if arrival.commits else None
        if not arrival.cloned and (kind := _kind(ref, told)):
            groups.setdefault(kind, []).append(_short(ref.name))
    return [f"{kind}: {_some(groups[kind])}" for kind in _KINDS if kind in groups]


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


def _some(names: list[str]) -> str:
    shown = names[:_NAMES]
    more = len(names) - len(shown)
    return ", ".join(shown) + (f" and {more} more" if more else "")
