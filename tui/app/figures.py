"""Figures that more than one part of the screen tells."""

import math
from collections import Counter

from tui.engine.slots import PRIORITY_SLOT
from tui.view.board import Board, Stage
from tui.view.lines import size


def jobs(board: Board) -> str:
    """`4/6`, `4/6 paused`, `6→3 draining`, `6→3 paused`: those that run under the limit."""
    under = ordinary(board)
    is_over = under > board.limit
    how = " paused" if board.paused else " draining" if is_over else ""
    return f"{under}{'→' if is_over else '/'}{board.limit}{how}"


def all_jobs(board: Board) -> str:
    """As `jobs`, and `+1 now` for the priority slot and `+2 retrying` for what waits to try again."""
    retrying = sum(row.state is Stage.RETRYING for row in board.running)
    now = len(board.running) - ordinary(board) - retrying
    parts = (jobs(board), f"+{now} now" if now else "", f"+{retrying} retrying" if retrying else "")
    return " ".join(filter(None, parts))


def ordinary(board: Board) -> int:
    """Jobs that run under the limit; neither the priority slot counts nor what waits to try again."""
    return sum(row.slot != PRIORITY_SLOT and row.state is not Stage.RETRYING for row in board.running)


def running_by_host(board: Board) -> Counter[str]:
    """Jobs that count under the limit of their host."""
    return Counter(
        row.host for row in board.running if row.slot != PRIORITY_SLOT and row.state is not Stage.RETRYING
    )


def host_limit(board: Board, host: str) -> int:
    return min(board.lanes.get(host, board.lane_width), board.lane_width)


def rate(bytes_per_second: int | None) -> str:
    return f"{size(bytes_per_second)}/s" if bytes_per_second else ""


def seconds_left(seconds: float) -> str:
    return f"{max(0, math.ceil(seconds))} s"
