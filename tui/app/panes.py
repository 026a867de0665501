"""The panes of the main screen: where each of them is, and which of them has the keys."""

from collections.abc import Callable, Sequence
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Container
from textual.events import DescendantFocus
from textual.geometry import Size
from textual.screen import Screen
from textual.widgets import Static

from widgets.filter_line import FilterLine
from widgets.hint_bar import HintBar
from widgets.line_table import LineTable, Sheet
from widgets.log_pane import LogPane
from widgets.slot_grid import SlotGrid
from widgets.status_pane import StatusPane

_NARROW, _TALL, _ROOMY, _HIGH = 120, 23, 30, 40

Pane = SlotGrid | LogPane | LineTable


class PaneScreen(Screen[None]):
    HORIZONTAL_BREAKPOINTS = [(0, "-narrow"), (_NARROW, "-wide")]  # noqa: RUF012  Textual types it as an instance's
    VERTICAL_BREAKPOINTS = [(0, "-short"), (_TALL, "-tall"), (_HIGH, "-high")]  # noqa: RUF012  as above
    AUTO_FOCUS = ""
    BINDINGS: ClassVar[list[BindingType]] = [
        # Textual's own would not reach a pane that a small screen does not show.
        Binding("tab", "app.act('next_pane')", show=False),
        Binding("shift+tab", "turn(-1)", show=False),
    ]

    def __init__(self, complete: Callable[[str], Sequence[str]]) -> None:
        """`complete` gives what a word of the filter can become."""
        # What has its classes before there is a widget is styled once.
        super().__init__(classes="-lists -plan")
        self._header = Static("synctui", id="header", markup=False)
        self._plan = Static("Reading the workspace…", id="plan", markup=False)
        self._slots = SlotGrid(id="slots")
        self._log = LogPane(empty="repos appear here as they end", id="log")
        self._status = StatusPane(id="status")
        self.table = LineTable(Sheet(()), id="lists")
        self._slots.border_title, self.table.border_title = "Slots", "Repos"
        self._filter = FilterLine("/", complete=complete, id="filter")
        self._hints = HintBar(id="hints")
        self._pane: Pane = self.table
        """The one that had the focus last."""

    def compose(self) -> ComposeResult:
        size = self.app.size
        for places, have in (
            (self.HORIZONTAL_BREAKPOINTS, size.width),
            (self.VERTICAL_BREAKPOINTS, size.height),
        ):
            self.add_class(max(place for place in places if have >= place[0])[1])
        yield self._header
        yield self._plan
        yield self._slots
        with Container(id="run"):
            yield self._log
            yield self._status
        yield self.table
        yield self._filter
        yield self._hints

    @property
    def is_short(self) -> bool:
        """There is room for the log or the lists, and not for both."""
        return self.app.size.height < _TALL

    @property
    def is_narrow(self) -> bool:
        """The state of the run has no room beside the log."""
        return self.app.size.width < _NARROW

    def make_room(self, size: Size) -> None:
        """What the panes take of a screen of that size."""
        short, narrow = size.height < _TALL, size.width < _NARROW
        rows = max(1, size.height // 2 - (1 if short else 2))
        # The log above the lists needs lines of its own.
        is_tight = not short and (narrow or size.height < _HIGH)
        self._slots.make_room(rows, rows * 2 // 3 if is_tight else rows)
        self._status.compact = (3 if size.height >= _ROOMY else 1) if narrow else 0

    def on_descendant_focus(self, event: DescendantFocus) -> None:
        if isinstance(event.widget, SlotGrid | LogPane | LineTable):
            self._take_focus(event.widget)

    def do_next_pane(self) -> None:
        self.action_turn(1)

    def action_turn(self, step: int) -> None:
        panes = self._panes()
        here = panes.index(self._pane) if self._pane in panes else 0
        self._to(panes[(here + step) % len(panes)])

    def _panes(self) -> list[Pane]:
        plan = self.has_class("-plan")
        # The plan has the place of the log, and on a small screen that of the slots.
        slots = [] if self.has_class("-zoom") or (plan and self.has_class("-short")) else [self._slots]
        return [*slots, *([] if plan else [self._log]), self.table]

    def _to(self, pane: Pane) -> None:
        self._take_focus(pane)  # first: what is hidden takes none
        self.set_focus(pane)

    def _take_focus(self, pane: Pane) -> None:
        """Of the log and the lists one is the higher, or alone on a small screen: the one that had it last."""
        self._pane = pane
        if pane is not self._slots:
            self.set_class(pane is self.table, "-lists")

    def do_zoom(self) -> None:
        if self._pane is self._slots:
            self._to(self.table)
        self.toggle_class("-zoom")
