"""The one translator: from the board, the gauges and the survey to the values that widgets draw."""

import textwrap
import time
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from itertools import groupby

import humanize

from tui.engine.engine import Clock
from tui.engine.events import JobEnded, Notice, Record, RunFinished
from tui.engine.slots import PRIORITY_SLOT
from tui.engine.survey import StatusRow
from tui.git.gauge import Gauge, Progress
from tui.git.outcome import ATTENTION_STATES, State
from tui.view.board import Board, BoardRow, Stage
from tui.view.lines import detail, duration, is_news, plural
from widgets.line_table import Cell, TableRow
from widgets.log_pane import LogLine
from widgets.slot_grid import SlotView
from widgets.status_pane import LaneView, StatusView
from widgets.tone import Tone

Gauges = Callable[[str], Gauge | None]

STALLED_AFTER = 10.0
"""Seconds without a byte until a cell says so."""
_NOTHING = Progress(moved=0.0)
_STATE_ORDER = [*State, Stage.STOPPING, Stage.RUNNING, Stage.QUEUED, Stage.PLANNED]
_WORST_FIRST = [State.FAILED, State.TIMED_OUT, State.BLOCKED, State.BUSY, State.CANCELLED]
_REPO_SORTS: Mapping[str, Callable[[BoardRow, StatusRow | None], tuple[int, str]]] = {
    "workspace order": lambda _row, _look: (0, ""),
    "state": lambda row, _look: (_severity(row), row.repo.id),
    "name": lambda row, _look: (0, row.repo.id),
    "behind": lambda row, look: (-((look and look.status.behind) or 0), row.repo.id),
}
_JOBS_SOURCES = {
    "flag": "as asked",
    "variable": "from SYNCTUI_JOBS",
    "file": "from the workspace file",
    "remembered": "as last time",
    "default": "the default",
}
SORTS = tuple(_REPO_SORTS)


def tone_of(state: Stage | State) -> Tone:
    return Tone(state.value)


def clock_face(seconds: float) -> str:
    """`0:07`, `12:34`, `1:02:03`."""
    minutes, rest = divmod(max(0, int(seconds)), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"


def age(seconds: float | None) -> str:
    """`now`, `5 m`, `3 h`, `12 d`; empty for None."""
    if seconds is None:
        return ""
    for size, unit in ((86_400, "d"), (3_600, "h"), (60, "m")):
        if seconds >= size:
            return f"{int(seconds // size)} {unit}"
    return "now"


def rate(bytes_per_second: int | None) -> str:
    return f"{humanize.naturalsize(bytes_per_second)}/s" if bytes_per_second else ""


# Header.


def run_clock(board: Board, clock: Clock) -> str:
    """Empty before the first run; stands still after the end."""
    if board.run is None:
        return ""
    seconds = board.finished.duration_ms / 1000 if board.finished else clock.now() - board.began
    return clock_face(seconds)


def mode(board: Board) -> str:
    parts = ["PAUSED"] if board.paused else []
    if board.ordinary > board.limit:
        parts.append("draining")
    return " ".join(parts)


def slots_title(board: Board) -> str:
    """`Slots 4/6 +1 now`, `Slots 6→3 draining`."""
    draining = board.ordinary > board.limit
    return f"Slots {jobs(board).replace('/', '→')} draining" if draining else f"Slots {jobs(board)}"


def plan_line(board: Board, jobs_source: str, *, brief: bool) -> str:
    count = sum(row.state is Stage.PLANNED for row in board.rows.values())
    if not count:
        return "Nothing is planned. Select a repo and press s to sync it."
    if brief:
        return f"{count} planned, {board.limit} at a time. S starts all."
    where = f" ({_JOBS_SOURCES[jobs_source]})" if jobs_source in _JOBS_SOURCES else ""
    return (
        f"{plural(count, 'repo')} planned, {board.limit} at a time{where}. "
        "Press S to start all, space to mark, s to sync the marked."
    )


# Slot grid.


_PHASES = {
    "Connecting": "connecting",
    "Enumerating objects": "listing",
    "Counting objects": "counting",
    "Compressing objects": "packing",
    "Receiving objects": "receiving",
    "Unpacking objects": "unpacking",
    "Resolving deltas": "resolving",
    "Updating files": "writing",
}
"""What fits a cell of git's own words; anything else stays as it is."""


def slots(board: Board, gauges: Gauges, clock: Clock) -> tuple[list[SlotView | None], SlotView | None]:
    """The ordinary slots, idle ones as None, and the priority slot."""
    taken = {row.slot: slot(row, gauges(row.repo.id), clock) for row in board.running}
    priority = taken.pop(PRIORITY_SLOT, None)
    count = max([board.limit, *(number + 1 for number in taken if number is not None)])
    return [taken.get(number) for number in range(count)], priority


def slot(row: BoardRow, gauge: Gauge | None, clock: Clock) -> SlotView:
    progress = gauge.progress if gauge else _NOTHING
    seconds = max(0.0, clock.now() - row.started)
    # A job that waits to try again is quiet on purpose.
    retrying = progress.phase.startswith("retry ")
    quiet = min(seconds, clock.monotonic() - progress.moved)
    tone, badge = Tone.RUNNING, ""
    if row.state is Stage.STOPPING:
        tone, badge = Tone.STOPPING, "stopping"
    elif retrying:
        tone = Tone.RETRYING
    elif quiet >= STALLED_AFTER:
        tone, badge = Tone.STALLED, "stalled"
    return SlotView(
        key=row.repo.id,
        title=row.repo.id,
        phase=_PHASES.get(progress.phase, progress.phase) or "starting",
        percent=progress.percent,
        rate=rate(progress.rate),
        elapsed=duration(seconds * 1000),
        line=progress.line,
        tone=tone,
        badge=badge,
        pick=row.slot == PRIORITY_SLOT,
        age=seconds,
    )


# Log.


def log_line(record: Record) -> LogLine | None:
    """None for what the log does not tell."""
    match record.event:
        case JobEnded() as event:
            outcome = event.outcome
            return LogLine(
                event.repo.id,
                tone_of(outcome.state),
                (
                    time.strftime("%H:%M:%S", time.localtime(record.time)),
                    event.repo.id,
                    tone_of(outcome.state).word,
                    detail(outcome),
                    duration(event.duration_ms),
                ),
                interesting=is_news(outcome),
            )
        case Notice(text=text, about=about):
            return LogLine(about or "", Tone.NOTE, text=text)
        case RunFinished() as event:
            return LogLine("", Tone.NOTE, text=_run_line(event))
        case _:
            return None


def _run_line(event: RunFinished) -> str:
    """Short: the counts stand beside the log."""
    attention = sum(event.counts[state] for state in ATTENTION_STATES)
    parts = [
        f"{plural(event.total, 'repo')} in {duration(event.duration_ms)}",
        f"{plural(event.commits, 'commit')} arrived" if event.commits else "",
        "interrupted" if event.interrupted else "",
        f"{attention} to look at: press 2" if attention else "",
    ]
    return ", ".join(part for part in parts if part)


# Status pane.


def jobs(board: Board) -> str:
    """`4/6`, and `+1 now` for the priority slot."""
    running, ordinary = len(board.running), board.ordinary
    under = f"{ordinary}/{board.limit}"
    return f"{under} +{running - ordinary} now" if running > ordinary else under


def status(board: Board, gauges: Gauges) -> StatusView:
    running = board.running
    bytes_per_second = sum(
        gauge.progress.rate or 0 for row in running if (gauge := gauges(row.repo.id)) is not None
    )
    counts: Counter[Tone] = Counter()
    for state, count in board.counts.items():
        counts[Tone.RUNNING if state is Stage.STOPPING else tone_of(state)] += count
    return StatusView(
        counts,
        jobs(board),
        rate=rate(bytes_per_second) or ("–" if board.active else ""),
        lanes=lanes(board),
    )


def lanes(board: Board) -> list[LaneView]:
    """The hosts of all that was asked for; none where there is one host and no limit of its own."""
    running: Counter[str] = Counter()
    waiting: Counter[str] = Counter()
    hosts: set[str] = set()
    for row in board.rows.values():
        if not row.attempt:
            continue
        hosts.add(row.repo.host)
        running[row.repo.host] += row.live and row.slot != PRIORITY_SLOT
        waiting[row.repo.host] += row.state is Stage.QUEUED
    host_limit = board.run.host_jobs if board.run else None
    if len(hosts) <= 1 and host_limit is None:
        return []
    limit = min(host_limit or board.limit, board.limit)
    return [LaneView(host, running[host], limit, waiting[host]) for host in sorted(hosts)]


# Tables.


def queue_rows(board: Board, queue: Sequence[str], marks: set[str]) -> list[TableRow]:
    rows = (board.rows[repo_id] for repo_id in queue if repo_id in board.rows)
    return [
        TableRow(
            row.repo.id,
            (str(place), row.repo.id, "goes first" if row.pick else _attempt(row), row.repo.host),
            marked=row.repo.id in marks,
        )
        for place, row in enumerate(rows, 1)
    ]


def attention_rows(rows: Sequence[BoardRow], marks: set[str], width: int) -> list[TableRow]:
    """A heading and its advice for each reason, then its repos; `width` is the room for the advice."""

    def group(row: BoardRow) -> tuple[int, str, str]:
        reason = row.outcome.reason if row.outcome else None
        return _severity(row), row.state.value, reason or ""

    shown: list[TableRow] = []
    for (_, state, reason), members in groupby(sorted(rows, key=group), key=group):
        of_group = list(members)
        tone = tone_of(State(state))
        heading = f"{tone.glyph} {tone.word}{f': {_words(reason)}' if reason else ''}  {len(of_group)}"
        shown.append(TableRow(f"{state} {reason}", ((heading, tone),), group=True))
        advice = of_group[0].outcome.advice if of_group[0].outcome else ""
        shown += [
            TableRow(f"{state} {reason} {number}", ((f"  {line}", Tone.NOTE),), group=True)
            for number, line in enumerate(textwrap.wrap(advice, max(20, width - 4)))
        ]
        shown += [
            TableRow(
                row.repo.id,
                (row.repo.id, row.outcome.message if row.outcome else ""),
                marked=row.repo.id in marks,
            )
            for row in of_group
        ]
    return shown


def repo_rows(
    rows: Sequence[BoardRow], looks: Mapping[str, StatusRow], marks: set[str], sort: str, clock: Clock
) -> list[TableRow]:
    order = _REPO_SORTS[sort]
    now = clock.now()
    return [
        TableRow(row.repo.id, _repo_cells(row, looks.get(row.repo.id), now), marked=row.repo.id in marks)
        for row in sorted(rows, key=lambda row: order(row, looks.get(row.repo.id)))
    ]


def _repo_cells(row: BoardRow, look: StatusRow | None, now: float) -> tuple[Cell, ...]:
    tone = tone_of(row.state)
    status = look.status if look else None
    fetched = None if status is None or status.last_fetch is None else max(0.0, now - status.last_fetch)
    error = ""
    if row.needs_person and row.outcome:
        error = row.outcome.message
    elif status:
        error = status.error
    return (
        row.repo.id,
        (f"{tone.glyph} {tone.word}", tone),
        _count(status.behind if status else None),
        _count(status.ahead if status else None),
        ("yes", Tone.BLOCKED) if status and status.dirty else "",
        age(fetched),
        (status.branch or "") if status else "",
        error,
    )


def _count(count: int | None) -> str:
    """Unknown is blank and never a zero."""
    return "" if count is None else str(count)


def _severity(row: BoardRow) -> int:
    if row.state in _WORST_FIRST:
        return _WORST_FIRST.index(row.state)  # type: ignore[arg-type]  # `in` has shown that it is a State
    return len(_WORST_FIRST) + _STATE_ORDER.index(row.state)


def _attempt(row: BoardRow) -> str:
    return f"attempt {row.attempt}" if row.attempt > 1 else ""


def _words(name: str) -> str:
    return name.replace("_", " ")
