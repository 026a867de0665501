"""What a screen shows of a run, folded from the records of the engine and from nothing else."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from enum import StrEnum

from msgspec import Struct, structs

from tui.engine.events import (
    HostLimitChanged,
    JobEnded,
    JobQueued,
    JobResting,
    JobResumed,
    JobStarted,
    JobStopping,
    LimitChanged,
    QueuePaused,
    Record,
    RunFinished,
    RunStarted,
)
from tui.git.advice import login_helps
from tui.git.outcome import ATTENTION_STATES, SUCCESS_STATES, Outcome, Reason, State
from tui.git.repo import Repo, server_of
from tui.store.past import Past
from tui.view.arrivals import Arrival, joined, of_outcome


class Stage(StrEnum):
    """What a repo can be beside a final state."""

    PLANNED = "planned"
    QUEUED = "queued"
    RUNNING = "running"
    RETRYING = "retrying"
    """It waits before it tries again."""
    STOPPING = "stopping"


_Move = JobQueued | JobStarted | JobResting | JobResumed | JobStopping | JobEnded
LIVE_STAGES = frozenset({Stage.RUNNING, Stage.RETRYING, Stage.STOPPING})


class BoardRow(Struct):
    """`started` is seconds since the epoch; `slot` is None while it does not run."""

    repo: Repo
    state: Stage | State = Stage.PLANNED
    attempt: int = 0
    """0: never asked for in this session."""
    pick: bool = False
    host: str = ""
    """Of the repo, once it was asked for."""
    slot: int | None = None
    started: float = 0.0
    settled: Outcome | None = None
    """The end that is known without running it."""
    end: JobEnded | None = None
    """Of its last attempt that ended; a retry leaves it standing until the next end."""
    before: JobEnded | None = None
    """Of the attempt before that one, in the same run."""
    ended_at: float = 0.0
    """When that was, seconds since the epoch."""
    trouble: Outcome | None = None
    """The last end, also one before this session, that needed a person and that no success has followed; to
    cancel or hold it mends nothing."""
    acknowledged: bool = False
    """The person knows of the trouble."""

    @property
    def outcome(self) -> Outcome | None:
        return self.end.outcome if self.end else self.settled

    @property
    def live(self) -> bool:
        return self.state in LIVE_STAGES

    @property
    def active(self) -> bool:
        """Queued or running."""
        return self.live or self.state is Stage.QUEUED

    @property
    def ended(self) -> bool:
        return isinstance(self.state, State)

    @property
    def can_be_retried(self) -> bool:
        """It has ended, now or before this session."""
        return self.ended or self.needs_person

    @property
    def unheard(self) -> bool:
        """The remote did not tell what it has: what is known of that is older."""
        return self.trouble is not None and self.trouble.state in {State.FAILED, State.TIMED_OUT}

    @property
    def troubled(self) -> bool:
        """Nobody has dealt with its trouble; maybe it is just being tried again."""
        return self.trouble is not None and not self.acknowledged

    @property
    def needs_person(self) -> bool:
        return self.troubled and not self.active

    @property
    def held(self) -> str:
        """`left alone until 14:05`, where a watch does not try it now; empty anywhere else."""
        outcome = None if self.active else self.outcome
        return outcome.message.partition(",")[0] if outcome and outcome.reason is Reason.HELD else ""

    @property
    def wants_login(self) -> bool:
        trouble = self.trouble
        return self.troubled and trouble is not None and login_helps(trouble.reason, trouble.message)

    @property
    def server(self) -> str:
        """For which one login serves."""
        return server_of(self.repo.url or (self.trouble.url if self.trouble else None))

    def settle(self, outcome: Outcome) -> None:
        self.state = outcome.state
        if outcome.state in ATTENTION_STATES:
            self.trouble, self.acknowledged = outcome, False
        elif outcome.state in {State.SYNCED, State.UP_TO_DATE}:
            self.trouble = None


class Board:
    """The rows are in workspace order and outlive a run: a retry after the end shows beside the rest.

    Everything is read and changed in one thread. `revision` grows with each change, for those who draw; `touched` are
    the ids of the rows that are another since who works something out of them has emptied it.
    """

    def __init__(
        self,
        repos: Iterable[Repo],
        settled: Iterable[tuple[Repo, Outcome]] = (),
        *,
        limit: int,
        past: Mapping[str, Past] | None = None,
        cut_off: Sequence[str] = (),
    ) -> None:
        """`past` is what became of the repos before, by repo id; `cut_off` what the last run did not end."""
        self.rows = {repo.id: BoardRow(repo) for repo in repos}
        self._counts: Counter[Stage | State] = Counter()
        self._running: dict[str, BoardRow] = {}
        self.planned = 0
        """How many nobody has asked for yet and could."""
        self.troubled: dict[str, BoardRow] = {}
        """What needs a person or needed one until it was tried again, by repo id, in no order."""
        self.hosts: dict[str, Counter[Stage | State]] = {}
        """How many repos of those that were asked for are in each state, by host; of an unknown host none."""
        self._cut_off = [self.rows[repo_id] for repo_id in cut_off if repo_id in self.rows]
        for repo_id, one in (past or {}).items():
            if one.is_open and (known := self.rows.get(repo_id)):
                known.trouble = _open_failure(one)
        for repo, outcome in settled:
            self.rows[repo.id] = row = BoardRow(repo, settled=outcome)
            row.settle(outcome)
        for row in self.rows.values():
            self._count(row, 1)
        self.limit = limit
        self.lanes: dict[str, int] = {}
        """Jobs at a time of the hosts that said that we ask too often."""
        self.paused = False
        self.revision = 0
        self.touched: set[str] = set()
        self.run: RunStarted | None = None
        """The run that is going on, or the last one."""
        self.asked: set[str] = set()
        """The repos of that run."""
        self.done: set[str] = set()
        """Those of them that have ended."""
        self.began = 0.0
        """When that run began, seconds since the epoch."""
        self.finished: RunFinished | None = None
        """None while a run is going on."""
        self.run_with_trouble = ""
        """The last run in which something needed a person."""
        self.arrived: dict[str, Arrival] = {}
        """What came to each repo in this session, by repo id, the newest last."""
        self._commits = 0
        self._duration_ms = 0
        self._interrupted = False

    @property
    def active(self) -> bool:
        """True from the start of a run until its end is told."""
        return self.run is not None and self.finished is None

    @property
    def running(self) -> list[BoardRow]:
        """In no order."""
        return list(self._running.values())

    @property
    def attention(self) -> list[BoardRow]:
        """What needs a person, in workspace order."""
        return [row for row in self.rows.values() if row.needs_person]

    @property
    def left(self) -> list[BoardRow]:
        """What the run before this session did not end and this session has not run either."""
        return [row for row in self._cut_off if row.state is Stage.PLANNED]

    @property
    def counts(self) -> Counter[Stage | State]:
        """How many repos of those that were asked for are in each state, zeros left out."""
        return +self._counts

    @property
    def waiting(self) -> int:
        """How many are queued, with those that wait to try again."""
        return self._counts[Stage.QUEUED] + self._counts[Stage.RETRYING]

    def apply(self, record: Record) -> None:
        self.revision += 1
        match record.event:
            case RunStarted() as event:
                self.run, self.began, self.finished = event, record.time, None
                self.limit = event.jobs
                self.asked, self.done = set(), set()
            case (
                JobQueued() | JobStarted() | JobResting() | JobResumed() | JobStopping() | JobEnded() as event
            ):
                row = self._row(event.repo)
                self._count(row, -1)
                self._move(row, event, record)
                self._count(row, 1)
                self.touched.add(event.repo.id)
                self.asked.add(event.repo.id)
                (self.done.add if row.ended else self.done.discard)(event.repo.id)
            case LimitChanged() | HostLimitChanged() as event:
                self._set_limit(event)
            case QueuePaused(paused=paused):
                self.paused = paused
            case RunFinished() as event:
                self.finished = event
                self._duration_ms += event.duration_ms
                self._interrupted |= event.interrupted

    def acknowledge(self, rows: Iterable[BoardRow]) -> None:
        """The person knows of the trouble of these."""
        for row in rows:
            row.acknowledged = True
            self.troubled.pop(row.repo.id, None)
            self.touched.add(row.repo.id)
        self.revision += 1

    def touch(self, repo_id: str) -> None:
        """Something else than the run has told of this repo."""
        self.touched.add(repo_id)
        self.revision += 1

    @property
    def lane_width(self) -> int:
        """How many jobs a host takes that does not ask for less."""
        return min((self.run.host_jobs if self.run else None) or self.limit, self.limit)

    def _set_limit(self, event: LimitChanged | HostLimitChanged) -> None:
        match event:
            case HostLimitChanged(jobs=jobs):
                self.run = self.run and structs.replace(self.run, host_jobs=jobs)
            case LimitChanged(jobs=jobs, host=None):
                self.limit = jobs
            case LimitChanged(jobs=jobs, host=str(host)):
                self.lanes[host] = jobs
                if jobs >= self.lane_width:  # it asks for no less any more
                    del self.lanes[host]

    def session(self) -> tuple[RunFinished, list[JobEnded]]:
        """The end of all runs together: each repo that was asked for counts once, by its last state."""
        ends = [row.end for row in self.rows.values() if row.end and row.ended]
        states = [end.outcome.state for end in ends]
        finished = RunFinished(
            counts={state: states.count(state) for state in State},
            total=len(ends),
            commits=self._commits,
            duration_ms=self._duration_ms,
            exit_code=0 if SUCCESS_STATES.issuperset(states) else 1,
            interrupted=self._interrupted,
        )
        return finished, ends

    def _move(self, row: BoardRow, event: _Move, record: Record) -> None:
        match event:
            case JobQueued(repo=repo, attempt=attempt, pick=pick):
                # Its entry in the workspace file may have changed since the last run.
                row.repo, row.host = repo, repo.host
                row.state, row.attempt, row.pick = Stage.QUEUED, attempt, pick
            case JobStarted(slot=slot, pick=pick):
                row.state, row.slot, row.pick, row.started = Stage.RUNNING, slot, pick, record.time
            case JobResting():
                row.state = Stage.RETRYING
            case JobResumed() if row.state is Stage.RETRYING:
                row.state = Stage.RUNNING
            case JobStopping():
                row.state = Stage.STOPPING
            case JobEnded():
                self._end(row, event, record)

    def _count(self, row: BoardRow, by: int) -> None:
        """Into the figures, which are asked for at every tick, or with -1 out of them."""
        repo_id = row.repo.id
        self.planned += by * (row.state is Stage.PLANNED)
        if row.attempt:
            self._counts[row.state] += by
        if row.attempt and row.host:
            self.hosts.setdefault(row.host, Counter())[row.state] += by
        for belongs, group in ((row.live, self._running), (row.troubled, self.troubled)):
            if belongs and by > 0:
                group[repo_id] = row
            else:
                group.pop(repo_id, None)

    def _end(self, row: BoardRow, event: JobEnded, record: Record) -> None:
        outcome, at = event.outcome, record.time
        row.before = row.end if row.end and row.end.attempt < event.attempt else None
        row.attempt, row.slot, row.end, row.ended_at = event.attempt, None, event, at
        row.host = row.host or row.repo.host
        row.settle(outcome)
        self._commits += outcome.commits
        if outcome.state in ATTENTION_STATES:
            self.run_with_trouble = record.run
        if arrival := of_outcome(row.repo.id, outcome, at):
            self.arrived[row.repo.id] = joined(self.arrived.pop(row.repo.id, None), arrival)

    def _row(self, repo: Repo) -> BoardRow:
        row = self.rows.get(repo.id)
        if row is None:
            row = self.rows[repo.id] = BoardRow(repo)
            self._count(row, 1)
        return row


def _open_failure(past: Past) -> Outcome:
    """As the end that it was, as far as it is remembered; advice is not."""
    assert past.failure is not None  # noqa: S101  it is what makes it open
    failure = past.failure
    reason = Reason(failure.reason) if failure.reason else None
    message = past.message if past.state == failure.state else ""
    return Outcome(State(failure.state), reason, message)
