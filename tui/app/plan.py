"""What is said before a run begins: what would be run, and what an earlier run has left."""

import time

from tui.app.keymap import Keymap
from tui.app.session import Session
from tui.store.history import CutOff
from tui.view.board import Board
from tui.view.lines import not_run, plural

_JOBS_SOURCES = {
    "flag": "as asked",
    "variable": "from SYNCTUI_JOBS",
    "file": "from the workspace file",
    "remembered": "as last time",
    "default": "the default",
}


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


def offer(board: Board, cut_off: CutOff | None, now: float, keys: Keymap, *, brief: bool) -> str:
    """What of the run before this session can be done now; empty where that came to its end."""
    count = len(board.left)
    if cut_off is None or not count:
        return ""
    if brief:
        return f"{count} left of a run that ended early: {keys.first('finish_last_run')}"
    here = "the one of them that is here" if count == 1 else f"the {count} of them that are here"
    those = "those" if count == len(cut_off.left) else here
    return f"{_was_cut_off(cut_off, now)}: press {keys.first('finish_last_run')} to do {those}."


def goes_on_in(cut_off: CutOff, here: int, now: float) -> str:
    """For a run that begins without being asked what of the one before it was left."""
    missing = len(cut_off.left) - here
    rest = f"{missing} of which this one leaves out" if missing else "which this one does"
    return f"{_was_cut_off(cut_off, now)}, {rest}"


def _was_cut_off(cut_off: CutOff, now: float) -> str:
    today = time.localtime(cut_off.started_at)[:3] == time.localtime(now)[:3]
    began = time.strftime("%H:%M" if today else "%d %b %H:%M", time.localtime(cut_off.started_at))
    return f"The run of {began} ended early with {plural(len(cut_off.left), 'repo')} left"
