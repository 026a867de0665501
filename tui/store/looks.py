"""What the last look at each checkout saw, so that the next one need not ask git where nothing has changed."""

import contextlib
import os
from pathlib import Path

import msgspec
from msgspec import Struct

from tui.git.fingerprint import Fingerprint, surroundings
from tui.git.inspect import RepoStatus
from tui.store.paths import StateError, replace_file


class Look(Struct, frozen=True):
    """What was seen of a checkout, and its fingerprint at that time."""

    fingerprint: Fingerprint
    status: RepoStatus


class _File(Struct, frozen=True):
    surroundings: str
    looks: dict[bytes, Look]
    """By path, as the file system has it."""


class Looks:
    """A cache below `$XDG_CACHE_HOME`: one that is missing, damaged or not writable costs only time.

    Usable from several threads; of two processes that save, the later one stays.
    """

    def __init__(self, file: Path) -> None:
        self._file = file
        self._surroundings = surroundings()
        self._changed = False
        self._looks = self._load()

    def get(self, path: Path) -> Look | None:
        return self._looks.get(os.fsencode(path))

    def put(self, path: Path, look: Look) -> None:
        self._looks[os.fsencode(path)] = look
        self._changed = True

    def save(self) -> None:
        if not self._changed:
            return
        content = msgspec.msgpack.encode(_File(self._surroundings, dict(self._looks)))
        with contextlib.suppress(OSError, StateError):
            self._file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            replace_file(self._file, content)
            self._changed = False

    def _load(self) -> dict[bytes, Look]:
        with contextlib.suppress(OSError, msgspec.DecodeError):
            kept = msgspec.msgpack.decode(self._file.read_bytes(), type=_File)
            if kept.surroundings == self._surroundings:
                return kept.looks
        return {}
