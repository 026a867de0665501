"""What came with a sync: the commits between two points."""

from pathlib import Path

from msgspec import Struct

from tui.git.clean import clean_text
from tui.git.contents import diffstat
from tui.git.gauge import Gauge
from tui.git.process import Deadlines, GitRunner
from tui.git.stop import StopSignal

COMMITS_SHOWN = 200
_PATIENCE = 30.0  # seconds for one look
_LOG = ("log", "--shortstat", "--no-ext-diff", "--no-textconv", "--format=%x00%H%n%ct%n%an%n%s")


class Commit(Struct, frozen=True):
    """`date` is the commit date in epoch seconds; a merge has no files of its own."""

    id: str
    author: str
    date: int
    subject: str
    files: int
    insertions: int
    deletions: int


def arrived(path: Path, old: str | None, new: str) -> list[Commit]:
    """The newest COMMITS_SHOWN that `new` has and `old` has not, newest first; with `old` None all count, as after
    a clone.

    Raises ValueError, with git's words, for what cannot be read.
    """
    # One process, not GitPython's one a commit for the statistics.
    runner = GitRunner(path, StopSignal(), Deadlines(0, _PATIENCE), Gauge())
    try:
        log = runner.run(*_LOG, f"--max-count={COMMITS_SHOWN}", new, *([f"^{old}"] if old else []), "--")
    except OSError as error:
        raise ValueError(clean_text(str(error))) from error
    if not log.ok:
        raise ValueError(log.lines[-1] if log.lines else f"git log ended with exit code {log.code}")
    return [_parse(record) for record in log.stdout.split(b"\0")[1:]]


def _parse(record: bytes) -> Commit:
    commit, date, author, subject, statistics = (*record.split(b"\n", 4), b"")[:5]
    stat = diffstat(statistics)
    return Commit(
        id=commit.decode(),
        author=clean_text(author),
        date=int(date),
        subject=clean_text(subject),
        files=stat.files,
        insertions=stat.insertions,
        deletions=stat.deletions,
    )
