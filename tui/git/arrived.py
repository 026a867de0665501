"""What came with a sync: the commits between two points."""

import os
from dataclasses import dataclass
from pathlib import Path

from tui.git.clean import clean_text


@dataclass(frozen=True, slots=True)
class Commit:
    """`date` is epoch seconds of the committer; a merge counts the changes against its first parent."""

    id: str
    author: str
    date: int
    subject: str
    files: int
    insertions: int
    deletions: int


def arrived(path: Path, old: str | None, new: str, limit: int = 200) -> list[Commit]:
    """The commits that `new` has and `old` has not, newest first; with `old` None all, as after a clone.

    Raises ValueError for a repository or commit that cannot be read.
    """
    os.environ.setdefault("GIT_PYTHON_REFRESH", "quiet")
    from git import GitError, Repo  # noqa: PLC0415 - slow to import, and not every command needs it
    from git.exc import ODBError  # noqa: PLC0415

    try:
        with Repo(path) as repo:
            span = f"{old}..{new}" if old else new
            return [
                Commit(
                    id=commit.hexsha,
                    author=clean_text(commit.author.name or ""),
                    date=commit.committed_date,
                    subject=clean_text(commit.summary),
                    files=commit.stats.total["files"],
                    insertions=commit.stats.total["insertions"],
                    deletions=commit.stats.total["deletions"],
                )
                for commit in repo.iter_commits(span, max_count=limit)
            ]
    except (GitError, ODBError, OSError) as error:
        raise ValueError(clean_text(f"cannot read the commits of {path}: {error}")) from error
