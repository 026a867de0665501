"""A host that says that it is asked too often gets fewer jobs, and more again as it answers."""

from pathlib import Path

import pytest
from msgspec import structs

from tests.kit.app_driver import FrozenClock
from tests.kit.work import GatedWork, events
from tui.engine.clock import Clock
from tui.engine.engine import Engine, Turn
from tui.engine.events import JobEnded, LimitChanged, Notice
from tui.engine.lanes import STALLED_AFTER, Lanes
from tui.engine.scheduler import Scheduler, Start, Step
from tui.git.gauge import Progress
from tui.git.outcome import Outcome, Reason, State
from tui.git.repo import Repo

TOO_OFTEN = Outcome(State.FAILED, Reason.RATE_LIMITED)
IN_A_DAY = structs.replace(TOO_OFTEN, retry_after=86_000.0)
CROWDED = Notice("info", "trying again", crowded=True)
FINE = Outcome(State.UP_TO_DATE)
NO_ANSWER = Outcome(State.CANCELLED)
HOST = "a.example"


def repo(name: str, host: str = HOST) -> Repo:
    return Repo(name, Path("/nowhere") / name, f"https://{host}/{name}.git")


def scheduled(names: str, limit: int) -> Scheduler:
    scheduler = Scheduler(limit)
    scheduler.add([(repo(name), name) for name in names], 0.0)
    return scheduler


def started(step: Step) -> list[str]:
    return [order.job.id for order in step.orders if isinstance(order, Start)]


def changes(step: Step) -> list[LimitChanged]:
    return [event for event in step.events if isinstance(event, LimitChanged)]


def test_each_complaint_halves_the_lane_down_to_one() -> None:
    lanes = Lanes(None)
    seen = [lanes.crowded(HOST, 8, 0.0) for _ in range(4)]
    assert seen == [
        LimitChanged(4, 8, "rate_limit", HOST),
        LimitChanged(2, 4, "rate_limit", HOST),
        LimitChanged(1, 2, "rate_limit", HOST),
        None,
    ]


def test_a_lane_that_the_person_made_narrow_is_halved_from_there() -> None:
    assert Lanes(4).crowded(HOST, 8, 0.0) == LimitChanged(2, 4, "rate_limit", HOST)
    assert Lanes(8).crowded(HOST, 2, 0.0) == LimitChanged(1, 2, "rate_limit", HOST)


def test_as_many_good_answers_as_the_lane_is_wide_give_one_job_back() -> None:
    lanes = Lanes(None)
    lanes.crowded(HOST, 8, 0.0)
    seen = [lanes.answered(HOST, FINE, 8, 0.0, 0.0) for _ in range(9)]
    back = [LimitChanged(jobs, jobs - 1, "recovery", HOST) for jobs in (5, 6)]
    assert seen == [None, None, None, back[0], None, None, None, None, back[1]]


def test_one_crowd_halves_the_lane_once() -> None:
    lanes = Lanes(None)
    for name in "abcdefgh":
        lanes.enter(HOST, name, 0.0)
    assert lanes.crowded(HOST, 8, 0.0) == LimitChanged(4, 8, "rate_limit", HOST)
    assert [lanes.crowded(HOST, 8, 0.0) for _ in range(3)] == [None] * 3
    for name in "abcd":
        lanes.leave(HOST, name)
    assert lanes.crowded(HOST, 8, 0.0) == LimitChanged(2, 4, "rate_limit", HOST)


def test_more_than_the_host_bears_is_tried_rarely_and_taken_back_alone() -> None:
    lanes = Lanes(None)
    lanes.crowded(HOST, 4, 0.0)  # it bears 3
    answers = [lanes.answered(HOST, FINE, 4, 0.0, 0.0) for _ in range(2 + 3 * 8)]
    told = [event for event in answers if event]
    assert told == [LimitChanged(3, 2, "recovery", HOST), LimitChanged(4, 3, "recovery", HOST)]
    assert answers[1] is told[0]
    assert answers[-1] is told[1]


def test_what_is_no_answer_of_the_host_gives_nothing_back() -> None:
    lanes = Lanes(None)
    lanes.crowded(HOST, 2, 0.0)
    for state in (State.CANCELLED, State.BUSY, State.FAILED, State.TIMED_OUT, State.SKIPPED):
        assert lanes.answered(HOST, Outcome(state), 2, 0.0, 0.0) is None


def test_nothing_new_starts_there_while_the_lane_is_full_and_other_hosts_go_on() -> None:
    scheduler = scheduled("abcdefgh", 4)
    scheduler.add([(repo("x", "b.example"), "x")], 0.0)
    step = scheduler.rest("a", CROWDED, 9.0, 0.0)
    assert (changes(step), started(step)) == ([LimitChanged(2, 4, "rate_limit", HOST)], ["x"])
    assert started(scheduler.ended("b", FINE, 1.0)) == []
    second = scheduler.ended("c", FINE, 1.0)
    assert (changes(second), started(second)) == ([LimitChanged(3, 2, "recovery", HOST)], ["e"])


def test_an_end_for_that_reason_narrows_the_lane_too() -> None:
    scheduler = scheduled("abcd", 2)
    step = scheduler.ended("a", TOO_OFTEN, 1.0)
    assert (changes(step), started(step)) == ([LimitChanged(1, 2, "rate_limit", HOST)], [])


def test_who_began_with_the_crowd_that_was_turned_away_narrows_nothing_more() -> None:
    scheduler = scheduled("abcdefgh", 8)
    assert changes(scheduler.ended("a", TOO_OFTEN, 1.0)) == [LimitChanged(4, 8, "rate_limit", HOST)]
    assert [changes(scheduler.ended(name, TOO_OFTEN, 2.0)) for name in "bcdefgh"] == [[]] * 7
    scheduler.add([(repo("x"), "x")], 3.0)
    assert changes(scheduler.ended("x", TOO_OFTEN, 4.0)) == [LimitChanged(2, 4, "rate_limit", HOST)]


def test_a_host_that_asks_to_be_left_alone_is_and_others_go_on() -> None:
    scheduler = Scheduler(2)
    step = scheduler.add([*((repo(name), name) for name in "abc"), (repo("x", "b.example"), "x")], 0.0)
    assert started(step) == ["a", "b"]
    assert started(scheduler.rest("a", structs.replace(CROWDED, retry_after=20.0), 21.0, 1.0)) == ["x"]
    assert started(scheduler.ended("b", FINE, 2.0)) == []
    assert started(scheduler.ended("a", FINE, 3.0)) == []
    assert scheduler.due == 21.0
    assert started(scheduler.tick(20.9)) == []
    assert started(scheduler.tick(21.0)) == ["c"]


def test_an_end_asks_for_that_too() -> None:
    scheduler = scheduled("ab", 1)
    turned_away = structs.replace(TOO_OFTEN, retry_after=5.0)
    assert started(scheduler.ended("a", turned_away, 1.0)) == []
    assert scheduler.due == 6.0


def test_what_is_queued_at_who_sends_two_away_for_more_than_a_minute_is_not_asked_and_others_go_on() -> None:
    scheduler = Scheduler(2)
    jobs = [*((repo(name), name) for name in "abcd"), (repo("x", "b.example"), "x")]
    assert started(scheduler.add(jobs, 0.0)) == ["a", "b"]
    assert started(scheduler.ended("a", IN_A_DAY, 1.0)) == ["x"]
    step = scheduler.ended("b", IN_A_DAY, 2.0)
    ends = {event.repo.id: event.outcome for event in step.events if isinstance(event, JobEnded)}
    message = "not asked: a.example wants to be left alone for 1434 min"
    unasked = Outcome(State.FAILED, Reason.RATE_LIMITED, message)
    assert (started(step), ends) == ([], {"b": IN_A_DAY, "c": unasked, "d": unasked})
    assert (scheduler.idle, started(scheduler.ended("x", FINE, 3.0)), scheduler.idle) == (False, [], True)
    assert started(scheduler.add([(repo("c"), "c")], 4.0, again=True)) == ["c"]  # the person asks for it


def test_one_that_is_sent_away_alone_changes_nothing_for_others() -> None:
    scheduler = scheduled("abcd", 1)
    ends = [("a", IN_A_DAY), ("b", FINE), ("c", IN_A_DAY), ("d", FINE)]
    assert [started(scheduler.ended(name, outcome, 1.0)) for name, outcome in ends] == [
        ["b"],
        ["c"],
        ["d"],
        [],
    ]


def test_a_host_is_remembered_into_the_next_run() -> None:
    scheduler = scheduled("a", 2)
    scheduler.ended("a", TOO_OFTEN, 1.0)
    scheduler.begin()
    assert started(scheduler.add([(repo("b"), "b"), (repo("c"), "c")], 2.0)) == ["b"]


def narrowed_to_one(scheduler: Scheduler, retry_after: float | None = None) -> None:
    """Of a, b and c alone c still runs."""
    scheduler.rest("a", structs.replace(CROWDED, retry_after=retry_after), 60.0, 0.0)
    assert started(scheduler.ended("a", NO_ANSWER, 0.0)) == []
    assert started(scheduler.ended("b", NO_ANSWER, 0.0)) == []


def test_one_that_hangs_gives_its_place_in_a_lane_that_the_host_made_narrow_to_one_other() -> None:
    scheduler = scheduled("abcdef", 3)
    narrowed_to_one(scheduler)
    assert scheduler.due == STALLED_AFTER
    assert scheduler.next_starts(1.0) == {}, "it is no delay that is waited for"
    assert started(scheduler.tick(9.9)) == []
    assert started(scheduler.tick(10.0)) == ["d"]
    assert scheduler.due == 20.0
    assert started(scheduler.ended("d", NO_ANSWER, 11.0)) == ["e"]
    assert started(scheduler.ended("c", NO_ANSWER, 12.0)) == [], "it had no place to give back"
    assert started(scheduler.ended("e", NO_ANSWER, 13.0)) == ["f"]


def test_those_that_hang_still_hold_the_places_of_the_person() -> None:
    jobs = [(repo(name), name) for name in "abcdef"]
    for scheduler in (Scheduler(3, 2), Scheduler(2)):
        assert started(scheduler.add(jobs, 0.0)) == ["a", "b"]
        assert (scheduler.due, started(scheduler.tick(100.0))) == (None, []), "no host made this one narrow"
        scheduler.rest("a", CROWDED, 60.0, 100.0)
        assert started(scheduler.ended("a", NO_ANSWER, 100.0)) == ["c"]
        assert (scheduler.due, started(scheduler.tick(200.0))) == (None, [])


def test_one_whose_bytes_move_keeps_its_place() -> None:
    moved = {"c": 8.0}
    scheduler = Scheduler(3, quiet_since=lambda job_id: moved.get(job_id, 0.0))
    scheduler.add([(repo(name), name) for name in "abcd"], 0.0)
    narrowed_to_one(scheduler)
    assert (started(scheduler.tick(10.0)), scheduler.due) == ([], 18.0)
    moved["c"] = 17.5
    assert (started(scheduler.tick(18.0)), scheduler.due) == ([], 27.5)
    assert started(scheduler.tick(27.5)) == ["d"]


def test_while_a_host_is_left_alone_one_that_hangs_lets_nothing_start() -> None:
    scheduler = scheduled("abcd", 3)
    narrowed_to_one(scheduler, retry_after=30.0)
    assert scheduler.due == 30.0
    assert started(scheduler.tick(29.9)) == []
    assert started(scheduler.tick(30.0)) == ["d"]


def test_of_a_host_that_hangs_nothing_more_starts_before_what_waits_for_others() -> None:
    there = [(repo(name), name) for name in "abcdef"]
    elsewhere = [(repo(name, "b.example"), name) for name in "xyz"]
    scheduler = Scheduler(2)
    assert started(scheduler.add([*there, *elsewhere], 0.0)) == ["a", "b"]
    assert started(scheduler.ended("a", FINE, 9.9)) == ["c"]
    assert started(scheduler.ended("c", FINE, 10.0)) == ["x"], "b is stalled"
    assert started(scheduler.ended("b", Outcome(State.TIMED_OUT, Reason.STALLED), 12.0)) == ["y"]
    assert started(scheduler.ended("x", FINE, 12.0)) == ["z"]
    assert started(scheduler.ended("y", FINE, 12.0)) == ["d"], "nobody else wants the slot"
    assert started(scheduler.ended("d", FINE, 12.0)) == ["e"]
    scheduler.add([(repo("w", "b.example"), "w")], 12.0)
    assert started(scheduler.ended("z", FINE, 12.0)) == ["f"], "it has answered"


def test_an_attempt_that_hung_puts_the_others_of_its_host_behind_too() -> None:
    scheduler = Scheduler(1)
    scheduler.add([(repo("a"), "a"), (repo("b"), "b"), (repo("x", "b.example"), "x")], 0.0)
    hung = Notice("info", "trying again", stalled=True)
    assert started(scheduler.rest("a", hung, 60.0, 6.0)) == ["x"]


def test_a_pick_gets_the_place_of_one_that_hangs() -> None:
    scheduler = scheduled("abc", 3)
    narrowed_to_one(scheduler)
    step = scheduler.add([(repo(name), name) for name in "xy"], 1.0, pick=True)
    assert started(step) == ["x"]
    scheduler.pause()
    assert scheduler.due == 10.0
    assert started(scheduler.tick(10.0)) == ["y"]


def test_a_host_that_complains_beside_one_that_hangs_is_heard() -> None:
    scheduler = scheduled("abcdefgh", 8)
    assert changes(scheduler.rest("a", CROWDED, 60.0, 0.0)) == [LimitChanged(4, 8, "rate_limit", HOST)]
    for name in "bcdef":
        scheduler.ended(name, NO_ANSWER, 1.0)
    scheduler.add([(repo(name), name) for name in "rstuv"], 10.0)
    assert changes(scheduler.rest("r", CROWDED, 60.0, 11.0)) == [LimitChanged(2, 4, "rate_limit", HOST)]


def narrowed_engine(gated: GatedWork, clock: Clock) -> Engine:
    """Its lane has one place, which a has; b is queued."""

    def work(turn: Turn) -> Outcome:
        if turn.job.id == "a":
            turn.rest(CROWDED, 0.0)
        return gated(turn)

    engine = Engine(work, limit=2, clock=clock)
    engine.start([repo("a")])
    gated.wait_running("a")
    engine.start([repo("b")])
    return engine


def test_the_engine_goes_on_by_itself_beside_one_that_hangs(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tui.engine.lanes.STALLED_AFTER", 0.1)
    gated = GatedWork()
    engine = narrowed_engine(gated, Clock())
    gated.wait_running("a", "b")
    gated.end("a", "b")
    assert engine.wait_idle(10)


def test_the_engine_knows_which_hang_by_their_gauges() -> None:
    gated, clock = GatedWork(), FrozenClock()
    engine = narrowed_engine(gated, clock)
    gauge = engine.gauge("a")
    assert gauge
    gauge.show(Progress(moved=clock.monotonic() + 5.0))
    clock.advance(14.9)
    engine.resume()
    assert engine.queue() == ["b"]
    clock.advance(0.1)
    engine.resume()
    gated.wait_running("a", "b")
    gated.end("a", "b")
    assert engine.wait_idle(10)


def test_the_engine_hears_it_while_the_job_still_waits() -> None:
    gated = GatedWork()
    said = {"a": CROWDED, "b": Notice("info", "trying again")}

    def work(turn: Turn) -> Outcome:
        if turn.job.id in said:
            turn.rest(said[turn.job.id], 0.0)
        return gated(turn)

    engine = Engine(work, limit=4)
    inbox = engine.subscribe()
    engine.start([repo(name) for name in "abcd"])
    gated.wait_running("c", "d")
    told = [event for event in events(inbox) if isinstance(event, LimitChanged)]
    assert told == [LimitChanged(2, 4, "rate_limit", HOST)]
    gated.end(*"abcd")
    assert engine.wait_idle(10)


def test_the_engine_goes_on_by_itself_when_the_host_may_be_asked_again() -> None:
    gated = GatedWork()
    engine = Engine(gated, limit=1)
    engine.start([repo(name) for name in "ab"])
    gated.wait_running("a")
    gated.end("a", outcome=structs.replace(TOO_OFTEN, retry_after=0.05))
    gated.wait_running("b")
    gated.end("b")
    assert engine.wait_idle(10)
