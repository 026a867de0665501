"""Whether the disk of a repo has the room that a run wants to leave free."""

import shutil
from pathlib import Path

import humanize

from tui.git.advice import nearest
from tui.git.clean import clean_text
from tui.git.failure import Ended
from tui.git.lock import lock_key
from tui.git.outcome import Reason, State
from tui.git.work import Work


def check_room(work: Work) -> None:
    """Ended where less is free now, on the disk of the checkout or that of a repository which lies elsewhere."""
    least, path = work.options.min_free, work.repo.path
    if not least:
        return
    for folder in (nearest(path), nearest(Path(lock_key(path)))):
        disk = shutil.disk_usage(folder)
        if disk.total and disk.free < least:  # a file system without blocks of its own says 0
            text = (
                f"{_size(disk.free)} free on the disk of {folder}, less than the {_size(least)} of min_free"
            )
            raise Ended(State.FAILED, Reason.DISK_FULL, clean_text(text))


def _size(number: int) -> str:
    return humanize.naturalsize(number, binary=True)
