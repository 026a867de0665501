"""What is remembered of a repo, and how stale that makes it."""

from enum import StrEnum

from msgspec import Struct

HELD_AFTER = 3
"""Failures of its own after which a watch leaves a repo alone for a while."""
_LONGEST_HOLD = 86_400.0
_GRAIN = 1.0
"""Seconds by which the time of a file may be after the end of the sync that wrote it."""


class Failure(Struct, frozen=True):
    """Syncs in a row that failed, since the last success or since the person acknowledged those before."""

    state: str
    """Of the last one, as is the reason."""
    reason: str | None
    first_seen: float
    last_seen: float
    attempts: int
    own: int
    """Those of them that are the fault of this repo and not of a network."""
    acknowledged: bool = False
    """The person knows of it."""

    def held_for(self, every: float, now: float) -> float:
        """Seconds for which a watch of that interval still leaves the repo alone, twice as long each time."""
        if self.own < HELD_AFTER:
            return 0.0
        doublings = min(self.own - HELD_AFTER + 1, 64)  # as good as for ever
        pause = min(every * 2.0**doublings, max(every, _LONGEST_HOLD))
        left = self.last_seen + pause - now
        return left if 0 < left <= pause else 0.0  # more than the pause: a clock is wrong


class Past(Struct, frozen=True):
    """Times are seconds since the epoch; None: never. The last of what was really tried counts."""

    state: str | None = None
    reason: str | None = None
    message: str = ""
    last_attempt: float | None = None
    """When it began."""
    last_end: float | None = None
    last_success: float | None = None
    """When the last sync ended that brought it up to date or found it so."""
    failure: Failure | None = None
    """What no success has followed. The last state may be another: busy say, or cancelled."""
    last_fetch: float | None = None
    """Of the checkout before the syncs that failed made git forget it."""

    @property
    def last_asked(self) -> float:
        """When the last sync ended that may have fetched: one that was busy or cancelled need not."""
        return max(self.last_success or 0.0, self.failure.last_seen if self.failure else 0.0)

    @property
    def attempts(self) -> int:
        """Syncs in a row that failed."""
        return self.failure.attempts if self.failure else 0

    @property
    def is_open(self) -> bool:
        """A failure that nobody has dealt with."""
        return self.failure is not None and not self.failure.acknowledged


class Staleness(StrEnum):
    FRESH = "fresh"
    STALE = "stale"
    SEVERE = "severe"
    UNKNOWN = "unknown"


def staleness(age: float | None, stale_after: float, severe_after: float) -> Staleness:
    """`age`: seconds since the last success, None for never; a negative one means that some clock is wrong."""
    if age is None or age < 0:
        return Staleness.UNKNOWN
    if age < stale_after:
        return Staleness.FRESH
    return Staleness.STALE if age < severe_after else Staleness.SEVERE


def fetched_before(known: float | None, last_asked: float, last_fetch: float | None) -> float | None:
    """The last fetch to remember once another sync has failed, before which the checkout told of `last_fetch`.

    That of an earlier sync, a blocked one say, is none: what it was worth is `known`.
    """
    by_hand = last_fetch is not None and last_fetch > last_asked + _GRAIN
    return last_fetch if by_hand else known


def last_success(past: Past, last_fetch: float | None, cloned: float | None = None) -> float | None:
    """When the remote last told all that it has, whoever asked it.

    `last_fetch` is what the checkout itself says. It counts, a fetch by hand as well as a backup that was
    put back, unless it is that of a sync that then failed. Before it there is what is remembered, and at least
    the clone.
    """
    failed_then = past.failure is not None and (last_fetch or 0.0) <= past.last_asked + _GRAIN
    if last_fetch is not None and not failed_then:
        return last_fetch
    return max(filter(None, (past.last_success, past.last_fetch, cloned)), default=None)
