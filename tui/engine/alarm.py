"""Calls at a time that may be set anew until it comes."""

import threading
from collections.abc import Callable

from tui.engine.clock import Clock


class Alarm:
    def __init__(self, ring: Callable[[], None], clock: Clock) -> None:
        """`ring` is called from a daemon thread, of which this starts one. Raises RuntimeError where none can be had."""
        self._ring = ring
        self._clock = clock
        self._changed = threading.Condition()
        self._due: float | None = None
        threading.Thread(target=self._keep_time, name="alarm", daemon=True).start()

    def set(self, due: float | None) -> None:
        """On the monotonic clock; None: it does not ring."""
        with self._changed:
            if due != self._due:
                self._due = due
                self._changed.notify()

    def _keep_time(self) -> None:
        while True:
            with self._changed:
                while self._due is None or (left := self._due - self._clock.monotonic()) > 0:
                    self._changed.wait(None if self._due is None else left)
                self._due = None
            self._ring()
