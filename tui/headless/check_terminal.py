"""The terminal and the limits of the session that the program is started from."""

import locale
import os
import re
import resource
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path

from tui.git.checkup import Finding, Level, ask
from tui.git.env import files_needed
from tui.view.lines import plural

LEAST, FULL = (40, 12), (80, 24)
"""Columns and rows in which the app can still be used, and in which it shows all."""
_PROCESSES_OF_A_JOB = 6
"""A thread of ours, git, what it asks the remote with, what unpacks the answer, a helper or a hook."""
_SLOW_ESCAPE = 100
"""Milliseconds that a person notices."""


def check_python() -> Iterator[Finding]:
    version = ".".join(map(str, sys.version_info[:3]))
    yield Finding("python", Level.OK, f"{version} ({sys.executable})")


def check_files(jobs: int) -> Iterator[Finding]:
    """Against what the program has raised the limit to when it started."""
    soft, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    needed = files_needed(jobs)
    told = f"{soft} at most; {plural(jobs, 'job')} at a time may take {needed}"
    if soft == resource.RLIM_INFINITY:
        yield Finding("open files", Level.OK, "no limit")
    elif soft < needed:
        fewer = max((n for n in range(1, jobs) if files_needed(n) <= soft), default=1)
        # The soft one is raised by ourselves: it is the hard one that holds us.
        helps = f"ulimit -n {needed} where root allows it; or fewer at a time: --jobs {fewer}"
        yield Finding("open files", Level.PROBLEM, told, helps)
    else:
        yield Finding("open files", Level.OK, told)


def check_processes(jobs: int) -> Iterator[Finding]:
    soft, _ = resource.getrlimit(resource.RLIMIT_NPROC)
    needed = _PROCESSES_OF_A_JOB * (jobs + 1)
    if soft == resource.RLIM_INFINITY or os.geteuid() == 0:  # root has none
        yield Finding("processes", Level.OK, "no limit")
        return
    used = _own_tasks()
    told = f"{soft} at most, {used} of them used; {plural(jobs, 'job')} at a time may take {needed}"
    if soft - used < needed:
        helps = f"ulimit -u {used + needed}; or fewer at a time: --jobs {max(1, jobs // 2)}"
        yield Finding("processes", Level.PROBLEM, told, helps)
    else:
        yield Finding("processes", Level.OK, told)


def _own_tasks() -> int:
    """Threads of this user, which is what the limit counts; 0 where the system does not tell."""
    me, found = os.getuid(), 0
    for process in Path("/proc").glob("[0-9]*"):
        try:
            if process.stat().st_uid == me:
                found += len(os.listdir(process / "task"))  # noqa: PTH208 - only their number counts
        except OSError:  # it has just ended
            continue
    return found


def check_terminal() -> Iterator[Finding]:
    term = os.environ.get("TERM", "")
    without = [name for name, stream in (("stdin", sys.stdin), ("stderr", sys.stderr)) if not stream.isatty()]
    if without:
        found = f"none at {' and '.join(without)}: the app cannot open here"
        yield Finding("terminal", Level.NOTE, found, "synctui sync")
        return
    if term in {"", "dumb", "unknown"}:
        found = f"TERM={term}: the app cannot draw on it"
        yield Finding("terminal", Level.PROBLEM, found, "export TERM=xterm-256color, or synctui sync")
        return
    columns, rows = os.get_terminal_size(sys.stderr.fileno())
    size = f"{term}, {columns}×{rows}"
    if columns and (columns < LEAST[0] or rows < LEAST[1]):
        found = f"{size}: the app needs {LEAST[0]}×{LEAST[1]}"
        yield Finding("terminal", Level.WARNING, found, "make the window larger")
    elif columns and (columns < FULL[0] or rows < FULL[1]):
        yield Finding("terminal", Level.NOTE, f"{size}: from {FULL[0]}×{FULL[1]} on the app shows all")
    else:
        yield Finding("terminal", Level.OK, f"{size}, {_colours(term)}")
    yield from _multiplexer()


def _colours(term: str) -> str:
    if os.environ.get("NO_COLOR"):
        return "no colours (NO_COLOR)"
    if os.environ.get("COLORTERM", "").lower() in {"truecolor", "24bit"}:
        return "16 million colours"
    return "256 colours" if "256" in term else "16 colours"


def check_encoding() -> Iterator[Finding]:
    # Not that of Python, which takes UTF-8 where the locale is C.
    encoding = locale.getencoding()
    name = next((value for key in ("LC_ALL", "LC_CTYPE", "LANG") if (value := os.environ.get(key))), "none")
    if encoding.lower().replace("-", "") == "utf8":
        yield Finding("locale", Level.OK, f"{name} ({encoding})")
    else:
        unset = "unset LC_ALL; " if os.environ.get("LC_ALL") else ""
        found = f"{name} ({encoding}): marks and borders may come out as other signs"
        yield Finding("locale", Level.WARNING, found, f"{unset}export LANG=C.UTF-8")


def _multiplexer() -> Iterator[Finding]:
    if os.environ.get("TMUX") and shutil.which("tmux"):
        yield _tmux()
    elif os.environ.get("STY"):
        yield Finding("screen", Level.NOTE, "it keeps ctrl+a for itself, and shows 256 colours at most")


def _tmux() -> Finding:
    said = ask("tmux", "display-message", "-p", "#{version} #{escape-time} #{client_termfeatures}")
    words = re.match(r"(\S+) (\d*) ?(.*)", said.out)
    if said.code or words is None:
        return Finding(
            "tmux", Level.NOTE, "does not answer; TMUX may be that of another session", "unset TMUX"
        )
    version, escape, features = words.groups()
    if int(escape or 0) > _SLOW_ESCAPE:
        found = f"{version}: waits {escape} ms for what follows an esc, so that key is slow"
        return Finding("tmux", Level.WARNING, found, "tmux set -s escape-time 10")
    if features and "RGB" not in features.split(","):  # none: no terminal is attached
        found = f"{version}: shows 256 colours at most"
        return Finding("tmux", Level.NOTE, found, "tmux set -as terminal-features ',*:RGB'")
    return Finding("tmux", Level.OK, f"{version} {features}".rstrip())
