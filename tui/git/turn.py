"""Who may work in the interpreter now: of many threads it runs one at a time anyway.

Each call of the system lets go of the interpreter for a moment. Where another thread takes it then, the call costs
two changes of threads, which is more than the call itself. So who reads the files of a repository does that in one
go, while the others wait for their turn or for a remote.
"""

import threading

_PATIENCE = 0.05
"""Seconds. Who holds a turn for longer waits for something: a slow disk, a process."""


class Turn:
    """A thread may hold it or not; it never has to, and one that it does not give back is taken from it."""

    def __init__(self, patience: float = _PATIENCE) -> None:
        self._patience = patience
        self._changed = threading.Condition()
        self._holder: int | None = None

    def take(self) -> None:
        """Waits for it, not for long."""
        me = threading.get_ident()
        with self._changed:
            self._changed.wait_for(lambda: self._holder in {None, me}, self._patience)
            self._holder = me

    def give(self) -> None:
        """Before whatever may wait."""
        with self._changed:
            if self._holder == threading.get_ident():
                self._holder = None
                self._changed.notify()


turn = Turn()
"""The one of this process."""
