"""A fault of our own, told in one line once the screen is gone."""

import asyncio
import contextlib
import sys
import traceback
from typing import Any, TypeVar

from textual.app import App

from tui.git.clean import clean_text

_OURS = frozenset({"tui", "widgets"})
_LONGEST = 300
_Result = TypeVar("_Result")


class CarefulApp(App[_Result]):
    """Textual would print a traceback with the values of all variables, which may hold passwords."""

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        self.fault: Exception | None = None
        """The first fault of ours that nothing has caught; it ends the screen."""
        self.heeds_stderr = False
        """Whether what is printed to it now is for the person; Textual drops all of it."""
        self._printed: list[str] = []

    def tell_at_end(self, line: str) -> None:
        self._printed.append(f"{line}\n")

    def tell(self) -> None:
        """On stderr, what was printed there behind the screen or is for the end, and the fault."""
        lines = [*self._printed, *([f"{fault_line(self.fault)}\n"] if self.fault else [])]
        with contextlib.suppress(OSError):
            sys.stderr.write("".join(lines))
            sys.stderr.flush()

    def fault_of_the_loop(self, loop: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
        """A callback that fails, as one that a signal or a thread asked for, would only be logged."""
        error = context.get("exception")
        if "handle" in context and isinstance(error, Exception):
            self._handle_exception(error)
        else:
            loop.default_exception_handler(context)

    def _handle_exception(self, error: Exception) -> None:
        self.fault = self.fault or error
        super()._handle_exception(error)

    def _fatal_error(self) -> None:
        self._close_messages_no_wait()

    def _print_error_renderables(self) -> None:
        self._exit_renderables.clear()

    def _print(self, text: str | bytes, stderr: bool = False) -> None:
        if stderr and self.heeds_stderr:
            # Where bytes are taken, click writes those.
            self._printed.append(text if isinstance(text, str) else text.decode(errors="replace"))


def fault_line(error: BaseException) -> str:
    """What it is and where in our code; nothing of what the variables hold."""
    places = [
        f"{module}:{line}"
        for frame, line in traceback.walk_tb(error.__traceback__)
        if (module := str(frame.f_globals.get("__name__", ""))).partition(".")[0] in _OURS
    ]
    what = clean_text(traceback.format_exception_only(error)[-1])[:_LONGEST]
    return f"synctui: ended by a fault of its own{f' in {places[-1]}' if places else ''}: {what}; please report it"
