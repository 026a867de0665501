"""The slots in which jobs run, one cell each."""

from collections.abc import Sequence
from dataclasses import dataclass
from math import ceil
from typing import ClassVar

from msgspec import Struct, structs
from rich.cells import cell_len
from rich.segment import Segment
from rich.style import Style
from textual.binding import Binding, BindingType
from textual.events import Click, Resize
from textual.geometry import Region, Size
from textual.message import Message
from textual.strip import Strip
from textual.widget import Widget

from widgets.ink import SteadyStyle
from widgets.text import cut_end, cut_middle, fit
from widgets.tone import TONE_CLASSES, Tone, muted_css, tone_css

SPINNER = "◐◓◑◒"
CELL_WIDTH = 38
"""The least width of a cell when there is room for it."""

_PHASE_WIDTH = 10
_RATE_WIDTH = 10
_FACTS_WIDTH = 17
"""Of a cell of one line, behind the name: a phase with seconds, or a countdown without."""
_BAR_WIDTHS = (6, 16)
_FEW_REGIONS = 12
_LINE_WIDTH = 10
"""The least room in which the last line of git is worth showing."""


class SlotView(Struct, frozen=True):
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
    marked: bool = False
    age: float = 0.0


class _Cell(Struct, frozen=True):
    """`number` is the slot's number, "" for the priority slot. `without_job` is what it says while it has none."""

    number: str
    view: SlotView | None
    without_job: str = ""


class _Plan(Struct, frozen=True):
    """How the cells lie; `places` is how many of them are drawn. A crowded one has a line for the jobs that are not."""

    columns: int
    lines: int
    places: int
    crowded: bool = False

    @property
    def height(self) -> int:
        return ceil(self.places / self.columns) * self.lines + self.crowded


_IDLE = _Plan(1, 2, 1)
"""Nothing runs: one cell is enough, as high as that of a single job, so that syncing one repo moves nothing."""


def _arrange(slots: int, priority: bool, width: int, max_rows: int, crowded_rows: int) -> _Plan:
    """The roomiest plan that fits: two lines a cell within two thirds of the room, one line a cell within
    `crowded_rows`, in fewer columns where two thirds of these are enough, as many cells as these hold.

    The place of the priority slot is reserved while it is unused, so that using it never moves the others; a single
    slot has half of the width, as it has with a second one beside it.
    """
    widest = max(1, width // CELL_WIDTH)
    rows = max(1, ceil(slots / widest))
    most = max(min(2, widest), ceil(slots / rows))
    # In one line a name has little room: fewer columns leave more of it.
    fewer = [(columns, 1, crowded_rows * 2 // 3) for columns in range(min(2, widest), most)]
    for columns, lines, room in ((most, 2, max_rows * 2 // 3), *fewer, (most, 1, crowded_rows)):
        if ceil((slots + 1) / columns) * lines <= room:
            return _Plan(columns, lines, slots + priority)
    places = max(1, crowded_rows - 1) * widest
    return _Plan(widest, 1, places, slots + priority > places)


def _seat(cells: Sequence[_Cell], before: Sequence[_Cell], places: int) -> list[_Cell]:
    """As many of them as there are places; what was shown before stays where it was.

    The priority slot is shown always, then the jobs that were, then the others from the longest-running on; and those
    that wait to try again after all that work.
    """
    seats = {cell.number: place for place, cell in enumerate(before)}

    def claim(cell: _Cell) -> tuple[int, float]:
        if cell.view is None:
            return (0, cell.number in seats)
        if not cell.number:
            return (5, 0)
        place = seats.get(cell.number)
        old = None if place is None else before[place].view
        # Those that began together stand in their order: each age is told at a moment of its own.
        was_shown, works = old is not None and old.key == cell.view.key, cell.view.tone is not Tone.RETRYING
        return (1 + was_shown + 2 * works, round(cell.view.age, 1))

    shown = sorted(cells, key=claim, reverse=True)[:places]
    seated = {seats[cell.number]: cell for cell in shown if cell.number in seats}
    others = (cell for cell in shown if cell.number not in seats)
    return [seated.get(place) or next(others) for place in range(places)]


class SlotGrid(SteadyStyle, Widget, can_focus=True):
    """A cell stays where it is while its job runs.

    When the slots need more lines than there is room, the longest-running jobs come first, what ends gives its cell to
    the longest-running of the others, and a last line counts these.
    """

    ALLOW_SELECT = False
    COMPONENT_CLASSES: ClassVar[set[str]] = {
        "slot-grid--cursor",
        "slot-grid--cursor-sign",
        "slot-grid--title",
        "slot-grid--muted",
        "slot-grid--pick",
        *TONE_CLASSES,
    }
    DEFAULT_CSS = (
        tone_css("SlotGrid")
        + muted_css("SlotGrid", "slot-grid--muted")
        + """
    SlotGrid {
        height: auto;
        & > .slot-grid--cursor { background: $primary 25%; }
        &:ansi > .slot-grid--cursor { background: ansi_default; text-style: bold; }
        & > .slot-grid--cursor-sign { color: $text-accent; }
        & > .slot-grid--title { text-style: bold; }
        & > .slot-grid--muted { color: $text-muted; }
        & > .slot-grid--pick { color: $text-accent; text-style: bold; }
    }
    """
    )
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("left,h", "move_cells(-1)", "Left", show=False),
        Binding("right,l", "move_cells(1)", "Right", show=False),
        Binding("up,k", "move_rows(-1)", "Up", show=False),
        Binding("down,j", "move_rows(1)", "Down", show=False),
        Binding("home,g", "move_to_start", "First", show=False),
        Binding("end,G", "move_to_end", "Last", show=False),
    ]

    @dataclass
    class Opened(Message):
        """A double click on a busy cell; `enter` is the owner's."""

        key: str

    def __init__(self, *, id: str | None = None) -> None:  # noqa: A002 - Textual's name
        super().__init__(id=id)
        self._slots: Sequence[SlotView | None] = ()
        self._priority: SlotView | None = None
        self._without_use = 0
        self._without_job = "idle"
        self._taken_over = False
        self._spinner = 0
        self._max_rows = self._crowded_rows = 12
        self._plan = _Plan(1, 2, 0)
        self._began = 0.0
        self._most = 0
        """Slots that there have been in this run, 0 before a first job: fewer leave those that stay as they are."""
        self._had_priority = False
        """Whether the priority slot has been used in this run: its place stays."""
        self._cells: list[_Cell] = []
        self._left_out = ""
        """What is said of the slots that find no cell."""
        self._cursor = 0

    def make_room(self, rows: int, crowded_rows: int) -> None:
        """The lines it may take at most, and those where the slots find no room with two lines each."""
        self._max_rows, self._crowded_rows = rows, crowded_rows
        self._lay_out(self.size.width)

    @property
    def highlighted(self) -> str | None:
        """The key of the job under the cursor, None on an idle cell."""
        view = self._cells[self._cursor].view if self._cursor < len(self._cells) else None
        return view.key if view else None

    @property
    def just_taken_over(self) -> bool:
        """Whether the job under the cursor has come there, in place of another, less than a second ago."""
        view = self._cells[self._cursor].view if self._cursor < len(self._cells) else None
        return self._taken_over and view is not None and view.age < 1

    @just_taken_over.setter
    def just_taken_over(self, taken_over: bool) -> None:
        self._taken_over = taken_over

    def show(
        self,
        slots: Sequence[SlotView | None],
        priority: SlotView | None,
        spinner: int = 0,
        closed: int = 0,
        without_job: str = "idle",
        began: float = 0.0,
    ) -> None:
        """Draws the slots in their order, None being one without a job; the last `closed` of these take none.

        `spinner` counts up with the clock; `without_job` is what the other slots say that have no job. `began` is when
        the run began, 0 between runs: another one forgets what room the run before has taken.
        """
        self._slots, self._priority, self._without_use = tuple(slots), priority, closed
        if began != self._began:
            self._began, self._most, self._had_priority = began, 0, False
        if self._most or priority or any(slots):
            self._most = max(self._most, len(slots))
        self._had_priority = self._had_priority or priority is not None
        self._without_job = without_job
        turned = spinner != self._spinner
        self._spinner = spinner
        before = self._cells
        if self._lay_out(self.size.width):
            return
        regions: list[Region] = []
        for place, (old, new) in enumerate(zip(before, self._cells, strict=True)):
            region = self._region(place)
            if old != new:
                regions.append(region)
            elif turned and new.view and new.view.tone is Tone.RUNNING:
                regions.append(Region(region.x + 1, region.y, 1, 1))
        if len(regions) > _FEW_REGIONS:  # each on its own is dearer than all at once
            self.refresh(Region(0, 0, *self.size))
        elif regions:
            self.refresh(*regions)

    def get_content_height(self, _container: Size, _viewport: Size, width: int) -> int:
        return self._arrange(width).height

    def on_resize(self, event: Resize) -> None:
        self._lay_out(event.size.width)

    def _lay_out(self, width: int) -> bool:
        """Arranges the cells anew; whether that took a repaint of everything."""
        plan = self._arrange(width)
        empty = [number for number, view in enumerate(self._slots) if view is None]
        without_job = dict.fromkeys(empty, self._without_job)
        without_job |= dict.fromkeys(empty[len(empty) - self._without_use :], "closed")
        cells = [
            _Cell(str(number + 1), view, without_job.get(number, ""))
            for number, view in enumerate(self._slots)
        ]
        priority = [_Cell("", self._priority)] if self._priority else []
        if plan is _IDLE:
            cells = [_Cell("", None)]
        elif plan.crowded:
            cells = _seat([*cells, *priority], self._cells if plan == self._plan else [], plan.places)
        else:
            cells = [*cells, *priority]
        changed = plan != self._plan or len(cells) != len(self._cells)
        key, cursor = self.highlighted, self._cursor
        self._plan, self._cells = plan, cells
        jobs = sum(view is not None for view in (*self._slots, self._priority))
        busy = sum(cell.view is not None for cell in cells)
        # Idle ones are left out before any job is.
        idle = len(self._slots) + len(priority) - len(cells) if plan.crowded else 0
        left_out = f"+{jobs - busy} more" if jobs > busy else f"+{idle} idle" if idle else ""
        if left_out != self._left_out:
            self._left_out = left_out
            self.refresh(Region(0, plan.height - 1, self.size.width, 1))
        if plan.crowded and key is not None:
            # Where all is laid out anew the cursor goes with its job.
            cursor = next((at for at, cell in enumerate(cells) if cell.view and cell.view.key == key), cursor)
        cursor = max(0, min(cursor, len(cells) - 1))
        if cursor != self._cursor:
            self.refresh(self._region(self._cursor), self._region(cursor))
            self._cursor = cursor
        if key is not None and self.highlighted not in {None, key}:
            self._taken_over = True
        if changed:
            self.refresh(layout=True)
        return changed

    def _arrange(self, width: int) -> _Plan:
        if not self._most:
            return _IDLE
        plan = _arrange(self._most, self._had_priority, width, self._max_rows, self._crowded_rows)
        wanted = len(self._slots) + self._had_priority
        places = min(plan.places, wanted)
        return structs.replace(plan, places=places, crowded=wanted > places)

    def _region(self, place: int) -> Region:
        width = self.size.width // self._plan.columns
        row, column = divmod(place, self._plan.columns)
        return Region(column * width, row * self._plan.lines, width, self._plan.lines)

    # Cursor.

    def move_cursor(self, place: int) -> None:
        if not 0 <= place < len(self._cells) or place == self._cursor:
            return
        before, self._cursor = self._cursor, place
        self._taken_over = False
        self.refresh(self._region(before), self._region(place))

    def action_move_cells(self, step: int) -> None:
        self.move_cursor(self._cursor + step)

    def action_move_rows(self, step: int) -> None:
        self.move_cursor(self._cursor + step * self._plan.columns)

    def action_move_to_start(self) -> None:
        self.move_cursor(0)

    def action_move_to_end(self) -> None:
        self.move_cursor(len(self._cells) - 1)

    def action_open(self) -> None:
        if self.highlighted is not None:
            self.post_message(self.Opened(self.highlighted))

    def on_click(self, event: Click) -> None:
        offset = event.get_content_offset(self)
        if offset is None:
            return
        for place in range(len(self._cells)):
            if self._region(place).contains_point(offset):
                self.move_cursor(place)
                if event.chain == 2:  # noqa: PLR2004 - a double click
                    self.action_open()

    def on_focus(self) -> None:
        self.refresh(self._region(self._cursor))

    def on_blur(self) -> None:
        self.refresh(self._region(self._cursor))

    # Drawing.

    def render_line(self, y: int) -> Strip:
        width, plan = self.size.width, self._plan
        row, line = divmod(y, plan.lines)
        places = range(row * plan.columns, min((row + 1) * plan.columns, len(self._cells)))
        if not places:
            text = f"  {self._left_out}" if self._left_out and y == plan.height - 1 else ""
            return (
                Strip([Segment(text, self._ink("muted"))])
                .adjust_cell_length(width)
                .apply_style(self.rich_style)
            )
        cell_width = width // plan.columns
        cells = [self._draw_cell(place, line, cell_width) for place in places]
        return Strip.join(cells).adjust_cell_length(width).apply_style(self.rich_style)

    def _draw_cell(self, place: int, line: int, width: int) -> Strip:
        cell = self._cells[place]
        if cell.view is None:
            # Before it has been shown any slot, nobody knows what runs.
            text = cut_end(f"· {self._idle_text(cell)}", width - 2) if self._slots and not line else ""
            segments = [Segment(text, self._ink("muted"))]
        elif self._plan.lines == 1:
            segments = self._draw_compact(cell, cell.view, width - 2)
        elif line == 0:
            segments = self._draw_head(cell, cell.view, width - 2)
        else:
            segments = self._draw_progress(cell.view, width - 2)
        focused = self.has_focus and place == self._cursor
        sign = Segment("▌" if focused else " ", self._ink("cursor-sign"))
        strip = Strip([sign, *segments]).adjust_cell_length(width - 1)
        if focused:
            strip = strip.apply_style(self.get_component_rich_style("slot-grid--cursor"))
        return strip.adjust_cell_length(width)

    def _idle_text(self, cell: _Cell) -> str:
        if self._plan is _IDLE:
            return f"all {len(self._slots)} idle" if len(self._slots) > 1 else "idle"
        return f"{self._number(cell)}{cell.without_job}"

    def _draw_head(self, cell: _Cell, view: SlotView, width: int) -> list[Segment]:
        badge = f" {view.badge}" if view.badge else ""
        start = self._start(cell, view)
        room = width - _length(start) - cell_len(badge) - cell_len(view.elapsed) - 1
        return [
            *start,
            Segment(fit(cut_middle(view.title, room), room), self._ink("title")),
            Segment(badge, self._tone(view.tone)),
            Segment(f" {view.elapsed}", self._ink("muted")),
        ]

    def _draw_compact(self, cell: _Cell, view: SlotView, width: int) -> list[Segment]:
        start = self._start(cell, view)
        percent = view.phase if view.percent is None else f"{view.percent:3d}%"
        room = min(_FACTS_WIDTH, width // 2)
        facts = view.badge or percent
        if cell_len(facts) + 1 + cell_len(view.elapsed) > room:  # of `try 2 stalled` the second tells more
            facts = view.badge.rpartition(" ")[2] or percent
        facts = cut_end(facts, room)
        rest = room - cell_len(facts)
        elapsed = f" {view.elapsed}" if cell_len(view.elapsed) < rest else ""
        name = width - _length(start) - 1 - room
        return [
            *start,
            Segment(f"{fit(cut_middle(view.title, name), name)} ", self._ink("title")),
            Segment(facts, self._tone(view.tone) if view.badge else self._ink("muted")),
            Segment(fit(elapsed, rest, "right"), self._ink("muted")),
        ]

    def _draw_progress(self, view: SlotView, width: int) -> list[Segment]:
        muted = self._ink("muted")
        # Without a bar behind it the phase is the news, as when a job tries again.
        phase_width = _PHASE_WIDTH if view.percent is not None else max(_PHASE_WIDTH, cell_len(view.phase))
        segments = [Segment(f"  {fit(view.phase, min(phase_width, width - 3))} ", muted)]
        if view.percent is not None:
            room = width - _length(segments) - len(" 100% ") - _RATE_WIDTH
            least, most = _BAR_WIDTHS
            bar = max(least, min(most, room - _LINE_WIDTH if room >= most + _LINE_WIDTH else room))
            done = bar * max(0, min(100, view.percent)) // 100
            segments += [
                Segment("━" * done, self._tone(view.tone)),
                Segment("╌" * (bar - done), muted),
                Segment(f" {view.percent:3d}% "),
            ]
        room = width - _length(segments)
        segments.append(Segment(cut_end(view.rate, room)))
        gap = 2 if view.rate else int(phase_width > _PHASE_WIDTH)
        room = width - _length(segments) - gap
        if view.line and room >= _LINE_WIDTH:
            segments.append(Segment(f"{' ' * gap}{cut_end(view.line, room)}", muted))
        return segments

    def _start(self, cell: _Cell, view: SlotView) -> list[Segment]:
        glyph = SPINNER[self._spinner % len(SPINNER)] if view.tone is Tone.RUNNING else view.tone.glyph
        number = Segment(self._number(cell), self._ink("muted"))
        pick = [Segment("★ now ", self._ink("pick"))]
        mark = [Segment("● ", self._ink("pick"))] if view.marked else []
        return [Segment(f"{glyph} ", self._tone(view.tone)), *([number] if cell.number else pick), *mark]

    def _number(self, cell: _Cell) -> str:
        """With a blank behind it. In a crowded grid a cell goes from slot to slot: the numbers would be in no order."""
        return "" if self._plan.crowded else f"{cell.number.rjust(len(str(self._most)))} "

    def _ink(self, name: str) -> Style:
        return self.ink(f"slot-grid--{name}")

    def _tone(self, tone: Tone) -> Style:
        return self.ink(tone.css_class)


def _length(segments: Sequence[Segment]) -> int:
    return sum(segment.cell_length for segment in segments)
