"""The line in which a person types a filter or a search."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import ClassVar

from rich.cells import cell_len
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.message import Message
from textual.suggester import Suggester
from textual.widget import Widget
from textual.widgets import Input, Static

from widgets.text import cut_end

Complete = Callable[[str], Sequence[str]]
"""What a word that is begun can become, the likeliest first."""

_CURSOR = 1
"""The cell behind what is typed."""


class _Suggester(Suggester):
    def __init__(self, texts: Callable[[str], Sequence[str]]) -> None:
        super().__init__(use_cache=False, case_sensitive=True)
        self._texts = texts

    async def get_suggestion(self, value: str) -> str | None:
        """Nothing before a word is begun: then every one would do."""
        texts = () if value.endswith(" ") else self._texts(value)
        return texts[0] if texts else None


class FilterLine(Widget):
    """Hidden until `open`; `enter` submits the text and leaves it standing, `esc` clears the text and hides the line.

    What is typed stays whole up to half of the line; what is told beside it has the rest, and is cut where it is longer.

    What the last word can become stands dim behind the cursor; `tab` and `right` take it, `tab` again the next.
    """

    DEFAULT_CSS = """
    FilterLine {
        layout: horizontal;
        height: 1;
        display: none;
        background: $panel;
        & > Static {
            width: auto;
            padding: 0 1;
            color: $text-muted;
        }
        & > Input { width: 1fr; height: 1; border: none; padding: 0; background: $panel; }
        & .input--suggestion, & .input--placeholder { color: $text-disabled; }
    }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "cancel", "Clear", show=False),
        Binding("tab", "complete(1)", "Complete", show=False),
        Binding("shift+tab", "complete(-1)", "Complete", show=False),
    ]

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

    def __init__(self, label: str, *, complete: Complete = lambda _begun: (), id: str | None = None) -> None:  # noqa: A002 - Textual's name
        super().__init__(id=id)
        self._complete = complete
        self._label = Static(label, markup=False)
        self._input = Input(compact=True, select_on_focus=False, suggester=_Suggester(self._texts))
        # A blinking cursor makes two pictures of one state.
        self._input.cursor_blink = False
        self._count = Static("", markup=False)
        self._told = ""
        """What the count says where it is not cut."""
        self._offered: tuple[Sequence[str], int] = ((), 0)
        """Texts among which `tab` goes round, and the one that was taken last."""

    def compose(self) -> ComposeResult:
        yield self._label
        yield self._input
        yield self._count

    def on_mount(self) -> None:
        self.watch(self._input, "value", self._share)

    def on_resize(self) -> None:
        self._share()

    def _share(self) -> None:
        width = self.size.width
        typed = min(cell_len(self.text) + _CURSOR, width // 2)
        room = width - self._label.outer_size.width - typed - self._count.gutter.width
        told = cut_end(self._told, room)
        if str(self._count.content) != told:
            self._count.update(told)

    @property
    def text(self) -> str:
        return self._input.value

    def open(self, text: str = "", hint: str = "") -> None:
        """Shows it with that text and takes the focus; the hint stands there while it is empty."""
        self._input.placeholder = hint
        self.stand(text)
        self.screen.set_focus(self._input)

    def stand(self, text: str) -> None:
        """Shows it with that text, without a message."""
        self.display = True
        with self.prevent(Input.Changed):
            self._input.value = text
        self._input.cursor_position = len(text)

    def close(self) -> None:
        """Hides it and clears the text, without a message."""
        with self.prevent(Input.Changed):
            self._input.value = ""
        self.show_count("")
        self.display = False

    def show_count(self, text: str) -> None:
        """Shows what the text matches, for example "12 of 40"."""
        self._told = text
        self._share()

    def press(self, key: str) -> None:
        """What `enter`, `esc` and `tab` do, for who clicks on a hint of these."""
        match key:
            case "enter":
                self.post_message(self.Submitted(self.text))
            case "esc":
                self.action_cancel()
            case "tab":
                self.action_complete(1)

    def action_cancel(self) -> None:
        self.close()
        self.post_message(self.Cancelled())

    def action_complete(self, step: int) -> None:
        texts, place = self._offered
        if len(texts) > 1 and texts[place] == self.text:
            place = (place + step) % len(texts)
        else:
            texts = self._texts(self.text)
            place = 0 if step > 0 else len(texts) - 1
        if texts:
            self._offered = texts, place
            self._input.value = texts[place]
            self._input.cursor_position = len(texts[place])

    def _texts(self, text: str) -> list[str]:
        """The whole text with each thing that its last word can become."""
        head, blank, word = text.rpartition(" ")
        return [f"{head}{blank}{one}" for one in self._complete(word)]

    def on_input_changed(self, event: Input.Changed) -> None:
        event.stop()
        self.post_message(self.Changed(event.value))

    def on_input_submitted(self, event: Input.Submitted) -> None:
        event.stop()
        self.post_message(self.Submitted(event.value))
