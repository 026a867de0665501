"""What a session begins with: the two keys for a newcomer, and what the person's files have wrong."""

from textwrap import wrap
from typing import TYPE_CHECKING

from tui.app.log_lines import note

if TYPE_CHECKING:
    from tui.app.app import SynctuiApp

_TIME_TO_READ = 15.0
"""Seconds: before the first run there is no log to see."""
_LOG_WIDTH = 54
"""Cells of a line that the log shows whole where it is the narrowest beside the state of the run."""


def greet(app: "SynctuiApp") -> None:
    session, keys = app.desk.session, app.desk.keys
    if session.greets:
        begins = "" if session.start or session.watch else f", {keys.first('start_all')} to start"
        app.say(f"Press {keys.first('help')} for the keys{begins}.", seconds=_TIME_TO_READ)
        app.keyboard.greeting = not session.warnings
    if session.warnings:
        more, now = len(session.warnings) - 1, app.desk.clock.now()
        app.main.append(
            [
                note(now, part, goes_on=number > 0)
                for line in session.warnings
                for number, part in enumerate(wrap(line, _LOG_WIDTH, break_on_hyphens=False))
            ]
        )
        others = f"; and {more} more: `synctui config` and `synctui config --keys` print them" if more else ""
        app.say(f"{session.warnings[0]}{others}", "warning", seconds=_TIME_TO_READ)
