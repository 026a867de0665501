"""A fault at one chosen call: which calls there are is found by watching, not written down."""

import errno
import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import FrameType
from typing import Any

import tui
from tui.git.process import GitProcess

_CALLED_MODULES = frozenset({"posix", "fcntl", "select"})
_CALLED_FILES = tuple(
    f"{os.sep}{name}"
    for name in ("pathlib.py", "subprocess.py", "shutil.py", "tempfile.py", f"json{os.sep}__init__.py")
)
_NEVER_FAIL = frozenset({"close"})
"""Where it fails there is nothing left to tidy up."""
_STEPS = frozenset({"clone", "fetch", "merge"})
"""The git commands that change a repository; all others are looks, of which one stands for all."""


@dataclass(frozen=True, slots=True)
class Site:
    """One place of the code that calls something, while a git command is at work or between two."""

    caller: str
    callee: str
    step: str
    """clone, fetch, merge or look: what git is doing; empty between two commands."""

    def __str__(self) -> str:
        return f"{self.callee} called by {self.caller}" + (f" in git {self.step}" if self.step else "")


class Watch:
    """The calls that the files of one layer (`git`, `store`) make, as the profiler of a thread tells them."""

    def __init__(self, layer: str) -> None:
        self._folder = str(Path(tui.__file__).parent / layer) + os.sep

    def site(self, frame: FrameType, event: str, called: Any) -> Site | None:
        """None for what is no call of the layer's, or one that has no reason to fail."""
        if event == "c_call":
            caller: FrameType | None = frame
            callee = called.__name__
            fails = getattr(called, "__module__", None) in _CALLED_MODULES
        elif event == "call":
            caller = frame.f_back
            callee = frame.f_code.co_qualname
            fails = frame.f_code.co_filename.startswith(self._folder) or (
                frame.f_code.co_filename.endswith(_CALLED_FILES) and not callee.startswith("PurePath")
            )
        else:
            return None
        name = callee.rpartition(".")[2]
        if not fails or caller is None or name in _NEVER_FAIL or name[:2] == "__" or name[0] == "<":
            return None
        file = caller.f_code.co_filename
        if not file.startswith(self._folder):
            return None
        place = f"{file.removeprefix(self._folder)}:{caller.f_lineno}"
        return Site(place, callee, _step(caller))


def _step(frame: FrameType | None) -> str:
    while frame is not None:
        process = frame.f_locals.get("self") if frame.f_code.co_name == "run" else None
        if isinstance(process, GitProcess):
            step = process._step
            return step if step in _STEPS else "look"
        frame = frame.f_back
    return ""


def sites_of(watch: Watch, body: Callable[[], object]) -> list[Site]:
    """The sites that the body comes by, in order, each once."""
    seen: dict[Site, None] = {}

    def look(frame: FrameType, event: str, called: Any) -> None:
        if site := watch.site(frame, event, called):
            seen.setdefault(site)

    with _profiled(look):
        body()
    return list(seen)


@contextmanager
def fault_at(watch: Watch, site: Site, error: BaseException) -> Iterator[list[Site]]:
    """Within the block the first call at the site raises. Yields the list in which it then stands."""
    hit: list[Site] = []

    def look(frame: FrameType, event: str, called: Any) -> None:
        if not hit and watch.site(frame, event, called) == site:
            hit.append(site)
            raise error

    with _profiled(look):
        yield hit


@contextmanager
def _profiled(look: Callable[[FrameType, str, Any], None]) -> Iterator[None]:
    sys.setprofile(look)
    try:
        yield
    finally:
        sys.setprofile(None)


def no_room() -> OSError:
    return OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
