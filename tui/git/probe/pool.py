"""Connections that stay open, shared by all jobs: as many to a server as ask it at a time."""

import contextlib
import http.client
import os
import select
import socket
import ssl
import threading
import time
import zlib
from collections.abc import Iterable, Iterator
from functools import lru_cache
from pathlib import Path
from typing import Any

from msgspec import Struct

from tui.git.probe.manner import Server
from tui.git.probe.unsure import Unsure
from tui.git.stop import StopSignal
from tui.git.turn import turn

_KEPT = 30.0
"""Seconds that an idle connection is kept; most servers close it a little later."""
_MOST = 32 << 20
"""Bytes of an answer."""


class Answer(Struct, frozen=True):
    status: int
    kind: str
    """Its content type."""
    body: bytes
    retry_after: str | None = None
    logins: tuple[str, ...] = ()
    """What it says of the login that it wants."""


class Pool:
    """`post` may be called from any thread."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._idle: dict[Server, list[tuple[float, _Connection]]] = {}

    def post(
        self,
        server: Server,
        path: str,
        headers: Iterable[tuple[str, str]],
        body: bytes,
        stop: StopSignal,
        patience: float,
    ) -> Answer:
        """Raises OSError, also when the stop is asked for or after that many seconds; Unsure for a strange answer."""
        end = time.monotonic() + patience
        turn.give()
        while True:
            connection = self._take(server)
            is_warm = connection is not None
            connection = connection or _connect(server, stop, patience)
            try:
                with _cut_by(stop, connection):
                    answer = _exchange(connection, path, headers, body, end)
            except (ConnectionError, ssl.SSLEOFError, http.client.HTTPException, ValueError) as error:
                connection.close()
                # The server may have closed it just before.
                if not is_warm or stop.reason is not None:
                    raise ConnectionError from error
                continue
            except BaseException:
                connection.close()
                raise
            if connection.sock is not None:  # the server keeps it open
                self._keep(server, connection)
            turn.take()
            return answer

    def _take(self, server: Server) -> "_Connection | None":
        while True:
            with self._lock:
                kept = self._idle.get(server)
                if not kept:
                    return None
                _, connection = kept.pop()
            if connection.sock is not None and not _is_readable(connection.sock):
                return connection
            connection.close()

    def _keep(self, server: Server, connection: "_Connection") -> None:
        now = time.monotonic()
        old: list[_Connection] = []
        with self._lock:
            self._idle.setdefault(server, []).append((now, connection))
            for kept in self._idle.values():
                while kept and kept[0][0] < now - _KEPT:
                    old.append(kept.pop(0)[1])
        for one in old:
            one.close()


pool = Pool()
"""The one of this process."""


def _is_readable(sock: socket.socket) -> bool:
    """An idle connection that has something to read has ended."""
    poller = select.poll()
    poller.register(sock, select.POLLIN)
    return bool(poller.poll(0))


@contextlib.contextmanager
def _cut_by(stop: StopSignal, connection: "_Connection") -> Iterator[None]:
    sock = connection.sock

    def cut() -> None:
        # Not SSLSocket's own: that takes the state away from under the reading thread.
        with contextlib.suppress(OSError):
            socket.socket.shutdown(sock, socket.SHUT_RDWR)

    with stop.waking(cut):
        yield


class _Connection(http.client.HTTPConnection):
    """On a socket that is open."""

    auto_open = 0

    def __init__(self, server: Server, sock: socket.socket) -> None:
        self.default_port = 443 if server.is_secure else 80  # is not named in the header `Host`
        super().__init__(server.host, server.port)
        self.sock = sock
        self._unsent = bytearray()

    def send(self, data: Any) -> None:  # bytes, as it is used here
        """Keeps it until `flush`: head and body would be a record of TLS and a packet each."""
        self._unsent += data

    def flush(self) -> None:
        data, self._unsent = self._unsent, bytearray()
        self.sock.sendall(data)


def _exchange(
    connection: _Connection,
    path: str,
    headers: Iterable[tuple[str, str]],
    body: bytes,
    end: float,
) -> Answer:
    sock = connection.sock
    sock.settimeout(max(0.01, end - time.monotonic()))
    connection.putrequest("POST", path, skip_accept_encoding=True)
    for name, value in headers:
        connection.putheader(name, value)
    connection.putheader("Content-Length", str(len(body)))
    connection.endheaders(body)
    connection.flush()
    response = connection.getresponse()
    data = bytearray()
    while piece := response.read(1 << 16):
        data += piece
        if len(data) > _MOST:
            raise Unsure("too_long")
        left = end - time.monotonic()
        if left <= 0:
            raise TimeoutError
        if connection.sock is not None:
            connection.sock.settimeout(left)
    return Answer(
        response.status,
        response.getheader("Content-Type", ""),
        _unpacked(bytes(data), response.getheader("Content-Encoding", "identity")),
        response.getheader("Retry-After"),
        tuple(response.headers.get_all("WWW-Authenticate", ())),
    )


def _unpacked(data: bytes, encoding: str) -> bytes:
    match encoding.strip().lower():
        case "identity" | "":
            return data
        case "gzip" | "x-gzip":
            unpacker = zlib.decompressobj(16 + zlib.MAX_WBITS)
            try:
                text = unpacker.decompress(data, _MOST)
            except zlib.error:
                raise Unsure("protocol") from None
            if not unpacker.eof or unpacker.unused_data:
                raise Unsure("too_long" if unpacker.unconsumed_tail else "protocol")
            return text
        case _:
            raise Unsure("protocol")


class _Dial:
    """A connection that is being made by a thread of its own: a name that is not found keeps its thread for long."""

    def __init__(self, server: Server, patience: float) -> None:
        self.done = threading.Event()
        self._server = server
        self._patience = patience
        self._lock = threading.Lock()
        self._sock: socket.socket | None = None
        self._error: Exception | None = None
        self._given_up = False

    def run(self) -> None:
        sock = None
        try:
            sock = self._open()
        except Exception as error:  # noqa: BLE001 - it is raised where it is waited for
            self._error = error
        with self._lock:
            self._sock = sock
            given_up = self._given_up
        if given_up and sock is not None:
            sock.close()
        self.done.set()

    def take(self) -> socket.socket:
        with self._lock:
            self._given_up = True
            sock = self._sock
        if sock is not None:
            return sock
        if self._error is None or isinstance(self._error, OSError):
            raise self._error or TimeoutError
        raise ConnectionError from self._error  # a name that cannot be one

    def _open(self) -> socket.socket:
        server = self._server
        # Of a name that is text Python loads all that it knows of names in other letters; those are git's to look up.
        host = server.host.encode("ascii")
        sock = socket.create_connection((host, server.port), self._patience)  # type: ignore[arg-type]  # as getaddrinfo
        try:
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            if server.is_secure:
                return _tls(server.authorities).wrap_socket(sock, server_hostname=host)
        except BaseException:
            sock.close()
            raise
        return sock


def _connect(server: Server, stop: StopSignal, patience: float) -> _Connection:
    dial = _Dial(server, patience)
    threading.Thread(target=dial.run, name=f"dial-{server.host}", daemon=True).start()
    with stop.waking(dial.done.set):
        dial.done.wait(patience)
    sock = dial.take()
    return _Connection(server, sock)


def _tls(authorities: str | None) -> ssl.SSLContext:
    """As git has it: certificates are checked, against the system's authorities or those of the file alone."""
    stamp = os.stat(authorities).st_mtime_ns if authorities else 0  # noqa: PTH116 - the name is a string
    with _tls_lock:  # to read all authorities takes a while: once
        return _tls_of(authorities, stamp)


_tls_lock = threading.Lock()


@lru_cache(maxsize=8)
def _tls_of(authorities: str | None, _stamp: int) -> ssl.SSLContext:
    if (
        authorities is None and {"SSL_CERT_FILE", "SSL_CERT_DIR"} & os.environ.keys()
    ):  # git does not look there
        usual = ssl.get_default_verify_paths()
        context = ssl.create_default_context(capath=usual.openssl_capath)
        if Path(usual.openssl_cafile).exists():
            context.load_verify_locations(usual.openssl_cafile)
    else:
        context = ssl.create_default_context(cafile=authorities)
    context.set_alpn_protocols(["http/1.1"])
    context.verify_flags &= ~ssl.VERIFY_X509_STRICT
    return context
