"""The slots in which jobs run, one cell each."""

from collections.abc import Sequence
from dataclasses import dataclass

from textual.message import Message
from textual.widget import Widget

from widgets.tone import Tone


@dataclass(frozen=True, slots=True)
class SlotView:
    """What one busy slot shows. `percent` is None while unknown, `age` is seconds since the start."""

    key: str
    title: str
    phase: str
    percent: int | None
    rate: str
    elapsed: str
    line: str
    tone: Tone
    badge: str = ""
    pick: bool = False
    age: float = 0.0


class SlotGrid(Widget, can_focus=True):
    @dataclass
    class Highlighted(Message):
        key: str

    @dataclass
    class Opened(Message):
        key: str

    max_rows: int = 12
    """The lines of the screen it may take at most; the owner sets it when the screen's size changes."""

    @property
    def highlighted(self) -> str | None:
        """The key of the job under the cursor, None on an idle cell."""
        return None

    def show(self, slots: Sequence[SlotView | None], priority: SlotView | None, spinner: int) -> None:
        """Draws the slots in their order, None being an idle one; `spinner` counts up with the clock."""
