"""A throw-away workspace of real repositories in every state, served by a server of its own."""

import contextlib
import fcntl
import os
import shutil
import subprocess
import tempfile
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from enum import StrEnum
from http import HTTPStatus
from itertools import cycle
from pathlib import Path
from typing import Self

import tomli_w
from msgspec import Struct

from tui.demo.history import commits
from tui.demo.server import GitServer, Manner

SETTINGS = {"jobs": 6, "retry": 1, "stall_timeout": 8}
"""The hanging remote has to end within the show, and the flaky one to be tried again."""

_BASE = 6
"""Commits that every remote has before its checkout is made."""
_AGES = (25, 40, 4 * 60, 9 * 60, 20 * 60, 31 * 60, 5 * 1440)
"""Minutes since the checkouts were made, in turn: some are stale, one in seven severely so."""
_BUILDERS = 4
_PREFIX = "synctui-demo-"
_HELD = ".held"
"""A file that the demo locks for as long as it lives."""


class Story(StrEnum):
    """What a repository of the demo is there to show."""

    CURRENT = "current"
    BEHIND = "behind"
    MISSING = "missing"
    DIVERGED = "diverged"
    DIRTY_OVERLAP = "dirty_overlap"
    DIRTY = "dirty"
    DETACHED = "detached"
    AHEAD = "ahead"
    FORCED = "forced"
    FLAKY = "flaky"
    NO_LOGIN = "no_login"
    GONE = "gone"
    HANGS = "hangs"


class Cast(Struct, frozen=True):
    """One repository: its name in the workspace, its story and how it is served."""

    name: str
    story: Story
    news: int = 0
    """Commits that came upstream since the checkout was made."""
    kilobytes: int = 0
    """Data that do not compress: of the whole for a missing one, of the news for another."""
    latency: float = 0.5
    rate: int = 400
    """Kilobytes a second."""

    @property
    def manner(self) -> Manner:
        rate = self.rate * 1024
        match self.story:
            case Story.HANGS:
                return Manner(hangs=True)
            case Story.NO_LOGIN:
                return Manner(self.latency, rate, locked=True)
            case Story.FLAKY:
                return Manner(self.latency, rate, HTTPStatus.INTERNAL_SERVER_ERROR, times=1)
            case _:
                return Manner(self.latency, rate)


CAST = (
    Cast("web/storefront", Story.BEHIND, news=12, kilobytes=2_400, latency=0.4),
    Cast("web/checkout", Story.CURRENT, latency=0.9),
    Cast("web/search-page", Story.MISSING, kilobytes=3_600, rate=500),
    Cast("web/accounts", Story.HANGS),
    Cast("web/landing", Story.CURRENT, latency=0.6),
    Cast("web/admin", Story.DIVERGED, news=2),
    Cast("web/newsletter", Story.BEHIND, news=3, latency=0.8),
    Cast("web/design-system", Story.MISSING, kilobytes=4_800, rate=600),
    Cast("libs/retry-kit", Story.CURRENT, latency=1.1),
    Cast("libs/money", Story.BEHIND, news=1, latency=0.3),
    Cast("libs/timezones", Story.CURRENT, latency=0.7),
    Cast("libs/event-bus", Story.FLAKY, news=4),
    Cast("libs/schema", Story.DIRTY_OVERLAP, news=2, latency=0.7),
    Cast("libs/feature-flags", Story.CURRENT, latency=0.4),
    Cast("libs/http-client", Story.FORCED, news=2, latency=0.6),
    Cast("libs/logging", Story.CURRENT, latency=1.3),
    Cast("libs/csv-reader", Story.AHEAD, latency=0.5),
    Cast("libs/geo", Story.MISSING, kilobytes=1_600, rate=300),
    Cast("infra/network", Story.CURRENT, latency=0.8),
    Cast("infra/cluster", Story.BEHIND, news=7, kilobytes=1_800, rate=350),
    Cast("infra/dns-zones", Story.DETACHED, news=1),
    Cast("infra/monitoring", Story.MISSING, kilobytes=2_400),
    Cast("infra/backups", Story.CURRENT, latency=1.0),
    Cast("infra/build-runners", Story.NO_LOGIN, latency=0.9),
    Cast("infra/key-rotation", Story.CURRENT, latency=0.5),
    Cast("infra/edge-proxy", Story.DIRTY, news=2, latency=0.6),
    Cast("docs/handbook", Story.BEHIND, news=5, latency=0.5),
    Cast("docs/api-reference", Story.MISSING, kilobytes=2_000, rate=350),
    Cast("docs/onboarding", Story.CURRENT, latency=0.6),
    Cast("docs/runbooks", Story.GONE, latency=0.8),
    Cast("docs/style-guide", Story.CURRENT, latency=1.2),
    Cast("tools/release-bot", Story.BEHIND, news=2, latency=0.9),
    Cast("tools/db-migrate", Story.CURRENT, latency=0.4),
    Cast("tools/lint-rules", Story.CURRENT, latency=0.8),
    Cast("tools/load-test", Story.MISSING, kilobytes=3_000, rate=500),
    Cast("tools/log-viewer", Story.BEHIND, news=9, kilobytes=2_000, rate=450),
    Cast("tools/repo-stats", Story.CURRENT, latency=0.6),
    Cast("tools/dev-shell", Story.CURRENT, latency=1.0),
    Cast("tools/fixture-gen", Story.CURRENT, latency=0.5),
    Cast("tools/screenshots", Story.MISSING, kilobytes=1_200, rate=300),
)


def _hold(folder: Path) -> int:
    """The descriptor of the lock that says that the folder is in use."""
    file = folder / f"{_HELD}.new"
    held = os.open(file, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    fcntl.flock(held, fcntl.LOCK_EX)
    file.rename(folder / _HELD)  # nobody finds it before it is locked
    return held


def _sweep() -> None:
    """Remove the folders of demos that were killed."""
    for file in Path(tempfile.gettempdir()).glob(f"{_PREFIX}*/{_HELD}"):
        with contextlib.suppress(OSError), file.open("rb") as found:
            fcntl.flock(found, fcntl.LOCK_EX | fcntl.LOCK_NB)
            if file.parent.lstat().st_uid == os.getuid():
                shutil.rmtree(file.parent, ignore_errors=True)


class Demo:
    """Builds the workspace at once and serves it until `close`, which removes all of it.

    Raises subprocess.CalledProcessError or OSError when git or the disk does not play along; nothing is
    left then either.
    """

    def __init__(self) -> None:
        with contextlib.ExitStack() as stack:
            # Resolved, because a temporary folder may be a symlink and git then names two places.
            _sweep()
            self.folder = Path(tempfile.mkdtemp(prefix=_PREFIX)).resolve()
            stack.callback(shutil.rmtree, self.folder, ignore_errors=True)
            stack.callback(os.close, _hold(self.folder))
            self.config = self.folder / "synctui.toml"
            self._remotes = self.folder / ".remotes"
            manners = {f"{cast.name}.git": cast.manner for cast in CAST}
            self.server = stack.enter_context(GitServer(self._remotes, manners))
            with ThreadPoolExecutor(_BUILDERS) as builders:
                list(builders.map(self._build, CAST, cycle(_AGES)))
            self.config.write_text(tomli_w.dumps(self._entries()))
            self._undo = stack.pop_all()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Stop the server and remove the folder; a second call does nothing."""
        self._undo.close()

    def environment(self) -> dict[str, str]:
        """Variables of a run in this workspace.

        The person's git configuration stays out of it, as a proxy, a rewritten URL or a login helper with
        a window, and what is remembered of the run goes with the folder.
        """
        return {
            "GIT_CONFIG_GLOBAL": os.devnull,
            "GIT_CONFIG_NOSYSTEM": "1",
            # The lower-case name wins over the other one wherever both are read.
            "no_proxy": "127.0.0.1",
            "XDG_STATE_HOME": str(self.folder / ".state"),
            # So that what is advised, a rebase say, can be done in a shell.
            **{name: value for name, value in _PERSON.items() if not name.endswith("_DATE")},
        }

    def _entries(self) -> dict[str, object]:
        workspaces: dict[str, dict[str, str]] = {}
        for cast in CAST:
            group, _, name = cast.name.partition("/")
            workspaces.setdefault(str(self.folder / group), {})[name] = f"{self.server.url}/{cast.name}.git"
        return {"settings": SETTINGS, "workspaces": workspaces}

    def _build(self, cast: Cast, age: int) -> None:
        remote = self._remotes / f"{cast.name}.git"
        _make_remote(remote)
        if cast.story == Story.MISSING:
            _import(remote, cast, 1, _BASE, kilobytes=cast.kilobytes)
            return
        _import(remote, cast, 1, _BASE)
        checkout = self.folder / cast.name
        # Rewritten for this one command, so that the checkout knows the URL but comes from the disk.
        from_disk = f"url.{self._remotes}/.insteadOf={self.server.url}/"
        _git(
            self.folder,
            "-c",
            from_disk,
            "clone",
            "-q",
            "--template=",
            f"{self.server.url}/{cast.name}.git",
            str(checkout),
            at=time.time() - age * 60,
        )
        if cast.story == Story.FORCED:
            _import(remote, cast, _BASE, cast.news, parent="refs/heads/main~1")
        elif cast.news:
            _import(remote, cast, _BASE + 1, cast.news, parent="refs/heads/main^0", kilobytes=cast.kilobytes)
        if arrange := _ARRANGE.get(cast.story):
            arrange(checkout)
        if cast.story == Story.GONE:
            shutil.rmtree(remote)


def demo_workspace() -> Demo:
    """A demo ready to be opened; a context manager that removes it."""
    return Demo()


def _make_remote(path: Path) -> None:
    """By hand, which is what `git init --bare` leaves without its samples."""
    (path / "objects").mkdir(parents=True)
    (path / "refs/heads").mkdir(parents=True)
    (path / "HEAD").write_text("ref: refs/heads/main\n")
    (path / "config").write_text("[core]\n\trepositoryformatversion = 0\n\tbare = true\n")


def _import(
    remote: Path, cast: Cast, first: int, count: int, *, parent: str = "", kilobytes: int = 0
) -> None:
    stream = b"".join(commits(cast.name, first, count, parent=parent, kilobytes=kilobytes))
    # Forced for the history that is rewritten; a pack without compression, for data that do not compress.
    options = ("-c", "fastimport.unpackLimit=1", "-c", "core.compression=0")
    _git(remote, *options, "fast-import", "--quiet", "--force", stdin=stream)


def _commit_of_mine(checkout: Path) -> None:
    (checkout / "NOTES.md").write_text("# Notes\n\nTo be discussed.\n")
    _git(checkout, "add", "NOTES.md")
    _git(checkout, "commit", "-q", "-m", "Write down what is open")


def _edit_changelog(checkout: Path) -> None:
    (checkout / "CHANGELOG.md").write_text("# Changes\n\nNot written yet.\n")


def _edit_readme(checkout: Path) -> None:
    (checkout / "README.md").write_text("# A better title\n")


def _detach(checkout: Path) -> None:
    _git(checkout, "checkout", "-q", "--detach", "HEAD~2")


_ARRANGE: dict[Story, Callable[[Path], None]] = {
    Story.AHEAD: _commit_of_mine,
    Story.DIVERGED: _commit_of_mine,
    Story.DIRTY_OVERLAP: _edit_changelog,
    Story.DIRTY: _edit_readme,
    Story.DETACHED: _detach,
}
"""What a person did in the checkout."""

_PERSON = {
    f"GIT_{role}_{key}": value
    for role in ("AUTHOR", "COMMITTER")
    for key, value in (
        ("NAME", "Robin Doe"),
        ("EMAIL", "robin@example.org"),
        ("DATE", "2026-01-04T12:00:00+0000"),
    )
}


def _git(cwd: Path, *args: str, stdin: bytes = b"", at: float | None = None) -> None:
    """A git that sees no configuration of the person. Raises subprocess.CalledProcessError.

    `at`: when it seems to be, in seconds since the epoch; else a day that makes equal commits of equal ones.
    """
    foreign = {name: value for name, value in os.environ.items() if not name.startswith("GIT_")}
    alone = {"GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_NOSYSTEM": "1"}
    # A session of its own: ctrl+c interrupts the program, which then removes everything.
    subprocess.run(
        ["git", *args],
        cwd=cwd,
        env=foreign | alone | _PERSON | ({"GIT_COMMITTER_DATE": f"@{at:.0f} +0000"} if at else {}),
        input=stdin,
        capture_output=True,
        check=True,
        start_new_session=True,
    )
