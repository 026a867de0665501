"""The state of a run at a glance."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import ClassVar

from msgspec import Struct
from rich.segment import Segment
from rich.style import Style
from textual.app import ComposeResult
from textual.containers import Vertical
from textual.geometry import Size
from textual.reactive import reactive
from textual.strip import Strip
from textual.widget import Widget

from widgets.ink import SteadyStyle
from widgets.overall_bar import OverallBar
from widgets.text import cut_middle, fit
from widgets.tone import TONE_CLASSES, Tone, muted_css, tone_css

_STATES = (
    Tone.SYNCED,
    Tone.UP_TO_DATE,
    Tone.SKIPPED,
    Tone.BLOCKED,
    Tone.BUSY,
    Tone.FAILED,
    Tone.TIMED_OUT,
    Tone.CANCELLED,
    Tone.RUNNING,
    Tone.QUEUED,
)
_TROUBLE = frozenset({Tone.BLOCKED, Tone.BUSY, Tone.FAILED, Tone.TIMED_OUT, Tone.CANCELLED})
_TROUBLE_AND_REST = _TROUBLE | {Tone.RUNNING, Tone.QUEUED}
_IN_ANY_RUN = (Tone.SYNCED, Tone.UP_TO_DATE, Tone.RUNNING, Tone.QUEUED)
"""Those that a compact pane counts while a run goes on, each in its place; troubles come behind them."""

_COUNT_WIDTH = 20
"""A count and the two blanks before the next one."""

_JOBS_WIDTH, _RATE_WIDTH = len("6→3 draining"), len("102.4 kB/s")
_FACTS_WIDTH = 46
"""What the facts take of a compact line: a rate that comes and goes moves no count."""
_COMPACT_LINES = 2
"""Of facts and counts, as long as they find room there without words."""

_GAP = "  "
_LEAST_HOST, _PACKED_HOST = 4, 20
"""Cells of its name: the fewest, and the most where hosts stand side by side."""
_LEAST_LANE = _LEAST_HOST + len(" 1/1") + len(_GAP)


class LaneView(Struct, frozen=True):
    """The jobs of one remote host."""

    host: str
    running: int
    limit: int
    waiting: int
    note: str = ""
    """What holds it back, or runs beside its limit."""


class StatusView(Struct, frozen=True):
    """`counts` holds the final states, RUNNING and QUEUED (what remains); `jobs` is like "6/8"."""

    counts: Mapping[Tone, int]
    jobs: str
    rate: str = ""
    lanes: Sequence[LaneView] = ()
    left: str = ""
    """How long it goes on, as in "about 2 min"."""


class StatusPane(Vertical):
    """Bar, facts, counts, and lanes: a line each or, with more hosts, side by side, those held back and with most to do."""

    compact = reactive(0)
    """As high as the bar, the facts and the counts that there are, and so many lines for lanes; 0: not compact."""

    DEFAULT_CSS = """
    StatusPane {
        height: 1fr;
        padding: 0 1;
        & > _Facts { height: 1fr; }
        &.-compact, &.-compact > _Facts { height: auto; }
    }
    """

    def __init__(self, *, id: str | None = None) -> None:  # noqa: A002 - Textual's name
        super().__init__(id=id)
        self._bar = OverallBar()
        self._facts = _Facts()

    def compose(self) -> ComposeResult:
        yield self._bar
        yield self._facts

    def watch_compact(self, compact: int) -> None:
        self.set_class(bool(compact), "-compact")
        self._facts.shorten(compact)

    def show(self, view: StatusView) -> None:
        self._bar.show(view.counts, view.left)
        self._facts.show(view)


class _Facts(SteadyStyle, Widget):
    ALLOW_SELECT = False
    COMPONENT_CLASSES: ClassVar[set[str]] = {"facts--muted", "facts--strong", *TONE_CLASSES}
    DEFAULT_CSS = (
        tone_css("_Facts")
        + muted_css("_Facts", "facts--muted")
        + """
    _Facts {
        & > .facts--muted { color: $text-muted; }
        & > .facts--strong { text-style: bold; }
    }
    """
    )

    def __init__(self) -> None:
        super().__init__()
        self._view = StatusView({}, "")
        self._compact = 0
        self._drawn: tuple[Size, list[list[Segment]]] | None = None

    def show(self, view: StatusView) -> None:
        if view == self._view:
            return
        self._view = view
        before, self._drawn = self._drawn, None
        grown = before is None or len(before[1]) != len(self._lines(self.size.width))
        self.refresh(layout=grown and bool(self._compact))

    def shorten(self, compact: int) -> None:
        self._compact = compact
        self._drawn = None
        self.refresh(layout=True)

    def get_content_height(self, _container: Size, _viewport: Size, width: int) -> int:
        return len(self._lines(width))

    def notify_style_update(self) -> None:
        super().notify_style_update()
        self._drawn = None

    def render_line(self, y: int) -> Strip:
        width = self.size.width
        lines = self._lines(width)
        line = lines[y] if y < len(lines) else []
        return Strip(line).adjust_cell_length(width).apply_style(self.rich_style)

    def _lines(self, width: int) -> list[list[Segment]]:
        room = Size(width, self.size.height)
        if self._drawn is None or self._drawn[0] != room:
            self._drawn = room, self._draw(width)
        return self._drawn[1]

    def _draw(self, width: int) -> list[list[Segment]]:
        if self._compact:
            return self._draw_compact(width)
        lines = [*_flow(self._draw_facts(width), width), *self._draw_counts(width)]
        return [*lines, *self._draw_lanes(width, max(0, self.size.height - len(lines)))]

    def _draw_facts(self, width: int) -> list[list[Segment]]:
        """Each as wide as it can become, so that none moves the next one, where they find room so in one line."""
        view = self._view
        of_jobs, of_rate = (_JOBS_WIDTH, _RATE_WIDTH) if width >= _FACTS_WIDTH else (0, 0)
        total = sum(view.counts.get(tone, 0) for tone in _STATES)
        done = total - view.counts.get(Tone.RUNNING, 0) - view.counts.get(Tone.QUEUED, 0)
        facts = [
            ("done ", f"{done:>{len(str(total))}}/{total}" if total else ""),
            ("jobs ", f"{view.jobs:<{of_jobs}}"),
            ("", view.rate and f"{view.rate:<{of_rate}}"),
        ]
        return [
            [Segment(label, self._ink("muted")), Segment(f"{value}  ", self._ink("strong"))]
            for label, value in facts
            if value
        ]

    def _draw_compact(self, width: int) -> list[list[Segment]]:
        """The facts, and beside and below them in two lines the counts: with all words, or those that matter most,
        or in as many lines as it takes without words. Then the lanes.
        """
        counts = self._view.counts
        total = sum(counts.get(tone, 0) for tone in _STATES)
        goes_on = counts.get(Tone.RUNNING) or counts.get(Tone.QUEUED)
        shown = dict.fromkeys(_IN_ANY_RUN, len(str(total))) if goes_on else {}
        shown |= {tone: 1 for tone in _STATES if counts.get(tone, 0) and tone not in shown}
        *above, facts = _flow(self._draw_facts(width), width)
        beside = _FACTS_WIDTH if _length(facts) <= _FACTS_WIDTH else width
        facts.append(Segment(" " * (beside - _length(facts))))
        for words in (_STATES, _TROUBLE_AND_REST, _TROUBLE, ()):
            lines = _flow([facts, *(self._draw_short(*one, words) for one in shown.items())], width)
            if len(lines) <= _COMPACT_LINES:
                break
        lines += [[]] * (_COMPACT_LINES - len(lines))
        return [*above, *lines, *(self._draw_lanes(width, self._compact) or [[]])]

    def _draw_short(self, tone: Tone, digits: int, words: Collection[Tone]) -> list[Segment]:
        count = self._view.counts.get(tone, 0)
        style = self.ink(tone.css_class) if count else self._ink("muted")
        word = [Segment(f"{tone.word} ", style)] if tone in words else []
        return [
            Segment(f"{tone.glyph} ", style),
            Segment(f"{count:>{digits}} ", self._ink("strong") if count else style),
            *word,
            Segment(" "),
        ]

    def _draw_counts(self, width: int) -> list[list[Segment]]:
        columns = max(1, (width + 2) // _COUNT_WIDTH)
        rows = -(-len(_STATES) // columns)
        lines: list[list[Segment]] = []
        for row in range(rows):
            lines.append([])
            for tone in _STATES[row::rows]:
                count = self._view.counts.get(tone, 0)
                style = self.ink(tone.css_class) if count else self._ink("muted")
                lines[-1] += [
                    Segment(f"{tone.glyph} ", style),
                    Segment(fit(tone.word, 10), Style.null() if count else style),
                    Segment(f"{count:6d}  ", self._ink("strong") if count else style),
                ]
        return lines

    def _draw_lanes(self, width: int, height: int) -> list[list[Segment]]:
        """By name, so that none changes places with a job that ends."""
        lanes = sorted(self._view.lanes, key=lambda lane: lane.host)
        return self._tabulate(lanes, width) if len(lanes) <= height else self._pack(lanes, width, height)

    def _tabulate(self, lanes: Sequence[LaneView], width: int) -> list[list[Segment]]:
        facts = [
            (
                lane.host,
                f"{lane.running}/{lane.limit}",
                f"{lane.waiting} waiting",
                lane.note and f"  {lane.note}",
            )
            for lane in lanes
        ]
        longest, used, waiting, note = (
            max((len(fact[column]) for fact in facts), default=0) for column in range(4)
        )
        room = max(_LEAST_HOST, min(width - used - waiting - note - 4, longest))
        return [
            [
                Segment(f"{fit(cut_middle(host, room), room)}  "),
                Segment(f"{jobs:>{used}}  ", self._ink("strong")),
                Segment(f"{text:>{waiting}}", self._ink("muted")),
                Segment(note),
            ]
            for host, jobs, text, note in facts
        ]

    def _pack(self, lanes: Sequence[LaneView], width: int, height: int) -> list[list[Segment]]:
        """Always `height` lines, so that a note moves nothing below."""
        places = max(1, min(len(lanes), height * width // _LEAST_LANE))
        while len(lines := self._draw_beside(lanes, places, width)) > height and places > 1:
            places -= 1
        return [*lines, *[[]] * height][:height]

    def _draw_beside(self, lanes: Sequence[LaneView], places: int, width: int) -> list[list[Segment]]:
        """So many of them side by side, without what waits."""
        urgent = sorted(lanes, key=lambda lane: (not lane.note, -lane.running - lane.waiting))[:places]
        pieces = [self._draw_lane(lane, width) for lane in lanes if lane in urgent]
        if hidden := len(lanes) - places:
            more = f"+{hidden} more host{'s' if hidden > 1 else ''}{_GAP}"
            pieces.append([Segment(more, self._ink("muted"))])
        return _flow(pieces, width)

    def _draw_lane(self, lane: LaneView, width: int) -> list[Segment]:
        """`github.com 3/8 backs off 41 s`."""
        jobs = f" {lane.running}/{lane.limit}"
        note = lane.note and f" {lane.note}"
        room = max(_LEAST_HOST, min(_PACKED_HOST, width - len(jobs) - len(note)))
        # With the place of a digit that comes and goes.
        gap = _GAP + " " * (len(str(lane.limit)) - len(str(lane.running)))
        return [
            Segment(cut_middle(lane.host, room)),
            Segment(jobs, self._ink("strong")),
            Segment(f"{note}{gap}"),
        ]

    def _ink(self, name: str) -> Style:
        return self.ink(f"facts--{name}")


def _flow(pieces: Iterable[list[Segment]], width: int) -> list[list[Segment]]:
    """The pieces, each with two blanks at its end, in lines of that width."""
    lines: list[list[Segment]] = [[]]
    for piece in pieces:
        if lines[-1] and _length(lines[-1]) + _length(piece) - 2 > width:
            lines.append([])
        lines[-1] = [*lines[-1], *piece]
    return lines


def _length(segments: Sequence[Segment]) -> int:
    return sum(segment.cell_length for segment in segments)
