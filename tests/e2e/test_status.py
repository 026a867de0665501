"""`synctui status` from outside: the installed program, real git, and nothing changed by the look."""

import json
import os
import shutil
import time
from pathlib import Path
from typing import Any

import pytest

from tests.kit.gate import SshStub
from tests.kit.program import Workspace, ended, start, synctui
from tests.kit.repos import add_commits, commit_locally, dirty, git, make_remote

HOUR = 3600.0


def rows(workspace: Workspace, *words: str, code: int = 0) -> dict[str, dict[str, Any]]:
    ran = synctui("status", "--json", *words, cwd=workspace.folder)
    assert (ran.code, ran.err) == (code, "")
    return {row["repo"]: row for row in json.loads(ran.out)["repos"]}


def stamps(folder: Path) -> dict[str, tuple[int, int, int]]:
    """All below the folder, with what moves when somebody writes."""
    found = {str(path): path.lstat() for path in [folder, *folder.rglob("*")]}
    return {name: (stat.st_mtime_ns, stat.st_ctime_ns, stat.st_ino) for name, stat in found.items()}


def test_each_class_begins_at_its_hour(workspace: Workspace) -> None:
    # A minute off the hour: the look itself takes its time.
    ages = {"a": 23.9, "b": 24.01, "c": 71.9, "d": 72.01, "future": -1.0}
    workspace.add(*ages)
    now = time.time()
    for name, hours in ages.items():
        git(workspace.checkout(name), "fetch", "-q")
        fetched = now - hours * HOUR
        os.utime(workspace.checkout(name) / ".git/FETCH_HEAD", (fetched, fetched))
    workspace.entry("never", '"https://never.invalid/x.git"')
    found = rows(workspace)
    assert {name: found[f"co/{name}"]["staleness_class"] for name in [*ages, "never"]} == {
        "a": "fresh",
        "b": "stale",
        "c": "stale",
        "d": "severe",
        "future": "unknown",
        "never": "unknown",
    }
    assert found["co/b"]["staleness_hours"] == 24.0
    assert found["co/future"]["staleness_hours"] is None
    assert found["co/future"]["error"] == "last success lies in the future: check the clock"
    for env, settings, flags in (
        ({}, "", ("--stale-after", "80h", "--severe-after", "90h")),
        ({"SYNCTUI_STALE_AFTER": "80h", "SYNCTUI_SEVERE_AFTER": "90h"}, "", ()),
        ({}, 'stale_after = "80h"\nsevere_after = "90h"', ()),
    ):
        workspace.settings = settings
        workspace.write()
        text = synctui("status", *flags, cwd=workspace.folder, env=env).out
        assert "4 fresh, 2 unknown" in text
        assert "WARNING" not in text
    # A flag beats the file; each limit for itself.
    text = synctui("status", "--stale-after", "24h", cwd=workspace.folder).out
    assert "1 fresh, 3 stale, 2 unknown" in text


def test_it_says_what_git_says_and_changes_nothing(workspace: Workspace) -> None:
    workspace.add("current", "behind", "forked", "edited", "stashed", "rebased", "detached")
    for name in ("behind", "forked"):
        add_commits(workspace.remotes[name], 2)
        git(workspace.checkout(name), "fetch", "-q")
    commit_locally(workspace.checkout("forked"))
    edited = workspace.checkout("edited")
    dirty(edited)
    (edited / "new.txt").write_text("new")
    stashed = workspace.checkout("stashed")
    dirty(stashed)
    git(stashed, "stash", "-q")
    git(workspace.checkout("detached"), "checkout", "-q", "--detach")
    (workspace.checkout("rebased") / ".git/rebase-merge").mkdir()
    before = stamps(workspace.folder)
    first = rows(workspace)
    assert rows(workspace) == first, "a look that is kept says the same"
    assert stamps(workspace.folder) == before

    def told(name: str, *keys: str) -> list[Any]:
        return [first[f"co/{name}"][key] for key in keys]

    assert told("current", "branch", "ahead", "behind", "dirty", "error") == ["main", 0, 0, False, None]
    assert told("behind", "ahead", "behind") == [0, 2]
    assert told("forked", "ahead", "behind") == [1, 2]
    assert told("edited", "dirty", "untracked") == [True, 1]
    assert told("stashed", "dirty", "stashes") == [False, 1]
    assert told("rebased", "in_progress") == ["rebase"]
    assert told("detached", "branch", "ahead") == [None, None]
    for name, row in first.items():
        assert row["head"] == git(workspace.folder / name, "rev-parse", "HEAD")


def test_the_distance_is_that_to_the_own_upstream(workspace: Workspace) -> None:
    workspace.add("fork")
    upstream = make_remote(workspace.folder / "upstream.git")
    add_commits(upstream, 1, branch="dev")
    checkout = workspace.checkout("fork")
    git(checkout, "remote", "add", "upstream", upstream.url)
    git(checkout, "fetch", "-q", "upstream")
    git(checkout, "checkout", "-q", "-b", "mine", "--track", "upstream/dev")
    add_commits(upstream, 3, branch="dev")
    git(checkout, "fetch", "-q", "upstream")
    row = rows(workspace)["co/fork"]
    assert (row["branch"], row["ahead"], row["behind"]) == ("mine", 0, 3)
    git(checkout, "update-ref", "-d", "refs/remotes/upstream/dev")
    row = rows(workspace)["co/fork"]
    assert (row["branch"], row["ahead"], row["behind"]) == ("mine", None, None), "nobody knows"


def test_a_failure_leaves_the_age_of_a_fetch_by_hand(workspace: Workspace) -> None:
    """git forgets it as soon as it begins to fetch."""
    workspace.add("a")
    mine = workspace.checkout("a")
    git(mine, "fetch", "-q")
    (mine / ".git/logs/HEAD").unlink()  # it was not cloned here
    fetched = time.time() - 11.5 * HOUR
    os.utime(mine / ".git/FETCH_HEAD", (fetched, fetched))
    add_commits(workspace.remotes["a"])
    dirty(mine)
    for state in ("blocked", "blocked", "failed", "failed"):
        if state == "failed":
            shutil.rmtree(workspace.remotes["a"].path, ignore_errors=True)
        assert synctui("sync", cwd=workspace.folder).code == 1
        row = rows(workspace)["co/a"]
        assert (row["last_state"], row["staleness_class"], row["staleness_hours"]) == (state, "fresh", 11.5)


def test_an_error_is_a_row_and_never_zeros(workspace: Workspace) -> None:
    workspace.add("good", "bad")
    (workspace.checkout("bad") / ".git/HEAD").write_text("")
    found = rows(workspace, code=1)
    bad = found["co/bad"]
    assert [bad[key] for key in ("head", "ahead", "behind", "dirty", "untracked", "stashes")] == [None] * 6
    assert bad["error"]
    assert found["co/good"]["error"] is None


def test_it_asks_no_remote_and_works_while_a_run_holds_the_locks(
    workspace: Workspace, ssh_stub: SshStub
) -> None:
    workspace.add("one", "two", stub=ssh_stub)
    ssh_stub.hold("one")
    run = start("sync", "one", cwd=workspace.folder)
    ssh_stub.wait_started("one")
    found = rows(workspace)
    assert found["co/one"]["locked_by"]["pid"] == run.pid
    assert found["co/one"]["locked_by"]["command"] == "synctui sync"
    assert found["co/two"]["locked_by"] is None
    assert ssh_stub.starts() == ["one"]
    ssh_stub.open_all()
    assert ended(run).code == 0
    after = rows(workspace)["co/one"]
    assert (after["locked_by"], after["last_state"], after["staleness_class"]) == (
        None,
        "up_to_date",
        "fresh",
    )


def test_the_words_of_select_choose(workspace: Workspace) -> None:
    workspace.add("one", "two")
    assert list(rows(workspace, "two")) == ["co/two"]
    ran = synctui("status", "three", cwd=workspace.folder)
    assert (ran.code, ran.out) == (2, "")
    assert "three" in ran.err


def test_the_first_look_makes_no_state_folder(workspace: Workspace, tmp_path: Path) -> None:
    workspace.add("one")
    state = tmp_path / "state"
    ran = synctui("status", cwd=workspace.folder, env={"XDG_STATE_HOME": str(state)})
    assert ran.code == 0
    assert not state.exists()


def test_no_look_lets_a_file_of_the_tree_name_a_command(workspace: Workspace, tmp_path: Path) -> None:
    workspace.add("one")
    checkout, ran_file = workspace.checkout("one"), tmp_path / "ran"
    (checkout / ".gitconfig").write_text(f'[filter "x"]\n\tclean = touch {ran_file}; cat\n')
    (checkout / ".gitattributes").write_text("f filter=x\n")
    (checkout / "f").write_text("text\n")
    git(checkout, "add", ".")
    git(checkout, "commit", "-qm", "c")
    git(checkout, "config", "include.path", "../.gitconfig")
    os.utime(checkout / "f", (1, 1))
    [row] = rows(workspace, code=1).values()
    assert row["error"].startswith("include.path = ../.gitconfig includes a file of the tree")
    assert (row["dirty"], row["staleness_class"]) == (None, "unknown")
    assert synctui("sync", "dirty", "-n", cwd=workspace.folder).code == 2  # none is known to be
    assert not ran_file.exists()


@pytest.mark.parametrize("damage", ["gone", "empty", "no objects", "another URL"])
def test_what_is_not_there_as_it_should_be_is_never_fresh(workspace: Workspace, damage: str) -> None:
    workspace.add("one", "other")
    assert synctui("sync", cwd=workspace.folder).code == 0
    checkout = workspace.checkout("one")
    match damage:
        case "gone":
            shutil.rmtree(checkout)
        case "empty":
            shutil.rmtree(checkout)
            checkout.mkdir()
        case "no objects":
            shutil.rmtree(checkout / ".git/objects")
        case "another URL":
            workspace.entry("one", f'"{workspace.remotes["other"].url}"')
    code = int(damage in {"empty", "no objects"})
    known = rows(workspace, code=code)["co/one"]["staleness_class"]
    assert known == ("fresh" if damage == "another URL" else "unknown")
    ran = synctui("sync", "--ndjson", "--min-age", "1h", cwd=workspace.folder)
    ends = {repo: (end["state"], end["reason"]) for repo, end in ran.finished().items()}
    assert ends == {
        "co/other": ("skipped", "fresh"),
        "co/one": {
            "gone": ("synced", None),
            "empty": ("synced", None),
            "no objects": ("failed", "corrupt"),
            "another URL": ("failed", "url_mismatch"),
        }[damage],
    }
