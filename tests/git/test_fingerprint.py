"""A look that is kept is a look that is still true: whatever git would see differently changes the fingerprint."""

import os
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.git.conftest import World, commit, git
from tests.git.test_sync import begin_merge, begin_rebase
from tui.git import fingerprint as module
from tui.git.fingerprint import Fingerprint, fingerprint
from tui.git.inspect import git_dir_of, inspect

NOW_NS = 1_763_736_446_123_456_789
SECOND_NS = 1_000_000_000
LATER = 3_600_000_000_000
"""So much later that nothing is too young to be trusted."""


def taken(path: Path, began_ns: int | None = None) -> Fingerprint | None:
    git_dir = git_dir_of(path)
    assert git_dir is not None
    began_ns = time.time_ns() + LATER if began_ns is None else began_ns
    return fingerprint(path, git_dir, inspect(path), began_ns)


def write(name: str, text: str = "x") -> Callable[[World], None]:
    def change(world: World) -> None:
        file = world.mine / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)

    return change


def edit_and_set_the_time_back(world: World) -> None:
    file = world.mine / "a.txt"
    before = file.stat()
    file.write_bytes(file.read_bytes()[::-1])
    os.utime(file, ns=(before.st_atime_ns, before.st_mtime_ns))


def fetch(world: World) -> None:
    world.arrive(1)
    git(world.mine, "fetch", "-q")


def stash(world: World) -> None:
    write("a.txt")(world)
    git(world.mine, "stash", "-q")


CHANGES: dict[str, Callable[[World], object]] = {
    "an edit": write("a.txt"),
    "an edit with the old time and size": edit_and_set_the_time_back,
    "a new file": write("new.txt"),
    "a new file deep down": write("deep/down/new.txt"),
    "a deletion": lambda world: (world.mine / "a.txt").unlink(),
    "a mode": lambda world: (world.mine / "a.txt").chmod(0o755),
    "staged": lambda world: (write("a.txt")(world), git(world.mine, "add", "a.txt")),
    "a commit": lambda world: commit(world.mine, "own.txt"),
    "a fetch": fetch,
    "a stash": stash,
    "a branch": lambda world: git(world.mine, "checkout", "-q", "-b", "other"),
    "detached": lambda world: git(world.mine, "checkout", "-q", "--detach"),
    "another upstream": lambda world: git(world.mine, "branch", "--unset-upstream"),
    "another url": lambda world: git(world.mine, "remote", "set-url", "origin", "/elsewhere"),
    "an exclude": lambda world: (world.mine / ".git/info/exclude").write_text("*.txt\n"),
    "an upstream that is gone": lambda world: git(world.mine, "update-ref", "-d", "refs/remotes/origin/main"),
    "an exclude behind a link": write("../shared-exclude"),
    "an included file": write("../included", "[core]\n\tfileMode = false\n"),
    "an exclude that a setting names": write("../own-ignore"),
    "a repository in it": lambda world: git(world.mine, "clone", "-q", world.url, "nested"),
    "packed refs": lambda world: git(world.mine, "pack-refs", "--all"),
    "a merge under way": begin_merge,
    "a rebase under way": begin_rebase,
}


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES.keys())
def test_it_changes_with(world: World, change: Callable[[World], object]) -> None:
    git(world.mine, "config", "include.path", str(world.base / "included"))
    git(world.mine, "config", "core.excludesFile", str(world.base / "own-ignore"))
    (world.base / "shared-exclude").touch()
    (world.mine / ".git/info/exclude").unlink()
    (world.mine / ".git/info/exclude").symlink_to(world.base / "shared-exclude")
    before = taken(world.mine)
    assert before is not None
    assert before.holds(world.mine)
    assert taken(world.mine) == before
    change(world)
    assert not before.holds(world.mine)
    assert taken(world.mine) not in {before, None}


def test_what_is_ignored_as_a_whole_does_not_count(world: World) -> None:
    (world.mine / ".git/info/exclude").write_text("junk/\n")
    write("junk/a")(world)
    before = taken(world.mine)
    write("junk/deep/b")(world)
    assert taken(world.mine) == before


def test_a_linked_worktree_has_its_own(world: World) -> None:
    tree = world.base / "tree"
    git(world.mine, "worktree", "add", "-q", "-b", "side", str(tree))
    before = taken(tree)
    write("only-here.txt")(world)
    assert taken(tree) == before
    git(tree, "checkout", "-q", "--detach")
    detached = taken(tree)
    assert detached != before
    fetch(world)
    assert taken(tree) not in {detached, None}


def test_a_bare_repository_changes_with_its_refs(world: World) -> None:
    before = taken(world.remote)
    world.arrive(1)
    assert taken(world.remote) not in {before, None}


def test_what_has_just_changed_is_not_trusted(world: World) -> None:
    write("new.txt")(world)
    assert taken(world.mine, time.time_ns()) is None


def test_what_has_just_gone_may_have_been_seen(world: World) -> None:
    write(".git/MERGE_HEAD")(world)
    (world.mine / ".git/MERGE_HEAD").unlink()
    assert taken(world.mine, (world.mine / ".git").stat().st_ctime_ns) is None


def test_it_holds_beside_who_only_takes_a_lock(world: World) -> None:
    """As `git status` does, which a person or their editor may run at any time."""
    before = taken(world.mine)
    write(".git/index.lock")(world)
    (world.mine / ".git/index.lock").unlink()
    assert before is not None
    assert before.holds(world.mine)


def test_a_clock_of_whole_seconds_is_waited_for() -> None:
    """As of a file system that has no finer one: what changes in the same second shows the same time."""
    newest = (NOW_NS // SECOND_NS) * SECOND_NS
    assert not module._is_settled(newest, newest + SECOND_NS)
    assert module._is_settled(newest, newest + 3 * SECOND_NS)
    assert module._is_settled(newest + 1, newest + SECOND_NS)


def test_files_that_belong_to_another_git_dir_are_left_to_git(world: World) -> None:
    (world.mine / "part").mkdir()
    (world.mine / "part/.git").write_text(f"gitdir: {world.theirs}/.git\n")
    assert taken(world.mine) is None


def test_files_elsewhere_are_left_to_git(world: World) -> None:
    git(world.mine, "config", "core.worktree", str(world.base))
    assert taken(world.mine) is None


def test_submodules_and_the_very_large_are_left_to_git(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MOST_ENTRIES", 5)
    assert taken(world.mine) is None
    monkeypatch.undo()
    write(".gitmodules", "")(world)
    assert taken(world.mine) is None
