"""How the checkouts look right now: read-only, in parallel, one row as each is known."""

import os
import threading
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from queue import Empty, SimpleQueue

from tui.git.decide import Decision, Facts, decide
from tui.git.inspect import RepoStatus, inspect
from tui.git.repo import Repo


@dataclass(frozen=True, slots=True)
class StatusRow:
    repo: Repo
    status: RepoStatus

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


def survey(repos: Iterable[Repo], on_row: Callable[[StatusRow], None], stop: threading.Event) -> None:
    """Look at each repo and call `on_row` for it, from several threads; returns when all are done.

    `stop` ends it early. A repo that cannot be looked at is a row with its error, never a row of zeros.
    """
    left: SimpleQueue[Repo] = SimpleQueue()
    for repo in repos:
        left.put(repo)

    def look() -> None:
        while not stop.is_set():
            try:
                repo = left.get_nowait()
            except Empty:
                return
            on_row(StatusRow(repo, _status(repo)))

    # Each look is a git process: more of them at a time than cores would only be in the way of the run.
    threads = [threading.Thread(target=look, name="survey", daemon=True) for _ in range(os.cpu_count() or 2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def _status(repo: Repo) -> RepoStatus:
    if repo.error:
        return RepoStatus(error=repo.error)
    try:
        return inspect(repo.path)
    except Exception as error:  # noqa: BLE001  one odd repo must not end the look at the others
        return RepoStatus(error=f"{type(error).__name__}: {error}")
