"""Whether git would move HEAD, without doing it."""

import os
import re
import shutil
import tempfile
from pathlib import Path

from msgspec import structs

from tui.git.clean import clean_text
from tui.git.deletions import undone_deletions
from tui.git.failure import Ended
from tui.git.outcome import Reason, State
from tui.git.work import Work

_IN_THE_WAY = re.compile(
    r"(?:Untracked working tree file|Updating) '(.*)' would (?:be overwritten|be removed|lose untracked)"
)
_DIRTY = re.compile(r"Entry '(.*)' (?:not uptodate|would be overwritten|would be removed)")


def foresee_move(work: Work, git_dir: Path, head: str | None, target: str) -> str:
    """Ended, with the reason of the real run, when git would refuse to move HEAD from `head` to `target`.

    Returns what cannot be known before the fetch, in words; empty: nothing.
    """
    lock = git_dir / "index.lock"
    if lock.exists():
        message = clean_text(f"would fail: Unable to create '{lock}': File exists.")
        raise Ended(State.FAILED, Reason.LOCK_HELD, message)
    if head is None:
        return ""
    if _has_changes(work, "no"):
        work.note("dirty")
    if work.attempt("cat-file", "-e", f"{target}^{{tree}}").ok:
        if undone := undone_deletions(work, head, target):
            raise Ended(State.BLOCKED, Reason.DIRTY, f"would be blocked: {undone}")
        _check_files(work, git_dir, head, target)
        return ""
    return ", unless local changes are in the way" if _has_changes(work, "normal") else ""


def foresee_signature(work: Work, target: str) -> str:
    """Ended when the merge to `target` would be refused for its signature; returns what `foresee_move` returns."""
    wanted = work.attempt("config", "--type=bool", "--get", "merge.verifySignatures")
    if wanted.stdout.strip() != b"true":
        return ""
    verdict = work.attempt("log", "-1", "--format=%G?", target, "--")
    if not verdict.ok:  # not fetched yet
        return ", if merge.verifySignatures lets it"
    if verdict.stdout.strip() != b"G":
        raise Ended(State.FAILED, Reason.CONFIG, "would fail: merge.verifySignatures refuses it")
    return ""


def _has_changes(work: Work, untracked: str) -> bool:
    options = ("--porcelain", "-z", f"--untracked-files={untracked}", "--ignore-submodules=dirty")
    return bool(work.read("status", *options))


def _check_files(work: Work, git_dir: Path, head: str, target: str) -> None:
    """Ended when what is in the working tree is in the way.

    git decides it as it does for the move, on a copy of the index: the repository stays as it is.
    """
    with tempfile.TemporaryDirectory(prefix="synctui-") as folder:
        index = Path(folder) / "index"
        if (git_dir / "index").exists():
            shutil.copyfile(git_dir / "index", index)
        git = structs.replace(work.git, env=work.git.env | {"GIT_INDEX_FILE": str(index)})
        refreshed = work.run(git.run, "update-index", "-q", "--refresh")
        work.heed(refreshed, "update-index")
        exit_ = work.run(git.run, "read-tree", "-m", "-u", "--dry-run", head, target)
    work.heed(exit_, "read-tree")
    if not exit_.ok:
        for line in exit_.lines:
            if hit := _DIRTY.search(line):
                raise _blocked(Reason.DIRTY, "local changes", hit[1])
            if hit := _IN_THE_WAY.search(line):
                raise _blocked(Reason.UNTRACKED_OVERWRITE, "files", hit[1])
        work.fail(exit_)
    # read-tree would overwrite ignored files, and has no option against it.
    added = work.read("diff", "--name-only", "--no-renames", "--diff-filter=A", "-z", head, target, "--")
    there = [
        name
        for name in map(os.fsdecode, added.split(b"\0"))
        if name and os.path.lexists(work.git.place / name)
    ]
    if there:
        untracked = work.read("ls-files", "--others", "-z", "--", *(f":(literal){name}" for name in there))
        if untracked:
            first = os.fsdecode(untracked.split(b"\0")[0])
            name = next(name for name in there if f"{first}/".startswith(f"{name}/"))
            raise _blocked(Reason.UNTRACKED_OVERWRITE, "files", name)


def _blocked(reason: Reason, what: str, name: str) -> Ended:
    return Ended(State.BLOCKED, reason, clean_text(f"would be blocked: {what} would be overwritten: {name}"))
