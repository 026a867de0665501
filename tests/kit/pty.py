"""The real program in a real terminal: keys in, a screen of characters out."""

import contextlib
import fcntl
import os
import re
import select
import struct
import subprocess
import sys
import termios
import threading
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Self

import pyte

from tests.kit.processes import children_of, kill_all

KEYS = {
    "enter": "\r",
    "escape": "\x1b",
    "tab": "\t",
    "shift+tab": "\x1b[Z",
    "space": " ",
    "backspace": "\x7f",
    "up": "\x1b[A",
    "down": "\x1b[B",
    "right": "\x1b[C",
    "left": "\x1b[D",
    "home": "\x1b[H",
    "end": "\x1b[F",
    "pageup": "\x1b[5~",
    "pagedown": "\x1b[6~",
    "f1": "\x1bOP",
}

_TAKES_TERMINAL = "import fcntl, os, sys, termios; fcntl.ioctl(0, termios.TIOCSCTTY, 0); os.execvp(sys.argv[1], sys.argv[1:])"
# What pyte would print as text or stumble over: questions to the terminal and the keyboard protocol.
_UNKNOWN_TO_PYTE = re.compile(rb"\x1b\[[<>=][\d;]*[A-Za-z]|\x1b\[\?[\d;]*\$p|\x1bP[^\x1b]*\x1b\\")
_UNFINISHED = re.compile(rb"\x1b(\[[\d;<>=?$]*|P[^\x1b]*\x1b?)?$")


class Terminal:
    """A program on a pseudo-terminal of its own, the leader of its session.

    >>> with Terminal.start(["synctui"], size=(120, 40)) as terminal:
    ...     terminal.wait_for("Queue")
    ...     terminal.press("+", "+")
    """

    def __init__(self, process: "subprocess.Popen[bytes]", master: int, size: tuple[int, int]) -> None:
        self.process = process
        self._master = master
        self._screen = pyte.Screen(*size)
        self._stream = pyte.ByteStream(self._screen)
        self._raw = bytearray()
        self._fed = 0
        self._closed = False
        self._changed = threading.Condition()
        self._wake, self._woken = os.pipe()
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    @classmethod
    def start(
        cls,
        argv: Sequence[str],
        *,
        env: Mapping[str, str] | None = None,
        cwd: Path | None = None,
        size: tuple[int, int] = (120, 40),
    ) -> Self:
        """`env` comes on top of this process's; size is columns, rows."""
        master, slave = os.openpty()
        _set_size(slave, size)
        # Not pty.fork: forking a process with threads is what Python warns of.
        process = subprocess.Popen(
            [sys.executable, "-ISc", _TAKES_TERMINAL, *argv],
            stdin=slave,
            stdout=slave,
            stderr=slave,
            cwd=cwd,
            env={**os.environ, "TERM": "xterm-256color", **(env or {})},
            start_new_session=True,
        )
        os.close(slave)
        return cls(process, master, size)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Kill what still runs below it and take the terminal away."""
        kill_all(
            {**children_of(self.process.pid), self.process.pid: ""} if self.process.poll() is None else {}
        )
        self.process.wait()
        self.hang_up()

    def press(self, *keys: str) -> None:
        """Names as in `KEYS`, `ctrl+c`, single characters, or a longer text typed as it is.

        A ctrl+c outside the full screen lets the kernel drop what is printed in that very moment.
        """
        for key in keys:
            if key.startswith("ctrl+") and len(key) == len("ctrl+x"):
                data = chr(ord(key[-1].lower()) & 0x1F)
            else:
                data = KEYS.get(key, key)
            os.write(self._master, data.encode())

    def wait_for(self, what: str | Callable[[str], bool], timeout: float = 20.0) -> str:
        """The screen as soon as it contains the text or the predicate holds for it.

        AssertionError with the screen after `timeout` seconds, or when the program has ended without it.
        """
        holds = what if callable(what) else lambda screen: what in screen
        with self._changed:
            self._changed.wait_for(lambda: self._closed or holds(self._text()), timeout)
            screen = self._text()
        assert holds(screen), f"not within {timeout:g} s (ended: {self._closed}): {what}\n{screen}"
        return screen

    def screen(self) -> str:
        """What a person sees now: one line a row, blanks at the ends of the rows removed."""
        with self._changed:
            return self._text()

    def raw(self) -> bytes:
        """Everything the program has written so far, control sequences too."""
        with self._changed:
            return bytes(self._raw)

    def hang_up(self) -> None:
        """Take the terminal away, as a window that is closed does."""
        if self._master >= 0:
            os.write(self._woken, b"x")
            self._reader.join(5)
            for fd in (self._master, self._wake, self._woken):
                os.close(fd)
            self._master = -1

    def forget_screen(self) -> None:
        """As after another program has drawn over it."""
        with self._changed:
            self._screen.reset()

    def resize(self, columns: int, rows: int) -> None:
        with self._changed:
            self._screen.resize(rows, columns)
        _set_size(self._master, (columns, rows))

    def signal(self, number: int) -> None:
        """To the program alone, not to its children."""
        self.process.send_signal(number)

    def wait_exit(self, timeout: float = 20.0) -> int:
        """The exit code, negative for the signal it died of; all its output has been read."""
        code = self.process.wait(timeout)
        self._reader.join(5)
        return code

    def _text(self) -> str:
        return "\n".join(line.rstrip() for line in self._screen.display)

    def _read(self) -> None:
        while True:
            ready, _, _ = select.select([self._master, self._wake], [], [])
            try:
                data = os.read(self._master, 65536) if self._master in ready else b""
            except OSError:  # EIO: the last one that had the terminal open is gone
                data = b""
            with self._changed:
                self._raw += data
                self._feed()
                self._closed = not data
                self._changed.notify_all()
            if not data:
                return

    def _feed(self) -> None:
        """Give the screen what is complete; a sequence cut in two waits for its rest."""
        data = bytes(self._raw[self._fed :])
        if cut := _UNFINISHED.search(data):
            data = data[: cut.start()]
        self._fed += len(data)
        with contextlib.suppress(TypeError):  # a private sequence pyte does not know draws nothing
            self._stream.feed(_UNKNOWN_TO_PYTE.sub(b"", data))


def _set_size(fd: int, size: tuple[int, int]) -> None:
    columns, rows = size
    fcntl.ioctl(fd, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))
