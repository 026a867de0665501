"""What the app shows of memory: staleness, open failures, what arrived, how long it goes on, what was cut off."""

from collections.abc import Sequence
from typing import Any

import pytest
from msgspec import structs

from tests.kit.app_driver import Driver, repo
from tests.kit.work import NOT_FOUND, SYNCED
from tui.app import lists
from tui.app.detail_screen import DetailScreen
from tui.engine.survey import StatusRow
from tui.git.inspect import RepoStatus
from tui.git.outcome import DRY_RUN, Action, Outcome, Reason, RefChange, RefKind, State
from tui.store.history import CutOff
from tui.store.past import Failure, Past
from tui.store.paths import StateError
from tui.view.arrivals import Arrival
from tui.view.dashboard import table
from widgets.log_pane import LogPane
from widgets.overall_bar import OverallBar

NOW = 1_795_255_200.0
"""10:00 UTC on 21 November 2026, when the clock of these tests stands still."""
HOUR = 3_600.0
DEAD = Failure("failed", "not_found", NOW - 100 * HOUR, NOW - 48 * HOUR, 3, 3)
PAST = {"r0": Past("failed", "not_found", "no such repository", last_end=NOW - 48 * HOUR, failure=DEAD)}
BLOCKED = Outcome(State.BLOCKED, Reason.DIVERGED, "1 here, 2 there")


def listed(driver: Driver) -> list[str]:
    """The rows of the list on top: headings, and the cells of the others."""
    return [
        " | ".join(cell if isinstance(cell, str) else cell[0] for cell in row.cells)
        for row in driver.app.main.table.rows
    ]


def rows(driver: Driver) -> list[str]:
    return [row.key for row in driver.app.main.table.rows if not row.group]


def successes(driver: Driver) -> list[str]:
    """What Repos says of the last success of each."""
    cells = [row.cells[2] for row in driver.app.main.table.rows]
    return [cell if isinstance(cell, str) else cell[0] for cell in cells]


def plan(driver: Driver) -> list[str]:
    return str(driver.app.main.query_one("#plan").content).splitlines()


def notes(driver: Driver) -> list[str]:
    return [line.text for line in driver.app.main.query_one(LogPane).lines if not line.key]


class Ledger:
    """Takes note of what the app acknowledges."""

    def __init__(self) -> None:
        self.asked: list[list[str]] = []

    def __call__(self, repo_ids: Sequence[str]) -> Sequence[str]:
        self.asked.append(list(repo_ids))
        return repo_ids


# Staleness.


async def test_the_list_of_repos_says_what_status_says() -> None:
    ages = {"r0": 1.0, "r1": 23.9, "r2": 24.0, "r3": 71.9, "r4": 72.0, "r5": None, "r6": -1.0}

    def survey(repos: Any, on_row: Any, _stop: Any) -> None:
        for entry in repos:
            hours = ages[entry.id]
            fetched = None if hours is None else NOW - hours * HOUR
            behind = entry.id in {"r1", "r2"}
            status = RepoStatus(
                "main", "h" * 40, "origin/main", ahead=int(behind), behind=int(behind), last_fetch=fetched
            )
            on_row(StatusRow(entry, status))

    known = Failure("timed_out", "stalled", NOW, NOW - 90.0, 2, 0, acknowledged=True)
    timed_out = Past("timed_out", "stalled", last_success=NOW - ages["r3"] * HOUR, failure=known)
    past = PAST | {"r3": timed_out, "r2": Past("blocked", "diverged")}
    async with Driver(7, past=past, survey=survey).open(200, 40) as driver:
        await driver.until(lambda: driver.app.tick() or len(driver.app.desk.looks) == 7)
        await driver.settle()
        cells = [row.cells for row in driver.app.main.table.rows]
        assert [cell[2][0] for cell in cells] == [
            "  1 h fresh",
            " 23 h fresh",
            "  1 d stale",
            "  2 d stale",
            "  3 d severe",
            "never",
            "unknown",
        ]
        assert [cell[-1] for cell in cells] == [
            "failed/not found ×3: no such repository, 2 d ago",
            "would be blocked: main has 1 of its own and is 1 behind",
            "",
            "acknowledged: timed out/stalled ×2, 1 m ago",
            "",
            "",
            "last success lies in the future: check the clock",
        ]
        desk = driver.app.desk
        status = [desk.dashboard(row, desk.looks[row.repo.id]) for row in driver.board.rows.values()]
        for (line, kind), cell in zip(table(status, desk.session.thresholds)[1:], cells, strict=False):
            assert line.endswith(cell[-1])
            assert cell[2][0].split()[-1] == ("never" if kind == "unknown" and "never" in line else kind)


async def test_before_anybody_has_looked_the_history_tells_how_long_ago_it_was() -> None:
    past = {"r0": Past("synced", last_success=NOW - 30 * HOUR), "r2": Past("failed", failure=DEAD)}
    async with Driver(3, past=past).open(200, 40) as driver:
        assert successes(driver) == ["  1 d stale", "    …", "    …"]
        await driver.press("/", *"stale", "enter")
        assert rows(driver) == ["r0"]
        await driver.press("escape", "S")
        await driver.running("r0", "r1")
        await driver.end("r1", outcome=SYNCED)
        assert successes(driver) == ["  1 d stale", "  now fresh", "    …"]


async def test_who_was_stale_is_fresh_as_soon_as_its_sync_ends() -> None:
    def survey(repos: Any, on_row: Any, _stop: Any) -> None:
        for entry in repos:
            on_row(StatusRow(entry, RepoStatus("main", last_fetch=NOW - 30 * HOUR)))

    async with Driver(2, survey=survey).open(200, 40) as driver:
        await driver.until(lambda: driver.app.tick() or len(driver.app.desk.looks) == 2)
        await driver.press("S")
        await driver.running("r0", "r1")
        await driver.end("r0", outcome=Outcome(State.UP_TO_DATE))
        assert successes(driver) == ["  now fresh", "  1 d stale"]


async def test_what_fails_now_is_as_old_as_the_fetch_before_it() -> None:
    def survey(repos: Any, on_row: Any, _stop: Any) -> None:
        for entry in repos:
            on_row(StatusRow(entry, RepoStatus("main", last_fetch=NOW - 30 * HOUR)))

    async with Driver(1, survey=survey).open(200, 40) as driver:
        await driver.until(lambda: driver.app.tick() or driver.app.desk.looks)
        await driver.press("S")
        await driver.running("r0")
        await driver.end("r0", outcome=structs.replace(NOT_FOUND, last_fetch=NOW - 30 * HOUR))
        await driver.idle()
        assert successes(driver) == ["  1 d stale"]


async def test_what_failed_now_is_told_at_once_and_then_as_the_history_has_it() -> None:
    told: list[dict[str, Past]] = []

    def recall() -> dict[str, Past]:
        told.append(
            {
                "r0": structs.replace(
                    PAST["r0"], last_end=NOW, failure=structs.replace(DEAD, attempts=4, last_seen=NOW)
                )
            }
        )
        return told[-1]

    def survey(repos: Any, on_row: Any, _stop: Any) -> None:
        for entry in repos:
            on_row(StatusRow(entry, RepoStatus("main")))

    async with Driver(2, past=PAST, recall=recall, survey=survey).open() as driver:
        await driver.until(lambda: driver.app.tick() or len(driver.app.desk.looks) == 2)
        assert told == [], "nothing is asked again before a run"
        await driver.press("2", "s")
        await driver.running("r0")
        await driver.end("r0", outcome=structs.replace(NOT_FOUND, message="gone"))
        await driver.until(lambda: driver.app.tick() or told)
        await driver.until(lambda: driver.app.tick() or driver.app.desk.pasts == told[-1])
        await driver.press("3")
        assert listed(driver)[0].endswith("failed/not found ×4: no such repository, just now")
        driver.app.desk.pasts.clear()
        await driver.press("2", "3")
        assert listed(driver)[0].endswith("failed/not found: gone, just now")


# Open failures.


async def test_what_failed_before_needs_attention_before_any_run() -> None:
    past = PAST | {
        "r1": Past("failed", "auth", failure=structs.replace(DEAD, reason="auth", acknowledged=True))
    }
    async with Driver(3, past=past).open() as driver:
        await driver.press("2")
        assert [line for line in listed(driver) if "→" not in line] == [
            "✗ failed: not found  1 | r retries these",
            "r0 | 3 times, last 2 d ago: no such repository",
        ]
        await driver.press("r")
        await driver.running("r0")
        assert listed(driver)[-1] == "r0 | ▶ running"
        await driver.press("X", "y")
        await driver.idle()
        assert rows(driver) == ["r0"], "cancelling it has mended nothing"
        await driver.press("R")
        await driver.running("r0")
        await driver.end("r0", outcome=SYNCED)
        assert rows(driver) == []


@pytest.mark.parametrize("state", ["busy", "cancelled"])
async def test_the_failure_is_that_of_the_ledger_whatever_came_last(state: str) -> None:
    past = {"r0": Past(state, None, "held by pid 7", failure=DEAD)}
    async with Driver(1, past=past).open() as driver:
        await driver.press("2")
        assert listed(driver)[0] == "✗ failed: not found  1 | r retries these"
        assert listed(driver)[-1] == "r0 | 3 times, last 2 d ago"


async def test_an_acknowledged_failure_leaves_until_it_happens_anew() -> None:
    ledger = Ledger()
    async with Driver(3, limit=3, past=PAST, acknowledge=ledger).open() as driver:
        await driver.press("2", "A")
        assert (ledger.asked, listed(driver)) == ([["r0"]], [])
        assert driver.toasts() == ["acknowledged: r0"]
        assert driver.app.desk.pasts["r0"].failure == structs.replace(DEAD, acknowledged=True)
        await driver.press("S")
        await driver.running("r0", "r1", "r2")
        await driver.end("r0", outcome=NOT_FOUND)
        await driver.end("r1", outcome=BLOCKED)
        assert rows(driver) == ["r0", "r1"]
        await driver.press("a", "A")
        assert (ledger.asked[1:], rows(driver)) == ([["r0", "r1"]], [])
        assert driver.app.desk.marks == set()
        assert driver.toasts()[-1] == "acknowledged: 2 failures"
        await driver.press("R")
        assert driver.toasts()[-1] == "nothing needs attention"
        assert driver.board.rows["r1"].state is State.BLOCKED


async def test_what_has_not_failed_is_not_acknowledged() -> None:
    ledger = Ledger()
    async with Driver(2, acknowledge=ledger).open() as driver:
        await driver.press("A")
        assert driver.toasts() == ["r0 has no open failure"]
        await driver.press("a", "A")
        assert driver.toasts() == ["none of these 2: r0 has no open failure"]
        assert ledger.asked == []


async def test_a_ledger_that_cannot_be_written_is_one_toast_and_nothing_is_lost() -> None:
    def refuse(_repo_ids: Sequence[str]) -> Sequence[str]:
        raise StateError("state.db: cannot be written: read-only")

    async with Driver(2, past=PAST, acknowledge=refuse).open() as driver:
        await driver.press("space", "2", "A")
        assert driver.toasts() == ["state.db: cannot be written: read-only"]
        assert rows(driver) == ["r0"]
        assert driver.app.desk.marks == {"r0"}


# What arrived.


FORWARD = Outcome(
    State.SYNCED,
    action=Action.FAST_FORWARD,
    branch="main",
    commits=2,
    refs=(
        RefChange("refs/remotes/origin/main", "a", "b", RefKind.FORWARD),
        RefChange("refs/remotes/origin/dev", "a", "b", RefKind.FORCED),
    ),
)


async def test_what_came_before_is_shown_until_a_run_begins() -> None:
    asked: list[float] = []

    def arrivals(since: float) -> dict[str, Arrival]:
        asked.append(since)
        new = RefChange("refs/tags/v1", None, "b", RefKind.TAG)
        return {
            "r1": Arrival("r1", NOW - 20 * HOUR, "main", 1, (new,), cloned=False),
            "elsewhere": Arrival("elsewhere", NOW - HOUR, "main", 1, (), cloned=False),
            "r0": Arrival("r0", NOW - HOUR, "dev", 9, (), cloned=True),
        }

    async with Driver(3, limit=3, arrivals=arrivals).open() as driver:
        await driver.until(lambda: driver.app.desk.arrived)
        await driver.press("4")
        assert asked == [NOW - 24 * HOUR]
        assert listed(driver) == [
            "arrived since 20 Nov 10:00, newest first",
            "r0 | cloned |  | 09:00 | dev",
            "    9 commits on dev",
            "r1 | 1 commit |  | 20 Nov | main",
            "    new tags: v1",
        ]
        await driver.press("S")
        await driver.running("r0", "r1", "r2")
        assert listed(driver) == []
        assert driver.app.main.table.empty_text() == "nothing has arrived in this session"


async def test_what_arrives_is_listed_newest_first_and_opens() -> None:
    async with Driver(4, limit=4).open() as driver:
        await driver.press("4")
        assert driver.app.main.table.empty_text() == "nothing has arrived since 20 Nov 10:00"
        await driver.press("S")
        await driver.running("r0", "r1", "r2", "r3")
        await driver.end("r0", outcome=FORWARD)
        driver.clock.advance(60)
        await driver.end("r1", outcome=Outcome(State.UP_TO_DATE))
        await driver.end("r3", outcome=structs.replace(FORWARD, notes=(DRY_RUN,)))
        await driver.end("r2", outcome=structs.replace(FORWARD, commits=0, refs=FORWARD.refs[1:]))
        await driver.press("4")
        assert listed(driver) == [
            "arrived in this session, newest first",
            "r2 | refs |  | 10:01 | main",
            "  ▲ forced: dev",
            "r0 | 2 commits |  | 10:00 | main",
            "  ▲ forced: dev",
        ]
        await driver.press("g", "j", "enter")
        assert isinstance(driver.app.screen, DetailScreen)
        assert driver.app.screen.repo_id == "r0"


async def test_nothing_is_drawn_anew_while_nothing_arrives(monkeypatch: pytest.MonkeyPatch) -> None:
    drawn: list[int] = []
    arrived_rows = lists.arrived_rows

    def counted(*args: Any) -> Any:
        drawn.append(1)
        return arrived_rows(*args)

    monkeypatch.setattr(lists, "arrived_rows", counted)
    async with Driver(4, limit=2, start=True).open() as driver:
        await driver.running("r0", "r1")
        await driver.end("r0", outcome=structs.replace(FORWARD, refs=()))
        await driver.press("4")
        drawn.clear()
        await driver.end("r1", outcome=Outcome(State.UP_TO_DATE))
        for _ in range(12):
            driver.app.tick()
        assert drawn == []
        await driver.end("r2", outcome=structs.replace(FORWARD, refs=()))
        for _ in range(12):
            driver.app.tick()
        assert drawn == [1]
        assert rows(driver) == ["r2", "r0"]


# How long it goes on.


def left(driver: Driver) -> str:
    return driver.app.main.query_one(OverallBar)._left


async def test_the_time_left_is_shown_while_a_run_goes_on() -> None:
    durations = {f"r{n}": [60.0, 60.0] for n in range(5)}
    async with Driver(6, limit=2, durations=durations).open() as driver:
        assert left(driver) == ""
        await driver.press("S")
        await driver.running("r0", "r1")
        assert left(driver) == "about 3 min"
        await driver.press("p")
        assert left(driver) == ""
        await driver.press("p")
        assert left(driver) == "about 3 min"
        driver.clock.advance(30)
        await driver.end("r0", "r1")
        await driver.running("r2", "r3")
        assert left(driver) == "about 2 min"
        await driver.press("X", "y")
        await driver.idle()
        assert left(driver) == ""


async def test_the_time_left_is_worked_out_once_a_second() -> None:
    durations = {f"r{n}": [60.0] for n in range(9)}
    async with Driver(9, limit=3, durations=durations, start=True).open() as driver:
        await driver.running("r0", "r1", "r2")
        assert left(driver) == "about 3 min"
        await driver.end("r0", "r1", "r2")
        await driver.running("r3", "r4", "r5")
        assert left(driver) == "about 3 min"
        driver.clock.advance(1)
        await driver.settle()
        assert left(driver) == "about 2 min"


async def test_no_time_is_told_where_nobody_knows() -> None:
    async with Driver(2, limit=1, start=True).open() as driver:
        await driver.running("r0")
        driver.clock.advance(5)
        await driver.settle()
        assert left(driver) == ""


# What was cut off.


CUT_OFF = CutOff(NOW - 2 * HOUR, ("r1", "r3"))


async def test_what_was_cut_off_is_offered_and_u_does_exactly_that() -> None:
    async with Driver(5, limit=5, cut_off=CUT_OFF).open() as driver:
        assert plan(driver) == [
            "The run of 08:00 ended early with 2 repos left: press u to do those.",
            "5 repos planned, 5 at a time. Press S to start all.",
        ]
        assert "u" in driver.hints()
        await driver.press("u")
        await driver.running("r1", "r3")
        await driver.press("u")
        assert driver.toasts() == ["the run before this session left nothing to do"]
        assert "u" not in driver.hints()


async def test_nothing_is_offered_where_nothing_was_cut_off() -> None:
    async with Driver(2).open() as driver:
        assert len(plan(driver)) == 1
        await driver.press("u")
        assert driver.toasts() == ["the run before this session left nothing to do"]
        assert driver.work.started == []


async def test_the_offer_is_of_what_is_here() -> None:
    days_ago = CutOff(NOW - 50 * HOUR, ("r0", "elsewhere", "r7"))
    async with Driver([repo("r0"), repo("r1")], cut_off=days_ago).open() as driver:
        assert plan(driver)[0] == (
            "The run of 19 Nov 08:00 ended early with 3 repos left: press u to do the one of them that is here."
        )
    async with Driver([repo("r1")], cut_off=days_ago).open() as driver:
        assert len(plan(driver)) == 1


async def test_a_run_that_begins_by_itself_says_what_was_cut_off() -> None:
    text = "The run of 08:00 ended early with 2 repos left, which this one does"
    async with Driver(5, limit=5, cut_off=CUT_OFF, start=True).open() as driver:
        await driver.running("r0", "r1", "r2", "r3", "r4")
        assert driver.toasts() == [text]
        assert notes(driver) == [text, "run of 10:00, 5 repos"]
        assert driver.app.main.log_lines[0].cells[0] == "10:00:00"
    async with Driver(2, limit=2, cut_off=CUT_OFF, start=True).open() as driver:
        await driver.running("r0", "r1")
        assert driver.toasts() == [text.replace("which this one does", "1 of which this one leaves out")]
