"""The kit is only as good as its own promises."""

import os
import signal
import subprocess
from pathlib import Path

import pytest

from tests.kit import repos
from tests.kit.gate import SshStub
from tests.kit.processes import children_of, wait_until


def fetch(path: Path) -> "subprocess.Popen[str]":
    return subprocess.Popen(
        ["git", "fetch", "--quiet"], cwd=path, text=True, stderr=subprocess.PIPE, start_new_session=True
    )


@pytest.fixture
def checkouts(tmp_path: Path, ssh_stub: SshStub) -> dict[str, Path]:
    remotes = repos.make_remotes(tmp_path, "a b c", commits=2)
    paths = {
        remote.name: repos.clone(
            remote, tmp_path / "work" / remote.name, url=ssh_stub.url(remote, f"host-{remote.name}")
        )
        for remote in remotes
    }
    for remote in remotes:
        repos.add_commits(remote, 3)
    return paths


def test_remotes_are_the_same_every_time_and_differ_by_name(tmp_path: Path) -> None:
    first, other = repos.make_remotes(tmp_path / "1", "a b", commits=3)
    (again,) = repos.make_remotes(tmp_path / "2", "a", commits=3)
    assert first.head == again.head
    assert first.head != other.head
    assert repos.git(first.path, "rev-list", "--count", "main") == "3"
    assert repos.git(first.path, "fsck", "--strict") == ""


def test_commits_are_numbered_from_the_first_on(tmp_path: Path) -> None:
    (remote,) = repos.make_remotes(tmp_path, "a", commits=3)
    repos.add_commits(remote)
    repos.add_commits(remote)
    assert repos.git(remote.path, "log", "-1", "--format=%s", "main") == "Change 5 of a.git"


def test_a_clone_is_clean_and_falls_behind(tmp_path: Path) -> None:
    (remote,) = repos.make_remotes(tmp_path, "a")
    path = repos.clone(remote, tmp_path / "work/a")
    assert repos.head(path) == remote.head
    assert repos.git(path, "remote", "get-url", "origin") == remote.url
    new = repos.add_commits(remote, 3, files={"docs/guide.md": "text\n"})
    repos.git(path, "fetch")
    assert repos.git(path, "rev-list", "--count", "HEAD..@{u}") == "3"
    assert repos.git(path, "status", "--porcelain") == ""
    repos.git(path, "merge", "--ff-only")
    assert repos.head(path) == new
    assert repos.tree(path) == {"docs/guide.md": "text\n", "rev": "a.git main 4\n"}


def test_a_force_push_shares_nothing_after_the_drop(tmp_path: Path) -> None:
    (remote,) = repos.make_remotes(tmp_path, "a", commits=3)
    old = remote.head
    repos.force_push(remote, commits=2)
    assert repos.git(remote.path, "rev-list", "--count", f"{old}..main") == "2"
    assert repos.git(remote.path, "rev-list", "--count", f"main..{old}") == "1"


def test_a_held_gate_lets_nobody_pass_and_the_log_counts_exactly(
    checkouts: dict[str, Path], ssh_stub: SshStub
) -> None:
    ssh_stub.hold("a", "b")
    jobs = {name: fetch(checkouts[name]) for name in ("a", "b")}
    assert ssh_stub.wait_running(2) == ["a", "b"]
    ssh_stub.gate("a").open()
    assert jobs["a"].communicate() == (None, "")
    assert ssh_stub.running() == ["b"]
    jobs["c"] = fetch(checkouts["c"])
    assert jobs["c"].communicate() == (None, "")
    ssh_stub.open_all()
    assert jobs["b"].communicate() == (None, "")
    assert repos.git(checkouts["b"], "rev-list", "--count", "HEAD..@{u}") == "3"
    assert ssh_stub.peak() == 2
    assert ssh_stub.peak("host-a") == 1
    assert sorted(ssh_stub.starts()) == ["a", "b", "c"]
    assert ssh_stub.starts()[2] == "c"
    assert ssh_stub.ends() == ["a", "c", "b"]
    assert ssh_stub.overlaps("a") == 0
    assert ssh_stub.running() == []


def test_two_of_one_repository_are_an_overlap(checkouts: dict[str, Path], ssh_stub: SshStub) -> None:
    ssh_stub.hold("a")
    jobs = [fetch(checkouts["a"]) for _ in range(2)]
    assert ssh_stub.wait_running(2) == ["a", "a"]
    ssh_stub.open_all()
    for job in jobs:
        job.communicate()
    assert ssh_stub.overlaps("a") == 1


def test_a_rule_that_fails_twice_is_then_used_up(checkouts: dict[str, Path], ssh_stub: SshStub) -> None:
    ssh_stub.fail("a", "ssh: connect to host stub port 22: Connection refused", times=2)
    texts = [fetch(checkouts["a"]).communicate()[1].splitlines()[:1] for _ in range(3)]
    assert texts == [["ssh: connect to host stub port 22: Connection refused"]] * 2 + [[]]


def test_a_hanging_stub_that_ignores_term_dies_only_of_kill(
    checkouts: dict[str, Path], ssh_stub: SshStub
) -> None:
    ssh_stub.hang("a", ignore_term=True, grandchild=True)
    job = fetch(checkouts["a"])
    wait_until(
        lambda: any("signal.pause" in line for line in children_of(job.pid).values()), "the grandchild"
    )
    stub, grandchild = sorted(pid for pid, line in ssh_stub.processes().items() if "-IS" in line)
    os.killpg(job.pid, signal.SIGTERM)
    job.wait()
    assert sorted(ssh_stub.processes()) == [stub, grandchild]
    assert ssh_stub.running() == ["a"]
    os.kill(grandchild, signal.SIGKILL)
    os.kill(stub, signal.SIGKILL)
    job.communicate()
    assert ssh_stub.wait_running(0) == []
    assert ssh_stub.processes() == {}
    assert ssh_stub.starts() == ["a"]
    assert ssh_stub.ends() == []


def test_a_trickle_arrives(checkouts: dict[str, Path], ssh_stub: SshStub) -> None:
    ssh_stub.trickle("a", chunk=100, pause=0.001)
    assert fetch(checkouts["a"]).communicate() == (None, "")
    assert repos.git(checkouts["a"], "rev-list", "--count", "HEAD..@{u}") == "3"
