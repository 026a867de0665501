"""What `tests.bench.screen` measures: the app, the headless command or a trivial app, over work that is none.

The engine is the real one, its jobs only move their gauges; so what differs between the front ends is their own.
"""

import asyncio
import itertools
import json
import sys
import time
from pathlib import Path
from typing import Any

from tui.engine.engine import Engine, Spawn, Turn, daemon_thread
from tui.engine.plan import Plan
from tui.git.gauge import Progress
from tui.git.outcome import Outcome, Reason, State
from tui.git.repo import Repo

SLOTS = 64
_PAUSE = 1 / 80
_BURST = 4
_STEPS = 25
EVENTS_PER_SECOND = round(SLOTS * _BURST / _PAUSE)
_ENDS = (
    Outcome(State.UP_TO_DATE),
    Outcome(State.SYNCED, branch="main", old="0" * 40, new="1" * 40, commits=2),
    Outcome(State.UP_TO_DATE),
    Outcome(State.FAILED, Reason.NOT_FOUND, "repository not found", "check the URL"),
)


class Chatty:
    """Jobs that tell of progress, all together `EVENTS_PER_SECOND` times a second, and end after a third of one."""

    def __init__(self) -> None:
        self._ends = itertools.cycle(_ENDS)

    def __call__(self, turn: Turn) -> Outcome:
        for step in range(_STEPS):
            for part in range(_BURST):
                percent = (step * _BURST + part) * 100 // (_STEPS * _BURST)
                line = f"Receiving objects: {percent:3d}% ({percent * 37}/3700), 1.20 MiB | 800.00 KiB/s"
                turn.gauge.show(Progress("Receiving objects", percent, percent << 15, 819_200, line))
            if turn.stop.wait(_PAUSE):
                return Outcome(State.CANCELLED, turn.stop.reason, "cancelled")
        return next(self._ends)


def repos(count: int) -> tuple[Repo, ...]:
    hosts = ("github.com", "gitlab.com", "git.example.org")
    names = [f"team{n % 40:02}/repo{n:05}" for n in range(count)]
    return tuple(
        Repo(name, Path("/nowhere") / name, f"https://{host}/{name}.git")
        for name, host in zip(names, itertools.cycle(hosts), strict=False)
    )


def engine(spawn: Spawn = daemon_thread) -> Engine:
    return Engine(Chatty(), limit=SLOTS, spawn=spawn)


def run_headless(count: int) -> None:
    from tui.engine.eta import Forecast
    from tui.headless.run import Show, run
    from tui.headless.streams import Streams

    run(engine(), Plan(repos(count), ()), Streams(), Show(), Forecast({}))


def run_app(count: int, report: Path) -> None:
    from tui.app.app import SynctuiApp
    from tui.app.session import Session

    wanted = repos(count)
    session = Session(
        engine=engine,
        repos=wanted,
        plan=Plan(wanted, ()),
        workspace="bench",
        start=True,
        durations={repo.id: [0.3] for repo in wanted},
        survey=lambda _repos, _on_row, _stop: None,
    )
    spans: list[tuple[float, float]] = []
    run = asyncio.Handle._run

    def timed(handle: Any) -> None:
        began, at = time.thread_time(), time.monotonic()  # other threads do not count
        run(handle)
        spans.append((at, time.thread_time() - began))

    asyncio.Handle._run = timed  # type: ignore[method-assign]
    SynctuiApp(session).run_to_end()
    report.write_text(json.dumps(spans))


def run_trivial() -> None:
    from textual.app import App, ComposeResult
    from textual.widgets import Static

    class Trivial(App[None]):
        def compose(self) -> ComposeResult:
            yield Static("trivial")

        def on_key(self) -> None:
            told = self.query_one(Static)
            told.update("odd" if str(told.content) != "odd" else "even")

    Trivial().run()


if __name__ == "__main__":
    match sys.argv[1:]:
        case ["headless", count]:
            run_headless(int(count))
        case ["app", count, report]:
            run_app(int(count), Path(report))
        case _:
            run_trivial()
