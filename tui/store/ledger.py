"""The failures that nobody has dealt with yet: one row a repo, cleared by success alone."""

from collections.abc import Iterable

from tui.git.outcome import FAILURE_STATES, NETWORK_REASONS, Outcome, State
from tui.store.database import Database
from tui.store.past import Failure

_SUCCESSES = frozenset({State.SYNCED, State.UP_TO_DATE})


class Ledger:
    """Times are seconds since the epoch. Every method may raise StateError and be called from any thread."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def enter(self, workspace: str, repo: str, outcome: Outcome, at: float) -> None:
        """What is neither failure nor success, a cancelled job say, changes nothing."""
        if outcome.state in _SUCCESSES:
            self._database.execute("DELETE FROM ledger WHERE workspace = ? AND repo = ?", (workspace, repo))
        elif outcome.state in FAILURE_STATES:
            own = int(outcome.reason not in NETWORK_REASONS)
            # One that was acknowledged and fails again is a new failure.
            self._database.execute(
                "INSERT INTO ledger (workspace, repo, first_seen, last_seen, attempts, own, state, reason)"
                " VALUES (?1, ?2, ?3, ?3, 1, ?4, ?5, ?6)"
                " ON CONFLICT (workspace, repo) DO UPDATE SET"
                " first_seen = iif(acknowledged_at IS NULL, first_seen, ?3), last_seen = ?3,"
                " attempts = iif(acknowledged_at IS NULL, attempts, 0) + 1,"
                " own = iif(acknowledged_at IS NULL, own, 0) + ?4,"
                " state = ?5, reason = ?6, acknowledged_at = NULL",
                (workspace, repo, at, own, outcome.state, outcome.reason),
            )

    def failures(self, workspace: str) -> dict[str, Failure]:
        rows = self._database.execute(
            "SELECT repo, state, reason, first_seen, last_seen, attempts, own, acknowledged_at IS NOT NULL"
            " FROM ledger WHERE workspace = ?",
            (workspace,),
        )
        return {row[0]: Failure(*[*row[1:-1], bool(row[-1])]) for row in rows}

    def acknowledge(self, workspace: str, repos: Iterable[str], at: float) -> list[str]:
        """The repos that had a failure of which the person now knows: all of them, or none where it raises."""
        with self._database.transaction():
            return [
                repo
                for repo in repos
                if self._database.execute(
                    "UPDATE ledger SET acknowledged_at = ? WHERE workspace = ? AND repo = ?"
                    " AND acknowledged_at IS NULL RETURNING repo",
                    (at, workspace, repo),
                )
            ]
