"""Whatever fails around a job, every start has its end, the run ends and its sums add up."""

import itertools
import threading
from collections.abc import Callable

import pytest

from tests.kit.work import SYNCED, GatedWork, events, repos
from tui.engine.engine import Engine, daemon_thread
from tui.engine.events import JobEnded, JobStarted, RunFinished
from tui.git.outcome import Outcome, Reason, State

JOBS = 7
LIMITS = (1, 3, 7)


class Failing:
    """Passes calls on, all but the n-th one, or all from there on."""

    def __init__(self, call: Callable[..., object], n: int, *, for_good: bool) -> None:
        self._call = call
        self._numbers = itertools.count()
        self._n = n
        self._for_good = for_good
        self.met = threading.Event()

    def __call__(self, *args: object) -> None:
        number = next(self._numbers)
        if number == self._n or (self._for_good and number > self._n):
            self.met.set()
            raise RuntimeError("can't start new thread")
        self._call(*args)


def run(**options: object) -> dict[str, Outcome]:
    """The ends of a run, after everything that must hold of it."""
    engine = Engine(GatedWork(ends_at_once=SYNCED), **options)  # type: ignore[arg-type]  # as the test gives them
    inbox = engine.subscribe()
    engine.start(repos(JOBS))
    assert engine.wait_idle(10)
    told = events(inbox)
    for kind in (JobStarted, JobEnded):
        names = sorted(event.repo.id for event in told if isinstance(event, kind))
        assert names == sorted(repo.id for repo in repos(JOBS))
    assert isinstance(told[-1], RunFinished)
    assert told[-1].total == sum(told[-1].counts.values()) == JOBS
    return {event.repo.id: event.outcome for event in told if isinstance(event, JobEnded)}


@pytest.mark.parametrize("for_good", [False, True])
@pytest.mark.parametrize("limit", LIMITS)
def test_a_thread_that_cannot_be_started(limit: int, *, for_good: bool) -> None:
    for n in itertools.count():
        spawn = Failing(daemon_thread, n, for_good=for_good)
        ends = run(limit=limit, spawn=spawn)
        failed = {end.message for end in ends.values() if end.state is not State.SYNCED}
        assert failed == (
            {"a fault in synctui: RuntimeError: can't start new thread"} if spawn.met.is_set() else set()
        )
        assert {end.reason for end in ends.values()} <= {None, Reason.INTERNAL}
        if not spawn.met.is_set():
            assert n in {1, limit}, "a start that nobody made to fail"
            return
