"""The far side of `tests.bench.wire`: a smart-HTTP server over TLS behind a delay line, each a process of its own.

What a repository advertises is worked out once: on a real wire the server has cores of its own.
"""

import asyncio
import gzip
import json
import os
import ssl
import subprocess
import sys
import threading
from collections import Counter
from contextlib import suppress
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Self

_BLOCK = 65_536


class Server(ThreadingHTTPServer):
    """Serves the bare repositories below `root`; remembers what it answered to questions for refs, and who asked."""

    request_queue_size = 512

    def __init__(self, root: Path, context: ssl.SSLContext | None) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.root = root
        self.asked: Counter[str] = Counter()
        self.answers: dict[tuple[str, ...], bytes] = {}
        if context:
            # The handshake is made in the connection's own thread, by its first read.
            self.socket = context.wrap_socket(self.socket, server_side=True, do_handshake_on_connect=False)

    def reset(self) -> dict[str, int]:
        asked, self.asked = self.asked, Counter()
        self.answers.clear()
        return asked


class Handler(BaseHTTPRequestHandler):
    server: Server
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    wbufsize = -1

    def do_GET(self) -> None:
        name = self.path.partition("/info/refs")[0]
        self._answer(name, "advertisement", b"", "--advertise-refs")

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        if self.headers.get("Content-Encoding") == "gzip":
            body = gzip.decompress(body)
        self._answer(self.path.removesuffix("/git-upload-pack"), "result", body)

    def log_message(self, *_: object) -> None:
        """Say nothing."""

    def _answer(self, name: str, kind: str, body: bytes, *options: str) -> None:
        self.server.asked[name] += 1
        question = (name, kind, self.headers.get("Git-Protocol", ""), body.decode("latin-1"))
        of_refs = kind == "advertisement" or b"command=ls-refs" in body
        answer = self.server.answers.get(question) if of_refs else None
        if answer is None:
            answer = subprocess.run(
                ["git", "upload-pack", "--stateless-rpc", *options, f"{self.server.root}{name}"],
                input=body,
                stdout=subprocess.PIPE,
                env=os.environ | {"GIT_PROTOCOL": question[2]},
                check=False,
            ).stdout
            self.server.answers[question] = answer
        self.send_response(HTTPStatus.OK)
        self.send_header("Content-Type", f"application/x-git-upload-pack-{kind}")
        self.send_header("Content-Length", str(len(answer)))
        self.end_headers()
        self.wfile.write(answer)


async def _delay(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, seconds: float) -> None:
    """Every piece arrives so much later, and pieces do not wait for each other."""
    loop, last = asyncio.get_running_loop(), asyncio.Event()

    def deliver(data: bytes) -> None:
        with suppress(Exception):  # whoever it was for is gone
            if data:
                writer.write(data)
            else:
                writer.close()
        if not data:
            last.set()

    while True:
        try:
            data = await reader.read(_BLOCK)
        except OSError:
            data = b""
        loop.call_later(seconds, deliver, data)
        if not data:
            await last.wait()
            return


async def _line(port: int, round_trip: float) -> None:
    async def accept(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        # What a connection costs on a wire before its first byte.
        await asyncio.sleep(round_trip)
        far_reader, far_writer = await asyncio.open_connection("127.0.0.1", port)
        await asyncio.gather(
            _delay(reader, far_writer, round_trip / 2), _delay(far_reader, writer, round_trip / 2)
        )

    server = await asyncio.start_server(accept, "127.0.0.1", 0, backlog=512)
    print(server.sockets[0].getsockname()[1], flush=True)  # noqa: T201  read by whoever started it
    await server.serve_forever()


def _serve(root: Path, certificate: str) -> None:
    context = None
    if certificate:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(certificate)
    with Server(root, context) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        print(server.server_address[1], flush=True)  # noqa: T201  as above
        for _ in sys.stdin:
            print(json.dumps(server.reset()), flush=True)  # noqa: T201  as above


class Far:
    """The two processes; `url` is that of the delay line."""

    def __init__(self, root: Path, round_trip: float, certificate: Path | None) -> None:
        self._children: list[subprocess.Popen[str]] = []
        port = self._start("server", str(root), str(certificate or ""))
        if round_trip:
            port = self._start("line", port, str(round_trip))
        self.url = f"{'https' if certificate else 'http'}://127.0.0.1:{port}"
        self._round_trip = round_trip

    def away(self, port: int) -> int:
        """The port of a delay line to another server."""
        return int(self._start("line", str(port), str(self._round_trip))) if self._round_trip else port

    def _start(self, *arguments: str) -> str:
        child = subprocess.Popen(
            [sys.executable, "-m", "tests.bench.wire_server", *arguments],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        self._children.append(child)
        assert child.stdout
        return child.stdout.readline().strip()

    def reset(self) -> dict[str, int]:
        """Requests by repository since the last time; a repository may have other refs from now on."""
        server = self._children[0]
        assert server.stdin
        assert server.stdout
        server.stdin.write("\n")
        server.stdin.flush()
        asked: dict[str, int] = json.loads(server.stdout.readline())
        return asked

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        for child in self._children:
            child.terminate()
            child.wait()


def certificate(folder: Path) -> Path:
    """A key and its own certificate for 127.0.0.1, in one file."""
    file, key = folder / "server.pem", folder / "key.pem"
    command = [
        "openssl",
        "req",
        "-x509",
        "-newkey",
        "rsa:2048",
        "-nodes",
        "-days",
        "2",
        "-subj",
        "/CN=127.0.0.1",
    ]
    command += ["-addext", "subjectAltName=IP:127.0.0.1", "-keyout", str(key), "-out", str(file)]
    subprocess.run(command, check=True, capture_output=True)
    file.write_text(file.read_text() + key.read_text())
    return file


if __name__ == "__main__":
    match sys.argv[1:]:
        case ["server", root, pem]:
            _serve(Path(root), pem)
        case ["line", port, round_trip]:
            asyncio.run(_line(int(port), float(round_trip)))
