"""Logins of servers, as git's credential helpers have them: asked for once a server, and kept in memory alone."""

import base64
import contextlib
import math
import netrc
import os
import re
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO
from urllib.parse import urlsplit

from msgspec import Struct, field

from tui.git.gauge import Gauge
from tui.git.probe.manner import Server
from tui.git.probe.unsure import Unsure
from tui.git.process import Deadlines, GitRunner
from tui.git.remote import OWN_SCOPES, Setting

_PATIENCE = 10.0
"""Seconds that the helpers have."""
_AGAIN = 60.0
"""Seconds after which a login that was not there may be."""
_LOOK = 0.05
"""Seconds between two looks whether another job has the login by now."""
_OFF = frozenset({"false", "no", "off", "0"})
_SCHEME = re.compile(r"(?:^|,\s*)([A-Za-z][A-Za-z0-9-]*)(?=\s|$|,)(?!\s*=)")


class Login:  # no Struct: that would show its fields in a traceback
    def __init__(self, authorization: str, told: str = "") -> None:
        """`told`: what git is told of it again; empty: it is not from a helper."""
        self.authorization = authorization
        self.told = told


class _Server(Struct):
    lock: threading.Lock = field(default_factory=threading.Lock)
    login: Login | None = None
    asked: float = -math.inf
    """When its login was asked for, on the monotonic clock."""
    is_approved: bool = False


class Logins:
    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._servers: dict[Server, _Server] = {}

    def known(self, server: Server, settings: tuple[Setting, ...]) -> Login | None:
        """Raises Unsure where git might use another here."""
        login = self._of(server).login
        if login:
            _check_settings(server, settings)
        return login

    def ask(
        self, server: Server, settings: tuple[Setting, ...], wanted: tuple[str, ...], git: GitRunner
    ) -> Login:
        """`wanted`: what the server says of logins. Raises Unsure where there is none, or git might use another."""
        _check(server, settings, wanted)
        of_server = self._of(server)
        with _held(of_server.lock, git):
            if of_server.login is None and time.monotonic() >= of_server.asked + _AGAIN:
                of_server.login = _from_netrc(server) or _filled(server, wanted, git)
                of_server.asked = time.monotonic()
            if of_server.login is None:
                raise Unsure("login")
            return of_server.login

    def approve(self, server: Server, git: GitRunner) -> None:
        """The server has let us in; its helpers are told once."""
        of_server = self._of(server)
        with self._lock:
            login = None if of_server.is_approved else of_server.login
            of_server.is_approved = True
        if login is not None and login.told:
            _run(git, "approve", login.told)

    def reject(self, server: Server, login: Login, git: GitRunner) -> None:
        """Forgets it: it was refused."""
        of_server = self._of(server)
        with self._lock:
            if of_server.login is not login:
                return
            of_server.login, of_server.is_approved = None, False
        if login.told:
            _run(git, "reject", login.told)

    def forget(self) -> None:
        with self._lock:
            self._servers.clear()

    def _of(self, server: Server) -> _Server:
        with self._lock:
            return self._servers.setdefault(server, _Server())


logins = Logins()
"""Of this process."""


def _check(server: Server, settings: tuple[Setting, ...], wanted: tuple[str, ...]) -> None:
    """Raises Unsure where one login for all of the server may not be what git would use."""
    _check_settings(server, settings)
    schemes = {scheme.lower() for text in wanted for scheme in _SCHEME.findall(text)}
    if "basic" not in schemes or schemes & {"digest", "ntlm", "negotiate"}:
        raise Unsure("login")


def _check_settings(server: Server, settings: tuple[Setting, ...]) -> None:
    for one in settings:
        section, _, rest = one.key.partition(".")
        url, _, variable = rest.rpartition(".")
        if section != "credential" or not _is_for(url, server):
            continue
        if one.scope in OWN_SCOPES or urlsplit(url).path.strip("/"):
            raise Unsure("login")
        if variable == "usehttppath" and one.value.lower() not in _OFF:
            raise Unsure("login")


def _is_for(url: str, server: Server) -> bool:
    """Whether it may be: wildcards are not looked into."""
    try:
        host = urlsplit(url).hostname if url else None
    except ValueError:
        return True
    return host is None or "*" in host or host == server.host


@contextlib.contextmanager
def _held(lock: threading.Lock, git: GitRunner) -> Iterator[None]:
    while not lock.acquire(timeout=_LOOK):
        if git.stop.reason is not None:
            raise InterruptedError
    try:
        yield
    finally:
        lock.release()


def _from_netrc(server: Server) -> Login | None:
    """That file counts before git asks anybody."""
    try:
        found = netrc.netrc(Path.home() / ".netrc").authenticators(server.host)
    except FileNotFoundError:
        return None
    except (OSError, netrc.NetrcParseError, UnicodeError, RuntimeError):
        raise Unsure("login") from None
    return Login(_basic(found[0], found[2])) if found else None


def _filled(server: Server, wanted: tuple[str, ...], git: GitRunner) -> Login | None:
    standard = {"http": 80, "https": 443}[server.scheme]
    host = server.host if server.port == standard else f"{server.host}:{server.port}"
    lines = [f"protocol={server.scheme}", f"host={host}", *(f"wwwauth[]={text}" for text in wanted)]
    told = _run(git, "fill", "\n".join(lines) + "\n")
    words = dict(line.split("=", 1) for line in told.splitlines() if "=" in line)
    if not {"username", "password"} <= words.keys():
        return None
    return Login(_basic(words["username"], words["password"]), told)


def _basic(user: str, password: str) -> str:
    return "Basic " + base64.b64encode(f"{user}:{password}".encode("utf-8", "surrogateescape")).decode()


def _run(git: GitRunner, verb: str, text: str) -> str:
    """What `git credential` says; empty where it fails. The text, which may hold a password, is on no disk."""
    limits = Deadlines(_PATIENCE, _PATIENCE)
    with _piped(f"{text.strip()}\n\n".encode("utf-8", "surrogateescape")) as stdin:
        exit_ = GitRunner(Path("/"), git.stop, limits, Gauge(), stdin=stdin).run("credential", verb)
    return exit_.stdout.decode("utf-8", "surrogateescape") if exit_.ok else ""


@contextlib.contextmanager
def _piped(data: bytes) -> Iterator[BinaryIO]:
    reading, writing = os.pipe()
    with os.fdopen(reading, "rb") as stdin:
        os.set_blocking(writing, False)  # a helper's answer that is longer than a pipe is none of a login
        try:
            with os.fdopen(writing, "wb", buffering=0) as pipe:
                pipe.write(data)
        except BlockingIOError:
            pass
        yield stdin
