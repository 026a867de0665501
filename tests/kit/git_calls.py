"""Every git that is called by its name, by whomever: its own children call its programs by their paths."""

import os
import shutil
from pathlib import Path

import pytest


class GitCalls:
    def __init__(self, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self._file, real = folder / "calls", shutil.which("git")
        program = folder / "bin/git"
        program.parent.mkdir(parents=True)
        # One write a call: they come from many at once.
        said = f'said=$(printf "%s\\037" "$@"); printf "%s\\n" "$said" >> {self._file}'
        program.write_text(f'#!/bin/sh\n{said}\nexec {real} "$@"\n')
        program.chmod(0o755)
        monkeypatch.setenv("PATH", f"{program.parent}:{os.environ['PATH']}")

    def take(self) -> list[str]:
        """The git commands since the last time."""
        lines = self._file.read_text().splitlines() if self._file.exists() else []
        self._file.unlink(missing_ok=True)
        return [_command(line.split("\037")) for line in lines]


def _command(words: list[str]) -> str:
    rest = iter(words)
    for word in rest:
        if word in {"-c", "-C"}:
            next(rest)
        elif not word.startswith("-"):
            return word
    raise AssertionError(words)
