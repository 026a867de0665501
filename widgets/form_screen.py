"""Values on one page, changed in place."""

from abc import abstractmethod
from collections.abc import Callable, Sequence
from typing import ClassVar

from msgspec import Struct
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical, VerticalScroll
from textual.content import Content
from textual.events import Click, Resize
from textual.screen import ModalScreen
from textual.widgets import Input, Static

_NARROW, _TALL = 60, 20


class FormRow(Struct, frozen=True):
    """`text` is what stands there to be edited, `about` what is told of the row under the cursor.

    `fixed` says why it cannot be changed, "" when it can. `steps`: it has a next value and one before.
    """

    key: str
    name: str
    value: str
    origin: str
    text: str
    about: str
    fixed: str = ""
    steps: bool = False


class _Line(Horizontal):
    """One row: its value gives way to an input while it is edited."""

    def __init__(self, row: FormRow) -> None:
        super().__init__()
        self.row = row
        self._label = Static(f"  {row.name}", classes="name", markup=False)
        self._value = Static(row.value, classes="value", markup=False)
        self._origin = Static(row.origin, classes="origin", markup=False)
        self.input = Input(compact=True, select_on_focus=False, classes="value")
        # A blinking cursor makes two pictures of one state.
        self.input.cursor_blink = False
        self.input.display = False

    def compose(self) -> ComposeResult:
        yield self._label
        yield self._value
        yield self.input
        yield self._origin

    def show(self, row: FormRow) -> None:
        self.row = row
        self._value.update(row.value)
        self._origin.update(row.origin)

    def mark(self, on: bool) -> None:
        """It is the one under the cursor, also without colour."""
        self.set_class(on, "-here")
        self._label.update(f"{'▸' if on else ' '} {self.row.name}")

    def edit(self, on: bool) -> None:
        self.input.display, self._value.display = on, not on
        if on:
            self.input.value = self.row.text
            self.screen.set_focus(self.input)
            self.input.action_select_all()  # what is typed takes its place


class FormScreen(ModalScreen[None]):
    """What a subclass answers with "" is done; anything else is why not, and the row stays as it was."""

    DEFAULT_CSS = """
    FormScreen {
        align: center middle;
        & > #form {
            width: 92%;
            max-width: 92;
            height: auto;
            max-height: 100%;
            border: round $primary;
            border-title-color: $text;
            border-subtitle-color: $foreground 70%;
            padding: 0 1;
            background: $surface;
        }
        & #head { color: $text-muted; height: 1; padding: 0 0 0 2; }
        & #lines { height: auto; scrollbar-size-vertical: 1; }
        & _Line {
            height: 1;
            & .name { width: 18; text-style: bold; }
            & .value { width: 24; height: 1; padding: 0 1 0 0; text-wrap: nowrap; text-overflow: ellipsis; }
            & .origin { width: 1fr; text-wrap: nowrap; text-overflow: ellipsis; }
            & Input { border: none; padding: 0; background: $panel; }
        }
        & _Line.-here > .name, & _Line.-here > Static.value, & _Line.-here > .origin {
            background: $primary 30%;
        }
        & #about { height: 6; margin: 1 0 0 0; }
        &:ansi #head { text-style: dim; }
        &:ansi _Line.-here > Static { background: ansi_default; text-style: bold; }
        &.-narrow _Line .name { width: 16; }
        &.-narrow _Line .value { width: 9; }
        &.-short {
            & > #form { height: 100%; width: 100%; }
            & #lines { height: 1fr; }
            & #head { display: none; }
            & #about { height: 5; margin: 0; }
        }
        &.-short.-narrow #about { height: 7; }
    }
    """
    HORIZONTAL_BREAKPOINTS = [(0, "-narrow"), (_NARROW, "-wide")]  # noqa: RUF012  Textual types it as an instance's
    VERTICAL_BREAKPOINTS = [(0, "-short"), (_TALL, "-tall")]  # noqa: RUF012  as above
    AUTO_FOCUS = ""
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,q", "leave", show=False),
        Binding("up,k,shift+tab", "move(-1)", show=False),
        Binding("down,j,tab", "move(1)", show=False),
        Binding("home,g", "move(-100)", show=False),
        Binding("end,G", "move(100)", show=False),
        Binding("left,h", "step(-1)", show=False),
        Binding("right,l", "step(1)", show=False),
        Binding("enter", "edit", show=False),
        Binding("backspace,delete", "reset", show=False),
    ]

    def __init__(self, title: str) -> None:
        super().__init__()
        self._title = title
        self._lines: list[_Line] = []
        self._about = Static(id="about", markup=False)
        self._here = 0

    @abstractmethod
    def rows(self) -> Sequence[FormRow]:
        """As they stand now; their keys are always the same."""

    @abstractmethod
    def submit(self, key: str, text: str) -> str:
        """The text was typed for that row."""

    @abstractmethod
    def step(self, key: str, by: int) -> str:
        """The next value, or with -1 the one before."""

    @abstractmethod
    def reset(self, key: str) -> str:
        """The default."""

    def compose(self) -> ComposeResult:
        self._lines = [_Line(row) for row in self.rows()]
        with Vertical(id="form") as form:
            form.border_title = Content(f"{self._title} · esc closes")
            yield Static(f"{'name':16}{'value':24}from", id="head", markup=False)
            with VerticalScroll(id="lines", can_focus=False):
                yield from self._lines
            yield self._about

    def on_resize(self, _event: Resize) -> None:
        self._tell_keys()

    def _tell_keys(self) -> None:
        """Those that do something on the row under the cursor."""
        row, narrow = self._line.row, self.size.width < _NARROW
        if self._editing:
            keys = ["enter keeps it", "esc drops it"]
        elif row.fixed:
            keys = []
        else:
            keys = ["enter edits"]
            if row.steps:
                keys.append("← → next" if narrow else "← → next value")
            if not narrow:
                keys.append("backspace default")
        self.query_one("#form").border_subtitle = Content(" · ".join(keys))

    def on_mount(self) -> None:
        self._to(0)

    @property
    def _line(self) -> _Line:
        return self._lines[self._here]

    @property
    def _editing(self) -> bool:
        return bool(self._line.input.display)

    def _show(self, refusal: str = "") -> None:
        for line, row in zip(self._lines, self.rows(), strict=True):
            line.show(row)
        self._tell(refusal)
        self._tell_keys()

    def _tell(self, refusal: str) -> None:
        about = self._line.row.about
        if refusal:  # which says itself what is allowed
            what = about.partition("\n")[0]
            self._about.update(Content.assemble((f"✗ {refusal}\n", "bold $text-error"), what))
        else:
            self._about.update(about)

    def _to(self, here: int) -> None:
        self._stop()
        self._line.mark(False)
        self._here = max(0, min(len(self._lines) - 1, here))
        self._line.mark(True)
        self._line.scroll_visible(animate=False)
        self._show()

    def _stop(self) -> None:
        """What was typed and not submitted is gone."""
        if self._editing:
            self.set_focus(None)
            self._line.edit(False)

    def action_leave(self) -> None:
        if self._editing:
            self._stop()
            self._show()
        else:
            self.dismiss()

    def action_move(self, by: int) -> None:
        self._to(self._here + by)

    def action_edit(self) -> None:
        if self._line.row.fixed:
            self._tell(self._line.row.fixed)
        else:
            self._line.edit(True)
            self._tell_keys()

    def action_step(self, by: int) -> None:
        self._change(lambda key: self.step(key, by))

    def action_reset(self) -> None:
        self._change(self.reset)

    def _change(self, change: Callable[[str], str]) -> None:
        row = self._line.row
        self._show(row.fixed or change(row.key))

    def on_input_changed(self, event: Input.Changed) -> None:
        event.stop()
        if self._editing:
            self._tell("")

    def on_input_submitted(self, event: Input.Submitted) -> None:
        event.stop()
        row = self._line.row
        refusal = "" if event.value.strip() == row.text else self.submit(row.key, event.value)
        if not refusal:
            self._stop()
        self._show(refusal)

    def on_click(self, event: Click) -> None:
        if event.widget is self:  # beside the form
            self.dismiss()
            return
        line = next((line for line in self._lines if event.widget in line.walk_children()), None)
        if line is not None and (number := self._lines.index(line)) != self._here:
            self._to(number)
        elif line is not None and not self._editing:
            self.action_edit()
