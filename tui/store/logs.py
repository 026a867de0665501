"""The logs of runs: a file each, of which the newest are kept."""

import contextlib
import os
from collections.abc import Iterable, Iterator
from pathlib import Path

from tui.git.clean import clean_text
from tui.store.paths import StateError, home_short, log_file, make_private

LOGS_KEPT = 30
"""Of all workspaces together."""
_NAMES = "[0-9]*T[0-9]*Z-*.log"
"""Those of run ids; what else a person puts there is not ours to drop."""
_FLAGS = os.O_WRONLY | os.O_APPEND | os.O_CLOEXEC | os.O_NOFOLLOW


class Log:
    """The log of a run. Once a method returns, its lines survive a kill; all raise StateError.

    It stays open until it is closed, and what is written after that opens it again.
    """

    def __init__(self, run: str) -> None:
        self._file = log_file(run)
        self._fd: int | None = None

    def begin(self, lines: Iterable[str]) -> None:
        """Make the file, which must not be there, and drop the oldest ones."""
        make_private(self._file.parent)
        self._write(lines, os.O_CREAT | os.O_EXCL)
        with contextlib.suppress(OSError):  # the next run drops what this one cannot
            others = [log for log in self._file.parent.glob(_NAMES) if log != self._file]
            for old in sorted(others, key=_written, reverse=True)[LOGS_KEPT - 1 :]:
                old.unlink(missing_ok=True)

    def write(self, lines: Iterable[str]) -> None:
        self._write(lines)

    def close(self) -> None:
        if self._fd is not None:
            fd, self._fd = self._fd, None
            with self._told():
                os.close(fd)

    def _write(self, lines: Iterable[str], flags: int = 0) -> None:
        """All lines or none, so that the next ones begin a line of their own."""
        text = rest = "".join(f"{clean_text(line)}\n" for line in lines).encode()
        with self._told():
            if self._fd is None:
                self._fd = os.open(self._file, _FLAGS | flags, 0o600)
            try:
                while rest:
                    rest = rest[os.write(self._fd, rest) :]
            except OSError:
                os.ftruncate(self._fd, os.fstat(self._fd).st_size - (len(text) - len(rest)))
                raise

    @contextlib.contextmanager
    def _told(self) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            raise StateError(f"{clean_text(str(self._file))}: cannot be written: {error.strerror}") from error


def log_of(run: str) -> str:
    """Where the log of the run is, for a person; empty where there is none."""
    file = log_file(run)
    return clean_text(home_short(file)) if run and os.path.exists(file) else ""  # noqa: PTH110  no name is too long for it


def _written(file: Path) -> float:
    try:
        return file.stat().st_mtime
    except OSError:  # another run has just dropped it
        return 0.0
