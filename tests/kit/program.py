"""The installed console script, run as a person or a script runs it."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

from tests.kit.gate import SshStub
from tests.kit.processes import children_of
from tests.kit.repos import Remote, clone, make_remote

SYNCTUI = str(Path(sys.executable).with_name("synctui"))


@dataclass(frozen=True, slots=True)
class Ran:
    code: int
    """Negative: the signal it died of."""
    out: str
    err: str

    @property
    def events(self) -> list[dict[str, Any]]:
        return [json.loads(line) for line in self.out.splitlines()]

    def finished(self) -> dict[str, dict[str, Any]]:
        """The last `repo_finished` of each repo."""
        return {event["repo"]: event for event in self.events if event["event"] == "repo_finished"}

    @property
    def run_finished(self) -> dict[str, Any]:
        last = self.events[-1]
        assert last["event"] == "run_finished"
        return last


def start(
    *args: str, cwd: Path, env: Mapping[str, str] | None = None, prefix: tuple[str, ...] = ()
) -> "subprocess.Popen[str]":
    return subprocess.Popen(
        [*prefix, SYNCTUI, *args],
        cwd=cwd,
        env={**os.environ, **(env or {})},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def ended(process: "subprocess.Popen[str]", timeout: float = 60) -> Ran:
    out, err = process.communicate(timeout=timeout)
    return Ran(process.returncode, out, err)


def kill_unwatched(process: "subprocess.Popen[str]") -> None:
    """kill -9 for the program and the shell that would end what it leaves behind."""
    watchers = [
        pid for pid, command in children_of(process.pid).items() if command.startswith("sh -c \nsoon=")
    ]
    assert len(watchers) == 1
    for pid in (*watchers, process.pid):
        os.kill(pid, signal.SIGKILL)
    ended(process)


def synctui(*args: str, cwd: Path, env: Mapping[str, str] | None = None) -> Ran:
    return ended(start(*args, cwd=cwd, env=env))


class Workspace:
    """A folder with a workspace file, checkouts below `co` and their remotes beside it."""

    def __init__(self, folder: Path, *, settings: str = "") -> None:
        self.folder = folder
        self.settings = settings
        self.remotes: dict[str, Remote] = {}
        self._entries: dict[str, str] = {}
        folder.mkdir(exist_ok=True)

    @classmethod
    def held(cls, folder: Path, stub: SshStub, *names: str) -> Self:
        """One whose remotes all wait at their gates."""
        workspace = cls(folder)
        workspace.add(*names, stub=stub)
        stub.hold(*names)
        return workspace

    def checkout(self, name: str) -> Path:
        return self.folder / "co" / name

    def add(self, *names: str, stub: SshStub | None = None, host: str = "stub", cloned: bool = True) -> None:
        """Repos with a remote of one commit, reached through the stub where there is one, else as a file."""
        for name in names:
            remote = self.remotes[name] = make_remote(self.folder / "remotes" / f"{name}.git")
            url = stub.url(remote, host) if stub else remote.url
            if cloned:
                clone(remote, self.checkout(name), url=url)
            self.entry(name, f'"{url}"')
        self.write()

    def entry(self, name: str, toml: str) -> None:
        self._entries[name] = toml
        self.write()

    def write(self) -> None:
        entries = "".join(f'"{name}" = {toml}\n' for name, toml in self._entries.items())
        text = f'[settings]\n{self.settings}\n[workspaces."co"]\n{entries}'
        (self.folder / "synctui.toml").write_text(text)
