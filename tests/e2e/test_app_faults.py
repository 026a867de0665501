"""A fault of our own in the app: whatever runs is ended, the terminal is as it was, and one line says what it was."""

import re
import signal
import sys
from pathlib import Path

import pytest

from tests.kit.gate import SshStub
from tests.kit.program import SYNCTUI, Workspace
from tests.kit.pty import Terminal

NAMES = [f"r{n:02}" for n in range(6)]

_FAULT = """
def fault(*_):
    url = "https://ann:hush-in-a-variable@example.invalid/a.git"
    raise RuntimeError("no way to https://ann:hush-in-the-words@example.invalid/a.git\\nfor [red]some[/] reason")
"""
PLACES = {
    "render": """
from widgets.slot_grid import SlotGrid
drawn = SlotGrid.render_line
SlotGrid.render_line = lambda self, y: fault() if ARMED else drawn(self, y)
""",
    "key": """
from tui.app.commands import Commands
Commands.drain = fault
""",
    "handler": """
from tui.app.run_screen import RunScreen
RunScreen.on_filter_line_changed = fault
""",
    "tick": """
from tui.app.run_screen import RunScreen
paint = RunScreen.paint
RunScreen.paint = lambda self: fault() if ARMED else paint(self)
""",
    "dialog": """
from widgets.dialogs import ConfirmDialog
ConfirmDialog.compose = fault
""",
    "callback": """
import asyncio
from tui.app.commands import Commands
Commands.drain = lambda self: asyncio.get_running_loop().call_soon(fault)
""",
    "signal": """
from tui.app.app import SynctuiApp
SynctuiApp.abort = fault
""",
    "summary": """
from tui.view.board import Board
Board.session = fault
""",
}
_LINE = (
    r"synctui: ended by a fault of its own( in (tui|widgets)[\w.]*:\d+)?: RuntimeError: no way to"
    r" https://example\.invalid/a\.git for \[red\]some\[/\] reason; please report it"
)
KEYS = {"dialog": "X", "handler": "/x", "summary": "X", "signal": ""}
_PROGRAM = """
ARMED = False
{fault}{place}
from tui.app.commands import Commands
if Commands.drain is not fault and "{name}" != "callback":
    def arm(self):
        global ARMED
        ARMED = True
    Commands.drain = arm
import sys
sys.argv = ["synctui", *sys.argv[1:]]
from tui.cli import main
main()
"""


@pytest.fixture
def workspace(tmp_path: Path, ssh_stub: SshStub) -> Workspace:
    return Workspace.held(tmp_path / "w", ssh_stub, *NAMES)


def is_sane(terminal: Terminal) -> bool:
    raw = terminal.raw()
    left = all(
        raw.rfind(b"\x1b[?" + mode + b"l") > raw.rfind(b"\x1b[?" + mode + b"h")
        for mode in (b"1049", b"1000", b"2004")  # the other screen, the mouse, pasting in brackets
    )
    return left and raw.rfind(b"\x1b[?25h") > raw.rfind(b"\x1b[?25l")


@pytest.mark.parametrize("name", PLACES)
def test_a_fault_ends_all_and_says_so_in_a_line(workspace: Workspace, ssh_stub: SshStub, name: str) -> None:
    program = _PROGRAM.format(fault=_FAULT, place=PLACES[name], name=name)
    with Terminal.start(
        [sys.executable, "-c", program, "-j", "4", "--start"], cwd=workspace.folder, size=(200, 40)
    ) as terminal:
        ssh_stub.wait_running(4)
        terminal.wait_for("Slots 4/4")
        if name == "signal":
            terminal.signal(signal.SIGTERM)
        elif name == "summary":
            terminal.press("q")
            terminal.wait_for("Leave synctui?")
            terminal.press("a")
        else:
            terminal.press(*KEYS.get(name, "d"))
        assert terminal.wait_exit() == 1
        assert ssh_stub.processes() == {}
        assert is_sane(terminal)
        raw = terminal.raw()
    assert b"hush" not in raw
    assert b"Traceback" not in raw
    # Behind the other screen and the modes that are put back, there is text alone.
    *summary, fault = re.sub(
        r"\x1b\[[?>=<\d;]*[a-z]", "", raw.rpartition(b"\x1b[?1049l")[2].decode()
    ).splitlines()
    assert re.fullmatch(_LINE, fault)
    if name == "summary":
        assert summary == []
    else:
        assert any(line.startswith("6 repos in") for line in summary)
        assert not [line for line in summary if "fault" in line]


def test_two_keys_in_one_burst(workspace: Workspace, ssh_stub: SshStub) -> None:
    with Terminal.start([SYNCTUI, "-j", "4", "--start"], cwd=workspace.folder) as terminal:
        ssh_stub.wait_running(4)
        terminal.wait_for("Slots 4/4")
        terminal.press("q")
        terminal.wait_for("Leave synctui?")
        terminal.press("ss")
        terminal.wait_for(lambda screen: "Leave synctui?" not in screen)
        assert ssh_stub.running() == NAMES[:4]
        terminal.press("X")
        terminal.wait_for("Cancel everything?")
        terminal.press("yy")
        terminal.wait_for("6 repos in ")
        terminal.press("q")
        assert terminal.wait_exit() == 1
        assert ssh_stub.processes() == {}
