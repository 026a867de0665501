"""Another process has the database: what is to be written waits for it, the screen does not."""

import contextlib
import sqlite3
from collections.abc import AsyncIterator, Iterator
from functools import partial
from pathlib import Path

import pytest

from tests.kit.app_driver import Driver, repo
from tests.kit.work import NOT_FOUND
from tui.engine.journal import Journal
from tui.git.outcome import Outcome, State
from tui.store.history import History
from widgets.help_screen import HelpScreen

_PATIENCE = "PRAGMA busy_timeout = 60000"


@pytest.fixture
def history(tmp_path: Path) -> Iterator[History]:
    """It waits for the one who has the file for as long as a test takes."""
    with History.open(tmp_path / "synctui.db") as history:
        history._database.execute(_PATIENCE)
        yield history


@contextlib.asynccontextmanager
async def held(history: History, driver: Driver) -> AsyncIterator[None]:
    """Within the block another one has the file; a key is answered all the same."""
    other = sqlite3.connect(history._database._file, isolation_level=None)
    with contextlib.closing(other):
        other.execute("BEGIN IMMEDIATE")
        yield
        await driver.press("question_mark")
        assert isinstance(driver.app.screen, HelpScreen)
        await driver.press("escape")


def driver_of(history: History) -> Driver:
    return Driver(
        [repo("a"), repo("b")],
        journal=Journal(partial(history.begin, "w"), history.finish),
        acknowledge=lambda ids: history.ledger.acknowledge("w", ids, 1.0),
    )


async def test_a_run_begins_once_it_is_recorded(history: History) -> None:
    async with driver_of(history).open() as driver:
        async with held(history, driver):
            await driver.press("S")
            assert driver.work.started == []
            assert driver.engine.snapshot().idle
        await driver.running("a", "b")
        [run] = history.runs("w", 9)
        assert (run.wanted, run.ended_at) == (("a", "b"), None)


async def test_keys_that_wait_are_done_in_their_order(history: History) -> None:
    async with driver_of(history).open() as driver:
        async with held(history, driver):
            await driver.press("s")
            await driver.press("S")
        await driver.running("a", "b")
        assert driver.work.started == ["a", "b"]
        assert len(history.runs("w", 9)) == 1


async def test_a_failure_is_acknowledged_once_that_is_recorded(history: History) -> None:
    async with driver_of(history).open() as driver:
        await driver.press("S")
        await driver.end("a", outcome=NOT_FOUND)
        await driver.end("b", outcome=Outcome(State.UP_TO_DATE))
        await driver.idle()
        async with held(history, driver):
            await driver.press("A")
            assert not driver.board.rows["a"].acknowledged
        await driver.until(lambda: driver.board.rows["a"].acknowledged)


async def test_a_store_that_stays_held_is_said_and_nothing_is_fetched(history: History) -> None:
    history._database.execute("PRAGMA busy_timeout = 0")
    async with driver_of(history).open() as driver:
        async with held(history, driver):
            await driver.press("S")
            await driver.until(driver.toasts)
            [said] = driver.toasts()
            assert said.endswith("cannot be used: database is locked")
        assert driver.work.started == []
        assert driver.engine.snapshot().idle
