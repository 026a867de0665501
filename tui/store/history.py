"""What became of each repo, run by run, kept across processes."""

import json
import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Self

from msgspec import Struct

from tui.git.clean import clean_text
from tui.git.group import lives, start_of
from tui.git.outcome import SUCCESS_STATES, Outcome, RefChange, RefKind
from tui.git.repo import Repo
from tui.store.database import Database
from tui.store.ledger import Ledger
from tui.store.past import Past, fetched_before
from tui.store.paths import StateError
from tui.store.watches import Watches

RESULTS_KEPT = 30
"""Of each repo."""
RUNS_KEPT = 1_000
"""Of each workspace."""
DAYS_KEPT = 90
"""The last result and the last success of a repo are kept for ever."""

_COLUMNS = (
    "run, repo, path, state, reason, message, action, branch, attempt, started_at, duration_ms, ended_at,"
    " old, new, commits, received, refs"
)


class Result(Struct, frozen=True):
    """The end of one job."""

    run: str
    repo: str
    path: str
    state: str
    reason: str | None
    message: str
    action: str
    branch: str | None
    attempt: int
    started_at: float
    duration_ms: int
    ended_at: float
    old: str | None
    new: str | None
    commits: int
    received: int | None
    """Bytes; None: nothing, or nobody knows."""
    refs: tuple[RefChange, ...]


class Run(Struct, frozen=True):
    """`ended_at` None: it goes on if `alive`, else it was cut off, and so was the rest of what it `wanted`.

    `wanted` is empty for a run that ended and is not the last one: of ten thousand repos it is long.
    """

    id: str
    started_at: float
    ended_at: float | None
    jobs: int
    wanted: tuple[str, ...]
    total: int | None
    commits: int | None
    exit_code: int | None
    alive: bool


class CutOff(Struct, frozen=True):
    """A run that was killed, left or stopped before its end."""

    started_at: float
    left: tuple[str, ...]
    """The repos that it was to try and did not end, in its order."""


class History:
    """A context manager that closes it. Every method may raise StateError and be called from any thread.

    All times are seconds since the epoch. `workspace` is the path of its file or folder.
    """

    def __init__(self, database: Database) -> None:
        self._database = database
        self.ledger = Ledger(database)
        self.watches = Watches(database)

    @classmethod
    def open(cls, file: Path) -> Self:
        """Makes the file where there is none. Raises StateError, also for one that cannot be written."""
        return cls(Database(file))

    @classmethod
    def read(cls, file: Path) -> Self:
        """To ask only: writes nothing unless a run goes on or the file is of an older version.

        It is empty where there is no file. Raises StateError.
        """
        try:
            is_in_use = file.with_name(f"{file.name}-wal").exists()
        except OSError as error:
            raise StateError(f"{clean_text(str(file))}: cannot be read: {error.strerror}") from error
        if not is_in_use:
            database = Database(file, at_rest=True)
            if database.is_current:
                return cls(database)
            database.close()
        return cls.open(file)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._database.close()

    def try_writing(self) -> None:
        """Raises StateError where nothing can be kept."""
        self._database.try_writing()

    def begin(self, workspace: str, run: str, at: float, jobs: int, wanted: Sequence[str]) -> None:
        """A run, or more repos for one that goes on."""
        with self._database.transaction():
            known = self._database.execute("SELECT wanted FROM runs WHERE id = ?", (run,))
            if known:
                both = dict.fromkeys([*json.loads(known[0][0]), *wanted])
                self._database.execute("UPDATE runs SET wanted = ? WHERE id = ?", (json.dumps([*both]), run))
                return
            pid = os.getpid()
            self._database.execute(
                "INSERT INTO runs (id, workspace, started_at, jobs, wanted, pid, process)"
                " VALUES (?, ?, ?, ?, ?, ?, ?)",
                (run, workspace, at, jobs, json.dumps([*wanted]), pid, start_of(pid)),
            )
            self._database.execute(
                "UPDATE runs SET wanted = '[]'"
                " WHERE workspace = ? AND id <> ? AND ended_at IS NOT NULL AND wanted <> '[]'",
                (workspace, run),
            )
            self._drop_old(workspace, at)

    def finish(self, run: str, at: float, total: int, commits: int, exit_code: int) -> None:
        self._database.execute(
            "UPDATE runs SET ended_at = ?, total = ?, commits = ?, exit_code = ? WHERE id = ?",
            (at, total, commits, exit_code, run),
        )

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
        """Once it returns, the result survives a kill."""
        refs = [[ref.name, ref.old, ref.new, ref.kind] for ref in outcome.refs]
        values = {
            "run": run,
            "workspace": workspace,
            "repo": repo.id,
            "path": str(repo.path),
            "state": outcome.state,
            "reason": outcome.reason,
            "message": outcome.message,
            "action": outcome.action,
            "branch": outcome.branch,
            "attempt": attempt,
            "started_at": started_at,
            "duration_ms": duration_ms,
            "old": outcome.old,
            "new": outcome.new,
            "commits": outcome.commits,
            "received": outcome.received,
            "refs": json.dumps(refs),
            "last_fetch": None,
        }

        def write() -> None:
            if outcome.state not in SUCCESS_STATES:  # else its own end is newer
                known, last_asked = self._last_fetch(workspace, repo.id)
                values["last_fetch"] = fetched_before(known, last_asked, outcome.last_fetch)
            self._database.execute(
                f"INSERT INTO results ({', '.join(values)}) VALUES ({', '.join('?' * len(values))})",  # noqa: S608  names of ours
                values.values(),
            )
            self.ledger.enter(workspace, repo.id, outcome, started_at + duration_ms / 1000)
            # Which repos a run has skipped matters only as long as it may be resumed.
            self._database.execute(
                "DELETE FROM results WHERE workspace = ?1 AND repo = ?2 AND ((state = 'skipped' AND run <> ?3)"
                " OR (id <= (SELECT id FROM results WHERE workspace = ?1 AND repo = ?2"
                " AND (state <> 'skipped' OR run = ?3) ORDER BY id DESC LIMIT 1 OFFSET ?4)"
                " AND id <> (SELECT coalesce(max(id), 0) FROM successes WHERE workspace = ?1 AND repo = ?2)))",
                (workspace, repo.id, run, RESULTS_KEPT),
            )

        self._database.write(write)

    def _last_fetch(self, workspace: str, repo: str) -> tuple[float | None, float]:
        """The one that is remembered, and when the last sync ended that may have fetched since."""
        rows = self._database.execute(
            "SELECT last_fetch, max(iif(state IN ('busy', 'cancelled'), 0, ended_at)) OVER () FROM results"
            " WHERE workspace = ? AND repo = ? AND state <> 'skipped' ORDER BY id DESC LIMIT 1",
            (workspace, repo),
        )
        return rows[0] if rows else (None, 0.0)

    def past(self, workspace: str) -> dict[str, Past]:
        """By repo id; a repo that was never tried is not in it, and one that was skipped is as it was before."""
        successes = dict(
            self._database.execute(
                "SELECT repo, ended_at FROM results WHERE id IN"
                " (SELECT max(id) FROM successes WHERE workspace = ? GROUP BY repo)",
                (workspace,),
            )
        )
        failures = self.ledger.failures(workspace)
        rows = self._database.execute(
            "SELECT repo, state, reason, message, started_at, ended_at, last_fetch FROM results WHERE id IN"
            " (SELECT max(id) FROM results WHERE workspace = ? AND state <> 'skipped' GROUP BY repo)",
            (workspace,),
        )
        past = {}
        for repo, state, reason, message, started, ended, last_fetch in rows:
            past[repo] = Past(
                state=state,
                reason=reason,
                message=message,
                last_attempt=started,
                last_end=ended,
                last_success=successes.get(repo),
                last_fetch=last_fetch,
                failure=failures.get(repo),
            )
        return past

    def last_success(self, workspace: str, repo: str) -> float | None:
        rows = self._database.execute(
            "SELECT ended_at FROM successes WHERE workspace = ? AND repo = ? ORDER BY id DESC LIMIT 1",
            (workspace, repo),
        )
        return float(rows[0][0]) if rows else None

    def runs(self, workspace: str, limit: int) -> list[Run]:
        """The last ones, newest first."""
        rows = self._database.execute(
            "SELECT id, started_at, ended_at, jobs, wanted, total, commits, exit_code, pid, process FROM runs"
            " WHERE workspace = ? ORDER BY started_at DESC, rowid DESC LIMIT ?",
            (workspace, limit),
        )
        return [_run(row) for row in rows]

    def results_of_run(self, run: str) -> list[Result]:
        """In the order of their ends."""
        return self._results("run = ? ORDER BY id", run)

    def results_of_repo(self, workspace: str, repo: str, limit: int = RESULTS_KEPT) -> list[Result]:
        """Newest first."""
        return self._results("workspace = ? AND repo = ? ORDER BY id DESC LIMIT ?", workspace, repo, limit)

    def results_since(self, workspace: str, at: float, *, with_news: bool = False) -> list[Result]:
        """That ended then or later, in the order of their ends; those alone that brought something on request."""
        news = " AND (commits > 0 OR refs <> '[]')" if with_news else ""
        return self._results(f"workspace = ? AND ended_at >= ?{news} ORDER BY id", workspace, at)

    def cut_off(self, workspace: str) -> CutOff | None:
        """None where the last run has ended all that it was to try. Runs that go on just now do not count."""
        last = next((run for run in self.runs(workspace, RUNS_KEPT) if not run.alive), None)
        if last is None:
            return None
        rows = self._database.execute(
            "SELECT DISTINCT repo FROM results WHERE run = ? AND coalesce(reason, '') NOT IN ('quit', 'signal')",
            (last.id,),
        )
        ended = {repo for (repo,) in rows}
        left = tuple(repo for repo in last.wanted if repo not in ended)
        return CutOff(last.started_at, left) if left else None

    def durations(self, workspace: str) -> dict[str, list[float]]:
        """Seconds that the latest successful syncs of each repo took, newest first; clones do not count."""
        rows = self._database.execute(
            # The index gives them in the order of the ends, in a third of the time of a window function.
            "SELECT repo, json_group_array(duration_ms) FROM successes"
            " WHERE workspace = ? AND action <> 'clone' GROUP BY repo",
            (workspace,),
        )
        return {repo: [took / 1000 for took in reversed(json.loads(took_ms))] for repo, took_ms in rows}

    def _results(self, condition: str, *values: object) -> list[Result]:
        rows = self._database.execute(f"SELECT {_COLUMNS} FROM results WHERE {condition}", values)  # noqa: S608  text of ours
        return [Result(*[*row[:-1], _refs(row[-1])]) for row in rows]

    def _drop_old(self, workspace: str, now: float) -> None:
        old = now - DAYS_KEPT * 86_400
        self._database.execute(
            "DELETE FROM results WHERE workspace = ?1 AND started_at < ?2"
            " AND id NOT IN (SELECT max(id) FROM results WHERE workspace = ?1 AND state <> 'skipped' GROUP BY repo)"
            " AND id NOT IN (SELECT max(id) FROM successes WHERE workspace = ?1 GROUP BY repo)",
            (workspace, old),
        )
        self._database.execute(
            "DELETE FROM runs WHERE workspace = ?1 AND (started_at < ?2 OR id NOT IN"
            " (SELECT id FROM runs WHERE workspace = ?1 ORDER BY started_at DESC LIMIT ?3))",
            (workspace, old, RUNS_KEPT),
        )


def _refs(text: str) -> tuple[RefChange, ...]:
    return tuple(RefChange(name, old, new, RefKind(kind)) for name, old, new, kind in json.loads(text))


def _run(row: Sequence[Any]) -> Run:
    run, started_at, ended_at, jobs, wanted, total, commits, exit_code, pid, process = row
    alive = ended_at is None and lives(pid, process)
    return Run(
        run, started_at, ended_at, jobs, tuple(json.loads(wanted)), total, commits, exit_code, alive=alive
    )
