"""One thread's work at one repo: sync it, and try again by itself what may be better a moment later."""

import math
import random
import time

from msgspec import structs

from tui.engine.attempts import joined
from tui.engine.engine import Turn, Work
from tui.engine.events import Notice
from tui.engine.lanes import LONGEST_PAUSE
from tui.engine.plan import known_end
from tui.git.failure import is_crowded
from tui.git.gauge import Progress
from tui.git.outcome import RETRIED_REASONS, Action, Outcome, Reason, State
from tui.git.repo import Repo
from tui.git.sync import SyncOptions, sync_repo
from tui.git.work import never_fresh

PATIENCE = 2
"""A person waits for a pick or a retry, and what stalled once may be the big one: the stall limit is so many times
longer then."""
_JITTER = 0.3
"""Below a third, so that each pause is longer than the one before."""


def make_work(options: SyncOptions, retries: int) -> Work:
    """`retries`: how often a fault of the network or the remote is tried again before it counts."""

    def work(turn: Turn) -> Outcome:
        job, stop, gauge = turn.job, turn.stop, turn.gauge
        if job.repo.error and (end := known_end(job.repo)):
            return end  # whoever asked: it may be another repo than the one that is meant
        began = time.monotonic()
        gauge.attempt = job.attempt
        # Whoever asks for a repo by name does not ask whether it is fresh.
        of_job = structs.replace(options, is_fresh=never_fresh) if job.by_name else options
        patient = structs.replace(of_job, stall_timeout=of_job.stall_timeout * PATIENCE)
        before: Outcome | None = None
        for tried in range(retries + 1):
            outcome = sync_repo(job.repo, patient if job.by_name or tried else of_job, stop, gauge, began)
            asked = outcome.retry_after or 0.0
            outcome = joined(before, outcome) if before else outcome
            before = outcome
            if tried == retries or asked > LONGEST_PAUSE or not _may_get_better(outcome):
                break
            pause = asked + _back_off(tried)
            if time.monotonic() + pause >= began + gauge.waited + _timeout(job.repo, options, outcome):
                break  # nothing could be done in what is left
            why = (outcome.reason or "").replace("_", " ")
            # The seconds first: a narrow log cuts the end.
            text = f"again in {pause:.0f} s: {job.id}, {why} ({tried + 1} of {retries})"
            notice = Notice(
                "info",
                text,
                about=job.id,
                crowded=is_crowded(outcome),
                stalled=outcome.reason is Reason.STALLED,
                retry_after=outcome.retry_after,
            )
            gauge.before = why
            gauge.show(Progress(phase=f"retry {tried + 1}/{retries} in {pause:.0f} s", line=outcome.message))
            if not turn.rest(notice, pause):
                reason = stop.reason or Reason.USER
                end = Outcome(State.CANCELLED, reason, "cancelled while waiting to retry")
                return joined(outcome, end)
            gauge.show(Progress(line=outcome.message))  # as if a byte had come: the pause was no stall
            job.attempt += 1
            gauge.try_again(job.attempt)
        return outcome

    return work


def _may_get_better(outcome: Outcome) -> bool:
    return outcome.reason in RETRIED_REASONS and not outcome.lasting


def _timeout(repo: Repo, options: SyncOptions, outcome: Outcome) -> float:
    """Seconds for all attempts together; a clone has only the repo's own limit."""
    of_run = 0.0 if outcome.action is Action.CLONE else options.timeout
    return (of_run if repo.timeout is None else repo.timeout) or math.inf


def _back_off(tried: int) -> float:
    """Seconds: about 1, 2, 4, … and never above LONGEST_PAUSE; not exactly, so that a crowd does not come back at once."""
    most = LONGEST_PAUSE / (1 + _JITTER)
    return min(2.0**tried, most) * random.uniform(1 - _JITTER, 1 + _JITTER)  # noqa: S311  spreads load, guards nothing
