"""How long a run goes on: list scheduling over what each repo took before."""

import time
from pathlib import Path

import pytest

from tui.engine.eta import Countdown, Forecast, Spread, about, remaining
from tui.engine.events import JobEnded
from tui.git.outcome import Outcome, State
from tui.git.repo import Repo

MINUTE = 60.0


def even(**seconds: float) -> Forecast:
    return Forecast({repo: [took] for repo, took in seconds.items()})


def test_a_slot_takes_the_next_one_as_soon_as_it_is_free() -> None:
    known = even(a=10.0, b=4.0, c=5.0, d=1.0)
    assert remaining(2, [], ["a", "b", "c", "d"], known) == (10.0, 10.0, 10.0)
    assert remaining(2, [("a", 3.0)], ["b", "c"], known) == (9.0, 9.0, 9.0)
    assert remaining(1, [], "abcd", known) == (20.0, 20.0, 20.0)


def test_what_runs_above_the_limit_gives_its_slot_to_nobody() -> None:
    known = even(a=10.0, b=4.0, c=5.0)
    assert remaining(1, [("a", 0.0), ("b", 0.0)], ["c"], known) == (15.0, 15.0, 15.0)


def test_the_spread_is_that_of_the_quartiles() -> None:
    known = Forecast({"a": [10.0, 20.0, 30.0, 40.0, 50.0]})
    assert known.of("a") == Spread(20.0, 30.0, 40.0)
    assert remaining(1, [], ["a", "a"], known) == (40.0, 60.0, 80.0)
    assert remaining(1, [("a", 25.0)], [], known) == (0.0, 5.0, 15.0)


def test_the_latest_ones_say_what_is_likely_also_beyond_the_quartiles() -> None:
    assert Forecast({"a": [90.0] * 5 + [10.0] * 25}).of("a") == Spread(10.0, 90.0, 90.0)


def test_a_stranger_counts_as_the_median_of_the_known_and_says_so() -> None:
    known = even(a=10.0, b=20.0, c=60.0, d=70.0, e=30.0)
    assert known.of("stranger") == Spread(20.0, 30.0, 60.0)
    assert remaining(1, [], ["a", "stranger"], known) == (30.0, 40.0, 70.0)


def test_what_is_overdue_may_need_as_much_again() -> None:
    known = even(a=10.0)
    assert remaining(1, [("a", 25.0)], [], known) == (0.0, 15.0, 15.0)


def test_nothing_is_said_where_nobody_knows_or_nothing_is_left() -> None:
    assert remaining(4, [("a", 1.0)], ["b"], Forecast({"a": []})) is None
    assert remaining(4, [], [], even(a=1.0)) is None


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        ((0.0, 0.0, 0.0), "about 5 s"),
        ((31.0, 34.0, 38.0), "about 30 s (30–40)"),
        ((40.0, 110.0, 250.0), "about 2 min (40 s–4 min)"),
        ((60.0, 110.0, 250.0), "about 2 min (1–4)"),
        ((20 * MINUTE, 22 * MINUTE, 40 * MINUTE), "about 20 min (20–40)"),
        ((100 * MINUTE, 100 * MINUTE, 3 * 60 * MINUTE), "about 1.5 h (1.5–3)"),
    ],
)
def test_it_is_told_coarsely(seconds: tuple[float, float, float], text: str) -> None:
    assert about(Spread(*seconds)) == text


def test_ten_thousand_that_wait_cost_little() -> None:
    names = [f"r{n}" for n in range(10_000)]
    known = Forecast({name: [1.0 + n % 7, 2.0, 3.0] for n, name in enumerate(names)})
    began = time.process_time()
    remaining(8, [(name, 0.5) for name in names[:8]], names[8:], known)
    assert time.process_time() - began < 0.2


def test_a_countdown_says_the_same_and_is_hardly_ever_worked_out() -> None:
    """A run that goes as it is foretold: the plain figure of every second is that of the countdown."""
    took = {f"r{n}": 2.0 + n % 7 for n in range(2000)}
    known, limit = even(**took), 8
    queued, running = list(took), {}
    countdown, asked = Countdown(), 0
    second = 0
    while queued or running:
        running = {repo: began for repo, began in running.items() if second - began < took[repo]}
        while queued and len(running) < limit:
            running[queued.pop(0)] = second
        since = [(repo, float(second - began)) for repo, began in running.items()]

        def work_out(since: list[tuple[str, float]] = since) -> Spread | None:
            nonlocal asked
            asked += 1
            return remaining(limit, since, queued, known)

        assert countdown.left(1000.0 + second, limit, len(queued), work_out) == remaining(
            limit, since, queued, known
        )
        second += 1
    assert second > 1000
    assert asked < second / 2


def test_a_countdown_hears_of_another_limit_and_of_another_queue() -> None:
    countdown = Countdown()
    slow, quick = Spread(900.0, 1000.0, 1100.0), Spread(1.0, 2.0, 3.0)
    assert countdown.left(0.0, 4, 500, lambda: slow) == slow
    assert countdown.left(0.5, 8, 500, lambda: quick) == (899.5, 999.5, 1099.5)
    assert countdown.left(2.0, 4, 496, lambda: quick) == (898.0, 998.0, 1098.0)
    assert countdown.left(2.0, 4, 400, lambda: quick) == quick
    assert countdown.left(3.5, 4, 400, lambda: slow) == slow
    assert countdown.left(5.0, 8, 400, lambda: quick) == quick


def ended(repo: str, seconds: float, state: State = State.UP_TO_DATE) -> JobEnded:
    return JobEnded(Repo(repo, Path("/nowhere")), 1, Outcome(state), 0, 0, round(seconds * 1000))


def test_a_first_run_learns_from_what_has_ended_in_it() -> None:
    known = Forecast({})
    assert known.unknown is None
    known.learn(ended("a", 9.0, State.FAILED))
    assert known.unknown is None
    known.learn(ended("a", 4.0))
    assert remaining(1, [], ["b", "c"], known) == (8.0, 8.0, 8.0)
    known.learn(ended("b", 8.0))
    assert known.of("c") == Spread(5.0, 6.0, 7.0)


def test_what_a_repo_took_before_says_more_than_its_last_time() -> None:
    known = even(a=10.0)
    known.learn(ended("a", 90.0))
    assert known.of("a") == Spread(10.0, 10.0, 10.0)
