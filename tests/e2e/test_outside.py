"""Other programs in a repo, at a real terminal, while the run goes on underneath."""

import re
from pathlib import Path

from tests.kit.gate import SshStub
from tests.kit.processes import wait_until
from tests.kit.program import SYNCTUI, Workspace
from tests.kit.pty import Terminal
from tests.kit.repos import add_commits, dirty


def test_a_person_mends_a_repo_in_the_shell_while_the_run_goes_on(tmp_path: Path, ssh_stub: SshStub) -> None:
    workspace = Workspace.held(tmp_path / "w", ssh_stub, "r00", "r01", "r02")
    add_commits(workspace.remotes["r00"])
    dirty(workspace.checkout("r00"))
    with Terminal.start(
        [SYNCTUI, "-j", "2", "--start"], cwd=workspace.folder, env={"SHELL": "/bin/sh"}
    ) as terminal:
        ssh_stub.gate("r00").open()
        terminal.wait_for("▲ co/r00     blocked")
        assert ssh_stub.wait_running(2) == ["r01", "r02"]
        terminal.press("2", "enter")
        terminal.wait_for("tracked files are changed")
        terminal.press("!")
        terminal.wait_for("synctui: co/r00; the run goes on, leave sh to come back")
        ssh_stub.gate("r01").open()
        wait_until(lambda: ssh_stub.running() == ["r02"], "a job ends while the shell has the terminal")
        terminal.press("git checkout -q . && echo mended; exit 4", "enter")
        terminal.wait_for("clean now: r retries")
        terminal.wait_for("sh ended with exit code 4")
        terminal.press("r")
        terminal.wait_for("✓ synced")
        terminal.press("escape")
        terminal.wait_for("nothing needs attention")
        ssh_stub.open_all()
        terminal.wait_for("3 repos in ")
        terminal.press("q")
        assert terminal.wait_exit() == 0
    assert ssh_stub.processes() == {}


def test_a_run_that_begins_with_the_key_before_goes_on_too(tmp_path: Path, ssh_stub: SshStub) -> None:
    workspace = Workspace.held(tmp_path / "w", ssh_stub, "r00", "r01", "r02")
    with Terminal.start([SYNCTUI, "-j", "2"], cwd=workspace.folder, env={"SHELL": "/bin/sh"}) as terminal:
        terminal.wait_for("3 repos planned")
        terminal.press("3")
        terminal.press("S", "!")
        terminal.wait_for("the run goes on, leave sh to come back")
        assert ssh_stub.wait_running(2) == ["r00", "r01"]
        ssh_stub.open_all()
        wait_until(lambda: ssh_stub.running() == [], "all jobs end while the shell has the terminal")
        terminal.press("exit", "enter")
        terminal.wait_for("3 repos in ")
        terminal.press("q")
        assert terminal.wait_exit() == 0
    assert ssh_stub.processes() == {}


def test_what_a_killed_program_made_of_the_terminal_is_undone(tmp_path: Path) -> None:
    workspace = Workspace(tmp_path / "w")
    workspace.add("a")
    editor = tmp_path / "editor"
    editor.write_text("#!/bin/sh\nstty raw -echo\nkill -9 $$\n")
    editor.chmod(0o755)
    argv = ["/bin/sh", "-c", f"stty -g; {SYNCTUI}; stty -g"]
    with Terminal.start(argv, cwd=workspace.folder, env={"EDITOR": str(editor)}) as terminal:
        terminal.wait_for("1 repo planned")
        terminal.press("3", "e")
        terminal.wait_for("editor was ended by SIGKILL")
        terminal.press("q")
        assert terminal.wait_exit() == 0
        before, after = re.findall(rb"(?:[\da-f]+:){20,}[\da-f]+", terminal.raw())
    assert after == before
