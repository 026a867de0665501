"""Where a repo may be: in its workspace folder, and in no git dir, where git would run or believe what it brings."""

import os
from pathlib import Path

from tui.git.clean import clean_text
from tui.git.dot_git import names_git_dir
from tui.git.failure import Ended
from tui.git.inspect import common_dir_of
from tui.git.outcome import Reason, State
from tui.git.process import GitRunner
from tui.git.repo import Repo


def check_place(repo: Repo) -> None:
    """Ended where the links of this moment lead out of the workspace folder or into a git dir."""
    real = repo.path.resolve()
    if repo.root is not None and not real.is_relative_to(repo.root.resolve()):
        raise refused(f"{repo.path} leaves the workspace folder {repo.root}")
    if names_git_dir(str(real)):
        raise refused(f"{real} lies in a git dir")


def check_surroundings(repo: Repo, git_dir: Path | None, git: GitRunner) -> None:
    """Ended where what is or shall be there lies in the git dir of another, or came with another's tree.

    `git_dir`: its own, None: it has none.
    """
    real = repo.path.resolve()
    own = common_dir_of(git_dir).resolve() if git_dir else None
    for folder in real.parents:
        # A worktree beside the branches of its own bare repository is a common way to have many.
        if folder != own and _is_git_dir(folder):
            raise refused(f"{real} lies in the git dir {folder}")
    if git_dir == repo.path and _is_tracked(real, git):
        raise refused(f"{real} is part of the repository around it, which could have git run anything")


def is_vacant(path: Path) -> bool:
    if path.is_dir():
        return not any(path.iterdir())
    return not path.exists() and not path.is_symlink()


def what_is_there(path: Path) -> str:
    if path.is_dir():
        return "a folder without a git dir of its own"
    return "a file" if path.exists() else "a link that leads nowhere"


def _is_git_dir(folder: Path) -> bool:
    return os.path.lexists(folder / "HEAD") and (folder / "objects").is_dir() and (folder / "refs").is_dir()


def _is_tracked(bare: Path, git: GitRunner) -> bool:
    """Whether a bare repository is made of the files of the repository around it: its settings and hooks as well."""
    around = next((folder for folder in bare.parents if os.path.lexists(folder / ".git")), None)
    if around is None:
        return False
    names = (f":(literal){bare.relative_to(around) / name}" for name in ("HEAD", "config"))
    listing = GitRunner(around, git.stop, git.deadlines, git.gauge).run("ls-files", "--", *names)
    return bool(listing.stdout) or not listing.ok


def refused(text: str) -> Ended:
    """That the path of the entry may not be."""
    return Ended(State.FAILED, Reason.CONFIG, clean_text(text))
