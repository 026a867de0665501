"""Work for an engine that ends when a test says so."""

import threading
from pathlib import Path

from msgspec import structs

from tui.engine.engine import Turn
from tui.engine.events import Event, Notice
from tui.engine.feed import Inbox
from tui.git.gauge import Progress
from tui.git.outcome import Outcome, Reason, State
from tui.git.repo import Repo
from tui.git.stop import StopSignal

SYNCED = Outcome(State.SYNCED)
NOT_FOUND = Outcome(State.FAILED, Reason.NOT_FOUND, "no such repository", "check the URL")


def repos(count: int, host: str = "a.example") -> list[Repo]:
    return [Repo(f"r{n}", Path(f"/nowhere/r{n}"), f"https://{host}/r{n}.git") for n in range(count)]


class GatedWork:
    """Each job waits for `end(id, outcome)`; a stop ends it as cancelled. `ends_at_once` are never held."""

    def __init__(self, *, ends_at_once: Outcome | None = None) -> None:
        self._ends_at_once = ends_at_once
        self._changed = threading.Condition()
        self._verdicts: dict[str, Outcome | BaseException] = {}
        self.running: list[str] = []
        self.started: list[str] = []
        self.peak = 0

    def __call__(self, turn: Turn) -> Outcome:
        job, stop = turn.job, turn.stop
        with self._changed, stop.waking(self._wake):
            self.running.append(job.id)
            self.started.append(job.id)
            self.peak = max(self.peak, len(self.running))
            self._changed.notify_all()
            if self._ends_at_once is None:
                self._changed.wait_for(lambda: job.id in self._verdicts or stop.reason)
            self.running.remove(job.id)
            self._changed.notify_all()
            if stop.reason and job.id not in self._verdicts:
                return Outcome(State.CANCELLED, stop.reason, "cancelled")
            verdict = self._verdicts.pop(job.id, self._ends_at_once or SYNCED)
        if isinstance(verdict, BaseException):
            raise verdict
        return verdict

    def _wake(self) -> None:
        # A stop is asked for from a thread that does not hold the condition, or from `waking` itself,
        # which does; the condition's lock is reentrant.
        with self._changed:
            self._changed.notify_all()

    def end(self, *job_ids: str, outcome: Outcome | BaseException = SYNCED) -> None:
        with self._changed:
            self._verdicts.update(dict.fromkeys(job_ids, outcome))
            self._changed.notify_all()

    def wait_running(self, *job_ids: str) -> None:
        """Until exactly these run."""
        with self._changed:
            reached = self._changed.wait_for(lambda: sorted(self.running) == sorted(job_ids), 10)
            assert reached, f"running: {self.running}, wanted: {job_ids}"


class SlowToStop(GatedWork):
    """A stop ends none of its jobs: git takes its time."""

    def __call__(self, turn: Turn) -> Outcome:
        return super().__call__(structs.replace(turn, stop=StopSignal()))


class Retrying(GatedWork):
    """One of the jobs waits a minute before it goes on as the others do; maybe only from its second run on."""

    def __init__(self, who: str = "r0", *, from_the_first: bool = True) -> None:
        super().__init__()
        self._who = who
        self._from_the_first = from_the_first

    def __call__(self, turn: Turn) -> Outcome:
        if turn.job.id == self._who and (self._from_the_first or self._who in self.started):
            turn.gauge.before = "rate limited"
            turn.gauge.show(Progress("retry 1/2 in 60 s", line="HTTP 429"))
            notice = Notice("info", f"again in 60 s: {self._who}, rate limited (1 of 2)", about=self._who)
            if not turn.rest(notice, 60.0):
                return Outcome(State.CANCELLED, turn.stop.reason, "cancelled while waiting to retry")
        return super().__call__(turn)


def events(inbox: Inbox) -> list[Event]:
    return [record.event for record in inbox.drain(1_000_000)]
