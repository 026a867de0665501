"""Process groups: who of one is alive, and how to end it."""

import contextlib
import os
from collections.abc import Iterator, Mapping
from pathlib import Path

TERM_GRACE = 2.0
"""Seconds a group has to end after TERM, before KILL."""

# Of process_stat():
_PARENT_FIELD = 1
_GROUP_FIELD = 2
_TERMINAL_FIELD = 4  # 0 for none
_FOREGROUND_FIELD = 5  # the process group that has the terminal
_START_FIELD = 19  # clock ticks since boot


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
    return stat is not None and stat[_TERMINAL_FIELD] != "0" and stat[_FOREGROUND_FIELD] != stat[_GROUP_FIELD]


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
    return any(stat[_GROUP_FIELD] == str(group) for _, stat in _living())


def strays(group: int, known: Mapping[int, str]) -> dict[int, str]:
    """The live processes that left the group, with their children: pid to what `start_of` says.

    They have a parent in it still, or are of `known`, which a look before has found. What has no parent there
    any more has made itself a daemon, and is none of ours; where there is no /proc, none is found.
    """
    stats = dict(_living())
    found = {pid: start for pid, start in known.items() if pid in stats and stats[pid][_START_FIELD] == start}
    roots = [*found, *(pid for pid, stat in stats.items() if stat[_GROUP_FIELD] == str(group))]
    children: dict[int, list[int]] = {}
    for pid, stat in stats.items():
        children.setdefault(int(stat[_PARENT_FIELD]), []).append(pid)
    while roots:
        for pid in children.pop(roots.pop(), ()):
            roots.append(pid)
            if stats[pid][_GROUP_FIELD] != str(group):
                found[pid] = stats[pid][_START_FIELD]
    return found


def signal_all(pids: Mapping[int, str], number: int) -> None:
    """As `strays` gives them."""
    for pid, start in pids.items():
        if lives(pid, start):
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.kill(pid, number)


def _living() -> Iterator[tuple[int, list[str]]]:
    names = os.listdir("/proc") if Path("/proc/self/stat").exists() else ()  # noqa: PTH208 - a Path takes longer
    for pid in map(int, filter(str.isdigit, names)):
        stat = process_stat(pid)
        if stat and stat[0] not in "ZX":
            yield pid, stat


def group_bytes(group: int) -> int:
    """What the git processes of a group have read and written so far; 0 where the system does not tell.

    All that a transfer brings passes through one of them, also when git says nothing of it.
    """
    return sum(_bytes(int(entry.name), group) for entry in Path("/proc").glob("[0-9]*"))


def _bytes(pid: int, group: int) -> int:
    stat = process_stat(pid)
    if stat is None or stat[_GROUP_FIELD] != str(group):
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
    try:  # not by a Path: it takes three times as long, and there are many
        file = os.open(f"/proc/{pid}/stat", os.O_RDONLY)
    except OSError:
        return None
    try:
        text = os.read(file, 4096)
    except OSError:  # it has just gone
        return None
    finally:
        os.close(file)
    return text.decode(errors="replace").rpartition(")")[2].split()
