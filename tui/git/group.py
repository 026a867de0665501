"""Process groups: who of one is alive, and how to end it."""

import contextlib
import os
from pathlib import Path


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


def process_stat(pid: int) -> list[str] | None:
    """The fields of `/proc/PID/stat` from the state on; None: no such process, or no such file system."""
    try:
        text = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8", errors="replace")
    except OSError:
        return None
    return text.rpartition(")")[2].split()
