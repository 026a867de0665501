"""What is seen and typed while the workspace is being read."""

import asyncio
import contextlib
import io
import sys
from collections.abc import AsyncIterator, Callable, Sequence
from concurrent.futures import Future
from contextlib import asynccontextmanager
from typing import Any

import pytest
from msgspec import structs
from textual.widgets import Static

from tests.kit.app_driver import Driver
from tests.widgets.host import lines
from tui.app.app import SynctuiApp
from tui.app.lookout import REST
from tui.app.session import Session
from tui.engine.shutdown import Ending
from tui.engine.survey import StatusRow
from tui.git.inspect import RepoStatus
from tui.git.repo import Repo
from tui.git.stop import StopSignal
from tui.store.config import ConfigError
from widgets.hint_bar import HintBar


class Opening:
    """An app whose session comes when a test says so."""

    def __init__(self, driver: Driver) -> None:
        self.driver = driver
        self.session: Future[Session] = Future()
        self._made = driver.app.desk.session
        self.app = driver.app = SynctuiApp(self.session, driver.clock)

    @asynccontextmanager
    async def open(self, height: int = 40) -> AsyncIterator[None]:
        self.app.NOTIFICATION_TIMEOUT = 3600
        async with self.app.run_test(size=(120, height), notifications=True) as pilot:
            self.driver.pilot = pilot
            await pilot.pause()
            yield

    async def made(self) -> None:
        self.session.set_result(self._made)
        await until(lambda: not self.app.is_opening)
        await self.driver.settle()


async def until(holds: Callable[[], object]) -> None:
    """Without reading, which is the app's."""
    async with asyncio.timeout(20.0):
        while not holds():
            await asyncio.to_thread(lambda: None)


@pytest.mark.parametrize("height", [40, 12])
async def test_the_frames_come_before_what_is_in_them(height: int) -> None:
    opening = Opening(Driver(3))
    async with opening.open(height):
        screen = opening.app.screen
        assert str(screen.query_one("#plan", Static).content) == "Reading the workspace…"
        assert all("idle" not in line for line in lines(screen.query_one("#slots")))
        before = {name: screen.query_one(name).region for name in ("#header", "#plan", "#slots", "#lists")}
        await opening.made()
        main = opening.app.main
        assert opening.app.screen is main
        assert {name: main.query_one(name).region for name in before} == before
        assert opening.app.screen_stack == [main]
        assert main.table.keys == ["r0", "r1", "r2"]


async def test_keys_typed_meanwhile_are_done_in_their_order() -> None:
    opening = Opening(Driver(4, limit=2))
    async with opening.open():
        await opening.driver.pilot.press("3", "j", "slash", "r", "3", "enter", "s")
        await opening.made()
        await opening.driver.running("r3")
        assert opening.app.main.view.words == "r3"
        opening.driver.work.end("r3")
        await opening.driver.idle()


@pytest.mark.parametrize("key", ["q", "ctrl+c"])
async def test_it_can_be_left_meanwhile(key: str) -> None:
    opening = Opening(Driver(2))
    async with opening.open():
        await opening.driver.pilot.press(key)
    assert opening.app.return_value == Ending(0)


async def test_it_can_be_left_meanwhile_by_a_click() -> None:
    opening = Opening(Driver(2))
    async with opening.open():
        await opening.driver.pilot.click(HintBar, offset=(2, 0))
    assert opening.app.return_value == Ending(0)


@pytest.mark.parametrize("refusal", [ConfigError("synctui.toml: not TOML"), SystemExit(2)])
async def test_what_keeps_it_from_opening_ends_the_screen_and_is_raised(
    refusal: BaseException, monkeypatch: pytest.MonkeyPatch
) -> None:
    opening = Opening(Driver(2))
    said = io.StringIO()
    async with opening.open():
        sys.stderr.write("synctui: nothing can be synced\n")
        opening.session.set_exception(refusal)
        await until(lambda: not opening.app.is_running)
    monkeypatch.setattr(opening.app, "run", lambda: None)
    with contextlib.redirect_stderr(said), pytest.raises(type(refusal)):
        opening.app.run_to_end()
    assert said.getvalue() == "synctui: nothing can be synced\n"


def test_what_is_known_to_be_wrong_before_the_first_frame_opens_no_screen() -> None:
    session: Future[Session] = Future()
    session.set_exception(ConfigError("synctui.toml: not TOML"))
    with pytest.raises(ConfigError):
        SynctuiApp(session)


async def test_a_run_that_has_begun_before_the_screen_is_shown_from_its_beginning() -> None:
    driver = Driver(3, limit=1, start=True, warnings=["jobs: no number"])
    made = driver.app.desk.session
    engine = made.engine(driver.app.bridge.spawn)
    engine.start(made.plan.run)
    driver.work.wait_running("r0")
    driver.clock.advance(2)
    driver.app = SynctuiApp(structs.replace(made, engine=lambda _spawn: engine), driver.clock)
    async with driver.open():
        assert driver.states() == {"r0": "running", "r1": "queued", "r2": "queued"}
        assert driver.board.run.total == 3
        assert driver.work.started == ["r0"]
        begun, said = driver.app.main.log_lines
        assert (begun.text, said.cells[0], said.text) == (
            "run of 10:00, 3 repos",
            "10:00:02",
            "jobs: no number",
        )


async def test_the_end_of_a_run_is_shown_without_waiting_for_a_tick(monkeypatch: pytest.MonkeyPatch) -> None:
    async with Driver(1).open() as driver:
        await driver.press("S")
        await driver.running("r0")
        monkeypatch.setattr(driver.app._pace, "_parts", [lambda: None] * 3)
        driver.work.end("r0")
        await until(lambda: driver.board.finished)


@pytest.mark.parametrize("size", [(120, 40), (40, 12)], ids=["120x40", "40x12"])
def test_picture_of_the_opening(snap_compare: Any, size: tuple[int, int]) -> None:
    assert snap_compare(SynctuiApp(Future()), terminal_size=size)


async def test_beside_a_run_those_in_view_are_looked_at_and_all_once_they_are_put_in_an_order() -> None:
    asked: list[str] = []
    repos = [f"r{number}" for number in range(60)]
    driver = Driver(60, limit=1, survey=lambda some, _on_row, _stop: asked.extend(one.id for one in some))
    async with driver.open(120, 40):
        await until(lambda: sorted(asked) == sorted(repos))
        await until(lambda: not driver.app.lookout.busy)
        asked.clear()
        await driver.press("S")
        await driver.running("r0")
        driver.app.lookout.due.update({repo.id: repo for repo in driver.app.desk.session.repos})
        seen = [*driver.app.main.table.keys_in_view]
        assert 0 < len(seen) < len(repos)
        await driver.settle()
        assert asked == []
        driver.clock.advance(REST)
        await driver.settle()
        await until(lambda: asked == seen)
        await until(lambda: not driver.app.lookout.busy)
        await driver.press("o")
        driver.clock.advance(REST)
        await driver.settle()
        await until(lambda: sorted(asked) == sorted(repos))


async def test_nothing_is_looked_at_while_a_run_goes_on_of_which_nothing_has_been_read() -> None:
    asked: list[str] = []
    driver = Driver(1, survey=lambda repos, _on_row, _stop: asked.extend(repo.id for repo in repos))
    async with driver.open():
        await until(lambda: asked == ["r0"])
        lookout, [repo] = driver.app.lookout, driver.app.desk.session.repos
        await until(lambda: not lookout.busy)
        driver.engine.start([repo])
        lookout.due[repo.id] = repo
        lookout.look_again([])
        driver.clock.advance(REST)
        lookout.look_again([])
        assert lookout.due == {repo.id: repo}
        lookout.look_again(["r0"])
        assert lookout.due == {}


async def test_a_survey_makes_way_for_a_run_and_is_taken_up_after_it() -> None:
    asked: list[list[str]] = []
    stops: list[StopSignal] = []

    def survey(repos: Sequence[Repo], on_row: Callable[[StatusRow], None], stop: StopSignal) -> None:
        asked.append([one.id for one in repos])
        stops.append(stop)
        if len(asked) == 1:
            on_row(StatusRow(repos[0], RepoStatus(branch="main")))
            stop.wait(20.0)
        else:
            for one in repos:
                on_row(StatusRow(one, RepoStatus(branch="main")))

    driver = Driver(3, limit=1, survey=survey)
    async with driver.open():
        await until(lambda: len(asked) == 1)
        assert stops[0].reason is None
        await driver.press("s")
        await driver.running("r0")
        await driver.until(lambda: not driver.app.lookout.busy)
        await driver.end("r0")
        await driver.until(lambda: driver.app.tick() or len(driver.app.desk.looks) == 3)
    assert stops[0].reason is not None
    assert asked[0] == ["r0", "r1", "r2"]
    assert sorted(asked[1]) == ["r0", "r1", "r2"]
