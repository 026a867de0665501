"""What a synctui that was killed has left behind: its git, still at work, and what that git had not finished."""

import contextlib
import signal
import time
from collections.abc import Collection, Mapping
from pathlib import Path
from typing import Any

from tui.git.clean import clean_text
from tui.git.gauge import Gauge
from tui.git.git_locks import gits_at_work, lock_files
from tui.git.group import TERM_GRACE, group_lives, lives, signal_group
from tui.git.half_moved import Moving, take_back
from tui.git.half_written import remove_half_written, removed
from tui.git.process import Deadlines, GitRunner
from tui.git.stop import StopSignal

ALONE = 5.0
"""Seconds for a git that works on files alone to end by itself: ended early, it leaves them half new."""

_TALKS = frozenset({"fetch", "clone", "ls-remote", "submodule"})
_LONGEST_TAKE_BACK = 10.0  # seconds
_CLOCK_GRAIN = 0.05  # seconds by which a file's time may lag behind the clock


def clear_up(note: Mapping[str, Any], path: Path) -> list[str]:
    """Ends the git of the note of a dead holder, takes away what it has left, and takes back half a move.

    Only for who holds the lock of the repo at `path` now. A lock file that a live git may have made stays.
    Returns what was done, in words.
    """
    done = []
    if "child" in note:
        child = int(note["child"])
        if lives(child, note.get("child_start")):
            gone = _end(child, patience=0.0 if note.get("step") in _TALKS else ALONE)
            orphan = f"its orphan git (pid {child}, {clean_text(str(note.get('step')))})"
            done.append(f"{orphan} was still at work and is ended" if gone else f"{orphan} does not end")
        begun = float(note.get("child_begun", time.time())) - _CLOCK_GRAIN
        files = [*remove_half_written(path, begun), *remove_locks(path, begun)]
        done += [clean_text(f"removed {file}, which it had left") for file in files]
    if "move" in note and _take_back(Moving(**note["move"])):
        done.append("took back what it had half moved")
    return done


def _take_back(move: Moving) -> bool:
    limits = Deadlines(0, _LONGEST_TAKE_BACK)
    run = GitRunner(Path(move.place), StopSignal(), limits, Gauge(), hooks=False).run
    with contextlib.suppress(OSError):
        head = run("rev-parse", "--verify", "--quiet", "HEAD").stdout.decode().strip()
        if head == move.head:
            take_back(run, move)
            return True
    return False


def remove_locks(path: Path, since: float, spared: Collection[str] = ()) -> list[Path]:
    """Removes git's own lock files that were made since then, of a git that is dead; none where another is at work.

    Returns them. `spared` are names of those that it never makes.
    """
    locks = [lock for lock in lock_files(path) if lock.name not in spared and _changed(lock) >= since]
    return removed(locks) if locks and gits_at_work(path) == [] else []


def _end(group: int, patience: float) -> bool:
    """Whether it is gone now."""
    for number, seconds in ((0, patience), (signal.SIGTERM, TERM_GRACE), (signal.SIGKILL, TERM_GRACE)):
        signal_group(group, number)
        limit = time.monotonic() + seconds
        while group_lives(group) and time.monotonic() < limit:
            time.sleep(0.01)
    return not group_lives(group)


def _changed(file: Path) -> float:
    try:
        return file.stat().st_mtime
    except OSError:
        return 0.0
