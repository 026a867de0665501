"""Lists of many rows that change while a person reads them."""

from collections.abc import Sequence
from dataclasses import dataclass

from textual.message import Message
from textual.scroll_view import ScrollView

from widgets.text import Align
from widgets.tone import Tone

Cell = str | tuple[str, Tone | None]


@dataclass(frozen=True, slots=True)
class Column:
    """`width` is in cells; None shares what the others leave."""

    key: str
    title: str
    width: int | None = None
    align: Align = "left"


@dataclass(frozen=True, slots=True)
class TableRow:
    """A row; a group row heads the rows below it, shows its first cell alone and cannot be selected."""

    key: str
    cells: tuple[Cell, ...]
    marked: bool = False
    group: bool = False


class LineTable(ScrollView, can_focus=True):
    @dataclass
    class Highlighted(Message):
        key: str
        control: "LineTable"

    @dataclass
    class Opened(Message):
        key: str
        control: "LineTable"

    def __init__(self, columns: Sequence[Column], *, empty: str = "", id: str | None = None) -> None:  # noqa: A002 - Textual's name
        super().__init__(id=id)
        self.columns = tuple(columns)
        self.empty = empty
        self.rows: Sequence[TableRow] = ()

    @property
    def highlighted(self) -> str | None:
        """The key of the row under the cursor, None when there is none."""
        return None

    def show(self, rows: Sequence[TableRow]) -> None:
        """Replaces the rows; the cursor stays on its key and the view on its lines."""

    def highlight(self, key: str) -> None:
        """Moves the cursor to the row of that key, if there is one."""
