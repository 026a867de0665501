"""The lock, the threads and the clock around the scheduler."""

import math
import os
import threading
import time
from collections.abc import Callable, Iterable, Sequence
from functools import partial

from msgspec import Struct

from tui.engine.alarm import Alarm
from tui.engine.clock import Clock
from tui.engine.events import Event, JobEnded, Notice, Record, RunFinished, RunStarted
from tui.engine.feed import Feed, Inbox
from tui.engine.job import Job
from tui.engine.journal import Journal
from tui.engine.scheduler import GoOn, Scheduler, Start, Step, Stop, end_of
from tui.engine.waiting import Way
from tui.git.clean import clean_text
from tui.git.gauge import Gauge
from tui.git.outcome import Outcome, Reason, State
from tui.git.repo import Repo
from tui.git.stop import StopSignal

_RUN_ID_BYTES = 3
_INTERRUPTIONS = {Reason.SIGNAL, Reason.QUIT}


class Turn(Struct, frozen=True):
    """What a job has while it runs."""

    job: Job
    stop: StopSignal
    gauge: Gauge
    notice: Callable[[Notice], None]
    """Says something in the run's name."""
    rest: Callable[[Notice, float], bool]
    """Says why the job tries again, and pauses it for so many seconds at least: others run in its stead, and it goes
    on when there is room for it. False: somebody has asked it to end."""


Work = Callable[[Turn], Outcome]
"""One job, in a thread of its own. Whatever it raises becomes `failed`/`internal`."""

Spawn = Callable[[Callable[[], None], str], None]
"""Runs the body, of this name, in a thread that does not keep the process alive. Called from any thread."""


def daemon_thread(body: Callable[[], None], name: str) -> None:
    threading.Thread(target=body, name=name, daemon=True).start()


class Snapshot(Struct, frozen=True):
    """The figures of one moment."""

    limit: int
    running: int
    """Under the limit; the priority slot does not count, and none that rests."""
    picked: int
    """Jobs that run in the priority slot: 0 or 1."""
    resting: int
    """Jobs that wait to try again."""
    queued: int
    paused: bool
    idle: bool


class RunInfo(Struct, frozen=True):
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
        start_delay: float = 0.0,
        fail_fast: bool = False,
        info: RunInfo | None = None,
        journal: Journal | None = None,
        lock_key: Callable[[Repo], str] = lambda repo: str(repo.path),
        spawn: Spawn = daemon_thread,
        clock: Clock | None = None,
    ) -> None:
        self._work = work
        self._info = info or RunInfo()
        self._journal = journal or Journal()
        self._lock_key = lock_key
        self.spawn = spawn
        """How what begins a job is run from now on."""
        self._clock = clock or Clock()
        self._scheduler = Scheduler(
            limit, host_limit, start_delay, fail_fast=fail_fast, quiet_since=self._quiet_since
        )
        self.start_delay = start_delay
        self._alarm = Alarm(partial(self._do, Scheduler.tick), self._clock)
        self._feed = Feed()
        self._lock = threading.Lock()
        self._idle = threading.Condition(self._lock)
        self._beginning = threading.Lock()
        """Of two who submit at a time each would begin a run of its own."""
        self._stops: dict[str, StopSignal] = {}
        self._gauges: dict[str, Gauge] = {}
        self._going_on: dict[str, threading.Event] = {}
        """What each job that rests waits for."""
        self._run = ""
        """Empty: no run goes on."""
        self._under_way = 0
        """How many submissions and tales are; a run does not end before they are in it and in the journal."""
        self._closing = False
        self._said: set[str] = set()
        """What the journal failed at."""
        self._run_began = 0.0
        self._interrupted = False

    def subscribe(self) -> Inbox:
        with self._lock:
            return self._feed.subscribe()

    def start(self, repos: Iterable[Repo], settled: Iterable[tuple[Repo, Outcome]] = ()) -> None:
        """Begin a run of these, or add them to the run that is going on. Raises what the journal does.

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

    def move(self, job_ids: Iterable[str], way: Way) -> None:
        """Change the order of the queue."""
        wanted = list(job_ids)
        self._do(lambda scheduler, now: scheduler.move(wanted, way, now))

    def pause(self) -> None:
        self._do(lambda scheduler, _now: scheduler.pause())

    def resume(self) -> None:
        self._do(lambda scheduler, now: scheduler.resume(now))

    def set_limit(self, limit: int) -> None:
        """Raises ValueError outside 1 to 64."""
        self._do(lambda scheduler, now: scheduler.set_limit(limit, now))

    def set_host_limit(self, host_limit: int | None) -> None:
        self._do(lambda scheduler, now: scheduler.set_host_limit(host_limit, now))

    def snapshot(self) -> Snapshot:
        with self._lock:
            scheduler = self._scheduler
            return Snapshot(
                limit=scheduler.limit,
                running=scheduler.slots.ordinary,
                picked=scheduler.slots.picked,
                resting=scheduler.slots.resting,
                queued=len(scheduler.waiting),
                paused=scheduler.paused,
                idle=not self._run,
            )

    def queue(self) -> list[str]:
        """Ids of the queued jobs, in the order in which they would start."""
        with self._lock:
            return self._scheduler.waiting.ids()

    def next_starts(self) -> dict[str, float]:
        """Seconds until the next start on each host that waits for a delay of its own alone."""
        with self._lock:
            now = self._clock.monotonic()
            starts = self._scheduler.next_starts(now)
        return {host: at - now for host, at in starts.items() if at > now}

    def gauge(self, job_id: str) -> Gauge | None:
        """The gauge of the job's latest attempt; None before its first."""
        return self._gauges.get(job_id)

    def _quiet_since(self, job_id: str) -> float:
        gauge = self._gauges.get(job_id)
        return gauge.progress.moved if gauge else -math.inf

    def wait_idle(self, seconds: float | None = None) -> bool:
        """True once nothing is queued or running and the run is told to its end."""
        with self._lock:
            return self._idle.wait_for(lambda: not self._run, seconds)

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
            step = Step() if self._run else self._begin(scheduler, run, now, len(keyed) + len(settled))
            for repo, outcome in settled:
                step.join(scheduler.settle(repo, outcome, now))
            return step.join(scheduler.add(keyed, now, again=again, pick=pick))

        with self._beginning:
            with self._lock:
                self._under_way += 1
                going_on, limit = self._run, self._scheduler.limit
            try:
                run = going_on or self._new_run()
                begin = partial(
                    self._journal.begin, run, self._clock.now(), limit, [repo.id for repo, _ in keyed]
                )
                if going_on:
                    self._keep("this run is not remembered", begin)
                elif keyed or settled:  # else there is nothing to remember
                    begin()
                starts = self._step(command)
            finally:
                with self._lock:
                    self._under_way -= 1
        self._launch_all(starts)

    def _do(self, command: Callable[[Scheduler, float], Step]) -> None:
        self._launch_all(self._step(command))

    def _launch_all(self, jobs: Iterable[Job]) -> None:
        for job in jobs:
            self._launch(job)
        self._close()

    def _step(self, command: Callable[[Scheduler, float], Step]) -> list[Job]:
        """One unit of work: lock, decide, file the events, unlock, stop what is to stop, keep what happened.

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
            for order in step.orders:
                if isinstance(order, GoOn):
                    self._going_on[order.job_id].set()
            records = self._file(step.events)
            self._alarm.set(self._scheduler.due)
            self._under_way += 1
        try:
            for stop, reason in stops:
                stop.set(reason)
            self._tell([record for record in records if not _is_kept(record.event)])
        finally:
            with self._lock:
                self._under_way -= 1
        return starts

    def _launch(self, first: Job) -> None:
        job: Job | None = first
        while job:
            try:
                self.spawn(partial(self._work_through, job), "sync")
            except Exception as error:  # noqa: BLE001  no thread to be had, say: every start has one end
                job = self._end(job, internal_failure(job.repo, error))
            else:
                return

    def _work_through(self, first: Job) -> None:
        """The body of a thread: its job, then whatever its end gave room to."""
        job: Job | None = first
        while job:
            stop, gauge = self._stops[job.id], self._gauges[job.id]
            turn = Turn(job, stop, gauge, self._notice, partial(self._rest, job, stop, gauge))
            try:
                outcome = self._work(turn)
            except BaseException as error:  # noqa: BLE001  every start has one end, whatever raises
                outcome = internal_failure(job.repo, error)
            job = self._end(job, outcome)

    def _rest(self, job: Job, stop: StopSignal, gauge: Gauge, notice: Notice, pause: float) -> bool:
        """As `Turn.rest` says. What it waits beyond the pause counts against no limit of the job."""
        going_on = self._going_on[job.id] = threading.Event()
        gauge.resumes = self._clock.monotonic() + pause
        with stop.waking(going_on.set):
            self._do(lambda scheduler, now: scheduler.rest(job.id, notice, pause, now))
            going_on.wait()
        gauge.waited += max(0.0, self._clock.monotonic() - gauge.resumes)
        gauge.resumes = None
        return stop.reason is None

    def _end(self, job: Job, outcome: Outcome) -> Job | None:
        over = self._clock.monotonic()
        self._tell([Record(self._clock.now(), job.run, end_of(job, outcome, over))])

        def command(scheduler: Scheduler, now: float) -> Step:
            del self._stops[job.id]
            return scheduler.ended(job.id, outcome, now, over)

        starts = self._step(command)
        for other in starts[1:]:
            self._launch(other)
        self._close()
        return starts[0] if starts else None

    def _close(self) -> None:
        """End the run if nothing of it is left; the journal comes first, since who hears of the end may leave."""
        kept: RunFinished | None = None
        while True:
            with self._lock:
                if self._closing and kept is None:
                    return  # another thread is at it, and looks again
                over = self._run and self._scheduler.idle and not self._under_way
                finished = self._finished(self._clock.monotonic()) if over else None
                self._closing = finished is not None and not _same(finished, kept)
                if finished is None:
                    return
                run = self._run
                if not self._closing:
                    self._file([*_wrong_sum(finished), finished])
                    self._run = ""
                    self._idle.notify_all()
                    return
            kept, now = finished, self._clock.now()
            self._tell([Record(now, run, finished)])
            self._keep(
                "this run is not remembered", partial(self._journal.finish, run, now, *_figures(finished))
            )

    def _tell(self, records: Sequence[Record]) -> None:
        if records:
            self._keep("this run has no whole log", partial(self._journal.tell, records))

    def _keep(self, failure: str, entry: Callable[[], None]) -> None:
        """In mid-run a journal that fails costs no repo; it is said once."""
        try:
            entry()
        except Exception as error:  # noqa: BLE001  whatever it is, the run goes on
            with self._lock:
                known = failure in self._said
                self._said.add(failure)
            if not known:
                self._notice(Notice("error", f"{failure}: {error}"))

    def _notice(self, notice: Notice) -> None:
        self._step(lambda _scheduler, _now: Step([notice]))

    def _file(self, events: Iterable[Event]) -> list[Record]:
        time_now = self._clock.now()
        records = [Record(time_now, self._run, event) for event in events]
        if records:
            self._feed.file(records)
        return records

    def _new_run(self) -> str:
        stamp = time.strftime("%Y%m%dT%H%M%SZ", time.gmtime(self._clock.now()))
        return f"{stamp}-{os.urandom(_RUN_ID_BYTES).hex()}"

    def _begin(self, scheduler: Scheduler, run: str, now: float, total: int) -> Step:
        scheduler.begin()
        self._gauges.clear()
        self._run = run
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

    def _finished(self, now: float) -> RunFinished:
        tally, jobs = self._scheduler.tally, self._scheduler.jobs
        adds_up = tally.total == len(jobs)
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


def _is_kept(event: Event) -> bool:
    """Whether the journal had it before: the end of a job that ran."""
    return isinstance(event, JobEnded) and event.slot is not None


def _figures(finished: RunFinished) -> tuple[int, int, int]:
    return finished.total, finished.commits, finished.exit_code


def _same(finished: RunFinished, kept: RunFinished | None) -> bool:
    """Nothing ended between the two."""
    return kept is not None and (kept.counts, kept.commits) == (finished.counts, finished.commits)


def _wrong_sum(finished: RunFinished) -> list[Notice]:
    ends = sum(finished.counts.values())
    if ends == finished.total:
        return []
    return [Notice("error", f"internal: {ends} ends for {finished.total} repos; please report this")]
