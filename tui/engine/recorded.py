"""Work whose results are kept before anybody is told of them."""

import threading
import time
from collections.abc import Callable

from tui.engine.engine import Turn, Work, internal_failure
from tui.engine.events import Notice
from tui.git.outcome import Outcome
from tui.git.repo import Repo

Remember = Callable[[str, Repo, Outcome, int, float, int], None]
"""Keeps a result: run, repo, outcome, attempt, start in seconds since the epoch, duration in milliseconds."""


def recording(work: Work, remember: Remember) -> Work:
    """The work, its result kept before anybody is told of it.

    Only what a thread had in hand comes by here: no repo that is settled without a try, and none that is
    cancelled in the queue. A result that cannot be kept is said once a process and counts all the same.
    """
    said = threading.Lock()

    def recorded(turn: Turn) -> Outcome:
        job = turn.job
        started_at, began = time.time(), time.monotonic()
        try:
            outcome = work(turn)
        except BaseException as error:  # noqa: BLE001  a fault of ours is a result too
            outcome = internal_failure(job.repo, error)
        duration_ms = round((time.monotonic() - began) * 1000)
        try:
            remember(job.run, job.repo, outcome, job.attempt, started_at, duration_ms)
        except Exception as error:  # noqa: BLE001  whatever it is, the outcome stays
            if said.acquire(blocking=False):  # never released: once
                turn.notice(Notice("error", f"results are not remembered: {error}"))
        return outcome

    return recorded
