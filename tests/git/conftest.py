"""Real repositories on this disk, and a person's empty configuration."""

import os
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

import pytest

from tui.git.gauge import Gauge
from tui.git.outcome import Outcome
from tui.git.repo import Repo
from tui.git.stop import StopSignal
from tui.git.sync import SyncOptions, sync_repo


def git(place: Path, *args: str) -> str:
    done = subprocess.run(["git", *args], cwd=place, check=True, capture_output=True)
    return done.stdout.decode("utf-8", "surrogateescape").strip()


def commit(place: Path, name: str = "a.txt", text: str = "text\n", message: str = "change") -> str:
    (place / name).parent.mkdir(parents=True, exist_ok=True)
    (place / name).write_text(text)
    git(place, "add", "-f", name)
    git(place, "commit", "-q", "-m", message)
    return git(place, "rev-parse", "HEAD")


@pytest.fixture(autouse=True)
def person(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The home folder of a person with a name and nothing else."""
    home = tmp_path_factory.mktemp("home")
    for name in list(os.environ):
        if name.startswith(("GIT_", "SSH_")):
            monkeypatch.delenv(name)
    monkeypatch.setenv("HOME", str(home))
    monkeypatch.setenv("GIT_CONFIG_NOSYSTEM", "1")
    (home / ".gitconfig").write_text(
        "[user]\nname = Ann\nemail = ann@example.org\n[init]\ndefaultBranch = main\n[gc]\nauto = 0\n"
    )
    return home


@dataclass
class World:
    """A remote (bare), a colleague's clone `theirs` that pushes to it, and `mine`, which is synced."""

    base: Path

    def build(self) -> None:
        git(self.base, "init", "-q", "--bare", "remote.git")
        git(self.base, "clone", "-q", self.url, "theirs")
        commit(self.theirs, "a.txt", "one\n", "first")
        self.push()
        git(self.base, "clone", "-q", self.url, "mine")

    def copy(self, base: Path) -> "World":
        shutil.copytree(self.base, base, dirs_exist_ok=True, symlinks=True)
        for name in ("theirs", "mine"):
            config = base / name / ".git/config"
            config.write_text(config.read_text().replace(str(self.base), str(base)))
        return World(base)

    @property
    def remote(self) -> Path:
        return self.base / "remote.git"

    @property
    def theirs(self) -> Path:
        return self.base / "theirs"

    @property
    def mine(self) -> Path:
        return self.base / "mine"

    @property
    def url(self) -> str:
        return f"file://{self.remote}"

    @property
    def options(self) -> SyncOptions:
        return SyncOptions(stall_timeout=20, timeout=30, lock_dir=self.base / "locks")

    def push(self, *args: str) -> None:
        git(self.theirs, "push", "-q", *(args or ("origin", "HEAD")))

    def arrive(self, count: int = 1, name: str = "b.txt") -> str:
        """So many new commits on the remote; the last one's id."""
        for number in range(count):
            commit(self.theirs, name, f"{name} {number}\n", f"arrives {number}")
        self.push()
        return git(self.theirs, "rev-parse", "HEAD")

    def head(self) -> str:
        return git(self.mine, "rev-parse", "HEAD")

    def repo(self, **fields: object) -> Repo:
        return Repo(**({"id": "mine", "path": self.mine, "url": self.url} | fields))

    def sync(
        self,
        repo: Repo | None = None,
        options: SyncOptions | None = None,
        stop: StopSignal | None = None,
        gauge: Gauge | None = None,
    ) -> Outcome:
        return sync_repo(repo or self.repo(), options or self.options, stop or StopSignal(), gauge or Gauge())


_built: list[World] = []


@pytest.fixture
def world(tmp_path: Path, tmp_path_factory: pytest.TempPathFactory) -> World:
    if not _built:
        pattern = World(tmp_path_factory.mktemp("world"))
        pattern.build()
        _built.append(pattern)
    return _built[0].copy(tmp_path)
