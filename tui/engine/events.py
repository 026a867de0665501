"""What happened, in the past tense: the one stream that every front end is drawn from."""

from collections.abc import Mapping
from typing import Literal

from msgspec import Struct

from tui.git.outcome import Outcome, Reason, State
from tui.git.repo import Repo


class RunStarted(Struct, frozen=True):
    jobs: int
    jobs_source: str
    """The layer that set the limit: flag, variable, file, remembered or default."""
    host_jobs: int | None
    """None: as many as `jobs`."""
    total: int
    workspace: str
    dry_run: bool


class JobQueued(Struct, frozen=True):
    repo: Repo
    attempt: int
    pick: bool


class JobStarted(Struct, frozen=True):
    repo: Repo
    attempt: int
    slot: int
    """0 upwards, the lowest free; `PRIORITY_SLOT` for a pick above the limit."""
    pick: bool


class JobResting(Struct, frozen=True):
    """It waits before it tries again; its slot stays its own."""

    repo: Repo


class JobResumed(Struct, frozen=True):
    """It tries again now."""

    repo: Repo


class JobStopping(Struct, frozen=True):
    repo: Repo
    reason: Reason


class JobEnded(Struct, frozen=True):
    repo: Repo
    attempt: int
    outcome: Outcome
    slot: int | None
    """None for a job that never started."""
    queued_ms: int
    duration_ms: int


class LimitChanged(Struct, frozen=True):
    jobs: int
    was: int
    by: Literal["user", "rate_limit", "recovery"]
    host: str | None = None


class HostLimitChanged(Struct, frozen=True):
    """By the person, for all hosts; a host that asks for less is a LimitChanged."""

    jobs: int | None
    """None: as many as the job limit."""


class QueuePaused(Struct, frozen=True):
    paused: bool


class Notice(Struct, frozen=True):
    level: Literal["info", "warning", "error"]
    text: str
    about: str | None = None
    """The repo whose job it tells of; None for an answer to a command, and for what concerns the whole run."""
    crowded: bool = False
    """The remote has turned that job away as one too many; it waits before it tries again."""
    stalled: bool = False
    """No byte came, and it waits before it tries again."""
    retry_after: float | None = None
    """Seconds for which the remote asked to be left alone."""


class RunFinished(Struct, frozen=True):
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
    | JobResting
    | JobResumed
    | JobStopping
    | JobEnded
    | LimitChanged
    | HostLimitChanged
    | QueuePaused
    | Notice
    | RunFinished
)


class Record(Struct, frozen=True):
    """An event as the feed files it. `time` is seconds since the epoch."""

    time: float
    run: str
    event: Event
