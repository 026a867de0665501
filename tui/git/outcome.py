"""What one sync did: the words of the outside, and the record that carries them."""

from enum import StrEnum

from msgspec import Struct


class State(StrEnum):
    """The final states of a job, in the order of every summary."""

    SYNCED = "synced"
    UP_TO_DATE = "up_to_date"
    SKIPPED = "skipped"
    BLOCKED = "blocked"
    BUSY = "busy"
    FAILED = "failed"
    TIMED_OUT = "timed_out"
    CANCELLED = "cancelled"


QUIET_STATES = frozenset({State.UP_TO_DATE, State.SKIPPED})
"""Nothing has changed, and nobody is needed."""

SUCCESS_STATES = frozenset({State.SYNCED, State.UP_TO_DATE, State.SKIPPED})
"""The states that leave the exit code at 0."""

ATTENTION_STATES = frozenset({State.BLOCKED, State.BUSY, State.FAILED, State.TIMED_OUT})
"""The states that need a person; a cancelled job is not one of them: somebody wanted it so."""
FAILURE_STATES = ATTENTION_STATES - {State.BUSY}
"""What went wrong with the repo; a busy one is only in other hands."""


class Reason(StrEnum):
    # skipped
    FRESH = "fresh"
    DISABLED = "disabled"
    NOT_CLONED = "not_cloned"
    NO_REMOTE = "no_remote"
    HELD = "held"
    # blocked
    DIVERGED = "diverged"
    DIRTY = "dirty"
    UNTRACKED_OVERWRITE = "untracked_overwrite"
    IN_PROGRESS = "in_progress"
    BRANCH_GONE = "branch_gone"
    # timed_out
    STALLED = "stalled"
    DEADLINE = "deadline"
    # cancelled
    USER = "user"
    SIGNAL = "signal"
    FAIL_FAST = "fail_fast"
    QUIT = "quit"
    # failed
    AUTH = "auth"
    HOST_KEY = "host_key"
    DNS = "dns"
    REFUSED = "refused"
    NETWORK = "network"
    TLS = "tls"
    NOT_FOUND = "not_found"
    RATE_LIMITED = "rate_limited"
    REMOTE_ERROR = "remote_error"
    CORRUPT = "corrupt"
    NOT_A_REPOSITORY = "not_a_repository"
    URL_MISMATCH = "url_mismatch"
    UNSAFE_OWNER = "unsafe_owner"
    UNSAFE_URL = "unsafe_url"
    LOCK_HELD = "lock_held"
    DISK_FULL = "disk_full"
    PERMISSION = "permission"
    HOOK = "hook"
    REV_MISSING = "rev_missing"
    MOVED = "moved"
    REF_CONFLICT = "ref_conflict"
    CONFIG = "config"
    GIT_MISSING = "git_missing"
    INTERNAL = "internal"


RETRIED_REASONS = frozenset(
    {Reason.DNS, Reason.REFUSED, Reason.NETWORK, Reason.RATE_LIMITED, Reason.REMOTE_ERROR, Reason.STALLED}
)
"""What may be better a moment later; everything else is not tried again by itself."""

NETWORK_REASONS = RETRIED_REASONS | {Reason.DEADLINE, Reason.TLS}
"""What tells more of a network or a server than of one repo."""

LOGIN_REASONS = frozenset({Reason.AUTH, Reason.HOST_KEY})
"""What a person mends at the host, once for all of its repos."""

_LOCAL_REASONS = frozenset({Reason.URL_MISMATCH, Reason.CORRUPT, Reason.HOOK, Reason.REF_CONFLICT})
"""What a person mends in the checkout, beside all that blocks it."""


DRY_RUN = "dry_run"
"""The note of every outcome of a dry run: what it tells would happen, and has not."""
UNCERTAIN = "uncertain"
"""The note of what a dry run cannot know before the fetch: its message says what."""


PROBED = "probed"
"""The note of an outcome for which a probe alone has asked the remote."""
NOT_PROBED = "not_probed_"
"""So begins the note of one for which a probe was not enough; the reason follows."""


class Action(StrEnum):
    CLONE = "clone"
    FETCH = "fetch"
    FAST_FORWARD = "fast_forward"
    NONE = "none"


class RefKind(StrEnum):
    NEW = "new"
    FORWARD = "forward"
    FORCED = "forced"
    DELETED = "deleted"
    TAG = "tag"


class RefChange(Struct, frozen=True):
    """`old` is None for a new ref, `new` is None for a deleted one; both are full object ids."""

    name: str
    old: str | None
    new: str | None
    kind: RefKind


class Outcome(Struct, frozen=True):
    """The end of one attempt at one repo. All text in it is clean: no control codes, no credentials."""

    state: State
    reason: Reason | None = None
    message: str = ""
    """One line for a person: what happened."""
    advice: str = ""
    """One line that names the repo and the command that helps; empty where nothing needs doing."""
    notes: tuple[str, ...] = ()
    action: Action = Action.NONE
    url: str | None = None
    """The remote's URL that was really used, without credentials; None: the entry's own."""
    branch: str | None = None
    old: str | None = None
    """HEAD's commit before; None where there was none."""
    new: str | None = None
    commits: int = 0
    """Commits that came onto HEAD, by fast-forward or clone."""
    ahead: int | None = None
    behind: int | None = None
    refs: tuple[RefChange, ...] = ()
    received: int | None = None
    """Bytes of what came, as it lies on the disk; None: nothing, or nobody can say."""
    last_fetch: float | None = None
    """Of the checkout before git was told to fetch, which forgets it; seconds since the epoch.

    None: it has none, or git was not told to.
    """
    output_tail: tuple[str, ...] = ()
    """The last 20 lines of git."""
    retry_after: float | None = None
    """Seconds the remote asked us to wait; None: it did not say."""
    lasting: bool = False
    """Another try would end the same, whatever the reason: a hook hangs, say."""

    @property
    def is_local(self) -> bool:
        """A person mends it in the checkout; a retry alone does not."""
        return self.state is State.BLOCKED or self.reason in _LOCAL_REASONS
