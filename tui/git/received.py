"""How much came: git prints it for large packs alone, so what it has written is counted."""

import os
from collections.abc import Iterator
from pathlib import Path

from tui.git.inspect import common_dir_of

_ID_LENGTHS = {38, 62}
"""Characters of the name of a loose object, whose folder has two more."""


def received(git_dir: Path, since: float) -> int | None:
    """Bytes of the packs and loose objects of the repository written since then, in seconds since the epoch.

    None where there are none, or nobody can say. What the person commits meanwhile is counted, too.
    """
    objects = common_dir_of(git_dir) / "objects"
    try:
        # Whatever is written there touches its folder.
        changed = [folder for folder in os.scandir(objects) if folder.stat().st_mtime >= since]
        return sum(size for folder in changed for size in _sizes(folder, since)) or None
    except OSError:
        return None


def _sizes(folder: "os.DirEntry[str]", since: float) -> Iterator[int]:
    if len(folder.name) != 2 and folder.name != "pack":  # noqa: PLR2004  of an id
        return
    for file in os.scandir(folder.path):
        is_object = file.name.endswith(".pack") if folder.name == "pack" else len(file.name) in _ID_LENGTHS
        if is_object and (found := file.stat()).st_mtime >= since:
            yield found.st_size
