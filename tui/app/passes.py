"""The passes of a watch in the app."""

from typing import TYPE_CHECKING

from textual.worker import Worker

from tui.engine.plan import Plan
from tui.engine.shutdown import Ending
from widgets.log_pane import LogLine
from widgets.tone import Tone

if TYPE_CHECKING:
    from tui.app.app import SynctuiApp


class Passes:
    def __init__(self, app: "SynctuiApp") -> None:
        self._app = app
        self._going: Worker[str] | None = None
        """What begins, or has begun, the pass that goes on."""
        self.refusal: Exception | None = None
        """What kept the last passes from beginning; it ends the screen."""

    def repeat(self) -> None:
        """Begin the pass that is due. Which repos it has is found out off the screen's thread."""
        app, going = self._app, self._going
        watch = app.desk.session.watch
        if watch is None or app.desk.leaving or not app.desk.engine.snapshot().idle:
            return
        if going is None:
            if not watch.due_in():
                self._going = app.run_worker(
                    lambda: watch.begin(self._start), name="pass", thread=True, exit_on_error=False
                )
        elif going.error:
            self.refusal = going.error if isinstance(going.error, Exception) else None
            app.exit(Ending(2))
        elif going.is_finished:
            self._going = None
            if going.result:
                app.main.append([LogLine("", Tone.NOTE, text=going.result)])
                app.say(going.result, "warning")
            else:
                watch.ended()

    def _start(self, plan: Plan) -> None:
        self._app.desk.engine.start(plan.run, plan.settled)
