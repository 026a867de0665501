"""The lane of a remote host: how many jobs may run there, fewer while the host says that we ask too often."""

import math
from collections import defaultdict
from collections.abc import Callable
from typing import Literal

from msgspec import Struct

from tui.engine.events import LimitChanged
from tui.git.failure import is_crowded
from tui.git.outcome import Outcome, Reason, State

_ANSWERED = {State.SYNCED, State.UP_TO_DATE, State.BLOCKED}
_PATIENCE = 8
LONGEST_PAUSE = 60.0
"""Seconds. A remote that asks for more is not waited for."""
STALLED_AFTER = 10.0
"""Seconds without a byte. Such a job holds no place of a lane that the host made narrow, and other hosts go first."""


class _Throttle(Struct):
    limit: int
    borne: int
    """One less than the host complained of; more than that is tried rarely."""
    narrowed: float
    """When, on the monotonic clock."""
    answers: int = 0
    """Good answers since the limit last moved."""
    patience: int = _PATIENCE
    """Rounds of good answers before more than is borne is tried."""

    @property
    def tries_more(self) -> bool:
        return self.limit > self.borne

    @property
    def answers_needed(self) -> int:
        """Until one job more may run."""
        return self.limit * (self.patience if self.limit == self.borne else 1)


class Lanes:
    """Jobs in the priority slot are outside every lane.

    A crowd that the host turns away halves the lane, down to 1. As many good answers as the lane is wide give
    one job back, up to what the host is known to bear; one job beyond that is tried ever more rarely, and taken
    back alone. What a host said holds beyond the end of a run, and so does the time of its last start. A job that
    is stalled holds a place of `host_limit` alone, so that one that hangs does not keep all others of its host.
    One that rests before it tries again keeps its place from who has not begun there, and from nobody who rests too.
    """

    def __init__(
        self,
        host_limit: int | None,
        start_delay: float = 0.0,
        quiet_since: Callable[[str], float] = lambda _job_id: -math.inf,
    ) -> None:
        """`host_limit`: None for as many as the job limit. `start_delay`: seconds between two starts on one host.

        `quiet_since`: when the last byte of a job came, on the monotonic clock; before its start counts as then.
        """
        self.host_limit = host_limit
        self._start_delay = start_delay
        self._quiet_since = quiet_since
        self._running: defaultdict[str, dict[str, float]] = defaultdict(dict)
        """When the attempt of each job of a host began."""
        self._resting: defaultdict[str, set[str]] = defaultdict(set)
        self._throttles: dict[str, _Throttle] = {}
        self._last_start: dict[str, float] = {}
        self._sent_away: defaultdict[str, int] = defaultdict(int)
        """How many a host has told to stay away for longer than is waited for, since one had a good answer."""
        self._hung: set[str] = set()
        """Where an attempt has ended because no byte came, and no job has had a good answer since."""
        self._closed: dict[str, float] = {}
        """Until when, on the monotonic clock, a host has asked to be left alone."""

    @property
    def has_delays(self) -> bool:
        """Whether a host may have to be waited for."""
        return self._start_delay > 0 or bool(self._closed) or bool(self._throttles)

    def enter(self, host: str, job_id: str, now: float) -> None:
        self._running[host][job_id] = now

    def rest(self, host: str, job_id: str) -> None:
        del self._running[host][job_id]
        self._resting[host].add(job_id)

    def wake(self, host: str, job_id: str, now: float) -> None:
        self._resting[host].remove(job_id)
        self.enter(host, job_id, now)

    def leave(self, host: str, job_id: str) -> None:
        """Running or at rest."""
        self._running[host].pop(job_id, None)
        self._resting[host].discard(job_id)

    def room_from(self, host: str, jobs: int) -> float:
        """From when on there is room for one more if none ends; infinite: never. `jobs`: the job limit of the moment."""
        return self._room_beside(len(self._resting[host]), host, jobs)

    def room_to_wake_from(self, host: str, jobs: int) -> float:
        """The same for one that rests there."""
        return self._room_beside(0, host, jobs)

    def _room_beside(self, resting: int, host: str, jobs: int) -> float:
        held = len(self._running[host]) + resting
        if held >= self._width(jobs):
            return math.inf
        too_many = held - self._limit(host, jobs)
        if too_many < 0:
            return -math.inf
        stalled_from = self._stalled_from(host)
        return stalled_from[too_many] if too_many < len(stalled_from) else math.inf

    def hung(self, host: str) -> None:
        """An attempt there has ended because no byte came."""
        self._hung.add(host)

    def hangs(self, host: str, now: float) -> bool:
        """A job there is stalled, or was until its end: another would likely hold its slot as long."""
        return host in self._hung or any(at <= now for at in self._stalled_from(host))

    def started(self, host: str, now: float) -> None:
        """In the priority slot too: it is the host that is spared."""
        self._last_start[host] = now

    def asked_nothing(self, host: str, since: float) -> None:
        """The job that started then was skipped: nobody waits for the delay after it."""
        if self._last_start.get(host) == since:
            del self._last_start[host]

    def next_start(self, host: str) -> float:
        """From when on the next job may start there."""
        last = self._last_start.get(host)
        after_last = -math.inf if last is None else last + self._start_delay
        return max(after_last, self._closed.get(host, -math.inf))

    def heed(self, host: str, retry_after: float | None, now: float) -> None:
        """The host asked to be left alone for so many seconds."""
        if retry_after and retry_after <= LONGEST_PAUSE:
            self._closed[host] = max(now + retry_after, self.next_start(host))

    def sent_away(self, host: str, outcome: Outcome) -> float | None:
        """The seconds it asks for, once it has told two in a row to stay away for longer than is waited for."""
        if outcome.state in _ANSWERED:
            self._sent_away.pop(host, None)
        if outcome.retry_after is None or outcome.retry_after <= LONGEST_PAUSE:
            return None
        self._sent_away[host] += 1
        return outcome.retry_after if self._sent_away[host] > 1 else None  # one alone may be about its repo

    def crowded(self, host: str, jobs: int, now: float) -> LimitChanged | None:
        """A job there was turned away as one too many."""
        was, throttle = self._limit(host, jobs), self._throttles.get(host)
        if throttle and sum(at > now for at in self._stalled_from(host)) > was:
            return None  # it is about those that are one too many already
        if throttle and throttle.tries_more:
            throttle.limit, throttle.answers, throttle.narrowed = throttle.borne, 0, now
            throttle.patience *= 2
        else:
            self._throttles[host] = _Throttle(max(1, was // 2), max(1, was - 1), now)
        return self._changed(host, was, jobs, "rate_limit")

    def answered(
        self, host: str, outcome: Outcome, jobs: int, began: float, now: float
    ) -> LimitChanged | None:
        """A job of the host, which began then, ended with this outcome."""
        if outcome.reason is Reason.STALLED:
            self.hung(host)
        elif outcome.state in _ANSWERED:
            self._hung.discard(host)
        throttle = self._throttles.get(host)
        if is_crowded(outcome):
            of_the_same_crowd = throttle is not None and began <= throttle.narrowed
            return None if of_the_same_crowd else self.crowded(host, jobs, now)
        if throttle is None or outcome.state not in _ANSWERED:
            return None
        throttle.answers += 1
        if throttle.answers < throttle.answers_needed:
            return None
        was = self._limit(host, jobs)
        throttle.borne = max(throttle.borne, throttle.limit)
        throttle.limit, throttle.answers = throttle.limit + 1, 0
        if throttle.limit >= self._width(jobs):
            del self._throttles[host]
        return self._changed(host, was, jobs, "recovery")

    def _stalled_from(self, host: str) -> list[float]:
        """When each job there is stalled if no byte of it comes, the earliest first."""
        running = self._running[host].items()
        return sorted(max(began, self._quiet_since(job_id)) + STALLED_AFTER for job_id, began in running)

    def _width(self, jobs: int) -> int:
        return min(self.host_limit or jobs, jobs)

    def _limit(self, host: str, jobs: int) -> int:
        throttle = self._throttles.get(host)
        return min(throttle.limit, self._width(jobs)) if throttle else self._width(jobs)

    def _changed(
        self, host: str, was: int, jobs: int, by: Literal["rate_limit", "recovery"]
    ) -> LimitChanged | None:
        now = self._limit(host, jobs)
        return LimitChanged(now, was, by, host) if now != was else None
