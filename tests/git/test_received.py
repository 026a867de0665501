"""How much came, as it lies on the disk."""

from pathlib import Path

from tests.git.conftest import World, commit, git
from tui.git.outcome import State


def on_disk(place: Path, *revisions: str) -> int:
    return int(git(place, "rev-list", "--objects", "--disk-usage", *revisions))


def test_a_few_objects_are_counted_although_git_does_not_say_how_much_came(world: World):
    old = world.head()
    new = world.arrive(2)
    outcome = world.sync()
    assert outcome.state is State.SYNCED
    assert outcome.received == on_disk(world.mine, new, f"^{old}")


def test_of_a_pack_all_of_it_counts(world: World):
    for number in range(40):
        commit(world.theirs, f"many/{number}.txt", f"{number}\n")
    world.push()
    packs = world.mine / ".git/objects/pack"
    before = {*packs.glob("*.pack")}
    outcome = world.sync()
    [pack] = {*packs.glob("*.pack")} - before
    assert outcome.received == pack.stat().st_size


def test_what_came_counts_where_a_person_is_needed_too(world: World):
    commit(world.mine, "own.txt")
    world.arrive()
    outcome = world.sync()
    assert outcome.state is State.BLOCKED
    assert outcome.received == on_disk(world.mine, "origin/main", "^main")


def test_a_worktree_receives_into_the_objects_that_it_shares(world: World):
    git(
        world.mine, "worktree", "add", "-q", str(world.base / "tree"), "-b", "other", "--track", "origin/main"
    )
    old = world.head()
    new = world.arrive()
    outcome = world.sync(world.repo(path=world.base / "tree"))
    assert outcome.received == on_disk(world.mine, new, f"^{old}")


def test_a_clone_is_all_of_it(world: World):
    outcome = world.sync(world.repo(path=world.base / "new"))
    assert outcome.received == on_disk(world.base / "new", "--all") + 32  # header and checksum of the pack


def test_nothing_new_is_no_size(world: World):
    assert world.sync().received is None
