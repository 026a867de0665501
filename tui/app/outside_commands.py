"""The actions that give the terminal to another program: git that asks, a shell, an editor, lazygit."""

import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from textwrap import fill
from typing import TypeVar

from tui.app import outside
from tui.app.command_group import CommandGroup
from tui.app.terminal import modes_kept
from tui.git.clean import clean_text
from tui.git.inspect import NOT_CLONED
from tui.git.login import log_in
from tui.view.board import BoardRow
from tui.view.lines import plural

_Result = TypeVar("_Result")


class OutsideCommands(CommandGroup):
    def login(self) -> None:
        """Git asks on the real terminal for one of them; what it learns serves all of that server."""
        target = next((row for row in self._app.targets() if row.needs_person and row.wants_login), None)
        # What the outcome names has its secrets masked.
        url = target and (target.repo.url or (target.trouble and target.trouble.url))
        if target is None or not url:
            return
        server = target.server
        place = server.removeprefix("https://")
        text = f"synctui: git asks {place} for {target.repo.id}; log in if it wants that, ctrl+c comes back"
        folder = target.repo.path if target.repo.path.is_dir() else Path.home()
        if self._outside(lambda: log_in(url, folder), text):
            rows = [row for row in self._app.desk.board.attention if row.wants_login and row.server == server]
            self._retry(rows)
            self._app.say(f"{place} let us in: {plural(len(rows), 'repo')} tried again")
        else:
            told = f"no login at {place}: it was refused, or broken off"
            self._app.keep(told)
            self._app.say(told, "warning")

    def shell(self) -> None:
        self._in_repo(outside.shell)

    def editor(self) -> None:
        self._in_repo(outside.editor)

    def lazygit(self) -> None:
        self._in_repo(outside.lazygit)

    def _in_repo(self, program: Callable[[], Sequence[str]]) -> None:
        target = self._first_target() or next(iter(self._app.targets()), None)  # on a heading, of one
        if target is None:
            return
        repo = target.repo
        if not repo.path.is_dir():
            self._app.say(self._no_folder(target), "warning")
            self._app.lookout.look_now(repo)
            return
        words = program()
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
        app = self._app
        with app.suspend(), app.bridge.standing_still(), modes_kept(), app.deaf_to_interrupts():
            # A terminal would break it in the middle of a word.
            width = app.size.width
            sys.stderr.write(fill(text, width, break_long_words=False, break_on_hyphens=False) + "\n")
            sys.stderr.flush()
            return run()
