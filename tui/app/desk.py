"""What the screens and the commands share."""

from dataclasses import dataclass, field

from tui.app.session import Session
from tui.engine.engine import Clock, Engine
from tui.engine.selection import Facts
from tui.engine.survey import StatusRow
from tui.view.board import Board, BoardRow, Stage

_FRESH = 24 * 3600.0
"""Seconds since the last fetch within which a repo is not stale."""


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
        look, last = self.looks.get(row.repo.id), self.session.last_results.get(row.repo.id)
        state = last.state if last and row.state is Stage.PLANNED else row.state
        if look is None:
            return Facts(state)
        status = look.status
        return Facts(
            state,
            behind=None if status.behind is None else status.behind > 0,
            dirty=status.dirty,
            stale=None if status.last_fetch is None else self.clock.now() - status.last_fetch >= _FRESH,
        )
