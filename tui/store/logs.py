"""The logs of runs: a file each, of which the newest are kept."""

import contextlib
import os
from collections.abc import Iterable
from pathlib import Path

from tui.git.clean import clean_text
from tui.store.paths import StateError, home_short, log_file, make_private

LOGS_KEPT = 30
"""Of all workspaces together."""
_NAMES = "[0-9]*T[0-9]*Z-*.log"
"""Those of run ids; what else a person puts there is not ours to drop."""


def begin_log(run: str, lines: Iterable[str]) -> None:
    """Make the log of a run that has none, and drop the oldest. Raises StateError."""
    file = log_file(run)
    make_private(file.parent)
    _write(file, lines, os.O_CREAT | os.O_EXCL)
    with contextlib.suppress(OSError):  # the next run drops what this one cannot
        others = [log for log in file.parent.glob(_NAMES) if log != file]
        for old in sorted(others, key=_written, reverse=True)[LOGS_KEPT - 1 :]:
            old.unlink(missing_ok=True)


def continue_log(run: str, lines: Iterable[str]) -> None:
    """Raises StateError. Once it returns, the lines survive a kill."""
    _write(log_file(run), lines)


def log_of(run: str) -> str:
    """Where the log of the run is, for a person; empty where there is none."""
    file = log_file(run)
    return clean_text(home_short(file)) if run and os.path.exists(file) else ""  # noqa: PTH110  no name is too long for it


def _write(file: Path, lines: Iterable[str], flags: int = 0) -> None:
    """All lines or none, so that the next ones begin a line of their own."""
    rest = "".join(f"{clean_text(line)}\n" for line in lines).encode()
    try:
        fd = os.open(file, os.O_WRONLY | os.O_APPEND | os.O_CLOEXEC | os.O_NOFOLLOW | flags, 0o600)
        try:
            size = os.fstat(fd).st_size
            try:
                while rest:
                    rest = rest[os.write(fd, rest) :]
            except OSError:
                os.ftruncate(fd, size)
                raise
        finally:
            os.close(fd)
    except OSError as error:
        raise StateError(f"{clean_text(str(file))}: cannot be written: {error.strerror}") from error


def _written(file: Path) -> float:
    try:
        return file.stat().st_mtime
    except OSError:  # another run has just dropped it
        return 0.0
