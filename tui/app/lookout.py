"""Keeps up to date what the desk has of the checkouts and of the history, in threads of its own."""

import contextlib
from collections import deque
from collections.abc import Collection, Mapping, Sequence
from functools import partial
from typing import Any

from textual.app import App
from textual.worker import Worker

from tui.app.desk import Desk
from tui.engine.survey import StatusRow
from tui.git.outcome import Reason
from tui.git.repo import Repo
from tui.git.stop import StopSignal
from tui.store.past import Past
from tui.store.paths import StateError
from tui.view.arrivals import Arrival

_SHORTLY_BEFORE = 24 * 3600.0
"""Seconds before the start of which it is told what arrived."""

REST = 3.0
"""Seconds of a run without a look, which would take from it what it works with."""


class Lookout:
    def __init__(self, app: App[Any], desk: Desk) -> None:
        self.due = {repo.id: repo for repo in desk.session.repos}
        """Repos that are to be looked at."""
        self._app = app
        self._desk = desk
        self._seen: deque[StatusRow] = deque()
        self._asked: deque[tuple[float, StatusRow]] = deque()
        """What the person has had looked at, and when that began."""
        self._recalled: Mapping[str, Past] | None = None
        """What the history has told last and is not on the desk yet."""
        self._unseen: deque[Repo] = deque()
        """What a survey that was ended has not come to."""
        self._worker: Worker[object] | None = None
        self._stop = StopSignal()
        self._survey_stop = StopSignal()
        self._is_beside = False
        """Whether the survey was begun beside a run."""
        self._rests_since: float | None = None
        """On the monotonic clock, beside a run."""

    @property
    def busy(self) -> bool:
        return self._worker is not None and not self._worker.is_finished

    def take(self) -> None:
        """Put on the desk what has been seen and recalled since the last time."""
        while self._seen:
            row = self._seen.popleft()
            if row.repo.id in self.due and row.repo.id in self._desk.looks:
                continue  # it has ended since that look
            self._desk.looks[row.repo.id] = row
            self._desk.board.touch(row.repo.id)
        while self._asked:
            began, row = self._asked.popleft()
            if self._desk.board.rows[row.repo.id].ended_at > began:
                continue  # its end, and the look after it, say more
            self._desk.looks[row.repo.id] = row
            self._desk.looked_at[row.repo.id] = began
            self._desk.board.touch(row.repo.id)
        while self._unseen:
            repo = self._unseen.popleft()
            self.due[repo.id] = repo
        if self._recalled is not None:
            self._desk.pasts, self._recalled = dict(self._recalled), None
            self._desk.board.revision += 1

    def look_again(self, in_question: Collection[str]) -> None:
        """Survey what has not been looked at since it ended; beside a run only these, and now and then.

        A survey of more than these makes way for a run that begins.
        """
        # The engine knows of a run that began before the screen, and of which nothing has been read yet.
        is_running = self._desk.board.active or not self._desk.engine.snapshot().idle
        if self.busy and is_running and not self._is_beside:
            self._survey_stop.set(Reason.QUIT)
        if not self.due or self.busy or self._desk.leaving or (is_running and self._rests()):
            return
        ids = [repo_id for repo_id in in_question if repo_id in self.due] if is_running else list(self.due)
        if not ids:
            return
        self._rests_since = None
        repos = [self.due.pop(repo_id) for repo_id in ids]
        self._is_beside, self._survey_stop = is_running, StopSignal()
        self._worker = self._app.run_worker(
            partial(self._look, repos, self._survey_stop),
            name="survey",
            group="survey",
            thread=True,
            exit_on_error=False,
        )

    def _rests(self) -> bool:
        now = self._desk.clock.monotonic()
        if self._rests_since is None:
            self._rests_since = now
        return now - self._rests_since < REST

    def look_now(self, repo: Repo) -> None:
        """At the one that the person is at, whatever else is being looked at."""
        if self._desk.player:  # what the recording tells is all there is
            return
        began = self._desk.clock.now()
        self._app.run_worker(
            lambda: self._desk.session.survey(
                [repo], lambda row: self._asked.append((began, row)), self._stop
            ),
            group="look",
            thread=True,
            exit_on_error=False,
        )

    def stop(self) -> None:
        self._stop.set(Reason.QUIT)
        self._survey_stop.set(Reason.QUIT)

    def _look(self, repos: Sequence[Repo], stop: StopSignal) -> None:
        """What is remembered is asked anew once something of this session has been added to it."""
        session = self._desk.session
        seen: set[str] = set()

        def on_row(row: StatusRow) -> None:
            seen.add(row.repo.id)
            self._seen.append(row)

        session.survey(repos, on_row, stop)
        if stop.reason:
            self._unseen.extend(repo for repo in repos if repo.id not in seen)
        if session.recall and self._desk.board.run:
            with contextlib.suppress(StateError):  # that nothing is kept the run has said
                self._recalled = session.recall()

    def recall_arrivals(self) -> None:
        self._app.run_worker(self._recall_arrivals, thread=True, group="arrived", exit_on_error=False)

    def _recall_arrivals(self) -> None:
        since = self._desk.clock.now() - _SHORTLY_BEFORE
        with contextlib.suppress(StateError):  # a run says it and does not begin
            self._app.call_later(self._take_arrivals, since, self._desk.session.arrivals(since))

    def _take_arrivals(self, since: float, arrived: Mapping[str, Arrival]) -> None:
        rows = self._desk.board.rows
        self._desk.arrived_since = since
        self._desk.arrived_before = {repo_id: one for repo_id, one in arrived.items() if repo_id in rows}
