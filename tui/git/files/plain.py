"""Which repositories are so plain that their files can be read without git."""

import os
import re
import stat
import sys
from pathlib import Path

from tui.git.files.whole import read_whole

OBJECT_ID = re.compile(r"[0-9a-f]{40}")
_SYMBOLIC = re.compile(r"ref: (refs/[^\x00-\x20\x7f~^:?*\[\\]+)\n?")


class NotPlain(Exception):  # noqa: N818 - no mistake: git has to be asked
    """Only git itself can tell for sure."""


def check_plain(place: Path, git_dir: Path) -> None:
    """Raises NotPlain where git might not take it for a repository of ours, or shares its files with others."""
    if sys.getfilesystemencoding() != "utf-8":  # names of refs are those of files, and are read as that
        raise NotPlain
    me = os.geteuid()
    folders: list[Path | str] = [place, git_dir, f"{git_dir}/objects", f"{git_dir}/refs"]
    try:
        stats = [os.stat(folder) for folder in folders]  # noqa: PTH116 - a third of the time of Path's
        dot_git = os.lstat(f"{place}/.git") if git_dir != place else stats[0]
    except OSError as error:
        raise NotPlain from error
    # In a sudo git asks for the owner before it.
    foreign = any(one.st_uid != me for one in [*stats[:2], dot_git]) or "SUDO_UID" in os.environ
    if foreign or "GIT_TEST_ASSUME_DIFFERENT_OWNER" in os.environ:
        raise NotPlain
    if not all(stat.S_ISDIR(one.st_mode) for one in stats):
        raise NotPlain
    for shared in ("commondir", "worktrees", "reftable", "config.worktree"):
        if os.path.lexists(f"{git_dir}/{shared}"):
            raise NotPlain


def read_head(git_dir: str | Path) -> tuple[str | None, str | None]:
    """The full name of the ref that HEAD is on, or the object id of a detached one."""
    head = f"{git_dir}/HEAD"
    try:
        if os.path.islink(head):  # noqa: PTH114 - as above
            raise NotPlain
        text = read_whole(head).decode("utf-8", "surrogateescape")
    except OSError as error:
        raise NotPlain from error
    if match := _SYMBOLIC.fullmatch(text):
        return match[1], None
    if OBJECT_ID.fullmatch(text.removesuffix("\n")):
        return None, text.removesuffix("\n")
    raise NotPlain
