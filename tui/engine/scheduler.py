"""What runs next, decided purely: commands and time come in, events and orders go out."""

import math
from collections.abc import Callable, Iterable, Iterator

from msgspec import Struct, field, structs

from tui.engine.events import (
    Event,
    HostLimitChanged,
    JobEnded,
    JobQueued,
    JobResting,
    JobResumed,
    JobStarted,
    JobStopping,
    LimitChanged,
    Notice,
    QueuePaused,
)
from tui.engine.job import Done, Job, Queued, Running, Trigger
from tui.engine.lanes import Lanes
from tui.engine.slots import MAX_JOBS, PRIORITY_SLOT, Slots
from tui.engine.tally import Tally
from tui.engine.waiting import Waiting, Way
from tui.git.outcome import ATTENTION_STATES, Outcome, Reason, State
from tui.git.repo import Repo

_CANCELLED_BY = {
    Reason.USER: "cancelled before it started",
    Reason.QUIT: "cancelled before it started: synctui was left",
    Reason.SIGNAL: "cancelled before it started: synctui was stopped by a signal",
    Reason.FAIL_FAST: "not started after the first failure (--fail-fast)",
}


class Start(Struct, frozen=True):
    """Order: run this job now, in its slot."""

    job: Job


class GoOn(Struct, frozen=True):
    """Order: this job, which rested, makes its next attempt now."""

    job_id: str


class Stop(Struct, frozen=True):
    """Order: make this running job end."""

    job_id: str
    reason: Reason


class Step(Struct):
    """What one command did. Orders are carried out by the engine, after it let go of its lock."""

    events: list[Event] = field(default_factory=list)
    orders: list[Start | GoOn | Stop] = field(default_factory=list)

    def join(self, more: "Step") -> "Step":
        self.events += more.events
        self.orders += more.orders
        return self

    def note(self, text: str) -> None:
        self.events.append(Notice("info", text))


class Scheduler:
    """Every command takes the clock's `now` (monotonic seconds) where it needs it and returns a Step.

    Room is `limit - running`, computed at each decision. A full host, or a job whose git common dir is
    in use, is passed over and not waited on; so is a host whose last start is less than the delay ago. A
    host that hangs gets no further slot that another wants. One
    pick at a time may run above the limit, and none waits for the delay. A job that rests before it tries
    again leaves its room to others, and goes on ahead of the queue.
    """

    def __init__(
        self,
        limit: int,
        host_limit: int | None = None,
        start_delay: float = 0.0,
        *,
        fail_fast: bool = False,
        quiet_since: Callable[[str], float] = lambda _job_id: -math.inf,
    ) -> None:
        """`host_limit`: None for as many as the limit. `start_delay`: seconds between two starts on one host.

        `quiet_since`: when the last byte of a job came, on the monotonic clock; before its start counts as then.
        """
        self.limit = limit
        self.fail_fast = fail_fast
        self.paused = False
        self.jobs: dict[str, Job] = {}
        self.waiting = Waiting()
        self.slots = Slots()
        self.tally = Tally()
        self._lanes = Lanes(host_limit, start_delay, quiet_since)
        self._lock_keys: set[str] = set()
        self._resting: dict[str, Job] = {}

    @property
    def host_limit(self) -> int | None:
        return self._lanes.host_limit

    @property
    def idle(self) -> bool:
        return not self.waiting and not self.slots

    @property
    def due(self) -> float | None:
        """When the next job may start if none ends before; None: none may."""
        starts = [self._goes_on_from(job) for job in self._resting.values()]
        if self._lanes.has_delays and self.slots.room(self.limit):
            starts += [
                max(self._lanes.next_start(host), self._room_from(host)) for host in self._bulk_hosts()
            ]
            starts += map(self._room_from, self.waiting.pick_hosts(self._lock_free))
        return min((start for start in starts if start < math.inf), default=None)

    def next_starts(self, now: float) -> dict[str, float]:
        """When the next job may start on each host that has one which waits for a delay of its host alone.

        Those that rest wait for it too, whatever else they wait for.
        """
        hosts = {job.repo.host for job in self._resting.values()}
        if self._lanes.has_delays and self.slots.room(self.limit):
            hosts.update(host for host in self._bulk_hosts() if self._host_has_room(host, now))
        return {host: self._lanes.next_start(host) for host in hosts}

    def begin(self) -> None:
        """Forget the jobs of the run before. Raises RuntimeError while anything is queued or running."""
        if not self.idle:
            raise RuntimeError("a run is going on")
        self.jobs.clear()
        self.tally = Tally()

    def add(
        self, repos: Iterable[tuple[Repo, str]], now: float, *, again: bool = False, pick: bool = False
    ) -> Step:
        """Queue (repo, lock key) pairs.

        `again` puts ended jobs back with their next attempt. A `pick` goes ahead of the bulk, above the
        limit if need be. What needs nothing done is left as it is, and said.
        """
        step = Step()
        left: list[Job] = []
        for repo, lock_key in repos:
            job = self.jobs.get(repo.id)
            if job is None:
                job = self.jobs[repo.id] = Job(repo, lock_key, now)
                job.by_name = again
                self._queue(job, step, pick=pick)
            elif isinstance(job.state, Done) and again:
                self._reopen(job, job.state.outcome, now, step, pick=pick)
            elif job.id in self._resting and pick:
                job.pick = job.by_name = True
                self._rest(job, now)
            elif isinstance(job.state, Queued) and pick and not job.pick:
                self.waiting.remove(job)
                job.by_name = True
                self._queue(job, step, pick=True)
            else:
                left.append(job)
        if len(left) == 1:
            step.note(f"{left[0].id} is already {_place(left[0])}")
        elif left:
            step.note(f"{len(left)} repos are in this run already")
        return self._fill(step, now)

    def settle(self, repo: Repo, outcome: Outcome, now: float) -> Step:
        """Enter a repo whose end is known without running it: disabled, or wrong in the workspace file."""
        step = Step()
        if job := self.jobs.get(repo.id):
            step.note(f"{repo.id} is already {_place(job)}")
            return step
        job = self.jobs[repo.id] = Job(repo, "", now)
        self._end(job, Trigger.CANCEL, outcome, now, step)
        return step

    def set_limit(self, limit: int, now: float) -> Step:
        """Raises ValueError outside 1 to MAX_JOBS. Lowering it drains: nothing that runs is stopped."""
        if not 1 <= limit <= MAX_JOBS:
            raise ValueError(f"the job limit is a whole number from 1 to {MAX_JOBS}, not {limit}")
        step = Step()
        if limit != self.limit:
            step.events.append(LimitChanged(limit, self.limit, "user"))
            self.limit = limit
        return self._fill(step, now)

    def set_host_limit(self, host_limit: int | None, now: float) -> Step:
        """As many jobs of one host start from now on; None: as many as the limit."""
        step = Step()
        if host_limit != self.host_limit:
            self._lanes.host_limit = host_limit
            step.events.append(HostLimitChanged(host_limit))
        return self._fill(step, now)

    def pause(self) -> Step:
        """Nothing of the bulk starts or tries again until `resume`; a pick is asked for by name and still does."""
        step = Step()
        if not self.paused:
            self.paused = True
            step.events.append(QueuePaused(True))
        return step

    def resume(self, now: float) -> Step:
        step = Step()
        if self.paused:
            self.paused = False
            step.events.append(QueuePaused(False))
        return self._fill(step, now)

    def move(self, job_ids: Iterable[str], way: Way, now: float) -> Step:
        """Change the order of what is queued, picks and bulk each for themselves."""
        step = Step()
        wanted = set(job_ids)
        for job_id in sorted(wanted):
            if job_id not in self.waiting:
                step.note(f"{job_id} is not queued: it has no place to move")
        self.waiting.move(wanted, way)
        return self._fill(step, now)

    def drain(self, now: float) -> Step:
        """Cancel all that is queued or waits to try again; what runs goes on to its end."""
        step = Step()
        self._cancel_queued(Reason.USER, now, step)
        unstopped = [job.id for job in self._resting.values() if _unstopped(job)]
        return step.join(self.cancel(unstopped, Reason.USER, now))

    def cancel(self, job_ids: Iterable[str], reason: Reason, now: float) -> Step:
        """Cancel what is queued, stop what runs. A stopped job ends only when its processes are gone."""
        step = Step()
        for job_id in job_ids:
            job = self.jobs.get(job_id)
            match job.state if job else None:
                case Queued():
                    self._cancel(self.jobs[job_id], reason, now, step)
                case Running() as state if state.stopping is None:
                    self.jobs[job_id].advance(Trigger.STOP, structs.replace(state, stopping=reason))
                    step.events.append(JobStopping(self.jobs[job_id].repo, reason))
                    step.orders.append(Stop(job_id, reason))
                case Running():
                    step.note(f"{job_id} is being stopped already")
                case _:
                    step.note(f"{job_id} is not running: nothing to cancel")
        return self._fill(step, now)

    def cancel_all(self, reason: Reason, now: float) -> Step:
        step = Step()
        self._cancel_queued(reason, now, step)
        running = [job.id for job in self.jobs.values() if _unstopped(job)]
        return step.join(self.cancel(running, reason, now))

    def ended(self, job_id: str, outcome: Outcome, now: float, over: float | None = None) -> Step:
        """A started job is over and nothing of it is alive. Its place and the next start are one step.

        `over`: when it was, if that is a while ago.
        """
        step = Step()
        job = self.jobs[job_id]
        slot, began = job.running.slot, job.running.tried
        self._resting.pop(job.id, None)
        self.slots.free(slot)
        if slot != PRIORITY_SLOT:
            self._lanes.leave(job.repo.host, job.id)
        if outcome.state is State.SKIPPED:
            self._lanes.asked_nothing(job.repo.host, began)
        self._lock_keys.discard(job.lock_key)
        self._end(job, Trigger.END, outcome, now if over is None else over, step)
        self._lanes.heed(job.repo.host, outcome.retry_after, now)
        if seconds := self._lanes.sent_away(job.repo.host, outcome):
            self._leave_alone(job.repo.host, seconds, now, step)
        if changed := self._lanes.answered(job.repo.host, outcome, self.limit, began, now):
            step.events.append(changed)
        if self.fail_fast and outcome.state in ATTENTION_STATES:
            self._cancel_queued(Reason.FAIL_FAST, now, step)
        return self._fill(step, now)

    def tick(self, now: float) -> Step:
        """Time has passed: start what was due."""
        return self._fill(Step(), now)

    def rest(self, job_id: str, notice: Notice, pause: float, now: float) -> Step:
        """A running job waits so many seconds at least before it tries again; an order says when it may."""
        job, step = self.jobs[job_id], Step([notice])
        host = job.repo.host
        self._lanes.heed(host, notice.retry_after, now)
        if notice.stalled:
            self._lanes.hung(host)
        if notice.crowded and (narrowed := self._lanes.crowded(host, self.limit, now)):
            step.events.append(narrowed)
        self._rest(job, now + pause)
        step.events.append(JobResting(job.repo))
        self._resting[job.id] = job
        self.slots.rest(job.running.slot)
        if job.running.slot != PRIORITY_SLOT:
            self._lanes.rest(host, job.id)
        return self._fill(step, now)

    def _queue(self, job: Job, step: Step, *, pick: bool) -> None:
        job.pick = pick
        self.waiting.add(job)
        step.events.append(JobQueued(job.repo, job.attempt, pick))

    def _reopen(self, job: Job, last: Outcome, now: float, step: Step, *, pick: bool) -> None:
        self.tally.reopened(last)
        job.advance(Trigger.RETRY, Queued(now))
        job.attempt += 1
        job.by_name = True
        self._queue(job, step, pick=pick)

    def _cancel(self, job: Job, reason: Reason, now: float, step: Step) -> None:
        self.waiting.remove(job)
        outcome = Outcome(State.CANCELLED, reason, _CANCELLED_BY[reason])
        self._end(job, Trigger.CANCEL, outcome, now, step)

    def _cancel_queued(self, reason: Reason, now: float, step: Step) -> None:
        for job in list(self.waiting):
            self._cancel(job, reason, now, step)

    def _leave_alone(self, host: str, seconds: float, now: float, step: Step) -> None:
        """End what is queued there, but for picks: nobody waits for as long as the host asks for."""
        message = f"not asked: {host} wants to be left alone for {math.ceil(seconds / 60)} min"
        for job in [job for job in self.waiting if job.repo.host == host and not job.pick]:
            self.waiting.remove(job)
            outcome = Outcome(State.FAILED, Reason.RATE_LIMITED, message)
            self._end(job, Trigger.CANCEL, outcome, now, step)

    def _end(self, job: Job, trigger: Trigger, outcome: Outcome, now: float, step: Step) -> None:
        step.events.append(end_of(job, outcome, now))
        job.advance(trigger, Done(outcome, now))
        self.tally.ended(outcome)

    def _fill(self, step: Step, now: float) -> Step:
        """Start whatever may start."""

        def host_is_open(host: str) -> bool:
            return self._host_has_room(host, now) and self._lanes.next_start(host) <= now

        def host_hangs(host: str) -> bool:
            return self._lanes.hangs(host, now)

        def ordinary_room(job: Job) -> bool:
            return self.slots.room(self.limit) and self._host_has_room(job.repo.host, now)

        def pick_may_start(job: Job) -> bool:
            return self._lock_free(job) and (self.slots.priority_free or ordinary_room(job))

        self._wake(step, now)
        while True:
            pick = self.waiting.first_pick(pick_may_start)
            if pick and ordinary_room(pick):
                self._start(pick, self.slots.take(pick.id), now, step)
            elif pick:
                self._start(pick, self.slots.take_priority(pick.id), now, step)
            elif self.paused or not self.slots.room(self.limit):
                return step
            elif job := self.waiting.first_bulk(host_is_open, self._lock_free, host_hangs):
                self._start(job, self.slots.take(job.id), now, step)
            else:
                return step

    def _start(self, job: Job, slot: int, now: float, step: Step) -> None:
        assert isinstance(job.state, Queued)  # noqa: S101  narrows the type; the queue holds nothing else
        self.waiting.remove(job)
        if slot != PRIORITY_SLOT:
            self._lanes.enter(job.repo.host, job.id, now)
        self._lanes.started(job.repo.host, now)
        self._lock_keys.add(job.lock_key)
        job.advance(Trigger.START, Running(slot, now, now - job.state.since, tried=now))
        step.events.append(JobStarted(job.repo, job.attempt, slot, job.pick))
        step.orders.append(Start(job))

    def _rest(self, job: Job, until: float) -> None:
        job.advance(Trigger.REST, structs.replace(job.running, rests_until=until))

    def _goes_on_from(self, job: Job) -> float:
        """When a job that rests may make its next attempt if none ends before; infinite: it may not."""
        if job.running.slot == PRIORITY_SLOT:
            return _rests_until(job)
        if not self.slots.room_to_wake(self.limit) or (self.paused and not job.pick):
            return math.inf
        if job.pick:
            return _rests_until(job)
        host = job.repo.host
        room_from = self._lanes.room_to_wake_from(host, self.limit)
        return max(_rests_until(job), self._lanes.next_start(host), room_from)

    def _wake(self, step: Step, now: float) -> None:
        """Let those go on that may, who waits longest first."""
        for job in sorted(self._resting.values(), key=_rests_until):
            if self._goes_on_from(job) <= now:
                self._go_on(job, now, step)

    def _go_on(self, job: Job, now: float, step: Step) -> None:
        slot, host = job.running.slot, job.repo.host
        del self._resting[job.id]
        self.slots.wake(slot)
        if slot != PRIORITY_SLOT:
            self._lanes.wake(host, job.id, now)
        self._lanes.started(host, now)
        job.advance(Trigger.WAKE, structs.replace(job.running, tried=now, rests_until=None))
        step.events.append(JobResumed(job.repo))
        step.orders.append(GoOn(job.id))

    def _bulk_hosts(self) -> Iterator[str]:
        return iter(()) if self.paused else self.waiting.hosts(self._lock_free)

    def _room_from(self, host: str) -> float:
        return self._lanes.room_from(host, self.limit)

    def _host_has_room(self, host: str, now: float) -> bool:
        return self._room_from(host) <= now

    def _lock_free(self, job: Job) -> bool:
        return job.lock_key not in self._lock_keys


def end_of(job: Job, outcome: Outcome, now: float) -> JobEnded:
    """What is told of a job, queued or running until now, when it ends so."""
    slot: int | None = None
    waited = took = 0.0
    match job.state:
        case Running() as running:
            slot, waited, took = running.slot, running.waited, now - running.since
        case Queued(since=since):
            waited = now - since
    return JobEnded(job.repo, job.attempt, outcome, slot, round(waited * 1000), round(took * 1000))


def _rests_until(job: Job) -> float:
    until = job.running.rests_until
    return math.inf if until is None else until


def _unstopped(job: Job) -> bool:
    return isinstance(job.state, Running) and job.state.stopping is None


def _place(job: Job) -> str:
    match job.state:
        case Running(slot=slot, rests_until=float()):
            return f"waiting to try again in slot {slot + 1}"
        case Running(slot=slot) if slot == PRIORITY_SLOT:
            return "running in the priority slot"
        case Running(slot=slot):
            return f"running in slot {slot + 1}"
        case Done(outcome=outcome):
            return f"through this run: {outcome.state}"
        case _:
            return "queued, to go first" if job.pick else "queued"
