"""What is known of a working copy before its branch is moved."""

from pathlib import Path

import pytest

from tests.git.conftest import World, git
from tui.git.files.index import assumes_unchanged
from tui.git.files.plain import NotPlain
from tui.git.outcome import Reason, State


@pytest.mark.parametrize("mark", ["--no-assume-unchanged", "--assume-unchanged"])
def test_what_was_deleted_here_does_not_come_back(world: World, mark: str):
    """Also where git is told not to look."""
    world.arrive(2, name="a.txt")
    world.sync()
    git(world.mine, "update-index", mark, "a.txt")
    (world.mine / "a.txt").unlink()
    world.arrive(name="a.txt")
    outcome = world.sync()
    assert (outcome.state, outcome.reason) == (State.BLOCKED, Reason.DIRTY)
    assert outcome.message == "what was deleted here would come back: a.txt"
    assert not (world.mine / "a.txt").exists()


def test_what_is_left_alone_may_be_deleted(world: World):
    world.arrive(name="a.txt")
    world.sync()
    (world.mine / "a.txt").unlink()
    new = world.arrive(name="b.txt")
    outcome = world.sync()
    assert (outcome.state, outcome.new, outcome.notes) == (State.SYNCED, new, ("dirty",))
    assert not (world.mine / "a.txt").exists()


@pytest.fixture
def index(world: World) -> Path:
    """Of names of every length around the sizes to which entries are filled up, and a very long one."""
    blob = git(world.mine, "hash-object", "-w", "--stdin")
    names = [*("n" * length for length in range(1, 18)), "long/" * 900 + "name"]
    entries = (word for name in names for word in ("--cacheinfo", f"100644,{blob},{name}"))
    git(world.mine, "update-index", "--add", *entries)
    return world.mine / ".git"


@pytest.mark.parametrize("name", ["n", "n" * 9, "n" * 17])
def test_a_mark_is_found_wherever_it_is(world: World, index: Path, name: str):
    assert not assumes_unchanged(index)
    git(world.mine, "update-index", "--assume-unchanged", name)
    assert assumes_unchanged(index)


def test_other_marks_are_none(world: World, index: Path):
    git(world.mine, "update-index", "--skip-worktree", "n")
    (world.mine / "new").touch()
    git(world.mine, "add", "--intent-to-add", "new")
    assert not assumes_unchanged(index)


@pytest.mark.parametrize("change", [["--index-version", "4"], ["--split-index"]])
def test_an_index_of_another_make_is_for_git(world: World, index: Path, change: list[str]):
    git(world.mine, "update-index", *change)
    with pytest.raises(NotPlain):
        assumes_unchanged(index)


def test_a_damaged_index_is_for_git(index: Path):
    whole = (index / "index").read_bytes()
    (index / "index").write_bytes(whole[: len(whole) // 2])
    with pytest.raises(NotPlain):
        assumes_unchanged(index)
