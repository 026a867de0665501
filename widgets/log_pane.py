"""The log of finished jobs: it follows its end until a person scrolls up."""

import re
import sys
from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Sequence
from typing import ClassVar

from msgspec import Struct, structs
from rich.cells import cell_len
from rich.segment import Segment
from rich.style import Style
from textual.events import Resize
from textual.geometry import Offset, Region
from textual.selection import Selection
from textual.strip import Strip

from widgets.line_pane import LinePane
from widgets.text import cut_end, cut_middle, fit
from widgets.tone import Tone

LIMIT = 100_000
"""Lines kept; the oldest go in blocks of a tenth of that, so that trimming is rare."""

_TIME_WIDTH = 8
_SHORT_TIME_WIDTH = 5
"""Without the seconds."""
_WORD_WIDTH = 10
_DURATION_WIDTH = 9
_REPO_WIDTHS = (10, 32)
_ROOM_FOR_TIME = 70
_ROOM_FOR_SHORT_TIME = 60
_ROOM_FOR_DETAIL = 12


class LogLine(Struct, frozen=True):
    """A job's end as (time, repo, state, detail, duration), or a notice: `text` instead of cells but for the time.

    `key` is "" for what concerns no repo. `interesting` lines changed something or need a person.
    """

    key: str
    tone: Tone
    cells: tuple[str, str, str, str, str] = ("", "", "", "", "")
    interesting: bool = True
    text: str = ""
    rule: bool = False
    """The text stands in a line from edge to edge, between what was before and what follows."""
    goes_on: bool = False
    """It is the rest of the line above, and has no mark of its own."""
    adds: str = ""
    """What the rule right above says with it where the line itself is left out."""

    @property
    def mark(self) -> str:
        return " " if self.goes_on else self.tone.glyph

    @property
    def plain(self) -> str:
        """Without columns, for a file."""
        if self.rule:
            return f"── {self.text} ──"
        time, *rest = self.cells
        parts = (time, self.mark, *([self.text] if self.text else rest))
        return "  ".join(part for part in parts if part)


class LogPane(LinePane):
    ALLOW_SELECT = True
    COMPONENT_CLASSES: ClassVar[set[str]] = {"log-pane--selection"}
    DEFAULT_CSS = """
    LogPane {
        & > .line-pane--cursor { background: transparent; }
        & > .log-pane--selection { background: $screen-selection-background; }
        &:ansi > .log-pane--selection { background: ansi_default; text-style: reverse; }
    }
    """

    def __init__(self, *, empty: str = "", id: str | None = None) -> None:  # noqa: A002 - Textual's name
        """`empty` is shown while there are no lines."""
        super().__init__(id=id)
        self.empty = empty
        self._all: list[LogLine] = []
        self._shown = self._all
        self._follow = True
        self._only_interesting = False
        self._new = 0
        self._is_painted = False
        self._repo_width = _REPO_WIDTHS[0]
        self._needle: re.Pattern[str] | None = None
        self._found: list[int] = []
        """Where the lines that the search marks are among those that are shown."""
        self._origin = -1
        """The line that the cursor was on when the search began; beyond all where it followed the end."""

    def fit_repos(self, widest: int) -> None:
        """The column of repos, before there is a line; `widest` is the cells that one takes at most."""
        self._repo_width = max(_REPO_WIDTHS[0], min(widest, _REPO_WIDTHS[1]))

    @property
    def follow(self) -> bool:
        """Whether new lines scroll into view; setting it to True jumps to the end."""
        return self._follow

    @follow.setter
    def follow(self, follow: bool) -> None:
        if follow != self._follow:
            self._follow = follow
            self._new = 0
        if follow:
            self._to_end()

    @property
    def only_interesting(self) -> bool:
        """Whether lines that are not interesting are left out."""
        return self._only_interesting

    @only_interesting.setter
    def only_interesting(self, only: bool) -> None:
        if only == self._only_interesting:
            return
        before, old, top = self._shown, self._cursor, round(self.scroll_y)
        self._only_interesting = only
        self._shown = self._interesting() if only else self._all
        self._find_all()
        if self.is_attached:
            self.screen.clear_selection()  # it names lines by where they stood
        self._cursor = self._index_near(before, old)
        self.resize_lines()
        if self._follow:
            self._to_end()
        else:
            self.jump_to(max(0, self._cursor - (old - top)))
        self.refresh()

    @property
    def lines(self) -> Sequence[LogLine]:
        """The lines that are shown, oldest first."""
        return self._shown

    @property
    def new_below(self) -> int:
        """The lines that came since the pane ceased to follow and that are still below the view."""
        return max(0, min(self._new, len(self._shown) - round(self.scroll_y) - self.page_height))

    def append(self, lines: Sequence[LogLine]) -> None:
        """Adds a batch; where a person has scrolled to, nothing moves."""
        if not lines:
            return
        follow = self._follow and not self.is_vertical_scrollbar_grabbed
        self._all.extend(lines)
        if self._only_interesting:
            before = len(self._shown)
            _show(lines, self._shown)
        else:
            before = len(self._shown) - len(lines)
        if self._needle:
            first = max(0, before - 1)  # which may be another one now
            del self._found[bisect_left(self._found, first) :]
            rest = enumerate(self._shown[first:], first)
            self._found += [place for place, line in rest if self._matches(line)]
        self._new += 0 if self._follow else len(self._shown) - before
        dropped = self._trim()
        self._origin -= dropped
        self.resize_lines()
        if follow:
            self._to_end()
        elif dropped:
            self._cursor = max(0, self._cursor - dropped)
            self.jump_to(max(0, round(self.scroll_y) - dropped))
        self.refresh()

    def clear(self) -> None:
        """Take all lines away, and follow those that come."""
        self._all.clear()
        self._shown.clear()
        self._found.clear()
        self._cursor = 0
        self.resize_lines()
        self.follow = True
        self.refresh()

    def begin_search(self) -> None:
        self._origin = sys.maxsize if self.follow else self._cursor

    def search(self, text: str) -> int:
        """Marks the lines that hold the text, ignoring case, and counts them; "" ends the search."""
        self._needle = re.compile(re.escape(text), re.IGNORECASE) if text else None
        self._find_all()
        self.refresh()
        return len(self._found)

    @property
    def found(self) -> int:
        """The lines that the search marks."""
        return len(self._found)

    @property
    def position(self) -> str:
        """`3/17`: which of the lines that the search marks the cursor is on; `17` where it is on none of them."""
        place = bisect_left(self._found, self._cursor)
        here = place < len(self._found) and self._found[place] == self._cursor
        return f"{place + 1}/{len(self._found)}" if here else str(len(self._found))

    def find_nearest(self) -> None:
        """Moves to the line where the search began, the nearest marked one above it, or else the first one.

        What is found so does not depend on the way in which the text was typed.
        """
        if self._found:
            self.move_cursor(self._found[max(0, bisect_right(self._found, self._origin) - 1)])

    def find_next(self) -> None:
        """Moves to the next line that the search marks, from the last on to the first."""
        if self._found:
            place = bisect_right(self._found, self._cursor)
            self.move_cursor(self._found[place % len(self._found)])

    def find_previous(self) -> None:
        if self._found:
            self.move_cursor(self._found[bisect_left(self._found, self._cursor) - 1])

    def line_count(self) -> int:
        return len(self._shown)

    def note(self) -> str:
        """The text of the line under the cursor, where it is of no repo; else empty."""
        line = self._shown[self._cursor] if 0 <= self._cursor < len(self._shown) else None
        return line.text if line and not line.key and not line.rule else ""

    def key_at(self, index: int) -> str:
        return self._shown[index].key

    def empty_text(self) -> str:
        return self.empty

    def move_cursor(self, index: int) -> None:
        super().move_cursor(index)
        self.follow = self._cursor == len(self._shown) - 1

    def watch_scroll_y(self, old_value: float, new_value: float) -> None:
        super().watch_scroll_y(old_value, new_value)
        if self._follow and new_value < old_value and not self.is_vertical_scroll_end:
            self.follow = False
        elif not self._follow and self.is_vertical_scroll_end and new_value > old_value:
            self.follow = True

    def on_resize(self, event: Resize) -> None:
        super().on_resize(event)
        if self._follow:
            self._to_end()

    def get_selection(self, selection: Selection) -> tuple[str, str] | None:
        """Of all lines only those that are selected are put together."""
        start, end = selection.start or Offset(0, 0), selection.end
        last = len(self._shown) - 1 if end is None else min(end.y, len(self._shown) - 1)
        width = self.scrollable_content_region.width
        text = "\n".join(self.draw(index, width).text for index in range(start.y, last + 1))
        end = end and end - (0, start.y)
        selected = Selection(start - (0, start.y), end).extract(text)
        return "\n".join(line.rstrip() for line in selected.splitlines()), "\n"

    def selection_updated(self, _selection: Selection | None) -> None:
        self.refresh()

    def render_lines(self, crop: Region) -> list[Strip]:
        self._is_painted = True
        try:
            return super().render_lines(crop)
        finally:
            self._is_painted = False

    def render_line(self, y: int) -> Strip:
        return self._with_selection(super().render_line(y), y + round(self.scroll_y))

    def draw(self, index: int, width: int) -> Strip:
        line = self._shown[index]
        tone, muted = self.tone_ink(line.tone), self.ink("line-pane--muted")
        time, repo, state, detail, duration = line.cells
        segments = [Segment(" ")]
        if line.rule:
            return Strip([Segment(cut_end(f" ── {line.text} ".ljust(width, "─"), width), muted)])
        if width >= _ROOM_FOR_SHORT_TIME:
            time_width = _TIME_WIDTH if width >= _ROOM_FOR_TIME else _SHORT_TIME_WIDTH
            segments.append(Segment(f"{fit(time[:time_width], time_width)} ", muted))
        segments.append(Segment(f"{line.mark} ", tone))
        left = width - sum(segment.cell_length for segment in segments)
        if line.text:
            segments.append(Segment(fit(line.text, left), muted))
        else:
            tail = _WORD_WIDTH + 1 + _DURATION_WIDTH + 1
            repo_width = max(_REPO_WIDTHS[0], min(self._repo_width, (left - tail) // 2))
            segments.append(Segment(f"{fit(cut_middle(repo, repo_width), repo_width)} "))
            segments.append(Segment(f"{fit(state, _WORD_WIDTH)} ", tone))
            # What a short duration leaves of its place is the message's.
            room = left - repo_width - 1 - _WORD_WIDTH - 1 - cell_len(duration) - 1
            shown = detail if room > _ROOM_FOR_DETAIL else ""
            while cell_len(shown) >= room and "  " in shown:  # its last part, as from which commit to which
                shown = shown.rpartition("  ")[0]
            segments.append(Segment(f"{fit(shown, room - 1)} {duration} "))
        strip = Strip(segments).adjust_cell_length(width)
        return strip if self._needle is None else self._mark(strip, self._needle)

    def _mark(self, strip: Strip, needle: re.Pattern[str]) -> Strip:
        text = strip.text
        cuts = [cell_len(text[:at]) for match in needle.finditer(text) for at in match.span()]
        if not cuts:
            return strip
        style = self.ink("line-pane--match")
        pieces = strip.divide([*cuts, strip.cell_length])
        return Strip.join(
            [
                Strip(Segment.apply_style(piece, post_style=style)) if number % 2 else piece
                for number, piece in enumerate(pieces)
            ]
        )

    def _matches(self, line: LogLine) -> bool:
        return (
            self._needle is not None
            and self._needle.search(f"{' '.join(line.cells)} {line.text}") is not None
        )

    def _find_all(self) -> None:
        self._found = [
            index for index, line in enumerate(self._shown) if self._needle and self._matches(line)
        ]

    def _with_selection(self, strip: Strip, index: int) -> Strip:
        selection = self.text_selection
        span = selection.get_span(index) if selection and index < len(self._shown) else None
        if span:
            text, (start, end) = strip.text, span
            length = strip.cell_length
            # The offsets count characters, of which some take two cells.
            cuts = [cell_len(text[:start]), length if end < 0 else cell_len(text[:end]), length]
            before, selected, after = strip.divide(cuts)
            whole = self.get_component_rich_style("log-pane--selection")
            style = Style(bgcolor=whole.bgcolor, reverse=whole.reverse)  # the text keeps its colours
            selected = Strip(Segment.apply_style(selected, post_style=style), selected.cell_length)
            strip = Strip.join([before, selected, after])
        # The mouse asks where in the text it is; on the screen each place would be a style of its own.
        return strip if self._is_painted else strip.apply_offsets(0, index)

    def _to_end(self) -> None:
        last = len(self._shown) - 1
        before, self._cursor = self._cursor, last
        self.jump_to(max(0, last + 1 - self.page_height))
        self.refresh_index(before)
        self.refresh_index(last)

    def _trim(self) -> int:
        """The number of shown lines that went."""
        if len(self._all) <= LIMIT + LIMIT // 10:
            return 0
        before = len(self._shown)
        del self._all[: len(self._all) - LIMIT]
        if self._only_interesting:
            self._shown = self._interesting()
        self._find_all()
        return before - len(self._shown)

    def _interesting(self) -> list[LogLine]:
        shown: list[LogLine] = []
        _show(self._all, shown)
        return shown

    def _index_near(self, before: Sequence[LogLine], index: int) -> int:
        """Where the line of the old view, or the next one still shown, is now."""
        if not self._shown:
            return -1
        places = {id(line): place for place, line in enumerate(self._shown)}
        for line in before[max(0, index) :]:
            if (place := places.get(id(line))) is not None:
                return place
        return len(self._shown) - 1


def _show(lines: Iterable[LogLine], shown: list[LogLine]) -> None:
    """Add those that are interesting; a rule takes the place of one with nothing below it."""
    for line in lines:
        above = shown[-1] if shown and shown[-1].rule else None
        if line.rule and above:
            shown[-1] = line
        elif line.interesting:
            shown.append(line)
        elif line.adds and above:
            shown[-1] = structs.replace(above, text=f"{above.text}, {line.adds}")
