"""A checkout that is missing: cloned beside its place, then put there in one step."""

import hashlib
import os
import secrets
import shutil
from collections.abc import Callable
from pathlib import Path

from tui.git.clean import clean_text
from tui.git.env import login_env, without_password
from tui.git.failure import Ended
from tui.git.outcome import Action, Outcome, Reason, State
from tui.git.url import url_problem
from tui.git.work import Work

_LONGEST_NAME = 200  # bytes: with what is put around it, it stays below the 255 that a name may have


def clone(work: Work, settle: Callable[[], None]) -> Outcome | None:
    """Clones into a temporary sibling, lets `settle` do its part there, then renames: a path is always whole.

    The outcome of a dry run, else None. Raises Ended.
    """
    repo = work.repo
    if repo.url is None:
        raise Ended(State.SKIPPED, Reason.NOT_CLONED, "it is missing and has no URL")
    if not (work.options.clone and repo.clone):
        raise Ended(State.SKIPPED, Reason.NOT_CLONED, "it is missing and cloning is off")
    if problem := url_problem(repo.url):
        raise Ended(State.FAILED, Reason.UNSAFE_URL, f"its URL {problem}")
    work.url = repo.url
    work.git.env = login_env(repo.url)
    url = without_password(repo.url)
    work.action = Action.CLONE
    if work.options.dry_run:
        work.git.place = _existing(repo.path.parent)
        work.ask_remote("ls-remote", "--quiet", "--", url, "HEAD")
        work.note("dry_run")
        return work.outcome(State.SYNCED, "would clone")
    made = _make_parents(repo.path.parent)
    try:
        _clone_beside(work, url, settle)
    except BaseException:
        for folder in made:
            if not any(folder.iterdir()):
                folder.rmdir()
        raise
    work.git.place = repo.path
    return None


def _clone_beside(work: Work, url: str, settle: Callable[[], None]) -> None:
    repo = work.repo
    name = repo.path.name
    if len(os.fsencode(name)) > _LONGEST_NAME:
        name = hashlib.sha256(os.fsencode(name)).hexdigest()
    mark = f".{name}.synctui-"
    for left_over in repo.path.parent.iterdir():
        if left_over.name.startswith(mark):  # of a program that was killed: we hold the lock of this path
            shutil.rmtree(left_over, ignore_errors=True)
    beside = repo.path.with_name(f"{mark}{os.getpid()}-{secrets.token_hex(4)}")
    work.git.place = repo.path.parent
    try:
        work.ask_remote("clone", *_clone_options(work), "--", url, str(beside))
        work.git.place = beside
        settle()
        try:
            beside.rename(repo.path)
        except OSError as error:
            raise Ended(
                State.FAILED,
                Reason.MOVED,
                clean_text(f"something took its place meanwhile: {error.strerror}"),
            ) from error
    finally:
        shutil.rmtree(beside, ignore_errors=True)


def _clone_options(work: Work) -> list[str]:
    repo = work.repo
    options = ["--progress", "--no-recurse-submodules"]
    if repo.rev is not None:
        options.append("--no-checkout")
    elif repo.branch is not None:
        options.append(f"--branch={repo.branch}")
    if repo.depth:
        options.append(f"--depth={repo.depth}")
    if repo.filter is not None:
        options.append(f"--filter={repo.filter}")
    if repo.remote is not None:
        options.append(f"--origin={repo.remote}")
    return options


def _existing(folder: Path) -> Path:
    return next(parent for parent in (folder, *folder.parents) if parent.is_dir())


def _make_parents(folder: Path) -> list[Path]:
    """The folders that were made, innermost first."""
    missing = [parent for parent in (folder, *folder.parents) if not parent.exists()]
    folder.mkdir(parents=True, exist_ok=True)
    return missing
