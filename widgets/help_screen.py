"""All keys on one page."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from rich.cells import cell_len
from textual.app import ComposeResult
from textual.binding import Binding, BindingsMap, BindingType
from textual.containers import VerticalScroll
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import Static

from widgets.text import fit


@dataclass(frozen=True, slots=True)
class HelpRow:
    """`refused` says why the key does nothing now, "" when it works."""

    keys: str
    what: str
    refused: str = ""


@dataclass(frozen=True, slots=True)
class HelpGroup:
    title: str
    rows: tuple[HelpRow, ...]


class HelpScreen(ModalScreen[None]):
    DEFAULT_CSS = """
    HelpScreen {
        align: center middle;
        & > VerticalScroll {
            width: auto;
            max-width: 96%;
            height: auto;
            max-height: 96%;
            border: round $primary;
            border-title-color: $text;
            padding: 0 2;
            background: $surface;
        }
        & Static { width: auto; max-width: 100%; }
    }
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

    def compose(self) -> ComposeResult:
        with self._box:
            yield Static(self._page(), markup=False)

    def on_mount(self) -> None:
        self._box.focus()

    def action_scroll(self, lines: int) -> None:
        self._box.scroll_relative(y=lines, animate=False)

    def _page(self) -> Content:
        keys_width = max((cell_len(row.keys) for group in self._groups for row in group.rows), default=0)
        parts: list[Content | str | tuple[str, str]] = []
        for number, group in enumerate(self._groups):
            parts.append(("\n" if number else "", ""))
            parts.append((f"{group.title}\n", "bold $text-accent"))
            for row in group.rows:
                style = "dim" if row.refused else ""
                parts.append((f"{fit(row.keys, keys_width, 'right')}", style or "bold"))
                why = f"  ({row.refused})" if row.refused else ""
                parts.append((f"  {row.what}{why}\n", style))
        return Content.assemble(*parts).rstrip()
