"""The time, as the engine and the screens are told it."""

import time


class Clock:
    """The two clocks of a run; tests give their own."""

    def now(self) -> float:
        """Seconds since the epoch, for what people read."""
        return time.time()

    def monotonic(self) -> float:
        """Seconds for measuring."""
        return time.monotonic()
