import os
import sqlite3
import threading
from pathlib import Path

import pytest

from tui.git.outcome import Outcome, Reason, State
from tui.git.repo import Repo
from tui.store.history import History, LastResult, last_results
from tui.store.paths import StateError

HERE = "/srv/synctui.toml"
COLUMNS = "run, workspace, repo, path, state, reason, attempt, started_at, duration_ms, old, new"


@pytest.fixture
def file(tmp_path):
    return tmp_path / "synctui.db"


def keep(history, name, state, *, workspace=HERE, run="run-1", path="/srv/x", reason=None):
    outcome = Outcome(state, reason, old="a" * 40, new="b" * 40)
    history.record(workspace, run, Repo(name, Path(path)), outcome, 2, 1_750_000_000.25, 1234)


def states(history, workspace):
    return {repo: last.state for repo, last in history.last_results(workspace).items()}


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
    assert last_results(file, HERE) == {
        "a": LastResult("failed", "auth", 1_750_000_000.25),
        "b": LastResult("synced", None, 1_750_000_000.25),
    }


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
    assert query(file, "PRAGMA user_version") == [(1,)]


def test_a_second_opening_keeps_what_is_there(file):
    for run in ("run-1", "run-2"):
        with History.open(file) as history:
            keep(history, run, State.SYNCED, run=run)

    assert {repo: last.state for repo, last in last_results(file, HERE).items()} == {
        "run-1": "synced",
        "run-2": "synced",
    }


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
    assert [len(last_results(tmp_path / f"{turn}.db", HERE)) for turn in range(4)] == [16] * 4


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
    outcome = Outcome(State.FAILED, Reason.AUTH, "https://h/x", url="https://h/x", output_tail=("a line",))
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
    query(file, "PRAGMA user_version = 2")
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
    assert last_results(tmp_path / "no/synctui.db", HERE) == {}
    assert list(tmp_path.iterdir()) == []
