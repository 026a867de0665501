"""The SQLite file of the state: opened, checked, and brought to the schema of this version."""

import errno
import os
import sqlite3
import threading
import time
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from itertools import chain
from pathlib import Path
from typing import Any

from tui.git.clean import clean_text
from tui.store.paths import StateError

_OPENING = 10.0
"""Seconds to wait for another process that is just writing, or making the file."""
_AGAIN = 0.01
"""Seconds from one try to the next, where SQLite does not wait by itself."""
_PATIENCE = 2000
"""Milliseconds of the same for a statement after that: who leaves must not wait long for the last result."""

_VERSIONS = (
    (
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
    ),
    (
        "ALTER TABLE results ADD COLUMN action TEXT NOT NULL DEFAULT 'none'",
        "ALTER TABLE results ADD COLUMN branch TEXT",
        "ALTER TABLE results ADD COLUMN commits INTEGER NOT NULL DEFAULT 0",
        "ALTER TABLE results ADD COLUMN message TEXT NOT NULL DEFAULT ''",
        """ALTER TABLE results ADD COLUMN ended_at REAL
            GENERATED ALWAYS AS (started_at + duration_ms / 1000.0) VIRTUAL""",
        """ALTER TABLE results ADD COLUMN success INTEGER
            GENERATED ALWAYS AS (state IN ('synced', 'up_to_date')) VIRTUAL""",
        # The changed refs, a JSON list of [name, old, new, kind].
        "ALTER TABLE results ADD COLUMN refs TEXT NOT NULL DEFAULT '[]'",
        "CREATE INDEX results_of_repo ON results (workspace, repo, success)",
        "CREATE INDEX results_of_run ON results (run)",
        """CREATE TABLE runs (
            id TEXT PRIMARY KEY,
            workspace TEXT NOT NULL,
            started_at REAL NOT NULL,
            ended_at REAL,  -- NULL: goes on, or was cut off
            jobs INTEGER NOT NULL,
            wanted TEXT NOT NULL,  -- a JSON list of the repos it was to try
            total INTEGER,
            commits INTEGER,
            exit_code INTEGER,
            pid INTEGER NOT NULL,
            process TEXT  -- what tells the process from a later one of that pid
        ) STRICT""",
        # What failed last and has not succeeded since.
        """CREATE TABLE ledger (
            workspace TEXT NOT NULL,
            repo TEXT NOT NULL,
            first_seen REAL NOT NULL,
            last_seen REAL NOT NULL,
            attempts INTEGER NOT NULL,  -- in a row
            own INTEGER NOT NULL,  -- those of them that are the fault of this repo and not of a network
            state TEXT NOT NULL,
            reason TEXT,
            acknowledged_at REAL,
            PRIMARY KEY (workspace, repo)
        ) STRICT, WITHOUT ROWID""",
        """INSERT INTO ledger SELECT workspace, repo, started_at, started_at, 1, 0, state, reason, NULL FROM results
            WHERE state IN ('blocked', 'failed', 'timed_out')
            AND id IN (SELECT max(id) FROM results GROUP BY workspace, repo)""",
    ),
    (
        # What is asked of all repos at every start is found without a look at the rows themselves.
        """CREATE INDEX durations_of_repo ON results (workspace, repo, id, duration_ms)
            WHERE success AND action <> 'clone'""",
        # The processes that repeat runs; one that is gone leaves its row.
        """CREATE TABLE watches (
            workspace TEXT PRIMARY KEY,
            pid INTEGER NOT NULL,
            process TEXT,
            host TEXT NOT NULL,
            started_at REAL NOT NULL,
            every REAL NOT NULL,  -- seconds
            passes INTEGER NOT NULL,  -- begun
            next_start REAL,  -- NULL: a pass goes on
            beat_at REAL NOT NULL  -- the last sign of life
        ) STRICT""",
    ),
    (
        # Whatever is asked of all repos at a start is in the one index, in the order of the ends of each.
        "DROP INDEX results_of_repo",
        "DROP INDEX durations_of_repo",
        """CREATE INDEX results_of_repo
            ON results (workspace, repo, id, state, action, started_at, duration_ms)""",
        # Not by the column `success`, for which SQLite would look at the rows themselves.
        """CREATE VIEW successes AS SELECT id, workspace, repo, action, started_at, duration_ms, ended_at
            FROM results WHERE state IN ('synced', 'up_to_date')""",
    ),
    ("ALTER TABLE results ADD COLUMN received INTEGER",),  # bytes; NULL: nothing, or nobody knows
    # When the checkout had last been fetched before the job that made git forget it; NULL: nobody knows.
    ("ALTER TABLE results ADD COLUMN last_fetch REAL",),
)
"""Schema version n is what the statements of the first n make. A released one never changes."""


class _Write:
    """What a thread wants to have written, until it is over."""

    def __init__(self, body: Callable[[], None]) -> None:
        self.body = body
        self.is_over = False
        self.error: BaseException | None = None


class Database:
    """Usable from any thread and beside other processes. Each statement outside a transaction is committed
    when it returns.

    Made with mode 0600 where there is none, in a folder that must be there. Raises StateError, and leaves
    the file as it is, where that is damaged, of a newer version or not writable.
    """

    def __init__(self, file: Path, *, at_rest: bool = False) -> None:
        """`at_rest`: nobody writes it now; it is read, and nothing at all is made beside it. Where there is none,
        it is empty.
        """
        self._file = file
        self._lock = threading.RLock()
        self._waiting: deque[_Write] = deque()
        self._waited_in_vain = False
        try:
            self._connection = self._connect_at_rest() if at_rest else self._connect()
        except OSError as error:
            raise StateError(f"{clean_text(str(file))}: cannot be used: {error.strerror}") from error
        except sqlite3.Error as error:
            raise self._state_error(error) from error
        try:
            self._check()
            if not at_rest:
                self._migrate()
        except BaseException:
            self._connection.close()
            raise

    @property
    def is_current(self) -> bool:
        """False: an older version that is only being read."""
        return self._version() == len(_VERSIONS)

    def _connect(self) -> sqlite3.Connection:
        # Only a new file is opened here: closing another one would drop SQLite's locks on it.
        with suppress(FileExistsError):
            os.close(os.open(self._file, os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600))
        if not os.access(self._file, os.R_OK | os.W_OK):
            raise PermissionError(errno.EACCES, "no permission to write it")
        return sqlite3.connect(self._file, timeout=_OPENING, isolation_level=None, check_same_thread=False)

    def _connect_at_rest(self) -> sqlite3.Connection:
        try:
            self._file.stat()
        except (FileNotFoundError, NotADirectoryError):
            connection = sqlite3.connect(":memory:", isolation_level=None, check_same_thread=False)
            for statement in (*chain(*_VERSIONS), f"PRAGMA user_version = {len(_VERSIONS)}"):
                connection.execute(statement)
            return connection
        uri = f"{self._file.absolute().as_uri()}?mode=ro&immutable=1"
        return sqlite3.connect(uri, uri=True, isolation_level=None, check_same_thread=False)

    def execute(self, statement: str, values: Iterable[object] = ()) -> list[tuple[Any, ...]]:
        """The rows. Raises StateError."""
        try:
            with self._lock:
                try:
                    rows = self._rows(statement, tuple(values))
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

    def _rows(self, statement: str, values: tuple[object, ...]) -> list[tuple[Any, ...]]:
        try:
            return self._connection.execute(statement, values).fetchall()
        except UnicodeEncodeError:
            return self._connection.execute(statement, tuple(map(_storable, values))).fetchall()

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """What is executed within counts as a whole or not at all. Raises StateError."""
        with self._lock:
            try:
                self.execute("BEGIN IMMEDIATE")
                yield
                self.execute("COMMIT")
            except BaseException:
                with suppress(StateError):
                    self.execute("ROLLBACK")
                raise

    def write(self, body: Callable[[], None]) -> None:
        """A transaction around `body`, for what many threads do at a time: what waits meanwhile is committed with it.

        It returns when what this `body` did is committed, or raises what kept it from that. `body` may be called
        twice, and by another thread.
        """
        mine = _Write(body)
        self._waiting.append(mine)
        with self._lock:
            if not mine.is_over:
                self._write_together([self._waiting.popleft() for _ in range(len(self._waiting))])
        if mine.error:
            raise mine.error

    def _write_together(self, writes: Sequence[_Write]) -> None:
        try:
            with self.transaction():
                for write in writes:
                    write.body()
        except BaseException as error:  # noqa: BLE001  it is for the thread that it befell
            if len(writes) == 1:
                writes[0].error = error
            else:  # one of them spoils it for itself alone
                for write in writes:
                    self._write_together([write])
        for write in writes:
            write.is_over = True

    def try_writing(self) -> None:
        """Raises StateError where nothing can be kept."""
        with self.transaction():
            self.execute(f"PRAGMA user_version = {len(_VERSIONS)}")

    def close(self) -> None:
        with self._lock:
            self._connection.close()

    def _check(self) -> None:
        [[found], *_] = self.execute("PRAGMA quick_check(1)")
        if found != "ok":
            raise self._damaged(str(found))
        if self._version() > len(_VERSIONS):
            raise StateError(f"{clean_text(str(self._file))}: written by a newer version of synctui")

    def _migrate(self) -> None:
        # A commit that is in the write-ahead log survives a kill; waiting for the disk would only help
        # against a loss of power, and costs ten times as much.
        self._write_ahead()
        self.execute("PRAGMA synchronous = NORMAL")
        # KiB. The default keeps two megabytes of what a long process wrote row by row and never reads again.
        self.execute("PRAGMA cache_size = -256")
        with self.transaction():
            for version in range(self._version(), len(_VERSIONS)):
                for statement in _VERSIONS[version]:
                    self.execute(statement)
                self.execute(f"PRAGMA user_version = {version + 1}")
        self.execute(f"PRAGMA busy_timeout = {_PATIENCE}")

    def _write_ahead(self) -> None:
        """Of two that make the file at once SQLite turns one away here, without the patience it has elsewhere."""
        end = time.monotonic() + _OPENING
        while True:
            try:
                self._connection.execute("PRAGMA journal_mode = WAL")
            except sqlite3.Error as error:
                if not _is_busy(error) or time.monotonic() >= end:
                    raise self._state_error(error) from error
                time.sleep(_AGAIN)
            else:
                return

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


def _is_busy(error: sqlite3.Error) -> bool:
    return getattr(error, "sqlite_errorcode", 0) & 0xFF == sqlite3.SQLITE_BUSY  # the rest says in which way


def _storable(value: object) -> object:
    """Text with the stand-ins of undecodable file names replaced, which SQLite does not take."""
    return value.encode("utf-8", "replace").decode() if isinstance(value, str) else value
