"""What the actions do to the run."""

from collections.abc import Sequence
from concurrent.futures import Future

from tui.app.command_group import CommandGroup
from tui.app.detail_screen import DetailScreen
from tui.app.run_dialog import RunDialog
from tui.engine.slots import MAX_JOBS
from tui.engine.waiting import Way
from tui.store.paths import StateError
from tui.view.board import Stage
from tui.view.lines import plural
from widgets.dialogs import Choice

_YES, _NO = "y", "n"


class RunCommands(CommandGroup):
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
        self._run(self._app.desk.board.left, self._engine.start)

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
        self._run(self._take_targets(), self._engine.pick)

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
            self._app.refuse(f"{what}: {end} already")
        elif not self._app.main.shows_queue and queued[0] in after:
            self._app.say(f"{what}: now {after.index(queued[0]) + 1} of {len(after)} in the queue")

    def cancel_all(self) -> None:
        def answered(key: str | None) -> None:
            if key == _YES:
                self._engine.cancel_all()

        def choices() -> list[Choice]:
            yes = [] if self._engine.snapshot().idle else [Choice(_YES, "cancel everything")]
            return [*yes, Choice(_NO, "go on")]

        self._app.open(RunDialog("Cancel everything?", lambda: f"{self._what_runs()}.", choices), answered)

    def drain(self) -> None:
        now = self._engine.snapshot()
        self._engine.drain()
        self._app.say(f"{plural(now.queued + now.resting, 'repo')} taken out of the queue, and cancelled")

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
        was = self._engine.snapshot().limit
        self.change("jobs", max(1, min(MAX_JOBS, limit)))
        if isinstance(self._app.screen, DetailScreen):  # it shows no limit
            self._app.say(f"limit {was} → {self._engine.snapshot().limit}")

    def change(self, key: str, value: object | None) -> None:
        """Give a preference that value, None: its default, and have it count."""
        preferences = self._app.desk.session.preferences
        try:
            preferences.set(key, value)
        except StateError as error:
            self._app.say(f"not remembered: {error}", "warning")
        settings = preferences.settings
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
