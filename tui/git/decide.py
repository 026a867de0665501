"""What to do with a checkout, from facts alone: one answer for the real run, the dry run and the survey."""

from enum import Enum, auto

from msgspec import Struct

from tui.git.outcome import Reason


class Facts(Struct, frozen=True):
    """A checkout after the remote was asked."""

    head: str | None
    """HEAD's commit; None: unborn."""
    branch: str | None = None
    """The full name of the branch checked out, or being rebased or bisected; None: detached."""
    bare: bool = False
    upstream: str | None = None
    """The full name of the branch's remote-tracking ref; None: it has no upstream."""
    gone: bool = False
    """The remote no longer has the upstream branch."""
    ahead: int = 0
    behind: int = 0
    rewritten: bool = False
    """The upstream was rewound or forced, and all that is ahead was its own before: nothing of ours."""
    in_progress: str | None = None
    """The person's unfinished merge, rebase, cherry-pick, revert, bisect or am."""
    pin: str | None = None
    """The commit that the entry's `rev` names; None: it has none."""
    own_commits: bool = False
    """A detached HEAD holds commits that no ref has."""
    fetch_only: bool = False


class Move(Enum):
    NONE = auto()
    FAST_FORWARD = auto()
    FOLLOW_REWRITE = auto()
    """Put the branch on the rewritten upstream; local edits stay."""
    DETACH = auto()
    """Check the pinned commit out."""


class Decision(Struct, frozen=True):
    """`blocked` says why a person is needed; `notes` say why HEAD was left alone."""

    move: Move = Move.NONE
    blocked: Reason | None = None
    message: str = ""
    notes: tuple[str, ...] = ()


def with_article(noun: str) -> str:
    return f"{'an' if noun[0] in 'aeiou' else 'a'} {noun}"


def decide(facts: Facts) -> Decision:
    if facts.bare or facts.fetch_only:
        return Decision()
    if facts.pin is not None:
        return _decide_pin(facts)
    if facts.branch is None:
        return Decision(notes=("detached",))
    if facts.head is None:
        return Decision(notes=("unborn",))
    if facts.upstream is None:
        return Decision(notes=("no_upstream",))
    return _decide_branch(facts)


def _decide_branch(facts: Facts) -> Decision:
    if facts.gone:
        return _blocked(Reason.BRANCH_GONE, f"{_short(facts.upstream)} is gone on the remote")
    rewritten = facts.rewritten and facts.ahead > 0
    if facts.in_progress:
        if facts.behind or rewritten:
            return _blocked(Reason.IN_PROGRESS, f"{with_article(facts.in_progress)} is in progress")
        return Decision(notes=("in_progress",))
    if rewritten:
        return Decision(Move.FOLLOW_REWRITE)
    if facts.behind and facts.ahead:
        return _blocked(
            Reason.DIVERGED,
            f"{_short(facts.branch)} has {facts.ahead} of its own and is {facts.behind} behind",
        )
    return Decision(Move.FAST_FORWARD if facts.behind else Move.NONE)


def _decide_pin(facts: Facts) -> Decision:
    if facts.head == facts.pin:
        return Decision()
    if facts.in_progress:
        return _blocked(Reason.IN_PROGRESS, f"{with_article(facts.in_progress)} is in progress")
    if facts.branch is None and facts.own_commits:
        return _blocked(Reason.DIVERGED, "the detached HEAD has commits that no branch holds")
    return Decision(Move.DETACH)


def _blocked(reason: Reason, message: str) -> Decision:
    return Decision(blocked=reason, message=message)


def _short(ref: str | None) -> str:
    return (ref or "").removeprefix("refs/heads/").removeprefix("refs/remotes/")
