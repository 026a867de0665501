"""Whether a checkout is still as it was: what `stat` says of all that git's own look depends on."""

import contextlib
import hashlib
import os
import shutil
import subprocess
from collections.abc import Collection, Iterable
from pathlib import Path

from msgspec import Struct

from tui.git.inspect import IN_PROGRESS_FILES, RepoStatus, Seen, common_dir_of

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
    *(b"HEAD", b"index", b"FETCH_HEAD", b"logs/HEAD", b"commondir", b"config.worktree"),
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


class Fingerprint(Struct, frozen=True):
    """Lists of files and folders as seen from the checkout, each a text with a NUL between names; and what `stat`
    says of them.

    What comes or goes in a folder changes the folder: those that are there need not be listed anew.
    """

    there: bytes
    """Of a link among these only itself counts."""
    beyond: bytes
    """Of a link among these only what it leads to counts."""
    absent: bytes
    digest: bytes

    def holds(self, path: Path) -> bool:
        """Whether nothing has changed in the checkout that a look at it would show. Raises OSError."""
        try:
            facts = _facts(path, self.there, self.beyond, self.absent)
        except (FileNotFoundError, NotADirectoryError):
            return False
        return facts is not None and _digest(facts) == self.digest


def fingerprint(path: Path, git_dir: Path, seen: Seen, began_ns: int) -> Fingerprint | None:
    """Of the checkout at that absolute path.

    `seen`: what the look saw; the folders that git ignores as a whole are not entered. `began_ns`: when it
    began, in nanoseconds since the epoch. None: something changed so late that a later change need not show,
    or the checkout is too large, or what it shows depends on what is elsewhere, as in a submodule.
    Raises OSError.
    """
    if seen.settings is None or (git_dir != path and os.path.lexists(path / ".gitmodules")):
        return None
    basis = _Basis(os.fsencode(path))
    common = os.fsencode(common_dir_of(git_dir))
    basis.add_files(os.fsencode(git_dir), _OF_WORKTREE)
    basis.add_files(common, _OF_ALL)
    basis.add_files(b"", map(os.fsencode, seen.settings))
    basis.add_tree(common + b"/refs", frozenset())
    if git_dir == path:
        basis.add_files(os.fsencode(path), [b".git"])
    else:
        basis.add_tree(os.fsencode(path), {os.fsencode(path / name) for name in seen.ignored})
    return basis.fingerprint(path, began_ns) if basis.is_whole else None


def surroundings() -> str:
    """A digest of what all looks depend on: what they note, git itself and the person's own settings for it."""
    digest = hashlib.blake2b(digest_size=16)
    digest.update(repr(RepoStatus.__struct_fields__).encode())
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


def _facts(path: Path, there: bytes, beyond: bytes, absent: bytes) -> list[int] | None:
    """Three numbers a name, the time of its last change first; None: what was absent is there."""
    facts: list[int] = []
    place = os.open(path, os.O_RDONLY | os.O_DIRECTORY)
    try:
        for name in _names(absent):
            if os.access(name, os.F_OK, dir_fd=place):
                return None
        # The time of change is the one that nobody can set; content, mode and the entries of a folder move it.
        for name in _names(there):
            found = os.lstat(name, dir_fd=place)
            facts += (found.st_ctime_ns, found.st_ino, found.st_size)
        for name in _names(beyond):
            found = os.stat(name, dir_fd=place)
            facts += (found.st_ctime_ns, found.st_ino, found.st_size)
    finally:
        os.close(place)
    return facts


def _names(text: bytes) -> list[bytes]:
    return text.split(b"\0") if text else []


def _digest(facts: list[int]) -> bytes:
    return hashlib.blake2b(repr(facts).encode(), digest_size=16).digest()


def _is_settled(newest_ns: int, began_ns: int) -> bool:
    """Whether a change after the look would show another time than this one, of the last change before it."""
    # A file system that counts in seconds shows no part of one.
    tick_ns = _TICK_NS if newest_ns % _SECOND_NS else _COARSE_TICK_NS
    return newest_ns < began_ns - tick_ns


class _Basis:
    """What a look depends on."""

    def __init__(self, top: bytes) -> None:
        self.is_whole = True
        """False: on more than is listed."""
        self._top = top
        self._there: list[bytes] = []
        self._beyond: list[bytes] = []
        self._absent: list[bytes] = []

    def add_files(self, folder: bytes, names: Iterable[bytes]) -> None:
        """Files that need not be there; for links what they lead to counts, too."""
        for name in names:
            file = os.path.join(folder, name)  # noqa: PTH118  a Path costs more than the stat
            if not os.path.lexists(file):
                self._absent.append(file)
                continue
            self._there.append(file)
            if os.path.islink(file):  # noqa: PTH114  as above
                self._beyond.append(file)

    def add_tree(self, top: bytes, ignored: Collection[bytes]) -> None:
        """All below `top` except `.git` and the ignored folders; nothing where it is missing."""
        self._beyond.append(top)
        folders = [top]
        while folders and self.is_whole:
            folder = folders.pop()
            with os.scandir(folder) as entries:
                for entry in entries:
                    if entry.name == b".git":
                        # That of the checkout itself is looked at apart; a file leads elsewhere.
                        self.is_whole &= folder == top or entry.is_dir(follow_symlinks=False)
                        if folder == top and entry.is_dir():
                            continue
                    if entry.is_dir(follow_symlinks=False):
                        if entry.path in ignored:
                            continue
                        folders.append(entry.path)
                    self._there.append(entry.path)
            self.is_whole &= len(self._there) <= MOST_ENTRIES

    def fingerprint(self, path: Path, began_ns: int) -> Fingerprint | None:
        there, beyond, absent = map(self._seen, (self._there, self._beyond, self._absent))
        facts = _facts(path, there, beyond, absent)
        if facts is None:
            return None
        newest_ns = max(*facts[::3], *self._last_gone())
        is_settled = _is_settled(newest_ns, began_ns)
        return Fingerprint(there, beyond, absent, _digest(facts)) if is_settled else None

    def _last_gone(self) -> Iterable[int]:
        """When something last came or went where the absent are not: the look may have seen it."""
        for folder in {os.path.dirname(file) for file in self._absent}:  # noqa: PTH120  as above
            with contextlib.suppress(FileNotFoundError, NotADirectoryError):
                yield os.stat(folder).st_ctime_ns  # noqa: PTH116  as above

    def _seen(self, files: Iterable[bytes]) -> bytes:
        """The list, as seen from the checkout."""
        return b"\0".join(
            b"." if file == self._top else file.removeprefix(self._top + b"/") for file in files
        )
