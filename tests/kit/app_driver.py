"""The running app in the hands of a test: keys in, board and widgets out, and no waiting for time."""

import asyncio
import math
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from textual.command import CommandList
from textual.pilot import Pilot
from textual.widgets import Static

from tests.kit.work import GatedWork, repos
from tui.app.app import SynctuiApp
from tui.app.session import Session
from tui.engine.clock import Clock
from tui.engine.engine import Engine, RunInfo
from tui.engine.journal import Journal
from tui.engine.plan import Plan
from tui.git.contents import Contents
from tui.git.gauge import Progress
from tui.git.outcome import Outcome, State
from tui.git.repo import Repo
from tui.store.preferences import Preferences
from widgets.hint_bar import HintBar
from widgets.log_pane import LogLine, LogPane

_PATIENCE = 20.0


class FrozenClock(Clock):
    """It is 10:00:00 UTC, 21 November 2026, until a test says `advance`."""

    def __init__(self) -> None:
        self.seconds = 0.0

    def now(self) -> float:
        return 1_795_255_200.0 + self.seconds

    def monotonic(self) -> float:
        return 1_000.0 + self.seconds

    def advance(self, seconds: float) -> None:
        self.seconds += seconds


class Driver:
    """An app over a real engine whose work waits for `end`."""

    def __init__(
        self,
        entries: Sequence[Repo] | int = 6,
        *,
        limit: int = 2,
        settled: Sequence[tuple[Repo, Outcome]] = (),
        work: Any = None,
        host_limit: int | None = None,
        start_delay: float = 0.0,
        journal: Journal | None = None,
        **session: Any,
    ) -> None:
        self.work = work or GatedWork()
        self.clock = FrozenClock()
        self.remembered: list[object] = []
        """The job limits that were kept."""
        self.kept: dict[str, object] = {}
        run = tuple(repos(entries) if isinstance(entries, int) else entries)
        session.setdefault("survey", lambda _repos, _on_row, _stop: None)
        session.setdefault("arrived", lambda _path, _old, _new: [])
        session.setdefault("contents", lambda _path, _old, _new: Contents())
        session.setdefault("workspace", "~/work")
        session.setdefault("preferences", Preferences(keep=self._keep))
        self.app = SynctuiApp(
            Session(
                engine=lambda spawn: Engine(
                    self.work,
                    limit=limit,
                    host_limit=host_limit,
                    start_delay=start_delay,
                    journal=journal,
                    spawn=spawn,
                    clock=self.clock,
                    info=RunInfo("~/work", "default"),
                ),
                repos=(*run, *(repo for repo, _ in settled)),
                plan=Plan(run, tuple(settled)),
                **session,
            ),
            self.clock,
        )
        self.pilot: Pilot[Any] | None = None

    @asynccontextmanager
    async def open(self, width: int = 120, height: int = 40) -> AsyncIterator["Driver"]:
        # Nothing that was said is gone before a test has read it, however slow the machine.
        self.app.NOTIFICATION_TIMEOUT = 3600
        async with self.app.run_test(size=(width, height), notifications=True) as pilot:
            self.pilot = pilot
            await self.settle()
            # A test that failed, or left jobs behind, must not leave their threads behind.
            try:
                yield self
            except (AssertionError, TimeoutError):
                self.engine.cancel_all()
                raise
            self.engine.cancel_all()
            await self.until(lambda: self.engine.snapshot().idle)

    def _keep(self, key: str, value: object | None) -> None:
        self.kept[key] = value
        if key == "jobs":
            self.remembered.append(value)

    @property
    def board(self) -> Any:
        return self.app.desk.board

    @property
    def engine(self) -> Engine:
        return self.app.desk.engine

    async def press(self, *keys: str) -> None:
        assert self.pilot is not None
        await self.pilot.press(*keys)
        await self.settle()

    async def settle(self) -> None:
        """Everything that has happened is on the screen."""
        assert self.pilot is not None
        self.app.read()
        self.app.tick()
        await self.pilot.pause()

    async def until(self, holds: Callable[[], object]) -> None:
        async with asyncio.timeout(_PATIENCE):
            while not holds():
                # The condition comes true in another thread or later in this loop.
                await asyncio.to_thread(lambda: None)
                self.app.read()

    async def running(self, *ids: str) -> None:
        """Until exactly these run, in the work and on the board."""
        await asyncio.to_thread(self.work.wait_running, *ids)
        for repo_id in ids:
            gauge = self.engine.gauge(repo_id)
            if gauge is not None and not gauge.progress.phase:
                gauge.show(Progress(moved=math.inf))  # it never stalls, however long the machine has been up
        await self.until(lambda: sorted(row.repo.id for row in self.board.running) == sorted(ids))
        await self.settle()

    async def end(self, *ids: str, outcome: Outcome | BaseException = Outcome(State.SYNCED)) -> None:  # noqa: B008  frozen
        """End these, one after the other; each has ended on the board when the next does."""
        for repo_id in ids:
            attempt = self.board.rows[repo_id].attempt
            self.work.end(repo_id, outcome=outcome)
            await self.until(lambda: self.ended(repo_id, attempt))  # noqa: B023  awaited at once
        await self.settle()

    async def idle(self) -> None:
        """Until nothing is queued or running, and that is on the screen."""
        await self.until(lambda: self.engine.snapshot().idle and not self.board.active)
        await self.settle()

    def ended(self, repo_id: str, attempt: int) -> bool:
        end = self.board.rows[repo_id].end
        return end is not None and end.attempt == attempt

    def show(self, repo_id: str, progress: Progress, *lines: str) -> None:
        gauge = self.engine.gauge(repo_id)
        assert gauge is not None
        gauge.show(progress)
        for line in lines:
            gauge.keep(line)

    def state(self, repo_id: str) -> str:
        return str(self.board.rows[repo_id].state)

    def states(self) -> dict[str, str]:
        return {repo_id: str(row.state) for repo_id, row in self.board.rows.items()}

    def log(self) -> list[LogLine]:
        """The lines of the log that tell of a job."""
        return [line for line in self.app.main.query_one(LogPane).lines if line.key]

    def toasts(self) -> list[str]:
        """Texts of the notices that have been shown, a path that was broken behind a slash whole."""
        return [notification.message.replace("/\n", "/") for notification in self.app._notifications]

    def palette(self) -> list[str]:
        """The names that the command palette offers."""
        return [
            str(option.hit.text or option.hit.prompt)
            for option in self.app.screen.query_one(CommandList).options
        ]

    def header(self) -> str:
        return str(self.app.main.query_one("#header", Static).content)

    def slots(self) -> list[str | None]:
        from widgets.slot_grid import SlotGrid

        return [view.key if view else None for view in self.app.main.query_one(SlotGrid)._slots]

    def hints(self) -> list[str]:
        """The keys that the footer offers."""
        return [hint.key for hint in self.app.screen.query_one(HintBar)._hints]


def repo(repo_id: str, host: str = "github.com", **options: Any) -> Repo:
    return Repo(
        repo_id,
        Path("/home/ada/work") / repo_id,
        f"https://{host}/ada/{repo_id.rsplit('/', maxsplit=1)[-1]}.git",
        **options,
    )
