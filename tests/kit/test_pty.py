import signal
import sys
from pathlib import Path

import pytest

from tests.kit.processes import children_of, processes_with_env, wait_until
from tests.kit.pty import Terminal

APP = """
from textual.app import App
from textual.widgets import Footer, Label

class Demo(App):
    BINDINGS = [("a", "add", "Add"), ("q", "quit", "Leave")]
    count = 0
    def compose(self):
        yield Label("none", id="label")
        yield Footer()
    def on_resize(self, event):
        self.query_one(Label).update(f"size {event.size.width}x{event.size.height}")
    def action_add(self):
        self.count += 1
        self.query_one(Label).update(f"pressed {self.count}")

Demo().run()
"""


def shell(script: str) -> Terminal:
    return Terminal.start(["sh", "-c", script], size=(40, 10), env={"PTY_TEST": "yes"})


def test_a_textual_app_is_seen_and_steered(tmp_path: Path) -> None:
    script = tmp_path / "app.py"
    script.write_text(APP)
    with Terminal.start([sys.executable, str(script)], size=(50, 12)) as terminal:
        terminal.wait_for("size 50x12")
        screen = terminal.wait_for("palette")
        assert screen.splitlines()[0] == "size 50x12"
        assert screen.splitlines()[-1].split() == ["a", "Add", "q", "Leave", "▏^p", "palette"]
        terminal.press("a", "a")
        terminal.wait_for("pressed 2")
        terminal.resize(70, 15)
        terminal.wait_for("size 70x15")
        terminal.press("q")
        assert terminal.wait_exit() == 0
        assert b"\x1b[?1049l" in terminal.raw()


def test_it_is_a_terminal_with_its_size_and_ctrl_c_interrupts() -> None:
    with shell("trap 'exit 7' INT; stty size; echo ready; read x") as terminal:
        screen = terminal.wait_for("ready")
        assert screen.splitlines()[0] == "10 40"
        terminal.press("ctrl+c")
        assert terminal.wait_exit() == 7


def test_death_by_a_signal_is_negative() -> None:
    with shell("echo ready; exec sleep 600") as terminal:
        terminal.wait_for("ready")
        terminal.signal(signal.SIGTERM)
        assert terminal.wait_exit() == -signal.SIGTERM


def test_close_leaves_nobody() -> None:
    with shell("sleep 600 & sleep 601 & echo ready; wait") as terminal:
        terminal.wait_for("ready")
        wanted = {"sleep 600", "sleep 601"}
        wait_until(lambda: set(children_of(terminal.process.pid).values()) == wanted, "both children")
        assert len(processes_with_env("PTY_TEST", "yes")) == 3
    wait_until(lambda: processes_with_env("PTY_TEST", "yes") == {}, "the killed are gone")


def test_what_does_not_come_is_shown_with_the_screen() -> None:
    with shell("echo hello") as terminal, pytest.raises(AssertionError, match="hello"):
        terminal.wait_for("good bye")
