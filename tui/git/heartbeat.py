"""A sign of life from who holds locks: the time of their files, which anybody can see.

It proves that the process runs, not that its work goes forward: of that the stall limit knows.
"""

import contextlib
import os
import threading
import time

INTERVAL = 5.0
"""Seconds between two signs."""


class Heartbeat:
    """One thread for all files of the process. It is gone an interval after the last of them."""

    def __init__(self, interval: float = INTERVAL) -> None:
        self._interval = interval
        self._lock = threading.Lock()
        self._held: set[int] = set()
        self._thread: threading.Thread | None = None

    def register(self, fd: int) -> None:
        with self._lock:
            self._held.add(fd)
            if self._thread is None:
                thread = threading.Thread(target=self._beat, name="heartbeat", daemon=True)
                with contextlib.suppress(RuntimeError):  # no thread to be had: the lock holds without it
                    thread.start()
                    self._thread = thread

    def unregister(self, fd: int) -> None:
        """Once it returns, the file may be closed."""
        with self._lock:
            self._held.discard(fd)

    def _beat(self) -> None:
        while True:
            time.sleep(self._interval)
            with self._lock:
                for fd in self._held:
                    with contextlib.suppress(OSError):
                        os.utime(fd)
                if not self._held:
                    self._thread = None
                    return


heartbeat = Heartbeat()
"""The one of this process."""
