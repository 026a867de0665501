"""All that is known of one repo's job: how it stands, what came, what git said."""

from collections.abc import Sequence
from typing import ClassVar

from rich.table import Table
from rich.text import Text
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import VerticalScroll
from textual.screen import Screen
from textual.widgets import Static

from tui.app import present
from tui.app.actions import Situation, hints
from tui.app.desk import Desk
from tui.git.arrived import Commit
from tui.git.clean import clean_text
from tui.git.gauge import Gauge, Progress
from tui.git.outcome import Outcome
from tui.git.repo import public_url
from tui.store.paths import StateError
from tui.view.board import BoardRow
from tui.view.lines import detail, duration, plural
from widgets.hint_bar import Hint, HintBar

_SHORT_ID = 7
_NO_URL = "none; the checkout's own remote"
_HINTS = ("cancel", "retry", "pick", "quit")


class _Page(VerticalScroll):
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("j", "scroll_down", "Down", show=False),
        Binding("k", "scroll_up", "Up", show=False),
        Binding("g", "scroll_home", "Top", show=False),
        Binding("G", "scroll_end", "End", show=False),
        Binding("ctrl+d", "page_down", "Page down", show=False),
        Binding("ctrl+u", "page_up", "Page up", show=False),
    ]


class DetailScreen(Screen[None]):
    def __init__(self, desk: Desk, repo_id: str) -> None:
        super().__init__()
        self._desk = desk
        self.repo_id = repo_id
        self._facts = Static(id="facts")
        self._commits = Static(id="commits")
        self._output = Static(id="output", markup=False)
        self._past = Static(id="past")
        self._hints = HintBar(id="hints")
        self._shown: object = None
        self._told: Sequence[str] = ()
        self._span: tuple[str, str] | None = None
        self._remembered: object = ()
        """The end up to which what is shown of the past goes."""

    @property
    def _row(self) -> BoardRow:
        return self._desk.board.rows[self.repo_id]

    def compose(self) -> ComposeResult:
        with _Page(id="page"):
            yield self._facts
            yield self._commits
            yield self._output
            yield self._past
        yield self._hints

    def on_mount(self) -> None:
        self._commits.display = self._output.display = self._past.display = False
        page = self.query_one(_Page)
        page.border_title = Text(self.repo_id)
        page.focus()
        self.paint()

    def highlighted(self) -> str | None:
        return self.repo_id

    def paint(self) -> None:
        if not self.is_mounted:
            return
        row, gauge = self._row, self._desk.source.gauge(self.repo_id)
        shown = (row.state, row.attempt, row.end, self._desk.looks.get(self.repo_id))
        if shown != self._shown or row.live:
            self._shown = shown
            self._facts.update(self._draw_facts(row, gauge))
        output = _output(gauge) or (row.outcome.output_tail if row.outcome else ())
        if output != self._told:
            self._told = output
            self._output.display = bool(output)
            heading = Text("output of git\n", "dim")
            self._output.update(heading.append("\n".join(output), "not dim"))
        self._show_commits(row.outcome)
        if self._remembered != row.end:
            self._remembered = row.end
            self.run_worker(self._recall, thread=True, group="past", exit_on_error=False)
        keys = self._desk.keys
        now = hints(Situation(self._desk.board, [row], keys, self._desk.player))
        of_job = [hint for hint in now if keys.action(hint.key) in _HINTS]
        copy = Hint(keys.first("copy"), "copy")
        self._hints.show([Hint("esc", "back"), *of_job, copy], keys.first("help"))

    def _draw_facts(self, row: BoardRow, gauge: Gauge | None) -> Table:
        repo, outcome = row.repo, row.outcome
        tone = present.tone_of(row.state)
        look = self._desk.looks.get(repo.id)
        took = duration(row.end.duration_ms) if row.end and row.ended else ""
        if row.live:
            took = duration((self._desk.clock.now() - row.started) * 1000)
        progress = gauge.progress if gauge and row.live else None
        facts = [
            ("state", f"{tone.glyph} {tone.word}"),
            ("attempt", str(gauge.attempt if gauge and row.live else row.attempt or "")),
            ("took", took),
            ("progress", _progress(progress) if progress else ""),
            ("path", clean_text(str(repo.path))),
            ("url", clean_text(public_url((outcome and outcome.url) or repo.url) or _NO_URL)),
            ("branch", (outcome and outcome.branch) or (look and look.status.branch) or ""),
        ]
        if outcome:
            facts += [
                ("before" if row.active else "result", detail(outcome)),
                ("advice", outcome.advice),
            ]
            facts += [
                (
                    "refs" if number == 0 else "",
                    f"{change.kind:8} {change.name}  {_span(change.old, change.new)}",
                )
                for number, change in enumerate(outcome.refs)
            ]
        if self._desk.player:
            facts.append(("replay", present.not_recorded(outcome)))
        table = Table.grid(padding=(0, 2))
        for label, value in facts:
            if value:
                table.add_row(Text(label, "dim"), Text(value, overflow="fold"))
        return table

    def _show_commits(self, outcome: Outcome | None) -> None:
        """Look for what arrived once for each span of commits; the look may take a while."""
        span = (outcome.old, outcome.new) if outcome and outcome.old and outcome.new else None
        if span == self._span:
            return
        self._span = span
        self._commits.display = False
        if span is not None and span[0] != span[1]:
            self.run_worker(lambda: self._look(*span), thread=True, group="arrived", exit_on_error=False)

    def _recall(self) -> None:
        try:
            rows = self._desk.session.history(self.repo_id)
        except StateError as error:
            rows = [(str(error),)]
        self.app.call_later(self._draw_past, rows)

    def _draw_past(self, rows: Sequence[tuple[str, ...]]) -> None:
        table = _table("history, newest first")
        for row in rows:
            table.add_row(*(Text(cell, overflow="fold") for cell in row))
        self._past.display = bool(rows)
        self._past.update(table)

    def _look(self, old: str, new: str) -> None:
        commits = self._desk.session.arrived(self._row.repo.path, old, new)
        self.app.call_later(self._draw_commits, commits)

    def _draw_commits(self, commits: Sequence[Commit]) -> None:
        table = _table(f"{plural(len(commits), 'commit')} arrived")
        for commit in commits:
            changed = f"{plural(commit.files, 'file')} +{commit.insertions} -{commit.deletions}"
            table.add_row(
                Text(commit.id[:_SHORT_ID], "dim"),
                Text(commit.author),
                Text(commit.subject),
                Text(changed, "dim", no_wrap=True),
            )
        self._commits.display = bool(commits)
        self._commits.update(table)

    def on_hint_bar_pressed(self, event: HintBar.Pressed) -> None:
        if name := self._desk.keys.action(event.key):
            self.app.call_later(self.run_action, f"app.act('{name}')")

    def do_clear(self) -> None:
        self.dismiss()


def _table(title: str) -> Table:
    table = Table.grid(padding=(0, 2))
    table.title = Text(title, "dim")
    table.title_justify = "left"
    return table


def _output(gauge: Gauge | None) -> Sequence[str]:
    """Its thread may add a line while it is read."""
    while gauge:
        try:
            return tuple(gauge.output)
        except RuntimeError:
            continue
    return ()


def _progress(progress: Progress) -> str:
    shown = present.phase(progress)
    return shown if progress.percent is None else f"{shown} {progress.percent} %"


def _span(old: str | None, new: str | None) -> str:
    return "..".join(commit[:_SHORT_ID] for commit in (old, new) if commit)
