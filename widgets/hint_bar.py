"""The keys that apply now, most important first."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from msgspec import Struct
from rich.cells import cell_len
from rich.segment import Segment
from textual.events import Click
from textual.message import Message
from textual.strip import Strip
from textual.widget import Widget

from widgets.ink import SteadyStyle
from widgets.tone import muted_css


class Hint(Struct, frozen=True):
    """`key` is shown as it is."""

    key: str
    label: str
    enabled: bool = True


class HintBar(SteadyStyle, Widget):
    """One line; a hint that finds no room is left out whole for a shorter one, but for those that always come last."""

    ALLOW_SELECT = False
    COMPONENT_CLASSES: ClassVar[set[str]] = {"hint-bar--key", "hint-bar--label", "hint-bar--off"}
    DEFAULT_CSS = (
        muted_css("HintBar", "hint-bar--off")
        + """
    HintBar {
        height: 1;
        background: $panel;
        & > .hint-bar--key { color: $text-accent; text-style: bold; }
        & > .hint-bar--label { color: $foreground; }
        & > .hint-bar--off { color: $text-disabled; }
    }
    """
    )

    @dataclass
    class Pressed(Message):
        """A hint that is enabled was clicked."""

        key: str

    def __init__(self, *, id: str | None = None) -> None:  # noqa: A002 - Textual's name
        super().__init__(id=id)
        self._hints: tuple[Hint, ...] = ()
        self._last: tuple[Hint, ...] = ()

    def show(self, hints: Sequence[Hint], *last: Hint) -> None:
        if (tuple(hints), last) != (self._hints, self._last):
            self._hints, self._last = tuple(hints), last
            self.refresh()

    def render_line(self, y: int) -> Strip:
        segments = []
        for hint in self._laid_out() if y == 0 else ():
            key, label = ("key", "label") if hint.enabled else ("off", "off")
            segments += [
                Segment(f" {hint.key} ", self.ink(f"hint-bar--{key}")),
                Segment(f"{hint.label} ", self.ink(f"hint-bar--{label}")),
            ]
        return Strip(segments).adjust_cell_length(self.size.width).apply_style(self.rich_style)

    def on_click(self, event: Click) -> None:
        offset = event.get_content_offset(self)
        if offset is None:
            return
        end = 0
        for hint in self._laid_out():
            end += _width(hint)
            if offset.x < end:
                if hint.enabled:
                    self.post_message(self.Pressed(hint.key))
                return

    def _laid_out(self) -> list[Hint]:
        """The hints that fit, in their order."""
        room = self.size.width - sum(map(_width, self._last))
        shown = []
        for hint in self._hints:
            if _width(hint) <= room:
                room -= _width(hint)
                shown.append(hint)
        return [*shown, *self._last]


def _width(hint: Hint) -> int:
    return cell_len(hint.key) + cell_len(hint.label) + 3
