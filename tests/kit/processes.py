"""Who still runs: the proof that nothing is left behind."""

import os
import signal
import time
from collections.abc import Callable
from pathlib import Path

from tests.kit.ssh_stub import alive


def wait_until(condition: Callable[[], object], what: str, timeout: float = 20.0) -> None:
    """Return as soon as the condition holds; AssertionError that names `what` after `timeout` seconds.

    For what cannot be waited on: files and processes of others. The limit is a net, not a measure.
    """
    limit = time.monotonic() + timeout
    while not condition():
        assert time.monotonic() < limit, f"not within {timeout:g} s: {what}"
        time.sleep(0.005)


def children_of(pid: int) -> dict[int, str]:
    """All live descendants of a process: pid to command line. Those that left their parent are not found."""
    parents = {}
    for folder in _processes():
        try:
            parents[int(folder.name)] = int((folder / "stat").read_text().rpartition(")")[2].split()[1])
        except OSError:
            continue
    found: dict[int, str] = {}
    todo = [pid]
    while todo:
        parent = todo.pop()
        for child in [child for child, its in parents.items() if its == parent and alive(child)]:
            found[child] = _command(child)
            todo.append(child)
    return found


def processes_with_env(name: str, value: str) -> dict[int, str]:
    """All other live processes that were started with NAME=value: pid to command line, orphans too."""
    marker = f"{name}={value}".encode()
    found = {}
    for folder in _processes():
        try:
            environment = (folder / "environ").read_bytes().split(b"\0")
        except OSError:
            continue
        pid = int(folder.name)
        if marker in environment and pid != os.getpid() and alive(pid):
            found[pid] = _command(pid)
    return found


def state_of(pid: int) -> str:
    """One letter, as ps shows it: R, S, T for stopped, Z."""
    return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]


def kill_all(pids: dict[int, str]) -> None:
    for pid in pids:
        try:
            os.kill(pid, signal.SIGKILL)
        except ProcessLookupError:
            continue


def _processes() -> list[Path]:
    return [folder for folder in Path("/proc").iterdir() if folder.name.isdigit()]


def _command(pid: int) -> str:
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace").strip()
    except OSError:
        return ""
