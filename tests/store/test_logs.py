"""A log a run, of which the newest are kept."""

import errno
import os
from contextlib import closing
from pathlib import Path

import pytest

from tui.store.logs import LOGS_KEPT, Log, log_of
from tui.store.paths import StateError, log_file, state_folder


def run_id(number: int, second: int = 0) -> str:
    return f"20261121T1000{second:02}Z-{number:06x}"


def begin(run: str, lines: list[str]) -> None:
    with closing(Log(run)) as log:
        log.begin(lines)


def go_on(run: str, lines: list[str]) -> None:
    with closing(Log(run)) as log:
        log.write(lines)


def test_it_is_for_the_person_alone_and_named_from_the_home_folder() -> None:
    assert log_of(run_id(1)) == log_of("") == log_of("x" * 5000) == ""
    before = os.umask(0)
    try:
        begin(run_id(1), ["one"])
    finally:
        os.umask(before)
    file = log_file(run_id(1))
    assert file == state_folder() / "logs" / "20261121T100000Z-000001.log"
    assert (file.parent.stat().st_mode & 0o777, file.stat().st_mode & 0o777) == (0o700, 0o600)
    assert log_of(run_id(1)) == "~/.local/state/synctui/logs/20261121T100000Z-000001.log"
    file.parent.chmod(0o755)
    begin(run_id(2), [])
    assert file.parent.stat().st_mode & 0o777 == 0o700


def test_what_is_in_it_is_clean() -> None:
    begin(run_id(1), ["a\x1b[31m\nb\udcff", "https://me:secret@a.example/x.git?token=abc"])
    go_on(run_id(1), ["  indented"])
    assert log_file(run_id(1)).read_text() == "a b\ufffd\nhttps://a.example/x.git?token=***\n  indented\n"


def test_two_runs_in_one_second_have_one_each_and_none_is_written_over() -> None:
    begin(run_id(1), ["one"])
    begin(run_id(2), ["two"])
    assert [log_file(run_id(number)).read_text() for number in (1, 2)] == ["one\n", "two\n"]
    with pytest.raises(StateError, match="File exists"):
        begin(run_id(1), ["three"])
    assert log_file(run_id(1)).read_text() == "one\n"


def test_the_newest_are_kept_and_what_is_no_log_of_a_run_stays() -> None:
    for number in range(LOGS_KEPT + 3):
        begin(run_id(number), [])
        os.utime(log_file(run_id(number)), (number, number))
    logs = log_file("x").parent
    (logs / "notes.log").write_text("mine")
    os.utime(logs / "notes.log", (0, 0))
    os.utime(log_file(run_id(3)), None)  # of a long run that is still written
    begin(run_id(99), [])
    left = {path.name.removesuffix(".log") for path in logs.iterdir()}
    assert left == {"notes", run_id(3), run_id(99), *(run_id(n) for n in range(5, LOGS_KEPT + 3))}
    assert len(left) == LOGS_KEPT + 1


def test_one_that_was_begun_under_a_clock_set_back_is_kept() -> None:
    for number in range(LOGS_KEPT):
        begin(run_id(number), [])
        os.utime(log_file(run_id(number)), (1e10, 1e10))
    begin(run_id(99), [])
    assert log_of(run_id(99))
    assert len(list(log_file("x").parent.iterdir())) == LOGS_KEPT


def test_a_folder_that_cannot_be_had_is_said(sandbox: Path) -> None:
    state_folder().mkdir(parents=True)
    log_file("x").parent.write_text("in the way")
    with pytest.raises(StateError, match=r"logs: no usable state folder: "):
        begin(run_id(1), [])
    with pytest.raises(StateError, match=r"000001\.log: cannot be written: Not a directory"):
        go_on(run_id(1), [])


def test_a_link_in_its_place_is_not_followed(tmp_path: Path) -> None:
    begin(run_id(1), ["one"])
    target = tmp_path / "precious"
    target.write_text("mine")
    log_file(run_id(1)).unlink()
    log_file(run_id(1)).symlink_to(target)
    with pytest.raises(StateError):
        go_on(run_id(1), ["two"])
    with pytest.raises(StateError):
        begin(run_id(1), ["two"])
    assert target.read_text() == "mine"


def test_it_is_there_at_once_and_opened_once_until_it_is_closed(monkeypatch: pytest.MonkeyPatch) -> None:
    opened = []
    open_file = os.open
    monkeypatch.setattr("os.open", lambda *args: opened.append(args[0]) or open_file(*args))
    file = log_file(run_id(1))
    with closing(Log(run_id(1))) as log:
        log.begin(["one"])
        for line in ("two", "three"):
            log.write([line])
        assert file.read_text() == "one\ntwo\nthree\n"
        assert opened == [file]
        log.close()
        log.write(["four"])
        assert file.read_text() == "one\ntwo\nthree\nfour\n"
        assert opened == [file] * 2


def test_one_that_is_taken_away_in_mid_run_breaks_nothing() -> None:
    with closing(Log(run_id(1))) as log:
        log.begin(["one"])
        log_file(run_id(1)).unlink()
        log.write(["two"])
    assert log_of(run_id(1)) == ""


def test_of_lines_for_which_there_is_no_room_none_is_written(monkeypatch: pytest.MonkeyPatch) -> None:
    write = os.write

    def half(fd: int, data: bytes) -> int:
        if len(data) < 4:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        return write(fd, data[: len(data) // 2])

    with closing(Log(run_id(1))) as log:
        log.begin(["one"])
        with monkeypatch.context() as patch:
            patch.setattr("os.write", half)
            with pytest.raises(StateError, match="No space left on device"):
                log.write(["two", "three", "four"])
        log.write(["five"])
    assert log_file(run_id(1)).read_text() == "one\nfive\n"
