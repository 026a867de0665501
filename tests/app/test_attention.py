"""Attention: a group as a whole, on its heading."""

import contextlib
import re
from pathlib import Path

import pytest

from tests.kit.app_driver import Driver, repo
from tests.kit.work import NOT_FOUND, Retrying
from tui.app.detail_screen import DetailScreen
from tui.git.outcome import Outcome, Reason, State

AUTH = Outcome(State.FAILED, Reason.AUTH, "no login", "log in", url="https://git.example/***")
NAMES = ("a", "b", "c", "d")


def listed(driver: Driver) -> list[str]:
    """Headings and repos, without the advice."""
    rows = driver.app.main.table.rows
    texts = [row.cells[0] if isinstance(row.cells[0], str) else row.cells[0][0] for row in rows]
    return [text for text in texts if "→" not in text]


async def failed(driver: Driver) -> None:
    """a and b want a login, c and d were not found; the cursor is on the first heading."""
    await driver.press("S")
    await driver.running(*NAMES)
    await driver.end("a", "b", outcome=AUTH)
    await driver.end("c", "d", outcome=NOT_FOUND)
    await driver.press("2", "g")


def told(driver: Driver) -> dict[str, str]:
    """What Attention says of each repo."""
    cells = {row.key: row.cells[1] for row in driver.app.main.table.rows if not row.group}
    return {repo_id: cell if isinstance(cell, str) else cell[0] for repo_id, cell in cells.items()}


def tab(driver: Driver) -> str:
    found = re.search(r"Attention \d+", str(driver.app.main.table._border_title))
    return found[0] if found else ""


def attention() -> Driver:
    return Driver([repo(name, "git.example") for name in NAMES], limit=4)


async def test_the_cursor_begins_on_a_repo_and_reaches_the_headings() -> None:
    async with attention().open() as driver:
        await failed(driver)
        assert driver.app.highlighted() is None
        assert [row.repo.id for row in driver.app.targets()] == ["a", "b"]
        await driver.press("j")
        assert driver.app.highlighted() == "a"
        await driver.press("j", "j")
        assert [row.repo.id for row in driver.app.targets()] == ["c", "d"]


async def test_who_asks_for_it_again_is_led_to_what_is_new_and_to_no_other_place_before() -> None:
    async with attention().open(80, 24) as driver:
        await driver.press("S")
        await driver.running(*NAMES)
        await driver.end("c", "d", outcome=NOT_FOUND)
        await driver.press("2", "j")
        assert driver.app.highlighted() == "d"
        await driver.press("3", "2")
        assert driver.app.highlighted() == "d", "nothing is new"
        await driver.end("a", "b", outcome=AUTH)
        await driver.idle()
        assert (driver.app.highlighted(), "i" in driver.hints()) == ("d", False)
        await driver.press("2")
        assert (driver.app.highlighted(), "i" in driver.hints()) == ("a", True)
        assert "✗ failed: auth at git.example  2" in driver.app.main.table.render_line(1).text
        await driver.press("G", "3", "2")
        assert driver.app.highlighted() == "d"


async def test_what_a_login_mends_comes_first() -> None:
    host_key = Outcome(State.FAILED, Reason.HOST_KEY, "the key is not known", url="ssh://git.example/***")
    async with attention().open() as driver:
        await driver.press("S")
        await driver.running(*NAMES)
        await driver.end("a", outcome=Outcome(State.FAILED, Reason.DNS, "no such host"))
        await driver.end("b", outcome=host_key)
        await driver.press("2")
        headings = [row.cells[0] for row in driver.app.main.table.rows if row.members]
        assert [text for text, _ in headings] == ["✗ failed: host key at git.example  1", "✗ failed: dns  1"]


async def test_the_heading_names_the_keys_that_mend_the_group() -> None:
    async with attention().open(160) as driver:
        await failed(driver)
        headings = [row.cells for row in driver.app.main.table.rows if row.members]
        assert [(cells[0][0], cells[1]) for cells in headings] == [
            ("✗ failed: auth at git.example  2", "i logs in, r retries these"),
            ("✗ failed: not found  2", "r retries these"),
        ]
        assert "2   i logs in, r retries these" in driver.app.main.table.render_line(1).text
        assert {"i", "r", "space", "enter"} <= set(driver.hints())


async def test_a_long_name_takes_no_room_from_the_messages_before_it_is_in_the_list_itself() -> None:
    names = ["short", "work/" + "a" * 32]
    message = "the server says that it has no such repository"
    async with Driver([repo(name) for name in names]).open(80, 24) as driver:
        await driver.press("S")
        await driver.running(*names)
        await driver.end("short", outcome=Outcome(State.FAILED, Reason.NOT_FOUND, message))
        await driver.press("2")
        assert f"short         {message}" in row_of("short", driver)
        await driver.end(names[1], outcome=Outcome(State.FAILED, Reason.NOT_FOUND, message))
        assert message not in row_of("short", driver)
        assert names[1] in row_of(names[1], driver)


def row_of(name: str, driver: Driver) -> str:
    table = driver.app.main.table
    return table.draw(list(table.keys).index(name), table.scrollable_content_region.width).text


@pytest.mark.parametrize(
    "trouble",
    [
        Outcome(State.BLOCKED, Reason.DIVERGED, "1 here and 2 there"),
        Outcome(State.FAILED, Reason.URL_MISMATCH, "origin is of another host"),
    ],
)
async def test_what_is_mended_in_a_checkout_names_the_shell_first_which_opens_in_the_one_repo_of_a_group(
    trouble: Outcome,
) -> None:
    async with Driver(2, limit=2).open(160) as driver:
        await driver.press("S")
        await driver.running("r0", "r1")
        await driver.end("r0", outcome=trouble)
        await driver.press("2", "g")
        heading = next(row.cells for row in driver.app.main.table.rows if row.members)
        assert heading[1:] == ("! opens a shell, r retries these", "! opens a shell")
        await driver.press("!")
        assert driver.toasts() == ["r0 is not cloned yet"]  # nor is there any folder here
        await driver.end("r1", outcome=trouble)
        await driver.press("!")
        assert driver.toasts() == ["this is a group: go to one of its repos (enter folds and unfolds it)"]


async def test_a_narrow_heading_names_what_finds_room_whole() -> None:
    async with attention().open(54) as driver:
        await failed(driver)
        assert (
            driver.app.main.table.render_line(1).text.rstrip()
            == "▌✗ failed: auth at git.example  2   i logs in"
        )


async def test_r_on_a_heading_retries_its_group_and_no_other() -> None:
    async with attention().open(160) as driver:
        await failed(driver)
        before = listed(driver)
        await driver.press("r")
        await driver.running("a", "b")
        assert listed(driver) == before
        assert [row.cells[1:] for row in driver.app.main.table.rows if row.members] == [
            (),
            ("r retries these",),
        ]
        assert told(driver) == {
            "a": "▶ running",
            "b": "▶ running",
            "c": "no such repository",
            "d": "no such repository",
        }
        await driver.press("r")
        assert driver.toasts() == ["none of these 2: a is running and has not ended yet"]
        assert driver.work.running == ["a", "b"]


async def test_what_is_tried_again_keeps_its_place_until_it_has_ended() -> None:
    async with Driver([repo(name) for name in "abc"], limit=3).open(160) as driver:
        await driver.press("S")
        await driver.running("a", "b", "c")
        await driver.end("a", "b", "c", outcome=NOT_FOUND)
        await driver.press("-", "-", "2", "g", "j", "j", "R")
        await driver.running("a")
        assert told(driver) == {"a": "▶ running", "b": "◇ queued", "c": "◇ queued"}
        assert tab(driver) == "Attention 3"
        await driver.press("R")
        assert driver.toasts()[-1] == "what needs attention is being tried again"
        await driver.end("a")
        await driver.running("b")
        assert told(driver) == {"b": "▶ running", "c": "◇ queued"}
        assert tab(driver) == "Attention 2"
        await driver.end("b", outcome=Outcome(State.FAILED, Reason.NOT_FOUND, "gone for good"))
        await driver.running("c")
        assert told(driver) == {"b": "gone for good", "c": "▶ running"}
        assert (tab(driver), driver.app.highlighted()) == ("Attention 2", "b")
        await driver.end("c")
        await driver.idle()
        assert (tab(driver), told(driver)) == ("Attention 1", {"b": "gone for good"})


async def test_what_waits_to_try_again_says_so() -> None:
    async with Driver(1, work=Retrying(from_the_first=False)).open() as driver:
        await driver.press("S")
        await driver.running("r0")
        await driver.end("r0", outcome=NOT_FOUND)
        await driver.press("2", "r")
        await driver.until(lambda: driver.state("r0") == "retrying")
        await driver.settle()
        assert told(driver) == {"r0": "↻ retrying"}


@pytest.mark.parametrize(
    ("key", "why"),
    [
        ("r", "a is running and has not ended yet"),
        ("i", "a is running and has not ended yet"),
        ("A", "a is running and has not ended yet"),
        ("c", "a is running and has not ended yet"),
    ],
)
async def test_what_is_for_a_failure_is_refused_while_it_is_tried_again(key: str, why: str) -> None:
    async with attention().open() as driver:
        await failed(driver)
        await driver.press("j", "r")
        await driver.running("a")
        await driver.press(key)
        assert (driver.toasts(), driver.app.highlighted()) == ([why], "a")
        assert driver.work.running == ["a"]


async def test_r_in_a_detail_is_for_its_repo_whatever_was_retried_before() -> None:
    async with attention().open() as driver:
        await failed(driver)
        await driver.press("j", "r")
        await driver.running("a")
        await driver.press("j", "enter", "r")
        await driver.running("a", "b")
        assert driver.toasts() == []


async def test_i_on_a_heading_logs_in_and_retries_its_group(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[str] = []

    def log_in(url: str, _folder: Path) -> bool:
        asked.append(url)
        return True

    async with attention().open() as driver:
        await failed(driver)
        monkeypatch.setattr("tui.app.outside_commands.log_in", log_in)
        monkeypatch.setattr(driver.app, "suspend", contextlib.nullcontext)
        await driver.press("i")
        await driver.running("a", "b")
        assert asked == ["https://git.example/ada/a.git"]
        assert driver.app.main.heading is driver.app.main.table.rows[0], "the cursor stays on the group"


async def test_a_list_that_goes_on_below_says_so() -> None:
    async with attention().open(80, 24) as driver:
        await failed(driver)
        assert "j k: more lines" in driver.app.main.table.border_subtitle
    async with attention().open(80, 40) as driver:
        await failed(driver)
        assert driver.app.main.table.border_subtitle == ""


async def test_space_marks_the_group_and_enter_folds_it() -> None:
    async with attention().open() as driver:
        await failed(driver)
        await driver.press("space")
        assert driver.app.desk.marks == {"a", "b"}
        await driver.press("space")
        assert driver.app.desk.marks == set()
        await driver.press("enter")
        assert not isinstance(driver.app.screen, DetailScreen)
        assert listed(driver) == [
            "▸ 2 folded  ✗ failed: auth at git.example",
            "✗ failed: not found  2",
            "c",
            "d",
        ]
        await driver.press("R")
        await driver.running(*NAMES)
        await driver.end(*NAMES, outcome=AUTH)
        await driver.idle()
        assert listed(driver) == ["▸ 4 folded  ✗ failed: auth at git.example"], "folded it stays"
        await driver.press("g", "enter")
        assert listed(driver)[1:] == list(NAMES)


async def test_a_double_click_folds_a_group() -> None:
    async with attention().open() as driver:
        await failed(driver)
        assert driver.pilot is not None
        await driver.pilot.double_click(driver.app.main.table, offset=(5, 2))
        await driver.settle()
        assert listed(driver)[:2] == ["▸ 2 folded  ✗ failed: auth at git.example", "✗ failed: not found  2"]


@pytest.mark.parametrize(
    ("size", "drawn"),
    [
        ((160, 40), "▌▸ 2 folded  ✗ failed: auth at git.example   enter unfolds"),
        ((54, 40), "▌▸ 2 folded  ✗ failed: auth at git.example"),
        ((40, 12), "▌▸ 2 folded  ✗ failed: auth at…"),
    ],
)
async def test_a_folded_group_says_so_and_how_many_it_holds(size: tuple[int, int], drawn: str) -> None:
    async with attention().open(*size) as driver:
        await failed(driver)
        await driver.press("enter")
        assert driver.app.main.table.render_line(1).text.rstrip() == drawn


@pytest.mark.parametrize("key", ["!", "e", "L"])
async def test_what_is_for_one_repo_is_refused_on_a_heading(key: str) -> None:
    async with attention().open() as driver:
        await failed(driver)
        await driver.press(key)
        assert driver.toasts()[-1] == "this is a group: go to one of its repos (enter folds and unfolds it)"


async def test_y_on_a_heading_copies_the_advice_and_c_its_command_as_they_are() -> None:
    outcome = Outcome(
        State.BLOCKED, Reason.DIVERGED, "", f"a: two sides: git -C {Path.home()}/a rebase, or git -C /a merge"
    )
    async with Driver([repo("a")]).open() as driver:
        await driver.press("S")
        await driver.running("a")
        await driver.end("a", outcome=outcome)
        await driver.press("2", "g", "y")
        assert driver.app.clipboard == outcome.advice
        await driver.press("c")
        assert driver.app.clipboard == f"git -C {Path.home()}/a rebase"
        assert driver.toasts()[-1] == "copied command 1 of 2: git -C ~/a rebase"
        await driver.press("c")
        assert driver.app.clipboard == "git -C /a merge"
        await driver.press("c")
        assert driver.app.clipboard == f"git -C {Path.home()}/a rebase"
