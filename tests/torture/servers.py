"""Servers on 127.0.0.1 that treat git as badly as the internet does; each notes what it was asked."""

import contextlib
import os
import socket
import socketserver
import ssl
import struct
import subprocess
import threading
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, SimpleHTTPRequestHandler
from pathlib import Path
from typing import Any, Self

Answer = Callable[["WebHandler"], bool]
"""Whether it has answered; otherwise the repository is served."""
Deliver = Callable[["WebHandler", bytes], None]
"""Sends a pack, in whatever way."""
Talk = Callable[[socket.socket], None]


def process_list() -> list[str]:
    """The arguments of every process, as anybody on this machine may read them."""
    lines = []
    for entry in Path("/proc").glob("[0-9]*/cmdline"):
        with contextlib.suppress(OSError):
            lines.append(entry.read_bytes().replace(b"\0", b" ").decode("utf-8", "replace"))
    return lines


class Loopback(socketserver.ThreadingTCPServer):
    """A server on a free port; `connections` were made to it, in order."""

    # Not http.server.HTTPServer: it asks the resolver for its own name.
    request_queue_size = 128

    def __init__(self, handler: Any) -> None:
        super().__init__(("127.0.0.1", 0), handler)
        self.connections: list[socket.socket] = []
        self.closing = threading.Event()
        self._acceptor = threading.Thread(target=self.serve_forever, args=(0.01,))
        self._acceptor.start()

    @property
    def port(self) -> int:
        return int(self.server_address[1])

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Cut every connection and wait until all threads are gone."""
        self.shutdown()
        self._acceptor.join()
        self.closing.set()
        for connection in self.connections:
            with contextlib.suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)
        self.server_close()

    def process_request(self, request: Any, client_address: Any) -> None:
        self.connections.append(request)
        super().process_request(request, client_address)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that went away, or was cut off, is what these servers are for."""


class TcpServer(Loopback):
    """Lets `talk` have each connection."""

    def __init__(self, talk: Talk) -> None:
        class Handler(socketserver.BaseRequestHandler):
            def handle(self) -> None:
                talk(self.request)

        super().__init__(Handler)


class WebServer(Loopback):
    """Serves the repositories below `root` by git's own `http-backend`.

    `answer` comes first with every request, `deliver` sends the answers that hold a pack.
    """

    def __init__(
        self, root: Path, *, answer: Answer | None = None, deliver: Deliver | None = None, tls: bool = False
    ) -> None:
        self.root = root
        self.answer = answer
        self.deliver = deliver
        self.tls = tls
        self.requests: list[str] = []
        """Method and path of each."""
        self.logins: list[str | None] = []
        """The `Authorization` of each."""
        super().__init__(WebHandler)
        if tls:
            self.socket = _self_signed(root).wrap_socket(
                self.socket, server_side=True, do_handshake_on_connect=False
            )

    @property
    def url(self) -> str:
        return f"http{'s' if self.tls else ''}://127.0.0.1:{self.port}"


class WebHandler(BaseHTTPRequestHandler):
    server: WebServer

    def do_GET(self) -> None:
        self._serve(b"")

    def do_POST(self) -> None:
        self._serve(self.rfile.read(int(self.headers.get("Content-Length", 0))))

    def log_message(self, *_: object) -> None:
        """Say nothing."""

    def reply(self, status: int, body: bytes = b"", **headers: str) -> None:
        """`_` in the name of a header stands for `-`."""
        self.send_response(status)
        for name, value in {"Content_Length": str(len(body)), **headers}.items():
            self.send_header(name.replace("_", "-"), value)
        self.end_headers()
        self.wfile.write(body)

    def _serve(self, body: bytes) -> None:
        server = self.server
        server.requests.append(f"{self.command} {self.path}")
        server.logins.append(self.headers.get("Authorization"))
        if server.answer is not None and server.answer(self):
            return
        path, _, query = self.path.partition("?")
        done = subprocess.run(
            ["git", "http-backend"],
            env={name: value for name, value in os.environ.items() if not name.startswith("GIT_")}
            | {
                "GIT_CONFIG_GLOBAL": os.devnull,
                "GIT_HTTP_EXPORT_ALL": "1",
                "GIT_PROJECT_ROOT": str(server.root),
                "GIT_PROTOCOL": self.headers.get("Git-Protocol", ""),
                "HTTP_CONTENT_ENCODING": self.headers.get("Content-Encoding", ""),
                "CONTENT_TYPE": self.headers.get("Content-Type", ""),
                "CONTENT_LENGTH": str(len(body)),
                "REQUEST_METHOD": self.command,
                "PATH_INFO": path,
                "QUERY_STRING": query,
            },
            input=body,
            capture_output=True,
            check=False,
        )
        head, _, answer = done.stdout.partition(b"\r\n\r\n")
        headers = dict(line.split(": ", 1) for line in head.decode().split("\r\n"))
        self.send_response(int(headers.pop("Status", "200").split()[0]))
        for name, value in {"Content-Length": str(len(answer)), **headers}.items():
            self.send_header(name, value)
        self.end_headers()
        if server.deliver is not None and b"PACK" in answer:
            server.deliver(self, answer)
        else:
            self.wfile.write(answer)


class DumbServer(Loopback):
    """Serves files as they are, which is git's oldest protocol; needs `git update-server-info`."""

    def __init__(self, root: Path) -> None:
        class Handler(SimpleHTTPRequestHandler):
            def __init__(self, *args: Any) -> None:
                super().__init__(*args, directory=str(root))

            def log_message(self, *_: object) -> None:
                """Say nothing."""

        super().__init__(Handler)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"


def status(code: int, body: bytes = b"", *, times: int | None = None, **headers: str) -> Answer:
    """Answers with this, the first `times` requests only."""
    asked = []

    def answer(handler: WebHandler) -> bool:
        asked.append(handler.path)
        if times is not None and len(asked) > times:
            return False
        handler.reply(code, body, **headers)
        return True

    return answer


def half(handler: WebHandler, pack: bytes) -> None:
    """Sends half of it, and the connection ends."""
    handler.wfile.write(pack[: len(pack) // 2])


def half_then_silence(handler: WebHandler, pack: bytes) -> None:
    half(handler, pack)
    silence(handler.connection)


def half_then_reset(handler: WebHandler, pack: bytes) -> None:
    half(handler, pack)
    reset(handler.connection)


def damaged(handler: WebHandler, pack: bytes) -> None:
    """One byte of it is another; the rest is as it should be."""
    at = pack.index(b"PACK") + 20
    handler.wfile.write(pack[:at] + bytes([pack[at] ^ 0x55]) + pack[at + 1 :])


def drip(pieces: int, pause: float) -> Deliver:
    """The pack's last bytes one at a time, with a pause before each; the server's closing ends it at once."""

    def deliver(handler: WebHandler, pack: bytes) -> None:
        handler.wfile.write(pack[:-pieces])
        for byte in pack[-pieces:]:
            handler.server.closing.wait(pause)
            handler.wfile.write(bytes([byte]))

    return deliver


def silence(connection: socket.socket) -> None:
    """Until the client, or the server's close, ends it."""
    while connection.recv(65536):
        """Whatever it says."""


def reset(connection: socket.socket) -> None:
    """Not an end of the stream but an error of the connection."""
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    connection.close()


def reset_once_asked(connection: socket.socket) -> None:
    """Sooner the client would take it for a port where nobody listens."""
    connection.recv(65536)
    reset(connection)


def closed_port() -> socket.socket:
    """Its port is nobody's as long as the socket is open, and nobody listens there."""
    taken = socket.socket()
    taken.bind(("127.0.0.1", 0))
    return taken


def _self_signed(folder: Path) -> ssl.SSLContext:
    key, certificate = folder / "key.pem", folder / "certificate.pem"
    command = "openssl req -x509 -nodes -days 2 -subj /CN=localhost -newkey ec -pkeyopt ec_paramgen_curve:prime256v1"
    files = ("-keyout", str(key), "-out", str(certificate))
    subprocess.run([*command.split(), *files], check=True, capture_output=True)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    return context
