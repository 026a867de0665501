"""The read-only look."""

import os
from pathlib import Path

from tests.git.conftest import World, commit, git
from tests.git.test_dry_run import traces
from tests.git.test_sync import begin_merge, begin_rebase
from tui.git.inspect import RepoStatus, inspect
from tui.git.outcome import State


def test_a_clean_checkout(world: World, person: Path):
    git(world.mine, "fetch", "-q")
    before = traces(world.base)
    seen = inspect(world.mine)
    assert traces(world.base) == before
    assert seen.settings == (f"{person}/.gitconfig", f"{world.mine}/.git/config")
    assert seen.status == RepoStatus(
        branch="main",
        head=world.head(),
        upstream="origin/main",
        ahead=0,
        behind=0,
        dirty=False,
        untracked=0,
        stashes=0,
        in_progress=None,
        last_fetch=(world.mine / ".git/FETCH_HEAD").stat().st_mtime,
        cloned=cloned_at(world),
        url=world.url,
    )


def test_everything_at_once(world: World):
    world.arrive(2)
    git(world.mine, "fetch", "-q")
    commit(world.mine, "? own.txt")
    (world.mine / "a.txt").write_text("stashed\n")
    git(world.mine, "stash", "-q")
    git(world.mine, "mv", "? own.txt", "renamed.txt")
    (world.mine / os.fsdecode(b"caf\xe9")).write_text("new")
    (world.mine / "? new").write_text("new")
    status = inspect(world.mine).status
    assert (status.ahead, status.behind, status.dirty, status.untracked, status.stashes) == (1, 2, True, 2, 1)


def test_unfinished_work(world: World):
    begin_merge(world)
    assert inspect(world.mine).status.in_progress == "merge"


def test_rebase_under_way(world: World):
    begin_rebase(world)
    status = inspect(world.mine).status
    assert (status.in_progress, status.branch, status.dirty) == ("rebase", None, True)


def test_unborn_and_bare(world: World):
    git(world.mine, "checkout", "-q", "--orphan", "fresh")
    status = inspect(world.mine).status
    assert (status.branch, status.head, status.upstream, status.ahead) == ("fresh", None, None, None)
    bare = inspect(world.remote).status
    assert (bare.branch, bare.head, bare.dirty, bare.untracked) == (
        "main",
        git(world.theirs, "rev-parse", "HEAD"),
        None,
        None,
    )
    assert bare.error == ""


def test_an_upstream_that_is_gone(world: World):
    git(world.mine, "update-ref", "-d", "refs/remotes/origin/main")
    status = inspect(world.mine).status
    assert (status.upstream, status.gone, status.ahead, status.behind) == ("origin/main", True, None, None)
    assert inspect(world.remote).status.bare
    git(world.mine, "checkout", "-q", "--orphan", "main2")
    assert not inspect(world.mine).status.gone


def test_errors_are_said_and_nothing_reads_zero(world: World):
    (world.mine / "sub").mkdir()
    assert inspect(world.mine / "sub").status == RepoStatus(error="not a git repository")
    assert inspect(world.base / "nowhere").status == RepoStatus(error="not cloned")
    (world.mine / ".git/HEAD").write_text("")
    status = inspect(world.mine).status
    assert (status.dirty, status.untracked) == (None, None)
    assert status.error != ""


def test_a_head_that_leads_nowhere_is_an_error(world: World):
    (world.mine / ".git/refs/heads/main").write_text("")
    status = inspect(world.mine).status
    assert (status.branch, status.dirty, status.untracked) == (None, None, None)
    assert status.error == "HEAD is damaged: it leads to no commit and to no new branch"


def test_no_git_is_said(world: World, monkeypatch):
    monkeypatch.setenv("PATH", "/nonexistent")
    assert inspect(world.mine).status == RepoStatus(error="git is not installed, or not on the PATH")


def test_the_remote_of_the_branch_is_shown(world: World):
    git(world.mine, "remote", "rename", "origin", "up")
    git(world.mine, "remote", "set-url", "up", "https://ann:hush@example.org/a.git")
    assert inspect(world.mine).status.url == "https://example.org/a.git"


def cloned_at(world: World) -> float:
    """As the oldest entry of its reflog says."""
    *_, oldest = git(world.mine, "log", "-g", "--format=%gd", "--date=unix").splitlines()
    return float(oldest.split("{")[1].rstrip("}"))


def test_a_fetch_that_failed_is_no_fetch(world: World):
    fresh = inspect(world.mine).status
    assert (fresh.last_fetch, fresh.cloned) == (None, cloned_at(world))
    git(world.mine, "fetch", "-q")
    assert inspect(world.mine).status.last_fetch == (world.mine / ".git/FETCH_HEAD").stat().st_mtime
    world.remote.rename(world.base / "away")
    assert world.sync().state is State.FAILED
    assert inspect(world.mine).status.last_fetch is None
    assert inspect(world.mine).status.cloned == fresh.cloned


def test_nothing_is_fetched_that_a_partial_clone_lacks(world: World) -> None:
    git(world.remote, "config", "uploadpack.allowFilter", "true")
    part = world.base / "part"
    git(world.base, "clone", "-q", "--filter=blob:none", "--no-checkout", world.url, str(part))
    git(part, "reset", "-q", "--mixed")  # all is in the index, and no content here
    git(part, "rm", "-q", "--cached", "a.txt")
    (part / "renamed.txt").write_text("one\n and more")
    git(part, "add", "renamed.txt")
    (part / ".gitattributes").write_text("* text\n")
    before = traces(world.base)
    assert inspect(part).status.dirty
    assert traces(world.base) == before


def test_what_even_a_look_needs_is_not_fetched(world: World) -> None:
    """Without its trees nothing can be said of the index."""
    git(world.remote, "config", "uploadpack.allowFilter", "true")
    part = world.base / "part"
    git(world.base, "clone", "-q", "--filter=tree:0", "--no-checkout", world.url, str(part))
    before = traces(world.base)
    status = inspect(part).status
    assert traces(world.base) == before
    assert status.error
    assert status.dirty is None


def test_the_files_that_count_are_known_wherever_they_are(world: World, person: Path) -> None:
    git(world.mine, "config", "core.excludesFile", "~/ignored")
    git(world.mine, "config", "includeIf.onbranch:main.path", f"{world.base}/there")
    (world.base / "there").write_text(
        "[core]\n\tattributesFile = own-attributes\n[include]\n\tpath = beside\n"
    )
    assert inspect(world.mine).settings == (
        f"{person}/.gitconfig",
        f"{world.mine}/.git/config",
        f"{person}/ignored",
        f"{world.base}/there",
        f"{world.mine}/own-attributes",
        f"{world.base}/beside",
    )
    git(world.mine, "config", "core.worktree", str(world.base))
    assert inspect(world.mine).settings is None
