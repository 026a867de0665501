"""What lies between two commits, in a few lines, asked of the checkout alone and never of its remote."""

import re
from collections.abc import Sequence
from pathlib import Path

from msgspec import Struct

from tui.git.clean import clean_text
from tui.git.gauge import Gauge
from tui.git.inspect import NO_NETWORK
from tui.git.process import Deadlines, Exit, GitRunner
from tui.git.stop import StopSignal

_PATIENCE = 30.0  # seconds for one look
_COMMITS, _COMMITS_OF_CLONE = 200, 10
"""The newest ones; what a clone brings nobody reads through."""
_COUNTS = re.compile(rb"(\d+) (file|insertion|deletion)")


class Title(Struct, frozen=True):
    """Of a commit; `id` is whole."""

    id: str
    author: str
    subject: str


class Diffstat(Struct, frozen=True):
    files: int
    insertions: int
    deletions: int


class Contents(Struct, frozen=True):
    """`titles` are those of the newest commits, the newest first."""

    titles: tuple[Title, ...] = ()
    diffstat: Diffstat | None = None
    """None: unknown, as where a partial clone has not all files."""
    error: str = ""
    """Why nothing is known."""


def contents(path: Path, old: str | None, new: str) -> Contents:
    """What `new` has and `old` has not; with `old` None all counts, as after a clone, and no diffstat is told."""
    limit, without = (_COMMITS, [f"^{old}"]) if old else (_COMMITS_OF_CLONE, [])
    # git's log alone, without files: it needs nothing that a partial clone leaves out.
    try:
        log = _git(path, "log", "--format=%x00%H%n%an%n%s", f"--max-count={limit}", new, *without, "--")
        if not log.ok:
            return Contents(error=log.lines[-1] if log.lines else f"git log ended with exit code {log.code}")
        stat = (
            _git(path, "diff", "--shortstat", "--no-ext-diff", "--no-textconv", old, new, "--")
            if old
            else None
        )
    except OSError as error:
        return Contents(error=clean_text(str(error)))
    titles = tuple(_title(record) for record in log.stdout.split(b"\0")[1:])
    return Contents(titles, diffstat(stat.stdout) if stat and stat.ok else None)


def joined(parts: Sequence[Contents]) -> Contents:
    """Several that came one after the other, the oldest first; between them lies what did not come."""
    stats = [part.diffstat for part in parts if part.diffstat]
    titles = tuple(title for part in reversed(parts) for title in part.titles)
    error = next((part.error for part in parts if part.error), "")
    if len(stats) < len(parts):
        return Contents(titles, None, error)
    columns = ([one.files, one.insertions, one.deletions] for one in stats)
    return Contents(titles, Diffstat(*map(sum, zip(*columns, strict=True))), error)


def _git(path: Path, *args: str) -> Exit:
    runner = GitRunner(path, StopSignal(), Deadlines(0, _PATIENCE), Gauge(), env=NO_NETWORK)
    return runner.run(*args)


def _title(record: bytes) -> Title:
    commit, author, subject = (*record.split(b"\n", 2), b"", b"")[:3]
    return Title(commit.decode(), clean_text(author), clean_text(subject))


def diffstat(said: bytes) -> Diffstat:
    """Of a line that `--shortstat` prints; none at all where it prints none."""
    counts = {noun: int(number) for number, noun in _COUNTS.findall(said)}
    return Diffstat(counts.get(b"file", 0), counts.get(b"insertion", 0), counts.get(b"deletion", 0))
