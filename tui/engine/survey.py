"""How the checkouts look right now: read-only, in parallel, one row as each is known."""

import contextlib
import os
import threading
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from pathlib import Path
from queue import Empty, SimpleQueue

from tui.git.decide import Decision, Facts, decide
from tui.git.fingerprint import fingerprint
from tui.git.holder import Holder
from tui.git.inspect import RepoStatus, git_dir_of, inspect
from tui.git.lock import holder_of
from tui.git.outcome import Reason
from tui.git.repo import Repo
from tui.git.stop import StopSignal
from tui.store.looks import Look, Looks
from tui.store.paths import locks_folder


@dataclass(frozen=True, slots=True)
class StatusRow:
    repo: Repo
    status: RepoStatus
    holder: Holder | None = None
    """Who syncs it now."""

    outlook: Decision | None = field(init=False)
    """What a run would do with HEAD if the remote had nothing beyond what is known here.

    None: that cannot be said without asking the remote, or the repo cannot be looked at.
    """

    def __post_init__(self) -> None:
        object.__setattr__(self, "outlook", _outlook(self.repo, self.status))


def _outlook(repo: Repo, status: RepoStatus) -> Decision | None:
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
    """Look at each repo and call `on_row` for it, from several threads; returns when all are done.

    `looks` is what was seen before, and takes what is seen now. A repo that cannot be looked at is a row
    with its error, never a row of zeros. `stop` ends it early, as does what is raised in the thread that
    waits here; no git of it goes on.
    """
    left: SimpleQueue[Repo] = SimpleQueue()
    for repo in repos:
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
    threads = [threading.Thread(target=look, name="survey", daemon=True) for _ in range(os.cpu_count() or 2)]
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


def _status(repo: Repo, stop: StopSignal, looks: Looks | None) -> RepoStatus:
    if repo.error:
        return RepoStatus(error=repo.error)
    try:
        return _look(repo.path, stop, looks) if looks else inspect(repo.path, stop)
    except Exception as error:  # noqa: BLE001  one odd repo must not end the look at the others
        return RepoStatus(error=f"{type(error).__name__}: {error}")


def _look(path: Path, stop: StopSignal, looks: Looks) -> RepoStatus:
    """As the last look saw it where nothing has changed since, else by git."""
    if (seen := looks.get(path)) and _fingerprint(path, seen.status) == seen.fingerprint:
        return seen.status
    began_ns = time.time_ns()
    status = inspect(path, stop)
    if found := _fingerprint(path, status, began_ns):
        looks.put(path, Look(found, status))
    return status


def _fingerprint(path: Path, status: RepoStatus, began_ns: int | None = None) -> str | None:
    with contextlib.suppress(OSError):
        if not status.error and (git_dir := git_dir_of(path)):
            return fingerprint(path, git_dir, status, began_ns or time.time_ns())
    return None


def _holder(repo: Repo) -> Holder | None:
    with contextlib.suppress(OSError, ValueError):
        return holder_of(locks_folder(), repo.path)
    return None
