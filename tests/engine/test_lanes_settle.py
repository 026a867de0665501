"""Hosts that bear so many jobs and no more, and do not say how many: the lanes find it out."""

import heapq
import itertools
import math
import random
from collections import Counter
from pathlib import Path

import pytest

from tui.engine.scheduler import Scheduler, Start, Step
from tui.git.outcome import Outcome, State
from tui.git.repo import Repo

DONE = Outcome(State.UP_TO_DATE)
JOBS = 32
COUNT = 600


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
        self._agenda: list[tuple[float, int, str, str]] = []

    def run(self) -> None:
        repos = [
            Repo(f"{host}/{number}", Path("/nowhere") / host / str(number), f"https://{host}/{number}.git")
            for number in range(COUNT)
            for host in self.bears
        ]
        self._carry_out(self.scheduler.add([(repo, repo.id) for repo in repos], 0.0), 0.0)
        while self._agenda:
            now, _, what, name = heapq.heappop(self._agenda)
            host = name.partition("/")[0]
            if what == "end":
                self._busy[host] -= 1
                self.ends[host].append(now)
                self._carry_out(self.scheduler.ended(name, DONE, now), now)
            else:
                self._try(name, host, now, int(what))

    def _carry_out(self, step: Step, now: float) -> None:
        for order in step.orders:
            assert isinstance(order, Start)
            self._try(order.job.id, order.job.repo.host, now, 0)

    def _try(self, name: str, host: str, now: float, tried: int) -> None:
        if self._busy[host] < self.bears[host]:
            self._busy[host] += 1
            self._put(now + self.random.uniform(0.8, 1.2), "end", name)
            return
        self.turned_away[host] += 1
        self._put(now + min(2.0**tried, 4) * self.random.uniform(0.7, 1.3), str(tried + 1), name)
        self._carry_out(self.scheduler.crowded(name, now), now)

    def _put(self, at: float, what: str, name: str) -> None:
        heapq.heappush(self._agenda, (at, next(self._order), what, name))


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("bears", [1, 2, 3, 5, 8, 13, 20, 31])
def test_a_host_with_a_hidden_limit_is_soon_as_fast_as_with_the_best_limit(bears: int, seed: int) -> None:
    hosts = Hosts({"a.example": bears}, seed)
    hosts.run()
    ends = hosts.ends["a.example"]
    half = COUNT // 2
    assert (ends[-1] - ends[half - 1]) / (half / bears) < 1.1
    assert hosts.turned_away["a.example"] < COUNT / 2


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
