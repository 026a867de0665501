"""A person at a real terminal: real keys, real processes, and what is left of them."""

import base64
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.kit.gate import SshStub
from tests.kit.processes import state_of, wait_until
from tests.kit.program import SYNCTUI, Workspace, synctui
from tests.kit.pty import Terminal
from tests.kit.repos import make_remote
from tests.torture.servers import WebHandler, WebServer, status

LOGIN = "Basic " + base64.b64encode(b"ann:hush-hush").decode()
NAMES = [f"r{n:02}" for n in range(20)]


def wants_login(handler: WebHandler) -> bool:
    """Lets ann in."""
    if handler.headers.get("Authorization") == LOGIN:
        return False
    return status(401, WWW_Authenticate='Basic realm="here"')(handler)


@pytest.fixture
def workspace(tmp_path: Path, ssh_stub: SshStub) -> Workspace:
    """Twenty repos whose remotes wait at their gates."""
    return Workspace.held(tmp_path / "w", ssh_stub, *NAMES)


@pytest.fixture
def terminal(workspace: Workspace, ssh_stub: SshStub) -> Iterator[Terminal]:
    """A run of four at a time, all of them in the remote's hands."""
    with Terminal.start([SYNCTUI, "-j", "4"], cwd=workspace.folder) as terminal:
        terminal.wait_for("20 repos planned, 4 at a time")
        assert ssh_stub.starts() == []
        terminal.press("S")
        assert ssh_stub.wait_running(4) == NAMES[:4]
        terminal.wait_for("Slots 4/4")
        yield terminal


def processes_of(stub: SshStub, name: str) -> list[str]:
    return [command for command in stub.processes().values() if f"{name}.git" in command]


def run_exactly(stub: SshStub, *names: str) -> None:
    wait_until(lambda: stub.running() == list(names), f"{names} running")


def test_keys_that_were_typed_before_the_first_frame_count(workspace: Workspace) -> None:
    with Terminal.start([SYNCTUI], cwd=workspace.folder) as terminal:
        terminal.press("2")
        terminal.wait_for("nothing needs attention")


def test_the_limit_and_the_pause(terminal: Terminal, ssh_stub: SshStub) -> None:
    terminal.press("+", "+")
    assert ssh_stub.wait_running(6) == NAMES[:6]
    terminal.press("-", "-", "-")
    terminal.wait_for("Slots 6→3 draining")
    assert ssh_stub.running() == NAMES[:6], "lowering the limit kills nothing"

    for name in NAMES[:3]:
        ssh_stub.gate(name).open()
    terminal.wait_for("Slots 3/3")
    ssh_stub.gate(NAMES[3]).open()
    run_exactly(ssh_stub, "r04", "r05", "r06")

    terminal.press("p")
    terminal.wait_for("PAUSED")
    ssh_stub.gate("r04").open()
    terminal.wait_for("Slots 2/3")
    assert sorted(ssh_stub.starts()) == NAMES[:7]
    terminal.press("p")
    run_exactly(ssh_stub, "r05", "r06", "r07")

    ssh_stub.open_all()
    terminal.wait_for("20 repos in ")
    terminal.press("q")
    assert terminal.wait_exit() == 0
    assert sorted(ssh_stub.starts()) == NAMES
    assert (ssh_stub.peak(), ssh_stub.processes()) == (6, {})


def test_cancel_retry_and_pick(terminal: Terminal, ssh_stub: SshStub) -> None:
    terminal.press("tab", "l", "x")  # the second slot
    terminal.wait_for("⊘ co/r01     cancelled")
    assert processes_of(ssh_stub, "r01") == []

    ssh_stub.fail("r02", "git@stub: Permission denied (publickey).", times=1)
    ssh_stub.gate("r02").open()
    terminal.wait_for("✗ co/r02     failed")
    run_exactly(ssh_stub, "r00", "r03", "r04", "r05")
    terminal.press("2", "r")
    terminal.wait_for("queued        15")  # the fourteen that never ran, and the one that runs again

    terminal.press("1", "G", "k", "t")  # the last one that never ran
    run_exactly(ssh_stub, "r00", "r03", "r04", "r05", "r19")
    terminal.wait_for("Slots 4/4 +1 now")

    ssh_stub.open_all()
    terminal.wait_for("20 repos in ")
    terminal.press("q")
    assert terminal.wait_exit() == 1, "one was cancelled"
    assert sorted(ssh_stub.starts()) == sorted([*NAMES, "r02"])
    assert ssh_stub.processes() == {}


def test_one_login_serves_the_host(terminal: Terminal, ssh_stub: SshStub) -> None:
    refusal = "git@stub: Permission denied (publickey)."
    for name in ("r00", "r01"):
        ssh_stub.fail(name, refusal, times=1)
        ssh_stub.gate(name).open()
    terminal.wait_for("2 Attention 2")
    terminal.press("2", "i")
    terminal.wait_for("stub let us in: 2 repos tried again")
    ssh_stub.open_all()
    terminal.wait_for("20 repos in ")
    terminal.press("q")
    assert terminal.wait_exit() == 0
    asked, told = ssh_stub.starts().count, ssh_stub.ends().count
    assert sorted([asked("r00"), asked("r01")]) == [2, 3], "one of them has been asked by hand between"
    assert told("r00") + told("r01") == 5
    assert b"\tHEAD" not in terminal.raw(), "what git lists is for nobody"


def test_a_login_that_is_typed_once_serves_all_of_its_server_with_the_defaults_of_git(tmp_path: Path) -> None:
    """No credential helper is set."""
    make_remote(tmp_path / "served" / "one.git")
    make_remote(tmp_path / "served" / "two.git")
    folder = tmp_path / "w"
    folder.mkdir()
    with (
        WebServer(tmp_path / "served", answer=wants_login) as one,
        WebServer(tmp_path / "served", answer=wants_login) as other,
    ):
        first, second = sorted((one, other), key=lambda server: server.url)  # as Attention has them
        (folder / "synctui.toml").write_text(
            '[workspaces."."]\n'
            f'a = "{first.url}/one.git"\nb = "{first.url}/two.git"\nc = "{second.url}/one.git"\n'
        )
        with Terminal.start([SYNCTUI, "--start"], cwd=folder) as terminal:
            terminal.wait_for("2 Attention 3")
            terminal.press("2")
            terminal.wait_for(f"i logs in at {first.url}")
            terminal.press("g", "i")
            terminal.wait_for(f"\nUsername for '{first.url}'")  # git asks it, the lists tell it
            terminal.press("ann", "enter")
            terminal.wait_for("Password for ")
            terminal.press("hush-hush", "enter")
            terminal.wait_for(f"{first.url} let us in: 2 repos tried again")
            terminal.wait_for("2 Attention 1")
            terminal.wait_for("2 repos in ")
            terminal.press("q")
            assert terminal.wait_exit() == 1
        assert b"hush-hush" not in terminal.raw()
        assert first.logins[-1] == LOGIN
        assert set(second.logins) == {None}
    assert [(folder / name / ".git").exists() for name in "abc"] == [True, True, False]


def test_ctrl_c_twice_leaves_the_terminal_as_it_was(
    terminal: Terminal, ssh_stub: SshStub, workspace: Workspace
) -> None:
    terminal.press("ctrl+c")
    terminal.wait_for("Leave synctui?")
    terminal.press("ctrl+c")
    assert terminal.wait_exit() == -signal.SIGINT
    assert ssh_stub.processes() == {}
    screen = terminal.screen()
    assert "20 repos interrupted after " in screen
    assert screen.count("cancelled") >= 1
    raw = terminal.raw()
    for mode in (b"1049", b"1000", b"2004"):  # the other screen, the mouse, pasting in brackets
        assert raw.rfind(b"\x1b[?" + mode + b"l") > raw.rfind(b"\x1b[?" + mode + b"h")
    assert raw.rfind(b"\x1b[?25h") > raw.rfind(b"\x1b[?25l"), "the cursor is back"
    again = synctui("list", "state:cancelled", cwd=workspace.folder)
    assert [line.split()[0] for line in again.out.splitlines()] == [f"co/{name}" for name in NAMES[:4]]


@pytest.mark.parametrize("args", [(), ("--start",)], ids=["plan", "running"])
def test_a_closed_terminal_ends_everything(
    workspace: Workspace, ssh_stub: SshStub, args: tuple[str, ...]
) -> None:
    with Terminal.start([SYNCTUI, *args, "-j", "4"], cwd=workspace.folder) as terminal:
        terminal.wait_for("Repos 20")
        if args:
            ssh_stub.wait_running(4)
        terminal.hang_up()
        assert terminal.wait_exit() == -signal.SIGHUP
        assert ssh_stub.processes() == {}


def test_after_ctrl_z_the_screen_is_whole_again(terminal: Terminal) -> None:
    terminal.press("ctrl+z")
    wait_until(lambda: state_of(terminal.process.pid) == "T", "stopped")
    terminal.forget_screen()
    terminal.signal(signal.SIGCONT)
    still = ("╭─ Slots 4/4", "3 Repos 20", "co/r11", "? more")
    terminal.wait_for(lambda screen: all(text in screen for text in still))
