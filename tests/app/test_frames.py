"""What drawing costs whoever presses a key: it is counted here, and measured by `tests.bench.screen`."""

import gc
import os
import subprocess
import sys

import pytest

from tests.kit.app_driver import Driver
from tui.app import pace as module
from widgets.log_pane import LogLine
from widgets.tone import Tone


async def test_lines_that_come_lay_out_nothing_anew() -> None:
    async with Driver(3, start=True).open() as driver:
        main = driver.app.main
        main.append([LogLine("r1", Tone.NOTE, text=f"line {number}") for number in range(100)])
        await driver.settle()  # the scroll bar has come
        layouts: list[object] = []
        main.screen_layout_refresh_signal.subscribe(main, layouts.append)
        for number in range(20):
            main.append([LogLine("r1", Tone.NOTE, text=f"more {number}")])
            await driver.settle()
        assert layouts == []
        bar = main.query_one("#log").vertical_scrollbar
        assert (bar.window_virtual_size, bar.position) == (
            len(main.log_lines),
            main.query_one("#log").scroll_y,
        )


async def test_a_list_in_place_of_another_lays_out_nothing_anew_and_keeps_its_cursor() -> None:
    async with Driver(200, start=True).open() as driver:
        await driver.press("3", *"jjjj", "1", "j")
        main, layouts = driver.app.main, []
        main.screen_layout_refresh_signal.subscribe(main, layouts.append)
        places = []
        for key in "3131":
            await driver.press(key)
            places.append(main.highlighted())
        assert layouts == []
        assert places[:2] == places[2:]
        assert places[0] != places[1]


class Watch:
    """The clock and the processor time of the loop, as the app asks for them."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, now: float) -> None:
        self.now, self.spent = now, 0.0
        monkeypatch.setattr(module.time, "monotonic", lambda: self.now)
        monkeypatch.setattr(module.time, "thread_time", lambda: self.spent)


async def test_drawing_takes_a_twentieth_of_the_time_unless_half_a_second_has_passed(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    drawn: list[tuple[str, float]] = []
    watch = Watch(monkeypatch, now=1_000.0)
    pace = module.Pace([lambda: drawn.append(("log", watch.now)), lambda: drawn.append(("lists", watch.now))])
    assert pace.every == module.TICK / 2
    for now, spent in [
        (1000, 0),
        (1000.05, 0.0075),
        (1000.1, 0.0075),
        (1000.2, 0.0075),
        (1000.25, 0.4),
        (1000.6, 0.5),
        (1000.75, 0.5),
    ]:
        watch.now, watch.spent = now, spent
        pace.beat()
    assert drawn == [("log", 1000), ("lists", 1000.05), ("log", 1000.2), ("lists", 1000.25), ("log", 1000.75)]


async def test_in_the_second_after_a_key_drawing_may_take_a_fifth(monkeypatch: pytest.MonkeyPatch) -> None:
    drawn: list[float] = []
    watch = Watch(monkeypatch, now=1_000.0)
    pace = module.Pace([lambda: drawn.append(watch.now)])
    pace.beat()
    pace.typed = 1_000.0
    for now, spent in [(1_000.1, 0.03), (1_000.2, 0.03), (1_000.9, 0.031), (1_001.0, 0.05), (1_001.3, 0.05)]:
        watch.now, watch.spent = now, spent
        pace.beat()
    assert drawn == [1_000.0, 1_000.2, 1_000.9, 1_001.3]


async def test_what_a_key_does_is_drawn_before_all_else(monkeypatch: pytest.MonkeyPatch) -> None:
    drawn: list[float] = []
    watch = Watch(monkeypatch, now=1_000.0)
    pace = module.Pace([lambda: drawn.append(watch.now)] * 2)
    for watch.now in (1_000.0, 1_000.02, 1_000.07, 1_000.12):
        pace.beat()
        if watch.now == 1_000.0:
            pace.typed = 1_000.01
    assert drawn == [1_000.0, 1_000.07, 1_000.12]
    while watch.now < 1_000.65:  # of one that is held down, only until all is too old
        watch.now += 0.02
        pace.typed = watch.now
        pace.beat()
    assert [round(at, 2) for at in drawn[3:]] == [1_000.64, 1_000.66]


def test_a_frame_comes_soon_after_a_key_unless_the_person_says_otherwise() -> None:
    program = (
        "import os, tui.app, textual.screen; print(textual.screen.UPDATE_PERIOD, os.getenv('TEXTUAL_FPS'))"
    )

    def told(**variables: str) -> str:
        said = subprocess.run(
            [sys.executable, "-c", program],
            check=True,
            capture_output=True,
            text=True,
            env=os.environ | variables,
        )
        return said.stdout.strip()

    assert told() == f"{1 / 120} None"
    assert told(TEXTUAL_FPS="30") == f"{1 / 30} 30"


async def test_the_collector_goes_through_everything_only_where_nobody_types(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    async with Driver(1).open() as driver:
        collected: list[float] = []
        with monkeypatch.context() as patch:
            watch = Watch(patch, now=2_000.0)
            patch.setattr(gc, "collect", lambda: collected.append(watch.now))
            driver.app._pace.collected, driver.app._pace.typed = 1_939.0, 1_970.5
            for watch.now in (2_000.0, 2_000.4, 2_000.6, 2_060.0, 2_060.7):
                driver.app._pace.collect(watch.now)
        assert collected == [2_000.6, 2_060.7]
