"""One sync at a time in one common git dir, whatever path leads to it and whichever process asks."""

import contextlib
import errno
import fcntl
import hashlib
import json
import math
import os
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Self

from tui.git.aftermath import clear_up
from tui.git.group import start_of
from tui.git.heartbeat import heartbeat
from tui.git.holder import Holder, holder_in, is_alive, is_dead, own_note, read_note
from tui.git.inspect import common_dir_of, git_dir_of
from tui.git.links import Links

_NOTE_TRIES = 20  # of 10 ms each: the holder writes its note just after it has the lock


class RepoBusy(Exception):  # noqa: N818 - it is a state, not a mistake
    def __init__(self, holder: Holder) -> None:
        super().__init__(str(holder))
        self.holder = holder


class LockUnsupported(Exception):  # noqa: N818 - names what the file system is
    """The file system of the lock folder knows no flock."""


def lock_key(path: Path, links: Links | None = None) -> str:
    """The real path of the common git dir: the same for a checkout, a symlink to it and its worktrees.

    Of a checkout that does not exist yet, or that cannot be looked at, it is the one it would have.
    """
    git_dir = None
    with contextlib.suppress(OSError):
        git_dir = git_dir_of(path)
    return (links or Links()).real(common_dir_of(git_dir) if git_dir else path / ".git")


def lock_file(lock_dir: Path, path: Path, links: Links | None = None) -> Path:
    return lock_dir / (hashlib.sha256(os.fsencode(lock_key(path, links))).hexdigest() + ".lock")


def any_note(lock_dir: Path) -> bool:
    """Whether any holder, dead or alive, has a note there. Raises OSError."""
    try:
        with os.scandir(lock_dir) as entries:
            return any(entry.stat().st_size for entry in entries)
    except FileNotFoundError:
        return False


def holder_of(lock_dir: Path, path: Path) -> Holder | None:
    """Who holds the repo now, going by the note alone: touches no lock, writes nothing."""
    file = lock_file(lock_dir, path)
    note = read_note(file)
    return holder_in(note, file) if is_alive(note, file) else None


def check_free(lock_dir: Path, path: Path) -> None:
    """Raises RepoBusy when somebody holds the repo, as `holder_of` knows it."""
    if (holder := holder_of(lock_dir, path)) is not None:
        raise RepoBusy(holder)


def free_lock(lock_dir: Path, path: Path) -> tuple[Holder | None, list[str]]:
    """Clears up after a holder that is dead; returns that one, if there was any, and what was done.

    The lock's file itself stays: two processes could hold one each if it were removed. Raises what entering a
    RepoLock does.
    """
    if not lock_file(lock_dir, path).exists():
        return None, []
    with RepoLock(lock_dir, path) as lock:
        return lock.dead, lock.cleared


def take_flock(fd: int, folder: Path, kind: int = fcntl.LOCK_EX) -> bool:
    """Whether the lock is ours now; `folder` is where the file lies, for the text of LockUnsupported."""
    try:
        fcntl.flock(fd, kind | fcntl.LOCK_NB)
    except OSError as error:
        if error.errno in {errno.EWOULDBLOCK, errno.EACCES}:
            return False
        if error.errno in {errno.ENOLCK, errno.EOPNOTSUPP, errno.ENOSYS, errno.EINVAL}:
            raise LockUnsupported(f"{folder}: the file system has no flock") from error
        raise
    return True


class RepoLock:
    """Held within the `with` block.

    Entering raises RepoBusy, LockUnsupported, or OSError when the lock folder cannot be written.
    """

    def __init__(
        self,
        lock_dir: Path,
        path: Path,
        may_wait: Callable[[Holder], bool] = lambda _holder: False,
        links: Links | None = None,
    ) -> None:
        """`may_wait` is called each time somebody holds it, takes its time, and tells whether to try again."""
        self._dir = lock_dir
        self._may_wait = may_wait
        self._path = path
        self._file = lock_file(lock_dir, path, links)
        self._fd = -1
        self._note: dict[str, Any] = {}
        self._length = math.inf
        """Bytes of the note in the file; infinite: one of another's may be longer."""
        self.dead: Holder | None = None
        """Who held it before and was killed."""
        self.cleared: list[str] = []
        """What was done about what that one left, in words."""

    def __enter__(self) -> Self:
        try:
            fd = self._open()
        except FileNotFoundError:
            self._dir.mkdir(mode=0o700, parents=True, exist_ok=True)
            fd = self._open()
        try:
            self._take(fd)
            self._fd = fd
            self._note = own_note()
            self._write(self._note)
            heartbeat.register(fd)
        except BaseException:
            os.close(fd)
            raise
        return self

    def _open(self) -> int:
        # Not inherited (Python's default): a daemon that git starts would keep the lock for as long as it lives.
        return os.open(self._file, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)

    def _take(self, fd: int) -> None:
        tries = 0
        while not take_flock(fd, self._dir):
            # Without a note, or with that of one who was killed, its holder has just come or is just going.
            note = read_note(self._file)
            if is_dead(note):
                note = {}
            if note or tries == _NOTE_TRIES:
                holder = holder_in(note, self._file)
                if not self._may_wait(holder):
                    raise RepoBusy(holder)
            else:
                tries += 1
                time.sleep(0.01)
        # A note that stands is that of a program which was killed.
        if os.fstat(fd).st_size and (note := read_note(self._file)):
            self.dead = holder_in(note, self._file)
            self.cleared = clear_up(note, self._path)

    def note_child(self, pid: int | None, step: str, begun: float) -> None:
        """Write down the git child that works under this lock, so that it is known after a crash of ours."""
        child: dict[str, Any] = {}
        if pid is not None:
            child = {"child": pid, "child_start": start_of(pid), "child_begun": begun, "step": step}
        self._write(self._note | child)

    def note_move(self, move: Mapping[str, Any] | None) -> None:
        """Write down the move of HEAD under way, so that one that a kill cut off can be taken back."""
        self._note.pop("move", None)
        if move is not None:
            self._note["move"] = dict(move)
        self._write(self._note)

    def __exit__(self, *_: object) -> None:
        try:
            heartbeat.unregister(self._fd)
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
        if len(text) < self._length:
            os.ftruncate(self._fd, len(text))
        self._length = len(text)
