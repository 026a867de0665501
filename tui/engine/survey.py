"""How the checkouts look right now: read-only, in parallel, one row as each is known."""

import contextlib
import os
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from queue import Empty, SimpleQueue

from msgspec import Struct, structs

from tui.git.decide import Decision, Facts, decide
from tui.git.fingerprint import Fingerprint, fingerprint
from tui.git.holder import Holder
from tui.git.inspect import RepoStatus, Seen, git_dir_of, inspect
from tui.git.lock import any_note, holder_of
from tui.git.outcome import DRY_RUN, Action, Outcome, Reason, State
from tui.git.repo import Repo
from tui.git.stop import StopSignal
from tui.store.looks import Look, Looks
from tui.store.paths import locks_folder

_HEARD = frozenset({State.SYNCED, State.UP_TO_DATE, State.BLOCKED})
"""Ends before which the remote has told what it has."""


class StatusRow(Struct, frozen=True):
    repo: Repo
    status: RepoStatus
    holder: Holder | None = None
    """Who syncs it now."""

    def after(self, outcome: Outcome, at: float) -> "StatusRow":
        """As a run of ours that ended then has left it, until somebody looks again."""
        status = self.status
        if DRY_RUN not in outcome.notes and outcome.state in _HEARD:
            if status.error and outcome.action is Action.CLONE:
                status = RepoStatus(dirty=False, untracked=0, stashes=0)
            told = {
                "branch": outcome.branch,
                "head": outcome.new,
                "ahead": outcome.ahead,
                "behind": outcome.behind,
                "last_fetch": at,
            }
            status = structs.replace(status, **{name: one for name, one in told.items() if one is not None})
        return StatusRow(self.repo, status)

    @property
    def outlook(self) -> Decision | None:
        """What a run would do with HEAD if the remote had nothing beyond what is known here.

        None: that cannot be said without asking the remote, or the repo cannot be looked at.
        """
        repo, status = self.repo, self.status
        if status.error or repo.rev is not None:
            return None
        # A rebase has detached HEAD from its branch, which has not left it.
        branch, upstream = status.branch, status.upstream
        if branch is None and status.in_progress:
            branch = upstream = status.in_progress
        return decide(
            Facts(
                head=status.head,
                branch=branch,
                bare=status.bare,
                upstream=upstream,
                gone=status.gone,
                ahead=status.ahead or 0,
                behind=status.behind or 0,
                in_progress=status.in_progress,
                fetch_only=repo.strategy == "fetch",
            )
        )


def survey(
    repos: Iterable[Repo],
    on_row: Callable[[StatusRow], None],
    stop: StopSignal,
    looks: Looks | None = None,
) -> None:
    """Look at each repo and call `on_row` for it, here or from several threads; returns when all are done.

    `looks` is what was seen before, and takes what is seen now. A repo that cannot be looked at is a row
    with its error, never a row of zeros. `stop` ends it early, as does what is raised in the thread that
    waits here; no git of it goes on.
    """
    left: SimpleQueue[Repo] = SimpleQueue()
    # One thread for all that are as they were: looking at files is mostly Python, of which only one runs at a time.
    for repo in _remembered(repos, on_row, stop, looks) if looks else repos:
        left.put(repo)

    def look() -> None:
        while True:
            try:
                repo = left.get_nowait()
            except Empty:
                return
            row = StatusRow(repo, _status(repo, stop, looks), _holder(repo))
            if stop.reason:
                return
            on_row(row)

    # Each look is a git process: more of them at a time than cores would only be in the way of the run.
    wanted = min(os.cpu_count() or 2, left.qsize())
    threads = [threading.Thread(target=look, name="survey", daemon=True) for _ in range(wanted)]
    for thread in threads:
        thread.start()
    try:
        for thread in threads:
            thread.join()
    except BaseException:
        stop.set(Reason.SIGNAL)
        for thread in threads:
            thread.join()
        raise


def _remembered(
    repos: Iterable[Repo], on_row: Callable[[StatusRow], None], stop: StopSignal, looks: Looks
) -> Iterator[Repo]:
    """Tells of each repo in which nothing has changed since it was last looked at; the others are left."""
    held: bool | None = None
    for repo in repos:
        if stop.reason:
            return
        seen = None if repo.error else looks.get(repo.path)
        if seen is None or not _holds(seen, repo):
            yield repo
            continue
        if held is None:
            held = _any_held()
        on_row(StatusRow(repo, seen.status, _holder(repo) if held else None))


def _holds(look: Look, repo: Repo) -> bool:
    with contextlib.suppress(OSError):
        return look.fingerprint.holds(repo.path)
    return False


def _status(repo: Repo, stop: StopSignal, looks: Looks | None) -> RepoStatus:
    if repo.error:
        return RepoStatus(error=repo.error)
    try:
        began_ns = time.time_ns()
        seen = inspect(repo.path, stop)
        if looks and (found := _fingerprint(repo.path, seen, began_ns)):
            looks.put(repo.path, Look(found, seen.status))
    except Exception as error:  # noqa: BLE001  one odd repo must not end the look at the others
        return RepoStatus(error=f"{type(error).__name__}: {error}")
    return seen.status


def _fingerprint(path: Path, seen: Seen, began_ns: int) -> Fingerprint | None:
    with contextlib.suppress(OSError):
        if not seen.status.error and (git_dir := git_dir_of(path)):
            return fingerprint(path, git_dir, seen, began_ns)
    return None


def _any_held() -> bool:
    with contextlib.suppress(OSError):
        return any_note(locks_folder())
    return False


def _holder(repo: Repo) -> Holder | None:
    with contextlib.suppress(OSError, ValueError):
        return holder_of(locks_folder(), repo.path)
    return None
