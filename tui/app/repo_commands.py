"""What the actions do to the selected repo."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from tui.app.command_group import CommandGroup
from tui.app.detail_screen import DetailScreen
from tui.git.clean import pasted
from tui.view.advised import brief, commands, suggestion

if TYPE_CHECKING:
    from tui.app.app import SynctuiApp


class RepoCommands(CommandGroup):
    def __init__(self, app: "SynctuiApp") -> None:
        super().__init__(app)
        self._copied: tuple[Sequence[str], int] = (), 0
        """The commands of which one was copied last, and which."""

    def open_detail(self) -> None:
        """Of a group: fold or unfold it; of a note in the log: say the whole of it."""
        if self._app.on_heading():
            self._app.main.fold()
        elif target := self._first_target() or next(iter(self._app.targets()), None):
            self._app.open_detail(target.repo.id)
        elif note := self._app.note():
            self._app.say(note)

    def copy(self) -> None:
        """The selected text; else the error of the repo that has one, else its path."""
        if text := self._app.screen.get_selected_text():
            what = "the selected text"
        elif target := self._first_target():
            failed = target.needs_person and target.outcome
            text = failed.message if failed and failed.message else pasted(target.repo.path)
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
