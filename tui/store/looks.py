"""What the last look at each checkout saw, so that the next one need not ask git where nothing has changed."""

import contextlib
import json
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from tui.git.fingerprint import surroundings
from tui.git.inspect import RepoStatus
from tui.store.paths import StateError, replace_file


@dataclass(frozen=True, slots=True)
class Look:
    """What was seen of a checkout, and its fingerprint at that time."""

    fingerprint: str
    status: RepoStatus


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
        return self._looks.get(str(path))

    def put(self, path: Path, look: Look) -> None:
        self._looks[str(path)] = look
        self._changed = True

    def save(self) -> None:
        if not self._changed:
            return
        looks = {path: asdict(look) for path, look in list(self._looks.items())}
        text = json.dumps({"surroundings": self._surroundings, "looks": looks})
        with contextlib.suppress(OSError, StateError):
            self._file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            replace_file(self._file, text.encode())
            self._changed = False

    def _load(self) -> dict[str, Look]:
        try:
            kept = json.loads(self._file.read_bytes())
            if kept["surroundings"] != self._surroundings:
                return {}
            return {
                path: Look(look["fingerprint"], _status(**look["status"]))
                for path, look in kept["looks"].items()
            }
        except (OSError, ValueError, TypeError, KeyError, AttributeError):
            return {}


def _status(*, ignored: list[str], settings: list[str], **rest: Any) -> RepoStatus:
    return RepoStatus(ignored=tuple(ignored), settings=tuple(settings), **rest)
