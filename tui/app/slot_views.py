"""What the slots show."""

import re
from collections.abc import Mapping, Sequence

from tui.app.desk import Desk
from tui.app.figures import host_limit, ordinary, rate, running_by_host, seconds_left
from tui.engine.lanes import STALLED_AFTER
from tui.engine.slots import PRIORITY_SLOT
from tui.git.gauge import Gauge, Progress
from tui.view.board import Board, BoardRow, Stage
from tui.view.lines import cause, duration
from widgets.slot_grid import SlotView
from widgets.tone import Tone

_NOTHING = Progress(moved=0.0)


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


def slots(desk: Desk, next_starts: Mapping[str, float]) -> tuple[list[SlotView | None], SlotView | None]:
    """The ordinary slots, those without a job as None, and the priority slot."""
    board = desk.board
    taken = {row.slot: slot(row, desk, next_starts.get(row.host, 0.0)) for row in board.running}
    priority = taken.pop(PRIORITY_SLOT, None)
    # More than its repos a run has no use for.
    usable = min(board.limit, max(1, len(board.asked))) if board.active else board.limit
    count = max([usable, *(number + 1 for number in taken if number is not None)])
    return [taken.get(number) for number in range(count) if number != PRIORITY_SLOT], priority


def slot(row: BoardRow, desk: Desk, opens_in: float = 0.0) -> SlotView:
    """`opens_in`: seconds for which its host is left alone."""
    gauge, clock = desk.source.gauge(row.repo.id), desk.clock
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
        phase=_counting_down(phase(progress), gauge, desk, opens_in),
        percent=progress.percent,
        rate=rate(progress.rate),
        elapsed=duration(seconds * 1000),
        line=word_of_git(progress),
        tone=tone,
        badge=badge,
        pick=row.slot == PRIORITY_SLOT,
        marked=row.repo.id in desk.marks,
        age=seconds,
    )


def phase(progress: Progress) -> str:
    return _PHASES.get(progress.phase, progress.phase) or "starting"


def _counting_down(phase: str, gauge: Gauge | None, desk: Desk, opens_in: float) -> str:
    """`retry 1/2 in 3 s`, with the seconds that are left at this moment; after them it waits for room."""
    resumes = gauge.resumes if gauge else None
    what, _, _ = phase.rpartition(" in ")
    if resumes is None or not what:
        return phase
    left = max(resumes - desk.clock.monotonic(), opens_in)
    if left > 0:
        return f"{what} in {seconds_left(left)}"
    return f"{what} paused" if desk.board.paused else f"{what} waits its turn"


def word_of_git(progress: Progress) -> str:
    """The last line of git, without what the phase and the percentage say already."""
    line = cause(progress.line)
    if line.startswith("Cloning into "):  # which names a folder of ours
        return ""
    if progress.percent is None or not (told := _COUNTED.search(line)):
        return line
    return told[1]


def closed(board: Board, slots: Sequence[SlotView | None]) -> int:
    """How many slots without a job take none: what drains or rests may hold a slot above the limit."""
    return max(0, slots.count(None) - max(0, board.limit - ordinary(board)))


def without_job(board: Board, next_starts: Mapping[str, float]) -> str:
    """What an open slot does that has no job: `idle`, or `waits for github.com` where repos are queued there alone."""
    waiting = [host for host, counts in board.hosts.items() if counts[Stage.QUEUED]]
    if not waiting:
        return "idle"
    if board.paused:
        return "paused"
    running = running_by_host(board)
    if any(running[host] < host_limit(board, host) and host not in next_starts for host in waiting):
        return "idle"
    return f"waits for {waiting[0]}" if len(waiting) == 1 else "waits for a host"
