"""The one translator: from the board, the gauges and the survey to the values that widgets draw."""

import math
import re
import time
from collections import Counter
from collections.abc import Callable, Sequence
from functools import lru_cache

from tui.app.desk import Desk
from tui.app.keymap import Keymap
from tui.app.player import Player
from tui.app.session import Session
from tui.engine.clock import Clock
from tui.engine.events import JobEnded, LimitChanged, Notice, Record, RunFinished, RunStarted
from tui.engine.lanes import STALLED_AFTER
from tui.engine.slots import PRIORITY_SLOT
from tui.engine.watch import Watch
from tui.git.gauge import Gauge, Progress
from tui.git.outcome import ATTENTION_STATES, Outcome, State
from tui.store.history import CutOff
from tui.view.board import Board, BoardRow, Stage
from tui.view.lines import cause, detail, duration, is_news, lane_line, not_run, plural, size
from widgets.log_pane import LogLine
from widgets.slot_grid import SlotView
from widgets.status_pane import LaneView, StatusView
from widgets.tone import Tone

Gauges = Callable[[str], Gauge | None]

WORST_FIRST = [State.FAILED, State.TIMED_OUT, State.BLOCKED, State.BUSY, State.CANCELLED]
"""The states that need a person, as lists order them."""
_COUNTED_AS: dict[Stage | State, Tone] = {Stage.STOPPING: Tone.RUNNING, Stage.RETRYING: Tone.QUEUED}
_NOTHING = Progress(moved=0.0)
_JOBS_SOURCES = {
    "flag": "as asked",
    "variable": "from SYNCTUI_JOBS",
    "file": "from the workspace file",
    "remembered": "as last time",
    "default": "the default",
}


def tone_of(state: Stage | State) -> Tone:
    return Tone(state.value)


def clock_face(seconds: float) -> str:
    """`0:07`, `12:34`, `1:02:03`."""
    minutes, rest = divmod(max(0, int(seconds)), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"


def rate(bytes_per_second: int | None) -> str:
    return f"{size(bytes_per_second)}/s" if bytes_per_second else ""


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


def playing(player: Player) -> str:
    """`replay 10×  0:12 / 1:03`."""
    how = " paused" if player.paused else f" {player.speed}×"
    if player.over:
        how = " over, cut off" if player.recording.cut_off else " over"
    return f"replay{how}  {clock_face(player.position)} / {clock_face(player.recording.seconds)}"


def not_recorded(outcome: Outcome | None) -> str:
    """What the detail of a repo shows in a run and cannot show in a replay."""
    parts = [
        "the messages of the commits" if outcome and outcome.commits else "",
        "" if outcome and outcome.output_tail else "what git said",
        "earlier results",
    ]
    return f"not recorded: {', '.join(part for part in parts if part)}"


def passes(watch: Watch | None) -> str:
    """`pass 3`, `next pass in 4:12`, `next pass at 22:00` where the window is closed until then."""
    if watch is None:
        return ""
    at = watch.next_start
    if at is None:
        return f"pass {watch.passes}"
    left = watch.due_in()
    if left > watch.every:
        return f"next pass at {time.strftime('%H:%M', time.localtime(at))}"
    return f"next pass in {clock_face(left)}"


def mode(board: Board) -> str:
    parts = ["PAUSED"] if board.paused else []
    if ordinary(board) > board.limit:
        parts.append("draining")
    return " ".join(parts)


def slots_title(board: Board, keys: Keymap | None = None) -> str:
    """`Slots 4/6 +1 now`, `Slots 6→3 draining`, `Slots 1/6, github.com held at 1`.

    While nothing runs, when the footer has others to name, `Slots 0/6, - + change the limit` by these keys.
    """
    title = f"Slots {jobs(board)}"
    if keys and not board.active:
        return f"{title}, {keys.first('lower_limit')} {keys.first('raise_limit')} change the limit"
    lanes = board.lanes.items() if board.active else ()
    held = {host: limit for host, limit in lanes if limit < board.lane_width}
    match list(held.items()):
        case []:
            return title
        case [(host, limit)]:
            return f"{title}, {host} held at {limit}"
        case several:
            return f"{title}, {len(several)} hosts held back"


def offer(board: Board, cut_off: CutOff | None, now: float, keys: Keymap, *, brief: bool) -> str:
    """What of the run before this session can be done now; empty where that came to its end."""
    count = len(board.left)
    if cut_off is None or not count:
        return ""
    if brief:
        return f"{count} left of a run that ended early: {keys.first('finish_last_run')}"
    those = "those" if count == len(cut_off.left) else f"the {count} of them that are here"
    return f"{_was_cut_off(cut_off, now)}: press {keys.first('finish_last_run')} to do {those}."


def goes_on_in(cut_off: CutOff, here: int, now: float) -> str:
    """For a run that begins without being asked what of the one before it was left."""
    missing = len(cut_off.left) - here
    rest = "they are in this one" if not missing else f"{missing} of them are not in this one"
    return f"{_was_cut_off(cut_off, now)}; {rest}"


def _was_cut_off(cut_off: CutOff, now: float) -> str:
    today = time.localtime(cut_off.started_at)[:3] == time.localtime(now)[:3]
    began = time.strftime("%H:%M" if today else "%d %b %H:%M", time.localtime(cut_off.started_at))
    return f"The run of {began} ended early with {plural(len(cut_off.left), 'repo')} left"


def plan_line(board: Board, session: Session, *, brief: bool) -> str:
    keys = session.keys
    count = board.planned
    if not board.rows:
        return (
            f"No repo in {session.workspace}. Name some in a synctui.toml, or go where there are some;"
            " `synctui demo` shows how it looks."
        )
    if not count:
        return f"Nothing is planned. Select a repo and press {keys.first('sync')} to sync it."
    if brief:
        return f"{count} planned, {board.limit} at a time. {keys.first('start_all')} starts all."
    changed = "jobs" in session.preferences.changed
    source = "changed here" if changed else _JOBS_SOURCES.get(session.jobs_source, "")
    where = f" ({source})" if source else ""
    host = f", {session.host_jobs} of one host" if session.host_jobs else ""
    left_out = f" {not_run(session.plan.settled)}." if session.plan.settled else ""
    return (
        f"{plural(count, 'repo')} planned, {board.limit} at a time{where}{host}.{left_out}"
        f" Press {keys.first('start_all')} to start all."
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


_COUNTED = re.compile(r"^(?:remote: )?[A-Z][a-z ]+: +\d+% \((\d+/\d+)\)")


def phase(progress: Progress) -> str:
    return _PHASES.get(progress.phase, progress.phase) or "starting"


def word_of_git(progress: Progress) -> str:
    """The last line of git, without what the phase and the percentage say already."""
    line = cause(progress.line)
    if line.startswith("Cloning into "):  # which names a folder of ours
        return ""
    if progress.percent is None or not (told := _COUNTED.search(line)):
        return line
    return told[1]


def slots(desk: Desk) -> tuple[list[SlotView | None], SlotView | None]:
    """The ordinary slots, those without a job as None, and the priority slot."""
    board, opens = desk.board, desk.engine.next_starts()
    taken = {row.slot: _slot(row, desk, opens.get(row.host, 0.0)) for row in board.running}
    priority = taken.pop(PRIORITY_SLOT, None)
    count = max([board.limit, *(number + 1 for number in taken if number is not None)])
    return [taken.get(number) for number in range(count)], priority


def _slot(row: BoardRow, desk: Desk, opens_in: float) -> SlotView:
    """`opens_in`: seconds for which its host is left alone."""
    gauge = desk.source.gauge(row.repo.id)
    return slot(row, gauge, desk.clock, opens_in, marked=row.repo.id in desk.marks)


def closed(board: Board, slots: Sequence[SlotView | None]) -> int:
    """How many slots without a job take none: what drains or rests may hold a slot above the limit."""
    return max(0, slots.count(None) - max(0, board.limit - ordinary(board)))


def without_job(desk: Desk) -> str:
    """What an open slot does that has no job: `idle`, or `waits for github.com` where repos are queued there alone."""
    board = desk.board
    waiting = [host for host, counts in board.hosts.items() if counts[Stage.QUEUED]]
    if not waiting:
        return "idle"
    if board.paused:
        return "paused"
    running, starts = _running_by_host(board), desk.engine.next_starts()
    if any(running[host] < _host_limit(board, host) and host not in starts for host in waiting):
        return "idle"
    return f"waits for {waiting[0]}" if len(waiting) == 1 else "waits for a host"


def ordinary(board: Board) -> int:
    """Jobs that run under the limit; neither the priority slot counts nor what waits to try again."""
    return sum(row.slot != PRIORITY_SLOT and row.state is not Stage.RETRYING for row in board.running)


def slot(
    row: BoardRow, gauge: Gauge | None, clock: Clock, opens_in: float = 0.0, *, marked: bool = False
) -> SlotView:
    progress = gauge.progress if gauge else _NOTHING
    seconds = max(0.0, clock.now() - row.started)
    # A job that waits to try again, or for who holds its repo, is quiet on purpose.
    waiting = progress.phase.startswith(("retry ", "waiting"))
    quiet = min(seconds, clock.monotonic() - progress.moved)
    attempt = gauge.attempt if gauge else row.attempt
    # What waits to try again says itself which try that is.
    tone, badge = Tone.RUNNING, f"try {attempt}" if attempt > 1 and not waiting else ""
    if row.state is Stage.STOPPING:
        tone, badge = Tone.STOPPING, "stopping"
    elif waiting:
        tone = Tone.RETRYING
    elif quiet >= STALLED_AFTER:
        tone, badge = Tone.STALLED, f"{badge} stalled".lstrip()
    return SlotView(
        key=row.repo.id,
        title=row.repo.id,
        phase=_counting_down(phase(progress), gauge, clock, opens_in),
        percent=progress.percent,
        rate=rate(progress.rate),
        elapsed=duration(seconds * 1000),
        line=word_of_git(progress),
        tone=tone,
        badge=badge,
        pick=row.slot == PRIORITY_SLOT,
        marked=marked,
        age=seconds,
    )


def _counting_down(phase: str, gauge: Gauge | None, clock: Clock, opens_in: float) -> str:
    """`retry 1/2 in 3 s`, with the seconds that are left at this moment; after them it waits for room."""
    resumes = gauge.resumes if gauge else None
    what, _, _ = phase.rpartition(" in ")
    if resumes is None or not what:
        return phase
    left = max(resumes - clock.monotonic(), opens_in)
    return f"{what} in {_seconds_left(left)}" if left > 0 else f"{what} waits its turn"


# Log.


def log_line(record: Record, keys: Keymap) -> LogLine | None:
    """None for what the log does not tell."""
    at = _time_of_day(int(record.time))

    def note(text: str, about: str = "") -> LogLine:
        return LogLine(about, Tone.NOTE, (at, "", "", "", ""), text=text)

    match record.event:
        case JobEnded() as event:
            outcome = event.outcome
            return LogLine(
                event.repo.id,
                tone_of(outcome.state),
                (
                    at,
                    event.repo.id,
                    tone_of(outcome.state).word,
                    cause(detail(outcome)),
                    duration(event.duration_ms),
                ),
                interesting=is_news(outcome),
            )
        case Notice(text=text, about=about):
            return note(text, about or "")
        case LimitChanged() as event if text := lane_line(event):
            return note(text)
        case RunStarted(total=total, dry_run=dry_run):
            what = f"{'dry run' if dry_run else 'run'} of {at[:5]}, {plural(total, 'repo')}"
            return LogLine("", Tone.NOTE, text=what, rule=True)
        case RunFinished() as event:
            return note(_run_line(event, keys))
        case _:
            return None


@lru_cache(maxsize=8)
def _time_of_day(second: int) -> str:
    """Of seconds since the epoch, of which many records share one."""
    return time.strftime("%H:%M:%S", time.localtime(second))


def _run_line(event: RunFinished, keys: Keymap) -> str:
    """Short: the counts stand beside the log."""
    attention = sum(event.counts[state] for state in ATTENTION_STATES)
    parts = [
        f"{plural(event.total, 'repo')} in {duration(event.duration_ms)}",
        plural(event.commits, "commit") if event.commits else "",
        "interrupted" if event.interrupted else "",
        f"{attention} to look at: press {keys.first('show_attention')}" if attention else "",
    ]
    return ", ".join(part for part in parts if part)


# Status pane.


def jobs(board: Board) -> str:
    """`4/6`, `6→3 draining`, `+1 now` for the priority slot, and `+2 retrying` for what waits to try again."""
    under = ordinary(board)
    retrying = sum(row.state is Stage.RETRYING for row in board.running)
    now = len(board.running) - under - retrying
    parts = [f"{under}→{board.limit} draining" if under > board.limit else f"{under}/{board.limit}"]
    parts += [f"+{now} now"] if now else []
    parts += [f"+{retrying} retrying"] if retrying else []
    return " ".join(parts)


def status(board: Board, gauges: Gauges, left: str, lanes: Sequence[LaneView]) -> StatusView:
    running = board.running
    bytes_per_second = sum(
        gauge.progress.rate or 0 for row in running if (gauge := gauges(row.repo.id)) is not None
    )
    counts: Counter[Tone] = Counter()
    for state, count in board.counts.items():
        counts[_COUNTED_AS.get(state) or tone_of(state)] += count
    return StatusView(
        counts,
        jobs(board),
        rate=rate(bytes_per_second) or ("–" if board.active else ""),
        left=left,
        lanes=lanes,
    )


def lanes(desk: Desk) -> list[LaneView]:
    """The hosts of all that was asked for; none where there is one host and nothing that holds it back."""
    board, now = desk.board, desk.clock.monotonic()
    hosts = {
        host: counts[Stage.QUEUED] + counts[Stage.RETRYING]
        for host, counts in board.hosts.items()
        if counts.total()
    }
    is_limited = (board.run is not None and board.run.host_jobs is not None) or desk.engine.start_delay > 0
    next_starts = desk.engine.next_starts()
    if len(hosts) <= 1 and not (is_limited or board.lanes or next_starts):
        return []
    running = _running_by_host(board)
    resumes: dict[str, float] = {}
    for row in board.running:
        gauge = desk.source.gauge(row.repo.id)
        if gauge and gauge.resumes is not None:
            resumes[row.host] = min(resumes.get(row.host, math.inf), gauge.resumes)

    def hanging(host: str) -> str:
        rows = (row for row in board.running if row.host == host and row.slot != PRIORITY_SLOT)
        tones = Counter(slot(row, desk.source.gauge(row.repo.id), desk.clock).tone for row in rows)
        return f"{stalled} stalled" if (stalled := tones[Tone.STALLED]) else ""

    def note(host: str) -> str:
        if host in resumes and (left := max(resumes[host] - now, next_starts.get(host, 0.0))) > 0:
            return f"backs off {_seconds_left(left)}"
        if host in next_starts:
            return f"next in {_seconds_left(next_starts[host])}"
        return hanging(host) if host in board.lanes and running[host] > _host_limit(board, host) else ""

    return [
        LaneView(host, running[host], _host_limit(board, host), waiting, note(host))
        for host, waiting in sorted(hosts.items())
    ]


def _running_by_host(board: Board) -> Counter[str]:
    """Jobs that count under the limit of their host."""
    return Counter(
        row.host for row in board.running if row.slot != PRIORITY_SLOT and row.state is not Stage.RETRYING
    )


def _host_limit(board: Board, host: str) -> int:
    return min(board.lanes.get(host, board.lane_width), board.lane_width)


def _seconds_left(seconds: float) -> str:
    return f"{max(0, math.ceil(seconds))} s"
