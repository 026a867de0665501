"""Submodules over several runs: they follow what is recorded, and nothing of the person in them is lost."""

import shutil
import subprocess
from pathlib import Path

import pytest
from msgspec import structs

from tests.git.conftest import World, commit, git
from tui.git.outcome import Outcome, Reason, State


class Nest:
    """A world whose repository has the submodule `part`, filled in `mine`; `theirs/part` makes its commits."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.remote = world.base / "part.git"
        git(world.base, "init", "-q", "--bare", "part.git")
        self.source = world.base / "source"
        git(world.base, "clone", "-q", f"file://{self.remote}", "source")
        self.first = self.make("part.txt", "one\n")
        git(world.theirs, "submodule", "--quiet", "add", f"file://{self.remote}", "part")
        self.record(self.first)
        assert self.sync().state is State.SYNCED

    @property
    def part(self) -> Path:
        return self.world.mine / "part"

    @property
    def head(self) -> str:
        return git(self.part, "rev-parse", "HEAD")

    def make(self, name: str, text: str) -> str:
        """A commit on the submodule's remote that no repository records yet."""
        new = commit(self.source, name, text)
        git(self.source, "push", "-q", "origin", "HEAD")
        return new

    def record(self, new: str) -> str:
        git(self.world.theirs / "part", "fetch", "-q")
        git(self.world.theirs / "part", "checkout", "-q", new)
        git(self.world.theirs, "add", "part")
        git(self.world.theirs, "commit", "-q", "-m", "record")
        self.world.push()
        return new

    def bump(self, name: str = "part.txt", text: str = "two\n") -> str:
        return self.record(self.make(name, text))

    def sync(self, path: Path | None = None) -> Outcome:
        return self.world.sync(self.world.repo(path=path or self.world.mine, submodules=True))


@pytest.fixture
def nest(world: World, person: Path) -> Nest:
    with (person / ".gitconfig").open("a") as config:
        config.write('[protocol "file"]\nallow = always\n[advice]\ndetachedHead = false\n')
    return Nest(world)


def ends(outcome: Outcome) -> tuple[State, Reason | None]:
    return outcome.state, outcome.reason


def test_a_dry_run_sees_what_is_to_be_filled_and_moved(nest: Nest):
    def foreseen() -> Outcome:
        options = structs.replace(nest.world.options, dry_run=True)
        return nest.world.sync(nest.world.repo(submodules=True), options)

    assert ends(foreseen()) == (State.UP_TO_DATE, None)
    nest.bump()
    assert foreseen().message.endswith(", and its submodules unless local changes are in the way")
    nest.world.sync()  # without its submodules
    for _ in range(2):
        outcome = foreseen()
        assert ends(outcome) == (State.SYNCED, None)
        assert outcome.message == "would update 1 submodule, unless local changes are in the way"
        assert nest.head == nest.first
    nest.sync()
    assert ends(foreseen()) == (State.UP_TO_DATE, None)
    git(nest.part, "checkout", "-q", nest.first)
    assert foreseen().notes == ("dry_run", *nest.sync().notes) == ("dry_run", "submodule_moved")
    git(nest.world.mine, "submodule", "--quiet", "deinit", "-f", "part")
    assert foreseen().message == "would update 1 submodule, unless local changes are in the way"


def test_it_follows_forward_and_back(nest: Nest):
    second = nest.bump()
    assert ends(nest.sync()) == (State.SYNCED, None)
    assert nest.head == second
    nest.record(nest.first)
    assert ends(nest.sync()) == (State.SYNCED, None)
    assert nest.head == nest.first
    outcome = nest.sync()
    assert (outcome.state, outcome.notes) == (State.UP_TO_DATE, ())


def test_a_commit_on_no_branch_is_kept_in_every_run(nest: Nest):
    own = commit(nest.part, "own.txt")
    nest.bump()
    for _ in range(2):
        outcome = nest.sync()
        assert ends(outcome) == (State.BLOCKED, Reason.DIVERGED)
        assert outcome.message == "submodule part: it has commits that its remote does not have"
        assert outcome.advice.startswith(f"mine: both sides have commits: git -C {nest.part} rebase")
        assert nest.head == own


def test_a_commit_that_was_recorded_but_never_pushed_is_kept(nest: Nest):
    own = commit(nest.part, "own.txt")
    git(nest.world.mine, "commit", "-q", "-a", "-m", "record mine")
    git(nest.world.mine, "push", "-q")
    git(nest.world.theirs, "pull", "-q", "--no-recurse-submodules")
    nest.bump()
    assert ends(nest.sync()) == (State.BLOCKED, Reason.DIVERGED)
    assert nest.head == own


def test_a_commit_that_came_by_its_id_alone_is_left_behind(nest: Nest):
    """As those of shallow submodules do."""
    gone = nest.bump()
    nest.sync()
    git(nest.source, "reset", "-q", "--hard", nest.first)
    new = commit(nest.source, "part.txt", "three\n")
    git(nest.source, "push", "-q", "-f", "origin", "HEAD")
    git(nest.part, "fetch", "-q")
    assert git(nest.part, "branch", "-a", "--contains", gone, "--format=%(refname:short)").startswith("(HEAD")
    nest.record(new)
    assert ends(nest.sync()) == (State.SYNCED, None)
    assert nest.head == new


def test_local_edits_block_until_they_are_out_of_the_way(nest: Nest):
    new = nest.bump()
    (nest.part / "part.txt").write_text("mine\n")
    for _ in range(2):
        outcome = nest.sync()
        assert ends(outcome) == (State.BLOCKED, Reason.DIRTY)
        assert outcome.message == "submodule part: local changes would be overwritten: part.txt"
        assert f"git -C {nest.part} stash" in outcome.advice
        assert ((nest.part / "part.txt").read_text(), nest.head) == ("mine\n", nest.first)
    git(nest.part, "stash", "-q")
    outcome = nest.sync()
    assert (outcome.state, outcome.message) == (State.SYNCED, "1 submodule updated")
    assert nest.head == new


def test_one_that_the_person_moved_stays(nest: Nest):
    second = nest.bump()
    nest.sync()
    own = commit(nest.part, "own.txt")
    for place in (own, nest.first, second):
        git(nest.part, "checkout", "-q", place)
        outcome = nest.sync()
        assert ends(outcome) == (State.UP_TO_DATE, None)
        assert outcome.notes == (("submodule_moved",) if place != second else ())
        assert nest.head == place


def test_a_remote_that_is_gone_fails_in_every_run(nest: Nest):
    new = nest.bump()
    nest.remote.rename(nest.world.base / "elsewhere")
    for _ in range(2):
        outcome = nest.sync()
        assert ends(outcome) == (State.FAILED, Reason.NOT_FOUND)
        assert outcome.message.startswith("submodule part: ")
        assert nest.head == nest.first
    (nest.world.base / "elsewhere").rename(nest.remote)
    assert nest.sync().state is State.SYNCED
    assert nest.head == new


def test_a_clone_is_not_done_before_its_submodule_is_there(nest: Nest):
    new = nest.world.base / "new"
    nest.remote.rename(nest.world.base / "elsewhere")
    for _ in range(2):
        outcome = nest.sync(new)
        assert ends(outcome) == (State.FAILED, Reason.NOT_FOUND)
        assert outcome.message.startswith("submodule part: ")
        assert outcome.advice.endswith(f"git ls-remote file://{nest.remote}")
    (nest.world.base / "elsewhere").rename(nest.remote)
    assert nest.sync(new).state is State.SYNCED
    assert (new / "part/part.txt").read_text() == "one\n"


def test_a_recorded_commit_that_the_remote_has_not_fails_in_every_run(nest: Nest):
    (nest.source / "part.txt").write_text("never pushed\n")
    git(nest.source, "commit", "-q", "-a", "-m", "never pushed")
    missing = git(nest.source, "rev-parse", "HEAD")
    git(nest.world.theirs, "update-index", "--cacheinfo", f"160000,{missing},part")
    git(nest.world.theirs, "commit", "-q", "-m", "record what is not there")
    nest.world.push()
    for path in (nest.world.mine, nest.world.base / "new"):
        for _ in range(2):
            assert ends(nest.sync(path)) == (State.FAILED, Reason.REV_MISSING)
    assert nest.head == nest.first


def test_a_commit_that_came_without_its_files_is_fetched_again(nest: Nest):
    """As one of which a fetch was cut off."""
    new = nest.bump()
    raw = subprocess.run(["git", "cat-file", "commit", new], cwd=nest.source, capture_output=True, check=True)
    write = ["git", "hash-object", "-w", "-t", "commit", "--stdin"]
    subprocess.run(write, cwd=nest.part, input=raw.stdout, stdout=subprocess.DEVNULL, check=True)
    assert nest.sync().state is State.SYNCED
    assert nest.head == new
    assert git(nest.part, "status", "--porcelain") == ""


def test_commits_in_an_emptied_submodule_are_kept(nest: Nest):
    own = commit(nest.part, "own.txt")
    git(nest.world.mine, "submodule", "--quiet", "deinit", "-f", "part")
    assert ends(nest.sync()) == (State.BLOCKED, Reason.DIVERGED)
    assert git(nest.world.mine / ".git/modules/part", "rev-parse", "HEAD") == own


def test_one_with_unfinished_work_stays(nest: Nest):
    nest.bump()
    git(nest.part, "bisect", "start")
    outcome = nest.sync()
    assert ends(outcome) == (State.BLOCKED, Reason.IN_PROGRESS)
    assert nest.head == nest.first


def test_others_are_moved_although_one_is_blocked(nest: Nest):
    git(nest.world.theirs, "submodule", "--quiet", "add", f"file://{nest.remote}", "z [other]")
    git(nest.world.theirs / "z [other]", "checkout", "-q", nest.first)
    git(nest.world.theirs, "add", "--all")
    new = nest.bump()
    git(nest.world.theirs, "commit", "-q", "--allow-empty", "-m", "other")
    assert nest.sync().state is State.SYNCED
    other = nest.world.mine / "z [other]"
    assert git(other, "rev-parse", "HEAD") == nest.first
    git(nest.world.theirs / "z [other]", "fetch", "-q")
    git(nest.world.theirs / "z [other]", "checkout", "-q", new)
    git(nest.world.theirs, "add", "--all")
    commit(nest.part, "own.txt")
    third = nest.bump(text="three\n")
    outcome = nest.sync()
    assert outcome.message.startswith("submodule part: ")
    assert git(other, "rev-parse", "HEAD") == new != third


def test_one_in_another_follows_and_keeps_its_commits(nest: Nest):
    inner_remote = nest.world.base / "inner.git"
    git(nest.world.base, "clone", "-q", "--bare", nest.world.url, "inner.git")
    git(nest.source, "submodule", "--quiet", "add", f"file://{inner_remote}", "inner")
    nest.bump()
    assert nest.sync().state is State.SYNCED
    inner = nest.part / "inner"
    first = git(inner, "rev-parse", "HEAD")
    second = commit(nest.source / "inner", "new.txt")
    git(nest.source / "inner", "push", "-q", "origin", "HEAD")
    git(nest.source, "add", "inner")
    nest.bump(text="three\n")
    assert nest.sync().state is State.SYNCED
    assert git(inner, "rev-parse", "HEAD") == second != first
    own = commit(inner, "own.txt")
    commit(nest.source / "inner", "newer.txt")
    git(nest.source / "inner", "push", "-q", "origin", "HEAD")
    git(nest.source, "add", "inner")
    nest.bump(text="four\n")
    for _ in range(2):
        outcome = nest.sync()
        assert ends(outcome) == (State.BLOCKED, Reason.DIVERGED)
        assert outcome.message.startswith("submodule part: submodule inner: it has commits")
        assert git(inner, "rev-parse", "HEAD") == own


@pytest.mark.parametrize("filled", [True, False])
def test_a_command_for_the_update_is_not_run(nest: Nest, filled: bool):
    marker = nest.world.base / "INJECTED"
    git(nest.world.mine, "config", "submodule.part.update", f"!touch {marker}; git checkout -q")
    if not filled:
        shutil.rmtree(nest.part)
        nest.part.mkdir()
    new = nest.bump()
    assert nest.sync().state is State.SYNCED
    assert nest.head == new
    assert not marker.exists()


@pytest.mark.parametrize("filled", [True, False])
def test_a_remote_of_the_submodule_that_names_a_command_is_refused(nest: Nest, filled: bool):
    marker = nest.world.base / "INJECTED"
    git(nest.part, "config", "remote.origin.uploadpack", f"touch {marker}; git-upload-pack")
    if not filled:
        git(nest.world.mine, "submodule", "--quiet", "deinit", "-f", "part")
    nest.bump()
    assert ends(nest.sync()) == (State.FAILED, Reason.UNSAFE_URL)
    assert not marker.exists()


@pytest.mark.parametrize("filled", [True, False])
def test_settings_that_it_includes_from_a_tree_are_refused(nest: Nest, filled: bool):
    git(nest.part, "config", "include.path", "../../../settings")
    if not filled:
        git(nest.world.mine, "submodule", "--quiet", "deinit", "-f", "part")
    nest.bump()
    outcome = nest.sync()
    assert ends(outcome) == (State.FAILED, Reason.CONFIG)
    assert "includes a file of the tree" in outcome.message


def test_one_whose_files_are_elsewhere_is_refused(nest: Nest):
    elsewhere = nest.world.base / "elsewhere"
    elsewhere.mkdir()
    nest.bump()
    git(nest.part, "config", "core.worktree", str(elsewhere))
    assert ends(nest.sync()) == (State.FAILED, Reason.CONFIG)
    assert list(elsewhere.iterdir()) == []


def test_one_that_is_not_to_be_updated_stays_empty(nest: Nest):
    git(nest.world.mine, "submodule", "--quiet", "deinit", "-f", "part")
    git(nest.world.mine, "config", "submodule.part.update", "none")
    assert ends(nest.sync()) == (State.UP_TO_DATE, None)
    assert list(nest.part.iterdir()) == []
