"""Runs that repeat: when the next pass is due, and its start."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress

from tui.engine.clock import Clock
from tui.engine.plan import Plan
from tui.engine.selection import SelectionError
from tui.store.config import ConfigError
from tui.store.paths import StateError
from tui.store.window import Window

PATIENCE = 5
"""Passes in a row that could not even begin, after which a watch gives up."""
BEAT_EVERY = 5.0
"""Seconds between two signs of life."""

Beat = Callable[[int, float | None], None]
"""Keeps a sign of life: passes begun, start of the next in seconds since the epoch. May raise StateError."""


class Watch:
    """The first pass is due at once, each later one `every` seconds after the end of the one before, and only
    while the window is open. Passes never overlap: `ended` says when one is over.
    """

    def __init__(
        self,
        next_plan: Callable[[], Plan],
        every: float,
        window: Window | None = None,
        clock: Clock | None = None,
    ) -> None:
        """`next_plan` makes the plan of a pass, as the workspace file then is; it raises ConfigError,
        SelectionError or StateError where there is none.
        """
        self.every = every
        self.window = window
        self.passes = 0
        """Begun."""
        self.going_on = False
        self._next_plan = next_plan
        self._clock = clock or Clock()
        self._failures = 0
        self._ended_at: tuple[float, float] | None = None
        """On both clocks; None: no pass has ended yet."""
        self._changed = threading.Event()

    def begin(self, start: Callable[[Plan], None]) -> str:
        """Have the next pass started; where it cannot begin, the reason in one line.

        Raises what kept it from beginning once that has happened `PATIENCE` times in a row.
        """
        self.going_on = True
        try:
            start(self._next_plan())
        except (ConfigError, SelectionError, StateError) as error:
            self._failures += 1
            self.ended()
            if self._failures == PATIENCE:
                raise
            return f"no pass ({self._failures} of {PATIENCE} tries before this watch ends): {error}"
        self._failures = 0
        self.passes += 1
        self._changed.set()
        return ""

    def ended(self) -> None:
        self.going_on = False
        self._ended_at = self._clock.now(), self._clock.monotonic()
        self._changed.set()

    def due_in(self) -> float:
        """Seconds; 0: now."""
        now, left = self._clock.now(), 0.0
        if self._ended_at:
            # Of a clock that is set back, and one that stands still while the machine sleeps, the other counts.
            passed = max(now - self._ended_at[0], self._clock.monotonic() - self._ended_at[1])
            left = max(0.0, self.every - passed)
        return left + self.window.opens_in(now + left) if self.window else left

    @property
    def next_start(self) -> float | None:
        """Seconds since the epoch; None: a pass goes on."""
        # Rounded, or the whole minute at which a window opens is a hair before it.
        return None if self.going_on else round(self._clock.now() + self.due_in(), 3)

    @contextmanager
    def beating(self, beat: Beat) -> Iterator[None]:
        """Within the block signs of life are kept; one that cannot be kept is only missing."""
        over = threading.Event()

        def body() -> None:
            while not over.is_set():
                self._changed.clear()
                with suppress(StateError):
                    beat(self.passes, self.next_start)
                self._changed.wait(BEAT_EVERY)

        thread = threading.Thread(target=body, name="heartbeat", daemon=True)
        thread.start()
        try:
            yield
        finally:
            over.set()
            self._changed.set()
            thread.join()
