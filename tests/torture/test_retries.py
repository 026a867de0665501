"""What is tried again, how often and how soon: counted at the server, without waiting for it."""

import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.kit import repos
from tests.torture import servers
from tests.torture.remotes import LOGIN
from tests.torture.servers import TcpServer, WebServer, status
from tui.engine.engine import Turn
from tui.engine.events import Notice
from tui.engine.job import Job
from tui.engine.lanes import LONGEST_PAUSE
from tui.engine.runner import make_work
from tui.git.gauge import Gauge, Progress
from tui.git.outcome import RETRIED_REASONS, Action, Outcome, Reason, RefKind, State
from tui.git.repo import Repo
from tui.git.stop import StopSignal
from tui.git.sync import SyncOptions

STALL = 0.3


class HurriedRest:
    """Waits never, and notes how long it was to."""

    def __init__(self, gauge: Gauge, stop: StopSignal) -> None:
        self.gauge = gauge
        self.stop = stop
        self.pauses: list[float] = []
        self.shown: list[str] = []
        self.notices: list[Notice] = []
        self.meanwhile: Callable[[], object] = lambda: None
        """What happens in each pause."""

    def __call__(self, notice: Notice, pause: float) -> bool:
        self.notices.append(notice)
        self.pauses.append(pause)
        self.shown.append(self.gauge.progress.phase)
        self.meanwhile()
        return self.stop.reason is None

    def turn(self, job: Job) -> Turn:
        return Turn(job, self.stop, self.gauge, self.notices.append, self)


class Bench:
    """One checkout that is tried by the program's own rule."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.remote = repos.make_remote(folder / "a.git")
        self.closers: list[Callable[[], object]] = []
        self.rest = HurriedRest(Gauge(), StopSignal())

    def web(self, answer: servers.Answer, *, tls: bool = False) -> WebServer:
        server = WebServer(self.folder, answer=answer, tls=tls)
        self.closers.append(server.close)
        return server

    def tcp(self, talk: servers.Talk) -> TcpServer:
        server = TcpServer(talk)
        self.closers.append(server.close)
        return server

    @property
    def checkout(self) -> Path:
        return self.folder / "co"

    def clone(self, url: str) -> None:
        repos.clone(self.remote, self.checkout, url=url)

    def tries(self, url: str, retries: int = 2, timeout: float = 30) -> tuple[Outcome, int]:
        """How it ended, and in which attempt."""
        if not self.checkout.exists():
            self.clone(url)
        job = Job(Repo("co", self.checkout, url), str(self.checkout), 0.0)
        options = SyncOptions(stall_timeout=STALL, timeout=timeout, lock_dir=self.folder / "locks")
        outcome = make_work(options, retries)(self.rest.turn(job))
        return outcome, job.attempt


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[Bench]:
    bench = Bench(tmp_path)
    yield bench
    for closer in bench.closers:
        closer()


@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        (status(401, **LOGIN), Reason.AUTH),
        (status(403), Reason.AUTH),
        (status(404), Reason.NOT_FOUND),
        (status(301, Location="file:///etc/x.git"), Reason.UNSAFE_URL),
        (status(200, b"<html>\n</html>\n", Content_Type="text/html"), Reason.NOT_FOUND),
    ],
)
def test_what_cannot_get_better_is_asked_once(bench: Bench, answer: servers.Answer, reason: Reason) -> None:
    server = bench.web(answer)
    outcome, attempt = bench.tries(f"{server.url}/a.git")
    assert (outcome.state, outcome.reason, attempt) == (State.FAILED, reason, 1)
    assert [one.split()[0] for one in server.requests] == ["POST", "GET"]  # by a probe, then by git
    assert (bench.rest.pauses, bench.rest.notices) == ([], [])


def test_a_certificate_does_not_get_better(bench: Bench) -> None:
    server = bench.web(status(500), tls=True)
    outcome, attempt = bench.tries(f"{server.url}/a.git")
    assert (outcome.reason, attempt, len(server.connections)) == (Reason.TLS, 1, 2)


@pytest.mark.parametrize("code", [500, 502, 503, 429])
def test_a_server_in_trouble_is_asked_again_each_time_later(bench: Bench, code: int) -> None:
    server = bench.web(status(code))
    outcome, attempt = bench.tries(f"{server.url}/a.git", retries=3)
    wanted = Reason.RATE_LIMITED if code == 429 else Reason.REMOTE_ERROR
    assert (outcome.state, outcome.reason, attempt) == (State.FAILED, wanted, 4)
    # That it has too many requests a probe takes from it; else git has the last word.
    assert len(server.requests) == (4 if code in {429, 503} else 5)
    first, second, third = bench.rest.pauses
    assert 0.5 <= first <= 1.5
    assert 1 <= second <= 3
    assert 2 <= third <= 6


def test_the_timeout_is_that_of_all_attempts(bench: Bench) -> None:
    server = bench.web(status(500))
    outcome, attempt = bench.tries(f"{server.url}/a.git", retries=9, timeout=4)
    assert outcome.reason is Reason.REMOTE_ERROR
    assert attempt == len(server.requests) - 1 == len(bench.rest.pauses) + 1  # the first is a probe
    assert 1 <= len(bench.rest.pauses) <= 3  # the fourth is longer than all of it
    assert max(bench.rest.pauses) < 4


def test_the_timeout_counts_from_the_first_attempt(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    """What the pauses take is not given to the attempts on top."""
    now = time.monotonic()
    bench.rest.meanwhile = lambda: monkeypatch.setattr(time, "monotonic", lambda: now + 60)
    server = bench.web(status(500))
    outcome, attempt = bench.tries(f"{server.url}/a.git")
    assert (outcome.state, outcome.reason, attempt) == (State.TIMED_OUT, Reason.DEADLINE, 2)
    # The git of the second attempt is ended at once; it may have asked by then.
    asked = [one.split()[0] for one in server.requests]
    assert asked in (["POST", "GET"], ["POST", "GET", "GET"])


def test_a_server_that_recovers_is_left_in_peace(bench: Bench) -> None:
    server = bench.web(status(500, times=2))
    outcome, attempt = bench.tries(f"{server.url}/a.git")
    assert (outcome.state, attempt) == (State.UP_TO_DATE, 2)
    assert len(bench.rest.pauses) == 1


def test_it_comes_back_when_the_server_wants_it_and_not_before(bench: Bench) -> None:
    server = bench.web(status(429, times=1, Retry_After="7"))
    outcome, attempt = bench.tries(f"{server.url}/a.git")
    assert (outcome.state, attempt) == (State.UP_TO_DATE, 2)
    (pause,) = bench.rest.pauses
    assert 7 < pause <= 8.5
    assert bench.rest.shown == [f"retry 1/2 in {pause:.0f} s"]
    (notice,) = bench.rest.notices
    assert (notice.about, notice.text) == (
        "co",
        f"again in {pause:.0f} s: co, rate limited (1 of 2)",
    )


def test_the_wait_counts_for_an_overloaded_server_too(bench: Bench) -> None:
    server = bench.web(status(503, times=1, Retry_After="20"))
    bench.tries(f"{server.url}/a.git")
    assert [20 < pause <= 21.5 for pause in bench.rest.pauses] == [True]


def test_whoever_wants_to_be_left_alone_for_an_hour_is(bench: Bench) -> None:
    server = bench.web(status(429, Retry_After="3600"))
    outcome, attempt = bench.tries(f"{server.url}/a.git", timeout=0)
    assert (outcome.reason, attempt, len(server.requests)) == (Reason.RATE_LIMITED, 1, 1)
    assert "3600 s" in outcome.message


def test_a_reset_is_tried_again(bench: Bench) -> None:
    server = bench.tcp(servers.reset_once_asked)
    outcome, attempt = bench.tries(f"http://127.0.0.1:{server.port}/a.git")
    assert (outcome.reason, attempt, len(server.connections)) == (Reason.NETWORK, 3, 4)


def test_a_closed_port_is_tried_again(bench: Bench) -> None:
    with servers.closed_port() as port:
        outcome, attempt = bench.tries(f"http://127.0.0.1:{port.getsockname()[1]}/a.git", retries=1)
    assert (outcome.reason, attempt) == (Reason.REFUSED, 2)


def test_silence_is_tried_again_with_more_patience(bench: Bench) -> None:
    server = bench.tcp(servers.silence)
    outcome, attempt = bench.tries(f"http://127.0.0.1:{server.port}/a.git", retries=1)
    assert (outcome.state, outcome.reason, attempt) == (State.TIMED_OUT, Reason.STALLED, 2)
    assert f"{STALL * 2:g} s" in outcome.message
    assert len(server.connections) == 3


def test_silence_is_first_met_with_the_usual_patience(bench: Bench) -> None:
    server = bench.tcp(servers.silence)
    outcome, _ = bench.tries(f"http://127.0.0.1:{server.port}/a.git", retries=0)
    assert f"for {STALL:g} s" in outcome.message


@pytest.mark.parametrize(
    ("hook", "script", "step"),
    [
        ("post-merge", "exec sleep 600", "merge (post-merge hook); HEAD has moved"),
        (
            "reference-transaction",
            "[ $1 = prepared ] || exit 0\nexec sleep 600",
            "fetch (reference-transaction hook)",
        ),
    ],
)
def test_a_hook_that_hangs_is_not_asked_to_hang_again(
    bench: Bench, hook: str, script: str, step: str
) -> None:
    bench.clone(bench.remote.url)
    file = bench.checkout / ".git/hooks" / hook
    file.parent.mkdir(exist_ok=True)
    file.write_text(f"#!/bin/sh\n{script}\n")
    file.chmod(0o755)
    repos.add_commits(bench.remote)
    outcome, attempt = bench.tries(bench.remote.url)
    assert (outcome.state, outcome.reason, attempt) == (State.TIMED_OUT, Reason.STALLED, 1)
    assert outcome.message == f"no byte moved for {STALL:g} s in {step}"
    assert outcome.advice == f"co: a hook of yours does not end: cat {file}"


def test_what_an_attempt_has_brought_is_in_the_result_of_the_next(bench: Bench) -> None:
    """The second fetch of the first attempt, which prunes, meets a server in trouble."""

    def troubled(handler: servers.WebHandler) -> bool:
        asked = [request for request in handler.server.requests if request.startswith("GET")]
        return len(asked) == 2 and status(500)(handler)

    repos.git(bench.remote.path, "branch", "old")
    server = bench.web(troubled)
    bench.clone(f"{server.url}/a.git")
    repos.git(bench.checkout, "config", "fetch.prune", "true")
    before = bench.remote.head
    repos.add_commits(bench.remote, 2)
    repos.git(bench.remote.path, "branch", "-D", "old")
    outcome, attempt = bench.tries(f"{server.url}/a.git")
    assert (outcome.state, outcome.commits, attempt) == (State.SYNCED, 2, 2)
    assert [(ref.name, ref.old, ref.kind) for ref in outcome.refs] == [
        ("refs/remotes/origin/main", before, RefKind.FORWARD),
        ("refs/remotes/origin/old", before, RefKind.DELETED),
    ]


def test_a_stop_in_a_pause_ends_it(bench: Bench) -> None:
    server = bench.web(status(500))
    bench.rest.meanwhile = lambda: bench.rest.stop.set(Reason.USER)
    outcome, attempt = bench.tries(f"{server.url}/a.git")
    assert (outcome.state, outcome.reason, attempt) == (State.CANCELLED, Reason.USER, 1)
    assert [one.split()[0] for one in server.requests] == ["POST", "GET"]


def tried(
    monkeypatch: pytest.MonkeyPatch,
    reason: Reason,
    retries: int,
    *,
    action: Action = Action.FETCH,
    of_run: float = 0,
    own: float | None = None,
) -> list[float]:
    """The pauses before a fault that never goes away is given up; the timeouts of the run and the repo."""
    rest = HurriedRest(Gauge(), StopSignal())
    monkeypatch.setattr(
        "tui.engine.runner.sync_repo", lambda *_: Outcome(State.FAILED, reason, action=action)
    )
    job = Job(Repo("a", Path("/nowhere"), timeout=own), "", 0.0)
    make_work(SyncOptions(1, of_run, Path("/nowhere")), retries)(rest.turn(job))
    assert job.attempt == len(rest.pauses) + 1
    return rest.pauses


def test_a_long_pause_is_no_stall_of_the_attempt_after_it(monkeypatch: pytest.MonkeyPatch) -> None:
    rest, moved = HurriedRest(Gauge(), StopSignal()), list[float]()
    rest.meanwhile = lambda: rest.gauge.show(Progress(moved=0.0))

    def sync(*_: object) -> Outcome:
        moved.append(rest.gauge.progress.moved)
        return Outcome(State.FAILED, Reason.NETWORK)

    monkeypatch.setattr("tui.engine.runner.sync_repo", sync)
    began, job = time.monotonic(), Job(Repo("a", Path("/nowhere")), "", 0.0)
    make_work(SyncOptions(1, 0, Path("/nowhere")), 1)(rest.turn(job))
    assert len(moved) == 2
    assert moved[1] >= began


def test_what_git_says_of_two_attempts_is_told_apart(monkeypatch: pytest.MonkeyPatch) -> None:
    rest = HurriedRest(Gauge(), StopSignal())

    def sync(*_: object) -> Outcome:
        rest.gauge.keep(f"of attempt {rest.gauge.attempt}, before it: {rest.gauge.before}")
        return Outcome(State.TIMED_OUT, Reason.STALLED)

    monkeypatch.setattr("tui.engine.runner.sync_repo", sync)
    make_work(SyncOptions(1, 0, Path("/nowhere")), 1)(rest.turn(Job(Repo("a", Path("/nowhere")), "", 0.0)))
    assert list(rest.gauge.output) == [
        "of attempt 1, before it: ",
        "── attempt 2 ──",
        "of attempt 2, before it: stalled",
    ]


def test_the_pauses_grow_to_a_bound_and_no_two_crowds_keep_step(monkeypatch: pytest.MonkeyPatch) -> None:
    pauses = tried(monkeypatch, Reason.NETWORK, 100)
    assert len(pauses) == 100
    assert max(pauses) <= LONGEST_PAUSE
    assert min(pauses[10:]) >= LONGEST_PAUSE / 3
    assert len(set(pauses)) == 100


@pytest.mark.parametrize(
    ("action", "of_run", "own", "pauses"),
    [
        (Action.FETCH, 0.1, None, 0),
        (Action.FETCH, 0.1, 0, 2),
        (Action.FETCH, 0, 0.1, 0),
        (Action.CLONE, 0.1, None, 2),
        (Action.CLONE, 0.1, 0.1, 0),
    ],
)
def test_no_pause_goes_beyond_the_timeout(
    monkeypatch: pytest.MonkeyPatch, action: Action, of_run: float, own: float | None, pauses: int
) -> None:
    """The repo's own, else the run's, which is not for clones."""
    tries = tried(monkeypatch, Reason.NETWORK, 2, action=action, of_run=of_run, own=own)
    assert len(tries) == pauses


@pytest.mark.parametrize("reason", list(Reason))
def test_each_reason_is_tried_again_or_not(monkeypatch: pytest.MonkeyPatch, reason: Reason) -> None:
    retried = {"dns", "refused", "network", "rate_limited", "remote_error", "stalled"}
    assert len(tried(monkeypatch, reason, 2)) == (2 if reason in retried else 0)
    assert retried == RETRIED_REASONS
