"""The line in which a person types a filter or a search."""

from dataclasses import dataclass
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.message import Message
from textual.widget import Widget
from textual.widgets import Input, Static


class FilterLine(Widget):
    """Hidden until `open`; `enter` submits the text and leaves it standing, `esc` clears the text and hides the line."""

    DEFAULT_CSS = """
    FilterLine {
        layout: horizontal;
        height: 1;
        display: none;
        background: $panel;
        & > Static { width: auto; padding: 0 1; color: $text-muted; }
        & > Input { width: 1fr; height: 1; border: none; padding: 0; background: $panel; }
    }
    """
    BINDINGS: ClassVar[list[BindingType]] = [Binding("escape", "cancel", "Clear", show=False)]

    @dataclass
    class Changed(Message):
        """The text is another one."""

        text: str

    @dataclass
    class Submitted(Message):
        """`enter` was pressed."""

        text: str

    class Cancelled(Message):
        """The text is empty again and the line hidden."""

    def __init__(self, label: str, *, id: str | None = None) -> None:  # noqa: A002 - Textual's name
        super().__init__(id=id)
        self._label = Static(label, markup=False)
        self._input = Input(compact=True, select_on_focus=False)
        # A blinking cursor makes two pictures of one state.
        self._input.cursor_blink = False
        self._count = Static("", markup=False)

    def compose(self) -> ComposeResult:
        yield self._label
        yield self._input
        yield self._count

    @property
    def text(self) -> str:
        return self._input.value

    def open(self, text: str = "") -> None:
        """Shows it with that text and takes the focus."""
        self.display = True
        with self.prevent(Input.Changed):
            self._input.value = text
        self._input.cursor_position = len(text)
        self.screen.set_focus(self._input)

    def close(self) -> None:
        """Hides it and clears the text, without a message."""
        with self.prevent(Input.Changed):
            self._input.value = ""
        self._count.update("")
        self.display = False

    def show_count(self, text: str) -> None:
        """Shows what the text matches, for example "12 of 40"."""
        self._count.update(text)

    def action_cancel(self) -> None:
        self.close()
        self.post_message(self.Cancelled())

    def on_input_changed(self, event: Input.Changed) -> None:
        event.stop()
        self.post_message(self.Changed(event.value))

    def on_input_submitted(self, event: Input.Submitted) -> None:
        event.stop()
        self.post_message(self.Submitted(event.value))
