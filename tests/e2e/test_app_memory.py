"""What a session of the app leaves is there for the next one: at a real terminal, with real git."""

import json
from pathlib import Path

from tests.kit.gate import SshStub
from tests.kit.program import SYNCTUI, Workspace, synctui
from tests.kit.pty import Terminal
from tests.kit.repos import add_commits


def open_failures(workspace: Workspace) -> int:
    ran = synctui("status", "--json", cwd=workspace.folder)
    return int(json.loads(ran.out)["unacknowledged_failures"])


def test_what_was_left_is_offered_by_the_next_session_and_u_does_it(
    tmp_path: Path, ssh_stub: SshStub
) -> None:
    workspace = Workspace(tmp_path / "w")
    names = ["a", "b", "c", "d", "e"]
    workspace.add(*names, stub=ssh_stub)
    ssh_stub.hold("b", "c", "d", "e")
    with Terminal.start([SYNCTUI, "-j", "2", "--start"], cwd=workspace.folder) as terminal:
        ssh_stub.wait_running(2)
        terminal.press("q")
        terminal.wait_for("Leave synctui?")
        terminal.press("a")
        terminal.wait_exit()
    ssh_stub.open_all()
    before = len(ssh_stub.starts())
    with Terminal.start([SYNCTUI, "-j", "2"], cwd=workspace.folder) as terminal:
        terminal.wait_for("ended early with 4 repos left: press u to do those.")
        terminal.press("u")
        terminal.wait_for("4 repos in ")
        terminal.press("q")
        terminal.wait_exit()
    assert sorted(ssh_stub.starts()[before:]) == names[1:]
    with Terminal.start([SYNCTUI], cwd=workspace.folder) as terminal:
        terminal.wait_for("5 repos planned")
        assert "ended early" not in terminal.screen()
        terminal.press("u")
        terminal.wait_for("left nothing to do")
        terminal.press("q")
        terminal.wait_exit()


def test_a_failure_is_acknowledged_in_the_next_session_and_what_came_is_told(
    tmp_path: Path, ssh_stub: SshStub
) -> None:
    workspace = Workspace(tmp_path / "w")
    workspace.add("dead", "fine", stub=ssh_stub)
    ssh_stub.fail("dead", "ERROR: Repository not found.")
    add_commits(workspace.remotes["fine"], 3)
    for _ in range(2):
        synctui("sync", cwd=workspace.folder)
    assert open_failures(workspace) == 1
    with Terminal.start([SYNCTUI], cwd=workspace.folder) as terminal:
        terminal.wait_for("2 repos planned")
        terminal.press("4")
        terminal.wait_for("3 commits")
        terminal.press("2")
        terminal.wait_for("2 times, last just now")
        terminal.press("A")
        terminal.wait_for("nothing needs attention")
        terminal.press("3")
        terminal.wait_for("acknowledged: ")
        assert open_failures(workspace) == 0
        terminal.press("S")
        terminal.wait_for("2 repos in ")
        terminal.press("2")
        terminal.wait_for("failed: not found")
        terminal.press("q")
        terminal.wait_exit()
    assert open_failures(workspace) == 1
