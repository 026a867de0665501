"""Whatever call of the git layer fails, the job ends, the repo is whole, and the next run goes on from there."""

import os
import shutil
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.faults.injected import Site, Watch, fault_at, no_room, sites_of
from tests.kit import repos
from tests.kit.processes import children_of
from tests.kit.work import events
from tests.torture.facts import facts, lost
from tui.engine.engine import Engine, Turn
from tui.engine.events import JobEnded, JobStarted, RunFinished
from tui.engine.runner import make_work
from tui.git.gauge import Gauge
from tui.git.outcome import Outcome, Reason, State
from tui.git.repo import Repo
from tui.git.stop import StopSignal
from tui.git.sync import SyncOptions, sync_repo
from tui.git.watchdog import watchdog

WATCH = Watch("git")
ERRORS = (no_room, lambda: RuntimeError("injected"), MemoryError)

End = tuple[State, Reason | None]
Fault = tuple[Site, BaseException]


@dataclass(frozen=True)
class Situation:
    prepare: Callable[[Path], None] | None
    """What the person did in the checkout; None: there is none."""
    end: End
    step: str = ""
    """The command that matters here: sites of the others are left to the other situations."""

    def takes(self, site: Site) -> bool:
        here = ("sync.py", "move.py", "clone.py")
        return not self.step or site.step == self.step or site.caller.startswith(here)


def _nothing(_: Path) -> None:
    """As it was cloned."""


def _own_commit(checkout: Path) -> None:
    repos.commit_locally(checkout)


def _own_files(checkout: Path) -> None:
    (checkout / "kept").write_text("mine\n")
    (checkout / "new").write_text("mine\n")


SITUATIONS = {
    "missing": Situation(None, (State.SYNCED, None), "clone"),
    "behind": Situation(_nothing, (State.SYNCED, None)),
    "dirty": Situation(_own_files, (State.SYNCED, None), "merge"),
    "diverged": Situation(_own_commit, (State.BLOCKED, Reason.DIVERGED), "fetch"),
}


class Ground:
    """A remote with something new, and as many checkouts that lack it as are wanted."""

    def __init__(self, base: Path, situation: Situation) -> None:
        self.pattern = base / "pattern"
        self.end = situation.end
        self.remote = repos.make_remote(base / "remote.git", 2, files={"kept": "theirs\n"})
        repos.add_commits(self.remote, branch="side")
        if situation.prepare:
            repos.clone(self.remote, self.pattern)
            repos.git(self.pattern, "branch", "--quiet", "--track", "side", "origin/side")
            situation.prepare(self.pattern)
        repos.add_commits(self.remote, 2)
        repos.add_commits(self.remote, branch="side")
        self.options = SyncOptions(20, 30, base / "locks", all_branches=True)
        self.before = facts(self.pattern)

    def repo(self, name: str) -> Repo:
        path = self.pattern.with_name(name) / "co"
        if self.pattern.exists():
            shutil.copytree(self.pattern, path, symlinks=True)
        return Repo(name, path, self.remote.url)

    def sites(self) -> list[Site]:
        ends: list[Outcome] = []
        repo = self.repo("watched")
        found = sites_of(WATCH, lambda: ends.append(sync_repo(repo, self.options, StopSignal(), Gauge())))
        assert [(end.state, end.reason) for end in ends] == [self.end]
        return found

    def run(self, all_repos: list[Repo], faults: Mapping[str, Fault]) -> tuple[dict[str, Outcome], set[str]]:
        """One run in which each repo meets its own fault: the ends, and who really met it."""
        work, met = make_work(self.options, 0), set()

        def faulty(turn: Turn) -> Outcome:
            if turn.job.id not in faults:
                return work(turn)
            with fault_at(WATCH, *faults[turn.job.id]) as hit:
                try:
                    return work(turn)
                finally:
                    met.update(turn.job.id for _ in hit)

        engine = Engine(faulty, limit=3)
        inbox = engine.subscribe()
        engine.start(all_repos)
        assert engine.wait_idle(120)
        told = events(inbox)
        names = sorted(repo.id for repo in all_repos)
        for kind in (JobStarted, JobEnded):
            assert sorted(event.repo.id for event in told if isinstance(event, kind)) == names
        [finished] = [event for event in told if isinstance(event, RunFinished)]
        assert finished.total == sum(finished.counts.values()) == len(names)
        return {event.repo.id: event.outcome for event in told if isinstance(event, JobEnded)}, met

    def wrong(self, repo: Repo) -> list[str]:
        """What is not as it was or as it shall be; empty: the repo is whole."""
        path = repo.path
        if not path.exists():
            return [f"left: {file}" for file in path.parent.rglob("*")]
        after = facts(path)
        found = lost(self.before, after, path)
        if after.tip not in {self.before.tip, self.remote.head}:
            found.append(f"HEAD is at {after.tip or 'nothing'}")
        if after.mine != self.before.mine:
            found.append(f"changed: {sorted(after.mine ^ self.before.mine)}")
        if said := repos.git(path, "fsck", "--no-dangling", "--no-progress"):
            found.append(said)
        return found


def _told(fault: Fault, end: Outcome) -> bool:
    """Whether the line says what happened. A disk that is full may also be got round."""
    match fault:
        case (_, OSError()):
            is_told = end.message.startswith("No space left on device")
            return end.reason is not Reason.DISK_FULL or is_told
        case (_, error):
            said = "a fault in synctui: " + ": ".join(filter(None, (type(error).__name__, str(error))))
            return (end.state, end.reason, end.message) == (State.FAILED, Reason.INTERNAL, said)


def open_files() -> int:
    return sum(1 for _ in Path("/proc/self/fd").iterdir())


@pytest.fixture(params=SITUATIONS)
def situation(request: pytest.FixtureRequest) -> Situation:
    return SITUATIONS[request.param]


@pytest.fixture
def pool() -> Iterator[ThreadPoolExecutor]:
    with ThreadPoolExecutor(3) as pool:
        yield pool


def test_a_fault_at_any_call(situation: Situation, tmp_path: Path, pool: ThreadPoolExecutor) -> None:
    ground = Ground(tmp_path, situation)
    sites = [site for site in ground.sites() if situation.takes(site)]
    faults = {f"r{n:03}": (site, ERRORS[n % 3]()) for n, site in enumerate(sites)}
    all_repos = [ground.repo(name) for name in faults]
    watchdog.stop()
    before = open_files()

    ends, met = ground.run(all_repos, faults)

    watchdog.stop()
    assert len(met) > 0.9 * len(faults) > 30, "some hang on the time that git takes, most do not"
    assert children_of(os.getpid()) == {}
    assert open_files() == before
    untold = {name: (str(faults[name][0]), ends[name]) for name in met if not _told(faults[name], ends[name])}
    assert untold == {}
    unwhole = {
        f"{faults[repo.id]}": wrong
        for repo, wrong in zip(all_repos, pool.map(ground.wrong, all_repos), strict=True)
        if wrong
    }
    assert unwhole == {}

    again, _ = ground.run(all_repos, {})

    other = {
        name: (str(faults[name][0]), end)
        for name, end in again.items()
        if end.state not in {ground.end[0], State.UP_TO_DATE}
    }
    assert other == {}
    if situation.end[0] is State.SYNCED:
        assert {repos.head(repo.path) for repo in all_repos} == {ground.remote.head}
