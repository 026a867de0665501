"""How a front end ends: with an exit code, or by a signal that the caller is to see."""

import gc
import os
import signal as signals
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import NoReturn

from msgspec import Struct

from tui.git.ssh_master import ssh_masters
from tui.git.watchdog import watchdog

STOP_SIGNALS = (signals.SIGINT, signals.SIGTERM, signals.SIGHUP, signals.SIGQUIT)
"""What ends a run from outside: its processes are ended first, then this process dies of the same."""

STOP_GRACE = 4.0
"""Seconds for all processes of a run to be gone: 2 for TERM, then KILL, and some to notice."""


class Ending(Struct, frozen=True):
    exit_code: int
    signal: signals.Signals | None = None
    """Set: die of it once everything is tidy, so that `synctui sync; next` stops."""


def leave(ending: Ending) -> NoReturn:
    ssh_masters.close()
    watchdog.stop()
    gc.freeze()  # else the interpreter goes through all that was loaded once more
    if ending.signal is not None:
        signals.signal(ending.signal, signals.SIG_DFL)
        os.kill(os.getpid(), ending.signal)
    raise SystemExit(ending.exit_code)


@contextmanager
def signals_unwind() -> Iterator[None]:
    """Within the block a stop signal unwinds it, so that what was made is taken away, and then ends us.

    In a thread other than the main one it does nothing: only that one hears of signals.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return

    class Unwound(BaseException):
        pass

    def unwind(number: int, _frame: object) -> NoReturn:
        _go_deaf()
        raise Unwound(number)

    before = {number: signals.signal(number, unwind) for number in STOP_SIGNALS}
    try:
        yield
    except Unwound as unwound:
        leave(Ending(1, signals.Signals(unwound.args[0])))
    finally:
        for number, handler in before.items():
            signals.signal(number, handler)


@contextmanager
def deaf_afterwards() -> Iterator[None]:
    """After the block no signal stops what takes away what was made."""
    try:
        yield
    finally:
        _go_deaf()


def _go_deaf() -> None:
    for number in STOP_SIGNALS:
        signals.signal(number, lambda _number, _frame: None)  # not SIG_IGN, which a child would inherit
