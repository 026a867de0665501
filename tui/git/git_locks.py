"""Git's own lock files in a checkout: which there are, and who may hold them."""

import contextlib
import os
import time
from collections.abc import Collection, Iterable
from pathlib import Path

from tui.git.clean import clean_text, shell_word
from tui.git.half_written import open_files
from tui.git.holder import span
from tui.git.inspect import common_dir_of, git_dir_of, git_dirs_of


def lock_files(path: Path) -> list[Path]:
    return [
        lock
        for git_dir in git_dirs_of(path)
        for lock in (*git_dir.glob("*.lock"), *(git_dir / "refs").rglob("*.lock"))
    ]


def gits_at_work(path: Path) -> list[int] | None:
    """The git processes that work in the repo, as far as the system tells; None where it does not."""
    if not Path("/proc/self/cwd").exists():
        return None
    ours = {os.path.realpath(git_dir) for git_dir in git_dirs_of(path)}
    found = []
    for process in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):
            if (process / "comm").read_text(encoding="utf-8", errors="replace").startswith("git"):
                cwd = Path(os.path.realpath(process / "cwd"))
                if any(_belongs_to(folder, ours) for folder in (cwd, *cwd.parents)):
                    found.append(int(process.name))
    return found


def explain_git_locks(path: Path) -> list[str]:
    """A line for each of git's own lock files there, and one with what helps; empty where there is none.

    None is removed: a git that was started elsewhere, or on another host, may hold it unseen.
    """
    locks = sorted(lock_files(path))
    if not locks:
        return []
    lines = [f"git's own lock {lock} is there for {_age(lock)}" for lock in locks]
    gits = gits_at_work(path)
    real = {os.path.realpath(lock) for lock in locks}
    holders = {pid for pid, file in open_files() if file in real}.union(gits or ())
    if holders:
        verb = "works" if len(holders) == 1 else "work"
        lines.append(f"wait for it: {_named(holders)} {verb} there")
    else:
        none = "if no git is at work there" if gits is None else "no git of this host is seen at work there"
        lines.append(f"{none}: rm {' '.join(shell_word(str(lock)) for lock in locks)}")
    return [clean_text(line) for line in lines]


def _belongs_to(folder: Path, git_dirs: Collection[str]) -> bool:
    """Whether one of these git dirs is that of the folder, of which it may be a linked working tree."""
    git_dir = git_dir_of(folder)
    return git_dir is not None and os.path.realpath(common_dir_of(git_dir)) in git_dirs


def _named(pids: Iterable[int]) -> str:
    return ", ".join(f"pid {pid} ({_name(pid)})" for pid in sorted(pids))


def _name(pid: int) -> str:
    try:
        return Path(f"/proc/{pid}/comm").read_text(encoding="utf-8", errors="replace").strip()
    except OSError:
        return "it has just ended"


def _age(lock: Path) -> str:
    try:
        return span(max(0.0, time.time() - lock.lstat().st_mtime))
    except OSError:  # it has just gone
        return span(0)
