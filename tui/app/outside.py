"""Programs of the person in the folder of a repo: which ones, and in one line what is wrong with them."""

import os
import shlex
import signal
import subprocess
from collections.abc import Sequence
from pathlib import Path
from shutil import which

_INTERRUPTED = 128 + signal.SIGINT
"""With which a shell ends whose last command got a ctrl+c: the person knows."""


class UnusableError(Exception):
    """The program cannot be started; the text says why and what helps, in one line."""


def shell() -> Sequence[str]:
    return _words(os.environ.get("SHELL") or "sh", "$SHELL", "$SHELL names it")


def editor() -> Sequence[str]:
    for variable in ("VISUAL", "EDITOR"):
        if words := os.environ.get(variable, "").strip():
            return [*_words(words, f"${variable}", f"${variable} names it"), "."]
    return [*_words("vi", "$EDITOR", "set $EDITOR"), "."]


def lazygit() -> Sequence[str]:
    return _words("lazygit", "", "it is at github.com/jesseduffield/lazygit")


def run(words: Sequence[str], folder: Path) -> str:
    """Run it to its end; empty, or one line on how that was other than well."""
    name = Path(words[0]).name
    try:
        code = subprocess.run(words, cwd=folder, check=False).returncode
    except OSError as error:
        return f"{name} could not be started: {error.strerror}"
    if code < 0:
        return f"{name} was ended by {signal.Signals(-code).name}"
    return f"{name} ended with exit code {code}" if code not in {0, _INTERRUPTED} else ""


def _words(command: str, variable: str, where: str) -> Sequence[str]:
    """Raises UnusableError; `variable` is where the command is from, `where` what to do about it."""
    try:
        words = shlex.split(command)
    except ValueError as error:
        raise UnusableError(f"{variable} cannot be read: {error}") from error
    if not words or which(words[0]) is None:
        raise UnusableError(f"{words[0] if words else command} was not found; {where}")
    return words
