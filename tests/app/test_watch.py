"""The app that repeats its runs: the same screen and the same keys, with a countdown."""

from typing import Any

from textual.widgets import Static

from tests.kit.app_driver import Driver, FrozenClock, repo
from tests.kit.work import NOT_FOUND
from tui.engine.plan import Plan
from tui.engine.watch import PATIENCE, Watch
from tui.git.outcome import Outcome, Reason, State
from tui.git.repo import Repo
from tui.store.config import ConfigError
from tui.store.past import Failure, Past
from widgets.log_pane import LogPane

HELD = Outcome(State.SKIPPED, Reason.HELD, "left alone until 14:05, after 3 failures in a row")


class Passes:
    """The plan of each pass: of `repos`, or what stands in its way."""

    def __init__(self, *repos: Repo) -> None:
        self.repos = repos
        self.held: tuple[Repo, ...] = ()
        self.trouble: Exception | None = None
        self.clock = FrozenClock()
        self.watch = Watch(self.plan, 300.0, clock=self.clock)

    def plan(self) -> Plan:
        if self.trouble:
            raise self.trouble
        return Plan(self.repos, tuple((one, HELD) for one in self.held))

    def driver(self, **more: Any) -> Driver:
        return Driver(self.repos, limit=4, watch=self.watch, **more)


async def first_pass(driver: Driver, *ids: str) -> None:
    await driver.running(*ids)
    await driver.end(*ids, outcome=Outcome(State.UP_TO_DATE))
    await driver.idle()


async def test_a_pass_begins_at_once_and_the_next_is_counted_down_to() -> None:
    passes = Passes(repo("a"), repo("b"))
    async with passes.driver().open() as driver:
        await driver.running("a", "b")
        assert "pass 1" in driver.header()
        await driver.end("a", "b")
        await driver.idle()
        assert "next pass in 5:00" in driver.header()
        passes.clock.advance(299)
        await driver.settle()
        assert "next pass in 0:01" in driver.header()
        assert driver.engine.snapshot().idle
        passes.clock.advance(1)
        await driver.settle()
        await driver.running("a", "b")
        assert passes.watch.passes == 2


async def test_between_two_passes_the_header_has_the_countdown_alone_and_counts_what_runs() -> None:
    passes = Passes(repo("a"), repo("b"))
    async with passes.driver().open(80, 24) as driver:
        await driver.press("Z")
        await driver.running("a", "b")
        assert driver.header().endswith("   pass 1   done 0/2   0:00")
        await driver.end("a", "b")
        await driver.idle()
        assert driver.header() == f"synctui  {'~/work':52}next pass in 5:00"
        await driver.press("3", "g", "s")
        await driver.running("a")
        assert driver.header().endswith("   next pass in 5:00   done 0/1   0:00")


async def test_a_pass_takes_up_what_the_file_then_names() -> None:
    passes = Passes(repo("a"))
    async with passes.driver().open() as driver:
        await first_pass(driver, "a")
        passes.repos = (repo("a"), repo("new"))
        passes.clock.advance(300)
        await driver.settle()
        await driver.running("a", "new")
        assert [row.key for row in driver.app.main.table.rows] == ["a", "new"]


async def test_a_pick_does_not_wait_for_the_pass_and_a_pass_waits_for_no_overlap() -> None:
    passes = Passes(repo("a"), repo("b"))
    async with passes.driver().open() as driver:
        await first_pass(driver, "a", "b")
        await driver.press("t")
        await driver.running("a")
        passes.clock.advance(300)
        await driver.settle()
        assert passes.watch.passes == 1
        await driver.end("a")
        await driver.until(lambda: driver.app.tick() or passes.watch.passes == 2)


def last_cell(driver: Driver) -> object:
    """Of the last row of the list."""
    return driver.app.main.table.rows[-1].cells[-1]


async def test_a_held_repo_stays_in_attention_and_says_until_when_it_is_left_alone() -> None:
    passes = Passes(repo("a"), repo("dead"))
    async with passes.driver().open() as driver:
        await driver.running("a", "dead")
        await driver.end("a")
        await driver.end("dead", outcome=NOT_FOUND)
        await driver.idle()
        passes.repos, passes.held = (passes.repos[0],), (passes.repos[1],)
        passes.clock.advance(300)
        await driver.settle()
        await driver.running("a")
        assert driver.state("dead") == "skipped"
        assert [row.repo.id for row in driver.board.attention] == ["dead"]
        assert last_cell(driver) == "left alone until 14:05"
        assert driver.app.main.table.rows[-1].cells[1][0] == "– left alone"
        await driver.press("2")
        assert last_cell(driver) == f"left alone until 14:05: {NOT_FOUND.message}"
        await driver.press("enter")
        facts = driver.app.screen.query_one("#facts", Static)
        told = "".join(facts.render_line(y).text for y in range(facts.size.height))
        assert HELD.message in told


async def test_what_keeps_a_pass_from_beginning_is_said_and_ends_the_app_at_last() -> None:
    passes = Passes(repo("a"))
    driver = passes.driver()
    async with driver.open():
        await first_pass(driver, "a")
        passes.trouble = ConfigError("synctui.toml: torn")
        for attempt in range(1, PATIENCE):
            passes.clock.advance(300)
            await driver.until(lambda: driver.app.tick() or f"({attempt} of 5 " in " ".join(driver.toasts()))  # noqa: B023  awaited at once
        assert "torn" in driver.app.main.query_one(LogPane).lines[-1].text
        passes.clock.advance(300)
        await driver.until(lambda: driver.app.tick() or driver.app.return_value)
    assert driver.app.return_value.exit_code == 2


async def test_only_changes_are_told_pass_after_pass() -> None:
    passes = Passes(repo("a"))
    async with passes.driver().open() as driver:
        await first_pass(driver, "a")
        assert [line.text for line in driver.app.main.log_lines] == [
            "run of 10:00, 1 repo, nothing new in 0.0 s"
        ]
        await driver.press("z")
        assert [line.key for line in driver.log()] == ["a"]
        assert driver.app.main.log_lines[-1].text == "1 repo in 0.0 s"
        driver.clock.advance(60)
        passes.clock.advance(300)
        await driver.press("z")
        await driver.running("a")
        assert [line.text for line in driver.app.main.log_lines] == ["run of 10:01, 1 repo"]
        await driver.end("a", outcome=NOT_FOUND)
        await driver.idle()
        assert driver.app.main.log_lines[-1].text == "1 repo in 0.0 s, 1 to look at (press 2)"


async def test_what_is_left_alone_is_found_by_what_it_was_as_on_the_command_line() -> None:
    passes = Passes(repo("a"))
    passes.held = (repo("dead"),)
    failure = Failure("failed", "not_found", 0.0, 0.0, 3, 3)
    past = {"dead": Past("failed", "not_found", "no such repository", failure=failure)}
    async with passes.driver(past=past).open() as driver:
        await first_pass(driver, "a")
        await driver.press("3", "/", *"state:failed", "enter")
        assert [row.key for row in driver.app.main.table.rows] == ["dead"]
