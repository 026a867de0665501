"""A move of HEAD that git could not end, on a full disk say, leaves files half new: they go back."""

import contextlib
import os
import re
from collections.abc import Callable, Sequence
from pathlib import Path

from msgspec import Struct

from tui.git.process import Exit

Run = Callable[..., Exit]

_CHANGE = re.compile(rb":\d+ \d+ [0-9a-f]+ (?P<new>[0-9a-f]+) \w+\0(?P<name>[^\0]+)\0")
_AT_ONCE = 500  # names in one command: its length has a limit


class _Change(Struct, frozen=True):
    path: Path
    new: str
    """The target's object; zeros: it has no such file."""


class Moving(Struct, frozen=True):
    """A move of HEAD under way, as it can be written down; `begun` is in epoch seconds."""

    place: str
    head: str
    target: str
    begun: float


def take_back(run: Run, move: Moving) -> None:
    """Puts back the index, and the files that git has written since the beginning, of a HEAD that has not moved.

    Git had made sure that each of these files was as committed, or not there. What is neither the target's file
    nor the beginning of it is the person's.
    """
    # A lock or a hook that refuses the ref does so when the files are moved, and the index with them.
    run("read-tree", "-m", "-u", move.target, move.head)
    _put_back(run, Path(move.place), move.head, move.target, move.begun)


def _put_back(run: Run, place: Path, head: str, target: str, since: float) -> None:
    listing = run("diff-tree", "-r", "-z", head, target).stdout
    changes = [
        _Change(place / os.fsdecode(match["name"]), match["new"].decode())
        for match in _CHANGE.finditer(listing)
    ]
    written = [change for change in changes if _changed(change.path) >= since]
    whole = _ids(run, [change.path for change in written if _is_plain(change.path)])
    for change in written:
        if whole.get(change.path) == change.new or _is_begun(run, change):
            _remove(change.path, place)
    missing = [str(change.path) for change in changes if not os.path.lexists(change.path)]
    for names in _batches(missing):
        run("checkout-index", "--quiet", "--", *names)  # without force: it writes only what is not there


def _ids(run: Run, files: Sequence[Path]) -> dict[Path, str]:
    """What each file would be as an object."""
    ids: dict[Path, str] = {}
    for names in _batches([str(file) for file in files]):
        said = run("hash-object", "--", *names).stdout.decode().split()
        ids |= zip(map(Path, names), said, strict=False)
    return ids


def _is_plain(path: Path) -> bool:
    return not path.is_symlink() and path.is_file()


def _is_begun(run: Run, change: _Change) -> bool:
    blob = run("cat-file", "blob", change.new)
    if not blob.ok:
        return False
    try:
        if change.path.is_symlink():
            return os.fsencode(change.path.readlink()) == blob.stdout
        return blob.stdout.startswith(change.path.read_bytes())
    except OSError:
        return False


def _remove(path: Path, place: Path) -> None:
    with contextlib.suppress(OSError):  # a folder above is not empty
        path.unlink()
        for folder in path.parents:
            if folder == place:
                return
            folder.rmdir()


def _changed(path: Path) -> float:
    """The time that nobody can set."""
    try:
        return path.lstat().st_ctime
    except OSError:
        return 0.0


def _batches(names: Sequence[str]) -> list[Sequence[str]]:
    return [names[first : first + _AT_ONCE] for first in range(0, len(names), _AT_ONCE)]
