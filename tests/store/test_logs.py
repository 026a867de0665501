"""A log a run, of which the newest are kept."""

import os
from pathlib import Path

import pytest

from tui.store.logs import LOGS_KEPT, begin_log, continue_log, log_of
from tui.store.paths import StateError, log_file, state_folder


def run_id(number: int, second: int = 0) -> str:
    return f"20261121T1000{second:02}Z-{number:06x}"


def test_it_is_for_the_person_alone_and_named_from_the_home_folder() -> None:
    assert log_of(run_id(1)) == log_of("") == log_of("x" * 5000) == ""
    before = os.umask(0)
    try:
        begin_log(run_id(1), ["one"])
    finally:
        os.umask(before)
    file = log_file(run_id(1))
    assert file == state_folder() / "logs" / "20261121T100000Z-000001.log"
    assert (file.parent.stat().st_mode & 0o777, file.stat().st_mode & 0o777) == (0o700, 0o600)
    assert log_of(run_id(1)) == "~/.local/state/synctui/logs/20261121T100000Z-000001.log"
    file.parent.chmod(0o755)
    begin_log(run_id(2), [])
    assert file.parent.stat().st_mode & 0o777 == 0o700


def test_what_is_in_it_is_clean() -> None:
    begin_log(run_id(1), ["a\x1b[31m\nb\udcff", "https://me:secret@a.example/x.git?token=abc"])
    continue_log(run_id(1), ["  indented"])
    assert log_file(run_id(1)).read_text() == "a b\ufffd\nhttps://a.example/x.git?token=***\n  indented\n"


def test_two_runs_in_one_second_have_one_each_and_none_is_written_over() -> None:
    begin_log(run_id(1), ["one"])
    begin_log(run_id(2), ["two"])
    assert [log_file(run_id(number)).read_text() for number in (1, 2)] == ["one\n", "two\n"]
    with pytest.raises(StateError, match="File exists"):
        begin_log(run_id(1), ["three"])
    assert log_file(run_id(1)).read_text() == "one\n"


def test_the_newest_are_kept_and_what_is_no_log_of_a_run_stays() -> None:
    for number in range(LOGS_KEPT + 3):
        begin_log(run_id(number), [])
        os.utime(log_file(run_id(number)), (number, number))
    logs = log_file("x").parent
    (logs / "notes.log").write_text("mine")
    os.utime(logs / "notes.log", (0, 0))
    os.utime(log_file(run_id(3)), None)  # of a long run that is still written
    begin_log(run_id(99), [])
    left = {path.name.removesuffix(".log") for path in logs.iterdir()}
    assert left == {"notes", run_id(3), run_id(99), *(run_id(n) for n in range(5, LOGS_KEPT + 3))}
    assert len(left) == LOGS_KEPT + 1


def test_one_that_was_begun_under_a_clock_set_back_is_kept() -> None:
    for number in range(LOGS_KEPT):
        begin_log(run_id(number), [])
        os.utime(log_file(run_id(number)), (1e10, 1e10))
    begin_log(run_id(99), [])
    assert log_of(run_id(99))
    assert len(list(log_file("x").parent.iterdir())) == LOGS_KEPT


def test_a_folder_that_cannot_be_had_is_said(sandbox: Path) -> None:
    state_folder().mkdir(parents=True)
    log_file("x").parent.write_text("in the way")
    with pytest.raises(StateError, match=r"logs: no usable state folder: "):
        begin_log(run_id(1), [])
    with pytest.raises(StateError, match=r"000001\.log: cannot be written: Not a directory"):
        continue_log(run_id(1), [])


def test_a_link_in_its_place_is_not_followed(tmp_path: Path) -> None:
    begin_log(run_id(1), ["one"])
    target = tmp_path / "precious"
    target.write_text("mine")
    log_file(run_id(1)).unlink()
    log_file(run_id(1)).symlink_to(target)
    with pytest.raises(StateError):
        continue_log(run_id(1), ["two"])
    with pytest.raises(StateError):
        begin_log(run_id(1), ["two"])
    assert target.read_text() == "mine"
