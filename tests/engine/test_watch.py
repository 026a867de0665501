"""When passes begin."""

import datetime as dt
import os
import threading
import time
from collections.abc import Iterator

import pytest

from tests.kit.app_driver import FrozenClock
from tui.engine.plan import Plan
from tui.engine.watch import PATIENCE, Watch
from tui.store.config import ConfigError
from tui.store.paths import StateError
from tui.store.window import Window

EMPTY = Plan((), ())


class Clock(FrozenClock):
    """Its two sides can be moved apart, as by a person who sets the time or a machine that sleeps."""

    def __init__(self) -> None:
        super().__init__()
        self.wall = 0.0

    def now(self) -> float:
        return super().now() + self.wall


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def berlin() -> Iterator[None]:
    before = os.environ.get("TZ")
    os.environ["TZ"] = "Europe/Berlin"
    time.tzset()
    yield
    if before is None:
        del os.environ["TZ"]
    else:
        os.environ["TZ"] = before
    time.tzset()


def watch_of(clock: Clock, *, every: float = 60.0, window: Window | None = None) -> Watch:
    return Watch(lambda: EMPTY, every, window, clock)


def test_the_first_pass_is_due_at_once_and_the_next_an_interval_after_its_end(clock: Clock) -> None:
    watch, started = watch_of(clock), []
    assert watch.due_in() == 0.0
    assert watch.begin(started.append) == ""
    assert (started, watch.passes, watch.going_on, watch.next_start) == ([EMPTY], 1, True, None)
    clock.advance(500)
    watch.ended()
    assert (watch.going_on, watch.due_in(), watch.next_start) == (False, 60.0, clock.now() + 60.0)
    clock.advance(59.5)
    assert watch.due_in() == 0.5
    clock.advance(1)
    assert watch.due_in() == 0.0


@pytest.mark.parametrize(("wall", "due"), [(-3600, 50.0), (+3600, 0.0), (+5, 45.0)])
def test_a_clock_that_jumps_back_makes_nobody_wait_and_sleep_counts(
    clock: Clock, wall: float, due: float
) -> None:
    watch = watch_of(clock)
    watch.begin(lambda _plan: None)
    watch.ended()
    clock.advance(10)
    clock.wall = wall
    assert watch.due_in() == due


@pytest.mark.usefixtures("berlin")
@pytest.mark.parametrize(
    ("window", "at", "opens_in"),
    [
        ("22:00-06:00", "2026-11-21T21:59:00", 60),
        ("22:00-06:00", "2026-11-21T22:00:00", 0),
        ("22:00-06:00", "2026-11-22T00:00:00", 0),
        ("22:00-06:00", "2026-11-22T05:59:59", 0),
        ("22:00-06:00", "2026-11-22T06:00:00", 16 * 3600),
        ("09:00-17:00", "2026-11-21T08:59:30", 30),
        ("09:00-17:00", "2026-11-21T16:59:59", 0),
        ("09:00-17:00", "2026-11-21T17:00:00", 16 * 3600),
        # The night in which an hour is had twice, and the one that lacks an hour.
        ("09:00-17:00", "2026-10-24T17:00:00", 17 * 3600),
        ("09:00-17:00", "2026-03-28T17:00:00", 15 * 3600),
    ],
)
def test_the_window_opens_by_the_clock_on_the_wall(window: str, at: str, opens_in: float) -> None:
    start, end = (dt.time.fromisoformat(part) for part in window.split("-"))
    assert Window(start, end).opens_in(dt.datetime.fromisoformat(at).timestamp()) == opens_in


@pytest.mark.usefixtures("berlin")
def test_outside_of_its_window_a_pass_waits(clock: Clock) -> None:  # it is 11 o'clock
    night = Window(dt.time(22), dt.time(6))
    watch = watch_of(clock, window=night)
    assert watch.due_in() == 11 * 3600
    assert watch.next_start == clock.now() + 11 * 3600
    clock.advance(11 * 3600)
    watch.begin(lambda _plan: None)
    clock.advance(8 * 3600 - 30)  # the pass ends half a minute before the window does
    watch.ended()
    assert watch.due_in() == 30 + 16 * 3600


def test_what_cannot_begin_is_tried_again_five_times(clock: Clock) -> None:
    troubles: list[Exception | None] = [ConfigError("torn"), None, *[StateError("full")] * PATIENCE]

    def next_plan() -> Plan:
        if trouble := troubles.pop(0):
            raise trouble
        return EMPTY

    watch = Watch(next_plan, 60.0, clock=clock)
    assert watch.begin(lambda _plan: None) == "no pass (1 of 5 tries before this watch ends): torn"
    assert (watch.passes, watch.going_on, watch.due_in()) == (0, False, 60.0)
    assert watch.begin(lambda _plan: None) == ""
    for attempt in range(1, PATIENCE):
        assert f"({attempt} of 5 " in watch.begin(lambda _plan: None)
    with pytest.raises(StateError, match="full"):
        watch.begin(lambda _plan: None)


def test_signs_of_life_come_at_once_and_with_each_change(clock: Clock) -> None:
    watch = watch_of(clock)
    beats: list[tuple[int, float | None]] = []
    heard = Signs(beats)
    with watch.beating(heard):
        heard.wait(1)
        watch.begin(lambda _plan: None)
        heard.wait(2)
        watch.ended()
        heard.wait(3)
    assert beats[:3] == [(0, clock.now()), (1, None), (1, clock.now() + 60.0)]


class Signs:
    def __init__(self, beats: list[tuple[int, float | None]]) -> None:
        self._beats = beats
        self._more = threading.Condition()

    def __call__(self, passes: int, next_start: float | None) -> None:
        with self._more:
            self._beats.append((passes, next_start))
            self._more.notify_all()
        raise StateError("one that cannot be kept is only missing")

    def wait(self, count: int) -> None:
        with self._more:
            assert self._more.wait_for(lambda: len(self._beats) >= count, 10)
