"""What others do at the same time: other synctuis of every kind, and the person."""

import json
import signal
import subprocess
from typing import Any

import pytest

from tests.kit.gate import SshStub
from tests.kit.program import SYNCTUI, Workspace, ended, start
from tests.kit.pty import Terminal
from tests.kit.repos import add_commits, commit_locally, head

COMMANDS = {
    "sync": ("sync", "--ndjson"),
    "retry": ("sync", "--failed", "--ndjson"),
    "watch": ("watch", "--every", "1h", "--ndjson"),
}


def next_end(process: "subprocess.Popen[str]") -> dict[str, Any]:
    """The next `repo_finished` that it prints."""
    assert process.stdout is not None
    for line in process.stdout:
        event: dict[str, Any] = json.loads(line)
        if event["event"] == "repo_finished":
            return event
    raise AssertionError("no repo ended")


def failed_before(workspace: Workspace, ssh_stub: SshStub) -> None:
    """One repo, of which the ledger has a failure, and whose remote now waits at its gate."""
    workspace.add("one", stub=ssh_stub)
    ssh_stub.fail("one", "Permission denied (publickey).", times=1)
    assert ended(start("sync", cwd=workspace.folder)).code == 1
    ssh_stub.hold("one")


@pytest.mark.parametrize("second", COMMANDS)
def test_whoever_comes_second_is_busy(workspace: Workspace, ssh_stub: SshStub, second: str) -> None:
    failed_before(workspace, ssh_stub)
    with Terminal.start([SYNCTUI, "--start"], cwd=workspace.folder) as app:
        ssh_stub.wait_started("one", 2)
        other = start(*COMMANDS[second], cwd=workspace.folder)
        assert next_end(other)["state"] == "busy"
        other.send_signal(signal.SIGTERM)  # else the watch goes on
        ended(other)
        ssh_stub.open_all()
        app.wait_for("1 repo in ")
        app.press("q")
        assert app.wait_exit() == 0
    assert (ssh_stub.starts(), ssh_stub.overlaps("one")) == (["one", "one"], 0)


@pytest.mark.parametrize("first", COMMANDS)
def test_so_is_the_app(workspace: Workspace, ssh_stub: SshStub, first: str) -> None:
    failed_before(workspace, ssh_stub)
    other = start(*COMMANDS[first], cwd=workspace.folder)
    ssh_stub.wait_started("one", 2)
    with Terminal.start([SYNCTUI, "--start"], cwd=workspace.folder) as app:
        app.wait_for("◆ co/one")
        app.press("q")
        assert app.wait_exit() == 1
    ssh_stub.open_all()
    assert next_end(other)["state"] == "up_to_date"
    other.send_signal(signal.SIGTERM)
    ended(other)
    assert (ssh_stub.starts(), ssh_stub.overlaps("one")) == (["one", "one"], 0)


def test_runs_of_other_repos_do_not_wait_for_each_other(workspace: Workspace, ssh_stub: SshStub) -> None:
    workspace.add("one", "two", stub=ssh_stub)
    ssh_stub.hold("one", "two")
    runs = [start("sync", name, cwd=workspace.folder) for name in ("one", "two")]
    assert ssh_stub.wait_running(2) == ["one", "two"]
    ssh_stub.open_all()
    assert [ended(run).code for run in runs] == [0, 0]


def test_nine_quick_ones_do_not_wait_for_a_slow_one(workspace: Workspace, ssh_stub: SshStub) -> None:
    quick = [f"q{n}" for n in range(9)]
    workspace.add("slow", *quick, stub=ssh_stub)
    ssh_stub.hold("slow")
    run = start("sync", "--ndjson", "-j", "2", "--order", "config", cwd=workspace.folder)
    assert [next_end(run)["repo"] for _ in quick] == [f"co/{name}" for name in quick]
    ssh_stub.open_all()
    assert ended(run).code == 0


def test_who_commits_meanwhile_keeps_the_commit_and_is_told(workspace: Workspace, ssh_stub: SshStub) -> None:
    workspace.add("one", stub=ssh_stub)
    ssh_stub.hold("one")
    run = start("sync", "--ndjson", cwd=workspace.folder)
    ssh_stub.wait_started("one")
    mine = commit_locally(workspace.checkout("one"))
    add_commits(workspace.remotes["one"])
    ssh_stub.open_all()
    end = next_end(run)
    assert (end["state"], end["reason"], ended(run).code) == ("failed", "moved", 1)
    assert head(workspace.checkout("one")) == mine


def test_what_fails_after_all_has_come_has_failed(workspace: Workspace, ssh_stub: SshStub) -> None:
    workspace.add("one", stub=ssh_stub)
    ssh_stub.fail("one", "Receiving objects: 100% (3/3), done.\n", code=1)
    run = start("sync", "--ndjson", "--retry", "0", cwd=workspace.folder)
    assert next_end(run)["state"] == "failed"
    assert ended(run).code == 1
