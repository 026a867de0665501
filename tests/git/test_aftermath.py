"""What a git that is dead has left goes; what may be that of a live one stays."""

import subprocess
import time
from pathlib import Path
from typing import Any

import pytest

from tests.git.conftest import World, git
from tui.git.aftermath import clear_up, remove_locks
from tui.git.gauge import Gauge
from tui.git.group import group_lives, start_of
from tui.git.half_written import remove_half_written
from tui.git.outcome import Reason
from tui.git.process import Deadlines, Exit, GitRunner
from tui.git.stop import StopSignal
from tui.git.work import Work


def lock_of(world: World) -> Path:
    lock = world.mine / ".git/index.lock"
    lock.touch()
    return lock


@pytest.mark.parametrize("seen_from", ["mine", "tree"])
@pytest.mark.parametrize("place", ["mine", "mine/.git", "mine/.git/refs", "tree"])
def test_a_git_at_work_anywhere_in_the_repo_keeps_its_locks(world: World, place: str, seen_from: str):
    git(world.mine, "worktree", "add", "-q", "--detach", str(world.base / "tree"))
    lock = world.mine / ".git/packed-refs.lock"
    lock.touch()
    with subprocess.Popen(
        ["git", "cat-file", "--batch"],
        cwd=world.base / place,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        bufsize=0,
    ) as other:
        other.stdin.write(b"HEAD\n")
        assert other.stdout.readline().split()[1] == b"commit"  # it is git by now
        remove_locks(world.base / seen_from, since=2)
        assert lock.exists()
        other.communicate()
    remove_locks(world.base / seen_from, since=2)
    assert not lock.exists()


def test_another_program_there_makes_no_locks_of_git(world: World):
    lock = lock_of(world)
    with subprocess.Popen(
        ["cat"], cwd=world.mine, stdin=subprocess.PIPE, stdout=subprocess.PIPE, bufsize=0
    ) as other:
        other.stdin.write(b"here\n")
        assert other.stdout.readline() == b"here\n"
        remove_locks(world.mine, since=2)
        other.communicate()
    assert not lock.exists()


def test_where_the_system_does_not_tell_who_is_at_work_all_stays(
    world: World, monkeypatch: pytest.MonkeyPatch
):
    left = [lock_of(world), world.mine / ".git/objects/pack/tmp_pack_x"]
    left[1].touch()
    exists = Path.exists
    monkeypatch.setattr(Path, "exists", lambda path: path.parts[1] != "proc" and exists(path))
    remove_locks(world.mine, since=2)
    remove_half_written(world.mine, since=2)
    monkeypatch.undo()
    assert [path.exists() for path in left] == [True, True]


def test_a_dead_child_leaves_no_half_pack(world: World):
    with subprocess.Popen(["true"]) as dead:
        note = {"child": dead.pid, "child_start": "1", "child_begun": time.time(), "step": "fetch"}
    pack = world.mine / ".git/objects/pack/tmp_pack_x"
    pack.touch()
    clear_up(note, world.mine)
    assert not pack.exists()


def test_a_child_that_heeds_term_may_tidy_up(world: World):
    tidied = world.base / "tidied"
    script = f"trap 'touch {tidied}; exit' TERM; echo ready; while :; do sleep 0.01; done"
    with subprocess.Popen(["sh", "-c", script], stdout=subprocess.PIPE, start_new_session=True) as child:
        assert child.stdout.readline() == b"ready\n"
        note = {"child": child.pid, "child_start": start_of(child.pid), "step": "fetch"}
        clear_up(note, world.mine)
    assert tidied.exists()


def test_a_move_that_was_made_is_not_taken_back(world: World):
    """Its hook was at work when the program was killed, say."""
    old, new = world.head(), world.arrive()
    world.sync()
    move = {"place": str(world.mine), "head": old, "target": new, "begun": 0.0}
    clear_up({"move": move}, world.mine)
    assert (world.head(), git(world.mine, "status", "--porcelain")) == (new, "")


@pytest.fixture
def faulty(world: World) -> tuple[GitRunner, list[int]]:
    """A runner that fails as soon as a child has started, as one does that cannot write its note; the children."""
    groups: list[int] = []

    def note(pid: int | None, _step: str, _begun: float) -> None:
        if pid is not None:
            groups.append(pid)
            raise RuntimeError("ours")

    return GitRunner(world.mine, StopSignal(), Deadlines(20, 20), Gauge(), on_child=note), groups


def test_a_fault_of_ours_leaves_no_git_at_work(world: World, faulty: tuple[GitRunner, list[int]]):
    runner, groups = faulty
    git(world.mine, "config", "alias.hang", "!exec sleep 100")
    with pytest.raises(RuntimeError, match="ours"):
        runner.run("hang")
    assert [group_lives(group) for group in groups] == [False]


def test_a_fault_of_ours_lets_a_move_under_way_end(
    world: World, faulty: tuple[GitRunner, list[int]], monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr("tui.git.process.MOVE_GRACE", 10)
    new = world.arrive()
    git(world.mine, "fetch", "-q")
    with pytest.raises(RuntimeError, match="ours"):
        faulty[0].run_move("merge", "--ff-only", new)
    assert (world.head(), git(world.mine, "status", "--porcelain")) == (new, "")


def test_a_fault_of_ours_leaves_no_lock_of_the_git_that_it_ended(world: World):
    work = Work(world.repo(), world.options, GitRunner(world.mine, StopSignal(), Deadlines(20, 20), Gauge()))

    def fail(*_: Any) -> Exit:
        lock_of(world)
        raise RuntimeError("ours")

    with pytest.raises(RuntimeError, match="ours"):
        work.run(fail, "merge")
    assert not (world.mine / ".git/index.lock").exists()


def test_a_look_after_a_stop_does_not_hold_up_the_end(world: World, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("tui.git.process.TERM_GRACE", 0.2)
    git(world.mine, "config", "alias.hang", "!exec sleep 100")
    stop = StopSignal()
    stop.set(Reason.QUIT)
    runner = GitRunner(world.mine, stop, Deadlines(0, 0), Gauge())
    assert runner.unstoppable("rev-parse", "HEAD").ok
    assert runner.unstoppable("hang").ended_by in {Reason.STALLED, Reason.DEADLINE}
