"""What the status pane shows above its lists."""

import math
from collections import Counter
from collections.abc import Mapping, Sequence

from tui.app.desk import Desk
from tui.app.figures import host_limit, jobs, rate, running_by_host, seconds_left
from tui.app.slot_views import slot
from tui.app.tones import tone_of
from tui.engine.slots import PRIORITY_SLOT
from tui.git.outcome import State
from tui.view.board import Stage
from widgets.status_pane import LaneView, StatusView
from widgets.tone import Tone

_COUNTED_AS: dict[Stage | State, Tone] = {Stage.STOPPING: Tone.RUNNING, Stage.RETRYING: Tone.QUEUED}


def status(desk: Desk, lanes: Sequence[LaneView]) -> StatusView:
    board = desk.board
    counts: Counter[Tone] = Counter()
    for state, count in board.counts.items():
        counts[_COUNTED_AS.get(state) or tone_of(state)] += count
    return StatusView(
        counts,
        jobs(board),
        rate=_rate(desk),
        left=desk.left(),
        lanes=lanes,
    )


def _rate(desk: Desk) -> str:
    if not desk.board.active or (desk.player and desk.player.cut_off):
        return ""
    gauges = (desk.source.gauge(row.repo.id) for row in desk.board.running)
    return rate(sum(gauge.progress.rate or 0 for gauge in gauges if gauge)) or "0 B/s"


def lanes(desk: Desk, next_starts: Mapping[str, float]) -> list[LaneView]:
    """The hosts of all that was asked for."""
    board, now = desk.board, desk.clock.monotonic()
    hosts = {
        host: counts[Stage.QUEUED] + counts[Stage.RETRYING]
        for host, counts in board.hosts.items()
        if counts.total()
    }
    running = running_by_host(board)
    resumes: dict[str, float] = {}
    for row in board.running:
        gauge = desk.source.gauge(row.repo.id)
        if gauge and gauge.resumes is not None:
            resumes[row.host] = min(resumes.get(row.host, math.inf), gauge.resumes)

    def hanging(host: str) -> str:
        rows = (row for row in board.running if row.host == host and row.slot != PRIORITY_SLOT)
        tones = Counter(slot(row, desk).tone for row in rows)
        return f"{stalled} stalled" if (stalled := tones[Tone.STALLED]) else ""

    picked = {row.host for row in board.running if row.slot == PRIORITY_SLOT}

    def held_back(host: str) -> str:
        if host in resumes and (left := max(resumes[host] - now, next_starts.get(host, 0.0))) > 0:
            return f"backs off {seconds_left(left)}"
        if host in next_starts:
            return f"next in {seconds_left(next_starts[host])}"
        return hanging(host) if host in board.lanes and running[host] > host_limit(board, host) else ""

    def note(host: str) -> str:
        return ", ".join(filter(None, ("+1 now" if host in picked else "", held_back(host))))

    return [
        LaneView(host, running[host], host_limit(board, host), waiting, note(host))
        for host, waiting in sorted(hosts.items())
    ]
