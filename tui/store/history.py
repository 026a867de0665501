"""What became of each repo, run by run, kept across processes."""

from dataclasses import dataclass
from pathlib import Path
from typing import Self

from tui.git.clean import clean_text
from tui.git.outcome import Outcome
from tui.git.repo import Repo
from tui.store.database import Database
from tui.store.paths import StateError


@dataclass(frozen=True, slots=True)
class LastResult:
    """The last thing that became of a repo. `at` is when that attempt began, seconds since the epoch."""

    state: str
    reason: str | None
    at: float


class History:
    """A context manager that closes it. Every method may raise StateError and be called from any thread."""

    def __init__(self, database: Database) -> None:
        self._database = database

    @classmethod
    def open(cls, file: Path) -> Self:
        """Makes the file where there is none. Raises StateError, also for one that cannot be written."""
        return cls(Database(file))

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._database.close()

    def record(
        self,
        workspace: str,
        run: str,
        repo: Repo,
        outcome: Outcome,
        attempt: int,
        started_at: float,
        duration_ms: int,
    ) -> None:
        """Once it returns, the result survives a kill. `started_at`: seconds since the epoch."""
        self._database.execute(
            "INSERT INTO results (workspace, run, repo, path, state, reason, attempt, started_at,"
            " duration_ms, old, new) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            (
                workspace,
                run,
                repo.id,
                str(repo.path),
                outcome.state,
                outcome.reason,
                attempt,
                started_at,
                duration_ms,
                outcome.old,
                outcome.new,
            ),
        )

    def last_results(self, workspace: str) -> dict[str, LastResult]:
        """By repo id; a repo that was never tried is not in it."""
        rows = self._database.execute(
            "SELECT repo, state, reason, started_at FROM results WHERE id IN"
            " (SELECT max(id) FROM results WHERE workspace = ? GROUP BY repo)",
            (workspace,),
        )
        return {str(repo): LastResult(state, reason, at) for repo, state, reason, at in rows}


def last_results(file: Path, workspace: str) -> dict[str, LastResult]:
    """`History.last_results` of a file that need not exist and is not made. Raises StateError."""
    try:
        file.stat()
    except (FileNotFoundError, NotADirectoryError):
        return {}
    except OSError as error:
        raise StateError(f"{clean_text(str(file))}: cannot be read: {error.strerror}") from error
    with History.open(file) as history:
        return history.last_results(workspace)
