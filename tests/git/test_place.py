"""What a repo brings never becomes part of another one's git dir, where git would run or believe it."""

import subprocess
from pathlib import Path

import pytest

from tests.git.conftest import World, git
from tui.git.dot_git import names_git_dir
from tui.git.outcome import Outcome, Reason, State

TAKEN = (
    *(".git", ".GIT", ".gIt", "git~1", "GIT~1", ".git.", ".git . ", "git~1...", ".git::$INDEX_ALLOCATION"),
    *(".git:x", ".g\u200cit", "\ufeff.git", ".git\u206f", ".\u202eGIT", "a\\.git", "a\\git~1\\b"),
)
OTHERS = (
    "a.git",
    ".gitx",
    ".github",
    "git",
    "git~2",
    "git~1x",
    ".git-x",
    ".git x",
    ".g\u200bit",
    ".g\u0131t",
)


@pytest.fixture(scope="module")
def empty(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("empty")
    git(folder, "init", "-q")
    (folder / "blob").touch()
    git(folder, "hash-object", "-w", "blob")
    return folder


@pytest.mark.parametrize("name", [*TAKEN, *OTHERS])
@pytest.mark.parametrize("place", ["{}", "a/{}/hooks"])
def test_a_name_is_dot_git_where_git_itself_takes_it_for_that(empty: Path, name: str, place: str):
    path = place.format(name)
    assert names_git_dir(path) is (name in TAKEN)
    protect = ("-c", "core.protectHFS=true", "-c", "core.protectNTFS=true")
    entry = f"100644,{git(empty, 'hash-object', 'blob')},{path}"
    command = ["git", *protect, "update-index", "--add", "--cacheinfo", entry]
    said = subprocess.run(command, cwd=empty, capture_output=True, check=False)
    assert (b"Invalid path" in said.stderr) is (name in TAKEN)


def refused(outcome: Outcome, text: str) -> bool:
    return (outcome.state, outcome.reason) == (State.FAILED, Reason.CONFIG) and text in outcome.message


@pytest.mark.parametrize("place", ["remote.git/new", "remote.git/deep/new", "mine/.git/new"])
def test_nothing_is_cloned_into_a_git_dir(world: World, place: str):
    path = world.base / place
    assert refused(world.sync(world.repo(path=path)), f"{path} lies in ")
    assert not path.exists()
    assert not (world.remote / "deep").exists()


def test_a_git_dir_of_any_name_is_one(world: World):
    git(world.mine, "init", "-q", f"--separate-git-dir={world.base}/kept")
    outcome = world.sync(world.repo(path=world.base / "kept/info/new"))
    assert refused(outcome, f"lies in the git dir {world.base}/kept")


def test_a_link_that_leads_there_meanwhile_is_followed(world: World):
    """A tree may bring one, between two entries of a run."""
    (world.base / "link").symlink_to(world.mine / ".git")
    outcome = world.sync(world.repo(path=world.base / "link/new", root=world.base))
    assert refused(outcome, "lies in a git dir")
    assert not (world.mine / ".git/new").exists()


def test_a_checkout_in_a_git_dir_is_not_updated(world: World):
    hooks = world.remote / "own"
    git(world.base, "clone", "-q", world.url, str(hooks))
    before = git(hooks, "rev-parse", "HEAD")
    world.arrive()
    assert refused(world.sync(world.repo(path=hooks)), f"lies in the git dir {world.remote}")
    assert git(hooks, "rev-parse", "HEAD") == before


def test_a_worktree_in_its_own_bare_repository_is(world: World):
    bare = world.base / "all"
    git(world.base, "clone", "-q", "--bare", world.url, str(bare))
    git(bare, "config", "remote.origin.fetch", "+refs/heads/*:refs/remotes/origin/*")
    git(bare, "fetch", "-q")
    git(bare, "worktree", "add", "-q", "-B", "topic", "tree", "origin/main")
    new = world.arrive()
    assert world.sync(world.repo(path=bare / "tree")).state is State.SYNCED
    assert git(bare / "tree", "rev-parse", "HEAD") == new


@pytest.mark.parametrize("tracked", [False, True])
def test_a_bare_repository_in_another_one_is_the_persons_unless_it_is_tracked_there(
    world: World, tracked: bool
):
    inner = world.mine / "in/ner"
    git(world.base, "clone", "-q", "--bare", world.url, str(inner))
    if tracked:
        git(world.mine, "add", "--all")
        git(world.mine, "commit", "-q", "-m", "inner")
    outcome = world.sync(world.repo(path=inner))
    if tracked:
        assert refused(outcome, "is part of the repository around it")
    else:
        assert outcome.state is State.UP_TO_DATE


def test_where_no_folder_can_be_the_entry_is_wrong(world: World):
    outcome = world.sync(world.repo(path=Path("/proc/none/new")))
    assert refused(outcome, "no folder can be made at /proc/none")
    assert outcome.advice == "mine: correct its path in the workspace file: synctui list mine"
