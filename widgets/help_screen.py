"""All keys on one page."""

from collections.abc import Sequence
from itertools import zip_longest
from textwrap import wrap
from typing import ClassVar

from msgspec import Struct
from rich.cells import cell_len
from textual.app import ComposeResult
from textual.binding import Binding, BindingsMap, BindingType
from textual.containers import VerticalScroll
from textual.content import Content
from textual.events import Click, Resize
from textual.screen import ModalScreen
from textual.widgets import Static

from widgets.text import fit

_SHARE = 96
"""Percent of the screen that the page takes at most."""
_BESIDE_TEXT = 2 + 4 + 2 + 1
"""Cells of the border, the padding, the scrollbar and a blank before it."""
_COLUMN, _GUTTER = 66, 4
"""Cells that a column has at least where there are two, and those between them."""


class HelpRow(Struct, frozen=True):
    """`refused` says why the key does nothing now, "" when it works."""

    keys: str
    what: str
    refused: str = ""


class HelpGroup(Struct, frozen=True):
    title: str
    rows: tuple[HelpRow, ...]


class HelpScreen(ModalScreen[None]):
    DEFAULT_CSS = f"""
    HelpScreen {{
        align: center middle;
        & > VerticalScroll {{
            width: auto;
            max-width: {_SHARE}%;
            height: auto;
            max-height: {_SHARE}%;
            border: round $primary;
            border-title-color: $text;
            padding: 0 2;
            background: $surface;
        }}
        & Static {{ width: auto; max-width: 100%; padding: 0 1 0 0; }}
    }}
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,q,question_mark,f1", "dismiss(None)", "Close", show=False),
        Binding("up,k", "scroll(-1)", "Up", show=False),
        Binding("down,j", "scroll(1)", "Down", show=False),
        Binding("ctrl+u", "scroll(-10)", "Up", show=False),
        Binding("ctrl+d", "scroll(10)", "Down", show=False),
        Binding("g", "scroll(-10000)", "Top", show=False),
        Binding("G", "scroll(10000)", "End", show=False),
    ]

    def __init__(self, title: str, groups: Sequence[HelpGroup], keys: Sequence[str] = ()) -> None:
        """`keys` close it as well."""
        super().__init__()
        closing = BindingsMap(Binding(key, "dismiss(None)", show=False) for key in keys)
        self._bindings = BindingsMap.merge([self._bindings, closing])
        self._box = VerticalScroll()
        self._box.border_title = Content(f"{title} · esc closes")
        self._groups = tuple(groups)
        self._text = Static(markup=False)

    def compose(self) -> ComposeResult:
        with self._box:
            yield self._text

    def on_mount(self) -> None:
        self._box.focus()

    def on_resize(self, event: Resize) -> None:
        self._text.update(self._page(event.size.width * _SHARE // 100 - _BESIDE_TEXT))

    def on_click(self, event: Click) -> None:
        if event.widget is self:  # beside the page
            self.dismiss()

    def action_scroll(self, lines: int) -> None:
        self._box.scroll_relative(y=lines, animate=False)

    def _page(self, width: int) -> Content:
        """In two columns where there is room for them, the groups in their order."""
        if width < 2 * _COLUMN + _GUTTER:
            return Content("\n").join(
                _below_one_another([self._lines(group, width) for group in self._groups])
            )
        column = (width - _GUTTER) // 2
        groups = [self._lines(group, column) for group in self._groups]
        pages = [
            (_below_one_another(groups[:cut]), _below_one_another(groups[cut:]))
            for cut in range(1, len(groups) + 1)
        ]
        left, right = min(pages, key=lambda page: max(map(len, page)))
        beside = max((line.cell_length for line in left), default=0) + _GUTTER
        lines = [
            Content.assemble(one.pad_right(beside - one.cell_length), other)
            for one, other in zip_longest(left, right, fillvalue=Content())
        ]
        return Content("\n").join(line.rstrip() for line in lines)

    def _lines(self, group: HelpGroup, width: int) -> list[Content]:
        keys_width = max((cell_len(row.keys) for group in self._groups for row in group.rows), default=0)
        lines = [Content.styled(group.title, "bold $text-accent")]
        for row in group.rows:
            style = "dim" if row.refused else ""
            why = f"  ({row.refused})" if row.refused else ""
            keys = fit(row.keys, keys_width, "right")
            for text in wrap(f"{row.what}{why}", max(1, width - keys_width - 2)):
                lines.append(Content.assemble((keys, style or "bold"), (f"  {text}", style)))
                keys = " " * keys_width
        return lines


def _below_one_another(groups: Sequence[Sequence[Content]]) -> list[Content]:
    """Their lines, a blank one between two."""
    lines = [line for group in groups for line in (Content(), *group)]
    return lines[1:]
