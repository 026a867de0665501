"""Every git that runs, and every program that a git starts, whoever started it."""

import json
from pathlib import Path


class GitTrace:
    """Has the settings of the person, in this home folder, make git tell what it does from now on."""

    def __init__(self, home: Path) -> None:
        self._settings = home / ".gitconfig"
        self._kept = self._settings.read_text() if self._settings.exists() else ""
        self._file = home / "git-trace"
        self._settings.write_text(f"{self._kept}[trace2]\n\teventTarget = {self._file}\n")

    def take(self) -> list[str]:
        """Names of the git commands and of the programs that are no git, since it began or was last taken."""
        commands = []
        for line in self._file.read_text().splitlines() if self._file.exists() else []:
            event = json.loads(line)
            if event["event"] == "start":
                commands.append(_command(event["argv"]))
            elif event["event"] == "child_start" and (program := event["argv"][0].split()[0]) != "git":
                commands.append(program)  # a git tells of itself
        self._file.unlink(missing_ok=True)
        return commands

    def end(self) -> None:
        self._settings.write_text(self._kept)


def _command(argv: list[str]) -> str:
    """What git is to do, its options left out."""
    words = iter(argv[1:])
    for word in words:
        if word in {"-c", "-C"}:
            next(words)
        elif not word.startswith("-"):
            return word
    return "version"
