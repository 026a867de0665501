"""What the commands of every kind need."""

from collections.abc import Callable, Sequence
from concurrent.futures import Future
from typing import TYPE_CHECKING

from tui.engine.plan import known_end
from tui.git.repo import Repo
from tui.store.paths import StateError
from tui.view.board import BoardRow
from tui.view.lines import not_run, plural

if TYPE_CHECKING:
    from tui.app.app import SynctuiApp


class CommandGroup:
    """A method for each action that does not belong to one screen alone, of the same name.

    They are called after the action's own `refuse` found nothing against it.
    """

    def __init__(self, app: "SynctuiApp") -> None:
        self._app = app
        self._engine = app.desk.engine
        self._keys = app.desk.keys

    def _take_targets(self) -> Sequence[BoardRow]:
        """The targets; what was marked is marked no longer."""
        targets = self._app.targets()
        self._app.desk.marks.clear()
        return targets

    def _what_runs(self) -> str:
        now = self._engine.snapshot()
        if now.idle:
            return "Nothing runs any more"
        parts = [f"{plural(now.running + now.picked, 'job')} running"]
        parts += [f"{now.resting} waiting to try again"] if now.resting else []
        parts += [f"{now.queued} queued"] if now.queued else []
        return ", ".join(parts)

    def _first_target(self) -> BoardRow | None:
        highlighted = self._app.highlighted()
        return self._app.desk.board.rows.get(highlighted) if highlighted else None

    def _retry(self, rows: Sequence[BoardRow]) -> None:
        self._run(rows, self._engine.retry)

    def _run(self, rows: Sequence[BoardRow], command: Callable[[list[Repo]], None]) -> None:
        """Give the command those that may be run; how many may not, and why, is said."""
        left_out = [(row.repo, end) for row in rows if (end := known_end(row.repo))]
        if left_out:
            self._app.say(not_run(left_out), "warning")
        if repos := [row.repo for row in rows if not known_end(row.repo)]:
            self._submit(lambda: command(repos))

    def _submit(self, command: Callable[[], None]) -> None:
        """A run that begins is recorded first."""

        def begun(answer: Future[None]) -> None:
            try:
                answer.result()
            except StateError as error:  # nothing was begun
                self._app.say(str(error), "error")

        self._app.bridge.write(command, begun)
