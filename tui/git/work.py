"""What the steps of one job share: the runner, the record of what was done, and how git's failures end it."""

import re
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import NoReturn

from tui.git.aftermath import remove_locks
from tui.git.clean import clean_text
from tui.git.failure import Ended, advice, classify
from tui.git.half_written import remove_half_written
from tui.git.outcome import Action, Outcome, Reason, RefChange, State
from tui.git.process import Exit, GitRunner
from tui.git.repo import Repo, public_url

CLOCK_GRAIN = 0.05  # seconds by which a file's time may lag behind the clock
_LOCK_PATH = re.compile(r"'([^']*\.lock)'")


@dataclass(frozen=True, slots=True)
class SyncOptions:
    """How a run wants each job done; the repo's own timeouts win."""

    stall_timeout: float
    """Seconds without a byte from git; 0 turns it off."""
    timeout: float
    """Seconds for a job that is no clone; 0 turns it off. A clone has only the repo's own."""
    lock_dir: Path
    fetch_only: bool = False
    all_branches: bool = False
    clone: bool = True
    dry_run: bool = False


@dataclass
class Work:
    """One job under way; its fields from `action` on are the outcome so far."""

    repo: Repo
    options: SyncOptions
    git: GitRunner
    action: Action = Action.NONE
    url: str | None = None
    branch: str | None = None
    old: str | None = None
    new: str | None = None
    commits: int = 0
    ahead: int | None = None
    behind: int | None = None
    refs: list[RefChange] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    def attempt(self, *args: str) -> Exit:
        """Runs git and returns however it ends by itself; Ended when it was stopped or timed out."""
        exit_ = self.run(self.git.run, *args)
        self.heed(exit_, args[0])
        return exit_

    def run(self, runner: Callable[..., Exit], *args: str) -> Exit:
        """Runs git, and takes away what it leaves when it fails, and its locks when it did not end by itself."""
        begun = time.time() - CLOCK_GRAIN
        is_fetch = args[0] == "fetch"
        exit_: Exit | None = None
        try:
            exit_ = runner(*args)
        finally:
            if args[0] in {"fetch", "submodule"} and (exit_ is None or not exit_.ok):
                remove_half_written(self.git.place, begun)
            # Its maker is dead, and we hold the repo. TERM too may come just before git has noted a lock of its own.
            if exit_ is None or exit_.ended_by is not None or exit_.code < 0:
                remove_locks(self.git.place, begun, {"index.lock", "HEAD.lock"} if is_fetch else ())
        return exit_

    def read(self, *args: str) -> bytes:
        """The output of a local git command; Ended when it fails."""
        exit_ = self.attempt(*args)
        if not exit_.ok:
            self.fail(exit_)
        return exit_.stdout

    def word(self, *args: str) -> str:
        return self.read(*args).decode("utf-8", "surrogateescape").strip()

    def ask_remote(self, *args: str) -> Exit:
        """Runs a git command that talks to the remote; Ended when it fails."""
        exit_ = self.attempt(*args)
        if not exit_.ok:
            self.fail(exit_, network=True)
        return exit_

    def heed(self, exit_: Exit, step: str) -> None:
        """Raises Ended for a child that we ended."""
        limits = self.git.deadlines
        at = f"{step} ({exit_.phase})" if exit_.phase else step
        match exit_.ended_by:
            case None:
                return
            case Reason.STALLED:
                raise Ended(State.TIMED_OUT, Reason.STALLED, f"no byte moved for {limits.stall:g} s in {at}")
            case Reason.DEADLINE:
                raise Ended(State.TIMED_OUT, Reason.DEADLINE, f"not done after {limits.total:g} s, in {at}")
            case reason:
                raise Ended(State.CANCELLED, reason, f"stopped in {at}")

    def fail(self, exit_: Exit, *, network: bool = False) -> NoReturn:
        failure = classify(exit_, network=network)
        raise Ended(State.FAILED, failure.reason, failure.message, failure.retry_after)

    def note(self, word: str) -> None:
        if word not in self.notes:
            self.notes.append(word)

    def outcome(self, state: State, message: str = "", end: Ended | None = None) -> Outcome:
        reason = end.reason if end else None
        lock = _LOCK_PATH.search(end.message) if end and reason is Reason.LOCK_HELD else None
        needs_tail = state in {State.FAILED, State.TIMED_OUT, State.BLOCKED}
        return Outcome(
            state=state,
            reason=reason,
            message=end.message if end else message,
            advice=advice(reason, (end.repo if end else None) or self.repo, lock=lock[1] if lock else ""),
            notes=tuple(self.notes),
            action=self.action,
            url=clean_text(public_url(self.url) or "") or None,
            branch=self.branch,
            old=self.old,
            new=self.new,
            commits=self.commits,
            ahead=self.ahead,
            behind=self.behind,
            refs=tuple(self.refs),
            output_tail=tuple(self.git.tail) if needs_tail else (),
            retry_after=end.retry_after if end else None,
        )
