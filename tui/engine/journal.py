"""What the engine tells those who keep its runs."""

from collections.abc import Callable, Sequence

from msgspec import Struct

from tui.engine.events import Record


class Journal(Struct, frozen=True):
    """Where runs are kept. Whatever it raises at the start of a run keeps that from starting."""

    begin: Callable[[str, float, int, Sequence[str]], None] = lambda *_: None
    """The run, its time in seconds since the epoch, its job limit and the ids of the repos it is to try; called
    again with more repos for a run that goes on."""
    finish: Callable[[str, float, int, int, int], None] = lambda *_: None
    """The run, the time, how many repos it had, how many commits came, the exit code."""
    tell: Callable[[Sequence[Record]], None] = lambda *_: None
    """What happened in a run. The end of a job that ran, and that of the run, come before anybody else hears of it."""
