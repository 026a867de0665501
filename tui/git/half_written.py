"""What a git that failed or was killed leaves half written in the object store: it takes room and is of no use."""

import contextlib
import os
from collections.abc import Iterable, Iterator
from pathlib import Path

from tui.git.inspect import git_dirs_of


def remove_half_written(place: Path, since: float) -> list[Path]:
    """Removes temporary packs and objects of the repository at `place` and its submodules, written since then; returns them.

    What a process has open is that of another git, and stays; so does all where the system cannot say.
    """
    found = [
        path
        for git_dir in git_dirs_of(place)
        for path in _temporary(git_dir / "objects")
        if _changed(path) >= since
    ]
    if not found or not Path("/proc/self/fd").exists():
        return []
    in_use = {file for _, file in open_files()}
    return removed([path for path in found if os.path.realpath(path) not in in_use])


def removed(files: Iterable[Path]) -> list[Path]:
    """Those that could be removed."""
    gone = []
    for file in files:
        with contextlib.suppress(OSError):
            file.unlink()
            gone.append(file)
    return gone


def _temporary(objects: Path) -> Iterator[Path]:
    yield from objects.glob("pack/tmp_*")
    yield from objects.glob("[0-9a-f][0-9a-f]/tmp_obj_*")


def _changed(path: Path) -> float:
    try:
        return path.stat().st_mtime
    except OSError:
        return 0.0


def open_files() -> Iterator[tuple[int, str]]:
    """The pid and what it has open, of all processes that we may look at; nothing where there is no /proc."""
    for process in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):  # it may end meanwhile
            for link in (process / "fd").iterdir():
                with contextlib.suppress(OSError):
                    yield int(process.name), str(link.readlink())
