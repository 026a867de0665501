"""Keys that come in one burst, as from a key that bounces or a script: what follows an answer does nothing."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
from textual.events import Key
from textual.widgets import OptionList

from tests.kit.app_driver import Driver
from tui.app.detail_screen import DetailScreen
from tui.engine.shutdown import Ending
from tui.git.outcome import Reason
from widgets.log_pane import LogPane


async def burst(driver: Driver, *keys: str) -> None:
    """All keys have been pressed before the first of them is looked at, as a terminal hands them over."""
    for key in keys:
        driver.app.post_message(Key(key, key if len(key) == 1 else None))
    await driver.settle()


@pytest.mark.parametrize(
    "keys",
    ["ss", "sx", "enter enter", "enter s", "escape escape", "s q", "j enter s", "escape a"],
)
async def test_what_follows_an_answer_does_nothing(keys: str) -> None:
    pressed = keys.split() if " " in keys else list(keys)
    async with two_of_four() as driver:
        await driver.press("q")
        driver.app.screen.query_one(OptionList).highlighted = 1 if pressed[0] == "j" else 2
        await burst(driver, *pressed)
        assert driver.app.screen is driver.app.main
        assert driver.states() == {"r0": "running", "r1": "running", "r2": "queued", "r3": "queued"}
        assert (driver.toasts(), driver.app.desk.marks, driver.app.return_value) == ([], set(), None)
        await driver.press("a")
        assert len(driver.app.desk.marks) == 4, "the next key is heeded"


async def test_nor_does_it_close_the_page_below() -> None:
    async with Driver(2).open() as driver:
        await driver.press("S")
        await driver.running("r0", "r1")
        await driver.press("enter", "q")
        await burst(driver, "s", "s", "s")
        assert isinstance(driver.app.screen, DetailScreen)


@asynccontextmanager
async def two_of_four() -> AsyncIterator[Driver]:
    async with Driver(4, limit=2).open() as driver:
        await driver.press("S")
        await driver.running("r0", "r1")
        yield driver


@pytest.mark.parametrize("keys", ["yy", "yx", "yq", "nn", "nx"])
async def test_nor_after_the_question_whether_to_cancel_everything(keys: str) -> None:
    async with two_of_four() as driver:
        await driver.press("X")
        await burst(driver, *keys)
        assert driver.app.screen is driver.app.main
        assert (driver.toasts(), driver.app.return_value) == ([], None)
        if keys[0] == "y":
            await driver.idle()
        assert set(driver.states().values()) == ({"cancelled"} if keys[0] == "y" else {"running", "queued"})


@pytest.mark.parametrize("keys", ["aa", "as", "aq"])
async def test_an_abort_in_a_burst_is_an_abort(keys: str) -> None:
    async with two_of_four() as driver:
        await driver.press("q")
        await burst(driver, *keys)
        await driver.until(lambda: driver.app.return_value)
        assert driver.app.return_value == Ending(1)
        assert {row.outcome.reason for row in driver.board.rows.values()} == {Reason.QUIT}


@pytest.mark.parametrize("keys", ["qq", "??", "qs"])
async def test_a_second_key_on_the_help_page_does_not_reach_the_page_below(keys: str) -> None:
    async with Driver(2).open() as driver:
        await driver.press("?")
        await burst(driver, *(key.replace("?", "question_mark") for key in keys))
        assert driver.app.screen is driver.app.main
        assert (driver.app.return_value, driver.work.started) == (None, [])


@pytest.mark.parametrize("on_detail", [False, True], ids=["main", "detail"])
async def test_a_command_that_is_chosen_twice_in_the_palette_is_done_once(*, on_detail: bool) -> None:
    async with Driver(3, limit=2).open() as driver:
        if on_detail:
            await driver.press("enter")
        below = driver.app.screen
        await driver.press(":", *"raise limit")
        await driver.until(lambda: driver.palette() == ["Raise limit"])
        await driver.press("down")
        await burst(driver, "enter", "enter", "enter")
        assert (driver.app.screen, driver.engine.snapshot().limit) == (below, 3)


async def test_nor_does_a_theme_that_is_chosen_twice_end_the_app() -> None:
    async with Driver(1).open() as driver:
        await driver.press(":", *"theme")
        await driver.until(lambda: driver.palette()[:1] == ["Theme"])
        await driver.press("enter")
        await driver.until(lambda: len(driver.palette()) > 5)
        await burst(driver, "down", "enter", "enter", "enter")
        await driver.until(lambda: driver.app.screen is driver.app.main)


@pytest.mark.parametrize(("end", "words"), [("enter", "r3"), ("escape", "")])
async def test_what_follows_a_filter_finds_what_it_has_left_and_is_no_text(end: str, words: str) -> None:
    async with Driver(4, limit=2).open() as driver:
        await driver.press("3")
        await burst(driver, "slash", "r", "3", end, "s", "z")
        await driver.running("r3")
        assert driver.app.main.view.words == words
        assert "only changes" in str(driver.app.main.query_one(LogPane).border_subtitle)


async def test_two_filters_in_one_burst_are_two() -> None:
    async with Driver(4, limit=2).open() as driver:
        await driver.press("3")
        await burst(driver, "slash", "r", "3", "enter", "s", "escape", "slash", "r", "2", "enter", "s")
        await driver.running("r2", "r3")


async def test_a_filter_that_was_ended_can_be_typed_anew() -> None:
    async with Driver(4).open() as driver:
        await driver.press("3", "slash", "r", "3", "enter", "slash", "backspace", "1")
        assert driver.app.main.view.words == "r1"
