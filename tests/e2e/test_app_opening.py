"""A disk that takes its time: what is on the screen meanwhile, and what becomes of keys and mistakes."""

import os
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.kit.program import SYNCTUI, Workspace, synctui
from tests.kit.pty import Terminal


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """A workspace file that is read only once a test has written it."""
    file = tmp_path / "synctui.toml"
    os.mkfifo(file)
    return file


@pytest.fixture
def terminal(file: Path) -> Iterator[Terminal]:
    with Terminal.start([SYNCTUI], cwd=file.parent) as terminal:
        terminal.wait_for("Reading the workspace…")
        yield terminal


def test_keys_typed_meanwhile_count(terminal: Terminal, file: Path) -> None:
    terminal.press("1")
    file.write_text('[workspaces."co"]\na = "https://example.org/a.git"\n')
    terminal.wait_for(lambda screen: "1 repo planned" in screen and "nothing is queued" in screen)
    terminal.press("q")
    assert terminal.wait_exit() == 0


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("[workspaces", "not TOML: "),
        ('[settings]\nexclude_zero = 1\n[workspaces."co"]\n', "unknown key"),
    ],
)
def test_what_is_wrong_with_the_file_is_said_after_the_screen(
    terminal: Terminal, file: Path, content: str, said: str
) -> None:
    file.write_text(content)
    if said == "not TOML: ":
        assert terminal.wait_exit() == 2
    else:
        terminal.wait_for("No repo in")
        terminal.press("q")
        assert terminal.wait_exit() == 0
    assert f"{file}: " in terminal.screen()
    assert said in terminal.screen()


@pytest.mark.parametrize("key", ["q", "ctrl+c"])
def test_it_can_be_left_meanwhile(terminal: Terminal, key: str) -> None:
    terminal.press(key)
    assert terminal.wait_exit() == 0


def test_a_signal_ends_it_meanwhile(terminal: Terminal) -> None:
    terminal.signal(signal.SIGTERM)
    assert terminal.wait_exit() == -signal.SIGTERM
    assert terminal.raw().count(b"\x1b[?1049l") == 1


def test_a_word_that_looks_like_a_command_is_told(tmp_path: Path) -> None:
    workspace = Workspace(tmp_path)
    workspace.add("one")
    config = workspace.folder / "synctui.toml"
    for argv, command in ((["synk"], "sync"), (["--config", str(config), "list"], "list")):
        ran = synctui(*argv, cwd=workspace.folder)
        needed = "the app needs a terminal; without one use `synctui sync`"
        assert (ran.code, ran.err) == (2, f'synctui: {needed} (did you mean the command "{command}"?)\n')
    with Terminal.start([SYNCTUI, "stauts"], cwd=workspace.folder) as terminal:
        assert terminal.wait_exit() == 2
        said = terminal.screen().replace("\n", "")
    assert "`stauts` matches no repo of this workspace" in said
    assert '(did you mean the command "status"?)' in said
