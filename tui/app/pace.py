"""When the screen is drawn and when memory is tidied, so that a key finds the loop idle."""

import gc
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager

TICK = 0.1
"""Seconds from one drawing of everything to the next, where the machine bears it."""
_SHARE = 0.05
"""Of the loop's time that drawing may take: in one interpreter the syncs lack all of it."""
_SHARE_AFTER_KEY = 0.2
"""The same while what a key has done shows bit by bit: so long the next key may have to wait."""
_SHOWS = 1.0
"""Seconds from a key in which it does."""
_STALEST = 0.5
"""Seconds after which it is drawn whatever it takes."""
_AFTER_KEY = 0.05
"""Seconds from a key in which nothing but what it does is drawn."""
_COLLECT_AFTER = 30.0
"""Seconds without a key after which nobody notices that everything stops for a tenth of one."""
_COLLECT_EVERY = 60.0
"""Seconds. What is young the collector goes through by itself; what has grown old and is of no use are closed pages."""
_NEVER = 1 << 30


class Pace:
    """Draws one part after the other, so that a key waits for one and not for all. Times are of the monotonic clock."""

    def __init__(self, parts: Sequence[Callable[[], None]]) -> None:
        self._parts = parts
        self._next = 0
        self._begun = self._spent = 0.0
        """When the first part was drawn last, and what the loop's thread had spent of the processor then, in seconds."""
        self.typed = self.collected = 0.0

    @property
    def every(self) -> float:
        """Seconds from one beat to the next."""
        return TICK / len(self._parts)

    def beat(self) -> None:
        """Draw the next part, unless a key is just being answered; the first one only where drawing has not taken more
        than its share: what stands in several parts is never long at odds.
        """
        now = time.monotonic()
        passed = now - self._begun
        if passed < _STALEST and (
            now - self.typed < _AFTER_KEY or (not self._next and self._has_had_enough(now))
        ):
            return
        if not self._next:
            self._spent, self._begun = time.thread_time(), now
        part, self._next = self._parts[self._next], (self._next + 1) % len(self._parts)
        part()
        self.collect(now)

    def _has_had_enough(self, now: float) -> bool:
        share = _SHARE_AFTER_KEY if now - self.typed < _SHOWS else _SHARE
        return time.thread_time() - self._spent > (now - self._begun) * share

    def collect(self, now: float) -> None:
        """What the collector would do on its own at any time, as while a key waits."""
        if now - self.collected >= _COLLECT_EVERY and now - self.typed >= _COLLECT_AFTER:
            self.collected = now
            gc.collect()


@contextmanager
def collecting_by_pace() -> Iterator[None]:
    """The collector by itself goes through what is young and no more."""
    thresholds = gc.get_threshold()
    gc.set_threshold(thresholds[0], thresholds[1], _NEVER)
    try:
        yield
    finally:
        gc.set_threshold(*thresholds)
