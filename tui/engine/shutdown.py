"""How a front end ends: with an exit code, or by a signal that the caller is to see."""

import os
import signal as signals
from dataclasses import dataclass

STOP_SIGNALS = (signals.SIGINT, signals.SIGTERM, signals.SIGHUP)
"""What ends a run from outside: its processes are ended first, then this process dies of the same."""

STOP_GRACE = 4.0
"""Seconds for all processes of a run to be gone: 2 for TERM, then KILL, and some to notice."""


@dataclass(frozen=True, slots=True)
class Ending:
    exit_code: int
    signal: signals.Signals | None = None
    """Set: die of it once everything is tidy, so that `synctui sync; next` stops."""


def leave(ending: Ending) -> None:
    """Does not return."""
    if ending.signal is not None:
        signals.signal(ending.signal, signals.SIG_DFL)
        os.kill(os.getpid(), ending.signal)
    raise SystemExit(ending.exit_code)
