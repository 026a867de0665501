"""The scheduler under random commands, held against a model that is too simple to be wrong."""

from collections.abc import Sequence
from pathlib import Path

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from tui.engine.events import JobEnded, JobQueued, JobStarted, Notice
from tui.engine.job import Done, Queued, Running
from tui.engine.lanes import STALLED_AFTER
from tui.engine.scheduler import GoOn, Scheduler, Start, Step, Stop
from tui.engine.slots import MAX_JOBS, PRIORITY_SLOT
from tui.engine.waiting import Way
from tui.git.outcome import ATTENTION_STATES, Outcome, Reason, State
from tui.git.repo import Repo

HOSTS = ("a.example", "b.example", "c.example")
NAMES = tuple(f"r{number}" for number in range(12))
# r10 and r11 are two worktrees of one git common dir.
LOCK_KEYS = {name: "shared" if name in {"r10", "r11"} else name for name in NAMES}


def repo(name: str) -> Repo:
    host = HOSTS[int(name[1:]) % len(HOSTS)]
    return Repo(name, Path("/nowhere") / name, f"https://{host}/{name}.git")


class Model:
    """Lists and sets; every rule of the contract said once, without any cleverness."""

    def __init__(self, limit: int, host_limit: int | None, start_delay: float, fail_fast: bool) -> None:
        self.limit, self.host_limit, self.fail_fast = limit, host_limit, fail_fast
        self.start_delay = start_delay
        self.starts: dict[str, float] = {}
        """The last one on each host."""
        self.since: dict[str, float] = {}
        self.paused = False
        self.picks: list[str] = []
        self.bulk: list[str] = []
        self.running: dict[str, int] = {}
        self.resting: dict[str, float] = {}
        """Those of the running that wait to try again, and until when at least."""
        self.hung: set[str] = set()
        """Hosts where an attempt got no byte, and none a good answer since."""
        self.picked: set[str] = set()
        """Whom the person wants to go first, wherever they are."""
        self.done: dict[str, State] = {}

    def wake(self, now: float) -> list[str]:
        woken = []
        while names := self.able_to_wake(now):
            self.starts[repo(names[0]).host] = self.since[names[0]] = now
            del self.resting[names[0]]
            woken.append(names[0])
        return woken

    def able_to_wake(self, now: float) -> list[str]:
        """Who waits longest first."""

        def able(name: str) -> bool:
            if self.running[name] == PRIORITY_SLOT:
                return True
            awake = [other for other in self.ordinary if other not in self.resting]
            if name in self.picked or self.paused:
                return name in self.picked and len(awake) < self.limit
            same_host = [other for other in awake if repo(other).host == repo(name).host]
            return (
                len(awake) < self.limit
                and len(same_host) < min(self.host_limit or self.limit, self.limit)
                and self.opens(name) <= now
            )

        waiting = sorted(self.resting.items(), key=lambda item: item[1])
        return [name for name, until in waiting if until <= now and able(name)]

    @property
    def ordinary(self) -> dict[str, int]:
        return {name: slot for name, slot in self.running.items() if slot != PRIORITY_SLOT}

    def fill(self, now: float) -> list[tuple[str, int]]:
        started = []
        while choice := self.choose(now):
            name, slot = choice
            self.starts[repo(name).host] = self.since[name] = now
            (self.picks if name in self.picks else self.bulk).remove(name)
            self.running[name] = slot
            started.append(choice)
        return started

    def end(self, name: str, state: State) -> None:
        del self.running[name]
        self.resting.pop(name, None)
        self.done[name] = state
        if state is State.SKIPPED and self.starts.get(repo(name).host) == self.since[name]:
            del self.starts[repo(name).host]

    def move(self, names: set[str], way: str) -> None:
        for line in (self.picks, self.bulk):
            moved = [name for name in line if name in names]
            others = [name for name in line if name not in names]
            if way == "top":
                line[:] = moved + others
            elif way == "bottom":
                line[:] = others + moved
            else:
                # As a person would: one after the other past a neighbour that stays, the foremost first.
                step = -1 if way == "up" else 1
                for name in moved if way == "up" else reversed(moved):
                    place = line.index(name)
                    if 0 <= place + step < len(line) and line[place + step] not in names:
                        line.insert(place + step, line.pop(place))

    def opens(self, name: str) -> float:
        return self.starts.get(repo(name).host, float("-inf")) + self.start_delay

    def due(self, now: float) -> float | None:
        """The first moment at which one more would start, if nothing but time went by."""
        moments = {self.opens(name) for name in (*self.bulk, *self.resting)} | set(self.resting.values())
        later = sorted(moment for moment in moments if moment > now)
        return next((moment for moment in later if self.able_to_wake(moment) or self.choose(moment)), None)

    def choose(self, now: float) -> tuple[str, int] | None:
        free = min(set(range(MAX_JOBS)) - set(self.ordinary.values()))

        def lock_free(name: str) -> bool:
            return LOCK_KEYS[name] not in {LOCK_KEYS[other] for other in self.running}

        def room(name: str) -> bool:
            same_host = [other for other in self.ordinary if repo(other).host == repo(name).host]
            awake = self.ordinary.keys() - self.resting.keys()
            return len(awake) < self.limit and len(same_host) < min(self.host_limit or self.limit, self.limit)

        for name in self.picks:
            if lock_free(name) and room(name):
                return name, free
            if lock_free(name) and PRIORITY_SLOT not in self.running.values():
                return name, PRIORITY_SLOT
        if not self.paused:
            able = [n for n in self.bulk if lock_free(n) and room(n) and self.opens(n) <= now]
            if able:
                return min(able, key=lambda name: self.hangs(repo(name).host, now)), free
        return None

    def hangs(self, host: str, now: float) -> bool:
        awake = self.ordinary.keys() - self.resting.keys()
        return host in self.hung or any(
            repo(name).host == host and now - self.since[name] >= STALLED_AFTER for name in awake
        )


class SchedulerMachine(RuleBasedStateMachine):
    def __init__(self) -> None:
        super().__init__()
        self.now = 0.0
        self.started: set[str] = set()
        self.setup(4, None, 0.0, False)

    def setup(self, limit: int, host_limit: int | None, start_delay: float, fail_fast: bool) -> None:
        self.scheduler = Scheduler(limit, host_limit, start_delay, fail_fast=fail_fast)
        self.model = Model(limit, host_limit, start_delay, fail_fast)

    @initialize(
        limit=st.integers(1, 5),
        host_limit=st.none() | st.integers(1, 3),
        start_delay=st.sampled_from((0.0, 2.5, 7.0)),
        fail_fast=st.booleans(),
    )
    def configure(self, limit: int, host_limit: int | None, start_delay: float, fail_fast: bool) -> None:
        self.setup(limit, host_limit, start_delay, fail_fast)

    def check(self, step: Step, ended: Sequence[str] = ()) -> None:
        """What the model starts is what the scheduler starts, in that order and in those slots."""
        woken = self.model.wake(self.now)
        assert [order.job_id for order in step.orders if isinstance(order, GoOn)] == woken
        expected = self.model.fill(self.now)
        events = [(e.repo.id, e.slot) for e in step.events if isinstance(e, JobStarted)]
        assert events == expected
        assert [order.job.id for order in step.orders if isinstance(order, Start)] == [
            name for name, _ in expected
        ]
        assert [e.repo.id for e in step.events if isinstance(e, JobEnded)] == list(ended)
        assert self.scheduler.due == self.model.due(self.now)
        self.now += 1

    @rule(name=st.sampled_from(NAMES), again=st.booleans(), pick=st.booleans())
    def add(self, name: str, again: bool, pick: bool) -> None:
        step = self.scheduler.add([(repo(name), LOCK_KEYS[name])], self.now, again=again, pick=pick)
        model = self.model
        queued = name in model.picks or name in model.bulk
        fresh = not queued and name not in model.running and name not in model.done
        if fresh or (name in model.done and again):
            model.done.pop(name, None)
            (model.picks if pick else model.bulk).append(name)
            model.picked = model.picked | {name} if pick else model.picked - {name}
        elif name in model.resting and pick:
            model.picked.add(name)
            model.resting[name] = self.now
        elif name in model.bulk and pick:
            model.bulk.remove(name)
            model.picks.append(name)
            model.picked.add(name)
        else:
            assert not any(isinstance(event, JobQueued) for event in step.events)
            assert sum(isinstance(event, Notice) for event in step.events) == 1, (
                "a command that does nothing says so"
            )
        self.check(step)

    @rule()
    def start_all(self) -> None:
        step = self.scheduler.add([(repo(name), LOCK_KEYS[name]) for name in NAMES], self.now)
        model = self.model
        known = {*model.picks, *model.bulk, *model.running, *model.done}
        model.bulk += [name for name in NAMES if name not in known]
        model.picked.intersection_update(known)
        self.check(step)

    @rule(
        name=st.sampled_from(NAMES),
        state=st.sampled_from(State),
        reason=st.sampled_from((Reason.NETWORK, Reason.STALLED)),
    )
    @precondition(lambda self: self.model.running)
    def end(self, name: str, state: State, reason: Reason) -> None:
        if name not in self.model.running:
            name = next(iter(self.model.running))
        step = self.scheduler.ended(name, Outcome(state, reason, "x"), self.now)
        model = self.model
        if reason is Reason.STALLED:
            model.hung.add(repo(name).host)
        elif state in {State.SYNCED, State.UP_TO_DATE, State.BLOCKED}:
            model.hung.discard(repo(name).host)
        model.end(name, state)
        ended = [name]
        if model.fail_fast and state in ATTENTION_STATES:
            ended += self.drained()
        self.check(step, ended)

    @rule(name=st.sampled_from(NAMES), pause=st.integers(0, 20), stalled=st.booleans())
    @precondition(lambda self: self.model.running.keys() - self.model.resting.keys())
    def rest(self, name: str, pause: int, stalled: bool) -> None:
        awake = [other for other in self.model.running if other not in self.model.resting]
        name = name if name in awake else awake[0]
        # Half a second apart, so that no two wait equally long.
        until = self.now + pause + 0.5 * (len(self.model.resting) + 1) / (MAX_JOBS + 2)
        self.model.resting[name] = until
        if stalled:
            self.model.hung.add(repo(name).host)
        notice = Notice("info", "again", stalled=stalled)
        self.check(self.scheduler.rest(name, notice, until - self.now, self.now))

    def drained(self) -> list[str]:
        """Everything that was queued, in queue order; picks first."""
        gone = [*self.model.picks, *self.model.bulk]
        self.model.picks.clear()
        self.model.bulk.clear()
        self.model.done.update(dict.fromkeys(gone, State.CANCELLED))
        return gone

    @rule(
        names=st.sets(st.sampled_from(NAMES), min_size=1),
        way=st.sampled_from(("up", "down", "top", "bottom")),
    )
    def move(self, names: set[str], way: Way) -> None:
        model = self.model
        step = self.scheduler.move(names, way, self.now)
        refused = names - {*model.picks, *model.bulk}
        assert sum(isinstance(event, Notice) for event in step.events) == len(refused)
        model.move(names, way)
        self.check(step)

    @rule(limit=st.integers(1, 6))
    def set_limit(self, limit: int) -> None:
        step = self.scheduler.set_limit(limit, self.now)
        self.model.limit = limit
        assert not any(isinstance(order, Stop) for order in step.orders), "lowering never kills"
        self.check(step)

    @rule()
    def tick(self) -> None:
        self.check(self.scheduler.tick(self.now))

    @rule()
    def pause(self) -> None:
        self.model.paused = True
        self.check(self.scheduler.pause().join(self.scheduler.tick(self.now)))

    @rule()
    def resume(self) -> None:
        self.model.paused = False
        self.check(self.scheduler.resume(self.now))

    @rule()
    def drain(self) -> None:
        step = self.scheduler.drain(self.now)
        self.check(step, self.drained())

    @rule(name=st.sampled_from(NAMES))
    def cancel(self, name: str) -> None:
        step = self.scheduler.cancel([name], Reason.USER, self.now)
        model = self.model
        if name in model.picks or name in model.bulk:
            (model.picks if name in model.picks else model.bulk).remove(name)
            model.done[name] = State.CANCELLED
            self.check(step, [name])
        else:
            assert all(order.job_id == name for order in step.orders if isinstance(order, Stop))
            self.check(step)

    @rule()
    def cancel_all(self) -> None:
        step = self.scheduler.cancel_all(Reason.USER, self.now)
        self.check(step, self.drained())
        assert all(
            isinstance(job.state, Running) and job.state.stopping
            for job in self.scheduler.jobs.values()
            if job.id in self.model.running
        )

    @invariant()
    def agrees_with_the_model(self) -> None:
        scheduler, model = self.scheduler, self.model
        assert [job.id for job in scheduler.waiting] == [*model.picks, *model.bulk]
        running = {
            job.id: job.state.slot for job in scheduler.jobs.values() if isinstance(job.state, Running)
        }
        assert running == model.running
        assert scheduler.slots.ordinary == len(model.ordinary.keys() - model.resting.keys())
        done = {
            job.id: job.state.outcome.state for job in scheduler.jobs.values() if isinstance(job.state, Done)
        }
        assert done == model.done
        assert scheduler.idle == (not running and not model.picks and not model.bulk)

    @invariant()
    def keeps_every_promise(self) -> None:
        scheduler = self.scheduler
        slots = [job.state.slot for job in scheduler.jobs.values() if isinstance(job.state, Running)]
        assert len(slots) == len(set(slots)), "one job a slot"
        keys = [job.lock_key for job in scheduler.jobs.values() if isinstance(job.state, Running)]
        assert len(keys) == len(set(keys)), "one job a git common dir"
        assert scheduler.tally.total == sum(isinstance(job.state, Done) for job in scheduler.jobs.values())
        assert sum(scheduler.tally.counts.values()) == scheduler.tally.total
        assert all(count >= 0 for count in scheduler.tally.counts.values())
        states = (Queued, Running, Done)
        assert all(isinstance(job.state, states) for job in scheduler.jobs.values())


SchedulerMachine.TestCase.settings = settings(
    max_examples=300, stateful_step_count=40, deadline=None, suppress_health_check=list(HealthCheck)
)
TestScheduler = SchedulerMachine.TestCase
