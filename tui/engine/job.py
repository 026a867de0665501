"""One entry in one run: its state, and the only door through which the state changes."""

from enum import Enum, auto

from msgspec import Struct

from tui.git.outcome import Outcome, Reason
from tui.git.repo import Repo


class Queued(Struct, frozen=True):
    since: float


class Running(Struct, frozen=True):
    slot: int
    since: float
    waited: float
    """Seconds in the queue before it."""
    tried: float
    """When its present attempt began."""
    rests_until: float | None = None
    """When the pause before its next attempt is over; it may have to wait longer. None: it does not rest."""
    stopping: Reason | None = None
    """Set once somebody asked it to end; it stays running until its processes are gone."""


class Done(Struct, frozen=True):
    outcome: Outcome
    ended: float


JobState = Queued | Running | Done


class Trigger(Enum):
    START = auto()
    REST = auto()
    WAKE = auto()
    STOP = auto()
    END = auto()
    CANCEL = auto()
    RETRY = auto()


TRANSITIONS: dict[tuple[type[JobState], Trigger], type[JobState]] = {
    (Queued, Trigger.START): Running,
    (Queued, Trigger.CANCEL): Done,
    (Running, Trigger.REST): Running,
    (Running, Trigger.WAKE): Running,
    (Running, Trigger.STOP): Running,
    (Running, Trigger.END): Done,
    (Done, Trigger.RETRY): Queued,
}


class IllegalTransition(Exception):  # noqa: N818  named after the fact, as the states are
    """A move that the table does not hold: a bug of the caller. The job is untouched."""


class Job:
    """Times are seconds of one monotonic clock."""

    def __init__(self, repo: Repo, lock_key: str, now: float) -> None:
        self.repo = repo
        self.lock_key = lock_key
        """Jobs of one key share a git common dir and never run at the same time."""
        self.run = ""
        """Id of the run; set when it is started."""
        self.attempt = 1
        self.pick = False
        self.by_name = False
        """The person asked for this very repo: a pick or a retry."""
        self.state: JobState = Queued(now)

    @property
    def id(self) -> str:
        return self.repo.id

    @property
    def running(self) -> Running:
        """Its state, of a job that runs. Raises RuntimeError for any other: a bug of the caller."""
        if not isinstance(self.state, Running):
            raise RuntimeError(f"{self.id} does not run")  # noqa: TRY004  a bug, not a type
        return self.state

    def advance(self, trigger: Trigger, new: JobState) -> None:
        """Raises IllegalTransition for a pair that the table does not name."""
        if TRANSITIONS.get((type(self.state), trigger)) is not type(new):
            raise IllegalTransition(
                f"{self.id}: {trigger.name} from {type(self.state).__name__} to {type(new).__name__}"
            )
        self.state = new
