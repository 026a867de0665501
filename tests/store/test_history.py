import os
import shutil
import sqlite3
import threading
from contextlib import closing
from pathlib import Path
from types import SimpleNamespace

import pytest

from tests.kit.processes import wait_until
from tui.git.outcome import Outcome, Reason, RefChange, RefKind, State
from tui.git.repo import Repo
from tui.store import database
from tui.store.history import RESULTS_KEPT, CutOff, History
from tui.store.past import Failure, Past
from tui.store.paths import StateError
from tui.store.watches import Watching

HERE = "/srv/synctui.toml"
DATA = Path(__file__).parent.parent / "data"
COLUMNS = "run, workspace, repo, path, state, reason, attempt, started_at, duration_ms, old, new"


@pytest.fixture
def file(tmp_path):
    return tmp_path / "synctui.db"


def keep(history, name, state, *, workspace=HERE, run="run-1", path="/srv/x", reason=None):
    outcome = Outcome(state, reason, old="a" * 40, new="b" * 40)
    history.record(workspace, run, Repo(name, Path(path)), outcome, 2, 1_750_000_000.25, 1234)


def states(history, workspace):
    return {repo: past.state for repo, past in history.past(workspace).items()}


def read_states(file, workspace=HERE):
    with History.read(file) as history:
        return states(history, workspace)


def query(file, statement):
    connection = sqlite3.connect(file)
    try:
        return connection.execute(statement).fetchall()
    finally:
        connection.close()


def refusal(file):
    with pytest.raises(StateError) as caught:
        History.open(file)
    return str(caught.value)


def test_the_last_state_of_each_repo_counts_in_its_own_workspace(file):
    with History.open(file) as history:
        keep(history, "a", State.FAILED)
        keep(history, "b", State.FAILED)
        keep(history, "a", State.SYNCED, run="run-2")
        keep(history, "b", State.BUSY, workspace="/else")

        assert states(history, HERE) == {"a": "synced", "b": "failed"}
        assert states(history, "/else") == {"b": "busy"}
        assert states(history, "/nowhere") == {}


def test_the_last_result_tells_reason_and_time(file):
    with History.open(file) as history:
        keep(history, "a", State.FAILED, reason=Reason.AUTH)
        keep(history, "b", State.SYNCED)
        past = history.past(HERE)
    end = 1_750_000_000.25 + 1.234
    failed = Past(
        "failed", "auth", "", 1_750_000_000.25, end, None, Failure("failed", "auth", end, end, 1, 1)
    )
    assert past == {"a": failed, "b": Past("synced", None, "", 1_750_000_000.25, end, end)}


def test_the_fetch_that_the_first_failure_made_git_forget_stays(file):
    with History.open(file) as history:
        for last_fetch in (500.0, None, None):
            outcome = Outcome(State.FAILED, Reason.NOT_FOUND, last_fetch=last_fetch)
            history.record(HERE, "run-1", Repo("a", Path("/srv/a")), outcome, 1, 1_750_000_000.0, 1000)
        # A sync of ours fetched there, and was blocked.
        for last_fetch in (500.0, 1_750_000_000.9):
            outcome = Outcome(State.BLOCKED, Reason.DIRTY, last_fetch=last_fetch)
            history.record(HERE, "run-1", Repo("b", Path("/srv/b")), outcome, 1, 1_750_000_000.0, 1000)
        keep(history, "c", State.FAILED)
        past = history.past(HERE)
    assert [past[repo].last_fetch for repo in "abc"] == [500.0, 500.0, None]


@pytest.mark.parametrize("between", [State.BUSY, State.CANCELLED])
def test_a_fetch_by_hand_stays_where_a_sync_that_fetched_nothing_came_after_it(file, between):
    ended_at = {State.FAILED: 100.0, between: 300.0, State.TIMED_OUT: 400.0}
    with History.open(file) as history:
        for state, at in ended_at.items():
            by_hand = 200.0 if state is State.TIMED_OUT else None
            history.record(
                HERE, "run-1", Repo("a", Path("/srv/a")), Outcome(state, last_fetch=by_hand), 1, at, 0
            )
        (past,) = history.past(HERE).values()
    assert (past.last_fetch, past.last_end, past.last_asked) == (200.0, 400.0, 400.0)


def test_a_result_is_there_for_others_as_soon_as_it_is_recorded(file):
    with History.open(file) as history:
        keep(history, "a", State.FAILED, reason=Reason.NOT_FOUND)

        assert query(file, f"SELECT {COLUMNS} FROM results") == [
            (
                "run-1",
                HERE,
                "a",
                "/srv/x",
                "failed",
                "not_found",
                2,
                1_750_000_000.25,
                1234,
                "a" * 40,
                "b" * 40,
            )
        ]


def test_the_file_is_private_and_made_for_many_processes(file):
    with History.open(file):
        assert {path.stat().st_mode & 0o777 for path in file.parent.iterdir()} == {0o600}
        assert query(file, "PRAGMA journal_mode") == [("wal",)]
    assert [path.name for path in file.parent.iterdir()] == ["synctui.db"]
    assert query(file, "PRAGMA user_version") == [(6,)]


def test_a_second_opening_keeps_what_is_there(file):
    for run in ("run-1", "run-2"):
        with History.open(file) as history:
            keep(history, run, State.SYNCED, run=run)

    assert read_states(file) == {"run-1": "synced", "run-2": "synced"}


def test_sixty_four_threads_and_two_connections_record_every_result(file):
    with History.open(file) as one, History.open(file) as other:

        def work(number):
            for turn in range(4):
                keep((one, other)[turn % 2], f"r{number}", State.SYNCED, run=f"run-{turn}")

        threads = [threading.Thread(target=work, args=(number,)) for number in range(64)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

    assert query(file, "SELECT count(*), count(DISTINCT repo), count(DISTINCT run) FROM results") == [
        (256, 64, 4)
    ]


def keep_together(history, names):
    """Each from a thread of its own, all of them waiting at the same time; the names of those that raised."""
    raised = {}

    def work(name):
        try:
            keep(history, name, State.SYNCED)
        except StateError as error:
            raised[name] = str(error)

    threads = [threading.Thread(target=work, args=(name,)) for name in names]
    with history._database._lock:
        for thread in threads:
            thread.start()
        wait_until(lambda: len(history._database._waiting) == len(names), "all of them wait")
    for thread in threads:
        thread.join()
    return raised


def test_what_waits_at_the_same_time_is_committed_at_once(file):
    with History.open(file) as history:
        told = []
        history._database._connection.set_trace_callback(told.append)
        assert keep_together(history, "abcdefgh") == {}
        assert (told.count("BEGIN IMMEDIATE"), told.count("COMMIT")) == (1, 1)
        assert states(history, HERE) == dict.fromkeys("abcdefgh", "synced")


def test_a_result_that_cannot_be_kept_costs_none_of_those_that_wait_beside_it(file):
    with History.open(file) as history:
        query(
            file,
            "CREATE TRIGGER wrong AFTER INSERT ON results WHEN new.repo = 'c'"
            " BEGIN SELECT RAISE(ROLLBACK, 'not this one'); END",
        )
        assert keep_together(history, "abcdefgh") == {"c": f"{file}: cannot be used: not this one"}
        assert states(history, HERE) == dict.fromkeys("abdefgh", "synced")


def test_a_new_file_that_all_open_at_once_is_made_once(tmp_path):
    together = threading.Barrier(16)
    opened = []

    def work(number):
        for turn in range(4):
            together.wait(10)
            with History.open(tmp_path / f"{turn}.db") as history:
                keep(history, f"r{number}", State.SYNCED)
                opened.append(turn)

    threads = [threading.Thread(target=work, args=(number,)) for number in range(16)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert sorted(opened) == sorted([*range(4)] * 16)
    assert [len(read_states(tmp_path / f"{turn}.db")) for turn in range(4)] == [16] * 4


def test_a_new_file_that_another_process_is_just_making_is_waited_for(file, monkeypatch):
    with closing(sqlite3.connect(file, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        waited = []

        def let_go(seconds):
            waited.append(seconds)
            other.execute("ROLLBACK")

        monkeypatch.setattr(database.time, "sleep", let_go)
        with History.open(file) as history:
            keep(history, "a", State.SYNCED)

    assert len(waited) == 1
    assert read_states(file) == {"a": "synced"}


def test_opening_writes_nothing_to_a_file_that_is_up_to_date(file):
    with History.open(file) as history:
        keep(history, "a", State.SYNCED)
    before = (file.stat().st_mtime_ns, file.read_bytes())
    with History.open(file) as history:
        assert states(history, HERE) == {"a": "synced"}

    assert (file.stat().st_mtime_ns, file.read_bytes()) == before


def test_a_file_name_that_is_not_text_is_no_obstacle(file):
    odd = os.fsdecode(b"/srv/\xff.toml")
    with History.open(file) as history:
        keep(history, "a", State.SYNCED, workspace=odd, path=odd)

        assert states(history, odd) == {"a": "synced"}


def test_no_url_and_no_output_gets_in(file):
    outcome = Outcome(State.FAILED, Reason.AUTH, "no", url="https://h/x", output_tail=("a line",))
    with History.open(file) as history:
        history.record(
            HERE, "run-1", Repo("a", Path("/srv/a"), url="https://me:secret@h/x"), outcome, 1, 1.0, 1
        )

    content = file.read_bytes()
    assert [word in content for word in (b"secret", b"https:", b"a line", b"/srv/a")] == [
        False,
        False,
        False,
        True,
    ]


@pytest.mark.parametrize(
    ("damage", "text"),
    [
        (lambda data: b"not a database at all" * 100, "file is not a database"),
        (lambda data: data[:4096], "database disk image is malformed"),
        (
            lambda data: data[:4096] + b"\xff" * 4096 + data[8192:],
            "*** in database main ***",
        ),
    ],
    ids=["foreign", "cut off", "overwritten"],
)
def test_a_damaged_file_is_named_and_left_alone(file, damage, text):
    with History.open(file) as history:
        for number in range(100):
            keep(history, f"r{number}", State.SYNCED)
    content = damage(file.read_bytes())
    file.write_bytes(content)

    said = refusal(file)

    assert said.startswith(f"{file}: damaged: {text}")
    assert said.endswith("; move it away to begin a new one")
    assert "\n" not in said
    assert file.read_bytes() == content


def test_a_file_of_a_newer_version_is_left_alone(file):
    History.open(file).__exit__()
    query(file, "PRAGMA user_version = 7")
    content = file.read_bytes()

    assert refusal(file) == f"{file}: written by a newer version of synctui"
    assert file.read_bytes() == content


def test_a_file_that_cannot_be_is_named(tmp_path):
    (tmp_path / "folder.db").mkdir()

    assert (
        refusal(tmp_path / "folder.db")
        == f"{tmp_path}/folder.db: cannot be used: unable to open database file"
    )
    assert refusal(tmp_path / "no/x.db") == f"{tmp_path}/no/x.db: cannot be used: No such file or directory"


def test_a_result_that_cannot_be_kept_is_an_error_that_names_the_file(file):
    with History.open(file) as history:
        query(file, "CREATE TRIGGER full BEFORE INSERT ON results BEGIN SELECT RAISE(ABORT, 'no room'); END")

        with pytest.raises(StateError) as caught:
            keep(history, "a", State.SYNCED)
        assert states(history, HERE) == {}
    assert str(caught.value) == f"{file}: cannot be used: no room"

    with pytest.raises(StateError) as caught:
        keep(history, "a", State.SYNCED)
    assert str(caught.value) == f"{file}: cannot be used: Cannot operate on a closed database."


def test_who_holds_the_file_is_waited_for_once_and_not_by_each_result(file, monkeypatch):
    monkeypatch.setattr("tui.store.database._PATIENCE", 50)

    def patience():
        [[milliseconds]] = history._database._connection.execute("PRAGMA busy_timeout").fetchall()
        return milliseconds

    with History.open(file) as history:
        waits = [patience()]
        holder = sqlite3.connect(file, isolation_level=None)
        holder.execute("BEGIN IMMEDIATE")
        for name in "ab":
            with pytest.raises(StateError, match="cannot be used: database is locked"):
                keep(history, name, State.SYNCED)
            waits.append(patience())
        holder.close()
        keep(history, "c", State.SYNCED)
        waits.append(patience())
        assert states(history, HERE) == {"c": "synced"}
    assert waits == [50, 0, 0, 50]


def test_asking_where_there_is_no_file_makes_none(tmp_path):
    with History.read(tmp_path / "no/synctui.db") as history:
        assert (history.past(HERE), history.runs(HERE, 9), history.durations(HERE)) == ({}, [], {})
    assert list(tmp_path.iterdir()) == []


# Memory of failures.


def fails(history, reason=Reason.NOT_FOUND, state=State.FAILED):
    keep(history, "a", state, reason=reason)


def test_failures_in_a_row_count_until_a_success(file):
    with History.open(file) as history:
        for _ in range(2):
            fails(history)
        keep(history, "a", State.CANCELLED)
        keep(history, "a", State.BUSY)
        [failure] = history.ledger.failures(HERE).values()
        assert (failure.attempts, failure.own, failure.acknowledged) == (2, 2, False)
        assert (history.past(HERE)["a"].state, history.past(HERE)["a"].attempts) == ("busy", 2)
        keep(history, "a", State.UP_TO_DATE)
        assert history.ledger.failures(HERE) == {}
        assert history.past(HERE)["a"].attempts == 0


def test_what_a_network_does_is_not_the_fault_of_the_repo(file):
    with History.open(file) as history:
        fails(history)
        for reason in (Reason.NETWORK, Reason.STALLED, Reason.RATE_LIMITED):
            fails(history, reason)
        [failure] = history.ledger.failures(HERE).values()
    assert (failure.attempts, failure.own, failure.reason) == (4, 1, "rate_limited")


def test_an_acknowledged_failure_that_comes_again_is_a_new_one(file):
    with History.open(file) as history:
        fails(history)
        fails(history)
        assert history.ledger.acknowledge(HERE, ["a", "b"], 9.0) == ["a"]
        assert history.ledger.acknowledge(HERE, ["a"], 9.0) == []
        assert not history.past(HERE)["a"].is_open
        fails(history)
        [failure] = history.ledger.failures(HERE).values()
        assert (failure.attempts, failure.acknowledged) == (1, False)


def test_the_ledger_is_exact_while_many_write_it(file):
    def work(history):
        for _ in range(5):
            fails(history)

    with History.open(file) as one, History.open(file) as other:
        threads = [threading.Thread(target=work, args=((one, other)[n % 2],)) for n in range(16)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert one.ledger.failures(HERE)["a"].attempts == 80


@pytest.mark.parametrize(
    ("own", "passed", "held"),
    [
        (2, 0.5, 0.0),  # a third try comes first
        (3, 0.5, 119.5),
        (3, 120.0, 0.0),
        (4, 120.0, 120.0),
        (12, 0.5, 61_439.5),
        (13, 0.5, 86_399.5),  # a day is the most
        (99_999, 0.5, 86_399.5),
        (3, -1.0, 0.0),  # a clock is wrong
    ],
)
def test_a_repo_that_keeps_failing_is_left_alone_ever_longer(own, passed, held):
    failure = Failure("failed", "not_found", 0.0, 1000.0, own, own, acknowledged=False)
    assert failure.held_for(60.0, 1000.0 + passed) == held


def test_a_pause_is_never_shorter_than_the_interval():
    failure = Failure("failed", "not_found", 0.0, 1000.0, 9, 9, acknowledged=False)
    assert failure.held_for(7 * 86_400.0, 1001.0) == 7 * 86_400.0 - 1


# Watches.


def test_one_process_watches_a_workspace(file):
    with History.open(file) as history:
        assert history.watches.of(HERE, 5.0) is None
        assert history.watches.take(HERE, 60.0, 5.0) is None
        history.watches.beat(HERE, 3, 70.0, 10.0)
        me = Watching(os.getpid(), os.uname().nodename, 5.0, 60.0, 3, 70.0, 10.0, alive=True)
        assert history.watches.take(HERE, 1.0, 11.0) == me
        assert history.watches.take("/else", 60.0, 5.0) is None
        history.watches.release(HERE)
        assert history.watches.of(HERE, 5.0) is None
        assert history.watches.of("/else", 5.0)


def test_a_watch_that_died_is_followed_by_the_next(file):
    with History.open(file) as history:
        history.watches.take(HERE, 60.0, 5.0)
        connection = sqlite3.connect(file)
        connection.execute("UPDATE watches SET process = 'an earlier one of that pid'")
        connection.commit()
        connection.close()
        assert not history.watches.of(HERE, 6.0).alive
        assert history.watches.take(HERE, 60.0, 7.0) is None
        assert history.watches.of(HERE, 7.0).started_at == 7.0


@pytest.mark.parametrize(("silence", "alive"), [(59.0, True), (60.0, False)])
def test_of_a_watch_on_another_host_only_signs_of_life_are_known(file, monkeypatch, silence, alive):
    with History.open(file) as history:
        monkeypatch.setattr(os, "uname", lambda: SimpleNamespace(nodename="afar"))
        history.watches.take(HERE, 60.0, 5.0)
        monkeypatch.undo()
        assert history.watches.of(HERE, 5.0 + silence).alive == alive


# Runs.


def test_a_run_and_what_it_did_not_end(file):
    with History.open(file) as history:
        history.begin(HERE, "run-1", 100.0, 4, ["a", "b", "c"])
        history.begin(HERE, "run-1", 101.0, 4, ["c", "d"])
        keep(history, "a", State.SYNCED)
        keep(history, "b", State.CANCELLED, reason=Reason.QUIT)
        keep(history, "c", State.CANCELLED, reason=Reason.USER)
        [run] = history.runs(HERE, 10)
        assert (run.wanted, run.alive, run.ended_at) == (("a", "b", "c", "d"), True, None)
        assert history.cut_off(HERE) is None
        history.finish("run-1", 200.0, 4, 7, 1)
        assert history.cut_off(HERE) == CutOff(100.0, ("b", "d"))
        [run] = history.runs(HERE, 10)
        assert (run.started_at, run.ended_at, run.total, run.commits, run.exit_code) == (
            100.0,
            200.0,
            4,
            7,
            1,
        )
        history.begin(HERE, "run-2", 300.0, 4, [])
        assert [run.id for run in history.runs(HERE, 10)] == ["run-2", "run-1"]
        assert history.runs("/else", 10) == []


def test_what_an_ended_run_wanted_goes_with_the_next_one(file):
    with History.open(file) as history:
        history.begin(HERE, "ended", 1_750_000_000.0, 1, ["a", "b"])
        history.finish("ended", 1_750_000_001.0, 2, 0, 0)
        assert [run.wanted for run in history.runs(HERE, 9)] == [("a", "b")]
        history.begin(HERE, "cut off", 1_750_000_002.0, 1, ["c"])
        history.begin(HERE, "next", 1_750_000_003.0, 1, ["d"])
        assert [run.wanted for run in history.runs(HERE, 9)] == [("d",), ("c",), ()]


def test_a_run_of_a_process_that_is_gone_was_cut_off(file):
    with History.open(file) as history:
        history.begin(HERE, "run-1", 100.0, 4, ["a"])
        history._database.execute("UPDATE runs SET process = 'another'")
        assert not history.runs(HERE, 1)[0].alive
        assert history.cut_off(HERE) == CutOff(100.0, ("a",))


def test_a_result_comes_back_whole(file):
    change = RefChange("refs/remotes/origin/main", "a" * 40, None, RefKind.DELETED)
    outcome = Outcome(State.SYNCED, message="1 ref", branch="main", commits=3, refs=(change,), received=70)
    with History.open(file) as history:
        history.record(HERE, "run-1", Repo("a", Path("/srv/a")), outcome, 1, 10.0, 500)
        [result] = history.results_of_run("run-1")
        assert history.results_of_repo(HERE, "a") == history.results_since(HERE, 10.5) == [result]
        assert history.results_since(HERE, 10.6) == []
        assert history.durations(HERE) == {"a": [0.5]}
    assert (result.message, result.commits, result.refs, result.ended_at) == ("1 ref", 3, (change,), 10.5)
    assert result.received == 70


def test_old_results_go_but_the_last_one_and_the_last_success_stay(file):
    with History.open(file) as history:
        keep(history, "a", State.SYNCED)
        for _ in range(RESULTS_KEPT + 5):
            fails(history)
        kept = history.results_of_repo(HERE, "a", 1000)
        assert [result.state for result in kept] == ["failed"] * RESULTS_KEPT + ["synced"]
        history.begin(HERE, "later", 1_750_000_000.0 + 91 * 86_400, 1, [])
        assert [result.state for result in history.results_of_repo(HERE, "a")] == ["failed", "synced"]
        assert history.ledger.failures(HERE)["a"].attempts == RESULTS_KEPT + 5


# Other versions, and reading alone.


def test_a_database_of_each_version_opens_with_all_that_it_held(file):
    shutil.copy(DATA / "state-1.db", file)
    with History.open(file) as history:
        past = history.past(HERE)
        assert {repo: (one.state, one.attempts) for repo, one in past.items()} == {
            "fine": ("up_to_date", 0),
            "dead": ("failed", 1),
            "mended": ("synced", 0),
            "stuck": ("blocked", 1),
        }
        assert past["fine"].last_success == 1_750_000_000.0 + 200 + 1.5
        assert len(history.results_of_repo(HERE, "fine")) == 2


def test_reading_makes_nothing_and_needs_no_right_to_write(file):
    with History.open(file) as history:
        keep(history, "a", State.SYNCED)
    folder = file.parent
    before = (folder.stat().st_mtime_ns, file.stat().st_mtime_ns)
    assert read_states(file) == {"a": "synced"}
    assert ([*folder.iterdir()], (folder.stat().st_mtime_ns, file.stat().st_mtime_ns)) == ([file], before)


def test_reading_sees_what_a_run_that_goes_on_has_written(file):
    with History.open(file) as history:
        keep(history, "a", State.SYNCED)
        assert read_states(file) == {"a": "synced"}


@pytest.mark.parametrize("version", [2, 3, 4, 5, 6])
def test_from_version_two_on_runs_refs_and_ledger_are_kept(file, version):
    shutil.copy(DATA / f"state-{version}.db", file)
    with History.open(file) as history:
        ledger = history.ledger.failures(HERE)
        assert {repo: (one.attempts, one.acknowledged) for repo, one in ledger.items()} == {
            "dead": (2, False),
            "noted": (1, True),
            "stuck": (1, False),
        }
        cut_off, ended = history.runs(HERE, 9)
        assert (cut_off.id, cut_off.ended_at, cut_off.alive) == ("run-2", None, False)
        assert (ended.wanted, ended.exit_code) == (("fine", "dead", "noted", "stuck"), 1)
        _, first = history.results_of_repo(HERE, "fine")
        assert first.refs == (RefChange("refs/remotes/origin/main", "a" * 40, "b" * 40, RefKind.FORWARD),)
        assert history.durations(HERE) == {"fine": [1.5, 1.5]}


def test_version_three_keeps_who_watches(file):
    shutil.copy(DATA / "state-3.db", file)
    with History.open(file) as history:
        watch = history.watches.of(HERE, 1_750_006_010.0)
        assert (watch.host, watch.every, watch.passes, watch.alive) == ("a-host", 900.0, 7, True)
        assert history.watches.of(HERE, 1_750_006_061.0).alive is False


def test_version_five_keeps_how_much_came(file):
    shutil.copy(DATA / "state-5.db", file)
    with History.open(file) as history:
        assert [result.received for result in history.results_of_repo(HERE, "fine")] == [None, 2048]


def test_version_six_keeps_the_fetch_that_a_failure_made_git_forget(file):
    shutil.copy(DATA / "state-6.db", file)
    with History.open(file) as history:
        past = history.past(HERE)
        assert (past["stuck"].last_fetch, past["fine"].last_fetch) == (1_750_000_900.0, None)


def test_there_is_a_file_of_each_version(file):
    with History.open(file):
        [(version,)] = query(file, "PRAGMA user_version")
    assert [one.name for one in sorted(DATA.iterdir())] == [f"state-{n + 1}.db" for n in range(version)]


def test_an_older_version_is_brought_up_before_it_is_read(file):
    shutil.copy(DATA / "state-1.db", file)
    assert read_states(file)["stuck"] == "blocked"
    assert query(file, "PRAGMA user_version") == [(6,)]


def test_a_damaged_file_is_named_to_a_reader_too(file):
    file.write_bytes(b"not a database at all" * 100)
    with pytest.raises(StateError, match="damaged"):
        History.read(file)
