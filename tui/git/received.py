"""How much came: git prints it for large packs alone, so what it has written is counted."""

import os
import time
from pathlib import Path

from tui.git.inspect import common_dir_of

_ID_LENGTHS = {38, 62}
"""Characters of the name of a loose object, whose folder has two more."""


def received(git_dir: Path, since: float) -> int | None:
    """Bytes of the packs and loose objects of the repository written since then, as `now` gives it.

    None where there are none, or nobody can say. What the person commits meanwhile is counted, too.
    """
    objects = common_dir_of(git_dir) / "objects"
    try:
        # Whatever is written there touches its folder.
        changed = [folder for folder in _listed(objects) if folder.stat().st_mtime >= since]
        return sum(_size(folder, since) for folder in changed) or None
    except OSError:
        return None


def now() -> float:
    """As the times of files have it, which lag behind the clock by up to its tick."""
    return time.clock_gettime(getattr(time, "CLOCK_REALTIME_COARSE", time.CLOCK_REALTIME))


def _size(folder: "os.DirEntry[str]", since: float) -> int:
    if len(folder.name) != 2 and folder.name != "pack":  # noqa: PLR2004  of an id
        return 0
    in_pack = folder.name == "pack"
    written = (
        file.stat()
        for file in _listed(folder.path)
        if (file.name.endswith(".pack") if in_pack else len(file.name) in _ID_LENGTHS)
    )
    return sum(found.st_size for found in written if found.st_mtime >= since)


def _listed(folder: str | Path) -> list["os.DirEntry[str]"]:
    with os.scandir(folder) as entries:
        return list(entries)
