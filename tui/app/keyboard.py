"""What becomes of a key: of those that come in one burst each finds what the one before it has done."""

import time
from typing import TYPE_CHECKING

from textual.events import Key
from textual.widgets import Input

from tui.app.pace import Pace
from tui.engine.shutdown import Ending

if TYPE_CHECKING:
    from tui.app.app import SynctuiApp

_END_OF_FILTER = frozenset({"enter", "escape"})
_LEAVING = frozenset({"q", "ctrl+c"})
"""What ends the app before it has been told which keys do."""


class Keyboard:
    def __init__(self, app: "SynctuiApp", pace: Pace) -> None:
        self._app = app
        self._pace = pace
        self._deaf_to = 0.0
        """Keys that were pressed before this moment, on the monotonic clock, were meant for a dialog that is gone."""
        self._held: list[Key] | None = None
        """Keys behind the one that ends the filter, or typed before there is anything; None: none has to wait."""
        self.greeting = False
        """The first key takes away what greets: on a small screen it lies on what that key does."""

    def hold(self) -> None:
        """Keys wait until `go_on`."""
        self._held = []

    async def go_on(self) -> None:
        held, self._held = self._held or (), None
        for event in held:
            await self._app.on_event(event)

    def forget(self) -> None:
        """What has been pressed so far was an answer, and what followed it does nothing."""
        self._deaf_to = time.monotonic()

    async def take(self, event: Key) -> bool:
        """Whether nothing more is to be done about it.

        Textual hands all keys to the widget that has the focus as they arrive, and `/x` would cancel.
        What follows the answer to a dialog does nothing: of `ss` the second would else sync something.
        What follows the end of a filter waits until the filter counts: of `/x`, enter, `r` the last is no text.
        """
        app = self._app
        self._pace.typed = time.monotonic()
        if event.time < self._deaf_to:
            return True
        if app.is_opening and event.key in _LEAVING:
            app.exit(Ending(0))
            return True
        if self.greeting:
            self.greeting = False
            app.clear_notifications()
        if self._waits(event):
            return True
        if isinstance(app.focused, Input) or event.key in app.desk.keys.priority:
            return False
        active = app.screen.active_bindings.get(event.key)
        if active is None or not active.enabled:
            return False
        await app.run_action(active.binding.action, active.node)
        return True

    def _waits(self, event: Key) -> bool:
        """Whether it is kept for `go_on`."""
        app = self._app
        if not app.is_opening and (event.is_forwarded or event.key in app.desk.keys.priority):
            return False
        if self._held is not None:
            self._held.append(event)
            return True
        if event.key in _END_OF_FILTER and isinstance(app.focused, Input) and app.screen is app.main:
            self.hold()
        return False
