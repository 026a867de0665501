"""What became of a job is kept before anybody hears of it."""

import threading

from tests.kit.work import NOT_FOUND, SYNCED, GatedWork, events, repos
from tui.engine.engine import Engine
from tui.engine.events import JobEnded, Notice, Record
from tui.engine.recorded import recording
from tui.git.outcome import State


class Kept:
    def __init__(self, error: Exception | None = None) -> None:
        self.error = error
        self.rows: list[tuple[object, ...]] = []

    def __call__(self, run, repo, outcome, attempt, started_at, duration_ms):
        if self.error:
            raise self.error
        assert started_at > 1_700_000_000
        assert duration_ms >= 0
        self.rows.append((run, repo.id, outcome, attempt))


def test_each_attempt_is_kept_under_its_run():
    kept, work = Kept(), GatedWork()
    engine = Engine(recording(work, kept), limit=2)
    inbox = engine.subscribe()
    one, two = repos(2)
    engine.start([one, two])
    work.end("r0", outcome=NOT_FOUND)
    seen: list[Record] = []
    while not any(isinstance(record.event, JobEnded) for record in seen):
        seen += inbox.wait(10)
    engine.retry([one])
    work.end("r0", "r1")
    assert engine.wait_idle(10)
    run = seen[0].run
    assert sorted(kept.rows, key=lambda row: (row[1], row[3])) == [
        (run, "r0", NOT_FOUND, 1),
        (run, "r0", SYNCED, 2),
        (run, "r1", SYNCED, 1),
    ]


def test_nobody_hears_of_an_end_before_it_is_kept():
    keeping, go_on = threading.Event(), threading.Event()

    def remember(*_):
        keeping.set()
        go_on.wait(10)

    engine = Engine(recording(GatedWork(ends_at_once=SYNCED), remember), limit=1)
    inbox = engine.subscribe()
    engine.start(repos(1))
    assert keeping.wait(10)
    assert [event for event in events(inbox) if isinstance(event, JobEnded)] == []
    go_on.set()
    assert engine.wait_idle(10)
    assert [event.outcome for event in events(inbox) if isinstance(event, JobEnded)] == [SYNCED]


def test_a_fault_of_ours_is_kept_as_a_failure():
    kept, work = Kept(), GatedWork()
    engine = Engine(recording(work, kept), limit=1)
    engine.start(repos(1))
    work.end("r0", outcome=ValueError("a bug"))
    assert engine.wait_idle(10)
    [(_, _, outcome, _)] = kept.rows
    assert (outcome.state, outcome.reason) == (State.FAILED, "internal")


def test_what_cannot_be_kept_counts_all_the_same_and_is_said_once():
    engine = Engine(recording(GatedWork(ends_at_once=SYNCED), Kept(OSError("no room"))), limit=2)
    inbox = engine.subscribe()
    engine.start(repos(5))
    assert engine.wait_idle(10)
    seen = events(inbox)
    assert [event.outcome for event in seen if isinstance(event, JobEnded)] == [SYNCED] * 5
    assert [event for event in seen if isinstance(event, Notice)] == [
        Notice("error", "results are not remembered: no room")
    ]


def test_what_was_never_tried_is_not_kept():
    kept, work = Kept(), GatedWork()
    engine = Engine(recording(work, kept), limit=1)
    first, queued, settled = repos(3)
    engine.start([first, queued], [(settled, NOT_FOUND)])
    engine.cancel(["r1"])
    work.end("r0")
    assert engine.wait_idle(10)
    assert [row[1] for row in kept.rows] == ["r0"]
