"""Between the engine's threads and the loop of the screen."""

import asyncio
import contextlib
import contextvars
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor, wait
from queue import Empty, SimpleQueue
from typing import Any, TypeVar

from textual.app import App

from tui.engine.engine import daemon_thread

JOBS = "sync"
"""The group of the workers that run jobs."""
_UNNOTICED = 0.15
"""Seconds for which the screen may stand still: so long a key waits for what it writes."""
_Result = TypeVar("_Result")


class DaemonExecutor(ThreadPoolExecutor):
    """One daemon thread a call, uncapped: the job limit is the scheduler's, and no exit waits for a thread.

    asyncio's own pool has cores + 4 places, and leaving joins every one of its threads.
    """

    def submit(self, fn: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Future[Any]:
        future: Future[Any] = Future()

        def run() -> None:
            if not future.set_running_or_notify_cancel():
                return
            try:
                result = fn(*args, **kwargs)
            except BaseException as error:  # noqa: BLE001  the future carries it to whoever waits
                future.set_exception(error)
            else:
                future.set_result(result)

        daemon_thread(run, "worker")
        return future

    def shutdown(self, wait: bool = True, *, cancel_futures: bool = False) -> None:
        """Does nothing: no thread of it keeps the process alive."""


class Bridge:
    """Jobs become workers of the app, and what waits for the store leaves its loop alone."""

    def __init__(self, app: App[Any]) -> None:
        self._app = app
        self._loop: asyncio.AbstractEventLoop | None = None
        self._thread = 0
        self._context = contextvars.Context()
        self._writes: SimpleQueue[Callable[[], None]] = SimpleQueue()
        self._last_write: Future[Any] | None = None
        self._due: SimpleQueue[tuple[Callable[[], None], str]] = SimpleQueue()
        """Jobs that begin with the next round of the loop."""
        self._stands_still = False

    def attach(self) -> None:
        """In the running loop of the app, before anything starts."""
        self._loop = asyncio.get_running_loop()
        self._loop.set_default_executor(DaemonExecutor())
        self._thread = threading.get_ident()
        self._context = contextvars.copy_context()

    def spawn(self, body: Callable[[], None], name: str) -> None:
        """For the engine, from any thread."""
        self._due.put((body, name))
        if threading.get_ident() == self._thread:
            self._start_due()
        elif self._stands_still or not self.call_soon(self._start_due):
            self._start_beside()  # also where the screen is gone: what was started still has its one end

    @contextlib.contextmanager
    def standing_still(self) -> Iterator[None]:
        """While the loop waits for another program the jobs go on, and others begin."""
        self._stands_still = True
        self._start_beside()
        try:
            yield
        finally:
            self._stands_still = False

    def write(self, body: Callable[[], _Result], written: Callable[[Future[_Result]], None]) -> None:
        """Do what may have to wait for the store, in a thread of its own and after what was asked for before.

        `written` is called in the loop: before this returns, unless it takes so long that a person would notice.
        """
        future: Future[_Result] = Future()

        def do() -> None:
            try:
                future.set_result(body())
            except Exception as error:  # noqa: BLE001  `written` gets it
                future.set_exception(error)

        if self._last_write is None:
            daemon_thread(self._write_all, "write")
        self._last_write = future
        self._writes.put(do)
        if wait([future], _UNNOTICED).done:
            written(future)
        else:
            future.add_done_callback(lambda _: self.call_soon(lambda: written(future)))

    def finish_writing(self, seconds: float) -> bool:
        """Wait so long at most for what is being written; False: nothing was."""
        if self._last_write is None or self._last_write.done():
            return False
        wait([self._last_write], seconds)
        return True

    def _write_all(self) -> None:
        while True:
            self._writes.get()()

    def _start_due(self) -> None:
        for body, name in self._take_due():
            self._app.run_worker(body, name=name, group=JOBS, thread=True, exit_on_error=False)

    def _start_beside(self) -> None:
        for body, name in self._take_due():
            daemon_thread(body, name)

    def _take_due(self) -> Iterator[tuple[Callable[[], None], str]]:
        with contextlib.suppress(Empty):
            while True:
                yield self._due.get_nowait()

    def call_soon(self, callback: Callable[[], None]) -> bool:
        """In the loop, from any thread; False when that is closed."""
        with contextlib.suppress(RuntimeError):
            if self._loop is not None:
                self._loop.call_soon_threadsafe(callback, context=self._context)
                return True
        return False
