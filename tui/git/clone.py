"""A checkout that is missing: cloned beside its place, then put there in one step."""

import contextlib
import errno
import hashlib
import os
import shutil
import threading
from collections.abc import Callable
from pathlib import Path

from tui.git.clean import clean_text
from tui.git.env import login_env, without_login
from tui.git.failure import Ended
from tui.git.fetch import check_answer
from tui.git.files.config import read_everywhere
from tui.git.files.plain import NotPlain
from tui.git.hooks import keep_the_tree_out
from tui.git.outcome import Action, Outcome, Reason, State
from tui.git.place import refused
from tui.git.refs import LIST_REFS
from tui.git.remote import LIST_CONFIG, OWN_SCOPES, Setting, parse_config, rewritten, ssh_url
from tui.git.room import check_room
from tui.git.url import url_problem
from tui.git.work import Work

_LONGEST_NAME = 200  # bytes: with what is put around it, it stays below the 255 that a name may have
_TRIES = 20
_TAKEN = frozenset({errno.EEXIST, errno.ENOTEMPTY, errno.ENOTDIR, errno.EISDIR})


class _Folders:
    """The folders that clones have made above their places: those in which none succeeds go again.

    Several clones may be at work in one that the first of them made.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._made: set[Path] = set()

    def make(self, beside: Path) -> None:
        """Makes it and what is missing above; another program whose clone fails may take that away meanwhile.

        Raises Ended.
        """
        for _ in range(_TRIES):
            with self._lock, contextlib.suppress(FileNotFoundError):
                self._made.update(parent for parent in beside.parents if not parent.exists())
                beside.parent.mkdir(parents=True, exist_ok=True)
                beside.mkdir()
                return
        try:
            beside.mkdir(parents=True)
        except FileNotFoundError as error:  # its parent is there: /proc, say, takes no folders
            raise refused(f"no folder can be made at {error.filename}") from error

    def keep(self, folder: Path) -> None:
        """It and those above hold a clone, and are the person's from here on."""
        with self._lock:
            self._made.difference_update((folder, *folder.parents))

    def leave(self, folder: Path) -> None:
        """Removes it and those above, as far as they are of clones and empty."""
        with self._lock:
            for parent in (folder, *folder.parents):
                if parent not in self._made:
                    return
                try:
                    parent.rmdir()
                except FileNotFoundError:
                    pass  # it could not be made
                except OSError:
                    return  # another clone is at work there
                self._made.discard(parent)


_folders = _Folders()


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
    check_room(work)
    work.url = repo.url
    url = without_login(repo.url)
    work.action = Action.CLONE
    work.git.place = _existing(repo.path.parent)
    settings = _settings(work)
    is_entrys = url != repo.url
    work.git.env = login_env(repo.url) if is_entrys else login_env(rewritten(url, settings), url)
    work.git.ssh_url = ssh_url(rewritten(url, settings), settings)
    keep_the_tree_out(work, settings, repo.path / ".git")
    if work.options.dry_run:
        listing = work.ask_remote("ls-remote", "--quiet", "--", url, "HEAD")
        check_answer(listing, nothing=not listing.stdout)
        return work.outcome(State.SYNCED, "would clone")
    try:
        _clone_beside(work, url, settle)
    except BaseException:
        _folders.leave(repo.path.parent)
        raise
    _folders.keep(repo.path.parent)
    work.git.place = repo.path
    return None


def _settings(work: Work) -> tuple[Setting, ...]:
    """Those of the person; a repository around the place of the clone has no say."""
    try:
        return read_everywhere()
    except NotPlain:
        listed = parse_config(work.read(*LIST_CONFIG))
        return tuple(one for one in listed if one.scope not in OWN_SCOPES)


def _clone_beside(work: Work, url: str, settle: Callable[[], None]) -> None:
    repo = work.repo
    name = repo.path.name
    if len(os.fsencode(name)) > _LONGEST_NAME:
        name = hashlib.sha256(os.fsencode(name)).hexdigest()
    mark = f".{name}.synctui-"
    beside = repo.path.with_name(f"{mark}{os.getpid()}-{os.urandom(4).hex()}")
    _folders.make(beside)
    work.git.place = repo.path.parent
    try:
        for found in repo.path.parent.iterdir():
            if found.name.startswith(mark) and found != beside:
                # Of a program that was killed: we hold the lock of this path.
                shutil.rmtree(found, ignore_errors=True)
        exit_ = work.ask_remote("clone", *_clone_options(work), "--", url, str(beside))
        work.git.place = beside
        # To look whether there is nothing costs a program, and matters only then.
        check_answer(exit_, nothing=not exit_.git_answered and not work.read(*LIST_REFS))
        settle()
        try:
            beside.rename(repo.path)
        except OSError as error:
            if error.errno not in _TAKEN:
                raise
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
