"""What happened, in the past tense: the one stream that every front end is drawn from."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from tui.git.outcome import Outcome, Reason, State
from tui.git.repo import Repo


@dataclass(frozen=True, slots=True)
class RunStarted:
    jobs: int
    jobs_source: str
    """The layer that set the limit: flag, variable, file, remembered or default."""
    host_jobs: int | None
    """None: as many as `jobs`."""
    total: int
    workspace: str
    dry_run: bool


@dataclass(frozen=True, slots=True)
class JobQueued:
    repo: Repo
    attempt: int
    pick: bool


@dataclass(frozen=True, slots=True)
class JobStarted:
    repo: Repo
    attempt: int
    slot: int
    """0 upwards, the lowest free; `PRIORITY_SLOT` for a pick above the limit."""
    pick: bool


@dataclass(frozen=True, slots=True)
class JobStopping:
    repo: Repo
    reason: Reason


@dataclass(frozen=True, slots=True)
class JobEnded:
    repo: Repo
    attempt: int
    outcome: Outcome
    slot: int | None
    """None for a job that never started."""
    queued_ms: int
    duration_ms: int


@dataclass(frozen=True, slots=True)
class LimitChanged:
    jobs: int
    was: int
    by: Literal["user", "rate_limit", "recovery"]
    host: str | None = None


@dataclass(frozen=True, slots=True)
class HostLimitChanged:
    """By the person, for all hosts; a host that asks for less is a LimitChanged."""

    jobs: int | None
    """None: as many as the job limit."""


@dataclass(frozen=True, slots=True)
class QueuePaused:
    paused: bool


@dataclass(frozen=True, slots=True)
class Notice:
    level: Literal["info", "warning", "error"]
    text: str
    about: str | None = None
    """The repo whose job it tells of; None for an answer to a command, and for what concerns the whole run."""
    crowded: bool = False
    """The remote has turned that job away as one too many; it waits before it tries again."""
    retry_after: float | None = None
    """Seconds for which the remote asked to be left alone."""


@dataclass(frozen=True, slots=True)
class RunFinished:
    counts: Mapping[State, int]
    total: int
    commits: int
    duration_ms: int
    exit_code: int
    interrupted: bool


Event = (
    RunStarted
    | JobQueued
    | JobStarted
    | JobStopping
    | JobEnded
    | LimitChanged
    | HostLimitChanged
    | QueuePaused
    | Notice
    | RunFinished
)


@dataclass(frozen=True, slots=True)
class Record:
    """An event as the feed files it. `time` is seconds since the epoch."""

    time: float
    run: str
    event: Event
