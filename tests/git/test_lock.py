"""One holder per common git dir."""

import json
import os
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from tests.git.conftest import World, git
from tui.git.group import group_lives, start_of
from tui.git.holder import Holder
from tui.git.lock import RepoBusy, RepoLock, holder_of, lock_file, lock_key
from tui.git.outcome import Reason, State


def test_every_way_to_a_repository_has_one_key(world: World):
    git(world.mine, "worktree", "add", "-q", "--detach", str(world.base / "tree"))
    (world.base / "link").symlink_to(world.mine)
    paths = [world.mine, world.base / "link", world.base / "tree"]
    assert {lock_key(path) for path in paths} == {os.path.realpath(world.mine / ".git")}
    assert lock_key(world.remote) == os.path.realpath(world.remote)
    assert lock_key(world.theirs) != lock_key(world.mine)


def test_a_missing_checkout_has_the_key_it_will_have(world: World):
    path = world.base / "new"
    before = lock_key(path)
    world.sync(world.repo(path=path))
    assert lock_key(path) == before


@pytest.mark.parametrize("way", ["mine", "link", "tree"])
def test_a_held_repo_is_busy_and_says_who_holds_it(world: World, way: str):
    git(world.mine, "worktree", "add", "-q", "--detach", str(world.base / "tree"))
    (world.base / "link").symlink_to(world.mine)
    locks = world.options.lock_dir
    with RepoLock(locks, world.mine):
        outcome = world.sync(world.repo(path=world.base / way))
        holder = holder_of(locks, world.base / way)
    assert (outcome.state, outcome.reason) == (State.BUSY, None)
    assert outcome.message.startswith(f"held by pid {os.getpid()} on ")
    assert outcome.advice == "mine: wait for it, or see what helps: synctui unlock mine"
    assert holder is not None
    assert holder.pid == os.getpid()
    assert holder_of(locks, world.mine) is None
    assert locks.stat().st_mode & 0o777 == 0o700
    assert [file.stat().st_mode & 0o777 for file in locks.iterdir()] == [0o600]


def test_a_refusal_keeps_nothing_open(world: World):
    open_files = Path("/proc/self/fd")
    with RepoLock(world.options.lock_dir, world.mine):
        before = len(list(open_files.iterdir()))
        with pytest.raises(RepoBusy), RepoLock(world.options.lock_dir, world.mine):
            pass
        assert len(list(open_files.iterdir())) == before


def test_the_note_tells_what_is_at_work_and_since_when(world: World, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("sys.argv", ["/bin/synctui", "sync", "private"])
    file = lock_file(world.options.lock_dir, world.mine)
    with RepoLock(world.options.lock_dir, world.mine) as lock:
        alone = json.loads(file.read_text())
        assert alone["command"] == "synctui sync"
        lock.note_child(os.getpid(), "fetch", 1_750_000_000.5)
        note = json.loads(file.read_text())
        child = {"child": os.getpid(), "child_start": start_of(os.getpid()), "step": "fetch"}
        child["child_begun"] = 1_750_000_000.5
        assert note == alone | child
        lock.note_child(None, "fetch", 0.0)
        assert json.loads(file.read_text()) == alone


def test_a_note_of_somebody_else_is_shown_clean_or_not_at_all(world: World):
    file = lock_file(world.options.lock_dir, world.mine)
    file.parent.mkdir()
    note = {"pid": os.getpid(), "start": start_of(os.getpid()), "host": "\x1b[31mbox", "command": "a\nb"}
    file.write_text(json.dumps(note))
    holder = holder_of(file.parent, world.mine)
    assert holder is not None
    assert (holder.host, holder.command) == ("box", "a b")
    file.write_text("[1]")
    assert holder_of(file.parent, world.mine) is None
    assert world.sync().state is State.UP_TO_DATE


HOLD = """
import sys
import time
from pathlib import Path
from tui.git.lock import RepoLock
lock = RepoLock(Path(sys.argv[1]), Path(sys.argv[2]))
lock.__enter__()
if len(sys.argv) > 3:
    lock.note_child(int(sys.argv[3]), sys.argv[4], time.time())
print("held", flush=True)
sys.stdin.read()
"""


def hold(world: World, *more: str) -> "subprocess.Popen[bytes]":
    command = [sys.executable, "-c", HOLD, str(world.options.lock_dir), str(world.mine), *more]
    other = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    assert other.stdout.readline() == b"held\n"
    return other


def test_another_process_holds_it_until_it_is_killed(world: World):
    with hold(world) as other:
        outcome = world.sync()
        holder = holder_of(world.options.lock_dir, world.mine)
        other.kill()
    assert outcome.state is State.BUSY
    assert holder is not None
    assert holder.pid == other.pid
    assert holder_of(world.options.lock_dir, world.mine) is None
    assert world.sync().state is State.UP_TO_DATE


def killed_with(world: World, child: int, step: str) -> None:
    """A program is killed while its git of that pid is at work."""
    with hold(world, str(child), step) as other:
        other.kill()


@pytest.mark.parametrize("trap", ["", "trap '' TERM; "])
def test_git_that_talks_and_outlives_its_killed_program_is_ended(
    world: World, monkeypatch: pytest.MonkeyPatch, trap: str
):
    monkeypatch.setattr("tui.git.aftermath.TERM_GRACE", 0.3)
    monkeypatch.setattr("tui.git.aftermath.ALONE", None)  # it is given no time before
    script = f"{trap}echo ready; sleep 100 & wait; wait"
    with subprocess.Popen(["sh", "-c", script], stdout=subprocess.PIPE, start_new_session=True) as orphan:
        assert orphan.stdout.readline() == b"ready\n"
        killed_with(world, orphan.pid, "fetch")
        assert world.sync().state is State.UP_TO_DATE
        assert not group_lives(orphan.pid)


def test_git_that_works_on_files_may_end_by_itself(world: World):
    with subprocess.Popen(
        ["sh", "-c", "trap 'exit 9' TERM; read line; exit 0"], stdin=subprocess.PIPE, start_new_session=True
    ) as orphan:
        killed_with(world, orphan.pid, "merge")
        threading.Timer(0.2, orphan.stdin.close).start()
        assert world.sync().state is State.UP_TO_DATE
    assert orphan.returncode == 0


@pytest.mark.parametrize("at_work", [False, True])
def test_locks_of_a_git_that_died_with_its_program_go_unless_another_is_at_work(world: World, at_work: bool):
    world.arrive()
    old = world.mine / ".git/shallow.lock"
    old.touch()
    os.utime(old, (1, 1))
    with subprocess.Popen(["true"], start_new_session=True) as dead:
        killed_with(world, dead.pid, "merge")
    (world.mine / ".git/index.lock").touch()
    of_module = world.mine / ".git/modules/part/shallow.lock"
    (of_module.parent / "objects").mkdir(parents=True)
    of_module.touch()
    other = subprocess.Popen(
        ["git", "cat-file", "--batch"], cwd=world.mine, stdin=subprocess.PIPE, stdout=subprocess.PIPE
    )
    other.stdin.write(b"HEAD\n")
    other.stdin.flush()
    assert other.stdout.readline().split()[1] == b"commit"  # it is git by now
    if not at_work:
        other.communicate()
    with other:
        outcome = world.sync()
        other.communicate()
    expected = (State.FAILED, Reason.LOCK_HELD) if at_work else (State.SYNCED, None)
    assert (outcome.state, outcome.reason) == expected
    left = [lock.exists() for lock in (world.mine / ".git/index.lock", of_module, old)]
    assert left == [at_work, at_work, True]


def test_a_later_process_of_the_same_pid_is_not_the_child(world: World):
    note = {
        "pid": 1,
        "child": os.getpid(),
        "child_start": "1",
        "host": "box",
        "command": "x",
        "started_at": 0,
    }
    world.options.lock_dir.mkdir()
    lock_file(world.options.lock_dir, world.mine).write_text(json.dumps(note))
    assert world.sync().state is State.UP_TO_DATE


def test_one_holder_at_a_time_among_threads(world: World):
    holders, most, busy = 0, 0, 0
    count = threading.Lock()
    start = threading.Barrier(20)
    done = threading.Barrier(20)

    def work() -> None:
        nonlocal holders, most, busy
        start.wait(20)
        try:
            with RepoLock(world.options.lock_dir, world.mine):
                with count:
                    holders += 1
                    most = max(most, holders)
                done.wait(20)
                with count:
                    holders -= 1
        except RepoBusy:
            with count:
                busy += 1
            done.wait(20)

    threads = [threading.Thread(target=work) for _ in range(20)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert (most, busy) == (1, 19)


def test_a_child_that_is_just_being_started_does_not_keep_the_lock(world: World):
    lock = RepoLock(world.options.lock_dir, world.mine)
    with lock:
        inherited = os.dup(lock._fd)  # as between a fork and its exec
    with RepoLock(world.options.lock_dir, world.mine):
        os.close(inherited)


def test_a_file_system_without_flock_is_said(world: World, monkeypatch):
    def refuse(*args):
        raise OSError(95, "Operation not supported")

    monkeypatch.setattr("fcntl.flock", refuse)
    outcome = world.sync()
    assert (outcome.state, outcome.reason) == (State.FAILED, Reason.PERMISSION)
    assert outcome.message == f"{world.options.lock_dir}: the file system has no flock"


def test_a_holder_in_words():
    assert str(Holder(4711, "box", "synctui sync", 12.3)) == "held by pid 4711 on box (synctui sync) for 12 s"
    assert str(Holder(0, "", "", 0)) == "held by another process"
