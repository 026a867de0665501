"""How long a run goes on, from what each of its repos took before."""

import heapq
import math
import statistics
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import NamedTuple

from tui.engine.events import JobEnded
from tui.engine.order import expected
from tui.git.outcome import State

_PART = 0.01
_ONE_BY_ONE = 2_000
_QUARTILES_FROM = 2
"""So many durations at least have quartiles."""
_MORE_KNOWN = 1.05
"""So much more of them change what is expected of the others."""
_TELLING = frozenset({State.SYNCED, State.UP_TO_DATE})


class Spread(NamedTuple):
    """Seconds."""

    low: float
    likely: float
    high: float


class Forecast:
    """What each repo is expected to take, and what one that nobody knows is."""

    def __init__(self, durations: Mapping[str, Sequence[float]]) -> None:
        """`durations`: seconds of the latest syncs by repo id, newest first."""
        self.known = {repo_id: _spread(took) for repo_id, took in durations.items() if took}
        self._unknown: Spread | None = None
        self._made_of = 0

    def learn(self, ended: JobEnded) -> None:
        """Of a repo that nobody knew; a person waits in the very first run, too."""
        if ended.outcome.state in _TELLING and ended.repo.id not in self.known:
            seconds = ended.duration_ms / 1000
            self.known[ended.repo.id] = Spread(seconds, seconds, seconds)

    @property
    def unknown(self) -> Spread | None:
        """None: no repo is known."""
        if len(self.known) > self._made_of * _MORE_KNOWN:
            medians = [one.likely for one in self.known.values()]
            self._unknown = _around(statistics.median(medians), medians)
            self._made_of = len(medians)
        return self._unknown

    def of(self, repo_id: str) -> Spread | None:
        return self.known.get(repo_id, self.unknown)


def _spread(durations: Sequence[float]) -> Spread:
    return _around(expected(durations) or 0.0, durations)


def _around(likely: float, durations: Sequence[float]) -> Spread:
    """The quartiles; `likely` may be outside of them, as the median of the latest few."""
    if len(durations) < _QUARTILES_FROM:
        return Spread(likely, likely, likely)
    low, _, high = statistics.quantiles(durations, n=4, method="inclusive")
    return Spread(min(low, likely), likely, max(high, likely))


def remaining(
    limit: int, running: Iterable[tuple[str, float]], queued: Iterable[str], forecast: Forecast
) -> Spread | None:
    """Seconds until all have ended that run, each with the seconds since its start, or wait, in their order.

    Whatever slot is free first takes the next one; limits of single hosts are not looked at. None: nobody
    knows, or nothing is left.
    """
    known, unknown = forecast.known, forecast.unknown
    at_work = [(spread, since) for repo_id, since in running if (spread := known.get(repo_id, unknown))]
    waiting = [spread for repo_id in queued if (spread := known.get(repo_id, unknown))]
    if not at_work and not waiting:
        return None
    low = _makespan(
        limit, [max(0.0, one.low - since) for one, since in at_work], [one.low for one in waiting]
    )
    # What is overdue may need as much again as it is overdue by.
    likely = _makespan(
        limit, [abs(one.likely - since) for one, since in at_work], [one.likely for one in waiting]
    )
    high = _makespan(
        limit,
        [max(one.high - since, abs(one.likely - since)) for one, since in at_work],
        [one.high for one in waiting],
    )
    return Spread(min(low, likely), likely, max(likely, high))


def _makespan(limit: int, running: Sequence[float], waiting: Sequence[float]) -> float:
    """When the last one ends; what runs above the limit gives its slot to nobody.

    Of a long queue only the end is gone through one by one: what comes before fills all slots alike.
    """
    free_at = sorted(running, reverse=True)[:limit]
    free_at += [0.0] * (limit - len(free_at))
    before = waiting[:-_ONE_BY_ONE]
    if before:
        free_at = _filled(free_at, sum(before))
    heapq.heapify(free_at)
    for seconds in waiting[-_ONE_BY_ONE:]:
        heapq.heapreplace(free_at, free_at[0] + seconds)
    return max([*free_at, *running, *before])


def _filled(free_at: Iterable[float], seconds: float) -> list[float]:
    """So much work poured over the slots like water."""
    slots = sorted(free_at)
    level = slots[0]
    for count in range(1, len(slots) + 1):
        level = (seconds + sum(slots[:count])) / count
        if count < len(slots) and level <= slots[count]:
            break
    return [max(at, level) for at in slots]


class Countdown:
    """What `remaining` says, for who asks all the time: its price grows with the queue.

    It is worked out anew at most once a second, and only where a hundredth of the time or of the queue is
    gone since, or the limit is another; in between the time that passes is taken off.
    """

    def __init__(self) -> None:
        self._at = -math.inf
        self._of = (0, 0)
        self._spread: Spread | None = None

    def left(
        self, now: float, limit: int, queued: int, work_out: Callable[[], Spread | None]
    ) -> Spread | None:
        """`now`: on the monotonic clock; `queued`: how many are."""
        passed = now - self._at
        if passed >= 1.0 and self._is_old(passed, limit, queued):
            self._at, self._of, self._spread = now, (limit, queued), work_out()
            return self._spread
        return self._spread and Spread(*(max(0.0, seconds - passed) for seconds in self._spread))

    def _is_old(self, passed: float, limit: int, queued: int) -> bool:
        limit_then, queued_then = self._of
        return (
            self._spread is None
            or passed > self._spread.likely * _PART
            or limit != limit_then
            or abs(queued - queued_then) > queued_then * _PART
        )


def about(spread: Spread) -> str:
    """`about 2 min (1–4)`: coarse, so that it stands still while people read it."""
    (low, low_unit), (likely, unit), (high, high_unit) = map(_coarse, spread)
    if low_unit == unit == high_unit:
        around = "" if low == likely == high else f" ({low:g}–{high:g})"
    else:
        around = f" ({low:g} {low_unit}–{high:g} {high_unit})"
    return f"about {likely:g} {unit}{around}"


def _coarse(seconds: float) -> tuple[float, str]:
    """The number and its unit."""
    for least, size, step, unit in _UNITS:
        if seconds >= least:
            return max(step, round(seconds / size / step) * step), unit
    return _UNITS[-1][2], _UNITS[-1][3]


_UNITS = (
    (95 * 60.0, 3600.0, 0.5, "h"),
    (17.5 * 60.0, 60.0, 5.0, "min"),
    (55.0, 60.0, 1.0, "min"),
    (25.0, 1.0, 10.0, "s"),
    (0.0, 1.0, 5.0, "s"),
)
"""From so many seconds on: the seconds of the unit, the step to which is rounded, the unit."""
