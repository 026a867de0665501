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

    @property
    def marker(self) -> Path:
        return self.folder / MARKER

    def clone(self, *options: str) -> Path:
        return repos.clone(self.remote, self.checkout, *options, url=self.url)

    def arrive(self, n: int = 1, **options: Any) -> str:
        """So many new commits on the remote."""
        return repos.add_commits(self.remote, n, **options)

    def git(self, *args: str, cwd: Path | None = None) -> str:
        return repos.git(cwd or self.checkout, *args)

    def write(self, name: str, text: str = "mine\n") -> Path:
        """A file of the person in the checkout."""
        path = self.checkout / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
        return path

    def entry(self) -> str:
        """Its line of the workspace file."""
        options = {"url": self.url or self.remote.url, **self.options}
        inside = ", ".join(f"{key} = {_toml(value)}" for key, value in options.items() if value is not None)
        return f"{json.dumps(self.name)} = {{ {inside} }}"

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
    text = '[workspaces."co"]\n' + "\n".join(site.entry() for site in sites) + "\n"
    file = workspace / "synctui.toml"
    file.write_text(text)
    return file


def _toml(value: object) -> str:
    return json.dumps(os.fspath(value) if isinstance(value, Path) else value)
