"""Who holds a lock gives a sign of life, from one thread that is not there for long without need."""

import os
from pathlib import Path

import pytest

from tests.kit.processes import wait_until
from tui.git.heartbeat import Heartbeat
from tui.git.holder import holder_in, read_note
from tui.git.lock import RepoBusy, RepoLock, lock_file


@pytest.fixture
def beats(monkeypatch: pytest.MonkeyPatch) -> Heartbeat:
    """The one of locks."""
    beats = Heartbeat(0.01)
    monkeypatch.setattr("tui.git.lock.heartbeat", beats)
    return beats


def ends(beats: Heartbeat) -> bool:
    if thread := beats._thread:
        thread.join(10)
    return beats._thread is None


def test_one_thread_beats_for_all_that_is_held_and_ends_after_the_last(
    beats: Heartbeat, tmp_path: Path
) -> None:
    locks = tmp_path / "locks"
    with RepoLock(locks, tmp_path / "a"), RepoLock(locks, tmp_path / "b"):
        thread = beats._thread
        assert thread
        with RepoLock(locks, tmp_path / "c"):
            pass
        assert beats._thread is thread
        assert thread.is_alive()
    assert ends(beats)
    with RepoLock(locks, tmp_path / "a"):
        assert beats._thread not in {thread, None}
    assert ends(beats)


def test_what_comes_one_after_the_other_is_beaten_for_by_one_thread(tmp_path: Path) -> None:
    beats, threads = Heartbeat(3600), set()
    with (tmp_path / "a").open("w") as file:
        for _ in range(50):
            beats.register(file.fileno())
            threads.add(beats._thread)
            beats.unregister(file.fileno())
    assert len(threads) == 1


def test_a_lock_that_is_refused_or_given_up_leaves_nothing_that_beats(
    beats: Heartbeat, tmp_path: Path
) -> None:
    with RepoLock(tmp_path / "locks", tmp_path / "a"):
        with pytest.raises(RepoBusy), RepoLock(tmp_path / "locks", tmp_path / "a"):
            pass
        assert len(beats._held) == 1
    assert beats._held == set()
    assert ends(beats)


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
    assert ends(beats)
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
    assert ends(beats)


def test_a_holder_that_is_silent_is_said_so(tmp_path: Path) -> None:
    with RepoLock(tmp_path / "locks", tmp_path / "a"):
        file = lock_file(tmp_path / "locks", tmp_path / "a")
        assert "no sign of life" not in str(holder_in(read_note(file), file))
        old = file.stat().st_mtime - 130
        os.utime(file, (old, old))
        assert str(holder_in(read_note(file), file)).endswith(" for 0 s, no sign of life for 2 min")
