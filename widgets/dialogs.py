"""Questions that a person answers before anything else."""

from collections.abc import Sequence
from typing import ClassVar

from msgspec import Struct
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.content import Content
from textual.events import Key
from textual.screen import ModalScreen
from textual.widgets import OptionList, Static
from textual.widgets.option_list import Option

_BOX_CSS = """
    align: center middle;
    & > #box {
        width: auto;
        min-width: 30;
        max-width: 90%;
        height: auto;
        max-height: 100%;
        border: round $primary;
        padding: 0 2;
        background: $surface;
    }
    & #heading { text-style: bold; width: auto; max-width: 100%; }
    & #body { width: auto; max-width: 100%; margin: 1 0; }
    & #note { color: $text-muted; width: auto; max-width: 100%; margin: 1 0 0 0; }
"""


class Choice(Struct, frozen=True):
    """`key` is the key that picks it and what the dialog returns."""

    key: str
    label: str


class ConfirmDialog(ModalScreen[str]):
    """Returns the key of a choice. The last choice is the safe one: it is selected first, and `esc` picks it."""

    DEFAULT_CSS = f"""
    ConfirmDialog {{
        {_BOX_CSS}
        & OptionList, & OptionList:focus {{
            width: auto;
            max-width: 100%;
            height: auto;
            border: none;
            padding: 0;
            background: $surface;
            background-tint: $foreground 0%;
        }}
    }}
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "safe", "Safe choice", show=False),
        Binding("left,up,k", "move(-1)", "Up", show=False),
        Binding("right,down,j", "move(1)", "Down", show=False),
    ]

    def __init__(self, title: str, body: str, choices: Sequence[Choice]) -> None:
        """`body` may be empty."""
        super().__init__()
        self._heading = Static(title, id="heading", markup=False)
        self._body = Static(body, id="body", markup=False)
        self._choices: tuple[Choice, ...] = ()
        self._list = OptionList(markup=False)
        self.offer(choices)

    def compose(self) -> ComposeResult:
        with Vertical(id="box"):
            yield self._heading
            yield self._body
            yield self._list

    def on_mount(self) -> None:
        self._list.focus()

    def on_key(self, event: Key) -> None:
        if self._take(event.key, event.character):
            event.stop()

    def on_option_list_option_selected(self, event: OptionList.OptionSelected) -> None:
        event.stop()
        self._take(event.option_id)

    def _take(self, *keys: str | None) -> bool:
        """Where one of them is offered: other choices may have come since it was pressed."""
        taken = next((choice.key for choice in self._choices if choice.key in keys), "")
        if taken:
            self.answer(taken)
        return bool(taken)

    def action_safe(self) -> None:
        self.answer(self._choices[-1].key)

    def answer(self, key: str) -> None:
        """The first answer is the only one: keys that came with it may have been on their way already."""
        if self.is_active:
            self.dismiss(key)

    def tell(self, body: str) -> None:
        """Another text above the choices."""
        if str(self._body.content) != body:
            self._body.update(body)

    def offer(self, choices: Sequence[Choice]) -> None:
        """These, in the place of those before."""
        if self._choices == tuple(choices):
            return
        self._choices = tuple(choices)
        self._list.set_options(
            Option(Content.assemble((choice.key, "bold"), f"  {choice.label}"), id=choice.key)
            for choice in choices
        )
        self._list.highlighted = len(choices) - 1

    def action_move(self, step: int) -> None:
        now = self._list.highlighted or 0
        self._list.highlighted = max(0, min(len(self._choices) - 1, now + step))
