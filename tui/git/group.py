"""Process groups: who of one is alive, and how to end it."""

import contextlib
import os
from pathlib import Path

TERM_GRACE = 2.0
"""Seconds a group has to end after TERM, before KILL."""

_TERMINAL_FIELD = 4  # of process_stat(): 0 for none
_FOREGROUND_FIELD = 5  # of process_stat(): the process group that has the terminal
_START_FIELD = 19  # of process_stat(): clock ticks since boot


def start_of(pid: int) -> str | None:
    """What tells a process from a later one of the same pid; None where it is dead or /proc does not say."""
    stat = process_stat(pid)
    return stat[_START_FIELD] if stat and stat[0] not in "ZX" else None


def lives(pid: int, start: str | None) -> bool:
    """Whether the process that `start_of` once told of still runs."""
    return start is not None and start_of(pid) == start


def is_stopped(pid: int) -> bool:
    """Whether it was told to stop, and gets no other signal but KILL until it is told to go on."""
    stat = process_stat(pid)
    return stat is not None and stat[0] in "Tt"


def waits_for_its_terminal(pid: int) -> bool:
    """Whether it is in the background of a terminal, where what wants to draw is stopped at once."""
    stat = process_stat(pid)
    return stat is not None and stat[_TERMINAL_FIELD] != "0" and stat[_FOREGROUND_FIELD] != stat[2]


def signal_group(group: int, number: int) -> None:
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(group, number)


def group_lives(group: int) -> bool:
    """Whether a process of the group runs; the dead that nobody has reaped do not count."""
    try:
        os.killpg(group, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    if not Path("/proc/self/stat").exists():
        return True  # the kernel's word stands
    stats = (process_stat(int(entry.name)) for entry in Path("/proc").iterdir() if entry.name.isdigit())
    return any(stat[2] == str(group) and stat[0] not in "ZX" for stat in stats if stat)


def group_bytes(group: int) -> int:
    """What the git processes of a group have read and written so far; 0 where the system does not tell.

    All that a transfer brings passes through one of them, also when git says nothing of it.
    """
    return sum(_bytes(int(entry.name), group) for entry in Path("/proc").glob("[0-9]*"))


def _bytes(pid: int, group: int) -> int:
    stat = process_stat(pid)
    if stat is None or stat[2] != str(group):
        return 0
    try:
        if not Path(f"/proc/{pid}/comm").read_text(encoding="utf-8", errors="replace").startswith("git"):
            return 0  # a hook or a helper that hangs in a loop of its own
        counters = Path(f"/proc/{pid}/io").read_text(encoding="utf-8").split()
    except OSError:
        return 0
    return int(counters[1]) + int(counters[3])  # rchar, wchar


def process_stat(pid: int) -> list[str] | None:
    """The fields of `/proc/PID/stat` from the state on; None: no such process, or no such file system."""
    try:
        text = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8", errors="replace")
    except OSError:
        return None
    return text.rpartition(")")[2].split()
