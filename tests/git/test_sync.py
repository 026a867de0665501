"""A checkout that is there: fetched, and fast-forwarded only when nothing of the person is lost."""

import os
import subprocess

import pytest
from msgspec import structs

from tests.git.conftest import World, commit, git
from tui.git.outcome import Action, Reason, RefKind, State


def test_nothing_new_is_up_to_date(world: World):
    outcome = world.sync()
    assert (outcome.state, outcome.reason, outcome.action) == (State.UP_TO_DATE, None, Action.NONE)
    assert (outcome.branch, outcome.ahead, outcome.behind, outcome.commits) == ("main", 0, 0, 0)
    assert outcome.old == outcome.new == world.head()
    assert outcome.url == world.url


def test_behind_is_fast_forwarded(world: World):
    old, new = world.head(), world.arrive(3)
    outcome = world.sync()
    assert (outcome.state, outcome.action, outcome.commits) == (State.SYNCED, Action.FAST_FORWARD, 3)
    assert (outcome.old, outcome.new, world.head()) == (old, new, new)
    assert [(ref.name, ref.old, ref.new, ref.kind) for ref in outcome.refs] == [
        ("refs/remotes/origin/main", old, new, RefKind.FORWARD)
    ]
    assert outcome.notes == ()
    assert (world.mine / "b.txt").read_text() == "b.txt 2\n"


def test_ahead_alone_is_up_to_date(world: World):
    commit(world.mine, "own.txt")
    outcome = world.sync()
    assert (outcome.state, outcome.ahead, outcome.behind) == (State.UP_TO_DATE, 1, 0)


def test_diverged_is_blocked_and_untouched(world: World):
    world.arrive(2)
    own = commit(world.mine, "own.txt")
    outcome = world.sync()
    assert (outcome.state, outcome.reason, outcome.action) == (State.BLOCKED, Reason.DIVERGED, Action.FETCH)
    assert (outcome.ahead, outcome.behind, world.head()) == (1, 2, own)
    assert (
        outcome.advice
        == f"mine: both sides have commits: git -C {world.mine} rebase, or git -C {world.mine} merge"
    )


def test_dirty_without_overlap_is_fast_forwarded(world: World):
    new = world.arrive()
    (world.mine / "a.txt").write_text("edited\n")
    outcome = world.sync()
    assert (outcome.state, outcome.notes, world.head()) == (State.SYNCED, ("dirty",), new)
    assert (world.mine / "a.txt").read_text() == "edited\n"


@pytest.mark.parametrize("staged", [False, True])
def test_dirty_with_overlap_is_blocked(world: World, staged: bool):
    world.arrive(name="a.txt")
    old = world.head()
    (world.mine / "a.txt").write_text("edited\n")
    if staged:
        git(world.mine, "add", "a.txt")
    outcome = world.sync()
    assert (outcome.state, outcome.reason, world.head()) == (State.BLOCKED, Reason.DIRTY, old)
    assert outcome.message == "local changes would be overwritten: a.txt"
    assert (world.mine / "a.txt").read_text() == "edited\n"


@pytest.mark.parametrize("mark", ["--assume-unchanged", "--skip-worktree"])
def test_an_edit_that_stash_does_not_see_is_told_as_such(world: World, mark: str):
    world.arrive(name="a.txt")
    git(world.mine, "update-index", mark, "a.txt")
    (world.mine / "a.txt").write_text("edited\n")
    outcome = world.sync()
    assert (outcome.state, outcome.reason) == (State.BLOCKED, Reason.DIRTY)
    undo = f"git -C {world.mine} update-index --no-assume-unchanged --no-skip-worktree -- a.txt"
    assert outcome.message == (
        f"local changes would be overwritten: a.txt; git is told to overlook a.txt, undo that first: {undo}"
    )
    assert (world.mine / "a.txt").read_text() == "edited\n"


@pytest.mark.parametrize("ignored", [False, True])
def test_a_file_in_the_way_is_blocked_and_kept(world: World, ignored: bool):
    world.arrive(name="b.txt")
    old = world.head()
    (world.mine / "b.txt").write_text("mine\n")
    if ignored:
        (world.mine / ".git/info/exclude").write_text("b.txt\n")
    outcome = world.sync()
    assert (outcome.state, outcome.reason) == (State.BLOCKED, Reason.UNTRACKED_OVERWRITE)
    assert ((world.mine / "b.txt").read_text(), world.head()) == ("mine\n", old)


def test_an_ignored_folder_in_the_way_is_kept(world: World):
    world.arrive(name="build")
    (world.mine / ".git/info/exclude").write_text("build\n")
    (world.mine / "build").mkdir()
    (world.mine / "build/precious").write_text("mine\n")
    outcome = world.sync()
    assert (outcome.state, outcome.reason) == (State.BLOCKED, Reason.UNTRACKED_OVERWRITE)
    assert (world.mine / "build/precious").read_text() == "mine\n"


def test_auto_stash_of_the_person_is_not_used(world: World):
    git(world.mine, "config", "merge.autoStash", "true")
    world.arrive(name="a.txt")
    (world.mine / "a.txt").write_text("edited\n")
    assert world.sync().reason is Reason.DIRTY
    assert git(world.mine, "stash", "list") == ""


def test_a_commit_without_the_signature_that_the_person_asks_for_is_left(world: World):
    git(world.mine, "config", "merge.verifySignatures", "true")
    old, new = world.head(), world.arrive()
    outcome = world.sync()
    assert (outcome.state, outcome.reason, world.head()) == (State.FAILED, Reason.CONFIG, old)
    short = git(world.mine, "rev-parse", "--short", new)
    says = f"Commit {short} does not have a GPG signature."
    assert outcome.message == f"merge.verifySignatures refuses it: {says}"


def test_detached_head_is_fetched_and_left(world: World):
    git(world.mine, "checkout", "-q", "--detach")
    old = world.head()
    world.arrive()
    outcome = world.sync()
    assert (outcome.state, outcome.notes, outcome.branch) == (State.SYNCED, ("detached",), None)
    assert (outcome.action, world.head()) == (Action.FETCH, old)
    assert world.sync().state is State.UP_TO_DATE


def test_unborn_branch_is_fetched_and_left(world: World):
    git(world.mine, "checkout", "-q", "--orphan", "fresh")
    world.arrive()
    outcome = world.sync()
    assert (outcome.state, outcome.notes, outcome.branch) == (State.SYNCED, ("unborn",), "fresh")
    assert outcome.new is None


def test_branch_without_upstream_is_left(world: World):
    git(world.mine, "switch", "-q", "-c", "own")
    outcome = world.sync()
    assert (outcome.state, outcome.notes, outcome.ahead) == (State.UP_TO_DATE, ("no_upstream",), None)


def begin_merge(world: World) -> None:
    git(world.mine, "switch", "-q", "-c", "side")
    commit(world.mine, "a.txt", "side\n")
    git(world.mine, "switch", "-q", "main")
    commit(world.mine, "a.txt", "main\n")
    subprocess.run(["git", "merge", "-q", "side"], cwd=world.mine, capture_output=True, check=False)


def begin_rebase(world: World) -> None:
    begin_merge(world)
    git(world.mine, "merge", "--abort")
    subprocess.run(["git", "rebase", "-q", "side"], cwd=world.mine, capture_output=True, check=False)


def begin_bisect(world: World) -> None:
    git(world.mine, "bisect", "start")


@pytest.mark.parametrize("begin", [begin_merge, begin_rebase, begin_bisect])
def test_unfinished_work_is_noted_while_nothing_arrives(world: World, begin):
    begin(world)
    outcome = world.sync()
    assert (outcome.state, outcome.notes, outcome.branch) == (State.UP_TO_DATE, ("in_progress",), "main")


@pytest.mark.parametrize(
    ("begin", "word"), [(begin_merge, "merge"), (begin_rebase, "rebase"), (begin_bisect, "bisect")]
)
def test_unfinished_work_blocks_what_arrived(world: World, begin, word: str):
    begin(world)
    world.arrive()
    outcome = world.sync()
    assert (outcome.state, outcome.reason) == (State.BLOCKED, Reason.IN_PROGRESS)
    assert outcome.message == f"a {word} is in progress"


@pytest.mark.parametrize("prune", [False, True])
def test_a_branch_gone_on_the_remote_is_blocked(world: World, prune: bool):
    git(world.theirs, "push", "-q", "origin", "HEAD:topic")
    git(world.mine, "fetch", "-q")
    git(world.mine, "switch", "-q", "topic")
    assert world.sync().state is State.UP_TO_DATE
    git(world.theirs, "push", "-q", "origin", ":topic")
    outcome = world.sync(world.repo(prune=prune))
    assert (outcome.state, outcome.reason) == (State.BLOCKED, Reason.BRANCH_GONE)
    assert [ref.kind for ref in outcome.refs] == [RefKind.DELETED] * prune


def test_the_only_branch_of_a_clone_gone_is_blocked(world: World):
    git(world.theirs, "push", "-q", "origin", "HEAD:topic")
    git(world.base, "clone", "-q", "--single-branch", "--branch", "topic", world.url, "narrow")
    git(world.theirs, "push", "-q", "origin", ":topic")
    outcome = world.sync(world.repo(path=world.base / "narrow"))
    assert (outcome.state, outcome.reason) == (State.BLOCKED, Reason.BRANCH_GONE)


def test_an_upstream_on_another_remote_is_not_gone(world: World):
    git(world.mine, "remote", "add", "other", world.url)
    outcome = world.sync(world.repo(remote="other"))
    assert (outcome.state, len(outcome.refs)) == (State.SYNCED, 1)


@pytest.mark.parametrize("fetched_before", [False, True])
def test_a_forced_upstream_with_nothing_of_ours_is_followed(world: World, fetched_before: bool):
    world.arrive()
    world.sync()
    old = world.head()
    git(world.theirs, "commit", "-q", "--amend", "-m", "amended")
    world.push("-f", "origin", "HEAD")
    if fetched_before:
        git(world.mine, "fetch", "-q")
    (world.mine / "a.txt").write_text("edited\n")
    outcome = world.sync()
    assert (outcome.state, set(outcome.notes)) == (State.SYNCED, {"dirty", "forced_update"})
    assert (outcome.old, world.head()) == (old, git(world.theirs, "rev-parse", "HEAD"))
    assert (world.mine / "a.txt").read_text() == "edited\n"
    assert git(world.mine, "rev-parse", "--abbrev-ref", "main@{upstream}") == "origin/main"
    assert [ref.kind for ref in outcome.refs] == [RefKind.FORCED] * (not fetched_before)


def test_a_rewound_upstream_is_followed(world: World):
    first = world.head()
    world.arrive()
    world.sync()
    world.push("-f", "origin", "HEAD~1:main")
    outcome = world.sync()
    assert (outcome.state, outcome.notes, world.head()) == (State.SYNCED, ("forced_update",), first)


@pytest.mark.parametrize("ignored", [False, True])
def test_following_a_forced_upstream_keeps_files_in_the_way(world: World, ignored: bool):
    world.arrive()
    world.sync()
    git(world.theirs, "commit", "-q", "--amend", "-m", "amended")
    commit(world.theirs, "c.txt", "theirs\n")
    world.push("-f", "origin", "HEAD")
    (world.mine / "c.txt").write_text("mine\n")
    if ignored:
        (world.mine / ".git/info/exclude").write_text("c.txt\n")
    old = world.head()
    outcome = world.sync()
    assert (outcome.state, outcome.reason) == (State.BLOCKED, Reason.UNTRACKED_OVERWRITE)
    assert ((world.mine / "c.txt").read_text(), world.head()) == ("mine\n", old)


def test_what_was_pushed_from_here_is_ours_after_a_force(world: World):
    own = commit(world.mine, "own.txt")
    git(world.mine, "push", "-q")
    world.arrive_forced = commit(world.theirs, "c.txt")
    world.push("-f", "origin", "HEAD")
    outcome = world.sync()
    assert (outcome.state, outcome.reason, world.head()) == (State.BLOCKED, Reason.DIVERGED, own)


def test_commits_of_ours_under_a_forced_upstream_are_diverged(world: World):
    world.arrive()
    world.sync()
    own = commit(world.mine, "own.txt")
    git(world.theirs, "commit", "-q", "--amend", "-m", "amended")
    world.push("-f", "origin", "HEAD")
    outcome = world.sync()
    assert (outcome.state, outcome.reason, world.head()) == (State.BLOCKED, Reason.DIVERGED, own)


@pytest.mark.parametrize("kind", ["--bare", "--mirror"])
def test_bare_and_mirror_are_fetched(world: World, kind: str):
    git(world.base, "clone", "-q", kind, world.url, "bare")
    git(world.base / "bare", "config", "remote.origin.fetch", "+refs/*:refs/*")
    repo = world.repo(path=world.base / "bare", prune=True)
    git(world.base / "bare", "branch", "local-only", "main")
    assert world.sync(repo).state is State.UP_TO_DATE
    new = world.arrive()
    outcome = world.sync(repo)
    assert (outcome.state, outcome.action) == (State.SYNCED, Action.FETCH)
    assert git(world.base / "bare", "rev-parse", "main") == new
    assert git(world.base / "bare", "branch", "--list", "local-only") != ""


def test_fetch_strategy_and_fetch_only_leave_the_branch(world: World):
    old, _ = world.head(), world.arrive(2)
    outcome = world.sync(world.repo(strategy="fetch"))
    assert (outcome.state, outcome.action, outcome.behind, world.head()) == (
        State.SYNCED,
        Action.FETCH,
        2,
        old,
    )
    world.arrive()
    outcome = world.sync(options=structs.replace(world.options, fetch_only=True))
    assert (outcome.state, outcome.action, outcome.behind, world.head()) == (
        State.SYNCED,
        Action.FETCH,
        3,
        old,
    )


def test_all_branches_moves_those_that_are_only_behind(world: World):
    git(world.theirs, "push", "-q", "origin", "HEAD:free", "HEAD:own", "HEAD:used")
    git(world.mine, "fetch", "-q")
    for name in ("free", "own", "used"):
        git(world.mine, "branch", "-q", "--track", name, f"origin/{name}")
    git(world.mine, "worktree", "add", "-q", str(world.base / "tree"), "used")
    git(world.mine, "switch", "-q", "own")
    own = commit(world.mine, "own.txt")
    git(world.mine, "switch", "-q", "main")
    old, new = world.head(), world.arrive()
    git(world.theirs, "push", "-q", "origin", "HEAD:free", "HEAD:own", "HEAD:used")
    outcome = world.sync(options=structs.replace(world.options, all_branches=True))
    assert outcome.state is State.SYNCED
    heads = {name: git(world.mine, "rev-parse", name) for name in ("main", "free", "own", "used")}
    assert heads == {"main": new, "free": new, "own": own, "used": old}
    assert [ref.name for ref in outcome.refs if "heads" in ref.name] == ["refs/heads/free"]


def test_a_failing_post_merge_hook_is_noted(world: World):
    hook = world.mine / ".git/hooks/post-merge"
    hook.write_text("#!/bin/sh\nexit 3\n")
    hook.chmod(0o755)
    new = world.arrive()
    outcome = world.sync()
    assert (outcome.state, outcome.notes, world.head()) == (State.SYNCED, ("hook_failed",), new)


def test_a_hook_that_refuses_the_move_is_a_failure(world: World):
    world.arrive()
    hook = world.mine / ".git/hooks/reference-transaction"
    hook.write_text(
        '#!/bin/sh\nwhile read -r line; do case "$line" in *refs/heads/main) exit 1;; esac; done\n'
    )
    hook.chmod(0o755)
    old = world.head()
    outcome = world.sync()
    assert (outcome.state, outcome.reason, world.head()) == (State.FAILED, Reason.HOOK, old)


def test_a_linked_worktree_is_a_checkout_of_its_own(world: World):
    git(world.theirs, "push", "-q", "origin", "HEAD:topic")
    git(world.mine, "fetch", "-q")
    git(world.mine, "worktree", "add", "-q", str(world.base / "tree"), "topic")
    old = world.head()
    new = commit(world.theirs, "b.txt")
    git(world.theirs, "push", "-q", "origin", "HEAD:topic")
    outcome = world.sync(world.repo(path=world.base / "tree"))
    assert (outcome.state, outcome.branch, outcome.new) == (State.SYNCED, "topic", new)
    assert (git(world.base / "tree", "rev-parse", "HEAD"), world.head()) == (new, old)


def test_names_of_branches_are_shown_clean(world: World):
    name = os.fsdecode(b"caf\xe9\xe2\x80\xaegpj")
    git(world.theirs, "push", "-q", "origin", f"HEAD:refs/heads/{name}")
    git(world.mine, "fetch", "-q")
    git(world.mine, "switch", "-q", name)
    commit(world.theirs, "b.txt")
    git(world.theirs, "push", "-q", "origin", f"HEAD:refs/heads/{name}")
    outcome = world.sync()
    assert (outcome.state, outcome.branch, outcome.commits) == (State.SYNCED, "caf\ufffd\ufffdgpj", 1)
    assert [ref.name for ref in outcome.refs] == ["refs/remotes/origin/caf\ufffd\ufffdgpj"]
