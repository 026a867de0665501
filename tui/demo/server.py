"""A loopback git server over smart HTTP that paces its answers, so that a sync can be watched.

It reads only: there is no receive-pack. Protocol: git's http-protocol and protocol-v2 documents.
"""

import contextlib
import gzip
import os
import signal
import socket
import socketserver
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator, Mapping
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from typing import Any, Self
from urllib.parse import unquote, urlsplit

from msgspec import Struct

BLOCKS_A_SECOND = 20
"""A paced answer leaves in so many pieces a second."""
_UNPACED_BLOCK = 65_536
_ADVERTISEMENT = "/info/refs"
_UPLOAD_PACK = "/git-upload-pack"


class Manner(Struct, frozen=True):
    """How one repository is served."""

    latency: float = 0.0
    """Seconds before each answer; a sync with news takes four or five of them, one without takes one."""
    rate: int | None = None
    """Bytes a second of each answer; None: as fast as it goes."""
    status: HTTPStatus | None = None
    """Answered in place of the repository."""
    times: int | None = None
    """So many requests get `status`, later ones are served; None: all get it."""
    hangs: bool = False
    """Never answers."""
    locked: bool = False
    """Wants a login, and takes any."""


class GitServer(socketserver.ThreadingTCPServer):
    """Serves the bare repositories below `root` on 127.0.0.1, each in its manner; the port is free.

    A manner's key is the repository's path below `root`, as `web/storefront.git`.
    """

    # Not http.server.HTTPServer: it asks the resolver for its own name, which may take seconds.
    request_queue_size = 128

    def __init__(self, root: Path, manners: Mapping[str, Manner] | None = None) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.root = root.resolve()
        self.manners = dict(manners or {})
        self.closing = threading.Event()
        self._lock = threading.Lock()
        self._served: dict[str, int] = {}
        self._connections: dict[socket.socket, threading.Thread] = {}
        self._acceptor = threading.Thread(target=self.serve_forever, args=(0.05,), daemon=True)
        self._acceptor.start()

    def __exit__(self, *_: object) -> None:
        self.close()

    def __enter__(self) -> Self:
        return self

    @property
    def url(self) -> str:
        """Without a slash at its end."""
        return f"http://127.0.0.1:{self.server_address[1]}"

    def close(self) -> None:
        """Cut every connection, end every upload-pack and wait until all threads are gone."""
        self.shutdown()
        self.closing.set()
        with self._lock:
            connections = dict(self._connections)
            for connection in connections:
                with contextlib.suppress(OSError):
                    connection.shutdown(socket.SHUT_RDWR)
        for thread in connections.values():
            thread.join()
        self._acceptor.join()
        self.server_close()

    def find(self, name: str) -> Path | None:
        """The bare repository of that name; None when there is none below the root."""
        path = (self.root / name).resolve()
        return path if path.is_relative_to(self.root) and (path / "HEAD").is_file() else None

    def status_of(self, name: str) -> HTTPStatus | None:
        """The status that this request gets in place of the repository; counts the request."""
        manner = self.manners.get(name, Manner())
        with self._lock:
            served = self._served[name] = self._served.get(name, 0) + 1
        return manner.status if manner.times is None or served <= manner.times else None

    def process_request(self, request: Any, client_address: Any) -> None:
        thread = threading.Thread(
            target=self.process_request_thread, args=(request, client_address), daemon=True
        )
        with self._lock:
            self._connections[request] = thread
        thread.start()

    def shutdown_request(self, request: Any) -> None:
        with self._lock:
            self._connections.pop(request, None)
        super().shutdown_request(request)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that went away is no error; anything else is one of ours and is shown."""
        if not isinstance(sys.exception(), OSError):
            super().handle_error(request, client_address)


class _Handler(BaseHTTPRequestHandler):
    server: GitServer
    protocol_version = "HTTP/1.1"
    server_version = "synctui-demo"
    sys_version = ""
    disable_nagle_algorithm = True

    def do_GET(self) -> None:
        address = urlsplit(self.path)
        if address.query != "service=git-upload-pack" or not address.path.endswith(_ADVERTISEMENT):
            self._refuse(HTTPStatus.FORBIDDEN)
            return
        # Only the older protocols want to be told which service it is.
        old = "version=2" not in self.headers.get("Git-Protocol", "")
        prologue = b"001e# service=git-upload-pack\n0000" if old else b""
        self._serve(address.path.removesuffix(_ADVERTISEMENT), "advertisement", prologue, "--advertise-refs")

    def do_POST(self) -> None:
        body = self._body()
        if not self.path.endswith(_UPLOAD_PACK):
            self._refuse(HTTPStatus.FORBIDDEN)
            return
        self._serve(self.path.removesuffix(_UPLOAD_PACK), "result", b"", body=body)

    def log_message(self, *_: object) -> None:
        """Say nothing: the screen belongs to the program."""

    def _serve(self, address: str, kind: str, prologue: bytes, *options: str, body: bytes = b"") -> None:
        name = unquote(address).strip("/")
        manner = self.server.manners.get(name, Manner())
        if manner.hangs:
            self.connection.recv(1)  # until the client goes away or the server closes
            self.close_connection = True
            return
        self.server.closing.wait(manner.latency)
        path = self.server.find(name)
        status = self.server.status_of(name) or (HTTPStatus.OK if path else HTTPStatus.NOT_FOUND)
        if manner.locked and "Authorization" not in self.headers:
            status = HTTPStatus.UNAUTHORIZED
        if path is None or status != HTTPStatus.OK:
            self._refuse(status)
            return
        self.send_response(HTTPStatus.OK)
        self.send_header("Content-Type", f"application/x-git-upload-pack-{kind}")
        self.send_header("Cache-Control", "no-cache")
        self.send_header("Transfer-Encoding", "chunked")
        self.end_headers()
        protocol = self.headers.get("Git-Protocol", "")
        with _upload_pack(path, *options, protocol=protocol, body=body) as answer:
            if prologue:
                self._send(prologue)
            block = max(1, manner.rate // BLOCKS_A_SECOND) if manner.rate else _UNPACED_BLOCK
            while data := os.read(answer, block):
                self._send(data)
                if manner.rate:
                    self.server.closing.wait(len(data) / manner.rate)
        self._send(b"")

    def _send(self, chunk: bytes) -> None:
        """An empty chunk is the end of the answer."""
        self.wfile.write(b"%x\r\n%b\r\n" % (len(chunk), chunk))

    def _refuse(self, status: HTTPStatus) -> None:
        self.send_response(status)
        if status == HTTPStatus.UNAUTHORIZED:
            self.send_header("WWW-Authenticate", 'Basic realm="synctui demo"')
        self.send_header("Content-Length", "0")
        self.end_headers()

    def _body(self) -> bytes:
        if self.headers.get("Transfer-Encoding", "").lower() == "chunked":
            data = b"".join(self._chunks())
        else:
            data = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        return gzip.decompress(data) if self.headers.get("Content-Encoding") in {"gzip", "x-gzip"} else data

    def _chunks(self) -> Iterator[bytes]:
        while size := int(self.rfile.readline().split(b";")[0], 16):
            yield self.rfile.read(size)
            self.rfile.readline()
        while self.rfile.readline().strip():
            """Trailers, which nobody needs."""


@contextlib.contextmanager
def _upload_pack(path: Path, *options: str, protocol: str, body: bytes) -> Iterator[int]:
    """Descriptor of the answer of an upload-pack, which is gone after the block with all it started."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith("GIT_")}
    environment |= {"GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_NOSYSTEM": "1", "GIT_PROTOCOL": protocol}
    # A file, because a pipe could fill up while upload-pack is already answering.
    with tempfile.TemporaryFile() as request:
        request.write(body)
        request.seek(0)
        child = subprocess.Popen(
            ["git", "upload-pack", "--stateless-rpc", *options, str(path)],
            stdin=request,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env=environment,
            start_new_session=True,  # the person's ctrl+c is for the program
        )
    assert child.stdout is not None  # noqa: S101  # tells mypy what PIPE means
    try:
        with child.stdout as answer:
            yield answer.fileno()
    finally:
        # macOS says permission denied for a group that has ended.
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(child.pid, signal.SIGKILL)
        child.wait()
