"""Reads what arrived out of the checkouts, in threads of its own."""

from collections import deque
from collections.abc import Collection
from itertools import islice
from typing import Any

from textual.app import App
from textual.worker import Worker

from tui.app.desk import Desk
from tui.git.contents import Contents, joined
from tui.view.arrivals import Arrival

_NEWEST = 20
"""So many are read unasked; of the others the one that is selected."""


class Reader:
    def __init__(self, app: App[Any], desk: Desk) -> None:
        self._app = app
        self._desk = desk
        self._read: deque[tuple[Arrival, Contents]] = deque()
        self._worker: Worker[None] | None = None

    def take(self) -> None:
        """Put on the desk what has been read since the last time."""
        while self._read:
            arrival, contents = self._read.popleft()
            self._desk.contents[arrival.repo, arrival.spans] = contents

    def read_shown(self, repo_id: str | None) -> None:
        """The newest arrivals and the selected one, where nobody has read them yet."""
        desk = self._desk
        if self._worker is not None and not self._worker.is_finished:
            return
        ids = list(islice(reversed(desk.arrived), _NEWEST))
        if repo_id in desk.arrived:
            ids.insert(0, repo_id)
        due = [desk.arrived[one] for one in dict.fromkeys(ids) if desk.content(desk.arrived[one]) is None]
        if due:
            self._worker = self._app.run_worker(
                lambda: self._read_all(due), thread=True, group="contents", exit_on_error=False
            )

    def whole(self, arrivals: Collection[Arrival]) -> list[tuple[Arrival, Contents]]:
        """Each with what its repo tells. In a thread other than the screen's."""
        return [(one, self._desk.content(one) or self._look(one)) for one in arrivals]

    def _read_all(self, arrivals: Collection[Arrival]) -> None:
        for arrival in arrivals:
            if self._desk.leaving:
                return
            self._read.append((arrival, self._look(arrival)))

    def _look(self, arrival: Arrival) -> Contents:
        row = self._desk.board.rows.get(arrival.repo)
        if row is None:
            return Contents()
        return joined([self._desk.session.contents(row.repo.path, *span) for span in arrival.spans])
