"""What the actions do to the app itself, and all the others."""

import signal
from collections.abc import Sequence
from concurrent.futures import Future
from pathlib import Path

from textual.worker import Worker

from tui.app.actions import help_groups
from tui.app.lists import arrived_when
from tui.app.outside_commands import OutsideCommands
from tui.app.repo_commands import RepoCommands
from tui.app.run_commands import RunCommands
from tui.app.run_dialog import RunDialog
from tui.app.settings_screen import SettingsScreen
from tui.app.views import VIEW_NUMBERS
from tui.git.clean import clean_text, pasted
from tui.store.exports import export
from tui.store.paths import StateError, home_short
from tui.view.digest import markdown, total_line
from tui.view.lines import plural
from widgets.dialogs import Choice, ConfirmDialog
from widgets.help_screen import HelpScreen

_WAIT, _ABORT, _STAY, _LEAVE = "w", "a", "s", "q"
_NOTHING = "n"


class Commands(RunCommands, RepoCommands, OutsideCommands):
    _digest: Worker[None] | None = None
    """What reads the arrivals for their file."""

    # Files.

    def export_log(self) -> None:
        lines = [line.plain for line in self._app.main.log_lines]
        if not lines:
            self._app.say("the log is empty", "warning")
            return
        self._export("log", ".txt", lines, plural(len(lines), "line"))

    def export_digest(self) -> None:
        """Read to its end off the screen's thread: of many repos that takes its time."""
        desk = self._app.desk
        arrived = list(reversed(desk.arrived.values()))
        when = arrived_when(desk)
        if not arrived:
            self._app.say(f"nothing has arrived {when}", "warning")
            return
        if self._digest and not self._digest.is_finished:
            self._app.say("what arrived is being written already", "warning")
            return
        title = f"What arrived in {desk.session.workspace}, {when}"

        def read() -> None:
            lines = markdown(title, self._app.reader.whole(arrived))
            self._app.call_later(self._export, "arrived", ".md", lines, total_line(arrived))

        self._app.say(f"writing what arrived: {total_line(arrived)}…")
        self._digest = self._app.run_worker(read, thread=True, group="export", exit_on_error=False)

    def export_screenshot(self) -> None:
        lines = self._app.export_screenshot().rstrip().split("\n")
        self._export("screen", ".svg", lines, "a picture of the screen")

    def _export(self, name: str, suffix: str, lines: Sequence[str], what: str) -> None:
        """To a file whose path is in the log, and copied."""
        now = self._app.desk.clock.now()

        def written(answer: Future[Path]) -> None:
            try:
                file = answer.result()
            except StateError as error:
                self._app.say(str(error), "error")
                return
            self._app.copy_to_clipboard(pasted(file))
            self._app.keep(f"{what} written to {clean_text(home_short(file))}")
            # Of a whole path a toast would cover the lists.
            self._app.say(f"{what} written to {file.parent.name}/{file.name}; the path is copied")

        self._app.bridge.write(lambda: export(name, suffix, lines, now), written)

    # The app.

    def save_view(self) -> None:
        view, views = self._app.main.view, self._app.desk.session.views

        def answered(key: str | None) -> None:
            if not key or not key.isdigit():
                return
            try:
                views.save(int(key), view)
            except StateError as error:
                self._app.say(f"{error}; view {key} counts for this session", "warning")
                return
            shown = self._keys.first(f"show_view_{key}")
            self._app.say(f"view {key} saved: {view.told}; {shown} shows it")

        choices = [Choice(str(n), old.told if (old := views.get(n)) else "empty") for n in VIEW_NUMBERS]
        dialog = ConfirmDialog("Save as which view?", view.told, [*choices, Choice(_NOTHING, "save nothing")])
        self._app.open(dialog, answered)

    def help(self) -> None:
        self._app.open(HelpScreen("Keys", help_groups(self._app.situation()), self._keys.bound("help")))

    def settings(self) -> None:
        self._app.open(SettingsScreen(self._app.desk, self.change))

    def palette(self) -> None:
        self._app.action_command_palette()

    def suspend(self) -> None:
        self._app.action_suspend_process()

    def next_pane(self) -> None:
        self._app.screen.focus_next()

    def quit(self) -> None:
        if self._engine.snapshot().idle:
            self._app.leave()
        else:
            self._ask(None)

    def interrupt(self) -> None:
        """The first one asks like `quit`; once that was asked, it aborts."""
        if self._engine.snapshot().idle:
            self._app.leave()
        elif self._app.asked_to_leave:
            self._app.abort(signal.SIGINT)
        else:
            self._ask(signal.SIGINT)

    def _ask(self, by: signal.Signals | None) -> None:
        def told() -> str:
            paused = self._engine.snapshot().paused
            return f"{self._what_runs()}{', the queue is paused' if paused else ''}."

        def answered(key: str | None) -> None:
            self._app.asked_to_leave = key == _WAIT
            if key == _LEAVE:
                self.quit()  # the next pass may have begun
            elif key == _WAIT:
                self._engine.resume()
                self._app.leave_when_idle()
            elif key == _ABORT:
                self._app.abort(by)
            else:
                self._app.stay()

        def choices() -> list[Choice]:
            now = self._engine.snapshot()
            if now.idle:
                return [Choice(_LEAVE, "leave"), Choice(_STAY, "stay")]
            return [
                Choice(_WAIT, f"{'resume, ' if now.paused else ''}wait for the run to end, then leave"),
                Choice(_ABORT, "abort what runs and leave"),
                Choice(_STAY, "stay"),
            ]

        self._app.asked_to_leave = True
        self._app.open(RunDialog("Leave synctui?", told, choices), answered)
