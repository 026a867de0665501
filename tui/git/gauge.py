"""Latest progress of a job: overwritten by its thread, read by anyone, never queued."""

import time
from collections import deque

from msgspec import Struct, field

OUTPUT_LINES = 2_000
"""Lines of git kept for the detail screen of one job; a chatty hook must not eat the memory."""


class Progress(Struct, frozen=True):
    phase: str = ""
    """git's own words, as `Receiving objects`; empty before its first line."""
    percent: int | None = None
    bytes: int | None = None
    """Received so far, as git prints it."""
    rate: int | None = None
    """Bytes a second, as git prints it."""
    line: str = ""
    """The last line of git, clean."""
    moved: float = field(default_factory=time.monotonic)
    """`time.monotonic()` when the last byte came."""


class Gauge:
    def __init__(self) -> None:
        self.progress = Progress()
        self.attempt = 1
        """Counts what the job has tried by itself, too."""
        self.before = ""
        """Why the last attempt that has ended failed, in words, where the job goes on by itself."""
        self.resumes: float | None = None
        """When the pause before the next attempt is over, on the monotonic clock; None: it does not pause."""
        self.waited = 0.0
        """Seconds spent on waiting for who holds the repo, which count against no limit."""
        self.output: deque[str] = deque(maxlen=OUTPUT_LINES)
        """Finished lines of git in order, clean; progress that git overwrote itself is not in it."""

    def show(self, progress: Progress) -> None:
        self.progress = progress

    def try_again(self, attempt: int) -> None:
        self.attempt = attempt
        if self.output:
            self.keep(f"── attempt {attempt} ──")

    def keep(self, line: str) -> None:
        self.output.append(line)
