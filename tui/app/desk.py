"""What the screens and the commands share."""

from collections.abc import Iterable, Sequence

from msgspec import structs

from tui.app.keymap import Keymap
from tui.app.player import Player
from tui.app.refusals import Heading, Situation
from tui.app.session import Session
from tui.engine.clock import Clock
from tui.engine.engine import Engine
from tui.engine.eta import Countdown, Forecast, Spread, about, remaining
from tui.engine.events import JobEnded
from tui.engine.survey import StatusRow
from tui.git.contents import Contents
from tui.git.outcome import DRY_RUN, FAILURE_STATES, SUCCESS_STATES, Outcome, Reason, State
from tui.store.past import Failure, Past, fetched_before
from tui.view.arrivals import Arrival, Spans
from tui.view.board import Board, BoardRow
from tui.view.dashboard import Dashboard

_TOLD_AFTER = 1.0
"""Seconds, at most, from the end that is remembered of a job to the one that is told."""
_REMEMBERED = FAILURE_STATES | {State.BUSY, State.SYNCED, State.UP_TO_DATE}


class Desk:
    def __init__(
        self, session: Session, engine: Engine, board: Board, clock: Clock, player: Player | None = None
    ) -> None:
        """`player`: of a replay."""
        self.session = session
        self.engine = engine
        self.board = board
        self.clock = clock
        self.player = player
        self.marks = {repo_id for repo_id in session.left.marks if repo_id in board.rows}
        self.looks: dict[str, StatusRow] = {}
        """What the survey last saw of each repo."""
        self.looked_at: dict[str, float] = {}
        """When the person has had a repo looked at, seconds since the epoch, by its id."""
        self.pasts: dict[str, Past] = dict(session.past)
        """What is remembered of each repo, by its id."""
        self.arrived_before: dict[str, Arrival] = {}
        """What came shortly before this session, by repo id, the newest last."""
        self.arrived_since = 0.0
        """From when on that is, seconds since the epoch."""
        self.contents: dict[tuple[str, Spans], Contents] = {}
        """What has been read of the arrivals, by repo id and spans."""
        self.leaving = ""
        """What the app waits for before it leaves, for people; empty while it stays."""
        self.forecast = Forecast(session.durations)
        self._countdown = Countdown()

    @property
    def keys(self) -> Keymap:
        return self.session.keys

    @property
    def source(self) -> Engine | Player:
        """Where what is drawn comes from."""
        return self.player or self.engine

    @property
    def arrived(self) -> dict[str, Arrival]:
        """With the runs of this session, or before the first of them."""
        return self.board.arrived if self.board.run else self.arrived_before

    def content(self, arrival: Arrival) -> Contents | None:
        """None: nobody has read it yet."""
        return self.contents.get((arrival.repo, arrival.spans)) if arrival.spans else Contents()

    def targets(self, selected: Iterable[str], *, marked: bool = True) -> list[BoardRow]:
        """What an action on repos is about: the marked ones where these count, else those that are selected."""
        rows = self.board.rows
        if self.marks and marked:
            return [row for repo_id, row in rows.items() if repo_id in self.marks]
        return [row for repo_id in selected if (row := rows.get(repo_id))]

    def situation(
        self,
        targets: Sequence[BoardRow],
        *,
        heading: Heading = "",
        in_detail: bool = False,
        found: int = 0,
        note: str = "",
    ) -> Situation:
        return Situation(
            self.board,
            targets,
            self.keys,
            self.player,
            views=self.session.views,
            heading=heading,
            in_detail=in_detail,
            found=found,
            note=note,
        )

    def dashboard(self, row: BoardRow, look: StatusRow) -> Dashboard:
        if row.live:  # by us
            look = structs.replace(look, holder=None)
        return Dashboard(look, self.past(row), self.session.thresholds, self.clock.now())

    def past(self, row: BoardRow) -> Past:
        """What is remembered, and what this session knows and nobody has asked the history for yet."""
        past = self.pasts.get(row.repo.id, Past())
        tried = row.ended and row.end is not None and row.end.slot is not None
        end = row.outcome if tried else None
        known = past.last_end is not None and past.last_end >= row.ended_at - _TOLD_AFTER
        if end is None or known:
            return past
        last_fetch = fetched_before(past.last_fetch, past.last_asked, end.last_fetch)
        past = structs.replace(past, last_fetch=last_fetch)
        if end.state not in _REMEMBERED or DRY_RUN in end.notes:
            return past
        failure = past.failure if end.state is State.BUSY else _failure(end, row)
        return structs.replace(
            past,
            state=end.state.value,
            reason=end.reason,
            message=end.message,
            last_end=row.ended_at,
            last_success=row.ended_at if end.state in SUCCESS_STATES else past.last_success,
            failure=failure,
        )

    def note_end(self, ended: JobEnded, at: float) -> None:
        """What is known of the checkout is what the end says, until somebody looks again."""
        if look := self.looks.get(ended.repo.id):
            self.looks[ended.repo.id] = look.after(ended.outcome, at)

    def mended(self, row: BoardRow) -> bool:
        """It was blocked, and a look that the person has had made since then finds nothing in the way."""
        trouble, look = row.trouble, self.looks.get(row.repo.id)
        if not row.needs_person or trouble is None or trouble.state is not State.BLOCKED or look is None:
            return False
        status, outlook = look.status, look.outlook
        if status.in_progress:
            return False
        if self.looked_at.get(row.repo.id, -1.0) < row.ended_at or outlook is None or outlook.blocked:
            return False
        match trouble.reason:
            case Reason.DIRTY:
                return not status.dirty
            case Reason.UNTRACKED_OVERWRITE:
                return not status.untracked
            case _:
                return True

    def acknowledged(self, rows: Iterable[BoardRow], noted: Iterable[str]) -> None:
        """The person knows of the trouble of these; the ledger has `noted` it of those that it holds."""
        self.board.acknowledge(rows)
        for repo_id in noted:
            past = self.pasts.get(repo_id)
            if past and past.failure:
                self.pasts[repo_id] = structs.replace(
                    past, failure=structs.replace(past.failure, acknowledged=True)
                )

    def left(self) -> str:
        """How long the run goes on; empty where nobody knows."""
        if self.player:
            return "cut off here" if self.player.cut_off else ""
        if not self.board.active or self.board.paused or self.forecast.unknown is None:
            self._countdown = Countdown()
            return ""
        queued = self.engine.snapshot().queued
        spread = self._countdown.left(self.clock.monotonic(), self.board.limit, queued, self._work_out)
        return about(spread) if spread else ""

    def _work_out(self) -> Spread | None:
        board, now = self.board, self.clock.now()
        running = [(row.repo.id, max(0.0, now - row.started)) for row in board.running]
        return remaining(board.limit, running, self.engine.queue(), self.forecast)


def _failure(end: Outcome, row: BoardRow) -> Failure | None:
    if end.state not in FAILURE_STATES:
        return None
    at = row.ended_at
    return Failure(end.state.value, end.reason, at, at, 1, 1, acknowledged=row.acknowledged)
