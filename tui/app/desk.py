"""What the screens and the commands share."""

from dataclasses import dataclass, field

from tui.app.session import Session
from tui.engine.engine import Clock, Engine
from tui.engine.selection import Facts
from tui.engine.survey import StatusRow
from tui.store.past import Past, Staleness, last_success, staleness
from tui.view.board import Board, BoardRow, Stage


@dataclass(slots=True)
class Desk:
    session: Session
    engine: Engine
    board: Board
    clock: Clock
    marks: set[str] = field(default_factory=set)
    looks: dict[str, StatusRow] = field(default_factory=dict)
    """What the survey last saw of each repo."""
    leaving: str = ""
    """What the app waits for before it leaves, for people; empty while it stays."""

    def facts(self, row: BoardRow) -> Facts:
        look, past = self.looks.get(row.repo.id), self.session.past.get(row.repo.id)
        state = past.state if past and row.state is Stage.PLANNED else row.state
        if look is None:
            return Facts(state)
        status = look.status
        return Facts(
            state,
            behind=None if status.behind is None else status.behind > 0,
            dirty=status.dirty,
            stale=self.staleness(row, look) is not Staleness.FRESH,
        )

    def success(self, row: BoardRow, look: StatusRow) -> float | None:
        """When the repo was last brought up to date, seconds since the epoch."""
        return last_success(self.session.past.get(row.repo.id, Past()), look.status.last_fetch)

    def staleness(self, row: BoardRow, look: StatusRow) -> Staleness:
        at = self.success(row, look)
        age = None if at is None else self.clock.now() - at
        return staleness(age, self.session.stale_after, self.session.severe_after)
