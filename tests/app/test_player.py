"""The player alone, with a clock that moves when a test says so."""

import pytest

from tests.kit.app_driver import FrozenClock
from tests.kit.recorded import NOON, simple
from tui.app.player import SPEEDS, Player
from tui.engine.feed import Inbox
from tui.view.recording import read


class Played:
    """A player of two repos, a second each, and what came of it."""

    def __init__(self, *names: str, progress: bool = True) -> None:
        self.clock = FrozenClock()
        self.player = Player(read(simple(*(names or ("a", "b")), progress=progress).lines), self.clock)
        self.inbox: Inbox = self.player.subscribe()

    def after(self, seconds: float) -> list[str]:
        """What the screen hears of, once so much time has passed."""
        self.clock.advance(seconds)
        self.player.advance()
        return self.heard()

    def heard(self) -> list[str]:
        return [type(record.event).__name__ for record in self.inbox.drain()]


def test_at_first_it_plays_in_real_time() -> None:
    played = Played()
    assert played.after(0) == ["RunStarted", "JobQueued", "JobQueued", "JobStarted"]
    assert played.after(0.9) == []
    assert played.after(0.1) == ["JobEnded", "JobStarted"]
    assert played.player.clock.now() == NOON + 1
    assert not played.player.over
    assert played.after(1) == ["JobEnded", "RunFinished"]
    assert played.player.over
    assert played.after(1) == []
    assert (played.player.position, played.player.clock.now()) == (2.0, NOON + 2)


def test_ten_times_as_fast_is_a_tenth_of_the_time() -> None:
    played = Played(*(f"r{n}" for n in range(20)))
    for _ in range(3):
        played.player.faster()
    assert played.player.speed == 10
    assert played.after(0.5).count("JobEnded") == 5
    assert played.player.position == 5.0


def test_the_speed_has_two_ends() -> None:
    player = Played().player
    for _ in range(20):
        player.faster()
    assert player.speed == SPEEDS[-1] == 100
    for _ in range(20):
        player.slower()
    assert player.speed == SPEEDS[0] == 1


def test_a_pause_takes_no_time_of_the_recording() -> None:
    played = Played()
    played.after(0.4)
    played.player.paused = True
    assert played.after(50) == []
    played.player.paused = False
    assert played.after(0.5) == []
    assert played.player.position == pytest.approx(0.9)


def test_while_another_program_has_the_terminal_it_waits() -> None:
    played = Played(*(f"r{n}" for n in range(20)))
    played.after(3_600)
    assert played.player.position == 1.0


def test_a_step_is_one_event_and_stands_still() -> None:
    played = Played()
    steps = []
    while not played.player.over:
        played.player.step()
        steps.append(played.heard())
    assert steps == [
        ["RunStarted"],
        ["JobQueued", "JobQueued", "JobStarted"],
        ["JobEnded"],
        ["JobStarted"],
        ["JobEnded"],
        ["RunFinished"],
    ]
    assert played.player.paused
    played.player.step()
    assert played.heard() == []


def test_gauges_and_queue_are_those_of_the_moment() -> None:
    played = Played()
    played.after(0)
    player = played.player
    assert player.queue() == ["b"]
    gauge = player.gauge("a")
    assert gauge is not None
    assert (gauge.progress.phase, gauge.progress.moved, gauge.attempt) == ("", NOON, 1)
    played.after(0.5)
    assert (gauge.progress.phase, gauge.progress.percent) == ("Receiving objects", 50)
    assert gauge.progress.moved == player.clock.monotonic() == NOON + 0.5
    assert player.gauge("b") is None
    played.after(0.5)
    assert player.queue() == []


def test_seeking_back_begins_anew() -> None:
    played = Played()
    played.after(1)
    played.heard()
    played.player.seek(0.5)
    assert played.heard() == ["RunStarted", "JobQueued", "JobQueued", "JobStarted"]
    assert played.player.queue() == ["b"]
    assert played.player.gauge("b") is None
    assert played.after(0.5) == ["JobEnded", "JobStarted"]


def test_seeking_stays_in_the_recording() -> None:
    played = Played()
    played.player.seek(-10)
    assert played.player.position == 0.0
    played.player.seek(1_000)
    assert (played.player.position, played.player.over) == (2.0, True)
