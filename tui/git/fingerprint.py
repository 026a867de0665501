"""Whether a checkout is still as it was: a digest of what `stat` says of all that git's own look depends on."""

import contextlib
import hashlib
import os
import shutil
import stat
import subprocess
from collections.abc import Collection, Iterable
from dataclasses import fields
from pathlib import Path

from tui.git.inspect import IN_PROGRESS_FILES, RepoStatus, common_dir_of

MOST_ENTRIES = 20_000
"""Files and folders above which git itself is the faster one to ask."""
_PATIENCE = 10.0
"""Seconds for the one question about the person's own settings."""
_TICK_NS = 50_000_000
"""What changed so shortly before a look could change once more and show the same time: the kernel's clock
for files moves in steps of up to 10 ms, and a file system may be slower."""
_COARSE_TICK_NS = 2_000_000_000
"""The same where the file system counts in seconds, or as FAT in two."""
_SECOND_NS = 1_000_000_000

_OF_WORKTREE = (
    *(b"HEAD", b"index", b"FETCH_HEAD", b"logs/HEAD", b"config.worktree"),
    *(b"info/sparse-checkout", b"reftable/tables.list"),
    *map(os.fsencode, IN_PROGRESS_FILES),
)
_OF_ALL = (
    b"config",
    b"packed-refs",
    b"logs/refs/stash",
    b"shallow",
    b"info/attributes",
    b"info/exclude",
    b"info/grafts",
    b"objects",
    b"reftable/tables.list",
)


def fingerprint(path: Path, git_dir: Path, status: RepoStatus, began_ns: int) -> str | None:
    """The same text as long as nothing changed that a look at the checkout would show.

    `status`: what the look saw; the folders that git ignores as a whole are not entered. `began_ns`: when it
    began, in nanoseconds since the epoch. None: something changed so late that a later change need not show,
    or the checkout is too large, or what it shows depends on what is elsewhere, as in a submodule.
    Raises OSError.
    """
    if status.settings is None:
        return None
    digest = _Digest()
    common = os.fsencode(common_dir_of(git_dir))
    digest.add_files(os.fsencode(git_dir), _OF_WORKTREE)
    digest.add_files(common, _OF_ALL)
    digest.add_files(b"", map(os.fsencode, status.settings))
    digest.add_tree(common + b"/refs", frozenset())
    if git_dir != path:
        if (path / ".gitmodules").exists():
            return None
        digest.add_tree(os.fsencode(path), {os.fsencode(path / name) for name in status.ignored})
    return digest.result(began_ns)


def surroundings() -> str:
    """A digest of what all looks depend on: what they note, git itself and the person's own settings for it."""
    digest = hashlib.blake2b(digest_size=16)
    digest.update(repr([field.name for field in fields(RepoStatus)]).encode())
    of_git = {name: text for name, text in os.environ.items() if name.startswith("GIT_")}
    of_git.pop("GIT_PYTHON_REFRESH", None)  # set by ourselves, before the first git
    digest.update(repr(sorted(of_git.items())).encode())
    if git := shutil.which("git"):
        digest.update(_stat(Path(git)))
        digest.update(_own_settings(git))
    config_home = Path(os.environ.get("XDG_CONFIG_HOME") or "~/.config").expanduser()
    for name in ("ignore", "attributes"):
        digest.update(_stat(config_home / "git" / name))
    return digest.hexdigest()


def _own_settings(git: str) -> bytes:
    """Those of the person and of the system: the files of which there are none are in no repository's list."""
    with contextlib.suppress(OSError, subprocess.TimeoutExpired):
        return subprocess.run(
            [git, "config", "-z", "--list", "--includes"],
            capture_output=True,
            check=False,
            timeout=_PATIENCE,
            stdin=subprocess.DEVNULL,
            cwd="/",  # in no repository
        ).stdout
    return b""


def _stat(file: Path) -> bytes:
    with contextlib.suppress(OSError, RuntimeError):  # RuntimeError: a home folder that nobody knows
        found = file.stat()
        return b"%d %d %d\0" % (found.st_ctime_ns, found.st_ino, found.st_size)
    return b"\0"


class _Digest:
    """The order of the entries of a folder is the file system's own: another one only costs a look."""

    def __init__(self) -> None:
        self._facts: list[bytes] = []
        self._newest_ns = 0
        self._is_whole = True

    def add_files(self, folder: bytes, names: Iterable[bytes]) -> None:
        """Files that need not be there; for links what they lead to counts, too."""
        for name in names:
            with contextlib.suppress(FileNotFoundError, NotADirectoryError):
                file = os.path.join(folder, name)  # noqa: PTH118  a Path costs more than the stat
                found = os.lstat(file)
                self._add(name, found)
                if stat.S_ISLNK(found.st_mode):
                    self._add(name, os.stat(file))  # noqa: PTH116  as above

    def add_tree(self, top: bytes, ignored: Collection[bytes]) -> None:
        """All below `top` except `.git` and the ignored folders; nothing where it is missing."""
        folders = [top]
        while folders and self._is_whole:
            folder = folders.pop()
            try:
                entries = os.scandir(folder)
            except FileNotFoundError:
                continue
            self._add(folder, os.stat(folder))  # noqa: PTH116  a Path costs more than the stat
            with entries:
                for entry in entries:
                    if entry.name == b".git":
                        # That of the checkout itself is looked at apart; a file leads elsewhere.
                        self._is_whole &= folder == top or entry.is_dir(follow_symlinks=False)
                        if folder == top:
                            continue
                    if entry.is_dir(follow_symlinks=False):
                        if entry.path not in ignored:
                            folders.append(entry.path)
                    else:
                        self._add(entry.name, entry.stat(follow_symlinks=False))
            self._is_whole &= len(self._facts) <= MOST_ENTRIES

    def result(self, began_ns: int) -> str | None:
        # A file system that counts in seconds shows no part of one.
        tick_ns = _TICK_NS if self._newest_ns % _SECOND_NS else _COARSE_TICK_NS
        if not self._is_whole or self._newest_ns >= began_ns - tick_ns:
            return None
        return hashlib.blake2b(b"\0".join(self._facts), digest_size=16).hexdigest()

    def _add(self, name: bytes, found: os.stat_result) -> None:
        # The time of change is the one that nobody can set; content, mode and the entries of a folder move it.
        changed_ns = found.st_ctime_ns
        self._newest_ns = max(self._newest_ns, changed_ns)
        self._facts.append(b"%d %d %d %b" % (changed_ns, found.st_ino, found.st_size, name))
