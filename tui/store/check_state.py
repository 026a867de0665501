"""The state folder: whether it keeps what it is given, and whether its locks hold."""

import os
import stat
import tempfile
from collections.abc import Iterator
from pathlib import Path

from tui.git.advice import nearest
from tui.git.checkup import Finding, Level
from tui.git.clean import shell_word
from tui.git.lock import LockUnsupported, take_flock
from tui.store.history import History
from tui.store.paths import StateError, database_file, home_short, locks_folder, log_file, state_folder

_PRIVATE = 0o700


def check_state() -> Iterator[Finding]:
    """Whether it can be written, and whether a lock there shuts others out; leaves nothing behind."""
    folder = state_folder()
    name, here = home_short(folder), nearest(folder)
    helps = f"ls -ld {shell_word(str(here))}"
    if not here.is_dir() or not os.access(here, os.R_OK | os.W_OK | os.X_OK):
        yield Finding("state folder", Level.PROBLEM, f"{name}: {here} cannot be written", helps)
        return
    if here != folder:
        yield Finding("state folder", Level.OK, f"{name}, which the first run makes")
        return
    for below in (locks_folder(), log_file("").parent):
        if below.exists() and not os.access(below, os.R_OK | os.W_OK | os.X_OK):  # as after a run by root
            found, helps = f"{home_short(below)} cannot be written", f"ls -ld {shell_word(str(below))}"
            yield Finding("state folder", Level.PROBLEM, found, helps)
            return
    mode = stat.S_IMODE(folder.stat().st_mode)
    try:
        locks = _locks_hold(folder)
    except LockUnsupported as none:
        yield Finding(
            "state folder", Level.PROBLEM, str(none), "set XDG_STATE_HOME to a folder on a local disk"
        )
        return
    except OSError as error:
        yield Finding("state folder", Level.PROBLEM, f"{name}: {error.strerror}", helps)
        return
    if not locks:
        found = f"{name}: two processes get the same lock"
        yield Finding("state folder", Level.PROBLEM, found, "set XDG_STATE_HOME to a folder on a local disk")
    elif mode != _PRIVATE:
        found = f"{name}: mode {mode:04o}, which the next run makes 0700"
        yield Finding("state folder", Level.WARNING, found, f"chmod 700 {shell_word(str(folder))}")
    else:
        yield Finding("state folder", Level.OK, f"{name}: writable, mode 0700, its locks (flock) hold")


def _locks_hold(folder: Path) -> bool:
    """Raises LockUnsupported, and OSError where nothing can be written."""
    with tempfile.NamedTemporaryFile(prefix=".doctor-", dir=folder) as file:
        file.write(b"x")
        file.flush()  # a full disk takes the file, and nothing into it
        other = os.open(file.name, os.O_RDWR | os.O_CLOEXEC)
        try:
            return take_flock(file.fileno(), folder) and not take_flock(other, folder)
        finally:
            os.close(other)


def check_database() -> Iterator[Finding]:
    file = database_file()
    name = home_short(file)
    try:
        with History.read(file):  # which checks it
            there = file.exists()
    except StateError as error:
        helps = (
            f"mv {shell_word(str(file))} {shell_word(f'{file}.damaged')}" if "damaged" in str(error) else ""
        )
        yield Finding("database", Level.PROBLEM, str(error), helps or f"ls -l {shell_word(str(file))}")
        return
    if there and not os.access(file, os.W_OK):
        yield Finding(
            "database", Level.PROBLEM, f"{name} cannot be written", f"ls -l {shell_word(str(file))}"
        )
        return
    yield Finding("database", Level.OK, f"{name}: healthy" if there else f"{name}, which the first run makes")
