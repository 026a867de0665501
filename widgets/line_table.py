"""Lists of many rows that change while a person reads them."""

from collections.abc import Callable, Collection, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import ClassVar

from msgspec import Struct
from rich.cells import cell_len
from rich.segment import Segment
from textual.events import Click
from textual.message import Message
from textual.strip import Strip

from widgets.line_pane import LinePane
from widgets.text import Align, cut_middle, fit
from widgets.tone import Tone

Cell = str | tuple[str, Tone | None]

_GAP = "  "
_PREFIX_WIDTH = 3


class Column(Struct, frozen=True):
    """`width` is in cells; None shares what the others leave, and is left out where that is less than `least`."""

    key: str
    title: str
    width: int | None = None
    align: Align = "left"
    spare: int = 0
    """Columns with a low one find room first; of equal ones the first."""
    least: int = 12
    most: int = 0
    """Of a column with a width: up to this it takes half of what the others leave, or all that none shares."""
    gives: int = 0
    """Cells that it goes without where with them the first column that is spare, or one that is not, finds room."""
    cut_middle: bool = False
    """Of a text that is too long the end is kept, too."""

    @property
    def needed(self) -> int:
        return self.least if self.width is None else self.width

    def fit(self, text: str, width: int) -> str:
        return fit(cut_middle(text, width) if self.cut_middle else text, width, self.align)


class TableRow(Struct, frozen=True):
    """A row. A group row heads the rows below it: its first cell, and the first of the others that finds room whole."""

    key: str
    cells: tuple[Cell, ...]
    marked: bool = False
    group: bool = False
    members: tuple[str, ...] = ()
    """Keys of the rows that a group row stands for, shown or not; without any it cannot be selected."""


class Sheet:
    """One list of a table: its columns and its rows. `empty` is shown in place of rows when there are none."""

    def __init__(self, columns: Sequence[Column], *, empty: str = "") -> None:
        self.columns = tuple(columns)
        self.empty = empty
        self.keys: Sequence[str] = ()
        self.make: Callable[[int], TableRow] = ().__getitem__
        self.groups: Collection[int] = frozenset()
        self.made: dict[int, TableRow] = {}
        """What has been made of the rows since they were replaced."""
        self.sorted: tuple[str, bool] = ("", False)
        self.widths: tuple[int, tuple[int | None, ...]] = (-1, ())
        self.cursor = -1
        self.top = 0


class LineTable(LinePane):
    """A table; columns that find no room are left out."""

    @dataclass
    class HeadPressed(Message):
        """The head of a column was clicked."""

        column: str

    HEADER_LINES: ClassVar[int] = 1

    def __init__(self, sheet: Sheet, *, id: str | None = None) -> None:  # noqa: A002 - Textual's name
        super().__init__(id=id)
        self._sheet = sheet

    @property
    def keys_in_view(self) -> Sequence[str]:
        top = round(self.scroll_y)
        return self._sheet.keys[top : top + self.page_height]

    @property
    def sheet(self) -> Sheet:
        """The one that is shown; the others keep their rows, their cursor and their place."""
        return self._sheet

    @sheet.setter
    def sheet(self, sheet: Sheet) -> None:
        if sheet is self._sheet:
            return
        self._sheet.cursor, self._sheet.top = self._cursor, round(self.scroll_y)
        self._sheet, self._cursor = sheet, sheet.cursor
        self.resize_lines()
        self.jump_to(sheet.top)
        self.refresh()

    @property
    def keys(self) -> Sequence[str]:
        """Of all rows, in their order; a heading has one, too."""
        return self._sheet.keys

    @property
    def rows(self) -> list[TableRow]:
        return [self.row(index) for index in range(len(self.keys))]

    def row(self, index: int) -> TableRow:
        made = self._sheet.made.get(index)
        if made is None:
            made = self._sheet.made[index] = self._sheet.make(index)
        return made

    def show(self, rows: Sequence[TableRow]) -> None:
        groups = {index for index, row in enumerate(rows) if row.group}
        self.show_lazily([row.key for row in rows], rows.__getitem__, groups)

    def show_lazily(
        self, keys: Sequence[str], make: Callable[[int], TableRow], groups: Collection[int] = frozenset()
    ) -> None:
        """Replaces the rows; the cursor stays on its key and the view on its lines.

        `make` gives a row by its index when it comes into view; `groups` are the indices of the group rows.
        """
        sheet = self._sheet
        before, made = sheet.keys, sheet.made
        cursor, top = self._cursor, round(self.scroll_y)
        key = before[cursor] if 0 <= cursor < len(before) else None
        sheet.keys, sheet.make, sheet.groups, sheet.made = keys, make, groups, {}
        self._cursor = self._find(key, cursor)
        self.resize_lines()
        visible = top <= cursor < top + self.page_height
        if top and visible and cursor != self._cursor:
            self.jump_to(max(0, top + self._cursor - cursor))
        elif visible or cursor < 0 <= self._cursor:
            self.reveal(self._cursor)
        if len(before) != len(keys) or round(self.scroll_y) != top or cursor != self._cursor:
            self.refresh()
        else:
            for index in range(top, min(top + self.page_height, len(keys))):
                if made.get(index) != self.row(index):
                    self.refresh_index(index)

    def show_columns(self, columns: Sequence[Column]) -> None:
        if tuple(columns) != self._sheet.columns:
            self._sheet.columns = tuple(columns)
            self._sheet.widths = (-1, ())
            self.refresh()

    def show_order(self, column: str, *, descending: bool) -> None:
        """Marks the column by which the rows stand, which finds room before those that are spare; "" for none."""
        if (column, descending) != self._sheet.sorted:
            self._sheet.sorted = (column, descending)
            self._sheet.widths = (-1, ())
            self.refresh()

    @property
    def heading(self) -> TableRow | None:
        """The group row under the cursor."""
        return self.row(self._cursor) if self._cursor in self._sheet.groups else None

    def highlight(self, key: str) -> None:
        """Moves the cursor to the row of that key, if there is one."""
        index = self._index_of(key)
        if index is not None:
            self.move_cursor(index)

    def begin_anew(self) -> None:
        """With the rows that are shown next the cursor is on the first one that is no heading."""
        self._cursor = -1
        self.jump_to(0)

    def line_count(self) -> int:
        return len(self.keys)

    def key_at(self, index: int) -> str:
        return "" if index in self._sheet.groups else self.keys[index]

    def selectable(self, index: int) -> bool:
        return index not in self._sheet.groups or bool(self.row(index).members)

    def action_open(self) -> None:
        if heading := self.heading:
            self.post_message(self.Opened(heading.key))
        else:
            super().action_open()

    def empty_text(self) -> str:
        return self._sheet.empty

    def draw(self, index: int, width: int) -> Strip:
        row = self.row(index)
        if row.group:
            return self._draw_group(row, width)
        mark = Segment(" ● " if row.marked else "   ", self.ink("line-pane--cursor-sign"))
        return self._line([_parts(cell) for cell in row.cells], mark, width)

    def _draw_group(self, row: TableRow, width: int) -> Strip:
        text, tone = _parts(row.cells[0])
        style = self.ink("line-pane--heading") if tone is None else self.tone_ink(tone)
        rest = width - cell_len(f" {text}")
        wanted = (f"   {_parts(cell)[0]}" for cell in row.cells[1:])
        more = next((one for one in wanted if cell_len(one) <= rest), None)
        if more is None:
            return Strip([Segment(fit(f" {text}", width), style)], width)
        return Strip(
            [Segment(f" {text}", style), Segment(fit(more, rest), self.ink("line-pane--muted"))], width
        )

    def draw_header(self, width: int) -> Strip:
        heading = self.ink("line-pane--heading")
        by, descending = self._sheet.sorted
        segments = [Segment("   ")]
        for column, cell_width in zip(self._sheet.columns, self._column_widths(width), strict=True):
            if cell_width is not None:
                # The mark may take a cell of the gap, so that the title keeps its place and is whole.
                mark = ("▼" if descending else "▲") if column.key == by else ""
                room = cell_width + len(mark)
                segments.append(Segment(fit(f"{column.title}{mark}", room, column.align), heading))
                segments.append(Segment(_GAP[len(mark) :]))
        return Strip(segments).adjust_cell_length(width)

    def on_click(self, event: Click) -> None:
        offset = event.get_content_offset(self)
        if offset is None or offset.y >= self.HEADER_LINES:
            return
        left = _PREFIX_WIDTH
        for column, width in zip(
            self._sheet.columns, self._column_widths(self.scrollable_content_region.width), strict=True
        ):
            if width is not None:
                if left <= offset.x < left + width + 1:
                    self.post_message(self.HeadPressed(column.key))
                left += width + len(_GAP)

    def _line(self, cells: list[tuple[str, Tone | None]], prefix: Segment, width: int) -> Strip:
        segments = [prefix]
        for (text, tone), column, cell_width in zip(
            cells, self._sheet.columns, self._column_widths(width), strict=True
        ):
            if cell_width is None:
                continue
            segments.append(Segment(column.fit(text, cell_width), self.tone_ink(tone)))
            segments.append(Segment(_GAP))
        return Strip(segments).adjust_cell_length(width)

    def _column_widths(self, width: int) -> tuple[int | None, ...]:
        """The width of each column; None for one that finds no room."""
        if self._sheet.widths[0] == width:
            return self._sheet.widths[1]
        rest = width - _PREFIX_WIDTH - 1 + len(_GAP)
        columns, by = self._sheet.columns, self._sheet.sorted[0]
        order = sorted(columns, key=lambda column: (column.spare and column.key != by, column.spare))
        given = self._given(order, rest)
        shown: list[Column] = []
        for column in order:
            needed = column.needed - given[column.key] + len(_GAP)
            if not shown or needed <= rest:
                shown.append(column)
                rest -= needed
        rest = max(0, rest)
        flexible = sum(column.width is None for column in shown)
        widths: list[int | None] = []
        for column in self._sheet.columns:
            if column not in shown:
                widths.append(None)
            elif column.width is None:
                share = rest // flexible
                flexible -= 1
                rest -= share
                widths.append(column.least + share)
            else:
                least = column.width - given[column.key]
                more = max(0, min(column.most - least, rest // 2 if flexible else rest))
                rest -= more
                widths.append(least + more)
        self._sheet.widths = (width, tuple(widths))
        return self._sheet.widths[1]

    def _given(self, order: Sequence[Column], rest: int) -> dict[str, int]:
        """What each column goes without, with `rest` cells for those of that order."""
        wanted = sum(not column.spare for column in order)
        for count in (wanted + 1, wanted):
            over = max(0, sum(column.needed + len(_GAP) for column in order[:count]) - rest)
            given = {column.key: min(column.gives, over) for column in order}
            if over <= max(given.values(), default=0):
                break
        return given

    def _find(self, key: str | None, index: int) -> int:
        if 0 <= index < len(self.keys) and self.keys[index] == key and self.selectable(index):
            return index
        if key is not None and (found := self._index_of(key)) is not None:
            return found
        # Whoever was on a row has not asked for a whole group.
        if len(self._sheet.groups) < len(self.keys):
            here = max(0, min(index, len(self.keys) - 1))
            after = (found for found in range(here, len(self.keys)) if found not in self._sheet.groups)
            before = (found for found in range(here, -1, -1) if found not in self._sheet.groups)
            found = next(after, None)
            return next(before) if found is None else found
        nearest = self._nearest(index, 1)
        return -1 if nearest is None else nearest

    def _index_of(self, key: str) -> int | None:
        """Of the row of that key that is can be selected."""
        found = -1
        with suppress(ValueError):
            while True:
                found = self.keys.index(key, found + 1)
                if self.selectable(found):
                    return found
        return None


def _parts(cell: Cell) -> tuple[str, Tone | None]:
    return (cell, None) if isinstance(cell, str) else cell
