"""What the actions do to the run, to the selected repo and to the app itself."""

import os
import shlex
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from tui.app.actions import help_groups
from tui.app.settings_screen import SettingsScreen
from tui.engine.slots import MAX_JOBS
from tui.git.clean import shell_word
from tui.git.login import log_in
from tui.store.paths import StateError
from tui.view.board import BoardRow, Stage
from tui.view.lines import plural
from widgets.dialogs import Choice, ConfirmDialog
from widgets.help_screen import HelpScreen

if TYPE_CHECKING:
    from tui.app.app import SynctuiApp

_Result = TypeVar("_Result")
_WAIT, _ABORT, _STAY = "w", "a", "s"
_YES, _NO = "y", "n"


class Commands:
    """A method for each action that does not belong to one screen alone, of the same name.

    They are called after the action's own `refuse` found nothing against it.
    """

    def __init__(self, app: "SynctuiApp") -> None:
        self._app = app
        self._engine = app.desk.engine
        self._keys = app.desk.keys

    # The run.

    def start_all(self) -> None:
        """Everything of the plan that this session has not run; once all has run, everything again."""
        session, rows = self._app.desk.session, self._app.desk.board.rows
        planned = [repo for repo in session.plan.run if rows[repo.id].state is Stage.PLANNED]
        fresh = session.in_order(planned or session.plan.run)
        again = not planned
        settled = [
            (repo, outcome) for repo, outcome in session.plan.settled if again or not rows[repo.id].attempt
        ]
        self._submit(lambda: self._engine.start(fresh, settled))

    def sync(self) -> None:
        self._retry(self._take_targets())

    def retry(self) -> None:
        self._retry([row for row in self._take_targets() if row.can_be_retried])

    def retry_all(self) -> None:
        rows = self._app.desk.board.attention
        self._retry([row for row in rows if row.repo.enabled and not row.repo.error])

    def finish_last_run(self) -> None:
        repos = [row.repo for row in self._app.desk.board.left]
        self._submit(lambda: self._engine.start(repos))

    def acknowledge(self) -> None:
        rows = [row for row in self._app.targets() if row.needs_person]
        repo_ids = [row.repo.id for row in rows]

        def noted(answer: Future[Sequence[str]]) -> None:
            try:
                self._app.desk.acknowledged(rows, answer.result())
            except StateError as error:
                self._app.say(str(error), "error")
                return
            self._app.desk.marks.difference_update(repo_ids)
            self._app.say(f"acknowledged: {repo_ids[0] if len(rows) == 1 else plural(len(rows), 'failure')}")

        self._app.bridge.write(lambda: self._app.desk.session.acknowledge(repo_ids), noted)

    def pick(self) -> None:
        repos = [row.repo for row in self._take_targets()]
        self._submit(lambda: self._engine.pick(repos))

    def _retry(self, rows: Sequence[BoardRow]) -> None:
        repos = [row.repo for row in rows]
        self._submit(lambda: self._engine.retry(repos))

    def _submit(self, command: Callable[[], None]) -> None:
        """A run that begins is recorded first."""

        def begun(answer: Future[None]) -> None:
            try:
                answer.result()
            except StateError as error:  # nothing was begun
                self._app.say(str(error), "error")

        self._app.bridge.write(command, begun)

    def cancel(self) -> None:
        if newcomer := self._app.main.newcomer():
            key = self._keys.first("cancel")
            self._app.say(
                f"{newcomer} has just come into this slot; press {key} again to abort it", "warning"
            )
            return
        self._engine.cancel([row.repo.id for row in self._take_targets() if row.active])

    def cancel_all(self) -> None:
        def answered(key: str | None) -> None:
            if key == _YES:
                self._engine.cancel_all()

        choices = [Choice(_YES, "cancel everything"), Choice(_NO, "go on")]
        self._app.ask(ConfirmDialog("Cancel everything?", f"{self._what_runs()}.", choices), answered)

    def drain(self) -> None:
        self._engine.drain()

    def pause(self) -> None:
        if self._engine.snapshot().paused:
            self._engine.resume()
        else:
            self._engine.pause()

    def raise_limit(self) -> None:
        self._set_limit(self._engine.snapshot().limit + 1)

    def lower_limit(self) -> None:
        self._set_limit(self._engine.snapshot().limit - 1)

    def _set_limit(self, limit: int) -> None:
        self.change("jobs", max(1, min(MAX_JOBS, limit)))

    def change(self, key: str, value: object | None) -> None:
        """Give a preference that value, None: its default, and have it count."""
        preferences = self._app.desk.session.preferences
        known = preferences.settings.warnings
        try:
            preferences.set(key, value)
        except StateError as error:
            self._app.say(str(error), "warning")
        settings = preferences.settings
        for warning in settings.warnings:
            if warning not in known and key != "jobs":  # of too many it is told below
                self._app.say(warning, "warning")
        match key:
            case "jobs":
                session, was = self._app.desk.session, self._engine.snapshot().limit
                limit = settings.jobs if value is None else int(str(value))
                self._engine.set_limit(limit)
                if (crowded := session.crowding(limit)) and not session.crowding(was):
                    self._app.say(crowded, "warning")
            case "host_jobs":
                self._engine.set_host_limit(value if isinstance(value, int) else None)
            case "theme":
                self._app.wear(settings.theme if value is None else str(value))
            case "stale_after" | "severe_after":
                self._app.desk.board.revision += 1

    # The selected repo.

    def open_detail(self) -> None:
        if target := self._first_target():
            self._app.open_detail(target.repo.id)

    def copy(self) -> None:
        """The selected text; else the error of the repo that has one, else its path."""
        if text := self._app.screen.get_selected_text():
            what = "the selected text"
        elif target := self._first_target():
            failed = target.needs_person and target.outcome
            path = str(target.repo.path)
            # What is pasted may be run: a path with a line break or the like is copied as a word of the shell.
            path = path if path.isprintable() else shell_word(path)
            text = failed.message if failed and failed.message else path
            what = f"{'the error' if failed and failed.message else 'the path'} of {target.repo.id}"
        else:
            self._app.say("nothing is selected")
            return
        self._app.copy_to_clipboard(text)
        self._app.say(f"copied {what}")

    def login(self) -> None:
        """Git asks on the real terminal for one of them; what it learns serves all of that server."""
        target = next((row for row in self._app.targets() if row.needs_login), None)
        # What the outcome names has its secrets masked.
        url = target and (target.repo.url or (target.trouble and target.trouble.url))
        if target is None or not url:
            return
        if newcomer := self._app.main.newcomer():
            self._app.say(
                f"{newcomer} has just come under the cursor;"
                f" press {self._keys.first('login')} again to log in for it",
                "warning",
            )
            return
        server = target.server
        place = server.removeprefix("https://")
        text = f"synctui: git asks {place} for {target.repo.id}; log in if it wants that"
        folder = target.repo.path if target.repo.path.is_dir() else Path.home()
        if self._outside(lambda: log_in(url, folder), text):
            rows = [row for row in self._app.desk.board.attention if row.needs_login and row.server == server]
            self._retry(rows)
            self._app.main.stay_on(target.repo.id)
            self._app.say(f"{place} let us in: {plural(len(rows), 'repo')} tried again")
        else:
            self._app.say(f"{place} did not let us in", "warning")

    def shell(self) -> None:
        self._in_repo([os.environ.get("SHELL") or "sh"])

    def editor(self) -> None:
        self._in_repo([*shlex.split(os.environ.get("VISUAL") or os.environ.get("EDITOR") or "vi"), "."])

    def lazygit(self) -> None:
        self._in_repo(["lazygit"])

    def _in_repo(self, command: Sequence[str]) -> None:
        target = self._first_target()
        if target is None:
            return
        if not target.repo.path.is_dir():
            self._app.say(f"{target.repo.id} is not cloned yet", "warning")
        elif shutil.which(command[0]) is None:
            self._app.say(f"{command[0]} was not found", "warning")
        else:
            self._outside(
                lambda: subprocess.run(command, cwd=target.repo.path, check=False),
                f"synctui: {target.repo.id}; the run goes on",
            )

    def _outside(self, run: Callable[[], _Result], text: str) -> _Result:
        """Another program has the terminal until it ends; the jobs go on, only the drawing stands still."""
        with self._app.suspend(), self._app.deaf_to_interrupts():
            sys.stderr.write(f"{text}\n")
            sys.stderr.flush()
            return run()

    # The app.

    def help(self) -> None:
        self._app.push_screen(
            HelpScreen("Keys", help_groups(self._app.situation()), self._keys.bound("help"))
        )

    def settings(self) -> None:
        self._app.clear_notifications()  # they would lie on top of it
        self._app.push_screen(SettingsScreen(self._app.desk, self.change))

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
        paused = self._engine.snapshot().paused

        def answered(key: str | None) -> None:
            self._app.asked_to_leave = key == _WAIT
            if key == _WAIT:
                self._engine.resume()
                self._app.leave_when_idle()
            elif key == _ABORT:
                self._app.abort(by)
            else:
                self._app.stay()

        self._app.asked_to_leave = True
        choices = [
            Choice(_WAIT, f"{'resume, ' if paused else ''}wait for the run to end, then leave"),
            Choice(_ABORT, "abort what runs and leave"),
            Choice(_STAY, "stay"),
        ]
        what = f"{self._what_runs()}{', the queue is paused' if paused else ''}."
        self._app.ask(ConfirmDialog("Leave synctui?", what, choices), answered)

    def _what_runs(self) -> str:
        now = self._engine.snapshot()
        running = f"{plural(now.running + now.picked, 'job')} running"
        return f"{running}, {now.queued} queued" if now.queued else running

    def _take_targets(self) -> Sequence[BoardRow]:
        """The targets; what was marked is marked no longer."""
        targets = self._app.targets()
        self._app.desk.marks.clear()
        return targets

    def _first_target(self) -> BoardRow | None:
        highlighted = self._app.highlighted()
        return self._app.desk.board.rows.get(highlighted) if highlighted else None
