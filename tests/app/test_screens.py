"""Looking around in the app: lists, log, detail, help, palette, other programs, and what is told."""

import contextlib
import os
import signal
import subprocess
import sys
import threading
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from msgspec import structs
from rich.console import Console, RenderableType
from rich.style import Style
from textual.events import Key
from textual.widgets import Input, Static

from tests.kit.app_driver import Driver, repo
from tests.kit.work import NOT_FOUND, SYNCED, GatedWork
from tests.widgets.host import lines, screen
from tui.app import app as app_module
from tui.app import detail_parts
from tui.app.actions import ACTIONS, offered
from tui.app.detail_screen import DetailScreen
from tui.app.lookout import REST
from tui.app.repo_list import SORTS
from tui.engine.engine import Engine
from tui.engine.events import JobEnded, Notice
from tui.engine.shutdown import Ending
from tui.engine.survey import StatusRow
from tui.git.arrived import Commit
from tui.git.gauge import Progress
from tui.git.holder import Holder
from tui.git.inspect import RepoStatus
from tui.git.outcome import Outcome, Reason, State
from tui.git.repo import Repo
from tui.git.stop import StopSignal
from tui.store.past import Failure, Past
from tui.store.preferences import Preferences
from widgets.dialogs import ConfirmDialog
from widgets.filter_line import FilterLine
from widgets.help_screen import HelpScreen
from widgets.hint_bar import HintBar
from widgets.log_pane import LogPane
from widgets.slot_grid import SlotGrid

NOW = 1_795_255_200.0
"""When the clock of these tests stands still."""
AT_ONCE = GatedWork(ends_at_once=SYNCED)


def failure(at: float, attempts: int = 1, **more: Any) -> Failure:
    return Failure("failed", "not_found", at - 60, at, attempts, attempts, **more)


def rows(driver: Driver) -> list[str]:
    """Keys of the rows of the list on top, without headings."""
    return [row.key for row in driver.app.main.table.rows if not row.group]


def shown(static: Any) -> list[str]:
    """The lines of it, as they are on the screen."""
    return [static.render_line(y).text.strip() for y in range(static.size.height)]


def count(driver: Driver) -> str:
    return str(driver.app.main.query_one(FilterLine)._count.content)


# Lists.


async def test_the_queue_shows_what_starts_next_and_a_pick_goes_first() -> None:
    async with Driver(6, limit=2).open() as driver:
        await driver.press("S", "1")
        await driver.running("r0", "r1")
        assert rows(driver) == ["r2", "r3", "r4", "r5"]
        await driver.press("G", "t", "G", "t")
        await driver.running("r0", "r1", "r5")
        assert rows(driver) == ["r4", "r2", "r3"]


async def test_attention_groups_by_reason_with_one_advice_each() -> None:
    async with Driver(3, limit=3).open() as driver:
        await driver.press("S", "2")
        await driver.running("r0", "r1", "r2")
        auth = Outcome(State.FAILED, Reason.AUTH, "no login", "log in")
        await driver.end("r1", outcome=auth)
        await driver.end("r0", "r2", outcome=NOT_FOUND)
        texts = [row.cells[0] if row.group else row.key for row in driver.app.main.table.rows]
        assert [text if isinstance(text, str) else text[0] for text in texts] == [
            "✗ failed: auth at a.example  1",
            "→ i logs in at a.example, once for this session",
            "r1",
            "✗ failed: not found  2",
            "→ check the URL",
            "r0",
            "r2",
        ]


async def test_the_survey_fills_the_list_and_looks_again_at_what_ended_after_a_rest() -> None:
    seen: list[list[str]] = []

    def survey(repos: Any, on_row: Any, _stop: Any) -> None:
        seen.append([entry.id for entry in repos])
        for entry in repos:
            on_row(StatusRow(entry, RepoStatus(branch="main", ahead=0, behind=len(seen))))

    async with Driver(2, limit=2, survey=survey).open() as driver:
        await driver.until(lambda: driver.app.tick() or len(driver.app.desk.looks) == 2)
        await driver.press("S")
        await driver.running("r0", "r1")
        await driver.end("r1")
        assert seen == [["r0", "r1"]]
        driver.clock.advance(REST)
        await driver.until(lambda: driver.app.tick() or driver.app.desk.looks["r1"].status.behind == 2)
        assert seen == [["r0", "r1"], ["r1"]]
        assert driver.app.main.table.rows[1].cells[3] == "2"


async def test_an_unknown_count_is_blank_and_never_a_zero() -> None:
    def survey(repos: Any, on_row: Any, _stop: Any) -> None:
        for entry in repos:
            on_row(StatusRow(entry, RepoStatus(error="not cloned")))

    async with Driver(1, survey=survey).open() as driver:
        await driver.until(lambda: driver.app.tick() or driver.app.desk.looks)
        await driver.settle()
        assert driver.app.main.table.rows[0].cells[3:] == ("", "", "", "", "", "", "not cloned")


async def test_what_failed_before_is_told_on_the_plan_and_found() -> None:
    last = {
        "r0": Past("failed", "not_found", "no such repo", failure=failure(NOW - 7_200)),
        "r1": Past("synced", last_attempt=0.0),
    }
    async with Driver(3, past=last).open() as driver:
        assert [row.cells[-1] for row in driver.app.main.table.rows] == [
            "failed/not found: no such repo, 2 h ago",
            "",
            "",
        ]
        await driver.press("/", *"state:failed", "enter")
        assert rows(driver) == ["r0"]
        await driver.press("escape", "s")
        await driver.running("r0")
        await driver.end("r0")
        assert driver.app.main.table.rows[0].cells[-1] == ""


async def test_an_empty_workspace_says_what_to_do() -> None:
    async with Driver(0).open() as driver:
        assert str(driver.app.main.query_one("#plan").content).startswith(
            "No repo in ~/work. Name some in a synctui.toml"
        )


async def test_o_goes_through_the_orders() -> None:
    behind = {"b": 1, "a": 7, "c": 0}

    def survey(repos: Any, on_row: Any, _stop: Any) -> None:
        for entry in repos:
            fetched = None if entry.id == "a" else NOW - 3_600 * (1 + behind[entry.id])
            on_row(StatusRow(entry, RepoStatus(behind=behind[entry.id], last_fetch=fetched)))

    async with Driver([repo("b"), repo("a"), repo("c")], survey=survey).open() as driver:
        await driver.until(lambda: driver.app.tick() or len(driver.app.desk.looks) == 3)
        await driver.press("G", "s")
        await driver.running("c")
        await driver.end("c", outcome=NOT_FOUND)
        orders = {}
        for name in SORTS:
            orders[name] = rows(driver)
            await driver.press("o")
        assert orders == {
            "": ["b", "a", "c"],
            "repo": ["a", "b", "c"],
            "state": ["c", "b", "a"],
            "success": ["a", "c", "b"],
            "behind": ["a", "b", "c"],
            "ahead": ["b", "a", "c"],
            "changes": ["b", "a", "c"],
            "branch": ["b", "a", "c"],
            "arrived": ["b", "a", "c"],
            "size": ["b", "a", "c"],
            "last error": ["c", "b", "a"],
        }
        assert rows(driver) == ["b", "a", "c"]


@pytest.mark.parametrize(
    ("width", "height", "titles"),
    [
        (200, 60, " 1 Queue 16  2 Attention 1  3 Repos 20  4 Arrived 1 "),
        (120, 40, " 1 Queue 16  2 Attention 1  3 Repos 20  4 Arrived 1 "),
        (80, 24, " 1 Queue 16  2 Attention 1  3 Repos 20  4 Arrived 1 "),
        (53, 24, "1 Queue 16│2 Attention 1│3 Repos 20│4 Arrived 1"),
        (52, 24, "1 Queue 16│2 Attention 1│3 Repos│4 Arrived 1"),
        (40, 12, "1│2 Attention 1│3 Repos│4"),
    ],
)
async def test_of_the_tabs_the_count_of_attention_goes_last(width: int, height: int, titles: str) -> None:
    async with Driver(20).open(width, height) as driver:
        await driver.press("S")
        await driver.running("r0", "r1")
        await driver.end("r0", outcome=NOT_FOUND)
        await driver.end("r1", outcome=structs.replace(SYNCED, old="1" * 40, new="2" * 40, commits=1))
        await driver.running("r2", "r3")
        await driver.press("3")  # on a small screen the log stands in its place
        assert str(driver.app.main.table._border_title) == titles
        assert any(titles.strip() in line for line in screen(driver.app))


async def test_the_tabs_are_drawn_with_the_counts_and_not_after_them() -> None:
    async with Driver(6, limit=1).open() as driver:
        await driver.press("S")
        await driver.running("r0")
        driver.work.end("r0")
        await driver.until(lambda: driver.board.waiting == 4)
        driver.app.main.paint_run()
        assert str(driver.app.main.table._border_title).startswith(" 1 Queue 4 ")


async def test_a_tab_is_clicked_where_the_tabs_stand_close() -> None:
    async with Driver(20).open(53, 24) as driver:
        await driver.press("S")
        await driver.running("r0", "r1")
        assert driver.pilot is not None
        titles = str(driver.app.main.table._border_title)
        await driver.pilot.click(driver.app.main.table, offset=(3 + titles.index("1 Queue"), 0))
        await driver.settle()
        assert driver.app.main.view.tab == "queue"


async def test_what_is_sought_by_a_look_says_that_not_all_have_had_theirs() -> None:
    looked = threading.Event()

    def survey(repos: Any, on_row: Any, _stop: Any) -> None:
        for entry in repos:
            on_row(StatusRow(entry, RepoStatus(behind=1)))
            looked.wait()

    async with Driver(2, survey=survey).open() as driver:
        await driver.until(lambda: driver.app.tick() or driver.app.desk.looks)
        await driver.press("3", "/", *"behind")
        assert count(driver) == "1 of 2 so far "
        looked.set()
        await driver.until(lambda: driver.app.tick() or len(driver.app.desk.looks) == 2)
        driver.app.main.redraw()
        assert count(driver) == "2 of 2 "


async def test_the_filter_narrows_while_it_is_typed_and_esc_clears_it() -> None:
    async with Driver([repo("python/flask"), repo("python/click"), repo("tools/fd")]).open() as driver:
        await driver.press("/", *"python")
        assert rows(driver) == ["python/flask", "python/click"]
        assert count(driver) == "2 of 3 "
        await driver.press("enter")
        assert driver.app.main.focused is driver.app.main.table
        await driver.press("a", "escape")
        assert rows(driver) == ["python/flask", "python/click", "tools/fd"]
        assert driver.app.desk.marks == {"python/flask", "python/click"}
        await driver.press("escape")
        assert driver.app.desk.marks == set()


async def test_the_count_of_a_kept_filter_is_that_of_the_tab() -> None:
    repos = [repo("py/a"), repo("py/b"), repo("py/c"), repo("go/d"), repo("go/e"), repo("go/f"), repo("py/g")]
    async with Driver(repos, limit=3).open() as driver:
        await driver.press("S")
        await driver.running("py/a", "py/b", "py/c")
        await driver.end("py/a", outcome=structs.replace(SYNCED, old="1" * 40, new="2" * 40, commits=1))
        await driver.end("py/b", outcome=NOT_FOUND)
        await driver.running("py/c", "go/d", "go/e")
        await driver.press("3", "/", *"py", "enter")
        told = {}
        for tab in "1234":
            await driver.press(tab)
            told[driver.app.main.view.tab] = count(driver)
        assert told == {"queue": "1 of 2 ", "attention": "1 of 1 ", "repos": "4 of 7 ", "arrived": "1 of 1 "}
        await driver.press("/", *"/c", "enter")
        assert count(driver) == "0 of 1 "
        await driver.end("py/c", outcome=NOT_FOUND)
        await driver.press("2")
        assert count(driver) == "1 of 2 "


async def test_keys_in_one_burst_find_what_the_ones_before_have_done() -> None:
    async with Driver(6, limit=1).open() as driver:
        await driver.press("S")
        await driver.running("r0")
        for character in "1Gkt/S":
            driver.app.post_message(Key("slash" if character == "/" else character, character))
        await driver.running("r0", "r4")
        await driver.until(lambda: driver.app.main.query_one(Input).value == "S")
        assert driver.app.main.focused is driver.app.main.query_one(Input)


async def test_letters_in_the_filter_are_text_and_no_commands() -> None:
    async with Driver(2).open() as driver:
        await driver.press("/", *"SxdqR:")
        assert driver.app.main.query_one(Input).value == "SxdqR:"
        assert driver.work.started == []
        assert driver.app.return_value is None


async def test_a_wrong_word_in_the_filter_is_told() -> None:
    async with Driver(2).open() as driver:
        await driver.press("/", *"state:borken")
        assert rows(driver) == []
        assert driver.app.main.table.sheet.empty == (
            'no such state (did you mean "blocked"?); allowed: queued, running, retrying, stopping, synced,'
            " up_to_date, skipped, blocked, busy, failed, timed_out, cancelled"
        )


@pytest.mark.parametrize(("width", "height"), [(120, 40), (80, 24), (40, 12)])
async def test_all_states_find_room_in_the_place_of_the_repos_and_nothing_moves(
    width: int, height: int
) -> None:
    async with Driver(2).open(width, height) as driver:
        await driver.press("/")
        line = driver.app.main.query_one(FilterLine)
        places = [widget.region for widget in driver.app.main.walk_children() if widget.parent is not line]
        await driver.press(*"state:xyz")
        moved = [widget.region for widget in driver.app.main.walk_children() if widget.parent is not line]
        said = driver.app.main.table.sheet.empty
        assert said.startswith("no such state; allowed: queued, running, retrying, stopping, synced, ")
        table = driver.app.main.table
        shown = " ".join(lines(table)).split()
        assert [word for word in said.split() if word not in shown] == []
        assert (moved, said.startswith(count(driver).removesuffix("…"))) == (places, True)


async def test_a_kind_of_word_that_there_is_not_is_told_in_the_filter() -> None:
    async with Driver(2).open() as driver:
        await driver.press("/", *"foo:bar")
        assert rows(driver) == []
        assert (
            driver.app.main.table.sheet.empty
            == "no such word; allowed: state:, tag:, host:, behind, dirty, stale"
        )


async def test_tab_goes_round_the_panes_on_every_size() -> None:
    for width, height in ((120, 40), (80, 24), (40, 12)):
        async with Driver(2, start=True).open(width, height) as driver:
            await driver.running("r0", "r1")
            first = driver.app.main.focused
            ids = []
            for _ in range(3):
                await driver.press("tab")
                ids.append(driver.app.main.focused.id)
            small = height < 20
            assert ids == (["lists", "slots", "log"] if small else ["slots", "log", "lists"])
            assert driver.app.main.focused is first
            await driver.press("shift+tab")
            assert driver.app.main.focused.id == ("slots" if small else "log")


async def test_tab_goes_to_no_pane_that_the_plan_does_not_show() -> None:
    for size, ids in (((120, 40), ["slots", "lists", "slots"]), ((40, 12), ["lists", "lists", "lists"])):
        async with Driver(2).open(*size) as driver:
            went = []
            for _ in ids:
                await driver.press("tab")
                went.append(driver.app.main.focused.id)
            assert went == ids


async def test_targets_are_those_of_the_focused_pane() -> None:
    async with Driver(4, limit=2).open() as driver:
        await driver.press("S")
        await driver.running("r0", "r1")
        await driver.end("r0", outcome=NOT_FOUND)
        await driver.running("r1", "r2")
        await driver.press("tab", "l", "x")  # the second slot
        await driver.running("r2", "r3")
        assert driver.state("r1") == "cancelled"
        await driver.press("tab", "g", "j", "t")  # the first line of the log below that of the run
        await driver.running("r0", "r2", "r3")


async def test_nothing_moves_when_a_job_ends() -> None:
    async with Driver(6, limit=4).open() as driver:
        await driver.press("S")
        await driver.running("r0", "r1", "r2", "r3")
        before = {
            widget.id: widget.region for widget in driver.app.main.query("#slots, #log, #status, #lists")
        }
        await driver.end("r1")
        await driver.running("r0", "r2", "r3", "r4")
        after = {
            widget.id: widget.region for widget in driver.app.main.query("#slots, #log, #status, #lists")
        }
        assert before == after
        assert driver.slots() == ["r0", "r4", "r2", "r3"]


@pytest.mark.parametrize("limit", [1, 8])
async def test_the_slots_keep_their_room_while_a_run_stands_idle_and_fold_after_it(
    limit: int,
) -> None:
    async with Driver(10, limit=limit).open(80, 24) as driver:
        await driver.press("S")
        at_once = [f"r{number}" for number in range(limit)]
        await driver.running(*at_once)
        await driver.press("3", "j", *"j" * (limit - 1), "t", "p", *"-" * (limit - 1))
        await driver.running(*at_once, f"r{limit}")
        await driver.end(*at_once, f"r{limit}")
        assert driver.slots() == [None]
        assert driver.board.active
        slots = driver.app.main.query_one("#slots")
        before = slots.region
        await driver.press("p")
        await driver.running(f"r{limit + 1}")
        assert slots.region == before
        await driver.press("X", "y")
        await driver.idle()
        assert slots.size.height == 2
        driver.clock.advance(1.0)
        await driver.press("S")
        await driver.running("r0")
        assert slots.size.height == 2


async def test_a_run_has_no_more_slots_than_repos() -> None:
    async with Driver(9, limit=64).open() as driver:
        await driver.press("s")
        await driver.running("r0")
        assert driver.slots() == ["r0"]
        await driver.press("j", "s")
        await driver.running("r0", "r1")
        await driver.end("r0")
        assert driver.slots() == [None, "r1"]
        await driver.press("-")
        assert "Slots 1/63" in str(driver.app.main.query_one("#slots").border_title)


@pytest.mark.parametrize("size", [(120, 40), (80, 24), (40, 12), (200, 60), (20, 4)])
async def test_the_slots_take_at_most_half_of_the_height(size: tuple[int, int]) -> None:
    async with Driver(64, limit=64, start=True).open(*size) as driver:
        await driver.running(*(f"r{n}" for n in range(64)))
        assert driver.app.main.query_one("#slots").outer_size.height <= max(3, size[1] // 2)


@pytest.mark.parametrize(
    "size", [(80, 23), (80, 24), (99, 40), (100, 23), (110, 24), (100, 30), (120, 36), (120, 40), (200, 60)]
)
async def test_all_panes_are_on_the_screen_and_the_one_with_the_focus_is_the_higher_where_room_is_scarce(
    size: tuple[int, int],
) -> None:
    async with Driver(64, limit=64, start=True).open(*size) as driver:
        await driver.running(*(f"r{n}" for n in range(64)))
        main = driver.app.main
        log, table, hints = main.query_one(LogPane), main.table, main.query_one(HintBar)
        heights = []
        for key in ("3", "shift+tab"):
            await driver.press(key)
            assert (hints.region.bottom, main.max_scroll_y) == (size[1], 0)
            assert min(log.size.height, table.size.height) >= 2
            heights.append((table.outer_size.height, log.outer_size.height))
        if size[1] >= 40:
            assert heights[0] == heights[1]
        elif size[1] >= 30:
            assert [of_table >= of_log for of_table, of_log in heights] == [True, False]


async def test_a_small_screen_keeps_the_cursor_in_view() -> None:
    async with Driver(30).open(40, 12) as driver:
        await driver.press(*"jjjjjjjjjjjjjjjjjjjj")
        await driver.press("S")
        for _ in range(2):
            await driver.press("3", "j")
            table, footer = driver.app.main.table, driver.app.main.query_one("#hints")
            line = table.region.y + table.HEADER_LINES + table._cursor - round(table.scroll_y)
            assert table.region.y < line < footer.region.y
            assert table.region.bottom <= footer.region.y


async def test_no_job_moves_when_another_ends_where_not_all_slots_fit() -> None:
    async with Driver(13, limit=12).open(40, 16) as driver:
        await driver.press("S")
        await driver.running(*(f"r{number}" for number in range(12)))
        assert crowded(driver) == ["r0", "r1", "r2", "r3", "r4", "r5"]
        driver.clock.advance(60)
        await driver.end("r1")
        await driver.running(*(f"r{number}" for number in range(13) if number != 1))
        assert crowded(driver) == ["r0", "r6", "r2", "r3", "r4", "r5"]


def crowded(driver: Driver) -> list[str]:
    """The jobs of the cells, one on each line."""
    grid = driver.app.main.query_one(SlotGrid)
    drawn = [grid.render_line(y).text for y in range(grid.size.height)]
    return [line.split()[1] for line in drawn if "more" not in line]


# Log.


async def log_of_a_run(driver: Driver) -> LogPane:
    """With the focus, after a run of all."""
    await driver.press("S")
    await driver.idle()
    log = driver.app.main.query_one(LogPane)
    log.focus()
    await driver.settle()
    return log


async def test_slash_in_the_log_searches_and_n_goes_on() -> None:
    driver = Driver(
        [repo("a1"), repo("b"), repo("a2"), repo("c")], limit=1, work=GatedWork(ends_at_once=SYNCED)
    )
    async with driver.open() as driver:
        log = await log_of_a_run(driver)
        await driver.press("/", "a", "enter")
        assert count(driver) == "2/2 "
        assert log.highlighted == "a2"
        await driver.press("n")
        assert log.highlighted == "a1"
        assert str(log.border_subtitle).split(" · ")[0].strip() == "/a 1/2"
        await driver.press("N")
        assert log.highlighted == "a2"
        await driver.press("escape", "g", "/", "a", "enter")
        assert log.highlighted == "a1", "there is none above the first line"


async def test_each_letter_searches_from_where_the_search_began() -> None:
    names = ["libs/a", "web/a", "libs/b", "lib", "web/b", "libs/c"]
    driver = Driver([repo(name) for name in names], limit=1, work=GatedWork(ends_at_once=SYNCED))
    async with driver.open() as driver:
        log = await log_of_a_run(driver)
        log.move_cursor([line.key for line in log.lines].index("web/b"))
        await driver.press("/")
        found = []
        for key in (*"libs/", "a", "backspace", "backspace", "backspace"):
            await driver.press(key)
            found.append(log.highlighted)
        assert found == ["lib", "lib", "lib", "libs/b", "libs/b", "libs/a", "libs/b", "libs/b", "lib"]
        await driver.press("ctrl+u", *"web", "enter")
        assert log.highlighted == "web/b", "the line on which it began is one of those"
        await driver.press("N", "/", "/")
        assert log.highlighted == "web/a", "it began anew"
        await driver.press("ctrl+u", *"libs/c")
        assert log.highlighted == "libs/c", "from the first on to the last"


async def test_z_shows_only_what_changed_or_needs_a_person() -> None:
    async with Driver(3, limit=3).open() as driver:
        await driver.press("S")
        await driver.running("r0", "r1", "r2")
        await driver.end("r0", outcome=Outcome(State.UP_TO_DATE))
        await driver.end("r1")
        await driver.end("r2", outcome=NOT_FOUND)
        await driver.press("z")
        assert [line.key for line in driver.log()] == ["r1", "r2"]
        await driver.press("z")
        assert [line.key for line in driver.log()] == ["r0", "r1", "r2"]


async def test_f_follows_the_end_again() -> None:
    async with Driver(60, limit=4, work=GatedWork(ends_at_once=SYNCED)).open() as driver:
        await driver.press("S")
        await driver.idle()
        log = driver.app.main.query_one(LogPane)
        log.focus()
        await driver.press("g")
        assert not log.follow
        assert "not following" in str(log.border_subtitle)
        await driver.press("f")
        assert log.follow


# Detail.


async def test_the_detail_shows_the_job_while_it_runs_and_takes_its_keys() -> None:
    async with Driver(1).open() as driver:
        await driver.press("s", "enter")
        await driver.running("r0")
        driver.show("r0", Progress("Receiving objects", 40), "remote: [new branch] hello")
        await driver.settle()
        assert isinstance(driver.app.screen, DetailScreen)
        output = str(driver.app.screen.query_one("#output", Static).content)
        assert output == "remote: [new branch] hello"
        await driver.press("x")
        await driver.idle()
        assert driver.state("r0") == "cancelled"
        await driver.press("r")
        await driver.running("r0")
        await driver.press("escape")
        assert driver.app.screen is driver.app.main


async def test_the_detail_shows_a_path_that_is_clean() -> None:
    async with Driver([Repo("proj-", Path("/nowhere/proj\u202e"))]).open() as driver:
        facts = detail_parts.facts(driver.board.rows["proj-"], None, driver.app.desk, lambda _tone: Style())
        console = Console(width=80)
        with console.capture() as drawn:
            console.print(facts)
        assert "/nowhere/proj\ufffd" in drawn.get().split()
        await driver.press("y")
        assert driver.app.clipboard == r"$'/nowhere/proj\xe2\x80\xae'"


async def test_the_detail_looks_for_what_arrived_in_a_worker() -> None:
    asked: list[tuple[Path, str, str]] = []

    def arrived(path: Path, old: str, new: str) -> list[Commit]:
        asked.append((path, old, new))
        return [Commit("c" * 40, "Ada", 0.0, "[b]bold[/b] subject", 1, 2, 3)]

    outcome = Outcome(State.SYNCED, old="a" * 40, new="b" * 40, commits=1)
    async with Driver(1, arrived=arrived).open() as driver:
        await driver.press("s")
        await driver.running("r0")
        await driver.end("r0", outcome=outcome)
        await driver.press("enter")
        await driver.until(lambda: driver.app.screen.query_one("#commits").display)
        assert asked == [(Path("/nowhere/r0"), "a" * 40, "b" * 40)]


async def test_the_detail_tells_the_past_and_again_after_an_end() -> None:
    asked: list[str] = []

    def history(repo_id: str) -> list[tuple[str, ...]]:
        asked.append(repo_id)
        return [("✗", "yesterday", "failed", "[b]no[/b]")]

    async with Driver(1, history=history).open() as driver:
        await driver.press("enter")
        past = driver.app.screen.query_one("#past")
        await driver.until(lambda: past.display)
        assert shown(past)[:2] == ["history, newest first", "✗  yesterday  failed  [b]no[/b]"]
        await driver.press("escape", "s")
        await driver.running("r0")
        await driver.press("enter")
        await driver.end("r0")
        await driver.until(lambda: len(asked) == 3)
        assert set(asked) == {"r0"}


async def test_the_marks_of_the_list_are_not_meant_by_the_detail() -> None:
    async with Driver(3).open() as driver:
        await driver.press("space", "space", "enter", "s")
        await driver.running("r2")


# The app.


async def test_every_action_has_its_method() -> None:
    async with Driver(1).open() as driver:
        missing = [
            action.name
            for action in offered(driver.app.situation())
            if not hasattr(driver.app.commands, action.name)
            and not hasattr(driver.app.main, f"do_{action.name}")
        ]
        assert missing == []


def test_no_key_is_bound_twice() -> None:
    keys = [key for action in ACTIONS for key in action.keys]
    assert len(keys) == len(set(keys))


async def test_help_names_every_action_and_why_it_is_refused() -> None:
    async with Driver(1).open() as driver:
        await driver.press("?")
        assert isinstance(driver.app.screen, HelpScreen)
        page = str(driver.app.screen.query_one(Static).content)
        actions = offered(driver.app.situation())
        assert len(actions) > 30
        assert [action.help for action in actions if action.help not in page] == []
        assert "(nothing needs attention)" in page
        await driver.press("escape")
        assert driver.app.screen is driver.app.main


async def test_the_palette_shows_several_actions_on_the_smallest_screen() -> None:
    async with Driver(2).open(40, 12) as driver:
        await driver.press(":")
        await driver.until(driver.palette)
        await driver.settle()
        shown = [line for line in screen(driver.app) if line in driver.palette()]
        assert shown == ["Help", "Start all", "Sync", "Mark", "Mark all"]


@pytest.mark.parametrize("key", ["ctrl+p", ":"])
async def test_the_palette_runs_an_action_by_name(key: str) -> None:
    async with Driver(2).open() as driver:
        await driver.press(key)
        await driver.until(driver.palette)
        assert [
            name for name in ("Help", "Start all", "Raise limit", "Theme") if name not in driver.palette()
        ] == []
        assert driver.palette()[0] == "Help"
        await driver.press(*"startall")
        await driver.until(lambda: driver.palette() == ["Start all"])
        await driver.press("enter")
        await driver.running("r0", "r1")


async def test_no_palette_lies_over_a_dialog() -> None:
    async with Driver(1).open() as driver:
        await driver.press("S")
        await driver.running("r0")
        await driver.press("q", "ctrl+p")
        assert isinstance(driver.app.screen, ConfirmDialog)


async def test_a_dialog_is_not_covered_by_what_was_told_before() -> None:
    async with Driver(1).open() as driver:
        await driver.press("S")
        await driver.running("r0")
        await driver.press("s")
        assert len(driver.toasts()) == 1
        await driver.press("q")
        assert driver.toasts() == []


async def test_the_second_x_does_not_hit_the_next_job_of_the_slot() -> None:
    async with Driver(4, limit=2).open() as driver:
        await driver.press("S")
        await driver.running("r0", "r1")
        await driver.press("tab", "x")
        await driver.running("r1", "r2")
        await driver.press("x")
        assert driver.toasts() == ["r2 has just come into this slot; press x again to abort it"]
        assert driver.state("r2") == "running"
        await driver.press("x")
        await driver.running("r1", "r3")


async def test_x_in_a_detail_is_for_its_repo_whatever_came_into_a_slot() -> None:
    async with Driver(4, limit=2).open() as driver:
        await driver.press("S")
        await driver.running("r0", "r1")
        await driver.press("tab", "x")
        await driver.running("r1", "r2")
        await driver.press("enter", "x")
        await driver.running("r1", "r3")


async def test_a_row_that_is_selected_stays_in_view() -> None:
    async with Driver(60, limit=2).open(120, 30) as driver:
        await driver.press("S")
        await driver.running("r0", "r1")
        await driver.press("1", "G", "t")  # the grid grows by the priority slot
        await driver.running("r0", "r1", "r59")
        table = driver.app.main.table
        assert table.highlighted == "r58"
        assert table.scroll_y + table.page_height == 57
        await driver.pilot.resize_terminal(80, 24)
        await driver.settle()
        assert table.scroll_y + table.page_height == 57


async def test_one_line_begins_with_what_is_wrong_and_not_with_the_workspace_file() -> None:
    wrong = 'unknown key "brnach"; allowed: url, path'
    said = f"/a/long/way/to/synctui.toml: entry bad/r0: {wrong}"
    async with Driver(2, limit=2).open() as driver:
        await driver.press("S", "2")
        await driver.running("r0", "r1")
        await driver.end("r0", outcome=Outcome(State.FAILED, Reason.CONFIG, said))
        main = driver.app.main
        assert driver.log()[0].cells[3] == f"config: {wrong}"
        assert main.table.rows[-1].cells == ("r0", wrong)
        await driver.press("3")
        assert main.table.rows[0].cells[-1] == f"failed/config: {wrong}, just now"
        trouble = detail_parts.trouble(driver.board.rows["r0"], driver.app.desk)
        assert trouble is not None
        assert said in drawn(trouble)


def drawn(section: RenderableType) -> str:
    """Where there is room for all."""
    console = Console(width=400, color_system=None)
    with console.capture() as captured:
        console.print(section)
    return captured.get()


@pytest.mark.parametrize("width", [80, 120])
async def test_one_line_begins_with_the_cause_and_not_with_the_url(width: int) -> None:
    url = "http://127.0.0.1:43210/a/long/way/to/the/repository.git/"
    said = f"unable to access '{url}': The requested URL returned error: 403"
    async with Driver(2, limit=2).open(width, 24) as driver:
        await driver.press("S", "2")
        await driver.running("r0", "r1")
        driver.show("r1", Progress("Connecting", line=f"fatal: {said}"))
        await driver.end("r0", outcome=Outcome(State.FAILED, Reason.AUTH, said, "log in"))
        main = driver.app.main
        assert driver.log()[0].cells[3] == "auth: HTTP 403"
        assert main.table.rows[-1].cells == ("r0", "HTTP 403")
        view = main.query_one(SlotGrid)._slots[1]
        assert view is not None
        assert view.line == "HTTP 403"
        await driver.press("3")
        assert main.table.rows[0].cells[-1] == "failed/auth: HTTP 403, just now"
        trouble = detail_parts.trouble(driver.board.rows["r0"], driver.app.desk)
        assert said in drawn(trouble)


async def test_a_host_that_is_held_back_is_named_as_long_as_it_is() -> None:
    limited = Outcome(State.FAILED, Reason.RATE_LIMITED, "HTTP 429")
    async with Driver(12, limit=4).open(80, 24) as driver:
        title = driver.app.main.query_one(SlotGrid)
        await driver.press("S")
        await driver.running("r0", "r1", "r2", "r3")
        await driver.end("r0", outcome=limited)
        assert str(title.border_title) == "Slots 3/4, a.example held at 2"
        assert lines(title)[0].startswith(" · 1 waits for a.example ")
        await driver.end("r1", outcome=limited)
        assert str(title.border_title) == "Slots 2/4, a.example held at 2"
        await driver.press("-", "-", "-")
        assert str(title.border_title) == "Slots 2→1 draining"


async def test_many_notices_at_once_are_one_toast_and_all_in_the_log() -> None:
    async with Driver(1).open() as driver:
        driver.engine.cancel(["r0", "x", "y"])
        await driver.settle()
        assert driver.toasts() == ["y is not running: nothing to cancel (and 2 more notices in the log)"]
        assert [line.text for line in driver.app.main.query_one(LogPane).lines] == [
            "r0 is not running: nothing to cancel",
            "x is not running: nothing to cancel",
            "y is not running: nothing to cancel",
        ]


async def test_what_a_job_tells_is_in_the_log_and_no_toast() -> None:
    async with Driver(1).open() as driver:
        driver.engine._notice(Notice("info", "again in 1 s: r0, network (1 of 2)", about="r0"))
        await driver.settle()
        assert driver.toasts() == []
        log = driver.app.main.query_one(LogPane)
        assert log.draw(0, 50).text.rstrip() == " • again in 1 s: r0, network (1 of 2)"
        assert log.lines[0].key == "r0"


async def test_hostile_text_is_text_in_toasts_too() -> None:
    async with Driver(1).open() as driver:
        driver.engine._notice(Notice("warning", "[/red] [@click=app.quit]x[/]"))
        await driver.settle()
        assert driver.toasts() == ["[/red] [@click=app.quit]x[/]"]


@pytest.mark.parametrize("opens", [True, False])
async def test_one_login_serves_all_of_its_server(monkeypatch: pytest.MonkeyPatch, opens: bool) -> None:
    asked: list[tuple[str, Path]] = []

    def log_in(url: str, folder: Path) -> bool:
        asked.append((url, folder))
        return opens

    auth = Outcome(State.FAILED, Reason.AUTH, "no login", url="https://git.example/***")
    entries = [
        repo("a", "git.example"),
        repo("b", "git.example"),
        repo("c", "else.example"),
        repo("d", "git.example"),
        repo("e", "git.example:8443"),
    ]
    async with Driver(entries, limit=5).open() as driver:
        await driver.press("S")
        await driver.running("a", "b", "c", "d", "e")
        await driver.end("a", "b", "c", "e", outcome=auth)
        await driver.end("d", outcome=NOT_FOUND)
        monkeypatch.setattr("tui.app.outside_commands.log_in", log_in)
        monkeypatch.setattr(driver.app, "suspend", contextlib.nullcontext)
        await driver.press("i")
        assert asked == [("https://git.example/ada/a.git", Path.home())]
        if opens:
            await driver.running("a", "b")
            assert driver.toasts()[-1] == "git.example let us in: 2 repos tried again"
        else:
            assert driver.toasts()[-1] == "no login at git.example: it was refused, or broken off"
            assert driver.app.main.log_lines[-1].text == driver.toasts()[-1], "it can be read later, too"
            assert driver.work.running == []


async def test_what_ends_while_git_asks_is_above_what_is_said_afterwards(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    async with Driver([repo("a", "git.example"), repo("b", "git.example")]).open() as driver:

        def log_in(_url: str, _folder: Path) -> bool:
            driver.work.end("b")
            assert driver.engine.wait_idle(20)
            driver.clock.advance(30)
            return False

        await driver.press("S")
        await driver.running("a", "b")
        await driver.end("a", outcome=Outcome(State.FAILED, Reason.AUTH, url="https://git.example/***"))
        monkeypatch.setattr("tui.app.outside_commands.log_in", log_in)
        monkeypatch.setattr(driver.app, "suspend", contextlib.nullcontext)
        await driver.press("2", "i")
        assert [(line.cells[0], line.text or line.key) for line in driver.app.main.log_lines[2:]] == [
            ("10:00:00", "b"),
            ("10:00:00", "2 repos in 0.0 s, 1 to look at (press 2)"),
            ("10:00:30", "no login at git.example: it was refused, or broken off"),
        ]


async def test_what_is_said_before_git_asks_breaks_no_word(monkeypatch: pytest.MonkeyPatch) -> None:
    said = StringIO()
    async with Driver([repo("tools/a-repo-of-a-long-name", "git.example")]).open(80, 24) as driver:
        await driver.press("s")
        await driver.running("tools/a-repo-of-a-long-name")
        await driver.end("tools/a-repo-of-a-long-name", outcome=Outcome(State.FAILED, Reason.AUTH))
        monkeypatch.setattr("tui.app.outside_commands.log_in", lambda _url, _folder: False)
        monkeypatch.setattr(driver.app, "suspend", lambda: contextlib.redirect_stderr(said))
        await driver.press("i")
    assert said.getvalue() == (
        "synctui: git asks git.example for tools/a-repo-of-a-long-name; log in if it\n"
        "wants that, ctrl+c comes back\n"
    )


async def test_after_a_login_no_other_server_comes_under_the_cursor(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[str] = []

    def log_in(url: str, _folder: Path) -> bool:
        asked.append(url.split("/")[2])
        return True

    auth = Outcome(State.FAILED, Reason.AUTH, "no login")
    async with Driver([repo("a", "git.example"), repo("b", "other.example")], limit=2).open() as driver:
        await driver.press("S", "2")
        await driver.running("a", "b")
        await driver.end("a", "b", outcome=auth)
        monkeypatch.setattr("tui.app.outside_commands.log_in", log_in)
        monkeypatch.setattr(driver.app, "suspend", contextlib.nullcontext)
        await driver.press("i")
        await driver.running("a")
        await driver.press("i")
        assert driver.toasts()[-1] == "a is running and has not ended yet"
        await driver.end("a", outcome=auth)
        await driver.idle()
        await driver.press("i")
        assert asked == ["git.example", "git.example"]


@pytest.mark.parametrize(
    ("key", "command"), [("!", ["fake-shell"]), ("e", ["fake-editor", "--wait", "."]), ("L", ["lazygit"])]
)
async def test_another_program_gets_the_terminal_in_the_repo(
    key: str, command: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    ran: list[tuple[list[str], Path]] = []
    monkeypatch.setenv("SHELL", "fake-shell")
    monkeypatch.setenv("EDITOR", "fake-editor --wait")

    def run(words: list[str], cwd: Path, *, check: bool) -> "subprocess.CompletedProcess[str]":
        signal.raise_signal(signal.SIGINT)  # what its ctrl+c sends to us as well
        ran.append((words, cwd))
        return subprocess.CompletedProcess(words, 0)

    async with Driver([Repo("here", tmp_path)]).open() as driver:
        monkeypatch.setattr(subprocess, "run", run)
        monkeypatch.setattr(driver.app, "suspend", contextlib.nullcontext)
        await driver.press(key)
        assert ran == [(command, tmp_path)]
        assert driver.app.return_value is None


async def test_y_copies_the_error_of_what_failed_and_else_the_path() -> None:
    async with Driver(2, limit=2).open() as driver:
        await driver.press("y")
        assert driver.app.clipboard == "/nowhere/r0"
        await driver.press("s")
        await driver.running("r0")
        await driver.end("r0", outcome=NOT_FOUND)
        await driver.press("y")
        assert driver.app.clipboard == "no such repository"


async def test_in_tmux_what_is_copied_is_given_to_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    tmux = tmp_path / "tmux"
    tmux.write_text(f'#!/bin/sh\necho "$*" > {tmp_path}/asked\ncat > {tmp_path}/given\n')
    tmux.chmod(0o755)
    async with Driver(1).open() as driver:
        await driver.press("y")
        monkeypatch.setenv("PATH", f"{tmp_path}:{os.environ['PATH']}")
        monkeypatch.setenv("TMUX", "/tmp/tmux-0/default,1,0")
        await driver.press("y")
        assert (tmp_path / "asked").read_text() == "load-buffer -w -\n"
        assert (tmp_path / "given").read_text() == driver.app.clipboard == "/nowhere/r0"
        monkeypatch.setenv("PATH", "/nowhere")
        await driver.press("y")
        assert driver.toasts() == ["copied the path of r0"] * 3


async def test_a_limit_that_cannot_be_remembered_is_told_and_holds() -> None:
    from tui.store.paths import StateError

    def keep(_key: str, _value: object) -> None:
        raise StateError("memory.toml: cannot be written: read-only")

    driver = Driver(1, limit=1, preferences=Preferences(keep=keep))
    async with driver.open():
        await driver.press("+")
        assert driver.toasts() == ["not remembered: memory.toml: cannot be written: read-only"]
        assert driver.engine.snapshot().limit == 2


# Leaving.


async def test_an_abort_leaves_at_its_deadline_whatever_the_job_does(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(app_module, "_GIVE_UP", 0.05)
    gated = GatedWork()
    driver = Driver(1, work=lambda turn: gated(structs.replace(turn, stop=StopSignal())))
    async with driver.open():
        driver.work = gated
        await driver.press("s")
        await driver.running("r0")
        driver.app.abort(signal.SIGINT)
        assert driver.app.desk.leaving == "stopping 1 job…"
        await driver.until(lambda: driver.app.return_value)
        assert driver.app.return_value == Ending(1, signal.SIGINT)
        gated.end("r0")


async def test_a_terminal_that_is_gone_is_like_sighup(monkeypatch: pytest.MonkeyPatch) -> None:
    controller, terminal = os.openpty()
    with open(terminal) as stdin:  # noqa: ASYNC230, PTH123  a terminal, not a file to read
        monkeypatch.setattr(sys, "__stdin__", stdin)
        async with Driver(1).open() as driver:
            assert driver.app._has_terminal
            assert driver.app.return_value is None
            os.close(controller)
            driver.app.tick()
            assert driver.app.return_value == Ending(0, signal.SIGHUP)


@pytest.mark.parametrize("forgetful", ["", "A demo"])
def test_the_end_is_told_on_stdout_and_of_a_demo_what_will_be_there_no_more_is_not(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], forgetful: str
) -> None:
    driver = Driver(2, forgetful=forgetful)
    driver.app.desk.board.rows["r0"].state = State.FAILED
    driver.app.desk.board.rows["r0"].end = JobEnded(driver.board.rows["r0"].repo, 1, NOT_FOUND, 0, 0, 0)
    monkeypatch.setattr(driver.app, "run", lambda: Ending(1))
    assert driver.app.run_to_end() == Ending(1)
    counts = "1 repo in 0.0 s: 1 failed\n"
    trouble = "✗ r0  failed  not found: no such repository\n    check the URL\n\n"
    again = "try these again: synctui sync r0\n"
    assert capsys.readouterr().out == (counts if forgetful else f"{trouble}{counts}{again}")


async def test_a_fault_of_the_screen_leaves_no_job_behind(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    driver = Driver(3, limit=2)
    apply = driver.app.desk.board.apply

    def fall(_event: Any) -> None:
        monkeypatch.setattr(driver.app.desk.board, "apply", apply)
        raise RuntimeError("a fault of ours")

    async def story() -> None:
        async with driver.open():
            await driver.press("S")
            await driver.running("r0", "r1")
            monkeypatch.setattr(driver.app.desk.board, "apply", fall)
            driver.work.end("r0")
            await driver.until(lambda: not driver.app.is_running)
            fall(None)  # past what the driver does at the end: nobody else ends the jobs

    with pytest.raises(RuntimeError, match="a fault of ours"):
        await story()
    monkeypatch.setattr(driver.app, "run", lambda: None)
    assert driver.app.run_to_end() == Ending(1)
    assert driver.engine.snapshot().idle
    assert driver.work.running == []
    assert "2 repos interrupted after" in capsys.readouterr().out


def test_an_engine_is_made_with_the_spawn_of_the_app() -> None:
    spawns: list[Any] = []

    def make(spawn: Any) -> Engine:
        spawns.append(spawn)
        return Engine(AT_ONCE, limit=1, spawn=spawn)

    driver = Driver(1)
    app = app_module.SynctuiApp(structs.replace(driver.app.desk.session, engine=make))
    assert spawns == [app.bridge.spawn]


async def test_a_repo_that_runs_here_is_in_no_other_hands() -> None:
    def survey(entries: Any, on_row: Any, _stop: Any) -> None:
        for entry in entries:
            on_row(StatusRow(entry, RepoStatus("main"), Holder(4242, "here", "synctui", 1.0)))

    async with Driver(2, limit=1, survey=survey).open() as driver:
        await driver.until(lambda: driver.app.tick() or len(driver.app.desk.looks) == 2)
        await driver.press("S")
        await driver.running("r0")
        await driver.press("3")
        held = ["held by pid 4242" in str(row.cells[-1]) for row in driver.app.main.table.rows]
        assert held == [False, True]


async def test_64_slots_leave_the_log_above_the_lists_lines_of_its_own() -> None:
    async with Driver(80, limit=64, start=True).open(80, 24) as driver:
        assert driver.app.main.query_one("#log").size.height == 2
        await driver.press("tab", "tab")
        assert driver.app.main.focused.id == "log"
        assert driver.app.main.query_one("#log").size.height == 3


async def test_count_and_clock_of_the_header_are_those_of_one_run() -> None:
    async with Driver(3, limit=3).open(80, 22) as driver:
        await driver.press("S")
        await driver.running("r0", "r1", "r2")
        driver.clock.advance(9)
        await driver.end("r0", "r1", "r2")
        await driver.idle()
        assert driver.header().endswith("  done 3/3   0:09")
        await driver.press("3", "g", "s")
        await driver.running("r0")
        driver.clock.advance(2)
        await driver.settle()
        assert driver.header().endswith("  done 0/1   0:02")
        await driver.end("r0")
        await driver.idle()
        assert driver.header().endswith("  done 1/1   0:02")


async def test_a_long_name_of_the_workspace_stands_apart_from_the_clock() -> None:
    async with Driver(1, workspace="~/work/" + "long" * 20).open(40, 12) as driver:
        await driver.press("s")
        assert driver.header() == "synctui  ~/work/long…  done 0/1   0:00"
