"""Where a repo may be: in its workspace folder, and in no git dir, where git would run or believe what it brings."""

import os
from pathlib import Path

from tui.git.clean import clean_text
from tui.git.dot_git import names_git_dir
from tui.git.failure import Ended
from tui.git.links import Links, above, is_in
from tui.git.outcome import Reason, State
from tui.git.process import GitRunner
from tui.git.repo import Repo


def check_place(repo: Repo, links: Links) -> None:
    """Ended where the links of this moment lead out of the workspace folder or into a git dir."""
    real = links.real(repo.path)
    if repo.root is not None and not is_in(real, links.real(repo.root)):
        raise refused(f"{repo.path} leaves the workspace folder {repo.root}")
    if names_git_dir(real):
        raise refused(f"{real} lies in a git dir")


def check_surroundings(
    repo: Repo, git_dir: Path | None, common: Path | None, links: Links, git: GitRunner
) -> None:
    """Ended where what is or shall be there lies in the git dir of another, or came with another's tree.

    `git_dir`, `common`: its own, None: it has none.
    """
    real = links.real(repo.path)
    own = links.real(common) if common else None
    for folder in above(real):
        # A worktree beside the branches of its own bare repository is a common way to have many.
        if folder != own and _is_git_dir(folder):
            raise refused(f"{real} lies in the git dir {folder}")
    if git_dir == repo.path and _is_tracked(Path(real), git):
        raise refused(f"{real} is part of the repository around it, which could have git run anything")


def is_vacant(path: Path) -> bool:
    if path.is_dir():
        return not any(path.iterdir())
    return not path.exists() and not path.is_symlink()


def what_is_there(path: Path) -> str:
    if path.is_dir():
        return "a folder without a git dir of its own"
    return "a file" if path.exists() else "a link that leads nowhere"


def _is_git_dir(folder: str) -> bool:
    return os.path.lexists(f"{folder}/HEAD") and all(
        os.path.isdir(f"{folder}/{name}")  # noqa: PTH112 - for each folder above each repository
        for name in ("objects", "refs")
    )


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
