"""A checkout that is missing, and what may stand in its place."""

import os
import shutil
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from msgspec import structs

from tests.git.conftest import World, commit, git
from tests.kit.git_trace import GitTrace
from tui.git import clone as clone_module
from tui.git.outcome import Action, Reason, State
from tui.git.work import Work


def test_missing_is_cloned_with_its_parents(world: World):
    world.arrive(2)
    path = world.base / "deep/er/new"
    outcome = world.sync(world.repo(path=path))
    assert (outcome.state, outcome.action, outcome.commits) == (State.SYNCED, Action.CLONE, 3)
    assert (outcome.branch, outcome.old, outcome.new) == ("main", None, git(path, "rev-parse", "HEAD"))
    assert (outcome.ahead, outcome.behind) == (0, 0)
    assert [child.name for child in path.parent.iterdir()] == ["new"]


def test_an_empty_folder_is_cloned_into(world: World):
    (world.base / "new").mkdir()
    outcome = world.sync(world.repo(path=world.base / "new"))
    assert (outcome.state, outcome.action) == (State.SYNCED, Action.CLONE)


def test_a_failed_clone_leaves_nothing(world: World):
    path = world.base / "deep/new"
    outcome = world.sync(world.repo(path=path, url=f"file://{world.base}/nowhere"))
    assert (outcome.state, outcome.reason) == (State.FAILED, Reason.NOT_FOUND)
    assert outcome.advice == f"mine: check the URL and your access: git ls-remote file://{world.base}/nowhere"
    assert outcome.output_tail != ()
    assert not path.parent.exists()


def test_a_clone_whose_unpacking_is_killed_is_no_damage(world: World, monkeypatch: pytest.MonkeyPatch):
    """As by a system that is out of memory."""
    programs = world.base / "programs"
    programs.mkdir()
    exec_git = f'exec {shutil.which("git")} "$@"'
    (programs / "git").write_text(f'#!/bin/sh\n[ "$1" != index-pack ] || kill -KILL $$\n{exec_git}\n')
    (programs / "git").chmod(0o755)
    monkeypatch.setenv("GIT_EXEC_PATH", str(programs))
    outcome = world.sync(world.repo(path=world.base / "new"))
    assert (outcome.state, outcome.reason) == (State.FAILED, Reason.INTERNAL)
    assert outcome.message == (
        "fetch-pack: invalid index-pack output: it was killed, for want of memory or by a limit of the system maybe"
    )
    assert [child.name for child in world.base.iterdir() if "new" in child.name] == []


@pytest.mark.parametrize("neighbour", ["good", "as bad"])
def test_a_failed_clone_does_not_take_its_neighbours_folder(
    world: World, monkeypatch: pytest.MonkeyPatch, neighbour: str
):
    """It made the folder, and fails when the neighbour is about to start its git there; the last one takes it away."""
    options_of = clone_module._clone_options
    nowhere = f"file://{world.base}/nowhere"
    second = world.repo(
        id="second", path=world.base / "deep/er/second", url=world.url if neighbour == "good" else nowhere
    )
    first = world.repo(id="first", path=world.base / "deep/er/first", url=nowhere)
    made = {"first": threading.Event(), "second": threading.Event()}
    first_ended = threading.Event()

    def meet(work: Work) -> list[str]:
        made[work.repo.id].set()
        assert (first_ended if work.repo is second else made["second"]).wait(20)
        return options_of(work)

    monkeypatch.setattr(clone_module, "_clone_options", meet)
    with ThreadPoolExecutor() as pool:
        failing = pool.submit(world.sync, first)
        assert made["first"].wait(20)
        cloning = pool.submit(world.sync, second)
        assert failing.result().reason is Reason.NOT_FOUND
        first_ended.set()
        assert cloning.result().state is (State.SYNCED if neighbour == "good" else State.FAILED)
    left = [child.name for child in (world.base / "deep").rglob("*") if child.parent.name == "er"]
    assert left == (["second"] if neighbour == "good" else [])
    assert (world.base / "deep").exists() is (neighbour == "good")


def test_a_failed_clone_leaves_an_empty_folder_that_is_not_its_own(world: World):
    (world.base / "mine to fill").mkdir()
    for _ in range(2):
        repo = world.repo(path=world.base / "mine to fill/new/co", url=f"file://{world.base}/nowhere")
        assert world.sync(repo).reason is Reason.NOT_FOUND
    assert list((world.base / "mine to fill").iterdir()) == []


def test_what_a_killed_program_left_beside_is_removed(world: World):
    (world.base / ".new.synctui-1-abcd").mkdir()
    (world.base / ".newer.synctui-1-abcd").mkdir()
    world.sync(world.repo(path=world.base / "new"))
    assert sorted(child.name for child in world.base.iterdir() if "synctui" in child.name) == [
        ".newer.synctui-1-abcd"
    ]


def test_missing_without_url_or_with_cloning_off_is_skipped(world: World):
    path = world.base / "new"
    without = world.sync(world.repo(path=path, url=None))
    off = world.sync(world.repo(path=path, clone=False))
    run_off = world.sync(world.repo(path=path), structs.replace(world.options, clone=False))
    for outcome in (without, off, run_off):
        assert (outcome.state, outcome.reason) == (State.SKIPPED, Reason.NOT_CLONED)
    assert not path.exists()
    assert without.advice == f"mine: clone it by hand: git clone URL {path}"
    assert off.advice == f"mine: clone it by hand: git clone {world.url} {path}"


@pytest.mark.parametrize(
    ("place", "what"),
    [
        ("file", "a file"),
        ("folder", "a folder without a git dir of its own"),
        ("folder in a repo", "a folder without a git dir of its own"),
        ("dangling link", "a link that leads nowhere"),
    ],
)
def test_something_else_at_the_path_is_no_repository(world: World, place: str, what: str):
    path = world.base / "new"
    if place == "file":
        path.write_text("precious")
    elif place == "dangling link":
        path.symlink_to("nowhere")
    else:
        path = world.mine / "sub" if "repo" in place else path
        path.mkdir()
        (path / "precious").write_text("precious")
    outcome = world.sync(world.repo(path=path))
    assert (outcome.state, outcome.reason) == (State.FAILED, Reason.NOT_A_REPOSITORY)
    assert outcome.message == f"at its path is {what}"


def test_branch_and_depth(world: World):
    git(world.theirs, "push", "-q", "origin", "HEAD:topic")
    world.arrive(2)
    path = world.base / "new"
    outcome = world.sync(world.repo(path=path, branch="topic"))
    assert (outcome.branch, outcome.commits) == ("topic", 1)
    path = world.base / "shallow"
    assert world.sync(world.repo(path=path, depth=1)).commits == 1
    world.arrive(2)
    outcome = world.sync(world.repo(path=path, depth=1))
    assert (outcome.state, outcome.commits) == (State.SYNCED, 2)


def test_a_branch_the_remote_has_not_is_rev_missing(world: World):
    outcome = world.sync(world.repo(path=world.base / "new", branch="nope"))
    assert (outcome.state, outcome.reason) == (State.FAILED, Reason.REV_MISSING)
    assert not (world.base / "new").exists()


def test_an_empty_remote_is_cloned_unborn(world: World):
    git(world.base, "init", "-q", "--bare", "empty.git")
    repo = world.repo(path=world.base / "new", url=f"file://{world.base}/empty.git")
    outcome = world.sync(repo)
    assert (outcome.state, outcome.new, outcome.commits, outcome.notes) == (
        State.SYNCED,
        None,
        0,
        ("unborn",),
    )
    assert world.sync(repo).state is State.UP_TO_DATE


def test_pinned_tag_is_cloned_and_followed(world: World):
    git(world.theirs, "tag", "-a", "v1", "-m", "v1")
    first = git(world.theirs, "rev-parse", "HEAD")
    second = commit(world.theirs, "b.txt")
    git(world.theirs, "tag", "v2")
    world.push("--tags", "origin", "HEAD")
    path = world.base / "pinned"
    outcome = world.sync(world.repo(path=path, rev="v1"))
    assert (outcome.state, outcome.action, outcome.new, outcome.branch) == (
        State.SYNCED,
        Action.CLONE,
        first,
        None,
    )
    assert outcome.commits == 1
    assert world.sync(world.repo(path=path, rev="v1")).state is State.UP_TO_DATE
    outcome = world.sync(world.repo(path=path, rev="v2"))
    assert (outcome.state, outcome.action, outcome.new, outcome.commits) == (
        State.SYNCED,
        Action.FAST_FORWARD,
        second,
        1,
    )
    assert git(path, "status", "--porcelain") == ""
    outcome = world.sync(world.repo(path=path, rev=first))
    assert (outcome.state, outcome.new) == (State.SYNCED, first)


def test_own_commits_under_a_pinned_head_are_diverged(world: World):
    git(world.theirs, "tag", "v1")
    world.push("--tags", "origin", "HEAD")
    path = world.base / "pinned"
    world.sync(world.repo(path=path, rev="v1"))
    own = commit(path, "own.txt")
    outcome = world.sync(world.repo(path=path, rev="v1"))
    assert (outcome.state, outcome.reason) == (State.BLOCKED, Reason.DIVERGED)
    assert git(path, "rev-parse", "HEAD") == own


def test_a_rev_that_nobody_has_is_missing(world: World):
    new = world.sync(world.repo(path=world.base / "pinned", rev="v9"))
    assert (new.state, new.reason) == (State.FAILED, Reason.REV_MISSING)
    assert not (world.base / "pinned").exists()
    old = world.sync(world.repo(rev="v9"))
    assert (old.state, old.reason) == (State.FAILED, Reason.REV_MISSING)


def test_submodules_are_filled(world: World, person):
    with (person / ".gitconfig").open("a") as config:
        config.write('[protocol "file"]\nallow = always\n')
    git(world.base, "clone", "-q", "--bare", world.url, "part.git")
    git(world.theirs, "submodule", "--quiet", "add", f"file://{world.base}/part.git", "part")
    git(world.theirs, "commit", "-q", "-m", "part")
    world.push()
    outcome = world.sync(world.repo(submodules=True))
    assert (outcome.state, outcome.action) == (State.SYNCED, Action.FAST_FORWARD)
    assert (world.mine / "part/a.txt").read_text() == "one\n"
    world.sync(world.repo(path=world.base / "new", submodules=True))
    assert (world.base / "new/part/a.txt").read_text() == "one\n"
    assert world.sync(world.repo(submodules=True)).state is State.UP_TO_DATE


def test_a_path_that_leaves_the_workspace_is_config(world: World):
    (world.base / "workspace").mkdir()
    (world.base / "workspace/link").symlink_to(world.mine)
    outcome = world.sync(world.repo(path=world.base / "workspace/link", root=world.base / "workspace"))
    assert (outcome.state, outcome.reason) == (State.FAILED, Reason.CONFIG)


@pytest.mark.parametrize("name", [b"caf\xe9", "grün".encode(), b"two words", b"a:b", b"new\nline"])
def test_any_name_of_a_folder(world: World, name: bytes):
    path = world.base / os.fsdecode(name)
    assert world.sync(world.repo(path=path)).state is State.SYNCED
    outcome = world.sync(world.repo(path=path))
    assert (outcome.state, outcome.message) == (State.UP_TO_DATE, "")


def test_what_files_tell_no_git_is_asked_for(world: World, person: Path):
    world.sync(world.repo(path=world.base / "first"))  # reads what the person has configured
    trace = GitTrace(person)
    world.sync(world.repo(path=world.base / "second"))  # which has changed
    trace.take()
    assert world.sync(world.repo(path=world.base / "third")).new == world.head()
    asked = trace.take()
    assert "clone" in asked
    assert {"config", "for-each-ref"}.isdisjoint(asked)
    git(world.base, "config", "--global", "includeIf.onbranch:main.path", "nowhere")
    assert world.sync(world.repo(path=world.base / "fourth")).new == world.head()
    assert {"config", "for-each-ref"} <= set(trace.take())
