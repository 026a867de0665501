"""What the screen's own thread does: it draws what is known, and neither looks nor waits."""

import asyncio
import subprocess
import time
from typing import Any, NoReturn

import pytest

from tests.kit import scenes
from tests.kit.app_driver import Driver
from tui.app import repo_list
from tui.git.outcome import State
from tui.view.board import BoardRow
from widgets.slot_grid import SlotGrid

LONGEST = 0.2
"""Seconds of work in one go after which a person feels that a key was late."""


async def test_lists_are_drawn_from_what_is_known(monkeypatch: pytest.MonkeyPatch) -> None:
    looked_at: list[str] = []

    def survey(repos: Any, on_row: Any, stop: Any) -> None:
        looked_at.extend(repo.id for repo in repos)
        scenes.checkouts()(repos, on_row, stop)

    def refuse(*_args: Any, **_options: Any) -> NoReturn:
        raise AssertionError("a process for a mere look")

    monkeypatch.setattr(subprocess, "Popen", refuse)
    driver = Driver(500, limit=16, survey=survey)
    async with driver.open():
        await driver.press("3")
        await driver.until(lambda: len(driver.app.desk.looks) == 500)
        for key in "oooo1234jjkk":
            driver.clock.advance(0.25)
            await driver.press(key)
        assert sorted(looked_at) == sorted(f"r{n}" for n in range(500))


async def test_no_step_of_the_screen_takes_long(monkeypatch: pytest.MonkeyPatch) -> None:
    spans: list[float] = []
    run = asyncio.Handle._run

    def timed(handle: asyncio.Handle) -> None:
        began = time.thread_time()  # other threads and other programs do not count
        run(handle)
        spans.append(time.thread_time() - began)

    driver = Driver(500, limit=16, survey=scenes.checkouts())
    async with driver.open():
        monkeypatch.setattr(asyncio.Handle, "_run", timed)
        await driver.press("3", "S")
        await driver.until(lambda: len(driver.work.running) == 16)
        for _ in range(20):
            driver.clock.advance(0.25)
            await driver.settle()
        driver.work.end(*(f"r{n}" for n in range(500)))
        await driver.until(lambda: driver.engine.snapshot().idle)
        await driver.settle()
    assert spans
    assert max(spans) < LONGEST


async def test_what_comes_in_a_flood_is_read_in_parts_and_at_the_end_as_a_whole() -> None:
    async with Driver(500, limit=1).open() as driver:
        app = driver.app
        driver.engine.start(app.desk.session.plan.run)
        app.read()
        assert 0 < driver.board.counts.total() < 500, "a key comes first"
        await driver.until(lambda: driver.board.counts.total() == 500)
        driver.engine.cancel_all()
        await asyncio.to_thread(driver.engine.wait_idle)
        app.leave()
        assert driver.board.counts == {State.CANCELLED: 500}


async def test_of_a_list_only_what_changed_is_worked_out_anew(monkeypatch: pytest.MonkeyPatch) -> None:
    made: list[str] = []

    def known(row: BoardRow, *rest: Any) -> Any:
        made.append(row.repo.id)
        return real(row, *rest)

    real = repo_list._Known
    driver = Driver(50, limit=2, survey=scenes.checkouts())
    async with driver.open():
        await driver.press("3")
        await driver.until(lambda: len(driver.app.desk.looks) == 50)
        await driver.settle()
        await driver.press("s")
        await driver.running("r0")
        monkeypatch.setattr(repo_list, "_Known", known)
        driver.engine.retry([driver.board.rows["r7"].repo])
        await driver.running("r0", "r7")
        driver.clock.advance(0.25)
        await driver.settle()
        assert set(made) == {"r7"}


async def test_without_animations_the_spinner_stands_still() -> None:
    driver = Driver(2, limit=2)
    async with driver.open():
        await driver.press("S")
        await driver.running("r0", "r1")
        spinner = driver.app.main.query_one(SlotGrid)
        for level, turns in (("full", True), ("none", False)):
            driver.app.animation_level = level  # type: ignore[assignment]  # a loop over literals
            seen = set()
            for _ in range(4):
                driver.clock.advance(0.25)
                await driver.settle()
                seen.add(spinner._spinner)
            assert (len(seen) > 1) is turns
