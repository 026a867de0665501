"""The app over a recording: the same screens, and nothing but the recording behind them."""

from tui.app.app import SynctuiApp
from tui.app.commands import Commands
from tui.app.player import JUMP, Player
from tui.app.session import Session
from tui.engine.clock import Clock
from tui.engine.engine import Engine
from tui.engine.events import JobEnded, Notice, Record
from tui.engine.feed import ALL
from tui.engine.plan import Plan
from tui.engine.shutdown import Ending
from tui.engine.survey import StatusRow
from tui.git.contents import Contents
from tui.git.inspect import RepoStatus
from tui.git.outcome import SUCCESS_STATES, Outcome, Reason, State
from tui.store.past import Past
from tui.store.preferences import Preferences
from tui.view.board import Board
from tui.view.recording import Recording

_FETCHED = {State.SYNCED, State.UP_TO_DATE, State.BLOCKED}


class ReplayApp(SynctuiApp):
    def __init__(self, recording: Recording, preferences: Preferences, clock: Clock | None = None) -> None:
        player = Player(recording, clock or Clock())
        session = Session(
            engine=lambda spawn: Engine(_no_work, limit=recording.started.jobs, spawn=spawn),
            repos=recording.repos,
            plan=Plan((), ()),
            workspace=recording.started.workspace,
            dry_run=recording.started.dry_run,
            preferences=preferences,
            warnings=preferences.settings.warnings,
            arrived=lambda _path, _old, _new: (),
            contents=lambda _path, _old, _new: Contents(),
        )
        super().__init__(session, player.clock, player)
        self.commands = ReplayCommands(self, player)
        self.lookout.due.clear()
        self._player = player

    def on_mount(self) -> None:
        # Before the first frame: Textual calls the other on_mount by itself, after this one.
        self.call_later(self.tick)

    def catch_up(self) -> None:
        self._player.advance()
        super().catch_up()

    def read(self, _most: int = ALL) -> None:
        """All of it at once: a jump shows what was, and never half of it."""
        super().read(ALL)

    def begin_anew(self) -> None:
        """Forget what has been played."""
        for _ in self._inbox.drain(ALL):
            pass
        desk, revision = self.desk, self.desk.board.revision
        desk.board = Board(desk.session.repos, limit=self._player.recording.started.jobs)
        desk.board.revision = revision + 1
        desk.looks.clear()
        desk.pasts.clear()
        self.main.forget()

    def leave(self) -> None:
        self.exit(Ending(0, self._signal))

    def _take(self, record: Record, _notices: list[Notice]) -> None:
        """What a checkout was is taken from the recording, and what was said is in the log."""
        match record.event:
            case JobEnded(repo=repo, outcome=outcome) if outcome.state in _FETCHED:
                self.desk.looks[repo.id] = StatusRow(repo, _as_it_was(outcome, record.time))
                if outcome.state in SUCCESS_STATES:
                    self.desk.pasts[repo.id] = Past(last_success=record.time)

    def _tell_summary(self) -> None:
        """It was told when it happened."""


class ReplayCommands(Commands):
    def __init__(self, app: ReplayApp, player: Player) -> None:
        super().__init__(app)
        self._replay = app
        self._player = player

    def pause(self) -> None:
        self._player.advance()
        self._player.paused = not self._player.paused

    def raise_limit(self) -> None:
        self._player.faster()

    def lower_limit(self) -> None:
        self._player.slower()

    def step(self) -> None:
        self._player.step()

    def restart(self) -> None:
        self._seek(0.0)

    def back(self) -> None:
        self._seek(self._player.position - JUMP)

    def forward(self) -> None:
        self._seek(self._player.position + JUMP)

    def _seek(self, position: float) -> None:
        if position < self._player.position:
            self._replay.begin_anew()
        self._player.seek(position)


def _as_it_was(outcome: Outcome, time: float) -> RepoStatus:
    """As far as its end tells."""
    return RepoStatus(
        branch=outcome.branch,
        head=outcome.new or outcome.old,
        ahead=outcome.ahead,
        behind=outcome.behind,
        dirty=True if outcome.reason is Reason.DIRTY or "dirty" in outcome.notes else None,
        last_fetch=time,
    )


def _no_work(*_: object, **__: object) -> Outcome:
    raise RuntimeError("a replay runs nothing")
