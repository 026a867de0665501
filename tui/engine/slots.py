"""The places in which jobs run."""

from itertools import count

MAX_JOBS = 64
"""Hard ceiling of the job limit."""
PLACES = 2 * MAX_JOBS
"""So many jobs at most run or rest under the limit: where a whole crowd rests, others still find room."""
PRIORITY_SLOT = MAX_JOBS
"""Number of the one place above the limit, taken by picks alone; the others count past it."""


class Slots:
    """Room is computed from what is taken, never adjusted, so no change of the limit can drift."""

    def __init__(self) -> None:
        self._taken: dict[int, str] = {}
        self._resting: set[int] = set()

    @property
    def ordinary(self) -> int:
        """How many run under the limit; neither the priority slot counts nor who rests."""
        return len(self._taken.keys() - self._resting - {PRIORITY_SLOT})

    @property
    def picked(self) -> int:
        """How many run in the priority slot: 0 or 1."""
        return PRIORITY_SLOT in self._taken.keys() - self._resting

    @property
    def resting(self) -> int:
        return len(self._resting)

    @property
    def priority_free(self) -> bool:
        return PRIORITY_SLOT not in self._taken

    def __len__(self) -> int:
        return len(self._taken)

    def room(self, limit: int) -> bool:
        """For one more."""
        return self.ordinary < limit and len(self) - (not self.priority_free) < PLACES

    def room_to_wake(self, limit: int) -> bool:
        """For one that rests, which has its place."""
        return self.ordinary < limit

    def rest(self, slot: int) -> None:
        """Its job keeps the place, and others run under the limit in its stead until it wakes."""
        self._resting.add(slot)

    def wake(self, slot: int) -> None:
        self._resting.remove(slot)

    def take(self, job_id: str) -> int:
        """The lowest free number."""
        slot = next(number for number in count() if number not in self._taken and number != PRIORITY_SLOT)
        self._taken[slot] = job_id
        return slot

    def take_priority(self, job_id: str) -> int:
        if not self.priority_free:
            raise RuntimeError(f"priority slot is taken by {self._taken[PRIORITY_SLOT]}")
        self._taken[PRIORITY_SLOT] = job_id
        return PRIORITY_SLOT

    def free(self, slot: int) -> None:
        del self._taken[slot]
        self._resting.discard(slot)
