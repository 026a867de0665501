"""A newcomer's tour: nothing was read, and every key that is pressed stands on the screen before it is."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.kit.program import SYNCTUI
from tests.kit.pty import Terminal

REPOS = ("libs/schema", "docs/runbooks", "infra/build-runners", "libs/event-bus", "web/landing", "libs/money")


@pytest.fixture
def terminal(tmp_path: Path) -> Iterator[Terminal]:
    env = {"TMPDIR": str(tmp_path), "SHELL": "/bin/sh", "PS1": "here$ "}
    with Terminal.start([SYNCTUI, "demo", *REPOS], env=env, cwd=tmp_path) as terminal:
        yield terminal


class Newcomer:
    """Presses what the screen names, and nothing else."""

    def __init__(self, terminal: Terminal) -> None:
        self._terminal = terminal

    def press(self, key: str, told: str) -> None:
        """`told`: how the screen names the key and what it does."""
        self._terminal.wait_for(told)
        self._terminal.press(key)

    def sees(self, *texts: str) -> None:
        for text in texts:
            self._terminal.wait_for(text, 60)


def test_a_newcomers_tour(terminal: Terminal) -> None:
    she = Newcomer(terminal)

    # Given the demo, which begins by itself: three repos end badly, and the log says where to look.
    she.sees("3 to look at (press 2)")

    # Why did they fail?
    she.press("2", "2 Attention 3")
    she.sees("failed: auth", "failed: not found", "blocked: dirty", "could not read Username")

    # One of them she can mend herself: her own changes are in the way.
    while "▌  libs/schema" not in terminal.screen():
        terminal.press("down")
        terminal.wait_for("▌")
    she.press("enter", "enter detail")
    she.sees("local changes would be overwritten: CHANGELOG.md", "stash")
    she.press("!", "! shell")
    terminal.wait_for("here$ ")
    terminal.press("git stash", "enter", "exit", "enter")
    she.press("escape", "esc back")

    # All of them again.
    she.press("R", "R retry all")
    she.sees("2 to look at (press 2)")

    # What came to one of them?
    she.press("4", "4 Arrived")
    she.sees("libs/event-bus")
    she.press("enter", "enter detail")
    she.sees("commits arrived", "history, newest first")
    she.press("escape", "esc back")

    # One job fewer at a time, and out.
    limit = int(re.findall(r"Slots 0/(\d+)", terminal.wait_for("Slots 0/"))[0])
    she.press("-", "- fewer")
    she.sees(f"Slots 0/{limit - 1},")
    she.press("q", "q quit")
    assert terminal.wait_exit() == 1
    she.sees("That was a demo")
