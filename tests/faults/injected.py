"""A fault at one chosen call: which calls there are is found by watching, not written down."""

import errno
import os
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import FrameType
from typing import Any

import tui
from tui.git.process import GitProcess
from tui.store.database import Database

_OUTSIDE = frozenset(
    {"posix", "fcntl", "select", "io", "_io", "sqlite3", "_sqlite3"}
    | {"pathlib", "subprocess", "shutil", "tempfile", "json"}
)
"""The modules through which a layer reaches the world around it."""
_NEVER_FAIL = frozenset({"access", "close", "register", "unregister", "dumps", "getpid"})
"""Says no instead; has nothing left to tidy up; only keep a list; ask nobody."""
_PURE = ("PurePath", "Path.home")
"""Touches no disk."""
_STEPS = frozenset({"clone", "fetch", "merge"})
"""The git commands that change a repository; all others are looks, of which one stands for all."""


@dataclass(frozen=True, slots=True)
class Site:
    """One place of the code that calls something, as part of a step or between two."""

    caller: str
    callee: str
    step: str
    """clone, fetch, merge or look: what git is doing; or the place that had the database do something."""

    def __str__(self) -> str:
        return f"{self.callee} called by {self.caller}" + (f" in {self.step}" if self.step else "")


class Watch:
    """The calls that the files of one layer (`git`, `store`) make, as the profiler of a thread tells them.

    Also those to itself if `inner`. With `threads` it looks at what the block starts as well.
    """

    def __init__(self, layer: str, *, inner: bool = True, threads: bool = False) -> None:
        self._folder = str(Path(tui.__file__).parent / layer) + os.sep
        self._inner = inner
        self.threads = threads

    def site(self, frame: FrameType, event: str, called: Any) -> Site | None:
        """None for what is no call of the layer's, or one that has no reason to fail."""
        if event == "c_call":
            caller: FrameType | None = frame
            callee = called.__name__
            fails = (called.__module__ or type(getattr(called, "__self__", None)).__module__) in _OUTSIDE
        elif event == "call":
            caller = frame.f_back
            callee = frame.f_code.co_qualname
            fails = (self._inner and frame.f_code.co_filename.startswith(self._folder)) or (
                frame.f_globals["__name__"].partition(".")[0] in _OUTSIDE and not callee.startswith(_PURE)
            )
        else:
            return None
        name = callee.rpartition(".")[2]
        if not fails or caller is None or name in _NEVER_FAIL or name[:2] == "__" or name[0] == "<":
            return None
        file = caller.f_code.co_filename
        if not file.startswith(self._folder):
            return None
        return Site(_place(caller), callee, _step(caller))


def _place(frame: FrameType) -> str:
    return f"{Path(frame.f_code.co_filename).name}:{frame.f_lineno}"


def _step(frame: FrameType | None) -> str:
    while frame is not None:
        if frame.f_code is GitProcess.run.__code__:
            step = frame.f_locals["self"]._step
            return step if step in _STEPS else "look"
        if frame.f_code is Database.execute.__code__ and frame.f_back is not None:
            return _place(frame.f_back)
        frame = frame.f_back
    return ""


def sites_of(watch: Watch, body: Callable[[], object]) -> list[Site]:
    """The sites that the body comes by, in order, each once."""
    seen: dict[Site, None] = {}

    def look(frame: FrameType, event: str, called: Any) -> None:
        if site := watch.site(frame, event, called):
            seen.setdefault(site)

    with _profiled(look, threads=watch.threads):
        body()
    return list(seen)


@contextmanager
def fault_at(watch: Watch, site: Site, error: BaseException) -> Iterator[list[Site]]:
    """Within the block the first call at the site raises, in each thread. Yields the list in which it then stands."""
    hit: list[Site] = []

    def look(frame: FrameType, event: str, called: Any) -> None:
        if watch.site(frame, event, called) == site:
            hit.append(site)
            raise error  # and with that Python stops calling this in the thread

    with _profiled(look, threads=watch.threads):
        yield hit
    error.__traceback__ = None  # it keeps alive what it passed


@contextmanager
def _profiled(look: Callable[[FrameType, str, Any], None], *, threads: bool) -> Iterator[None]:
    if threads:
        threading.setprofile(look)
    sys.setprofile(look)
    try:
        yield
    finally:
        sys.setprofile(None)
        if threads:
            threading.setprofile(None)


def no_room() -> OSError:
    return OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
