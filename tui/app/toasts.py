"""What the app says in a corner of the screen for a few seconds."""

from collections.abc import Sequence
from typing import Literal, TypeVar

from textual.app import App
from textual.notifications import Notify

from tui.engine.events import Notice
from tui.view.lines import plural
from widgets.text import at_slashes

_WIDTH, _FRAME = 60, 3
"""Cells of Textual's toasts, which take half of a narrower screen."""
_Result = TypeVar("_Result")

Level = Literal["information", "warning", "error"]


class ToastingApp(App[_Result]):
    NOTIFICATION_TIMEOUT = 4
    CSS = """
    Toast { padding: 0 1; margin-top: 0; }
    """

    _refused = ""
    """Why the last key did nothing."""

    def say(self, text: str, level: Level = "information", seconds: float | None = None) -> None:
        self.notify(self._folded(text), severity=level, markup=False, timeout=seconds)

    def _folded(self, text: str) -> str:
        return at_slashes(text, min(_WIDTH, self.size.width // 2) - _FRAME)

    def refuse(self, why: str) -> None:
        """In the place of what was said before: many keys that do nothing would fill the screen."""
        self._refused = why
        self.say(why, "warning")

    def on_notify(self, event: Notify) -> None:
        if event.notification.message == self._folded(self._refused):
            self.clear_notifications()

    def say_last(self, notices: Sequence[Notice]) -> None:
        """One toast, however many came at once; each is in the log."""
        last = notices[-1]
        more = len(notices) - 1
        text = f"{last.text} (and {plural(more, 'more notice')} in the log)" if more else last.text
        self.say(text, "information" if last.level == "info" else last.level)
