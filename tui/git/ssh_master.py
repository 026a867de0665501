"""One ssh connection for all repos of a host: a ControlMaster of ours, where the person has none of their own.

Whatever is wrong with it, git goes on with the ssh that it starts by itself.
"""

import contextlib
import math
import os
import re
import shutil
import signal
import subprocess
import tempfile
import threading
import time
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path

from tui.git.checkup import NoAnswer, ask
from tui.git.env import git_env
from tui.git.group import TERM_GRACE, signal_group
from tui.git.outcome import Reason
from tui.git.stop import StopSignal
from tui.git.watchdog import watchdog

SESSIONS = 10
"""At a time over one connection: what sshd allows by default (MaxSessions)."""
PATIENCE = 10.0
"""Seconds that a connection has to come about, and that others wait behind it."""
IDLE = 10.0
"""Seconds after the last use of a host; then its connections end and all that was learned of it is forgotten."""
REST = 0.1
"""Seconds after which a server has surely noticed that a session is over, and lets another in its place."""
_MARGIN = 2
_READY_LOOK = 0.01

_URL = re.compile(r"(?:ssh|git\+ssh|ssh\+git)://(?P<host>[^/:\[%]+)(?::(?P<port>\d+))?/")
_SCP_LIKE = re.compile(r"(?P<host>[^/:\[]+):(?!//)")
_PLAIN_FOLDER = re.compile(r"[\w./-]{1,40}", re.ASCII)
"""Fits into the name of a socket, and means only itself to a shell and to ssh."""
_WAYS = ("GIT_SSH_COMMAND", "GIT_SSH", "GIT_SSH_VARIANT")
_OWN = re.compile(
    r"^(?:controlpath (?!none$)|controlmaster (?!(?:false|no)$)|remotecommand (?!none$)"
    r"|(?:local|remote|dynamic)forward |(?:permitlocalcommand|forkafterauthentication) yes$)",
    re.MULTILINE,
)
"""What `ssh -G` says where the person shares connections, or has each do more than carry git."""
_LOGIN_REFUSED = re.compile(r"Permission denied \(|Too many authentication failures")
_SESSION_REFUSED = re.compile(r"session request failed|refused session request")


class Session:
    """Of one git child; `env` is for it."""

    def __init__(self, master: "_Master | None" = None, capacity: int = 0, *, at_door: bool = False) -> None:
        """`capacity`: of the host when it began. `at_door`: it is the only one that is let to the host."""
        self.master = master
        self.capacity = capacity
        self.at_door = at_door
        self.env = master.env if master else {}
        self.ok = False
        self.hung = False
        self.login_refused = False
        self.session_refused = False

    def end(self, *, ok: bool, lines: Iterable[str], ended_by: Reason | None) -> None:
        """How the child ended, as `Exit` says; one of which nothing is told has failed."""
        self.ok = ok
        self.hung = ended_by in {Reason.STALLED, Reason.DEADLINE}
        said = "\n".join(lines)
        self.login_refused = not ok and _LOGIN_REFUSED.search(said) is not None
        self.session_refused = _SESSION_REFUSED.search(said) is not None


class _Master:
    """An ssh that holds a connection and its socket; a child of this process, in a session of its own."""

    def __init__(self, folder: Path, destination: Sequence[str]) -> None:
        """Raises OSError."""
        self._folder = folder
        # %C: a session to another destination finds no socket there, and connects by itself.
        path = f"ControlPath={folder}/%C"
        self.env = {"GIT_SSH_COMMAND": f"ssh -o ControlMaster=no -o {path}"}
        self.users = 0
        self.retired = False
        self.ends: deque[float] = deque(maxlen=SESSIONS)
        folder.mkdir(mode=0o700)
        options = ("-o", "ControlMaster=yes", "-o", "ControlPersist=no", "-o", path)
        self._process = subprocess.Popen(
            ["ssh", *options, "-N", "-T", *destination],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            env=os.environ | git_env(folder),
            start_new_session=True,
            cwd="/",
        )
        watchdog.watch(self._process.pid, patiently=False)

    def rested(self, capacity: int) -> float:
        """When it takes one more, on the monotonic clock; it has not as many users as it may."""
        over = self.users + len(self.ends) - capacity
        return self.ends[over] + REST if over >= 0 and self.ends else -math.inf

    def lives(self) -> bool:
        return self._process.poll() is None

    def is_ready(self) -> bool:
        """Whether it takes sessions. While it makes the socket, that has a dot in its name."""
        return any("." not in name for name in os.listdir(self._folder))  # noqa: PTH208 - names alone, and often

    def ask_to_end(self) -> None:
        if self.lives():
            signal_group(self._process.pid, signal.SIGTERM)

    def end(self) -> None:
        """Returns when it is gone, with whatever it had started to get there."""
        if self.lives():
            self.ask_to_end()
            with contextlib.suppress(subprocess.TimeoutExpired):
                self._process.wait(TERM_GRACE)
            signal_group(self._process.pid, signal.SIGKILL)
            self._process.wait()
        watchdog.forget(self._process.pid)
        shutil.rmtree(self._folder, ignore_errors=True)


class _Host:
    """The masters of one destination, and its door, where one job at a time makes a connection."""

    def __init__(self, destination: tuple[str, ...], new_folder: Callable[[], Path]) -> None:
        self._destination = destination
        self._new_folder = new_folder
        self._changed = threading.Condition()
        self._masters: list[_Master] = []
        self._capacity = SESSIONS
        """Sessions a master; 0: all go by themselves."""
        self._asked = False
        self._door_taken = False
        self._door_since = 0.0
        self._failed = False
        """The last that came to the door did: no connection may be had at all."""
        self._login_refused = False
        self.users = 0
        self.timer: threading.Timer | None = None

    def enter(self, stop: StopSignal, patience: float, deadline: float) -> Session:
        entered = time.monotonic()
        with stop.waking(self._wake), self._changed:
            while True:
                if not self._capacity or stop.reason is not None:
                    return Session()
                self._drop_dead()
                free = [one for one in self._masters if one.users < self._capacity and not one.retired]
                master = min(free, key=lambda one: one.rested(self._capacity), default=None)
                if master:
                    rest = master.rested(self._capacity) - time.monotonic()
                    if rest > 0:
                        self._changed.wait(rest)
                        continue
                    master.users += 1
                    return Session(master, self._capacity)
                if not self._door_taken:
                    self._door_taken = True
                    self._door_since = time.monotonic()
                    break
                if not self._wait(entered, patience, deadline):
                    return Session()
        master = None
        try:
            if not self._failed:
                master = self._connect(stop, min(time.monotonic() + patience, deadline))
        finally:
            with self._changed:
                if master:
                    master.users = 1
                    self._masters.append(master)
                if master or not self._capacity or stop.reason is not None:
                    self._door_taken = False
                    self._changed.notify_all()
                    at_door = False
                else:
                    at_door = True
        return Session(master, self._capacity, at_door=at_door)

    def _wait(self, entered: float, patience: float, deadline: float) -> bool:
        """For a change; False: no longer."""
        # Who refuses logins is asked by one at a time, however long that takes.
        end = patience + (max(entered, self._door_since) if self._login_refused else entered)
        now = time.monotonic()
        if now >= deadline:
            return False
        if now >= end:
            self._capacity = 0  # slow or dead: nobody gains by waiting
            self._changed.notify_all()
            return False
        self._changed.wait(min(end, deadline) - now)
        return True

    def leave(self, session: Session) -> None:
        gone: list[_Master] = []
        with self._changed:
            master = session.master
            if session.at_door:
                self._door_taken = False
                if session.ok and not self._failed and not self._masters:
                    self._capacity = 0  # ssh can do it, only not so
                self._failed, self._login_refused = not session.ok, session.login_refused
            if master:
                master.users -= 1
                master.ends.append(time.monotonic())
                master.retired |= session.hung
                if session.session_refused and session.capacity == self._capacity:
                    # The first time it may be that a session was not quite over.
                    self._capacity = SESSIONS - _MARGIN if self._capacity == SESSIONS else self._capacity // 2
                if not session.ok and not master.lives():
                    self._capacity = 0
                if master in self._masters and not master.users and (master.retired or not self._capacity):
                    self._masters.remove(master)
                    gone.append(master)
            self._changed.notify_all()
        for one in gone:
            one.end()

    def end(self) -> None:
        with self._changed:
            masters, self._masters = self._masters, []
        for one in masters:
            one.ask_to_end()
        for one in masters:
            one.end()

    def _connect(self, stop: StopSignal, end: float) -> _Master | None:
        """None where it cannot be had, or not yet."""
        if not self._asked:
            self._asked = True
            if self._is_for_the_person():
                self._capacity = 0
                return None
        try:
            master = _Master(self._new_folder(), self._destination)
        except OSError:
            return None
        try:
            while master.lives() and time.monotonic() < end and not stop.wait(_READY_LOOK):
                if master.is_ready():
                    return master
        except OSError:
            pass
        master.end()
        return None

    def _is_for_the_person(self) -> bool:
        try:
            answer = ask("ssh", "-G", *self._destination)
        except (OSError, NoAnswer):
            return True
        is_openssh = answer.code == 0 and "\ncontrolmaster " in answer.out
        return not is_openssh or _OWN.search(answer.out) is not None

    def _drop_dead(self) -> None:
        for master in [one for one in self._masters if not one.lives()]:
            self._masters.remove(master)
            master.end()

    def _wake(self) -> None:
        with self._changed:
            self._changed.notify_all()


class SshMasters:
    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._hosts: dict[tuple[str, ...], _Host] = {}
        self._folder: Path | None = None
        self._number = 0

    @contextlib.contextmanager
    def session(
        self, url: str, stop: StopSignal, patience: float = math.inf, deadline: float = math.inf
    ) -> Iterator[Session]:
        """For one git child that talks to that URL, as git uses it; empty: to none that would be shared.

        The first of a host makes the connection, the others wait for it: as long as `patience`, in seconds,
        and PATIENCE allow, and no longer than to the stop or the deadline, on the monotonic clock.
        """
        destination = _destination(url)
        if destination is None or any(os.environ.get(name) for name in _WAYS):
            yield Session()
            return
        with self._lock:
            host = self._hosts.setdefault(destination, _Host(destination, self._new_folder))
            host.users += 1
            if host.timer:
                host.timer.cancel()
        try:
            session = host.enter(stop, min(patience, PATIENCE), deadline)
            try:
                yield session
            finally:
                host.leave(session)
        finally:
            with self._lock:
                host.users -= 1
                if not host.users:
                    host.timer = threading.Timer(IDLE, self._forget, (destination, host))
                    host.timer.daemon = True
                    host.timer.start()

    def close(self) -> None:
        """Ends all connections; who comes later begins anew."""
        with self._lock:
            hosts, self._hosts = self._hosts, {}
            folder, self._folder = self._folder, None
            for host in hosts.values():
                if host.timer:
                    host.timer.cancel()
        for host in hosts.values():
            host.end()
        if folder:
            shutil.rmtree(folder, ignore_errors=True)

    def _forget(self, destination: tuple[str, ...], host: _Host) -> None:
        with self._lock:
            if host.users:
                return
            if self._hosts.get(destination) is host:
                del self._hosts[destination]
        host.end()

    def _new_folder(self) -> Path:
        """A name for the folder of one master. Raises OSError."""
        with self._lock:
            if self._folder is None or not self._folder.is_dir():
                place = tempfile.gettempdir()
                fits = _PLAIN_FOLDER.fullmatch(place)
                place = place if fits else "/tmp"  # noqa: S108 - what is made in it is ours alone
                self._folder = Path(tempfile.mkdtemp(prefix="synctui-", dir=place))
                watchdog.remove_at_end(self._folder)
            self._number += 1
            return self._folder / str(self._number)


def _destination(url: str) -> tuple[str, ...] | None:
    """The words with which git names it to ssh; None: it is not reached by ssh, or in a way that is not shared."""
    match = _URL.match(url) or _SCP_LIKE.match(url)
    if match is None:
        return None
    port = match.groupdict().get("port")
    return (*(("-p", port) if port else ()), match["host"])


ssh_masters = SshMasters()
"""Those of this process."""
