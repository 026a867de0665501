"""The running app over a recording, in the hands of a test."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from tests.kit.app_driver import Driver, FrozenClock
from tests.kit.recorded import Recorder
from tui.app.replay import ReplayApp
from tui.store.preferences import Preferences
from tui.view.recording import read


class Replay(Driver):
    """The player's clock stands still until `after`."""

    def __init__(self, record: Recorder, *, cut: int | None = None) -> None:
        self.clock = FrozenClock()
        self.app = ReplayApp(read(record.lines[:cut]), Preferences(), self.clock)
        self.pilot = None

    @asynccontextmanager
    async def open(self, width: int = 120, height: int = 40) -> AsyncIterator["Replay"]:
        async with super().open(width, height):
            yield self

    async def after(self, seconds: float) -> None:
        while seconds > 0:  # a longer pause of the process is not played
            self.clock.advance(min(seconds, 1.0))
            self.app.tick()
            seconds -= 1.0
        await self.settle()
