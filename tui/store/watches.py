"""Which process repeats the runs of a workspace, and its last sign of life."""

import os

from msgspec import Struct

from tui.git.clean import clean_text
from tui.git.group import lives, start_of
from tui.store.database import Database

SILENT_AFTER = 60.0
"""Seconds without a sign of life after which a watch on another host, of which nothing else can be known, is gone."""


class Watching(Struct, frozen=True):
    """Times are seconds since the epoch."""

    pid: int
    host: str
    started_at: float
    every: float
    passes: int
    """Begun."""
    next_start: float | None
    """None: a pass goes on."""
    beat_at: float
    alive: bool

    def __str__(self) -> str:
        return f"pid {self.pid} on {self.host}"


class Watches:
    """One row a workspace, which is the lock as well. Every method may raise StateError."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def of(self, workspace: str, now: float) -> Watching | None:
        """The watch of the workspace or, not `alive`, the last one, which did not end in order."""
        rows = self._database.execute(
            "SELECT pid, process, host, started_at, every, passes, next_start, beat_at FROM watches"
            " WHERE workspace = ?",
            (workspace,),
        )
        if not rows:
            return None
        [(pid, process, host, started_at, every, passes, next_start, beat_at)] = rows
        alive = lives(pid, process) if host == os.uname().nodename else now - beat_at < SILENT_AFTER
        return Watching(pid, clean_text(host), started_at, every, passes, next_start, beat_at, alive)

    def take(self, workspace: str, every: float, now: float) -> Watching | None:
        """Makes this process the watch of the workspace, unless another one lives: that one is returned."""
        with self._database.transaction():
            found = self.of(workspace, now)
            if found and found.alive:
                return found
            pid = os.getpid()
            self._database.execute(
                "INSERT OR REPLACE INTO watches"
                " (workspace, pid, process, host, started_at, every, passes, next_start, beat_at)"
                " VALUES (?, ?, ?, ?, ?, ?, 0, NULL, ?)",
                (workspace, pid, start_of(pid), os.uname().nodename, now, every, now),
            )
        return None

    def beat(self, workspace: str, passes: int, next_start: float | None, now: float) -> None:
        """A sign of life."""
        self._database.execute(
            "UPDATE watches SET passes = ?, next_start = ?, beat_at = ? WHERE workspace = ? AND pid = ?",
            (passes, next_start, now, workspace, os.getpid()),
        )

    def release(self, workspace: str) -> None:
        self._database.execute(
            "DELETE FROM watches WHERE workspace = ? AND pid = ?", (workspace, os.getpid())
        )
