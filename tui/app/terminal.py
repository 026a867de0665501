"""The terminal of the app, which may go away before the app does."""

import contextlib
import os
import select
import signal
import subprocess
import sys
import termios
from collections.abc import Iterator
from typing import TextIO

from textual.app import App
from textual.drivers.linux_driver import LinuxDriver


class _Lossy:
    """A terminal to write to; what it no longer takes is dropped."""

    def __init__(self, file: TextIO) -> None:
        self._file = file

    def write(self, text: str) -> None:
        with contextlib.suppress(OSError):
            self._file.write(text)

    def flush(self) -> None:
        with contextlib.suppress(OSError):
            self._file.flush()

    def fileno(self) -> int:
        return self._file.fileno()


class TerminalDriver(LinuxDriver):
    """Outlives its terminal.

    Textual's own threads that read and write would end at the first error, and the app would wait for ever
    for what it writes to be taken.
    """

    def __init__(
        self,
        app: App[object],
        *,
        debug: bool = False,
        mouse: bool = True,
        size: tuple[int, int] | None = None,
    ) -> None:
        super().__init__(app, debug=debug, mouse=mouse, size=size)
        file = self._file
        assert file is not None  # noqa: S101  the command line has looked for a terminal
        self._file = _Lossy(file)  # type: ignore[assignment]  # it has all that is used of a file here

    def run_input_thread(self) -> None:
        with contextlib.suppress(OSError):
            super().run_input_thread()


def give_tmux(text: str) -> None:
    """To paste, and on to the clipboard of its terminal: that of a program in it goes nowhere by tmux's own default."""
    with contextlib.suppress(OSError, subprocess.SubprocessError):
        subprocess.run(
            ["tmux", "load-buffer", "-w", "-"],
            input=text.encode(),
            capture_output=True,
            check=False,
            timeout=1,
        )


def terminal_is_lost() -> bool:
    """A closed terminal with SIGHUP ignored would otherwise be drawn to for ever."""
    with contextlib.suppress(OSError, ValueError):
        fd = sys.__stdin__.fileno() if sys.__stdin__ else 0
        poll = select.poll()
        poll.register(fd, 0)
        return not os.isatty(fd) or any(event & select.POLLHUP for _, event in poll.poll(0))
    return True


@contextlib.contextmanager
def handlers_kept() -> Iterator[None]:
    """Textual leaves its own behind, which fail once the app has ended; a terminal that goes away sends SIGCONT."""
    before = {number: signal.getsignal(number) for number in (signal.SIGTSTP, signal.SIGCONT)}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


@contextlib.contextmanager
def modes_kept() -> Iterator[None]:
    """A program that is killed leaves the terminal as it had made it: without echo, say."""
    try:
        before = termios.tcgetattr(0)
    except termios.error:
        before = None
    try:
        yield
    finally:
        if before:
            with contextlib.suppress(termios.error):
                # Not TCSADRAIN, which waits as long as ctrl+s holds the output.
                termios.tcsetattr(0, termios.TCSANOW, before)
