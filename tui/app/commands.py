"""What the actions do to the run, to the selected repo and to the app itself."""

import signal
import sys
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from tui.app import outside
from tui.app.actions import help_groups
from tui.app.detail_screen import DetailScreen
from tui.app.lists import arrived_when
from tui.app.settings_screen import SettingsScreen
from tui.app.views import VIEW_NUMBERS
from tui.engine.slots import MAX_JOBS
from tui.engine.waiting import Way
from tui.git.clean import clean_text, shell_word
from tui.git.inspect import NOT_CLONED
from tui.git.login import log_in
from tui.store.exports import export
from tui.store.paths import StateError, home_short
from tui.view.advised import brief, commands, suggestion
from tui.view.board import BoardRow, Stage
from tui.view.digest import markdown, total_line
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
        self._copied: tuple[Sequence[str], int] = (), 0
        """The commands of which one was copied last, and which."""

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

    def move_up(self) -> None:
        self._move("up")

    def move_down(self) -> None:
        self._move("down")

    def move_to_top(self) -> None:
        self._move("top")

    def move_to_bottom(self) -> None:
        self._move("bottom")

    def _move(self, way: Way) -> None:
        """What was marked stays so: a place is seldom reached with one key."""
        queued = [row.repo.id for row in self._app.targets() if row.state is Stage.QUEUED]
        before = self._engine.queue()
        self._engine.move(queued, way)
        after = self._engine.queue()
        what = queued[0] if len(queued) == 1 else plural(len(queued), "repo")
        if before == after:
            end = "at the top" if way in {"up", "top"} else "at the bottom"
            self._app.say(f"{what}: {end} already", "warning")
        elif not self._app.main.shows_queue and queued[0] in after:
            self._app.say(f"{what}: now {after.index(queued[0]) + 1} of {len(after)} in the queue")

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
        """Of a group: fold or unfold it."""
        if self._app.on_heading():
            self._app.main.fold()
        elif target := self._first_target():
            self._app.open_detail(target.repo.id)

    def copy(self) -> None:
        """The selected text; else the error of the repo that has one, else its path."""
        if text := self._app.screen.get_selected_text():
            what = "the selected text"
        elif target := self._first_target():
            failed = target.needs_person and target.outcome
            text = failed.message if failed and failed.message else _pasted(target.repo.path)
            what = f"{'the error' if failed and failed.message else 'the path'} of {target.repo.id}"
        elif self._app.on_heading() and (targets := self._app.targets()):
            text, what = suggestion(targets[0]), f"the advice for {targets[0].repo.id}"
        else:
            self._app.say("nothing is selected")
            return
        self._app.copy_to_clipboard(text)
        self._app.say(f"copied {what}")

    def copy_command(self) -> None:
        """Of what the advice names; pressed again, the next one."""
        target = next((row for row in self._app.targets() if commands(suggestion(row))), None)
        if target is None:
            return
        named = commands(suggestion(target))
        known, last = self._copied
        place = (last + 1) % len(named) if known == named else 0
        self._copied = named, place
        self._app.copy_to_clipboard(named[place])
        which = f" {place + 1} of {len(named)}" if len(named) > 1 else ""
        self._app.say(f"copied command{which}: {brief(named[place])}")

    def next_repo(self) -> None:
        self._turn(1)

    def previous_repo(self) -> None:
        self._turn(-1)

    def _turn(self, step: int) -> None:
        screen, listed = self._app.screen, self._app.main.listed()
        if not isinstance(screen, DetailScreen):
            return
        if screen.repo_id not in listed:
            listed = list(self._app.desk.board.rows)
        place = listed.index(screen.repo_id) + step
        if not 0 <= place < len(listed):
            self._app.say(f"{screen.repo_id} is the {'last' if step > 0 else 'first'} of the list")
            return
        self._app.main.point_at(listed[place])
        screen.show(listed[place])
        self._app.lookout.look_now(self._app.desk.board.rows[listed[place]].repo)

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
        self._in_repo(outside.shell)

    def editor(self) -> None:
        self._in_repo(outside.editor)

    def lazygit(self) -> None:
        self._in_repo(outside.lazygit)

    def _in_repo(self, program: Callable[[], Sequence[str]]) -> None:
        target = self._first_target()
        if target is None:
            return
        repo = target.repo
        if not repo.path.is_dir():
            self._app.say(self._no_folder(target), "warning")
            self._app.lookout.look_now(repo)
            return
        try:
            words = program()
        except outside.UnusableError as error:
            self._app.say(str(error), "warning")
            return
        back = f"leave {Path(words[0]).name} to come back"
        wrong = self._outside(
            lambda: outside.run(words, repo.path), f"synctui: {repo.id}; the run goes on, {back}"
        )
        if not repo.path.is_dir():
            wrong = f"{repo.id}: its folder is gone: {clean_text(str(repo.path))}"
        if wrong:
            self._app.say(wrong, "warning")
        self._app.lookout.look_now(repo)

    def _no_folder(self, row: BoardRow) -> str:
        look = self._app.desk.looks.get(row.repo.id)
        known = look is not None and look.status.error != NOT_CLONED
        gone = f"its folder is gone: {clean_text(str(row.repo.path))}"
        return f"{row.repo.id}: {gone}" if known else f"{row.repo.id} is not cloned yet"

    def _outside(self, run: Callable[[], _Result], text: str) -> _Result:
        """Another program has the terminal until it ends; the jobs go on, only the drawing stands still."""
        with self._app.suspend(), self._app.deaf_to_interrupts():
            sys.stderr.write(f"{text}\n")
            sys.stderr.flush()
            return run()

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
        title = f"What arrived in {desk.session.workspace}, {when}"

        def read() -> None:
            lines = markdown(title, self._app.reader.whole(arrived))
            self._app.call_later(self._export, "arrived", ".md", lines, total_line(arrived))

        self._app.run_worker(read, thread=True, group="export", exit_on_error=False)

    def _export(self, name: str, suffix: str, lines: Sequence[str], what: str) -> None:
        """To a file whose path is told and copied."""
        now = self._app.desk.clock.now()

        def written(answer: Future[Path]) -> None:
            try:
                file = answer.result()
            except StateError as error:
                self._app.say(str(error), "error")
                return
            self._app.copy_to_clipboard(_pasted(file))
            self._app.say(f"{what} written to {clean_text(home_short(file))}; the path is copied")

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
        dialog = ConfirmDialog("Save as which view?", view.told, [*choices, Choice(_NO, "save nothing")])
        self._app.ask(dialog, answered)

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


def _pasted(path: Path) -> str:
    """What is pasted may be run: a path with a line break or the like is copied as a word of the shell."""
    text = str(path)
    return text if text.isprintable() else shell_word(text)
