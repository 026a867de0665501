"""Believable commits as a stream for `git fast-import`: the same names give the same object ids."""

import random
from collections.abc import Iterator

_EPOCH = 1_767_225_600
"""The first commit's time, 2026-01-01 UTC; each further one is some hours later."""
_HOURS = 5 * 3_600
_AUTHORS = ("Mika Sorrel <mika@example.org>", "Noor Vale <noor@example.org>", "Jo Tanner <jo@example.org>")
_VERBS = ("Add", "Fix", "Simplify", "Document", "Speed up", "Test", "Rename", "Remove")
_THINGS = (
    "the retry after a lost connection",
    "the default of the page size",
    "dates before the epoch",
    "the error of an empty answer",
    "the cache of the front page",
    "names with a blank in them",
    "the order of the columns",
    "the second login within a minute",
    "the report of slow queries",
)
_BLOB = 16_384


def commits(name: str, first: int, count: int, *, parent: str = "", kilobytes: int = 0) -> Iterator[bytes]:
    """The stream of `count` commits on main, the first one with number `first`, counted from 1.

    Commit 1 writes README.md, which no later one touches; each writes CHANGELOG.md and a module of its
    own. `parent` is a commit-ish, empty for a root. The first one carries `kilobytes` of data that do not
    compress, in many files, so that git has a percentage to count.
    """
    chance = random.Random(f"{name} {first} {parent}")  # noqa: S311  # repeatable on purpose
    for number in range(first, first + count):
        subject = f"{chance.choice(_VERBS)} {chance.choice(_THINGS)}"
        yield (
            f"commit refs/heads/main\ncommitter {chance.choice(_AUTHORS)} {_EPOCH + number * _HOURS} +0000\n"
        ).encode()
        yield _data(subject.encode())
        if number == first and parent:
            yield f"from {parent}\n".encode()
        if number == 1:
            yield _file("README.md", f"# {name}\n".encode())
        yield _file("CHANGELOG.md", f"# Changes\n\n## 1.{number}\n\n- {subject}.\n".encode())
        yield _file(f"src/part_{number:02}.py", f'"""{subject}."""\n\nVERSION = "1.{number}"\n'.encode())
        if number == first:
            for blob in range(kilobytes * 1024 // _BLOB):
                yield _file(f"assets/{number:02}/{blob:03}.bin", chance.randbytes(_BLOB))


def _file(path: str, content: bytes) -> bytes:
    return f"M 100644 inline {path}\n".encode() + _data(content)


def _data(content: bytes) -> bytes:
    return b"data %d\n%b\n" % (len(content), content)
