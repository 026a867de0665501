"""The SQLite file of the state: opened, checked, and brought to the schema of this version."""

import errno
import os
import sqlite3
import threading
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path
from typing import Any

from tui.git.clean import clean_text
from tui.store.paths import StateError

_OPENING = 10.0
"""Seconds to wait for another process that is just writing, or making the file."""
_PATIENCE = 2000
"""Milliseconds of the same for a statement after that: who leaves must not wait long for the last result."""

_STEPS = (
    """CREATE TABLE results (
        id INTEGER PRIMARY KEY,  -- in the order of the ends
        run TEXT NOT NULL,
        workspace TEXT NOT NULL,
        repo TEXT NOT NULL,
        path TEXT NOT NULL,
        state TEXT NOT NULL,
        reason TEXT,
        attempt INTEGER NOT NULL,
        started_at REAL NOT NULL,  -- seconds since the epoch
        duration_ms INTEGER NOT NULL,
        old TEXT,  -- commit of HEAD before and after
        new TEXT
    ) STRICT""",
)
"""Statements; schema version n is what the first n of them make. A released one never changes."""


class Database:
    """Usable from any thread and beside other processes. Each statement is committed when it returns.

    Made with mode 0600 where there is none, in a folder that must be there. Raises StateError, and leaves
    the file as it is, where that is damaged, of a newer version or not writable.
    """

    def __init__(self, file: Path) -> None:
        self._file = file
        self._lock = threading.Lock()
        self._waited_in_vain = False
        try:
            # Only a new file is opened here: closing another one would drop SQLite's locks on it.
            with suppress(FileExistsError):
                os.close(os.open(file, os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600))
            if not os.access(file, os.R_OK | os.W_OK):
                raise PermissionError(errno.EACCES, "no permission to write it")
            self._connection = sqlite3.connect(
                file, timeout=_OPENING, isolation_level=None, check_same_thread=False
            )
        except OSError as error:
            raise StateError(f"{clean_text(str(file))}: cannot be used: {error.strerror}") from error
        except sqlite3.Error as error:
            raise self._state_error(error) from error
        try:
            self._check()
            self._migrate()
        except BaseException:
            self._connection.close()
            raise

    def execute(self, statement: str, values: Iterable[object] = ()) -> list[tuple[Any, ...]]:
        """The rows. Raises StateError."""
        try:
            with self._lock:
                try:
                    rows = self._connection.execute(statement, tuple(map(_storable, values))).fetchall()
                except sqlite3.OperationalError:
                    # Who holds the file so long is not waited for again, by one repo after the other.
                    self._waited_in_vain = True
                    self._connection.execute("PRAGMA busy_timeout = 0")
                    raise
                if self._waited_in_vain:
                    self._waited_in_vain = False
                    self._connection.execute(f"PRAGMA busy_timeout = {_PATIENCE}")
                return rows
        except sqlite3.Error as error:
            raise self._state_error(error) from error

    def close(self) -> None:
        with self._lock:
            self._connection.close()

    def _check(self) -> None:
        [[found], *_] = self.execute("PRAGMA quick_check(1)")
        if found != "ok":
            raise self._damaged(str(found))
        if self._version() > len(_STEPS):
            raise StateError(f"{clean_text(str(self._file))}: written by a newer version of synctui")

    def _migrate(self) -> None:
        # A commit that is in the write-ahead log survives a kill; waiting for the disk would only help
        # against a loss of power, and costs ten times as much.
        self.execute("PRAGMA journal_mode = WAL")
        self.execute("PRAGMA synchronous = NORMAL")
        # KiB. The default keeps two megabytes of what a long process wrote row by row and never reads again.
        self.execute("PRAGMA cache_size = -256")
        self.execute("BEGIN IMMEDIATE")
        for version in range(self._version(), len(_STEPS)):
            self.execute(_STEPS[version])
            self.execute(f"PRAGMA user_version = {version + 1}")
        self.execute("COMMIT")
        self.execute(f"PRAGMA busy_timeout = {_PATIENCE}")

    def _version(self) -> int:
        [[version]] = self.execute("PRAGMA user_version")
        return int(str(version))

    def _state_error(self, error: sqlite3.Error) -> StateError:
        text = clean_text(str(error))
        # Its subclasses tell of the world around the file: no room, no right, no patience.
        if type(error) is sqlite3.DatabaseError:
            return self._damaged(text)
        return StateError(f"{clean_text(str(self._file))}: cannot be used: {text}")

    def _damaged(self, text: str) -> StateError:
        name = clean_text(str(self._file))
        return StateError(f"{name}: damaged: {clean_text(text)}; move it away to begin a new one")


def _storable(value: object) -> object:
    """Text with the stand-ins of undecodable file names replaced, which SQLite does not take."""
    return value.encode("utf-8", "replace").decode() if isinstance(value, str) else value
