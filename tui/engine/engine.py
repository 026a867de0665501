"""The lock, the threads and the clock around the scheduler."""

import secrets
import threading
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Protocol

from tui.engine.events import Event, Notice, Record, RunFinished, RunStarted
from tui.engine.feed import Feed, Inbox
from tui.engine.job import Job
from tui.engine.scheduler import Scheduler, Start, Step, Stop
from tui.git.clean import clean_text
from tui.git.gauge import Gauge
from tui.git.outcome import Outcome, Reason, State
from tui.git.repo import Repo
from tui.git.stop import StopSignal

_RUN_ID_BYTES = 3
_INTERRUPTIONS = {Reason.SIGNAL, Reason.QUIT}


class Work(Protocol):
    """One attempt at one repo, in a thread of its own. Whatever it raises becomes `failed`/`internal`."""

    def __call__(
        self, job: Job, stop: StopSignal, gauge: Gauge, notice: Callable[[Notice], None]
    ) -> Outcome: ...


Spawn = Callable[[Callable[[], None], str], None]
"""Runs the body, of this name, in a thread that does not keep the process alive. Called from any thread."""


def daemon_thread(body: Callable[[], None], name: str) -> None:
    threading.Thread(target=body, name=name, daemon=True).start()


class Clock:
    """The two clocks of a run; tests give their own."""

    def now(self) -> float:
        """Seconds since the epoch, for what people read."""
        return time.time()

    def monotonic(self) -> float:
        """Seconds for measuring."""
        return time.monotonic()


@dataclass(frozen=True, slots=True)
class Snapshot:
    """The figures of one moment."""

    limit: int
    running: int
    """Under the limit; the priority slot does not count."""
    picked: int
    """Jobs in the priority slot: 0 or 1."""
    queued: int
    paused: bool
    idle: bool


@dataclass(frozen=True, slots=True)
class RunInfo:
    """What a run says of itself at its start."""

    workspace: str = ""
    jobs_source: str = "default"
    dry_run: bool = False


class Engine:
    """Commands may come from any thread, have taken effect when they return, and never wait for git.

    `lock_key` names the git common dir of a repo: two jobs of one key never run at the same time.
    """

    def __init__(
        self,
        work: Work,
        *,
        limit: int,
        host_limit: int | None = None,
        fail_fast: bool = False,
        info: RunInfo | None = None,
        lock_key: Callable[[Repo], str] = lambda repo: str(repo.path),
        spawn: Spawn = daemon_thread,
        clock: Clock | None = None,
    ) -> None:
        self._work = work
        self._info = info or RunInfo()
        self._lock_key = lock_key
        self._spawn = spawn
        self._clock = clock or Clock()
        self._scheduler = Scheduler(limit, host_limit, fail_fast=fail_fast)
        self._feed = Feed()
        self._lock = threading.Lock()
        self._idle = threading.Condition(self._lock)
        self._stops: dict[str, StopSignal] = {}
        self._gauges: dict[str, Gauge] = {}
        self._run = ""
        self._run_began = 0.0
        self._interrupted = False

    def subscribe(self, nudge: Callable[[], None] | None = None) -> Inbox:
        with self._lock:
            return self._feed.subscribe(nudge)

    def start(self, repos: Iterable[Repo], settled: Iterable[tuple[Repo, Outcome]] = ()) -> None:
        """Begin a run of these, or add them to the run that is going on.

        `settled` are repos whose end is known already; they are counted and told, never run.
        """
        self._submit(repos, list(settled))

    def retry(self, repos: Iterable[Repo]) -> None:
        """Run these once more: in the run that is going on with their next attempt, else in a new run."""
        self._submit(repos, again=True)

    def pick(self, repos: Iterable[Repo]) -> None:
        """Run these now, ahead of everything; the first one above the limit if need be."""
        self._submit(repos, again=True, pick=True)

    def cancel(self, job_ids: Iterable[str], reason: Reason = Reason.USER) -> None:
        wanted = list(job_ids)
        self._do(lambda scheduler, now: scheduler.cancel(wanted, reason, now))

    def cancel_all(self, reason: Reason = Reason.USER) -> None:
        def command(scheduler: Scheduler, now: float) -> Step:
            if reason in _INTERRUPTIONS and not scheduler.idle:
                self._interrupted = True
            return scheduler.cancel_all(reason, now)

        self._do(command)

    def drain(self) -> None:
        self._do(lambda scheduler, now: scheduler.drain(now))

    def pause(self) -> None:
        self._do(lambda scheduler, _now: scheduler.pause())

    def resume(self) -> None:
        self._do(lambda scheduler, now: scheduler.resume(now))

    def set_limit(self, limit: int) -> None:
        """Raises ValueError outside 1 to 64."""
        self._do(lambda scheduler, now: scheduler.set_limit(limit, now))

    def snapshot(self) -> Snapshot:
        with self._lock:
            scheduler = self._scheduler
            return Snapshot(
                limit=scheduler.limit,
                running=scheduler.slots.ordinary,
                picked=0 if scheduler.slots.priority_free else 1,
                queued=len(scheduler.waiting),
                paused=scheduler.paused,
                idle=scheduler.idle,
            )

    def queue(self) -> list[str]:
        """Ids of the queued jobs, in the order in which they would start."""
        with self._lock:
            return [job.id for job in self._scheduler.waiting]

    def gauge(self, job_id: str) -> Gauge | None:
        """The gauge of the job's latest attempt; None before its first."""
        return self._gauges.get(job_id)

    def wait_idle(self, seconds: float | None = None) -> bool:
        """True once nothing is queued or running."""
        with self._lock:
            return self._idle.wait_for(lambda: self._scheduler.idle, seconds)

    def _submit(
        self,
        repos: Iterable[Repo],
        settled: Sequence[tuple[Repo, Outcome]] = (),
        *,
        again: bool = False,
        pick: bool = False,
    ) -> None:
        keyed = [(repo, self._lock_key(repo)) for repo in repos]

        def command(scheduler: Scheduler, now: float) -> Step:
            step = Step() if self._run else self._begin(scheduler, now, len(keyed) + len(settled))
            for repo, outcome in settled:
                step.join(scheduler.settle(repo, outcome, now))
            return step.join(scheduler.add(keyed, now, again=again, pick=pick))

        self._do(command)

    def _do(self, command: Callable[[Scheduler, float], Step]) -> None:
        for job in self._step(command):
            self._launch(job)

    def _step(self, command: Callable[[Scheduler, float], Step]) -> list[Job]:
        """One unit of work: lock, decide, file the events, unlock, stop what is to stop.

        Returns the jobs to start; each has its place already.
        """
        with self._lock:
            now = self._clock.monotonic()
            step = command(self._scheduler, now)
            starts = [order.job for order in step.orders if isinstance(order, Start)]
            for job in starts:
                job.run = self._run
                self._stops[job.id] = StopSignal()
                self._gauges[job.id] = Gauge()
            stops = [
                (self._stops[order.job_id], order.reason) for order in step.orders if isinstance(order, Stop)
            ]
            self._file(step.events)
            if self._run and self._scheduler.idle:
                self._file([self._finish(now)])
                self._run = ""
                self._idle.notify_all()
        for stop, reason in stops:
            stop.set(reason)
        return starts

    def _launch(self, first: Job) -> None:
        job: Job | None = first
        while job:
            try:
                self._spawn(partial(self._work_through, job), "sync")
            except Exception as error:  # noqa: BLE001  no thread to be had, say: every start has one end
                job = self._end(job, internal_failure(job.repo, error))
            else:
                return

    def _work_through(self, first: Job) -> None:
        """The body of a thread: its job, then whatever its end gave room to."""
        job: Job | None = first
        while job:
            stop, gauge = self._stops[job.id], self._gauges[job.id]
            try:
                outcome = self._work(job, stop, gauge, self._notice)
            except BaseException as error:  # noqa: BLE001  every start has one end, whatever raises
                outcome = internal_failure(job.repo, error)
            job = self._end(job, outcome)

    def _end(self, job: Job, outcome: Outcome) -> Job | None:
        def command(scheduler: Scheduler, now: float) -> Step:
            del self._stops[job.id]
            return scheduler.ended(job.id, outcome, now)

        starts = self._step(command)
        for other in starts[1:]:
            self._launch(other)
        return starts[0] if starts else None

    def _notice(self, notice: Notice) -> None:
        def command(scheduler: Scheduler, _now: float) -> Step:
            step = Step([notice])
            if notice.about and notice.retried is Reason.RATE_LIMITED:
                step.join(scheduler.rate_limited(notice.about))
            return step

        self._step(command)

    def _file(self, events: Iterable[Event]) -> None:
        time_now = self._clock.now()
        if records := [Record(time_now, self._run, event) for event in events]:
            self._feed.file(records)

    def _begin(self, scheduler: Scheduler, now: float, total: int) -> Step:
        scheduler.begin()
        self._gauges.clear()
        stamp = time.strftime("%Y%m%dT%H%M%SZ", time.gmtime(self._clock.now()))
        self._run = f"{stamp}-{secrets.token_hex(_RUN_ID_BYTES)}"
        self._run_began = now
        self._interrupted = False
        started = RunStarted(
            jobs=scheduler.limit,
            jobs_source=self._info.jobs_source,
            host_jobs=scheduler.host_limit,
            total=total,
            workspace=self._info.workspace,
            dry_run=self._info.dry_run,
        )
        return Step([started])

    def _finish(self, now: float) -> RunFinished:
        tally, jobs = self._scheduler.tally, self._scheduler.jobs
        adds_up = tally.total == len(jobs)
        if not adds_up:
            text = f"internal: {tally.total} ends for {len(jobs)} repos; please report this"
            self._file([Notice("error", text)])
        return RunFinished(
            counts=tally.counts,
            total=len(jobs),
            commits=tally.commits,
            duration_ms=round((now - self._run_began) * 1000),
            exit_code=0 if tally.success and adds_up else 1,
            interrupted=self._interrupted,
        )


def internal_failure(repo: Repo, error: BaseException) -> Outcome:
    return Outcome(
        State.FAILED,
        Reason.INTERNAL,
        clean_text(f"a fault in synctui: {type(error).__name__}: {error}").removesuffix(":"),
        f"run `synctui sync {repo.id} -v` and report what it prints",
    )
