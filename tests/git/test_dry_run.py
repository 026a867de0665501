"""A dry run asks the remote, says what a run would do, and writes nothing."""

import os
from pathlib import Path

import pytest
from msgspec import structs

from tests.git.conftest import World, commit, git
from tui.git.lock import RepoLock
from tui.git.outcome import Action, Reason, State


def traces(folder: Path) -> dict[str, tuple[int, int]]:
    return {
        str(path): (path.lstat().st_mtime_ns, path.lstat().st_size)
        for path in [folder, *folder.rglob("*")]
        if ".git/objects" not in str(path.parent) or path.is_file()
    }


def dry(world: World, **fields: object):
    before = traces(world.base)
    outcome = world.sync(world.repo(**fields), structs.replace(world.options, dry_run=True))
    assert traces(world.base) == before
    assert "dry_run" in outcome.notes
    return outcome


def test_nothing_new(world: World):
    assert dry(world).state is State.UP_TO_DATE


@pytest.mark.parametrize("fetched", [False, True])
def test_would_fast_forward(world: World, fetched: bool):
    world.arrive(2)
    if fetched:
        git(world.mine, "fetch", "-q")
    outcome = dry(world)
    assert (outcome.state, outcome.action) == (State.SYNCED, Action.FAST_FORWARD)
    assert outcome.message == "would fast-forward main"
    assert "uncertain" not in outcome.notes
    assert outcome.behind == (2 if fetched else None)


@pytest.mark.parametrize("name", ["a.txt", "b.txt"])
def test_what_has_not_come_yet_may_be_in_the_way(world: World, name: str):
    world.arrive(name=name)
    (world.mine / name).write_text("mine\n")
    outcome = dry(world)
    assert outcome.message == "would fast-forward main, unless local changes are in the way"
    assert "uncertain" in outcome.notes
    assert ("dirty" in outcome.notes) is (name == "a.txt")


def edit(world: World) -> None:
    (world.mine / "a.txt").write_text("mine\n")


def edit_and_stage(world: World) -> None:
    edit(world)
    git(world.mine, "add", "a.txt")


def stage_a_new_file(world: World) -> None:
    (world.mine / "b.txt").write_text("mine\n")
    git(world.mine, "add", "b.txt")


def put_a_file_in_the_way(world: World) -> None:
    (world.mine / "b.txt").write_text("mine\n")


def put_an_ignored_file_in_the_way(world: World) -> None:
    (world.mine / ".git/info/exclude").write_text("b.txt\n")
    put_a_file_in_the_way(world)


def put_an_ignored_folder_in_the_way(world: World) -> None:
    (world.mine / ".git/info/exclude").write_text("b.txt\n")
    (world.mine / "b.txt").mkdir()
    (world.mine / "b.txt/precious").write_text("mine\n")


def lock_the_index(world: World) -> None:
    (world.mine / ".git/index.lock").touch()


def edit_elsewhere(world: World) -> None:
    (world.mine / "c.txt").write_text("mine\n")
    git(world.mine, "add", "-N", "c.txt")


def delete(world: World) -> None:
    (world.mine / "a.txt").unlink()


def delete_unseen(world: World) -> None:
    git(world.mine, "update-index", "--assume-unchanged", "a.txt")
    delete(world)


def stage_what_comes(world: World) -> None:
    for name in ("a.txt", "b.txt"):
        (world.mine / name).write_text((world.theirs / name).read_text())
    git(world.mine, "add", "a.txt", "b.txt")


def touch(world: World) -> None:
    os.utime(world.mine / "a.txt", (1, 1))


@pytest.mark.parametrize(
    "arrange",
    [
        edit,
        edit_and_stage,
        stage_a_new_file,
        put_a_file_in_the_way,
        put_an_ignored_file_in_the_way,
        put_an_ignored_folder_in_the_way,
        lock_the_index,
        edit_elsewhere,
        delete,
        delete_unseen,
        stage_what_comes,
        touch,
    ],
)
def test_what_it_says_is_what_the_run_does(world: World, arrange):
    commit(world.theirs, "a.txt", "two\n")
    world.arrive()
    git(world.mine, "fetch", "-q")
    arrange(world)
    foreseen = dry(world)
    done = world.sync()
    assert (foreseen.state, foreseen.reason) == (done.state, done.reason)
    assert set(foreseen.notes) == {*done.notes, "dry_run"}
    assert foreseen.message.partition(": ")[2] == (done.message if done.reason else "")
    assert foreseen.advice == done.advice


def test_would_follow_a_rewritten_upstream(world: World):
    world.arrive()
    world.sync()
    git(world.theirs, "commit", "-q", "--amend", "-m", "amended")
    world.push("-f", "origin", "HEAD")
    git(world.mine, "fetch", "-q")
    outcome = dry(world)
    assert (outcome.state, outcome.message) == (State.SYNCED, "would put main on its rewritten upstream")
    assert world.sync().notes == ("forced_update",)


def test_a_held_repo_is_busy(world: World):
    with RepoLock(world.options.lock_dir, world.mine):
        outcome = dry(world)
    assert outcome.state is State.BUSY
    assert outcome.message.startswith(f"held by pid {os.getpid()} on ")
    assert dry(world).state is State.UP_TO_DATE


@pytest.mark.parametrize("fetched", [False, True])
def test_a_commit_without_the_signature_that_is_asked_for(world: World, fetched: bool):
    git(world.mine, "config", "merge.verifySignatures", "true")
    world.arrive()
    if fetched:
        git(world.mine, "fetch", "-q")
    foreseen = dry(world)
    done = world.sync()
    assert (done.state, done.reason) == (State.FAILED, Reason.CONFIG)
    if fetched:
        assert (foreseen.state, foreseen.reason) == (done.state, done.reason)
        assert foreseen.message == "would fail: merge.verifySignatures refuses it"
    else:
        assert foreseen.message == "would fast-forward main, if merge.verifySignatures lets it"


def test_would_fetch_what_no_refspec_keeps(world: World):
    git(world.mine, "config", "--unset", "remote.origin.fetch")
    assert dry(world).state is State.UP_TO_DATE
    world.arrive()
    assert (dry(world).message, world.sync().state) == ("would fetch", State.SYNCED)
    assert (dry(world).message, world.sync().state) == ("nothing new", State.UP_TO_DATE)


def test_would_fetch(world: World):
    git(world.theirs, "push", "-q", "origin", "HEAD:topic")
    outcome = dry(world)
    assert (outcome.state, outcome.action, outcome.message) == (State.SYNCED, Action.FETCH, "would fetch")


def test_would_clone(world: World):
    outcome = dry(world, path=world.base / "deep/new")
    assert (outcome.state, outcome.action, outcome.message) == (State.SYNCED, Action.CLONE, "would clone")


def test_would_be_blocked(world: World):
    commit(world.mine, "own.txt")
    world.arrive()
    outcome = dry(world)
    assert (outcome.state, outcome.reason) == (State.BLOCKED, Reason.DIVERGED)
    git(world.theirs, "push", "-q", "origin", "HEAD:topic")
    git(world.mine, "fetch", "-q")
    git(world.mine, "switch", "-q", "topic")
    git(world.theirs, "push", "-q", "origin", ":topic")
    assert dry(world).reason is Reason.BRANCH_GONE


def test_would_check_the_pinned_commit_out(world: World):
    git(world.theirs, "tag", "-a", "v1", "-m", "v1")
    world.arrive()
    git(world.theirs, "tag", "-a", "v2", "-m", "v2")
    world.push("--tags", "origin", "HEAD")
    path = world.base / "pinned"
    world.sync(world.repo(path=path, rev="v1"))
    assert dry(world, path=path, rev="v1").state is State.UP_TO_DATE
    outcome = dry(world, path=path, rev="v2")
    assert (outcome.state, outcome.message) == (State.SYNCED, "would check out v2")
    assert dry(world, path=path, rev="v9").reason is Reason.REV_MISSING


def test_a_remote_that_is_gone_is_found_out(world: World):
    world.remote.rename(world.base / "elsewhere")
    assert dry_fails(world).reason is Reason.NOT_FOUND
    assert dry_fails(world, path=world.base / "new").reason is Reason.NOT_FOUND


def dry_fails(world: World, **fields: object):
    outcome = world.sync(world.repo(**fields), structs.replace(world.options, dry_run=True))
    assert outcome.state is State.FAILED
    return outcome
