"""A job that waits before it tries again: others run in its stead, and it goes on when there is room for it."""

from pathlib import Path

import pytest
from msgspec import structs

from tests.kit.app_driver import FrozenClock
from tests.kit.work import GatedWork
from tui.engine.engine import Engine, Turn
from tui.engine.events import JobEnded, JobResting, JobStarted, LimitChanged, Notice
from tui.engine.scheduler import GoOn, Scheduler, Start, Step, Stop
from tui.engine.slots import MAX_JOBS, PLACES, PRIORITY_SLOT
from tui.git.outcome import Outcome, Reason, State
from tui.git.repo import Repo

AGAIN = Notice("info", "trying again")
CROWDED = structs.replace(AGAIN, crowded=True)
FINE = Outcome(State.UP_TO_DATE)
A, B = "a.example", "b.example"


def jobs(names: str, host: str = A) -> list[tuple[Repo, str]]:
    return [(Repo(name, Path("/nowhere") / name, f"https://{host}/{name}.git"), name) for name in names]


def scheduled(names: str, limit: int, host_limit: int | None = None, start_delay: float = 0.0) -> Scheduler:
    scheduler = Scheduler(limit, host_limit, start_delay)
    scheduler.add(jobs(names), 0.0)
    return scheduler


def started(step: Step) -> list[tuple[str, int]]:
    return [(event.repo.id, event.slot) for event in step.events if isinstance(event, JobStarted)]


def went_on(step: Step) -> list[str]:
    assert not any(isinstance(order, Start) for order in step.orders)
    return [order.job_id for order in step.orders if isinstance(order, GoOn)]


def test_its_room_is_that_of_others_and_its_slot_stays_its_own() -> None:
    scheduler = scheduled("ab", 2)
    scheduler.add(jobs("xyz", B), 0.0)
    assert started(scheduler.rest("a", AGAIN, 3.0, 1.0)) == [("x", 2)]
    assert scheduler.slots.ordinary == 2
    assert started(scheduler.rest("b", AGAIN, 3.0, 1.0)) == [("y", 3)]
    assert started(scheduler.ended("x", FINE, 2.0)) == [("z", 2)]


def test_others_of_its_host_wait_behind_it() -> None:
    scheduler = scheduled("abc", 2)
    step = scheduler.rest("a", AGAIN, 3.0, 1.0)
    assert (started(step), step.events) == ([], [AGAIN, JobResting(jobs("a")[0][0])])
    assert went_on(scheduler.tick(4.0)) == ["a"]
    assert started(scheduler.ended("b", FINE, 5.0)) == [("c", 1)]


def test_it_goes_on_after_its_pause_and_ahead_of_the_queue() -> None:
    scheduler = scheduled("ab", 1)
    scheduler.add(jobs("xyz", B), 0.0)
    assert started(scheduler.rest("a", AGAIN, 3.0, 1.0)) == [("x", 1)]
    assert scheduler.due is None, "there is no room for it before x ends"
    assert went_on(scheduler.tick(4.0)) == []
    assert went_on(scheduler.ended("x", FINE, 5.0)) == ["a"]
    assert started(scheduler.ended("a", FINE, 6.0)) == [("b", 0)]


def test_it_is_known_when_it_goes_on() -> None:
    scheduler = scheduled("a", 1)
    scheduler.rest("a", AGAIN, 3.0, 1.0)
    assert scheduler.due == 4.0
    assert went_on(scheduler.tick(3.9)) == []
    assert went_on(scheduler.tick(4.0)) == ["a"]
    assert scheduler.due is None


def test_who_waits_longest_goes_on_first() -> None:
    scheduler = scheduled("abc", 3)
    for name, pause in (("a", 3.0), ("b", 1.0), ("c", 2.0)):
        scheduler.rest(name, AGAIN, pause, 0.0)
    scheduler.set_limit(1, 0.0)
    assert went_on(scheduler.tick(9.0)) == ["b"]
    assert went_on(scheduler.ended("b", FINE, 9.0)) == ["c"]
    assert went_on(scheduler.ended("c", FINE, 9.0)) == ["a"]


def test_those_that_a_host_turned_away_come_back_in_the_lane_that_is_left() -> None:
    """It bears one. The crowd is of one moment, and each complaint is about fewer."""
    scheduler = scheduled("abcdefgh", 8)
    told = [scheduler.rest(name, CROWDED, 1.0, 0.0).events for name in "bcdefgh"]
    assert [event.jobs for events in told for event in events if isinstance(event, LimitChanged)] == [4, 2, 1]
    assert went_on(scheduler.tick(1.0)) == []
    for name, following in zip("abcdefgh", "bcdefgh", strict=False):
        assert went_on(scheduler.ended(name, Outcome(State.CANCELLED), 2.0)) == [following]


def test_no_more_go_on_at_a_host_than_the_person_lets_start_there() -> None:
    scheduler = scheduled("ab", 4, host_limit=2)
    for name in "ab":
        scheduler.rest(name, AGAIN, 1.0, 0.0)
    scheduler.set_host_limit(1, 0.0)
    assert went_on(scheduler.tick(1.0)) == ["a"]
    assert went_on(scheduler.ended("a", FINE, 2.0)) == ["b"]


def test_the_host_is_left_alone_as_long_as_it_asked_and_between_two_starts() -> None:
    scheduler = scheduled("ab", 4, start_delay=5.0)
    scheduler.tick(5.0)
    scheduler.rest("a", structs.replace(CROWDED, retry_after=20.0), 1.0, 6.0)
    scheduler.rest("b", AGAIN, 1.0, 6.0)
    assert scheduler.due == 26.0
    assert went_on(scheduler.tick(26.0)) == ["a"]
    scheduler.ended("a", FINE, 27.0)
    assert scheduler.due == 31.0
    assert went_on(scheduler.tick(31.0)) == ["b"]


def test_one_in_the_priority_slot_goes_on_above_the_limit() -> None:
    scheduler = scheduled("a", 1)
    scheduler.add(jobs("p"), 0.0, pick=True)
    assert scheduler.jobs["p"].running.slot == PRIORITY_SLOT
    scheduler.rest("p", CROWDED, 2.0, 0.0)
    assert scheduler.due == 2.0
    assert went_on(scheduler.tick(2.0)) == ["p"]
    scheduler.ended("p", FINE, 3.0)
    assert scheduler.slots.ordinary == 1


def test_one_that_is_stopped_while_it_rests_leaves_nothing_behind() -> None:
    scheduler = scheduled("ab", 1)
    scheduler.rest("a", AGAIN, 2.0, 0.0)
    scheduler.cancel(["a"], Reason.USER, 0.0)
    assert started(scheduler.ended("a", Outcome(State.CANCELLED, Reason.USER), 1.0)) == [("b", 0)]
    assert (scheduler.due, scheduler.slots.ordinary) == (None, 1)


def test_a_paused_queue_holds_it_and_a_pick_does_not_wait_for_that() -> None:
    scheduler = scheduled("ab", 2)
    for name in "ab":
        scheduler.rest(name, AGAIN, 2.0, 0.0)
    scheduler.pause()
    assert (went_on(scheduler.tick(9.0)), scheduler.due) == ([], None)
    assert went_on(scheduler.add(jobs("b"), 9.0, pick=True)) == ["b"]
    assert went_on(scheduler.resume(9.0)) == ["a"]


def test_a_drain_ends_it() -> None:
    scheduler = scheduled("abc", 2)
    scheduler.rest("a", AGAIN, 2.0, 0.0)
    step = scheduler.drain(1.0)
    assert [event.repo.id for event in step.events if isinstance(event, JobEnded)] == ["c"]
    assert step.orders == [Stop("a", Reason.USER)]


def test_a_pick_of_it_cuts_its_pause_and_waits_for_no_host() -> None:
    scheduler = scheduled("ab", 2)
    scheduler.rest("a", structs.replace(CROWDED, retry_after=20.0), 21.0, 0.0)
    step = scheduler.add(jobs("a"), 1.0, pick=True)
    assert (went_on(step), scheduler.jobs["a"].by_name) == (["a"], True)
    assert not any(isinstance(event, Notice) for event in step.events)


def test_a_pick_of_it_waits_for_room_under_the_limit() -> None:
    scheduler = scheduled("a", 1)
    scheduler.add(jobs("x", B), 0.0)
    scheduler.rest("a", AGAIN, 60.0, 0.0)
    assert went_on(scheduler.add(jobs("a"), 1.0, pick=True)) == []
    assert went_on(scheduler.ended("x", FINE, 2.0)) == ["a"]


def test_a_start_of_it_says_where_it_is() -> None:
    scheduler = scheduled("a", 1)
    scheduler.rest("a", AGAIN, 60.0, 0.0)
    assert scheduler.add(jobs("a"), 1.0, again=True).events == [
        Notice("info", "a is already waiting to try again in slot 1")
    ]


def test_its_host_tells_how_long_it_is_left_alone() -> None:
    scheduler = scheduled("a", 1)
    scheduler.rest("a", structs.replace(CROWDED, retry_after=20.0), 1.0, 0.0)
    assert scheduler.next_starts(5.0) == {A: 20.0}


def test_beside_a_crowd_that_rests_as_many_run() -> None:
    scheduler = Scheduler(MAX_JOBS)
    for host in (A, B):
        jobs = [f"{host}/{number}" for number in range(MAX_JOBS)]
        scheduler.add([(Repo(job, Path("/nowhere") / job, f"https://{job}.git"), job) for job in jobs], 0.0)
    for number in range(MAX_JOBS):
        scheduler.rest(f"{A}/{number}", AGAIN, 60.0, 0.0)
    taken = {scheduler.jobs[f"{B}/{number}"].running.slot for number in range(MAX_JOBS)}
    assert taken == set(range(MAX_JOBS, PLACES + 1)) - {PRIORITY_SLOT}


def test_there_are_never_more_than_all_places() -> None:
    scheduler = Scheduler(1)
    hosts = [f"h{number}.example" for number in range(PLACES + 1)]
    scheduler.add(
        [(Repo(host, Path("/nowhere") / host, f"https://{host}/a.git"), host) for host in hosts], 0.0
    )
    for host in hosts[:-1]:
        scheduler.rest(host, AGAIN, 60.0, 0.0)
    assert (len(scheduler.slots), scheduler.slots.ordinary, len(scheduler.waiting)) == (PLACES, 0, 1)
    assert started(scheduler.ended(hosts[3], FINE, 1.0)) == [(hosts[-1], 3)]


def test_what_does_not_run_does_not_rest() -> None:
    scheduler = scheduled("ab", 1)
    with pytest.raises(RuntimeError, match="b does not run"):
        scheduler.rest("b", AGAIN, 1.0, 0.0)


class Resting:
    """The first attempt of each job rests for a minute; `goes_on` is what it is told then."""

    def __init__(self, *rests: str) -> None:
        self.gated = GatedWork()
        self.rests = rests
        self.goes_on: dict[str, bool] = {}

    def __call__(self, turn: Turn) -> Outcome:
        if turn.job.id in self.rests:
            goes_on = self.goes_on[turn.job.id] = turn.rest(AGAIN, 60.0)
            if not goes_on:
                return Outcome(State.CANCELLED, turn.stop.reason)
        return self.gated(turn)


def test_the_engine_runs_another_meanwhile() -> None:
    work, clock = Resting("a"), FrozenClock()
    engine = Engine(work, limit=1, clock=clock)
    engine.start([repo for repo, _ in [*jobs("a"), *jobs("x", B)]])
    work.gated.wait_running("x")
    assert (engine.snapshot().running, engine.snapshot().queued) == (1, 0)
    gauge = engine.gauge("a")
    assert gauge
    assert gauge.resumes == clock.monotonic() + 60.0
    clock.advance(75.0)
    work.gated.end("x")
    work.gated.wait_running("a")
    assert (gauge.resumes, gauge.waited) == (None, 15.0), "what it waited for room is no time of its own"
    work.gated.end("a")
    assert engine.wait_idle(10)
    assert work.goes_on == {"a": True}


def test_the_engine_ends_one_that_rests_at_once() -> None:
    work = Resting("a")
    engine = Engine(work, limit=1, clock=FrozenClock())
    inbox = engine.subscribe()
    engine.start([repo for repo, _ in [*jobs("a"), *jobs("x", B)]])
    work.gated.wait_running("x")
    engine.cancel(["a"])
    work.gated.end("x")
    assert engine.wait_idle(10)
    assert work.goes_on == {"a": False}
    ends = {e.repo.id: e.outcome.state for r in inbox.drain() if isinstance(e := r.event, JobEnded)}
    assert ends == {"a": State.CANCELLED, "x": State.SYNCED}
