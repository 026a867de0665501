"""One process that syncs the same repos again and again, and what it holds after each pass.

`python -m tests.bench.soak --passes 200 --repos 50` prints the figures; the tenth pass is the baseline.
"""

# ruff: noqa: T201  it prints its figures

import argparse
import ctypes
import gc
import os
import shutil
import sys
import tempfile
import threading
import tracemalloc
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from tests.kit import repos
from tests.kit.processes import children_of, wait_until
from tests.kit.repos import Remote
from tui.engine.engine import Engine
from tui.engine.events import JobEnded, JobStarted, Record, RunFinished
from tui.engine.recorded import recording
from tui.engine.runner import make_work
from tui.git.lock import RepoLock, lock_key
from tui.git.outcome import Reason, State
from tui.git.repo import Repo
from tui.git.sync import SyncOptions
from tui.store.history import History

WARM = 10
"""The pass that the later ones are held against."""
MOST_GROWTH = 1.1
"""Of memory, over all later passes together: the cache of SQLite fills, a table of Python grows once."""
_STALL = 0.2
_HANGING = "sleep 600 #"
"""As `core.sshCommand`: a remote that never answers."""
_NEWS_EVERY = 3
_trim: Callable[[int], object] = getattr(ctypes.CDLL(None), "malloc_trim", lambda _: None)
"""Gives back what is free: what counts is what is held, not what the C library keeps for later."""


@dataclass(frozen=True, slots=True)
class Held:
    """What the process holds when a pass is over."""

    threads: int
    descriptors: int
    children: int
    resident: int
    """Bytes."""
    blocks: int
    """Of Python objects."""

    @classmethod
    def now(cls) -> "Held":
        gc.collect()
        _trim(0)
        pages = int(Path("/proc/self/statm").read_text().split()[1])
        return cls(
            threads=_entries("/proc/self/task"),
            descriptors=_entries("/proc/self/fd"),
            children=len(children_of(os.getpid())),
            resident=pages * os.sysconf("SC_PAGE_SIZE"),
            blocks=sys.getallocatedblocks(),
        )


End = tuple[State, Reason | None]


class Ground:
    """Checkouts of every kind below `folder`; `ends` is how the next pass has to end."""

    def __init__(self, folder: Path, count: int) -> None:
        self.folder = folder
        self.ends: dict[str, End] = {}
        self.remotes: dict[str, Remote] = {}
        self.repos: list[Repo] = []
        self.busy = self._add("busy", (State.BUSY, None))
        self.cancelled = self._hanging("cancelled", (State.CANCELLED, Reason.USER), 600)
        self._hanging("stalls", (State.TIMED_OUT, Reason.STALLED), _STALL)
        dirty = self._add("dirty", (State.BLOCKED, Reason.DIRTY))
        repos.dirty(dirty.path)
        repos.add_commits(self.remotes["dirty"])
        self._add("gone", (State.FAILED, Reason.NOT_FOUND))
        shutil.rmtree(self.remotes["gone"].path)
        self.cloned = self._add("cloned", (State.SYNCED, None))
        self.plain = [self._add(f"plain{n}", (State.UP_TO_DATE, None)) for n in range(count - len(self.ends))]

    def next(self, number: int) -> None:
        """New commits for a part of the plain ones, and the clone is missing again."""
        shutil.rmtree(self.cloned.path)
        for n, repo in enumerate(self.plain):
            news = (n + number) % _NEWS_EVERY == 0
            self.ends[repo.id] = (State.SYNCED if news else State.UP_TO_DATE, None)
            if news:
                repos.add_commits(self.remotes[repo.id])

    def _add(self, name: str, end: End) -> Repo:
        remote = self.remotes[name] = repos.make_remote(self.folder / "remotes" / f"{name}.git")
        repo = Repo(name, repos.clone(remote, self.folder / "co" / name), remote.url)
        self.repos.append(repo)
        self.ends[name] = end
        return repo

    def _hanging(self, name: str, end: End, stall: float) -> Repo:
        remote = self.remotes[name] = repos.make_remote(self.folder / "remotes" / f"{name}.git")
        url = f"ssh://hangs/{name}.git"
        repo = Repo(name, repos.clone(remote, self.folder / "co" / name, url=url), url, stall_timeout=stall)
        repos.git(repo.path, "config", "core.sshCommand", _HANGING)
        self.repos.append(repo)
        self.ends[name] = end
        return repo


def soak(folder: Path, passes: int, count: int) -> Iterator[Held]:
    """Yields what is held after each pass; every pass has to end as its ground says."""
    ground = Ground(folder, count)
    threads: list[threading.Thread] = []

    def spawn(body: Callable[[], None], name: str) -> None:
        threads.append(threading.Thread(target=body, name=name, daemon=True))
        threads[-1].start()

    options = SyncOptions(stall_timeout=60, timeout=600, lock_dir=folder / "locks")
    with History.open(folder / "history.sqlite") as history, RepoLock(options.lock_dir, ground.busy.path):
        work = recording(make_work(options, 0), partial(history.record, "soak"))
        engine = Engine(work, limit=8, lock_key=lambda repo: lock_key(repo.path), spawn=spawn)
        inbox = engine.subscribe()

        def one_pass() -> dict[str, End]:
            ends: dict[str, End] = {}
            engine.start(ground.repos)
            while True:
                for record in inbox.wait(60):
                    match record:
                        case Record(event=JobStarted(repo=repo)) if repo is ground.cancelled:
                            engine.cancel([repo.id])
                        case Record(event=JobEnded(repo=repo, outcome=outcome)):
                            ends[repo.id] = (outcome.state, outcome.reason)
                        case Record(event=RunFinished()):
                            return ends

        for number in range(1, passes + 1):
            ground.next(number)
            engine.set_limit(4 + number % 5)
            ends = one_pass()
            assert ends == ground.ends, set(ends.items()) ^ set(ground.ends.items())
            while threads:
                _join(threads.pop())
            yield Held.now()
        assert {repo: (past.state, past.reason) for repo, past in history.past("soak").items()} == ends


def _join(thread: threading.Thread) -> None:
    """Until the system too is done with it, which is a moment after Python is."""
    thread.join()
    task = Path(f"/proc/self/task/{thread.native_id}")
    wait_until(lambda: not task.exists(), f"the end of {thread.name}")


def _entries(folder: str) -> int:
    return sum(1 for _ in Path(folder).iterdir())


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--passes", type=int, default=200)
    parser.add_argument("--repos", type=int, default=50)
    parser.add_argument("--trace", action="store_true", help="say what grew most, which takes memory itself")
    wanted = parser.parse_args()
    held: list[Held] = []
    with tempfile.TemporaryDirectory() as folder:
        os.environ.update(HOME=folder, GIT_CONFIG_GLOBAL=os.devnull, GIT_CONFIG_NOSYSTEM="1")
        if wanted.trace:
            tracemalloc.start()
        print("pass  threads  descriptors  children  resident kB   blocks")
        for one in soak(Path(folder), wanted.passes, wanted.repos):
            held.append(one)
            number = len(held)
            if number % WARM == 0:
                figures = (one.threads, one.descriptors, one.children, one.resident // 1024, one.blocks)
                print("{:4}  {:7}  {:11}  {:8}  {:11}  {:7}".format(number, *figures), flush=True)
            if number == WARM and wanted.trace:
                tracemalloc.take_snapshot().dump(f"{folder}/snapshot")
        if wanted.trace:
            before = tracemalloc.Snapshot.load(f"{folder}/snapshot")
            growth = tracemalloc.take_snapshot().compare_to(before, "lineno")
            print("grew most since then:", *growth[:8], sep="\n  ")
    warm, last = held[WARM - 1], held[-1]
    ratios = {"resident": last.resident / warm.resident, "blocks": last.blocks / warm.blocks}
    print(f"pass {len(held)} / pass {WARM}:", *(f"{name} {ratio:.3f}" for name, ratio in ratios.items()))
    same = (last.threads, last.descriptors, last.children) == (warm.threads, warm.descriptors, warm.children)
    return 0 if same and max(ratios.values()) <= MOST_GROWTH else 1


if __name__ == "__main__":
    sys.exit(main())
