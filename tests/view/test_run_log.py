"""The log of a run says what every front end says, and it is there before they say it."""

import threading
from collections.abc import Callable, Sequence
from pathlib import Path

from tests.kit.work import SYNCED, GatedWork, events, repos
from tui import __version__
from tui.engine.engine import Engine, RunInfo
from tui.engine.events import JobEnded, Notice, Record, RunFinished, RunStarted
from tui.engine.feed import Inbox
from tui.engine.journal import Journal
from tui.git.outcome import Outcome, Reason, State
from tui.git.repo import Repo
from tui.store.paths import StateError, log_file
from tui.view.lines import counts_line, result_lines, summary
from tui.view.ndjson import rfc3339
from tui.view.run_log import RunLog

BAD = Outcome(
    State.FAILED,
    Reason.AUTH,
    "Permission denied\nfor you",
    advice="r1: log in once by hand: git ls-remote x",
    output_tail=("remote: no", "fatal: denied"),
)
OFF = Outcome(State.SKIPPED, Reason.DISABLED, "disabled in the workspace file")


def records(inbox: Inbox) -> list[Record]:
    return list(inbox.drain())


def text_of(run: str) -> list[str]:
    return log_file(run).read_text().splitlines()


def test_the_log_of_a_run() -> None:
    work = GatedWork()
    info = RunInfo("~/w/synctui.toml", "flag")
    engine = Engine(work, limit=1, info=info, journal=Journal(tell=RunLog().tell))
    inbox = engine.subscribe()
    first, bad, queued = repos(3)
    off = Repo("a/long/name", Path("/w/off"))
    engine.start([first, bad, queued], [(off, OFF)])
    engine.cancel([queued.id])
    engine.pause()
    engine.resume()
    engine.cancel([queued.id])
    work.end("r0")
    work.end("r1", outcome=BAD)
    assert engine.wait_idle(10)
    seen = records(inbox)
    began, finished = seen[0], seen[-1].event
    assert isinstance(began.event, RunStarted)
    assert isinstance(finished, RunFinished)
    ends = {record.event.repo.id: record.event for record in seen if isinstance(record.event, JobEnded)}

    assert text_of(began.run) == [
        f"synctui {__version__}",
        f"run {began.run}",
        "workspace ~/w/synctui.toml",
        "repos 4",
        "jobs 1 (flag)",
        f"started {rfc3339(began.time)}",
        "",
        *result_lines(ends["a/long/name"], 2),
        *result_lines(ends["r2"], 2),
        "the queue is paused",
        "the queue goes on",
        "r2 is not running: nothing to cancel",
        *result_lines(ends["r0"], 2),
        *result_lines(ends["r1"], 2),
        "[r1] advice: log in once by hand: git ls-remote x",
        "[r1] remote: no",
        "[r1] fatal: denied",
        "",
        *summary(finished, [ends["r1"], ends["r2"]]),
    ]
    assert "[r1] for you" in text_of(began.run)


def test_each_run_has_its_own_and_a_retry_that_mends_is_no_longer_in_the_summary() -> None:
    work = GatedWork()
    engine = Engine(work, limit=2, journal=Journal(tell=RunLog().tell))
    inbox = engine.subscribe()
    one, two = repos(2)
    engine.start([one, two])
    work.end("r1", outcome=BAD)
    while not any(isinstance(record.event, JobEnded) for record in inbox.wait(10)):
        pass
    engine.retry([two])
    work.end("r0", "r1")
    assert engine.wait_idle(10)
    last = records(inbox)[-1]
    first, finished = last.run, last.event
    assert isinstance(finished, RunFinished)
    assert text_of(first)[-2:] == ["", counts_line(finished)]
    assert sum("failed" in line for line in text_of(first)) == 1
    engine.start([one])
    work.end("r0")
    assert engine.wait_idle(10)
    second = records(inbox)[-1].run
    assert first != second
    assert "r1" not in log_file(second).read_text()


class Journalist:
    """Keeps what it is told, and waits at the ends of jobs: of those that ran, or of the others."""

    def __init__(self, *, ran: bool) -> None:
        self.ran = ran
        self.holding, self.go_on = threading.Event(), threading.Event()
        self.told: list[object] = []

    def __call__(self, records: Sequence[Record]) -> None:
        ends = [record.event for record in records if isinstance(record.event, JobEnded)]
        if any((end.slot is not None) is self.ran for end in ends):
            self.holding.set()
            assert self.go_on.wait(10)
        self.told += [record.event for record in records]


def test_nobody_hears_of_an_end_before_it_is_in_the_journal() -> None:
    journalist = Journalist(ran=True)
    engine = Engine(GatedWork(ends_at_once=SYNCED), limit=1, journal=Journal(tell=journalist))
    inbox = engine.subscribe()
    engine.start(repos(1))
    assert journalist.holding.wait(10)
    assert [event for event in events(inbox) if isinstance(event, JobEnded)] == []
    journalist.go_on.set()
    assert engine.wait_idle(10)
    ends = [event for event in events(inbox) if isinstance(event, JobEnded)]
    assert [event for event in journalist.told if isinstance(event, JobEnded)] == ends
    assert isinstance(journalist.told[-1], RunFinished)


def test_the_summary_comes_after_all_that_was_cancelled() -> None:
    work, journalist = GatedWork(), Journalist(ran=False)
    threads: list[threading.Thread] = []

    def spawn(body: Callable[[], None], name: str) -> None:
        threads.append(threading.Thread(target=body, name=name, daemon=True))
        threads[-1].start()

    engine = Engine(work, limit=1, journal=Journal(tell=journalist), spawn=spawn)
    engine.start(repos(3))
    canceller = threading.Thread(target=engine.drain)
    canceller.start()
    assert journalist.holding.wait(10)
    work.end("r0")
    threads[0].join(10)
    assert not engine.wait_idle(0), "what was cancelled is not in the journal yet"
    journalist.go_on.set()
    canceller.join()
    assert engine.wait_idle(10)
    assert [type(event) for event in journalist.told[-4:]] == [JobEnded, JobEnded, JobEnded, RunFinished]


def test_a_log_that_cannot_be_written_costs_no_repo_and_is_said_once() -> None:
    def broken(_records: Sequence[Record]) -> None:
        raise StateError("no room")

    engine = Engine(GatedWork(ends_at_once=SYNCED), limit=2, journal=Journal(tell=broken))
    inbox = engine.subscribe()
    for _ in range(2):
        engine.start(repos(5))
        assert engine.wait_idle(10)
    seen = events(inbox)
    assert [event.outcome for event in seen if isinstance(event, JobEnded)] == [SYNCED] * 10
    assert [event for event in seen if isinstance(event, Notice)] == [
        Notice("error", "this run has no whole log: no room")
    ]
