"""kill -9 at any moment: the next run brings every repo to the remote's tip, and nothing is left over."""

from pathlib import Path

import pytest

from tests.kit import repos
from tests.kit.gate import SshStub
from tests.kit.processes import wait_until
from tests.kit.program import Workspace, ended, start, synctui
from tests.torture.facts import litter

BEHIND = [f"behind{n}" for n in range(8)]
MISSING = [f"missing{n}" for n in range(8)]
CURRENT = [f"current{n}" for n in range(8)]
BIG = {f"data/{n}.txt": f"{n}\n" * 2_000 for n in range(40)}


@pytest.fixture
def workspace(tmp_path: Path, ssh_stub: SshStub) -> Workspace:
    """Twenty-four repos, two thirds of which have something to get."""
    workspace = Workspace(tmp_path / "w")
    workspace.add(*BEHIND, *CURRENT, stub=ssh_stub)
    workspace.add(*MISSING, stub=ssh_stub, cloned=False)
    for name in (*BEHIND, *MISSING):
        repos.add_commits(workspace.remotes[name], 2, files=BIG)
    return workspace


def kill_after(workspace: Workspace, lines: int) -> bool:
    """Whether the run was still at work after that many lines of its output, and so was killed."""
    process = start("sync", "--ndjson", "--progress", "-j", "8", cwd=workspace.folder)
    assert process.stdout is not None
    for _ in range(lines):
        process.stdout.readline()
    process.kill()
    return ended(process).code == -9


def check_whole(workspace: Workspace, ssh_stub: SshStub) -> None:
    ran = synctui("sync", "--ndjson", cwd=workspace.folder)
    ends = {repo: (end["state"], end["reason"]) for repo, end in ran.finished().items()}
    assert {repo: end for repo, end in ends.items() if end[0] not in {"synced", "up_to_date"}} == {}
    assert ran.code == 0
    for name, remote in workspace.remotes.items():
        checkout = workspace.checkout(name)
        assert repos.head(checkout) == remote.head
        assert repos.git(checkout, "status", "--porcelain") == ""
        assert repos.git(checkout, "fsck", "--no-dangling", "--no-progress") == ""
        assert litter(checkout) == frozenset()
    wait_until(lambda: ssh_stub.processes() == {}, "all is gone, the shells that watched the killed too")


@pytest.mark.parametrize("lines", [1, 4, 12, 24, 36, 48, 60, 72])
def test_a_kill_costs_nothing(workspace: Workspace, ssh_stub: SshStub, lines: int) -> None:
    kill_after(workspace, lines)
    check_whole(workspace, ssh_stub)


def test_a_run_that_is_killed_again_and_again_gets_there(workspace: Workspace, ssh_stub: SshStub) -> None:
    assert kill_after(workspace, 3)
    for lines in (6, 12, 18, 24):
        kill_after(workspace, lines)
    check_whole(workspace, ssh_stub)
