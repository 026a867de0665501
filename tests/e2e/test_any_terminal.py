"""The app in terminals that change under it: another size, the shell in front of it, a mouse."""

import re
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.kit.gate import SshStub
from tests.kit.program import SYNCTUI, Workspace
from tests.kit.pty import Terminal

NAMES = [f"r{n:02}" for n in range(12)]


@pytest.fixture
def workspace(tmp_path: Path, ssh_stub: SshStub) -> Workspace:
    return Workspace.held(tmp_path / "w", ssh_stub, *NAMES)


@pytest.fixture
def shell(workspace: Workspace, ssh_stub: SshStub) -> Iterator[Terminal]:
    """A run of four at a time, started by hand in a shell."""
    env = {"PS1": "here$ ", "ENV": ""}
    with Terminal.start(["/bin/sh", "-i"], cwd=workspace.folder, env=env, size=(100, 30)) as terminal:
        terminal.wait_for("here$")
        terminal.press(f"{SYNCTUI} -j 4 --start", "enter")
        assert ssh_stub.wait_running(4) == NAMES[:4]
        terminal.wait_for("Slots 4/4")
        yield terminal


def has(*texts: str) -> Callable[[str], bool]:
    return lambda screen: all(text in screen for text in texts)


def prompted(screen: str) -> bool:
    """The shell has the terminal again; what the app drew may stand beside that, as pyte has no second screen."""
    return re.search(r"^here\$", screen, re.MULTILINE) is not None


def test_ctrl_z_gives_the_shell_back_and_fg_the_run(shell: Terminal, ssh_stub: SshStub) -> None:
    shell.press("ctrl+z")
    shell.wait_for(lambda screen: "topped" in screen and prompted(screen))
    assert ssh_stub.running() == NAMES[:4], "what git does goes on"
    shell.press("stty -a", "enter")
    shell.wait_for(lambda screen: re.search(r"(?<!-)icanon.* echo ", screen, re.DOTALL) is not None)
    shell.press("fg", "enter")
    shell.wait_for(has("╭─ Slots 4/4", "co/r03", "3 Repos 12", "? more"))

    shell.press("enter")
    shell.wait_for("output of git")
    shell.press("ctrl+z")
    shell.wait_for(prompted)
    ssh_stub.gate("r00").open()
    shell.press("fg", "enter")
    shell.wait_for(has("= up to date", "esc back"))
    shell.press("escape")

    ssh_stub.open_all()
    shell.wait_for("12 repos in ")
    shell.forget_screen()
    shell.press("q")
    shell.wait_for("12 repos in ")
    assert b"Traceback" not in shell.raw()
    assert not [command for command in ssh_stub.processes().values() if ".git" in command]


@pytest.mark.parametrize("page", ["main", "detail", "dialog"])
def test_a_resize_in_the_middle_of_a_run(shell: Terminal, ssh_stub: SshStub, page: str) -> None:
    here = {
        "main": ("Slots 4/4", "co/r0", "? more"),
        "detail": ("co/r00", "esc back"),
        "dialog": ("Leave synctui?", "stay"),
    }[page]
    shell.press(*{"main": (), "detail": ("enter",), "dialog": ("q",)}[page])
    for columns, rows in ((40, 12), (300, 100), (80, 24), (120, 40)):
        shell.wait_for(has(*here))
        shell.resize(columns, rows)
        shell.wait_for(lambda screen: has(*here)(screen) and fills(screen, columns, rows))  # noqa: B023  awaited at once
        assert ssh_stub.running() == NAMES[:4]
    if page != "main":
        shell.press("escape")
        shell.wait_for(lambda screen: "Slots 4/4" in screen and here[-1] not in screen)
    shell.press("+")
    shell.wait_for("Slots 5/5")
    ssh_stub.open_all()
    shell.wait_for("12 repos in ")


def fills(screen: str, columns: int, rows: int) -> bool:
    """The last line has the keys, and the first the clock at its right end."""
    lines = screen.split("\n")
    return len(lines) == rows and bool(lines[-1].strip()) and columns - 3 <= max(map(len, lines)) <= columns


def test_what_can_be_seen_on_a_small_screen_can_be_done_there(shell: Terminal, ssh_stub: SshStub) -> None:
    shell.resize(40, 12)
    shell.wait_for(has("Slots 4/4", "co/r03"))
    shell.press("x")
    shell.wait_for("cancelled")
    shell.press("q")
    shell.wait_for(has("4 jobs running, 7 queued.", "then leave", "abort what runs and leave"))
    shell.press("a")
    shell.wait_for("12 repos interrupted")
    assert not [command for command in ssh_stub.processes().values() if ".git" in command]


@pytest.mark.parametrize("env", [{"TERM": "screen"}, {"TERM": "xterm"}, {"NO_COLOR": "1"}], ids=str)
def test_a_click_does_what_stands_there(workspace: Workspace, ssh_stub: SshStub, env: dict[str, str]) -> None:
    argv = [SYNCTUI, "-j", "2", "--start"]
    with Terminal.start(argv, cwd=workspace.folder, env=env, size=(80, 24)) as terminal:
        assert ssh_stub.wait_running(2) == NAMES[:2]
        terminal.wait_for("Slots 2/2")
        terminal.wait_for("1 Queue 10 ")  # the tabs no longer move
        click(terminal, "2 Attention")
        terminal.wait_for("nothing needs attention")
        terminal.wait_for("\n tab panes  p pause")  # with nothing selected, as the hints are now
        click(terminal, "p pause")
        terminal.wait_for("PAUSED")
        click(terminal, "3 Repos")
        terminal.wait_for("last error")
        click(terminal, "co/r05 ")
        terminal.wait_for("▌  co/r05")


@pytest.mark.parametrize(
    ("env", "theme"),
    [
        ({"TERM": "xterm", "COLORTERM": ""}, "ansi-dark"),
        ({"TERM": "xterm", "COLORTERM": "", "SYNCTUI_THEME": "nord"}, "nord"),
        ({"TERM": "xterm-256color", "COLORTERM": ""}, "textual-dark"),
    ],
    ids=["16 colours", "asked for", "256 colours"],
)
def test_a_terminal_of_16_colours_keeps_its_own(
    workspace: Workspace, env: dict[str, str], theme: str
) -> None:
    with Terminal.start([SYNCTUI], cwd=workspace.folder, env=env, size=(100, 30)) as terminal:
        terminal.wait_for("12 repos planned")
        terminal.press(",")
        terminal.wait_for(lambda screen: any(" theme " in one and theme in one for one in screen.split("\n")))


def click(terminal: Terminal, text: str) -> None:
    """`text` may begin with the end of the line above."""
    lines = terminal.wait_for(text).split("\n")
    text = text.lstrip("\n")
    row, line = next((row, line) for row, line in enumerate(lines, 1) if text in line)
    column = line.index(text) + 2
    terminal.press(f"\x1b[<0;{column};{row}M\x1b[<0;{column};{row}m")


def test_a_view_is_there_at_the_next_start(workspace: Workspace) -> None:
    with Terminal.start([SYNCTUI], cwd=workspace.folder, size=(100, 30)) as terminal:
        terminal.wait_for("12 repos planned")
        terminal.press("/", "r1", "enter")
        terminal.wait_for("2 of 12")
        terminal.press("o", "ctrl+s")
        terminal.wait_for("5")
        terminal.press("5")
        terminal.wait_for("saved")
        terminal.press("q")
        assert terminal.wait_exit() == 0
    with Terminal.start([SYNCTUI], cwd=workspace.folder, size=(100, 30)) as terminal:
        terminal.wait_for("12 repos planned")
        terminal.press("5")
        terminal.wait_for(has("/ r1", "2 of 12", "co/r10", "repo▲"))
        assert "co/r00" not in terminal.screen()
        terminal.press("6")
        terminal.wait_for("view 6 is empty")
        terminal.press("q")
        assert terminal.wait_exit() == 0
