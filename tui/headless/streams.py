"""The only place that writes to stdout (data) and stderr (notes for people)."""

import os
import select
import sys
from collections.abc import Sequence
from typing import Literal, NoReturn, TextIO

from tui.engine.shutdown import Ending, leave

Color = Literal["auto", "always", "never"]

_CODES = {"good": "32", "calm": "2", "warn": "33", "bad": "31"}


class StdoutClosed(Exception):  # noqa: N818  named after the fact
    """Nothing can be written any more: the reader has gone, else the disk is full or broken."""

    def __init__(self, *, by_reader: bool = True) -> None:
        super().__init__()
        self.by_reader = by_reader


class Streams:
    """`color` auto: only on a terminal, and not where NO_COLOR is set."""

    def __init__(
        self, color: Color = "auto", *, out: TextIO | None = None, err: TextIO | None = None
    ) -> None:
        self.out = out or sys.stdout
        self._err = err or sys.stderr
        for stream in (self.out, self._err):
            if hasattr(stream, "reconfigure"):
                stream.reconfigure(errors="backslashreplace")
        self._colored = color == "always" or (
            color == "auto" and self.out.isatty() and not os.environ.get("NO_COLOR")
        )

    def data(self, line: str) -> None:
        """Raises StdoutClosed."""
        try:
            print(line, file=self.out, flush=True)
        except BrokenPipeError:
            self._discard()
            raise StdoutClosed from None
        except OSError as error:
            self._discard()
            self.note(f"synctui: stdout: {error.strerror}")
            raise StdoutClosed(by_reader=False) from None

    def note(self, line: str) -> None:
        try:
            print(line, file=self._err, flush=True)
        except OSError:
            # Nobody is left to tell; the data may still be wanted.
            return

    def paint(self, text: str, look: Literal["good", "calm", "warn", "bad"]) -> str:
        return f"\x1b[{_CODES[look]}m{text}\x1b[0m" if self._colored else text

    def stdout_closed(self) -> bool:
        """True once the reader of a pipe has gone, before anything is written to it."""
        try:
            poll = select.poll()
            poll.register(self.out.fileno(), 0)
            return any(event & (select.POLLERR | select.POLLNVAL) for _, event in poll.poll(0))
        except (OSError, ValueError):
            return False

    def _discard(self) -> None:
        """Point stdout at nothing, so that the flush at exit does not fail as well."""
        with open(os.devnull, "wb") as nothing:  # noqa: PTH123  a device, not a path of ours
            os.dup2(nothing.fileno(), self.out.fileno())


def print_and_leave(lines: Sequence[str], code: int = 0) -> NoReturn:
    """What a command that only reads has to say, and its end."""
    streams = Streams()
    try:
        for line in lines:
            streams.data(line)
    except StdoutClosed:
        leave(Ending(1))
    leave(Ending(code))
