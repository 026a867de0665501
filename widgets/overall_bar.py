"""One bar for the whole run, a segment for each state, and how long it goes on."""

from collections.abc import Mapping
from typing import ClassVar

from rich.cells import cell_len
from rich.segment import Segment
from textual.strip import Strip
from textual.widget import Widget

from widgets.ink import SteadyStyle
from widgets.text import fit
from widgets.tone import TONE_CLASSES, Tone, tone_css

# A texture for each kind of segment, so that the bar reads without colour: done, on purpose not done, trouble,
# under way, still to come.
_TEXTURES = {
    Tone.SYNCED: "█",
    Tone.UP_TO_DATE: "▆",
    Tone.SKIPPED: "▂",
    Tone.BLOCKED: "▲",
    Tone.BUSY: "◆",
    Tone.FAILED: "✗",
    Tone.TIMED_OUT: "⊗",
    Tone.CANCELLED: "⊘",
    Tone.RUNNING: "▒",
    Tone.QUEUED: "╌",
}

_ROOM = 18
"""Cells for how long it goes on, also while nobody knows: what it says does not move the bar."""
_GAP = "  "
_SHORTEST = 10
"""Where the bar would get fewer cells than this it is alone on its line."""


def shares(counts: Mapping[Tone, int], width: int) -> dict[Tone, int]:
    """The cells of each state, in the order of the bar: their sum is `width`, and what is not zero has at least one.

    States that the bar does not know are left out; when `width` is too small for one cell each, the last ones are.
    """
    known = [(tone, counts.get(tone, 0)) for tone in _TEXTURES if counts.get(tone, 0) > 0][: max(0, width)]
    total = sum(count for _, count in known)
    if not total:
        return {}
    cells = {tone: max(1, count * width // total) for tone, count in known}
    rounded = sorted(
        (tone for tone, count in known if count * width >= total),
        key=lambda tone: counts[tone] * width % total,
        reverse=True,
    )
    for tone in rounded[: max(0, width - sum(cells.values()))]:
        cells[tone] += 1
    while sum(cells.values()) > width:
        cells[max(cells, key=lambda tone: cells[tone])] -= 1
    return cells


class OverallBar(SteadyStyle, Widget):
    ALLOW_SELECT = False
    COMPONENT_CLASSES: ClassVar[set[str]] = set(TONE_CLASSES)
    DEFAULT_CSS = tone_css("OverallBar") + "OverallBar { height: 1; }"

    def __init__(self, *, id: str | None = None) -> None:  # noqa: A002 - Textual's name
        super().__init__(id=id)
        self._counts: dict[Tone, int] = {}
        self._left = ""

    def show(self, counts: Mapping[Tone, int], left: str = "") -> None:
        """Draws the final states, RUNNING and QUEUED (what remains), and `left` behind them.

        What `left` says in brackets at its end is left out where it finds no room.
        """
        if (counts, left) != (self._counts, self._left):
            self._counts, self._left = dict(counts), left
            self.refresh()

    def render_line(self, y: int) -> Strip:
        width = self.size.width
        if y:
            return Strip.blank(width, self.rich_style)
        text = ""
        if width - _ROOM - len(_GAP) >= _SHORTEST:
            left = self._left if cell_len(self._left) <= _ROOM else self._left.partition(" (")[0]
            text = f"{_GAP}{fit(left, _ROOM)}"
        width -= cell_len(text)
        cells = shares(self._counts, width) or {Tone.QUEUED: width}
        segments = [
            Segment(_TEXTURES[tone] * count, self.ink(tone.css_class)) for tone, count in cells.items()
        ]
        return Strip([*segments, Segment(text)]).apply_style(self.rich_style)
