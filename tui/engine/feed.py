"""One ordered stream of records for every front end."""

import queue
from collections.abc import Callable, Iterable, Iterator

from tui.engine.events import Record, RunFinished

ALL = 1 << 62
"""Of what is here, for `drain`."""


class Inbox:
    """What one front end has not seen yet, in the order in which it happened."""

    def __init__(self) -> None:
        self._records: queue.SimpleQueue[Record | None] = queue.SimpleQueue()
        self.at_end: Callable[[], object] | None = None
        """Called when the end of a run has come in, by whoever ended it: it may not wait."""

    def put(self, records: Iterable[Record]) -> None:
        for record in records:
            self._records.put(record)
            if self.at_end and isinstance(record.event, RunFinished):
                self.at_end()

    def wake(self) -> None:
        """End a `wait` early. Safe in a signal handler."""
        self._records.put(None)

    def drain(self, most: int = 2_000) -> Iterator[Record]:
        """Everything that is here now, at most that many."""
        for _ in range(most):
            try:
                record = self._records.get_nowait()
            except queue.Empty:
                return
            if record is not None:
                yield record

    def wait(self, seconds: float) -> Iterator[Record]:
        """Block until something comes or the seconds are over, then drain."""
        try:
            first = self._records.get(timeout=seconds)
        except queue.Empty:
            return
        if first is not None:
            yield first
        yield from self.drain()


class Feed:
    """Filled under the engine's lock: nothing here may be slow."""

    def __init__(self) -> None:
        self._inboxes: list[Inbox] = []
        self._unread: list[Record] = []
        """What happened before anybody wanted to know; the first gets it."""

    def subscribe(self) -> Inbox:
        inbox = Inbox()
        inbox.put(self._unread)
        self._unread.clear()
        self._inboxes.append(inbox)
        return inbox

    def file(self, records: list[Record]) -> None:
        if not self._inboxes:
            self._unread += records
        for inbox in self._inboxes:
            inbox.put(records)
