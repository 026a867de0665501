"""All that is known of one repo: how it stands, what is in its way, what came, what git says, what was before."""

from collections.abc import Sequence
from pathlib import Path
from typing import ClassVar

from rich.console import RenderableType
from rich.style import Style
from rich.text import Text
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import VerticalScroll
from textual.screen import Screen
from textual.widgets import Static

from tui.app import detail_parts as parts
from tui.app.desk import Desk
from tui.app.footer import UNDER_A_DIALOG, detail_hints, last_hints
from tui.git.arrived import Commit
from tui.git.gauge import Gauge
from tui.store.paths import StateError
from tui.view.arrivals import Spans
from tui.view.board import BoardRow
from widgets.hint_bar import Hint, HintBar
from widgets.ink import SteadyStyle
from widgets.tone import TONE_CLASSES, Tone, tone_css

_SECTIONS = ("facts", "trouble", "commits", "refs", "copy", "past")


class _Page(VerticalScroll):
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("j", "scroll_down", "Down", show=False),
        Binding("k", "scroll_up", "Up", show=False),
        Binding("g", "scroll_home", "Top", show=False),
        Binding("G", "scroll_end", "End", show=False),
        Binding("ctrl+d", "page_down", "Page down", show=False),
        Binding("ctrl+u", "page_up", "Page up", show=False),
    ]


class DetailScreen(SteadyStyle, Screen[None]):
    COMPONENT_CLASSES: ClassVar[set[str]] = {*TONE_CLASSES}
    DEFAULT_CSS = tone_css("DetailScreen")

    def __init__(self, desk: Desk, repo_id: str) -> None:
        super().__init__()
        self._desk = desk
        self.repo_id = repo_id
        self._page = _Page(id="page")
        self._sections = {name: Static(id=name, classes="section") for name in _SECTIONS}
        self._said = _Page(id="said")
        self._output = Static(id="output", markup=False)
        self._hints = HintBar(id="hints")
        self._forget()

    def _forget(self) -> None:
        """What is drawn is that of no repo yet."""
        self._shown: object = None
        self._told: Sequence[str] | None = None
        self._spans: Spans = ()
        self._commits: Sequence[Commit] = ()
        self._remembered: object = ()
        """The end up to which what is shown of the past goes."""
        self._past: Sequence[tuple[str, ...]] = ()

    @property
    def _row(self) -> BoardRow:
        return self._desk.board.rows[self.repo_id]

    def compose(self) -> ComposeResult:
        with self._page:
            yield from self._sections.values()
        with self._said:
            yield self._output
        yield self._hints

    def on_mount(self) -> None:
        self._said.anchor()
        self._page.focus()
        self.show(self.repo_id)

    def on_screen_suspend(self) -> None:
        self.paint()

    def on_screen_resume(self) -> None:
        self.paint()

    def show(self, repo_id: str) -> None:
        """Another repo, from its top."""
        self.repo_id = repo_id
        self._forget()
        for section in self._sections.values():
            section.display = False
        self._page.border_title = Text(repo_id)
        self._page.scroll_home(animate=False)
        self.paint()

    def highlighted(self) -> str | None:
        return self.repo_id

    def selected(self) -> Sequence[str]:
        return [self.repo_id]

    def paint(self) -> None:
        if not self.is_mounted:
            return
        desk, row, gauge = self._desk, self._row, self._desk.source.gauge(self.repo_id)
        look = desk.looks.get(self.repo_id)
        shown = (row.state, row.attempt, row.end, row.acknowledged, look, desk.looked_at.get(self.repo_id))
        if shown != self._shown:
            self._shown = shown
            self._draw("trouble", parts.trouble(row, desk))
            self._draw("refs", parts.refs(row))
            self._draw("copy", parts.working_copy(row, look, recorded=desk.player is not None))
            self._draw("facts", parts.facts(row, gauge, desk, self._colour))
            self._draw("past", parts.past(self._past, self._colour))
            self._draw_commits(self._spans, self._commits)
        elif row.live:
            self._draw("facts", parts.facts(row, gauge, desk, self._colour))
        self._show_output(row, gauge)
        self._show_commits()
        if self._remembered != row.end:
            self._remembered = row.end
            self.run_worker(self._recall, thread=True, group="past", exit_on_error=False)
        if not self.is_active:
            self._hints.show(UNDER_A_DIALOG)
            return
        now = desk.situation([row], in_detail=True)
        here = detail_hints(now, in_the_way=parts.is_in_the_way(row, look))
        self._hints.show([Hint("esc", "back"), *here], *last_hints(desk.keys))

    def notify_style_update(self) -> None:
        super().notify_style_update()
        self._shown = None  # in the colours of before

    def _colour(self, tone: Tone) -> Style:
        """None without colours, where red would become a grey weaker than the text."""
        return Style() if self.app.no_color else self.ink(tone.css_class)

    def _draw(self, name: str, content: RenderableType | None) -> None:
        section = self._sections[name]
        section.display = content is not None
        section.update(content or "")

    def _show_output(self, row: BoardRow, gauge: Gauge | None) -> None:
        """It follows the end as long as it has not been scrolled up."""
        output = _output(gauge) or (row.outcome.output_tail if row.outcome and not row.live else ())
        if output != self._told:
            self._told = output
            self._output.update(Text("\n".join(output)))
        self._said.display = row.live or bool(output)
        away = self._said.max_scroll_y > round(self._said.scroll_y)
        title = "output of git" + (" of the attempt before" if row.active and not row.live else "")
        title += ", scrolled up: G follows again" if row.live and away else ""
        if str(self._said.border_title) != title:
            self._said.border_title = title

    def _show_commits(self) -> None:
        """Look for what arrived once for each span of commits; the look may take a while."""
        arrival = self._desk.arrived.get(self.repo_id)
        spans = arrival.spans if arrival else ()
        if spans == self._spans:
            return
        self._spans, self._commits = spans, ()
        self._draw("commits", None)
        if spans:
            path = self._row.repo.path
            self.run_worker(
                lambda: self._look(path, spans), thread=True, group="arrived", exit_on_error=False
            )

    def _look(self, path: Path, spans: Spans) -> None:
        commits = [one for old, new in reversed(spans) for one in self._desk.session.arrived(path, old, new)]
        self.app.call_later(self._draw_commits, spans, commits)

    def _draw_commits(self, spans: Spans, commits: Sequence[Commit]) -> None:
        arrival = self._desk.arrived.get(self.repo_id)
        if spans == self._spans and arrival:
            self._commits = commits
            look = self._desk.looks.get(self.repo_id)
            is_merged = bool(arrival.taken) or (look is not None and look.status.behind == 0)
            self._draw("commits", parts.commits(commits, is_merged=is_merged))

    def _recall(self) -> None:
        repo_id = self.repo_id
        try:
            rows = self._desk.session.history(repo_id)
        except StateError as error:
            rows = [(str(error),)]
        self.app.call_later(self._draw_past, repo_id, rows)

    def _draw_past(self, repo_id: str, rows: Sequence[tuple[str, ...]]) -> None:
        if repo_id == self.repo_id:
            self._past = rows
            self._draw("past", parts.past(rows, self._colour))

    def on_hint_bar_pressed(self, event: HintBar.Pressed) -> None:
        if name := self._desk.keys.action(event.key):
            self.app.call_later(self.run_action, f"app.act('{name}')")

    def do_clear(self) -> None:
        self.dismiss()


def _output(gauge: Gauge | None) -> Sequence[str]:
    """Its thread may add a line while it is read."""
    while gauge:
        try:
            return tuple(gauge.output)
        except RuntimeError:
            continue
    return ()
