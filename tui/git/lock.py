"""One sync at a time in one common git dir, whatever path leads to it and whichever process asks."""

import contextlib
import errno
import fcntl
import hashlib
import json
import os
import socket
import sys
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

from tui.git.aftermath import clear_up
from tui.git.clean import clean_text
from tui.git.group import lives, start_of
from tui.git.inspect import common_dir_of, git_dir_of

_NOTE_TRIES = 20  # of 10 ms each: the holder writes its note just after it has the lock


@dataclass(frozen=True, slots=True)
class Holder:
    """Who holds a repo. `pid` is 0 when the holder left no note."""

    pid: int
    host: str
    command: str
    age_seconds: float

    def __str__(self) -> str:
        if not self.pid:
            return "held by another process"
        return f"held by pid {self.pid} on {self.host} ({self.command}) for {self.age_seconds:.0f} s"


class RepoBusy(Exception):  # noqa: N818 - it is a state, not a mistake
    def __init__(self, holder: Holder) -> None:
        super().__init__(str(holder))
        self.holder = holder


class LockUnsupported(Exception):  # noqa: N818 - names what the file system is
    """The file system of the lock folder knows no flock."""


def lock_key(path: Path) -> str:
    """The real path of the common git dir: the same for a checkout, a symlink to it and its worktrees.

    Of a checkout that does not exist yet, or that cannot be looked at, it is the one it would have.
    """
    git_dir = None
    with contextlib.suppress(OSError):
        git_dir = git_dir_of(path)
    return os.path.realpath(common_dir_of(git_dir) if git_dir else path / ".git")


def lock_file(lock_dir: Path, path: Path) -> Path:
    return lock_dir / (hashlib.sha256(os.fsencode(lock_key(path))).hexdigest() + ".lock")


def holder_of(lock_dir: Path, path: Path) -> Holder | None:
    """Who holds the repo now, going by the note alone: touches no lock, writes nothing."""
    note = _read_note(lock_file(lock_dir, path))
    return _holder(note) if lives(int(note.get("pid", 0)), note.get("start")) else None


def check_free(lock_dir: Path, path: Path) -> None:
    """Raises RepoBusy when somebody holds the repo, as `holder_of` knows it."""
    if (holder := holder_of(lock_dir, path)) is not None:
        raise RepoBusy(holder)


def free_lock(lock_dir: Path, path: Path) -> Holder | None:
    """Clears up after a holder that is dead; returns the one that lives. The lock's file itself stays: two
    processes could hold one each if it were removed. Raises what entering a RepoLock does, but not RepoBusy.
    """
    if lock_file(lock_dir, path).exists():
        try:
            with RepoLock(lock_dir, path):
                return None
        except RepoBusy as busy:
            return busy.holder
    return None


class RepoLock:
    """Held within the `with` block.

    Entering raises RepoBusy, LockUnsupported, or OSError when the lock folder cannot be written.
    """

    def __init__(self, lock_dir: Path, path: Path) -> None:
        self._dir = lock_dir
        self._path = path
        self._file = lock_file(lock_dir, path)
        self._fd = -1
        self._note: dict[str, Any] = {}

    def __enter__(self) -> Self:
        self._dir.mkdir(mode=0o700, parents=True, exist_ok=True)
        # Not inherited (Python's default): a daemon that git starts would keep the lock for as long as it lives.
        fd = os.open(self._file, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            self._take(fd)
            self._fd = fd
            self._note = {
                "pid": os.getpid(),
                "start": start_of(os.getpid()),
                "host": socket.gethostname(),
                "command": _own_command(),
                "started_at": time.time(),
            }
            self._write(self._note)
        except BaseException:
            os.close(fd)
            raise
        return self

    def _take(self, fd: int) -> None:
        tries = 0
        while not self._flock(fd):
            # Without a note its holder has just come or is just going.
            if (note := _read_note(self._file)) or tries == _NOTE_TRIES:
                raise RepoBusy(_holder(note))
            tries += 1
            time.sleep(0.01)
        # A note that stands is that of a program which was killed.
        clear_up(_read_note(self._file), self._path)

    def _flock(self, fd: int) -> bool:
        try:
            fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            if error.errno in {errno.EWOULDBLOCK, errno.EACCES}:
                return False
            if error.errno in {errno.ENOLCK, errno.EOPNOTSUPP, errno.ENOSYS, errno.EINVAL}:
                raise LockUnsupported(f"{self._dir}: the file system has no flock") from error
            raise
        return True

    def note_child(self, pid: int | None, step: str) -> None:
        """Write down the git child that works under this lock, so that it is known after a crash of ours."""
        child: dict[str, Any] = {}
        if pid is not None:
            child = {"child": pid, "child_start": start_of(pid), "child_begun": time.time(), "step": step}
        self._write(self._note | child)

    def note_move(self, move: Mapping[str, Any] | None) -> None:
        """Write down the move of HEAD under way, so that one that a kill cut off can be taken back."""
        self._note.pop("move", None)
        if move is not None:
            self._note["move"] = dict(move)
        self._write(self._note)

    def __exit__(self, *_: object) -> None:
        try:
            with contextlib.suppress(OSError):
                os.ftruncate(self._fd, 0)
                # Closing is not enough: a child that another thread is just starting has the descriptor until its exec.
                fcntl.flock(self._fd, fcntl.LOCK_UN)
        finally:
            os.close(self._fd)
            self._fd = -1

    def _write(self, note: dict[str, Any]) -> None:
        text = json.dumps(note).encode()
        os.pwrite(self._fd, text, 0)
        os.ftruncate(self._fd, len(text))


def _read_note(file: Path) -> dict[str, Any]:
    """Empty: no note, or one that is being written just now."""
    try:
        note = json.loads(file.read_bytes())
    except (OSError, ValueError):
        return {}
    return note if isinstance(note, dict) else {}


def _holder(note: dict[str, Any]) -> Holder:
    return Holder(
        pid=int(note.get("pid", 0)),
        host=clean_text(str(note.get("host", ""))),
        command=clean_text(str(note.get("command", ""))),
        age_seconds=max(0.0, time.time() - float(note.get("started_at", time.time()))),
    )


def _own_command() -> str:
    """`synctui sync`, say: the program and its first word, without arguments that may be private."""
    name = Path(sys.argv[0]).name if sys.argv else ""
    if name == "__main__.py":
        name = "synctui"
    verb = [word for word in sys.argv[1:2] if word.isalpha()]
    return " ".join([name or "python", *verb])
