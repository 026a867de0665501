"""Which rows the lists show, and in which order."""

from collections.abc import Collection, Sequence

from msgspec import structs
from rich.cells import cell_len

from tui.app import lists
from tui.app.attention import attention_rows, repo_row
from tui.app.desk import Desk
from tui.app.repo_list import SORTS, RepoList, comes_descending
from tui.app.views import View
from tui.engine.completion import Completer
from tui.engine.selection import FLAG_WORDS
from tui.git.outcome import State
from tui.view.board import BoardRow, Stage
from tui.view.finding import find
from widgets.line_table import LineTable, TableRow

_STATES = (Stage.QUEUED, Stage.RUNNING, Stage.RETRYING, Stage.STOPPING, *State)
"""What a filter can ask for: on a screen there are also those that have not ended."""


class Listing:
    def __init__(self, desk: Desk) -> None:
        self.view = View()
        self._typing = False
        self.completer = Completer(desk.session.repos, _STATES)
        self._desk = desk
        self._repos = RepoList(desk)

    def filter_by(self, words: str, *, typing: bool = False) -> None:
        self.view = structs.replace(self.view, words=words)
        self._typing = typing

    def sort_by(self, column: str) -> None:
        """That of the order that stands already: the other way round."""
        view = self.view
        descending = not view.descending if column == view.sort else comes_descending(column)
        self.view = structs.replace(view, sort=column, descending=descending)

    def sort_by_next(self) -> None:
        place = SORTS.index(self.view.sort) + 1
        self.sort_by(SORTS[place % len(SORTS)])

    def reverse(self) -> None:
        self.sort_by(self.view.sort or "repo")

    def take(self, view: View) -> None:
        """One that was saved; its order may be of a version that had others."""
        self.view = view if view.sort in SORTS else structs.replace(view, sort="", descending=False)

    def show_in(self, table: LineTable, folded: Collection[str]) -> str:
        """The rows of the tab of the view; what is wrong with the words, else how many of its repos they mean."""
        desk, view, wrong = self._desk, self.view, ""
        rows: Sequence[BoardRow] = list(desk.board.rows.values())
        shown = rows
        if view.words or view.tab == "repos":
            self._repos.look()
        if view.words:
            shown, wrong = find(rows, view.words, self._repos.facts, self.completer, typing=self._typing)
        table.sheet.empty = wrong or self._empty()
        match view.tab:
            case "queue":
                by_id = {row.repo.id: row for row in shown}
                retrying = {row.repo.id: 0 for row in shown if row.state is Stage.RETRYING}
                places = {one: at for at, one in enumerate(desk.source.queue(), 1) if one in by_id}
                queue = list((retrying | places).items())
                shown = [by_id[repo_id] for repo_id, _ in queue]
                table.show_lazily(
                    [repo_id for repo_id, _ in queue],
                    lambda at: lists.queue_row(shown[at], queue[at][1], desk.marks),
                )
            case "attention":
                shown = [row for row in shown if row.troubled]
                longest = max((cell_len(row.repo.id) for row in shown), default=0)
                table.show_columns(lists.attention_columns(longest))
                told = attention_rows(shown, desk, table.size.width, folded)
                headings = {at: row for at, row in enumerate(told) if isinstance(row, TableRow)}
                repos = {at: row for at, row in enumerate(told) if isinstance(row, BoardRow)}
                table.show_lazily(
                    [row.key if isinstance(row, TableRow) else row.repo.id for row in told],
                    lambda at: headings[at] if at in headings else repo_row(repos[at], desk),
                    headings.keys(),
                )
            case "arrived":
                shown = [row for row in shown if row.repo.id in desk.arrived]
                table.show(lists.arrived_rows(desk, {row.repo.id for row in shown}))
            case _:
                table.show_order(view.sort, descending=view.descending)
                shown = self._repos.in_order(shown, view.sort, descending=view.descending)
                table.show_lazily([row.repo.id for row in shown], lambda at: self._repos.row(shown[at]))
        of = lists.counts(desk)[view.tab]
        so_far = "so far " if self._waits_for_looks() else ""
        return wrong or f"{len(shown)} of {of} {so_far}" if view.words else ""

    def _waits_for_looks(self) -> bool:
        """What is sought is known only of a repo that has been looked at."""
        desk, words = self._desk, {word.removeprefix("-") for word in self.view.words.split()}
        return not words.isdisjoint(FLAG_WORDS) and len(desk.looks) < len(desk.board.rows)

    def _empty(self) -> str:
        """What stands in place of rows."""
        desk, tab, words = self._desk, self.view.tab, self.view.words
        among = f" among the repos of `{words}`" if words else ""
        match tab:
            case "queue":
                return f"nothing is queued{among}"
            case "attention":
                so_far = " so far" if self._desk.board.active else ""
                return f"nothing needs attention{so_far}{among}"
            case "arrived":
                return f"nothing has arrived {lists.arrived_when(desk)}{among}"
            case _:
                none = "the recording names no repo" if desk.player else "no repo"
                return "no repo matches" if desk.board.rows else none
