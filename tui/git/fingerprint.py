"""Whether a checkout is still as it was: a digest of what `stat` says of all that git's own look depends on."""

import contextlib
import hashlib
import os
import shutil
from collections.abc import Collection, Iterable
from dataclasses import fields
from operator import attrgetter
from pathlib import Path

from tui.git.gauge import Gauge
from tui.git.inspect import IN_PROGRESS_FILES, RepoStatus, common_dir_of
from tui.git.process import Deadlines, GitRunner
from tui.git.stop import StopSignal

MOST_ENTRIES = 20_000
"""Files and folders above which git itself is the faster one to ask."""
_PATIENCE = 10.0
"""Seconds for the one question about the person's own settings."""
_TICK_NS = 50_000_000
"""What changed so shortly before a look could change once more and show the same time: the kernel's clock
for files moves in steps of up to 10 ms, and a file system may be slower."""

_OF_WORKTREE = (
    *(b"HEAD", b"index", b"FETCH_HEAD", b"logs/HEAD", b"config.worktree", b"info/sparse-checkout"),
    *map(os.fsencode, IN_PROGRESS_FILES),
)
_OF_ALL = (
    b"config",
    b"packed-refs",
    b"logs/refs/stash",
    b"shallow",
    b"info/exclude",
    b"reftable/tables.list",
)


def fingerprint(path: Path, git_dir: Path, ignored: Collection[str], began_ns: int) -> str | None:
    """The same text as long as nothing changed that a look at the checkout would show.

    `ignored`: folders that git ignores as a whole, relative to the checkout; they are not entered.
    `began_ns`: when the look began, in nanoseconds since the epoch. None: something changed so late that a
    later change need not show, or the checkout is too large or has submodules, whose state is elsewhere.
    Raises OSError.
    """
    digest = _Digest(began_ns - _TICK_NS)
    common = os.fsencode(common_dir_of(git_dir))
    digest.add_files(os.fsencode(git_dir), _OF_WORKTREE)
    digest.add_files(common, _OF_ALL)
    digest.add_tree(common + b"/refs", frozenset())
    if git_dir != path:
        if (path / ".gitmodules").exists():
            return None
        digest.add_tree(os.fsencode(path), {os.fsencode(path / name) for name in ignored})
    return digest.result()


def surroundings() -> str:
    """A digest of what all looks depend on: what they note, git itself and the person's own settings for it."""
    digest = hashlib.blake2b(digest_size=16)
    digest.update(repr([field.name for field in fields(RepoStatus)]).encode())
    of_git = {name: text for name, text in os.environ.items() if name.startswith("GIT_")}
    of_git.pop("GIT_PYTHON_REFRESH", None)  # set by ourselves, before the first git
    digest.update(repr(sorted(of_git.items())).encode())
    settings = b""
    if git := shutil.which("git"):
        digest.update(_stat(Path(git)))
        with contextlib.suppress(OSError):
            runner = GitRunner(Path("/"), StopSignal(), Deadlines(0, _PATIENCE), Gauge())
            settings = runner.run("config", "-z", "--list", "--includes").stdout
    digest.update(settings)
    config_home = Path(os.environ.get("XDG_CONFIG_HOME") or "~/.config").expanduser()
    excludes = [
        os.fsdecode(entry.partition(b"\n")[2])
        for entry in settings.split(b"\0")
        if entry.startswith(b"core.excludesfile\n")
    ]
    for file in (config_home / "git/ignore", *(Path(name).expanduser() for name in excludes)):
        digest.update(_stat(file))
    return digest.hexdigest()


def _stat(file: Path) -> bytes:
    with contextlib.suppress(OSError, RuntimeError):  # RuntimeError: a home folder that nobody knows
        found = file.stat()
        return b"%d %d %d\0" % (found.st_ctime_ns, found.st_ino, found.st_size)
    return b"\0"


class _Digest:
    def __init__(self, latest_ns: int) -> None:
        self._latest_ns = latest_ns
        self._hash = hashlib.blake2b(digest_size=16)
        self._entries = 0
        self._settled = True

    def add_files(self, folder: bytes, names: Iterable[bytes]) -> None:
        """Files that need not be there."""
        for name in names:
            with contextlib.suppress(FileNotFoundError, NotADirectoryError):
                self._add(name, os.lstat(folder + b"/" + name))

    def add_tree(self, top: bytes, ignored: Collection[bytes]) -> None:
        """All below `top` except `.git` and the ignored folders; nothing where it is missing."""
        folders = [top]
        while folders and self._settled:
            folder = folders.pop()
            try:
                entries = sorted(os.scandir(folder), key=_name)
            except FileNotFoundError:
                continue
            self._add(folder, os.stat(folder))  # noqa: PTH116  a Path costs more than the stat
            for entry in entries:
                if entry.path in ignored or (entry.name == b".git" and folder == top):
                    continue
                if entry.is_dir(follow_symlinks=False):
                    folders.append(entry.path)
                else:
                    self._add(entry.name, entry.stat(follow_symlinks=False))

    def result(self) -> str | None:
        return self._hash.hexdigest() if self._settled else None

    def _add(self, name: bytes, found: os.stat_result) -> None:
        self._entries += 1
        # The time of change is the one that nobody can set; content, mode and the entries of a folder move it.
        changed_ns = found.st_ctime_ns
        if changed_ns >= self._latest_ns or self._entries > MOST_ENTRIES:
            self._settled = False
        self._hash.update(b"%d %d %d %b\0" % (changed_ns, found.st_ino, found.st_size, name))


_name = attrgetter("name")
