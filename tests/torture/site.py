"""The ground of one case: a remote, a checkout of it, and the line of the workspace file that names them."""

import json
import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests.kit import repos
from tests.kit.repos import Remote
from tests.torture.facts import Facts, facts
from tui.git.outcome import Reason, State

MARKER = "INJECTED"
"""A command that a case smuggles in writes a file of this name into `Site.marker`'s folder."""
SECRET = "hunter2-correct-horse"


class Site:
    """`folder` holds the remote and everything else of the case; the checkout is `co/NAME` below `workspace`."""

    def __init__(self, workspace: Path, name: str) -> None:
        self.name = name
        self.workspace = workspace
        self.folder = workspace / "sites" / name
        self.folder.mkdir(parents=True)
        self.checkout = workspace / "co" / name
        self.options: dict[str, Any] = {}
        """What the entry of the workspace file sets besides `url`."""
        self.url: str | None = None
        self.remote: Remote = repos.make_remote(self.folder / f"{name}.git", 3)
        self.closers: list[Callable[[], object]] = []
        """Called when the case is over: servers that it started, mounts."""
        self.lands: str | None = None
        """The commit on which HEAD ends, where that is neither the remote's tip nor where it was; empty: unborn."""
        self.others: dict[str, tuple[str, State]] = {}
        """More entries of the same run, listed before its own: name to its TOML and its end."""

    @property
    def marker(self) -> Path:
        return self.folder / MARKER

    def clone(self, *options: str) -> Path:
        return repos.clone(self.remote, self.checkout, *options, url=self.url)

    def arrive(self, n: int = 1, **options: Any) -> str:
        """So many new commits on the remote."""
        return repos.add_commits(self.remote, n, **options)

    def git(self, *args: str, cwd: Path | None = None, stdin: str | None = None) -> str:
        return repos.git(cwd or self.checkout, *args, stdin=stdin)

    def write(self, name: str, text: str = "mine\n") -> Path:
        """A file of the person in the checkout."""
        path = self.checkout / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
        return path

    def hook(self, name: str, script: str) -> None:
        """A hook of the person in the checkout; the script is of `sh`."""
        hook = self.checkout / ".git/hooks" / name
        hook.parent.mkdir(exist_ok=True)
        hook.write_text(f"#!/bin/sh\n{script}\n")
        hook.chmod(0o755)

    def command(self, file: Path) -> Path:
        """Puts a command there that leaves the mark."""
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(f"#!/bin/sh\ntouch '{self.marker}'\nexec \"$@\"\n")
        file.chmod(0o755)
        return file

    def config(self, key: str, value: str) -> None:
        """A setting of the checkout's own."""
        self.git("config", key, value)

    def at(self, place: str) -> None:
        """Puts the checkout at this path below the workspace folder instead of its name."""
        self.checkout = self.workspace / "co" / place
        self.options["path"] = place

    def also(self, place: str, state: State, **options: Any) -> Path:
        """One more entry, with its end; returns its path."""
        self.others[place] = (_table({"url": self.remote.url, **options}), state)
        return self.workspace / "co" / place

    def entries(self) -> str:
        """Its lines of the workspace file."""
        tables = {name: toml for name, (toml, _) in self.others.items()}
        tables[self.name] = _table({"url": self.url or self.remote.url, **self.options})
        return "\n".join(f"{json.dumps(name)} = {toml}" for name, toml in tables.items())

    def facts(self) -> Facts:
        return facts(self.checkout)

    def close(self) -> None:
        for closer in reversed(self.closers):
            closer()


Arrange = Callable[[Site], None]
Check = Callable[[Site, Mapping[str, Any]], None]
"""Given the site and the `repo_finished` event."""


@dataclass(frozen=True, slots=True)
class Case:
    """One situation and the only right end of it."""

    arrange: Arrange
    state: State
    reason: Reason | None = None
    notes: frozenset[str] = frozenset()
    follows: bool = False
    """HEAD ends on the remote's tip; otherwise it stays where it was."""
    check: Check | None = None
    env: Mapping[str, str] = field(default_factory=dict)
    """For the run; the case has a run of its own then."""
    args: tuple[str, ...] = ()
    """More arguments of the run, which is its own then."""

    @property
    def name(self) -> str:
        return self.arrange.__name__.replace("_", "-")


class Corpus(list[Case]):
    """Cases as they are written: `@CORPUS.case(State.BLOCKED, Reason.DIRTY)` above the function that arranges one."""

    def case(self, state: State, reason: Reason | None = None, **rest: Any) -> Callable[[Arrange], Arrange]:
        """`rest`: the other fields of `Case`; notes as any collection."""

        def keep(arrange: Arrange) -> Arrange:
            notes = frozenset(rest.pop("notes", ()))
            self.append(Case(arrange, state, reason, notes, **rest))
            return arrange

        return keep


def write_workspace(workspace: Path, sites: list[Site]) -> Path:
    """The workspace file that names these sites."""
    text = '[workspaces."co"]\n' + "\n".join(site.entries() for site in sites) + "\n"
    file = workspace / "synctui.toml"
    file.write_text(text)
    return file


def _table(options: Mapping[str, Any]) -> str:
    inside = (f"{key} = {_toml(value)}" for key, value in options.items() if value is not None)
    return f"{{ {', '.join(inside)} }}"


def _toml(value: object) -> str:
    return json.dumps(os.fspath(value) if isinstance(value, Path) else value)
