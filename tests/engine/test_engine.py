"""Each control once against the engine, with work that ends when the test says so."""

import random
import threading
from pathlib import Path

import pytest

from tests.kit.work import NOT_FOUND, GatedWork, events, repos
from tui.engine.engine import Engine, daemon_thread
from tui.engine.events import JobEnded, JobStarted, JobStopping, LimitChanged, Notice, RunFinished, RunStarted
from tui.engine.feed import Inbox
from tui.engine.slots import PRIORITY_SLOT
from tui.git.outcome import Outcome, Reason, State
from tui.git.repo import Repo


@pytest.fixture
def work() -> GatedWork:
    return GatedWork()


def ends(inbox: Inbox) -> dict[str, tuple[State, Reason | None]]:
    """The last end of each repo."""
    return {
        event.repo.id: (event.outcome.state, event.outcome.reason)
        for event in events(inbox)
        if isinstance(event, JobEnded)
    }


def finish(engine: Engine) -> None:
    assert engine.wait_idle(10)


def test_the_peak_is_the_limit_and_the_order_that_of_the_list(work: GatedWork) -> None:
    engine = Engine(work, limit=3)
    inbox = engine.subscribe()
    engine.start(repos(6))
    work.wait_running("r0", "r1", "r2")
    work.end(*(f"r{n}" for n in range(6)))
    finish(engine)
    assert work.peak == 3
    assert [e.repo.id for e in events(inbox) if isinstance(e, JobStarted)] == [f"r{n}" for n in range(6)]


def test_a_freed_place_starts_the_next_at_once_beside_a_slow_one(work: GatedWork) -> None:
    engine = Engine(work, limit=2)
    engine.start(repos(10))
    for n in range(1, 9):
        work.wait_running("r0", f"r{n}")
        work.end(f"r{n}")
    work.wait_running("r0", "r9")
    work.end("r0", "r9")
    finish(engine)


def test_a_run_says_what_it_is_and_how_it_ended(work: GatedWork) -> None:
    engine = Engine(work, limit=2)
    inbox = engine.subscribe()
    off = Repo("off", repos(1)[0].path, enabled=False)
    engine.start(repos(2), [(off, Outcome(State.SKIPPED, Reason.DISABLED))])
    work.end("r0", outcome=Outcome(State.SYNCED, commits=4))
    work.end("r1", outcome=NOT_FOUND)
    finish(engine)
    first, *_, last = events(inbox)
    assert isinstance(first, RunStarted)
    assert (first.jobs, first.total) == (2, 3)
    assert isinstance(last, RunFinished)
    wanted = {State.SYNCED: 1, State.SKIPPED: 1, State.FAILED: 1}
    assert last.counts == {state: wanted.get(state, 0) for state in State}
    assert (last.total, last.commits, last.exit_code, last.interrupted) == (3, 4, 1, False)


def test_an_empty_run_begins_and_ends(work: GatedWork) -> None:
    engine = Engine(work, limit=2)
    inbox = engine.subscribe()
    engine.start([])
    first, last = events(inbox)
    assert isinstance(first, RunStarted)
    assert isinstance(last, RunFinished)
    assert (last.total, last.exit_code) == (0, 0)


def test_raising_the_limit_starts_at_once(work: GatedWork) -> None:
    engine = Engine(work, limit=1)
    engine.start(repos(4))
    work.wait_running("r0")
    engine.set_limit(3)
    work.wait_running("r0", "r1", "r2")
    work.end("r0", "r1", "r2", "r3")
    finish(engine)


def test_lowering_the_limit_drains_and_never_kills(work: GatedWork) -> None:
    engine = Engine(work, limit=4)
    inbox = engine.subscribe()
    engine.start(repos(7))
    work.wait_running("r0", "r1", "r2", "r3")
    engine.set_limit(2)
    snapshot = engine.snapshot()
    assert (snapshot.limit, snapshot.running, snapshot.queued) == (2, 4, 3)
    work.end("r0", "r1")
    work.wait_running("r2", "r3")
    work.end("r2")
    work.wait_running("r3", "r4")
    seen = events(inbox)
    assert [e for e in seen if isinstance(e, LimitChanged)] == [LimitChanged(2, 4, "user")]
    assert not any(isinstance(e, JobStopping) for e in seen)
    work.end("r3", "r4", "r5", "r6")
    finish(engine)


def test_lower_then_raise_never_runs_more_than_the_limit(work: GatedWork) -> None:
    engine = Engine(work, limit=9)
    engine.start(repos(20))
    work.wait_running(*(f"r{n}" for n in range(9)))
    for limit in (8, 7, 8):
        engine.set_limit(limit)
    work.end("r0", "r1")
    work.wait_running(*(f"r{n}" for n in range(2, 10)))
    work.end(*(f"r{n}" for n in range(2, 20)))
    finish(engine)


@pytest.mark.parametrize("limit", [0, -1, 65])
def test_a_limit_outside_1_to_64_is_refused(work: GatedWork, limit: int) -> None:
    engine = Engine(work, limit=2)
    with pytest.raises(ValueError, match="from 1 to 64"):
        engine.set_limit(limit)
    assert engine.snapshot().limit == 2


def test_a_paused_queue_starts_nothing_until_it_goes_on(work: GatedWork) -> None:
    engine = Engine(work, limit=2)
    engine.start(repos(4))
    work.wait_running("r0", "r1")
    engine.pause()
    work.end("r0", "r1")
    work.wait_running()
    assert engine.snapshot().queued == 2
    assert work.started == ["r0", "r1"]
    engine.resume()
    work.wait_running("r2", "r3")
    work.end("r2", "r3")
    finish(engine)


def test_drain_cancels_what_is_queued_and_lets_the_rest_end(work: GatedWork) -> None:
    engine = Engine(work, limit=1)
    inbox = engine.subscribe()
    engine.start(repos(3))
    work.wait_running("r0")
    engine.drain()
    work.end("r0")
    finish(engine)
    user = (State.CANCELLED, Reason.USER)
    assert ends(inbox) == {"r0": (State.SYNCED, None), "r1": user, "r2": user}


def test_cancel_takes_one_out_of_the_queue(work: GatedWork) -> None:
    engine = Engine(work, limit=1)
    engine.start(repos(3))
    work.wait_running("r0")
    engine.cancel(["r1"])
    assert engine.queue() == ["r2"]
    work.end("r0", "r2")
    finish(engine)
    assert work.started == ["r0", "r2"]


def test_an_aborted_job_ends_as_cancelled_only_when_its_work_is_over(work: GatedWork) -> None:
    stopped = threading.Event()
    gone = threading.Event()

    def slow_to_die(turn):
        turn.stop.wait(10)
        stopped.set()
        gone.wait(10)
        return Outcome(State.CANCELLED, turn.stop.reason, "cancelled")

    engine = Engine(slow_to_die, limit=1)
    inbox = engine.subscribe()
    engine.start(repos(1))
    engine.cancel(["r0"])
    assert stopped.wait(10)
    assert not any(isinstance(e, JobEnded) for e in events(inbox))
    assert engine.snapshot().running == 1
    gone.set()
    finish(engine)
    assert ends(inbox) == {"r0": (State.CANCELLED, Reason.USER)}


def test_retry_runs_a_failed_one_again_in_the_same_run_and_counts_it_once(work: GatedWork) -> None:
    engine = Engine(work, limit=2)
    inbox = engine.subscribe()
    failing, held = repos(2)
    engine.start([failing, held])
    work.end("r0", outcome=NOT_FOUND)
    work.wait_running("r1")
    engine.retry([failing])
    work.wait_running("r0", "r1")
    work.end("r0", "r1")
    finish(engine)
    seen = events(inbox)
    assert [(e.attempt, e.outcome.state) for e in seen if isinstance(e, JobEnded) and e.repo is failing] == [
        (1, State.FAILED),
        (2, State.SYNCED),
    ]
    last = seen[-1]
    assert isinstance(last, RunFinished)
    assert (last.total, last.counts[State.SYNCED], last.counts[State.FAILED], last.exit_code) == (2, 2, 0, 0)


def test_retry_after_the_run_begins_another(work: GatedWork) -> None:
    engine = Engine(work, limit=2)
    inbox = engine.subscribe()
    engine.start(repos(2))
    work.end("r0", "r1")
    finish(engine)
    engine.retry(repos(1))
    work.end("r0")
    finish(engine)
    records = list(inbox.drain())
    assert len({record.run for record in records}) == 2
    assert [r.event.total for r in records if isinstance(r.event, RunFinished)] == [2, 1]


def test_a_pick_starts_above_the_limit_while_all_slots_hang(work: GatedWork) -> None:
    engine = Engine(work, limit=2)
    inbox = engine.subscribe()
    wanted = repos(6)
    engine.start(wanted)
    work.wait_running("r0", "r1")
    engine.pick([wanted[5]])
    work.wait_running("r0", "r1", "r5")
    engine.pick([wanted[4]])
    assert engine.queue() == ["r4", "r2", "r3"], "a second pick is next, not a third place"
    slots = {e.repo.id: e.slot for e in events(inbox) if isinstance(e, JobStarted)}
    assert slots == {"r0": 0, "r1": 1, "r5": PRIORITY_SLOT}
    work.end(*(repo.id for repo in wanted))
    finish(engine)
    assert work.peak == 3


def test_picking_five_times_runs_it_once_and_says_so(work: GatedWork) -> None:
    engine = Engine(work, limit=1)
    inbox = engine.subscribe()
    wanted = repos(2)
    engine.start(wanted)
    for _ in range(5):
        engine.pick([wanted[1]])
    work.end("r0", "r1")
    finish(engine)
    assert sorted(work.started) == ["r0", "r1"]
    texts = [e.text for e in events(inbox) if isinstance(e, Notice)]
    assert texts == ["r1 is already running in the priority slot"] * 4


def test_fail_fast_starts_nothing_after_the_failure(work: GatedWork) -> None:
    engine = Engine(work, limit=2, fail_fast=True)
    inbox = engine.subscribe()
    engine.start(repos(5))
    work.wait_running("r0", "r1")
    work.end("r0", outcome=NOT_FOUND)
    work.wait_running("r1")
    work.end("r1")
    finish(engine)
    assert work.started == ["r0", "r1"]
    stopped = (State.CANCELLED, Reason.FAIL_FAST)
    assert ends(inbox) == {
        "r0": (State.FAILED, Reason.NOT_FOUND),
        "r1": (State.SYNCED, None),
        **dict.fromkeys(("r2", "r3", "r4"), stopped),
    }


def test_a_full_host_is_passed_over_not_waited_on(work: GatedWork) -> None:
    engine = Engine(work, limit=3, host_limit=1)
    other = Repo("other", Path("/nowhere/other"), "https://b.example/x.git")
    engine.start([*repos(10), other])
    work.wait_running("r0", "other")
    work.end("other", *(f"r{n}" for n in range(10)))
    finish(engine)
    assert work.peak == 2


def test_two_worktrees_of_one_common_dir_never_run_at_once(work: GatedWork) -> None:
    engine = Engine(work, limit=4, lock_key=lambda _repo: "same")
    engine.start(repos(3))
    for n in range(3):
        work.wait_running(f"r{n}")
        work.end(f"r{n}")
    finish(engine)
    assert work.peak == 1


@pytest.mark.parametrize("error", [ValueError("x"), SystemExit(3), KeyboardInterrupt(), MemoryError()])
def test_whatever_raises_the_start_has_its_end(work: GatedWork, error: BaseException) -> None:
    engine = Engine(work, limit=1)
    inbox = engine.subscribe()
    engine.start(repos(2))
    work.end("r0", outcome=error)
    work.end("r1")
    finish(engine)
    seen = events(inbox)
    assert [e.outcome.reason for e in seen if isinstance(e, JobEnded)] == [Reason.INTERNAL, None]
    assert isinstance(seen[-1], RunFinished)
    assert (seen[-1].total, sum(seen[-1].counts.values()), seen[-1].exit_code) == (2, 2, 1)


def test_cancel_all_for_a_signal_marks_the_run_as_interrupted(work: GatedWork) -> None:
    engine = Engine(work, limit=1)
    inbox = engine.subscribe()
    engine.start(repos(3))
    work.wait_running("r0")
    engine.cancel_all(Reason.SIGNAL)
    finish(engine)
    last = events(inbox)[-1]
    assert isinstance(last, RunFinished)
    assert (last.interrupted, last.exit_code, last.counts[State.CANCELLED]) == (True, 1, 3)


def test_two_hundred_that_end_at_once_are_told_once_each_in_order() -> None:
    work = GatedWork(ends_at_once=Outcome(State.UP_TO_DATE))
    engine = Engine(work, limit=64)
    inbox = engine.subscribe()
    engine.start(repos(200))
    finish(engine)
    seen = events(inbox)
    ended = [e.repo.id for e in seen if isinstance(e, JobEnded)]
    assert len(ended) == 200
    assert set(ended) == {f"r{n}" for n in range(200)}
    assert isinstance(seen[-1], RunFinished)
    assert seen[-1].total == 200


def test_five_hundred_queued_need_no_thread_each(work: GatedWork) -> None:
    threads = []
    engine = Engine(
        work, limit=4, spawn=lambda body, name: (threads.append(name), daemon_thread(body, name))[0]
    )
    engine.start(repos(500))
    work.end(*(f"r{n}" for n in range(500)))
    finish(engine)
    assert len(threads) == 4, "a thread goes on with what its end gave room to"


def test_commands_from_many_threads_keep_the_sum(work: GatedWork) -> None:
    engine = Engine(work, limit=8)
    inbox = engine.subscribe()
    wanted = repos(60)
    engine.start(wanted)

    def meddle(seed: int) -> None:
        chance = random.Random(seed)
        for _ in range(60):
            repo, limit = chance.choice(wanted), chance.randint(1, 12)
            match chance.randrange(7):
                case 0:
                    engine.set_limit(limit)
                case 1:
                    engine.cancel([repo.id])
                case 2:
                    engine.retry([repo])
                case 3:
                    engine.pick([repo])
                case 4:
                    work.end(repo.id)
                case 5:
                    engine.pause()
                case 6:
                    engine.resume()

    threads = [threading.Thread(target=meddle, args=(seed,)) for seed in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    engine.resume()
    engine.cancel_all()
    finish(engine)
    seen = events(inbox)
    starts = [(e.repo.id, e.attempt) for e in seen if isinstance(e, JobStarted)]
    started_ends = [(e.repo.id, e.attempt) for e in seen if isinstance(e, JobEnded) and e.slot is not None]
    assert sorted(starts) == sorted(started_ends), "every start has exactly one end"
    assert work.running == []
    for finished in (e for e in seen if isinstance(e, RunFinished)):
        assert finished.total == sum(finished.counts.values())
