"""One git child: its own session, output cut into lines, limits kept, and gone before `run` returns."""

import contextlib
import io
import math
import os
import select
import signal
import subprocess
import threading
import time
from collections import deque
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from types import MappingProxyType
from typing import IO, Any, BinaryIO, Self

from msgspec import Struct, field, structs

from tui.git.clean import clean_text
from tui.git.env import NO_HOOKS, OPTIONS, SECRET, git_env
from tui.git.gauge import Gauge, Progress
from tui.git.group import TERM_GRACE, group_bytes, group_lives, signal_all, signal_group, strays
from tui.git.outcome import Reason
from tui.git.output import LineCutter, parse_progress, read_git_answered, read_hooks, read_retry_after
from tui.git.ssh_master import ssh_masters
from tui.git.stop import StopSignal
from tui.git.trace import trace
from tui.git.turn import turn
from tui.git.watchdog import watchdog

MOVE_GRACE = 0.4
"""Seconds that a stop leaves to a child that rewrites the working tree: half of it done is a mess.

TERM_GRACE comes on top, and an abort has ended all within 3 seconds.
"""
PIPE_GRACE = 0.5
"""Seconds to wait for the end of output after the exit: a daemon that git started may hold the pipe."""
LINES_KEPT = 200
_LEAST_SECRET = 6
"""Characters; what is shorter is a word like others, and taking it out would garble the rest."""
TAIL_LINES = 20

_FIRST_PHASE = {
    "fetch": "Connecting",
    "clone": "Connecting",
    "ls-remote": "Connecting",
    "submodule": "Updating submodules",
    "merge": "Updating files",
    "checkout": "Updating files",
}
"""What a command is at before git says so. The others are looks too short to be shown."""

_REMOTE_COMMANDS = frozenset({"clone", "fetch", "ls-remote", "submodule"})

_AFTER_A_MOVE = frozenset({"post-merge", "post-checkout"})
"""Hooks that run when HEAD has moved: nothing is half done any more."""

_CONNECTING = 0.25
"""Part of the stall limit that the connection which others use has to come about."""
_STALL_LOOKS = 8
"""So often within the stall limit we look whether bytes move of which git says nothing."""
_GAUGE_INTERVAL = 0.1
_GONE_INTERVAL = 0.02  # each look reads what /proc says of every process
_LONGEST_POLL = 0.25
_SUSPENDED = 5.0  # seconds; two looks at a child that are further apart: the program itself was stopped


class Deadlines:
    """Limits of one job in seconds; 0 turns one off.

    `stall` counts from the last byte of the running process, `total` from the start of the job.
    """

    def __init__(self, stall: float, total: float, began: float | None = None) -> None:
        """`began`: when the job started, on the monotonic clock; None: now."""
        self.stall = stall
        self.total = total
        self.end = (time.monotonic() if began is None else began) + total if total > 0 else math.inf

    def stall_end(self, moved: float, part: float = 1.0) -> float:
        return moved + self.stall * part if self.stall > 0 else math.inf


class Exit(Struct, frozen=True):
    """How a child ended; `lines` are the last clean lines of its stderr."""

    code: int
    """Negative for a signal, as `subprocess` has it."""
    stdout: bytes
    lines: tuple[str, ...] = ()
    ended_by: Reason | None = None
    """Why we ended it: the stop's reason, `stalled` or `deadline`; None: it ended by itself."""
    phase: str = ""
    """What it was at when it ended: git's phase or the hook that ran."""
    hook: str = ""
    """The hook that ran when it ended; empty: none."""
    failed_hooks: tuple[str, ...] = ()
    retry_after: float | None = None
    """Seconds that an HTTP server asks to wait before the next try."""
    git_answered: bool = True
    """Whether it was a git server, as far as is known, that answered by HTTP. One without git in it is told as none."""

    @property
    def ok(self) -> bool:
        return self.code == 0 and self.ended_by is None


class _Waker:
    """A pipe that makes `poll` return; `wake` may come from any thread, also after the end."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self.fd, self._write = os.pipe()
        self._open = True

    def wake(self) -> None:
        with self._lock:
            if self._open:
                os.write(self._write, b"!")

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        with self._lock:
            self._open = False
            os.close(self.fd)
            os.close(self._write)


class GitRunner(Struct):
    """Runs the git children of one job, one after another, in one place.

    `on_child` is told the pid of each child, its git command and the time at which it was begun, in seconds since
    the epoch, when it starts, and None when it is gone.
    """

    place: Path
    stop: StopSignal
    deadlines: Deadlines
    gauge: Gauge
    on_child: Callable[[int | None, str, float], None] | None = None
    on_move: Callable[[Mapping[str, Any] | None], None] | None = None
    """Told of a move of HEAD before it begins, and None when it is made or taken back."""
    env: dict[str, str] = field(default_factory=dict)
    """For the children, on top of `git_env`."""
    ssh_url: str = ""
    """Of the remote, where its host may be reached over one connection with others; as in `Remote`."""
    hooks: bool = True
    """Whether the repository's hooks run."""
    has_no_hooks: bool = False
    """Nothing that is run here could run one, but in submodules."""
    stdin: BinaryIO | None = None
    """What the next child reads; None: nothing."""
    tail: deque[str] = field(default_factory=lambda: deque(maxlen=TAIL_LINES))
    """The last lines of all children."""

    def run(self, *args: str) -> Exit:
        """Raises FileNotFoundError when there is no git, OSError when no process can be started."""
        turn.give()
        if args[0] not in _REMOTE_COMMANDS:
            return GitProcess(self, args).run()
        # git does not print what a server asks for, its trace of curl does (without logins: it redacts them).
        with trace() as (curl, curl_path), self._trace_hooks(args[0]) as (events, events_env):
            traced = {"GIT_TRACE_CURL": curl_path, "GIT_TRACE_CURL_NO_DATA": "1"}
            exit_ = self._share_ssh(args, traced | events_env)
            said = curl.read()
            retry_after = None if exit_.ok else read_retry_after(said)
            exit_ = _with_hooks(exit_, events.read())
            return structs.replace(exit_, retry_after=retry_after, git_answered=read_git_answered(said))

    def _share_ssh(self, args: tuple[str, ...], env: dict[str, str]) -> Exit:
        # The submodules of a repo may be anywhere, and each say how ssh is to be started.
        url = "" if args[0] == "submodule" else self.ssh_url
        patience = self.deadlines.stall_end(0, _CONNECTING)
        self.gauge.show(Progress(_FIRST_PHASE[args[0]]))
        with ssh_masters.session(url, self.stop, patience, self.deadlines.end) as session:
            exit_ = GitProcess(structs.replace(self, env=self.env | session.env | env), args).run()
            session.end(ok=exit_.ok, lines=exit_.lines, ended_by=exit_.ended_by)
            return exit_

    def run_move(self, *args: str) -> Exit:
        """Runs what rewrites the working tree: a stop gives it MOVE_GRACE to end by itself.

        The exit says which hooks failed: git itself ignores some of them.
        """
        with self._trace_hooks(args[0]) as (events, env):

            def stop_grace() -> float:
                events.seek(0)
                return 0.0 if read_hooks(events.read())[0] in _AFTER_A_MOVE else MOVE_GRACE

            watched = structs.replace(self, env=self.env | env)
            exit_ = GitProcess(watched, args, stop_grace).run()
            events.seek(0)
            return _with_hooks(exit_, events.read())

    @contextlib.contextmanager
    def _trace_hooks(self, step: str) -> Iterator[tuple[IO[bytes], dict[str, str]]]:
        """What git says of its hooks, which takes a fifth of its time, and the variables for it."""
        if self.has_no_hooks and step != "submodule":
            yield io.BytesIO(), {}
            return
        with trace() as (events, path):
            yield events, {"GIT_TRACE2_EVENT": path}

    def unstoppable(self, *args: str) -> Exit:
        """Runs a short local look that is needed also after a stop or at the deadline."""
        limits = Deadlines(TERM_GRACE, TERM_GRACE)
        return GitRunner(self.place, StopSignal(), limits, Gauge(), hooks=self.hooks).run(*args)


def _with_hooks(exit_: Exit, events: bytes) -> Exit:
    running, failed = read_hooks(events)
    return structs.replace(
        exit_, hook=running, phase=f"{running} hook" if running else exit_.phase, failed_hooks=failed
    )


class GitProcess:
    def __init__(
        self, runner: GitRunner, args: tuple[str, ...], stop_grace: Callable[[], float] = lambda: 0.0
    ) -> None:
        """`stop_grace`: how many seconds a stop that comes now leaves to it."""
        self._runner = runner
        self._command = ["git", *OPTIONS, *(() if runner.hooks else NO_HOOKS), "-C", str(runner.place), *args]
        self._env = git_env(runner.place) | runner.env
        self._secret = runner.env.get(SECRET, "")
        self._step = args[0]
        self._stop_grace = stop_grace
        self._stop_end: float | None = None
        self._stdout = bytearray()
        self._lines: deque[str] = deque(maxlen=LINES_KEPT)
        self._cutter = LineCutter()
        self._first_phase = _FIRST_PHASE.get(args[0], "")
        self._progress = Progress(self._first_phase) if self._first_phase else runner.gauge.progress
        self._looked = self._progress.moved
        self._bytes: int | None = None
        self._shown = 0.0
        self._unshown = False
        self._poller = select.poll()
        self._pipes: dict[int, bool] = {}  # fd -> is it stderr

    def run(self) -> Exit:
        runner = self._runner
        if runner.stop.reason is not None:
            return Exit(-signal.SIGTERM, b"", ended_by=runner.stop.reason)
        with _Waker() as waker, runner.stop.waking(waker.wake):
            self._poller.register(waker.fd, select.POLLIN)
            begun = time.time()  # before it can have made a file
            child = _start(self._command, self._env, runner.stdin)
            try:
                watchdog.watch(child.pid, patiently=self._stop_grace() > 0)
                return self._follow(child, begun)
            except BaseException:
                if not self._gone_within(child, self._stop_grace()):
                    self._abort(child)
                raise
            finally:
                for stream in (child.stdout, child.stderr):
                    if stream is not None:
                        stream.close()
                watchdog.forget(child.pid)
                if runner.on_child is not None:
                    runner.on_child(None, self._step, begun)

    def _follow(self, child: "subprocess.Popen[bytes]", begun: float) -> Exit:
        if self._runner.on_child is not None:
            self._runner.on_child(child.pid, self._step, begun)
        for stream, is_error in ((child.stdout, False), (child.stderr, True)):
            if stream is not None:
                fd = stream.fileno()
                self._poller.register(fd, select.POLLIN)
                self._pipes[fd] = is_error
        self._progress = structs.replace(self._progress, moved=time.monotonic())
        self._show(self._progress.moved)
        exited: float | None = None
        ended_by: Reason | None = None
        now = time.monotonic()
        while True:
            before, now = now, time.monotonic()
            self._forgive(now - before, now)
            if exited is None and child.poll() is not None:
                exited = now
            if exited is not None and (not self._pipes or now >= exited + PIPE_GRACE):
                break
            self._look(child.pid, now)
            ended_by = self._over(now) if exited is None else None
            if ended_by is not None:
                self._abort(child)
                break
            if self._pipes:
                self._poll(self._patience(now))
            else:
                with contextlib.suppress(subprocess.TimeoutExpired):
                    child.wait(_GAUGE_INTERVAL)
        for text, stays in self._cutter.end():
            self._take_line(text, stays=stays)
        self._show(time.monotonic())
        return Exit(
            code=child.wait(),
            stdout=bytes(self._stdout),
            lines=tuple(self._lines),
            ended_by=ended_by,
            phase=self._progress.phase if self._first_phase else "",
        )

    def _look(self, group: int, now: float) -> None:
        """Bytes that move without a word of git's, as those of a slow pack, count as moved."""
        if self._looked < self._progress.moved:  # git spoke: only what comes from here on counts
            self._looked, self._bytes = self._progress.moved, None
        if now < self._runner.deadlines.stall_end(self._looked, 1 / _STALL_LOOKS):
            return
        before, self._bytes, self._looked = self._bytes, group_bytes(group), now
        if before is not None and before != self._bytes:
            self._progress = structs.replace(self._progress, moved=now)
            self._unshown = True

    def _over(self, now: float) -> Reason | None:
        runner = self._runner
        if runner.stop.reason is not None:
            if self._stop_end is None:
                self._stop_end = now + self._stop_grace()
            if now >= self._stop_end:
                return runner.stop.reason
        if now >= runner.deadlines.end:
            return Reason.DEADLINE
        if now >= runner.deadlines.stall_end(self._progress.moved):
            return Reason.STALLED
        return None

    def _patience(self, now: float) -> float:
        deadlines = self._runner.deadlines
        ends = [now + _LONGEST_POLL, deadlines.end, deadlines.stall_end(self._progress.moved)]
        if self._stop_end is not None:
            ends.append(self._stop_end)
        if self._unshown:
            ends.append(self._shown + _GAUGE_INTERVAL)
        return max(0.0, min(ends) - now)

    def _forgive(self, passed: float, now: float) -> None:
        """Time in which the program itself was stopped counts for no limit."""
        if passed > _SUSPENDED:
            self._runner.deadlines.end += passed
            moved = min(now, self._progress.moved + passed)
            self._progress = structs.replace(self._progress, moved=moved)

    def _poll(self, seconds: float) -> None:
        ready = self._poller.poll(math.ceil(seconds * 1000))
        now = time.monotonic()
        for fd, _ in ready:
            if fd in self._pipes:
                self._read(fd, now)
            else:
                os.read(fd, 1)  # the waker: it has done its part
        if self._unshown and now >= self._shown + _GAUGE_INTERVAL:
            self._show(now)

    def _read(self, fd: int, now: float) -> None:
        data = os.read(fd, 65536)
        if not data:
            del self._pipes[fd]
            self._poller.unregister(fd)
            return
        if self._pipes[fd]:
            for text, stays in self._cutter.feed(data):
                self._take_line(text, stays=stays)
        else:
            self._stdout += data
        self._progress = structs.replace(self._progress, moved=now)
        self._unshown = True

    def _take_line(self, text: bytes, *, stays: bool) -> None:
        line = clean_text(text)
        if len(self._secret) >= _LEAST_SECRET:  # a server may say what it was told
            line = line.replace(self._secret, "***")
        if not line:
            return
        moved = self._progress.moved
        progress = parse_progress(line)
        self._progress = (
            structs.replace(progress, moved=moved) if progress else structs.replace(self._progress, line=line)
        )
        if stays:
            self._lines.append(line)
            self._runner.tail.append(line)
            self._runner.gauge.keep(line)

    def _show(self, now: float) -> None:
        self._runner.gauge.show(self._progress)
        self._shown = now
        self._unshown = False

    def _abort(self, child: "subprocess.Popen[bytes]") -> None:
        """TERM to the group and to what left it, then KILL; returns when all of it is gone."""
        left: dict[int, str] = {}
        for number in (signal.SIGTERM, signal.SIGKILL):
            left = strays(child.pid, left)
            signal_group(child.pid, number)
            signal_all(left, number)
            if self._gone_within(child, TERM_GRACE, left):
                return

    def _gone_within(
        self, child: "subprocess.Popen[bytes]", seconds: float, left: Mapping[int, str] = MappingProxyType({})
    ) -> bool:
        end = time.monotonic() + seconds
        while True:
            if child.poll() is not None and not group_lives(child.pid) and not strays(child.pid, left):
                return True
            if time.monotonic() >= end:
                return False
            # A full pipe would keep git from tidying up.
            for fd in select.select(list(self._pipes), [], [], _GONE_INTERVAL)[0]:
                self._read(fd, time.monotonic())


def _start(command: list[str], env: dict[str, str], stdin: BinaryIO | None) -> "subprocess.Popen[bytes]":
    os.environ.setdefault("GIT_PYTHON_REFRESH", "quiet")
    from git import Git, GitCommandNotFound  # noqa: PLC0415 - slow to import, and not every command needs it

    try:
        handle = Git().execute(command, istream=stdin, as_process=True, env=env, start_new_session=True)
    except GitCommandNotFound as missing:
        raise FileNotFoundError("git") from missing
    child = handle.proc
    handle.proc = None  # else its destructor would end the child on its own terms
    assert child is not None  # noqa: S101 - it is there until that line
    return child
