"""The file systems under the workspace and the state folder."""

import fcntl
import os
import re
import shutil
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

from tui.git.advice import nearest
from tui.git.checkup import Finding, Level
from tui.git.clean import shell_word
from tui.git.lock import LockUnsupported, take_flock

_LOW, _FULL = 200_000_000, 1_000_000
"""Bytes that are free."""
_SHARED = re.compile(r"nfs|cifs|smb|9p|afs|ceph|gluster|lustre|sshfs|davfs|gpfs")
_REMOVABLE = re.compile(r"(/Volumes/[^/]+|/media/[^/]+/[^/]+|/run/media/[^/]+/[^/]+|/mnt/[^/]+)(/|$)")
"""Where disks are put that come and go."""


def check_folders(roots: Iterable[Path]) -> Iterator[Finding]:
    """Those workspace folders that cannot be reached or made."""
    mounts = _mounts()
    away = [
        place
        for line in _lines("/etc/fstab")
        if (place := _place(line, 1)).startswith("/") and place not in mounts
    ]
    for root in sorted(set(roots)):
        try:
            root.stat()
        except FileNotFoundError:
            if found := _missing(root, away):
                yield found
        except OSError as error:
            helps = f"ls -ld {shell_word(str(nearest(root)))}"
            yield Finding("folders", Level.PROBLEM, f"{root}: {error.strerror}", helps)


def _missing(root: Path, away: Sequence[str]) -> Finding | None:
    """None: it is made when it is needed."""
    for place in away:
        if root.is_relative_to(place) and place != "/":
            return Finding(
                "folders", Level.PROBLEM, f"{root}: {place} is not mounted", f"mount {shell_word(place)}"
            )
    disk = _REMOVABLE.match(f"{root}/")
    if disk and not Path(disk[1]).exists():
        found = f"{root}: there is no {disk[1]}; is the disk away?"
        return Finding("folders", Level.WARNING, found, f"mount {shell_word(disk[1])}")
    here = nearest(root)
    if not os.access(here, os.W_OK | os.X_OK):
        found = f"{root} cannot be made: {here} is not writable"
        return Finding("folders", Level.PROBLEM, found, f"ls -ld {shell_word(str(here))}")
    return None


def check_disks(folders: Iterable[Path]) -> Iterator[Finding]:
    """A line for each file system on which the folders lie, or would."""
    heres: dict[int, Path] = {}
    for folder in folders:
        here = nearest(folder)
        heres.setdefault(here.stat().st_dev, here)
    mounts = _mounts()
    for here in heres.values():
        yield _disk_finding(here, mounts)


def _disk_finding(here: Path, mounts: dict[str, str]) -> Finding:
    mount = _mount_of(here, mounts)
    kind = mounts.get(mount, "")
    name = f"{mount} ({kind})" if kind else str(here)
    free = shutil.disk_usage(here).free
    parts = [f"{name}: {_size(free)} free"]
    if _ignores_case(here):
        parts.append("takes a and A for the same name")
    said = ", ".join(parts)
    df = f"df -h {shell_word(str(here))}"
    if os.statvfs(here).f_flag & os.ST_RDONLY:
        return Finding(
            "disk", Level.PROBLEM, f"{name} is read-only", f"mount -o remount,rw {shell_word(mount)}"
        )
    if free < _LOW:
        return Finding("disk", Level.PROBLEM if free < _FULL else Level.WARNING, said, df)
    if _SHARED.search(kind):
        found = f"{said}; who syncs it from another machine does not see the locks of this one"
        return Finding("disk", Level.WARNING, found, "sync it from one machine alone")
    return Finding(
        "disk", Level.OK, said + ("" if _has_flock(here) else ", no flock, which only the state needs")
    )


def _has_flock(here: Path) -> bool:
    """By a lock that is shared, of the folder itself: it writes nothing."""
    fd = os.open(here, os.O_RDONLY | os.O_CLOEXEC)
    try:
        take_flock(fd, here, fcntl.LOCK_SH)
    except LockUnsupported:
        return False
    finally:
        os.close(fd)
    return True


def _ignores_case(here: Path) -> bool:
    folder = Path(os.path.realpath(here))
    other = folder.with_name(folder.name.swapcase()) if folder.name else folder
    try:
        return other != folder and other.samefile(folder)
    except OSError:
        return False


def _mount_of(here: Path, mounts: dict[str, str]) -> str:
    real = Path(os.path.realpath(here))
    return next((str(place) for place in (real, *real.parents) if str(place) in mounts), str(here))


def _mounts() -> dict[str, str]:
    """Mount point to type of file system; empty where the system does not tell."""
    return {
        _place(line, 4): line.rpartition(" - ")[2].split(" ")[0] for line in _lines("/proc/self/mountinfo")
    }


def _lines(file: str) -> list[str]:
    try:
        text = Path(file).read_text("utf-8", "surrogateescape")
    except OSError:
        return []
    return [line for line in text.splitlines() if line.strip() and not line.lstrip().startswith("#")]


def _place(line: str, field: int) -> str:
    """A path of a table of mounts, which writes blanks in octal."""
    words = line.split()
    text = words[field] if len(words) > field else ""
    return re.sub(r"\\([0-7]{3})", lambda code: chr(int(code[1], 8)), text)


def _size(count: float) -> str:
    for unit in ("kB", "MB", "GB"):
        count /= 1000
        if count < 1000:  # noqa: PLR2004 - to the next unit
            return f"{count:.0f} {unit}"
    return f"{count / 1000:.1f} TB"
