"""The one translator: from the board, the gauges and the survey to the values that widgets draw."""

import textwrap
import time
from collections import Counter
from collections.abc import Callable, Collection, Mapping, Sequence
from itertools import groupby

import humanize

from tui.app.desk import Desk
from tui.engine.engine import Clock
from tui.engine.events import JobEnded, LimitChanged, Notice, Record, RunFinished
from tui.engine.slots import PRIORITY_SLOT
from tui.engine.survey import StatusRow
from tui.engine.watch import Watch
from tui.git.gauge import Gauge, Progress
from tui.git.outcome import ATTENTION_STATES, Outcome, State
from tui.view.board import Board, BoardRow, Stage
from tui.view.lines import age, detail, duration, headline, is_news, lane_line, plural
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


def rate(bytes_per_second: int | None) -> str:
    return f"{humanize.naturalsize(bytes_per_second)}/s" if bytes_per_second else ""


# Header.


def done(board: Board) -> str:
    """`11/40`: repos that have ended, of those that were asked for."""
    counts = board.counts
    return f"{sum(counts[state] for state in State)}/{sum(counts.values())}"


def run_clock(board: Board, clock: Clock) -> str:
    """Empty before the first run; stands still after the end."""
    if board.run is None:
        return ""
    seconds = board.finished.duration_ms / 1000 if board.finished else clock.now() - board.began
    return clock_face(seconds)


def passes(watch: Watch | None) -> str:
    """`pass 3`, `next pass in 4:12`, `next pass at 22:00` where the window is closed until then."""
    if watch is None:
        return ""
    if watch.going_on:
        return f"pass {watch.passes}"
    left = watch.due_in()
    if left > watch.every:
        return f"next pass at {time.strftime('%H:%M', time.localtime(time.time() + left))}"
    return f"next pass in {clock_face(left)}"


def mode(board: Board) -> str:
    parts = ["PAUSED"] if board.paused else []
    if board.ordinary > board.limit:
        parts.append("draining")
    return " ".join(parts)


def slots_title(board: Board) -> str:
    """`Slots 4/6 +1 now`, `Slots 6→3 draining`."""
    draining = board.ordinary > board.limit
    return f"Slots {jobs(board).replace('/', '→')} draining" if draining else f"Slots {jobs(board)}"


def plan_line(board: Board, workspace: str, jobs_source: str, *, brief: bool) -> str:
    count = sum(row.state is Stage.PLANNED for row in board.rows.values())
    if not board.rows:
        return (
            f"No repo in {workspace}. Name some in a synctui.toml, or go where there are some;"
            " `synctui demo` shows how it looks."
        )
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


def phase(progress: Progress) -> str:
    return _PHASES.get(progress.phase, progress.phase) or "starting"


def slots(
    board: Board, gauges: Gauges, marks: Collection[str], clock: Clock
) -> tuple[list[SlotView | None], SlotView | None]:
    """The ordinary slots, those without a job as None, and the priority slot."""
    taken = {
        row.slot: slot(row, gauges(row.repo.id), clock, marked=row.repo.id in marks) for row in board.running
    }
    priority = taken.pop(PRIORITY_SLOT, None)
    count = max([board.limit, *(number + 1 for number in taken if number is not None)])
    return [taken.get(number) for number in range(count)], priority


def closed(board: Board, slots: Sequence[SlotView | None]) -> int:
    """How many slots without a job take none: what drains may hold a slot above the limit."""
    return slots.count(None) - max(0, board.limit - board.ordinary)


def slot(row: BoardRow, gauge: Gauge | None, clock: Clock, *, marked: bool = False) -> SlotView:
    progress = gauge.progress if gauge else _NOTHING
    seconds = max(0.0, clock.now() - row.started)
    # A job that waits to try again is quiet on purpose.
    retrying = progress.phase.startswith("retry ")
    quiet = min(seconds, clock.monotonic() - progress.moved)
    attempt = gauge.attempt if gauge else row.attempt
    tone, badge = Tone.RUNNING, f"try {attempt}" if attempt > 1 else ""
    if row.state is Stage.STOPPING:
        tone, badge = Tone.STOPPING, "stopping"
    elif retrying:
        tone = Tone.RETRYING
    elif quiet >= STALLED_AFTER:
        tone, badge = Tone.STALLED, f"{badge} stalled".lstrip()
    return SlotView(
        key=row.repo.id,
        title=row.repo.id,
        phase=phase(progress),
        percent=progress.percent,
        rate=rate(progress.rate),
        elapsed=duration(seconds * 1000),
        line=progress.line,
        tone=tone,
        badge=badge,
        pick=row.slot == PRIORITY_SLOT,
        marked=marked,
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
        case LimitChanged() as event if text := lane_line(event):
            return LogLine("", Tone.NOTE, text=text)
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
    if len(hosts) <= 1 and host_limit is None and not board.lanes:
        return []
    width = min(host_limit or board.limit, board.limit)
    return [
        LaneView(host, running[host], min(board.lanes.get(host, width), width), waiting[host])
        for host in sorted(hosts)
    ]


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

    def group(row: BoardRow) -> tuple[int, str, str, str]:
        outcome = _trouble(row)
        server = row.server.removeprefix("https://") if row.needs_login else ""
        return _WORST_FIRST.index(outcome.state), outcome.state.value, outcome.reason or "", server

    shown: list[TableRow] = []
    for (_, state, reason, server), members in groupby(sorted(rows, key=group), key=group):
        of_group = list(members)
        tone = tone_of(State(state))
        what = f": {_words(reason)}{f' at {server}' if server else ''}" if reason else ""
        heading = f"{tone.glyph} {tone.word}{what}  {len(of_group)}"
        key = f"{state} {reason} {server}"
        shown.append(TableRow(key, ((heading, tone),), group=True))
        advice = f"i logs in at {server}, once for all" if server else _trouble(of_group[0]).advice
        shown += [
            TableRow(f"{key} {number}", ((f"{' ' if number else '→'} {line}", Tone.NOTE),), group=True)
            for number, line in enumerate(textwrap.wrap(advice, max(20, width - 6)))
        ]
        shown += [
            TableRow(
                row.repo.id,
                (row.repo.id, headline(_trouble(row).message)),
                marked=row.repo.id in marks,
            )
            for row in of_group
        ]
    return shown


def _trouble(row: BoardRow) -> Outcome:
    """Of a row that needs a person."""
    assert row.trouble is not None  # noqa: S101  it is what makes the row need one
    return row.trouble


def repo_rows(rows: Sequence[BoardRow], desk: Desk, sort: str) -> list[TableRow]:
    order = _REPO_SORTS[sort]
    return [
        TableRow(row.repo.id, _repo_cells(row, desk), marked=row.repo.id in desk.marks)
        for row in sorted(rows, key=lambda row: order(row, desk.looks.get(row.repo.id)))
    ]


def _repo_cells(row: BoardRow, desk: Desk) -> tuple[Cell, ...]:
    look, past = desk.looks.get(row.repo.id), desk.session.past.get(row.repo.id)
    now = desk.clock.now()
    tone = tone_of(row.state)
    status = look.status if look else None
    success = desk.success(row, look) if look else None
    fetched = None if success is None else max(0.0, now - success)
    outlook = look.outlook if look else None
    error = ""
    if row.trouble:
        error = row.trouble.message
    elif status and status.error:
        error = status.error
    elif past and past.state in ATTENTION_STATES and not row.ended:
        error = f"{_words(past.reason or past.state)}, {age(max(0.0, now - (past.last_attempt or now)))} ago"
    elif outlook and outlook.blocked and not row.ended:
        error = outlook.message
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
