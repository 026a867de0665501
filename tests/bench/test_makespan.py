"""How long a run takes by the order in which its repos begin, by the scheduler itself on a clock of numbers."""

import heapq
import random
from collections.abc import Sequence
from pathlib import Path

import pytest

from tui.engine.order import Order, expected, ordered
from tui.engine.scheduler import Scheduler, Start, Step
from tui.git.outcome import Outcome, State
from tui.git.repo import Repo


def makespan(repos: Sequence[Repo], seconds: dict[str, float], jobs: int) -> float:
    scheduler = Scheduler(jobs)
    running: list[tuple[float, str]] = []
    now = 0.0

    def carry_out(step: Step) -> None:
        for order in step.orders:
            assert isinstance(order, Start)
            heapq.heappush(running, (now + seconds[order.job.id], order.job.id))

    carry_out(scheduler.add([(repo, repo.id) for repo in repos], now))
    while running:
        now, name = heapq.heappop(running)
        carry_out(scheduler.ended(name, Outcome(State.UP_TO_DATE), now))
    return now


def after_a_run(seconds: dict[str, float], order: Order, jobs: int) -> float:
    repos = [Repo(name, Path("/nowhere") / name) for name in seconds]
    durations = {name: [took] for name, took in seconds.items()}
    return makespan(ordered(repos, order, durations, {}), seconds, jobs)


def test_one_long_repo_no_longer_keeps_the_last_slot_busy() -> None:
    seconds = {f"r{n}": 1.0 for n in range(40)} | {"long": 10.0}
    assert after_a_run(seconds, "longest", 8) <= 1.1 * 10
    assert after_a_run(seconds, "config", 8) == 15.0


@pytest.mark.parametrize("seed", range(20))
def test_it_is_never_far_from_the_best(seed: int) -> None:
    """A third more than the best at most, as the literature has it; the best is at least the even share."""
    chance = random.Random(seed)
    seconds = {f"r{n}": chance.lognormvariate(0, 1.2) for n in range(200)}
    best = max(sum(seconds.values()) / 8, *seconds.values())
    longest, config = (after_a_run(seconds, order, 8) for order in ("longest", "config"))
    assert longest <= 4 / 3 * best
    assert longest <= config


def test_unknown_repos_begin_first_and_equals_keep_their_order() -> None:
    repos = [Repo(name, Path("/nowhere") / name) for name in "abcde"]
    durations = {"a": [1.0], "b": [3.0], "d": [3.0]}
    assert [repo.id for repo in ordered(repos, "longest", durations, {})] == ["c", "e", "b", "d", "a"]
    assert ordered(repos, "longest", {}, {}) == repos
    assert ordered(repos, "config", durations, {}) == repos


def test_the_stalest_begins_first() -> None:
    repos = [Repo(name, Path("/nowhere") / name) for name in "abc"]
    assert [repo.id for repo in ordered(repos, "stalest", {}, {"a": 300.0, "c": 200.0})] == ["b", "c", "a"]


def test_one_slow_day_is_no_habit() -> None:
    assert expected([60.0, 1.0, 1.0, 1.2, 1.1, 90.0, 90.0]) == 1.1
    assert expected([]) is None
