"""Who holds a repo, as the note in the lock's file tells others."""

import functools
import json
import os
import sys
import time
from pathlib import Path
from typing import Any

from msgspec import Struct

from tui.git.clean import clean_text
from tui.git.group import is_stopped, lives, start_of, waits_for_its_terminal

SILENCE = 30.0
"""Seconds without a sign of life from which on it is said."""


class Holder(Struct, frozen=True):
    """`pid` is 0 when the holder left no note."""

    pid: int
    host: str
    command: str
    age_seconds: float
    silent_seconds: float = 0.0
    """Since its last sign of life."""

    def __str__(self) -> str:
        if not self.pid:
            return "held by another process"
        silence = (
            f", no sign of life for {span(self.silent_seconds)}" if self.silent_seconds > SILENCE else ""
        )
        return f"held by {self.who} for {span(self.age_seconds)}{silence}"

    @property
    def who(self) -> str:
        return f"pid {self.pid} on {self.host} ({self.command})"

    @property
    def is_here(self) -> bool:
        """Whether it runs on this host, where its pid means something."""
        return self.host == os.uname().nodename


def what_helps(pid: int, host: str) -> str:
    """With one command, which works as it stands where it says."""
    if host != os.uname().nodename:
        return f"it runs on {host}; if it hangs, go there: kill {pid}"
    if not is_stopped(pid):
        return f"wait for it; if it hangs: kill {pid}"
    # A stopped process heeds no `kill`, and one that draws would be stopped again in the background.
    if waits_for_its_terminal(pid):
        return "it is suspended; let it go on, in its terminal: fg"
    return f"it is stopped; let it go on: kill -CONT {pid}"


def own_note() -> dict[str, Any]:
    return _process(os.getpid()) | {"command": _own_command(), "started_at": time.time()}


@functools.cache
def _process(pid: int) -> dict[str, Any]:
    return {"pid": pid, "start": start_of(pid), "host": os.uname().nodename}


def read_note(file: Path) -> dict[str, Any]:
    """Empty: no note, or one that is being written just now."""
    try:
        note = json.loads(file.read_bytes())
    except (OSError, ValueError):
        return {}
    return note if isinstance(note, dict) else {}


def holder_in(note: dict[str, Any], file: Path) -> Holder:
    """Who wrote the note into the file."""
    now = time.time()
    try:
        sign = file.stat().st_mtime
    except OSError:
        sign = now
    return Holder(
        pid=int(note.get("pid", 0)),
        host=clean_text(str(note.get("host", ""))),
        command=clean_text(str(note.get("command", ""))),
        age_seconds=max(0.0, now - float(note.get("started_at", now))),
        silent_seconds=max(0.0, now - sign),
    )


def is_alive(note: dict[str, Any], file: Path) -> bool:
    """Whether who wrote the note lives: here its process counts, on another host its last sign of life."""
    holder = holder_in(note, file)
    if holder.pid and not holder.is_here:
        return holder.silent_seconds <= SILENCE
    return lives(holder.pid, note.get("start"))


def is_dead(note: dict[str, Any]) -> bool:
    """Whether it is known of who wrote the note that it is gone: a process of this host."""
    start = note.get("start")
    return (
        note.get("host") == os.uname().nodename
        and start is not None
        and not lives(int(note.get("pid", 0)), start)
    )


def span(seconds: float) -> str:
    """`90 s`, `2 min`, `3 h`, `4 d`: never below two of what is larger."""
    for size, unit in ((86_400, "d"), (3_600, "h"), (60, "min")):
        if seconds >= 2 * size:
            return f"{seconds // size:.0f} {unit}"
    return f"{seconds:.0f} s"


def _own_command() -> str:
    """`synctui sync`, say: the program and its first word, without arguments that may be private."""
    name = Path(sys.argv[0]).name if sys.argv else ""
    if name == "__main__.py":
        name = "synctui"
    verb = [word for word in sys.argv[1:2] if word.isalpha()]
    return " ".join([name or "python", *verb])
