"""The one way to ask a running job to end."""

import contextlib
import threading
from collections.abc import Callable, Iterator

from tui.git.outcome import Reason


class StopSignal:
    """Set once, by whoever asks first, with the reason that the job's outcome will carry."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._event = threading.Event()
        self._reason: Reason | None = None
        self._wakers: list[Callable[[], None]] = []

    @property
    def reason(self) -> Reason | None:
        """None until somebody asked."""
        return self._reason

    def set(self, reason: Reason) -> None:
        with self._lock:
            if self._reason is not None:
                return
            self._reason = reason
            wakers = list(self._wakers)
        self._event.set()
        for wake in wakers:
            wake()

    def wait(self, seconds: float) -> bool:
        """True as soon as the stop is asked for, False after that many seconds."""
        return self._event.wait(seconds)

    @contextlib.contextmanager
    def waking(self, wake: Callable[[], None]) -> Iterator[None]:
        """Within the block `wake` is called, from the asking thread, when the stop is asked for."""
        with self._lock:
            self._wakers.append(wake)
            already = self._reason is not None
        if already:
            wake()
        try:
            yield
        finally:
            with self._lock:
                self._wakers.remove(wake)
