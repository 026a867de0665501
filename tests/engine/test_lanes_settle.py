"""Hosts that bear so many jobs and no more, and do not say how many: the lanes find it out."""

import heapq
import itertools
import math
import random
from collections import Counter
from pathlib import Path

import pytest

from tui.engine.events import Notice
from tui.engine.scheduler import Scheduler, Start, Step, Stop
from tui.git.outcome import Outcome, State
from tui.git.repo import Repo

DONE = Outcome(State.UP_TO_DATE)
JOBS = 32
COUNT = 600
RETRIES = 2
"""As many as synctui makes where nobody says another number."""
_DUE = ""
_TURNED_AWAY = Notice("info", "trying again", crowded=True)


class Hosts:
    """Each turns away at once what is more than it bears; who was turned away comes back as synctui does."""

    def __init__(self, bears: dict[str, int], seed: int) -> None:
        self.bears = bears
        self.random = random.Random(seed)
        self.scheduler = Scheduler(JOBS, quiet_since=lambda _job_id: math.inf)
        self.ends: dict[str, list[float]] = {host: [] for host in bears}
        self.turned_away: Counter[str] = Counter()
        self._busy: Counter[str] = Counter()
        self._order = itertools.count()
        self._agenda: list[tuple[float, int, str]] = []
        """Ends of jobs, and moments of which something is due."""

    def run(self) -> None:
        repos = [
            Repo(f"{host}/{number}", Path("/nowhere") / host / str(number), f"https://{host}/{number}.git")
            for number in range(COUNT)
            for host in self.bears
        ]
        self._carry_out(self.scheduler.add([(repo, repo.id) for repo in repos], 0.0), 0.0)
        while self._agenda:
            now, _, name = heapq.heappop(self._agenda)
            if name == _DUE:
                self._carry_out(self.scheduler.tick(now), now)
                continue
            host = name.partition("/")[0]
            self._busy[host] -= 1
            self.ends[host].append(now)
            self._carry_out(self.scheduler.ended(name, DONE, now), now)

    def _carry_out(self, step: Step, now: float) -> None:
        for order in step.orders:
            assert not isinstance(order, Stop)
            self._try(order.job.id if isinstance(order, Start) else order.job_id, now)
        if self.scheduler.due is not None:
            self._put(self.scheduler.due, _DUE)

    def _try(self, name: str, now: float) -> None:
        host = name.partition("/")[0]
        if self._busy[host] < self.bears[host]:
            self._busy[host] += 1
            self._put(now + self.random.uniform(0.8, 1.2), name)
            return
        self.turned_away[name] += 1
        pause = 2.0 ** (self.turned_away[name] - 1) * self.random.uniform(0.7, 1.3)
        self._carry_out(self.scheduler.rest(name, _TURNED_AWAY, pause, now), now)

    def _put(self, at: float, name: str) -> None:
        heapq.heappush(self._agenda, (at, next(self._order), name))


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("bears", [1, 2, 3, 5, 8, 13, 20, 31])
def test_a_host_with_a_hidden_limit_is_soon_as_fast_as_with_the_best_limit(bears: int, seed: int) -> None:
    hosts = Hosts({"a.example": bears}, seed)
    hosts.run()
    ends = hosts.ends["a.example"]
    half = COUNT // 2
    assert (ends[-1] - ends[half - 1]) / (half / bears) < 1.1
    assert hosts.turned_away.total() < COUNT / 2
    assert max(hosts.turned_away.values()) <= RETRIES, "it would have failed"


@pytest.mark.parametrize("seed", range(3))
def test_no_host_starves_beside_others(seed: int) -> None:
    bears = {"a.example": 2, "b.example": 5, "c.example": JOBS}
    hosts = Hosts(bears, seed)
    hosts.run()
    for host, most in bears.items():
        ends = hosts.ends[host]
        assert len(ends) == COUNT
        longest = max(after - before for before, after in itertools.pairwise(ends))
        assert longest < 8.0, f"{host}, which bears {most}, ended nothing for {longest:.1f} s"
