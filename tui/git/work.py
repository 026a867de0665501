"""What the steps of one job share: the runner, the record of what was done, and how git's failures end it."""

import re
import time
from collections.abc import Callable
from pathlib import Path
from typing import NoReturn

from msgspec import Struct, field, structs

from tui.git.advice import advice, nearest
from tui.git.aftermath import remove_locks
from tui.git.clean import clean_text
from tui.git.env import address_of, carries_login
from tui.git.failure import Ended, classify
from tui.git.gauge import Progress
from tui.git.half_written import remove_half_written
from tui.git.holder import Holder
from tui.git.inspect import git_dirs_of
from tui.git.outcome import Action, Outcome, Reason, RefChange, State
from tui.git.process import Exit, GitRunner
from tui.git.repo import LOCAL_HOST, Repo, host_of, public_url, server_of
from tui.git.turn import turn

_LOCK_LOOK = 0.2
"""Seconds between two looks at a repo that somebody holds."""
CLOCK_GRAIN = 0.05  # seconds by which a file's time may lag behind the clock
_LOCK = re.compile(r"'([^']*\.lock)'|could not lock config file (.+): File exists")
_MOVERS = frozenset({"merge", "checkout"})


def never_fresh(_repo: Repo) -> str:
    return ""


class SyncOptions(Struct, frozen=True):
    """How a run wants each job done; the repo's own timeouts win."""

    stall_timeout: float
    """Seconds without a byte from git; 0 turns it off."""
    timeout: float
    """Seconds for a job that is no clone; 0 turns it off. A clone has only the repo's own."""
    lock_dir: Path
    lock_wait: float = 0.0
    """Seconds to wait for who holds the repo, on top of the limits; a dry run never does."""
    fetch_only: bool = False
    all_branches: bool = False
    clone: bool = True
    dry_run: bool = False
    min_free: int = 0
    """Bytes that must be free on the disk of a repo before it is touched; 0 turns it off."""
    is_fresh: Callable[[Repo], str] = never_fresh
    """Why a repo need not be asked for now, in words; empty where it must. Asked once its lock is held."""


class Work(Struct):
    """One job under way; its fields from `action` on are the outcome so far."""

    repo: Repo
    options: SyncOptions
    git: GitRunner
    plain: Path | None = None
    """The git dir, where its files tell in this process what else git would have to be asked for."""
    action: Action = Action.NONE
    url: str | None = None
    branch: str | None = None
    old: str | None = None
    new: str | None = None
    commits: int = 0
    ahead: int | None = None
    behind: int | None = None
    refs: list[RefChange] = field(default_factory=list)
    received: int | None = None
    last_fetch: float | None = None
    notes: list[str] = field(default_factory=list)
    skips_hook: bool = False
    """A move would run a hook that came with the tree, which is left out."""

    def wait_for(self, holder: Holder) -> bool:
        """Waits a moment for who holds the repo; False where there is no time left. Ended when it was stopped."""
        gauge = self.git.gauge
        left = self.options.lock_wait - gauge.waited
        if left <= 0:
            return False
        gauge.show(Progress(phase="waiting", line=str(holder)))
        turn.give()
        began = time.monotonic()
        stopped = self.git.stop.wait(min(_LOCK_LOOK, left))
        passed = time.monotonic() - began
        gauge.waited += passed
        self.git.deadlines.end += passed
        if stopped:
            reason = self.git.stop.reason or Reason.USER
            raise Ended(State.CANCELLED, reason, f"stopped while it was {holder}")
        return True

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
        has_moved = step in _MOVERS and self.old is not None and self.new != self.old
        if has_moved:
            at += "; HEAD has moved"
        match exit_.ended_by:
            case None:
                return
            case Reason.STALLED:
                message = f"no byte moved for {limits.stall:g} s in {at}"
            case Reason.DEADLINE:
                message = f"not done after {limits.total:g} s, in {at}"
            case reason:
                raise Ended(State.CANCELLED, reason, f"stopped in {at}")
        hook = self._hook_file(exit_.hook) if step != "clone" else ""  # nothing is left of a clone
        lasting = has_moved or bool(exit_.hook)
        raise Ended(State.TIMED_OUT, exit_.ended_by, message, about=hook, lasting=lasting)

    def _hook_file(self, name: str) -> str:
        """The file of the hook of this name; empty for no name."""
        if not name:
            return ""
        asked = self.git.unstoppable("rev-parse", "--path-format=absolute", "--git-path", f"hooks/{name}")
        return asked.stdout.decode("utf-8", "surrogateescape").strip()

    def fail(self, exit_: Exit, *, network: bool = False) -> NoReturn:
        failure = classify(exit_, network=network, local=host_of(self.url) == LOCAL_HOST)
        raise Ended(State.FAILED, failure.reason, failure.message, failure.retry_after)

    def note(self, word: str) -> None:
        if word not in self.notes:
            self.notes.append(word)

    def outcome(self, state: State, message: str = "", end: Ended | None = None) -> Outcome:
        reason = end.reason if end else None
        return Outcome(
            state=state,
            reason=reason,
            message=end.message if end else message,
            advice=self._advice(end) if end else "",
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
            received=self.received,
            last_fetch=self.last_fetch,
            output_tail=tuple(self.git.tail),
            retry_after=end.retry_after if end else None,
            lasting=end is not None and end.lasting,
        )

    def _advice(self, end: Ended) -> str:
        about, repo, login = end.about, end.repo or self.repo, ""
        if end.reason is Reason.LOCK_HELD:
            about = own_lock(self.repo, end.message)
        elif end.reason is Reason.AUTH:
            login = (end.repo and end.repo.url) or self._login_url()
            about = self._keeps_no_login(login)
            if carries_login(self.url or "") and repo.path.exists():
                repo = structs.replace(repo, url=None)  # it is the clone's own, whatever the entry says
        return advice(end.reason, repo, end.message, about, login)

    def _login_url(self) -> str:
        entry, asked = self.repo.url or "", self.url or ""
        return entry if carries_login(entry) and not carries_login(asked) else asked

    def _keeps_no_login(self, url: str) -> str:
        """The server, if git asks a helper for logins there and none is set; else empty."""
        if not url.startswith(("http://", "https://")):
            return ""
        git = structs.replace(self.git, place=nearest(self.repo.path))
        asked = git.unstoppable("config", "--get-urlmatch", "credential.helper", address_of(url))
        return server_of(url) if asked.code in {0, 1} and not asked.stdout.strip() else ""


def own_lock(repo: Repo, message: str) -> str:
    """The lock file of which git speaks; empty where it is in no git dir of the repo: nobody is to remove that."""
    said = _LOCK.search(message)
    if said is None:
        return ""
    lock = repo.path / (said[1] or f"{said[2]}.lock")
    dirs = [folder.resolve() for folder in git_dirs_of(repo.path)]
    return str(lock) if any(lock.resolve().is_relative_to(folder) for folder in dirs) else ""
