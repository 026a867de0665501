"""`--replay FILE`: a recorded run in the app, instead of a run."""

import gc
import os
import sys
from contextlib import suppress
from pathlib import Path
from typing import BinaryIO

import click

from tui.cli.asked import Asked, needs_terminal
from tui.cli.flags import refuse
from tui.engine.shutdown import Ending, signals_unwind
from tui.git.clean import clean_text
from tui.store.memory import Memory
from tui.store.paths import memory_file
from tui.store.preferences import Preferences
from tui.store.settings import SETTINGS, resolve
from tui.view.recording import Recording, Unplayable, read

STDIN = "-"
_THEME = "theme"


def play(file: str, asked: Asked, *, start: bool) -> Ending:
    """No workspace, no state folder, no git: what was recorded is all there is."""
    flags = {key: value for key, value in asked.flags.items() if value is not None and value is not False}
    theme = flags.pop(_THEME, None)
    given = [f"--{key.replace('_', '-')}" for key in flags]
    given += ["--config"] if asked.config else []
    given += ["--start"] if start else []
    given += [f"`{word}`" for word in asked.words]
    if given:
        refuse(
            f"--replay shows what was recorded; {clean_text(', '.join(given))} cannot change it, leave it out"
        )
    gc.disable()  # until the first frame hardly anything becomes garbage
    with signals_unwind():
        recording = _recording(file)
    needs_terminal("read the file itself: each line is an event")
    preferences = _preferences(theme)
    for warning in preferences.settings.warnings:
        click.echo(f"synctui: {warning}", err=True)
    from tui.app.replay import ReplayApp  # noqa: PLC0415  Textual takes its time

    return ReplayApp(recording, preferences).run_to_end()


def _preferences(theme: object) -> Preferences:
    """Those of the person who looks, and nothing of how a run would be."""
    variable = SETTINGS[_THEME].variable
    environ = {variable: os.environ.get(variable, "")}
    remembered = Memory(memory_file()).settings(Path()).get(_THEME)
    return Preferences(
        lambda now: resolve({_THEME: theme}, environ, {}, 1, 1, remembered=now),
        {_THEME: remembered},
    )


def _recording(file: str) -> Recording:
    name = "stdin" if file == STDIN else clean_text(file)
    try:
        if file == STDIN:
            recording = _read(sys.stdin.buffer)
            _take_keys_from_terminal()
            return recording
        with open(file, "rb") as opened:  # noqa: PTH123  a name as it was typed
            return _read(opened)
    except (OSError, ValueError) as error:  # a ValueError: a name with a NUL in it
        refuse(f"--replay: {name}: {error.strerror if isinstance(error, OSError) else error}")
    except Unplayable as error:
        refuse(f"--replay: {name}: {error}")


def _read(file: BinaryIO) -> Recording:
    """A long recording takes seconds, and one that still comes in takes as long as its run."""
    text = "synctui: reading the recording…" if sys.stderr.isatty() else ""
    click.echo(text, nl=False, err=True)
    try:
        return read(line.decode("utf-8", "replace") for line in file)
    finally:
        click.echo(f"\r{' ' * len(text)}\r" if text else "", nl=False, err=True)


def _take_keys_from_terminal() -> None:
    """What stdin was is read to its end; without a terminal it stays, and the app is refused."""
    with suppress(OSError):
        terminal = os.open("/dev/tty", os.O_RDWR)
        os.dup2(terminal, 0)
        os.close(terminal)
