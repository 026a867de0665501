"""Who holds a lock gives a sign of life, from one thread that is there only while something is held."""

import os
import threading
from pathlib import Path

from tests.kit.processes import wait_until
from tui.git.heartbeat import Heartbeat, heartbeat
from tui.git.holder import holder_in, read_note
from tui.git.lock import RepoLock, lock_file


def beating() -> list[threading.Thread]:
    return [thread for thread in threading.enumerate() if thread.name == "heartbeat"]


def no_longer_beating() -> bool:
    for thread in beating():
        thread.join(10)
    return not beating()


def test_one_thread_beats_for_all_that_is_held_and_ends_with_the_last(tmp_path: Path) -> None:
    locks = tmp_path / "locks"
    assert not beating()
    with RepoLock(locks, tmp_path / "a"), RepoLock(locks, tmp_path / "b"):
        [thread] = beating()
        with RepoLock(locks, tmp_path / "c"):
            assert beating() == [thread]
        assert beating() == [thread]
    assert no_longer_beating()
    with RepoLock(locks, tmp_path / "a"):
        [thread] = beating()
    assert no_longer_beating()


def test_a_lock_that_is_refused_or_given_up_leaves_nothing_that_beats(tmp_path: Path) -> None:
    for _ in range(50):
        with RepoLock(tmp_path / "locks", tmp_path / "a"):
            pass
    assert no_longer_beating()
    assert heartbeat._held == set()


def test_its_end_waits_for_no_beat(tmp_path: Path) -> None:
    beats = Heartbeat(3600)
    with (tmp_path / "a").open("w") as file:
        beats.register(file.fileno())
        [thread] = beating()
        wait_until(lambda: beats._changed._waiters, "it waits")
        beats.unregister(file.fileno())
        thread.join(10)
        assert not thread.is_alive()


def test_the_time_of_every_held_file_moves(tmp_path: Path) -> None:
    beats = Heartbeat(0.01)
    files = [(tmp_path / name).open("w") for name in "ab"]
    for file in files:
        os.utime(file.fileno(), (1, 1))
        beats.register(file.fileno())
    wait_until(lambda: all(os.fstat(file.fileno()).st_mtime > 1 for file in files), "a beat")
    beats.unregister(files[0].fileno())
    os.utime(files[0].fileno(), (1, 1))
    os.utime(files[1].fileno(), (1, 1))
    wait_until(lambda: os.fstat(files[1].fileno()).st_mtime > 1, "a beat of the other")
    assert os.fstat(files[0].fileno()).st_mtime == 1
    beats.unregister(files[1].fileno())
    assert no_longer_beating()
    for file in files:
        file.close()


def test_a_file_that_cannot_be_touched_costs_the_others_nothing(tmp_path: Path) -> None:
    beats = Heartbeat(0.01)
    with (tmp_path / "a").open("w") as file:
        os.utime(file.fileno(), (1, 1))
        beats.register(10_000)  # no such descriptor
        beats.register(file.fileno())
        wait_until(lambda: os.fstat(file.fileno()).st_mtime > 1, "a beat")
        beats.unregister(10_000)
        beats.unregister(file.fileno())
    assert no_longer_beating()


def test_a_holder_that_is_silent_is_said_so(tmp_path: Path) -> None:
    with RepoLock(tmp_path / "locks", tmp_path / "a"):
        file = lock_file(tmp_path / "locks", tmp_path / "a")
        assert "no sign of life" not in str(holder_in(read_note(file), file))
        old = file.stat().st_mtime - 130
        os.utime(file, (old, old))
        assert str(holder_in(read_note(file), file)).endswith(" for 0 s, no sign of life for 2 min")
