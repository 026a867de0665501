"""What a look at the surroundings of the program finds, and how programs are asked for it."""

import os
import signal
import subprocess
from collections.abc import Callable, Iterable
from enum import StrEnum

from msgspec import Struct

from tui.git.clean import clean_text
from tui.git.group import signal_group

PATIENCE = 2.5
"""Seconds that a program has to answer; a machine that is busy takes its time."""


class Level(StrEnum):
    OK = "ok"
    NOTE = "note"
    """Good to know; nothing to mend."""
    WARNING = "warning"
    """May trip a run, or makes it slower."""
    PROBLEM = "problem"
    """Will trip a run."""


class Finding(Struct, frozen=True):
    """`check` is what was looked at, `found` what was found, `helps` the one command or setting against it."""

    check: str
    level: Level
    found: str
    helps: str = ""


Check = Callable[[], Iterable[Finding]]
"""Raises NoAnswer where a program is silent, and OSError."""


class NoAnswer(Exception):  # noqa: N818 - what happened, and not always a mistake
    """The program did not answer in time; the text says which."""


class Answer(Struct, frozen=True):
    code: int
    out: str
    err: str


def ask(*command: str, env: dict[str, str] | None = None) -> Answer:
    """What the program says within PATIENCE; it has no terminal to ask on. `env` comes on top of ours.

    Raises NoAnswer, with all that it started ended, and FileNotFoundError where there is no such program.
    """
    quiet = {"SSH_ASKPASS_REQUIRE": "never", "LC_ALL": "C", "LANGUAGE": ""}
    with subprocess.Popen(
        command,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env=os.environ | quiet | (env or {}),
        start_new_session=True,
    ) as child:
        try:
            out, err = child.communicate(timeout=PATIENCE)
        except subprocess.TimeoutExpired:
            signal_group(child.pid, signal.SIGKILL)
            raise NoAnswer(f"`{clean_text(' '.join(command))}` does not answer") from None
    return Answer(child.returncode, os.fsdecode(out), os.fsdecode(err))
