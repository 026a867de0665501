"""A real ssh server on loopback that serves git, counts connections and sessions, and refuses what it is told to."""

import asyncio
import contextlib
import os
import shlex
import threading
from concurrent.futures import Future
from pathlib import Path
from typing import Any, Self

import asyncssh

from tests.kit.processes import wait_until
from tests.kit.repos import Remote


class SshServer:
    """Serves in a thread of its own. `env` leads git to the real ssh, with a key and settings of its own."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.connections = 0
        """All that came, those turned away too."""
        self.peak_unauthenticated = 0
        self.open_sessions = 0
        self.sessions = 0
        self.refused_sessions = 0
        self.max_sessions = 10
        """A connection."""
        self.counts_all = False
        """Whether the sessions that are over count as well."""
        self.drops = False
        """Whether a session too many costs the whole connection."""
        self.max_startups = 10
        """Connections at a time that have not logged in."""
        self.refuses_logins = False
        self.port = 0
        self._unauthenticated = 0
        self._gate = asyncio.Event()
        self._gate.set()
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._server: asyncssh.SSHAcceptor | None = None
        self.live: set[asyncssh.SSHServerConnection] = set()

    @property
    def env(self) -> dict[str, str]:
        return {"PATH": f"{self.folder / 'bin'}:{os.environ['PATH']}"}

    def url(self, remote: Remote) -> str:
        return f"ssh://git@127.0.0.1:{self.port}{remote.path}"

    def configure(self, text: str) -> None:
        """Adds to the settings of ssh, as a person does."""
        with (self.folder / "config").open("a") as file:
            file.write(text)

    def hold(self) -> None:
        """Sessions open and wait, to `release`."""
        self._loop.call_soon_threadsafe(self._gate.clear)

    def release(self) -> None:
        self._loop.call_soon_threadsafe(self._gate.set)

    def wait_sessions(self, count: int) -> None:
        wait_until(lambda: self.open_sessions == count, f"{count} sessions are open")

    def __enter__(self) -> Self:
        (self.folder / "bin").mkdir(parents=True)
        host_key = asyncssh.generate_private_key("ssh-ed25519")
        key = asyncssh.generate_private_key("ssh-ed25519")
        key.write_private_key(self.folder / "key")
        (self.folder / "key").chmod(0o600)
        self._thread.start()
        self._do(self._begin(host_key, key.convert_to_public())).result(30)
        public = host_key.export_public_key().decode().strip()
        (self.folder / "known_hosts").write_text(f"[127.0.0.1]:{self.port} {public}\n")
        (self.folder / "config").write_text(
            f"UserKnownHostsFile {self.folder / 'known_hosts'}\nIdentityFile {self.folder / 'key'}\n"
            "IdentitiesOnly yes\nIdentityAgent none\n"
        )
        ssh = next(
            path
            for folder in os.environ["PATH"].split(":")
            if os.access(path := Path(folder, "ssh"), os.X_OK)
        )
        wrapper = self.folder / "bin/ssh"
        # ssh looks for its settings in the home that the system knows, which is none of the test's.
        wrapper.write_text(f'#!/bin/sh\nexec {ssh} -F {shlex.quote(str(self.folder / "config"))} "$@"\n')
        wrapper.chmod(0o755)
        return self

    def __exit__(self, *_: object) -> None:
        self.release()
        assert self._server is not None
        self._loop.call_soon_threadsafe(self._server.close)
        self._do(self._end()).result(30)
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(30)
        self._loop.close()

    async def _begin(self, host_key: asyncssh.SSHKey, key: asyncssh.SSHKey) -> None:
        self._server = await asyncssh.create_server(
            lambda: _Connection(self, key), "127.0.0.1", 0, server_host_keys=[host_key]
        )
        self.port = self._server.get_port()

    async def _end(self) -> None:
        assert self._server is not None
        await self._server.wait_closed()
        live = list(self.live)
        for connection in live:
            connection.abort()
        await asyncio.gather(*(connection.wait_closed() for connection in live), return_exceptions=True)
        others = asyncio.all_tasks() - {asyncio.current_task()}
        for task in others:
            task.cancel()
        await asyncio.gather(*others, return_exceptions=True)
        for _ in range(3):  # until the transports have closed their sockets, which they do a round later
            await asyncio.sleep(0)

    def _do(self, work: Any) -> "Future[Any]":
        return asyncio.run_coroutine_threadsafe(work, self._loop)

    async def serve(self, process: "asyncssh.SSHServerProcess[bytes]") -> None:
        await self._gate.wait()
        if process.is_closing():
            return
        version = {name: value for name, value in process.env.items() if name == "GIT_PROTOCOL"}
        child = await asyncio.create_subprocess_exec(
            *shlex.split(process.command or ""),
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
            env={**os.environ, **version},
        )
        assert child.stdin
        assert child.stdout
        assert child.stderr
        # The end of what comes in too: asyncssh ends a connection that speaks of a session that is over.
        await asyncio.gather(
            _pump(process.stdin, child.stdin),
            _pump(child.stdout, process.stdout),
            _pump(child.stderr, process.stderr),
        )
        self.open_sessions -= 1
        process.exit(await child.wait())


async def _pump(source: Any, target: Any) -> None:
    with contextlib.suppress(OSError, asyncssh.Error):
        while data := await source.read(65536):
            target.write(data)
            await target.drain()
    if isinstance(target, asyncio.StreamWriter):
        target.close()


class _Connection(asyncssh.SSHServer):
    def __init__(self, server: SshServer, key: asyncssh.SSHKey) -> None:
        self._server = server
        self._key = key
        self._sessions = 0
        self._is_counted = False

    def connection_made(self, conn: asyncssh.SSHServerConnection) -> None:
        server = self._server
        self._connection = conn
        server.live.add(conn)
        server.connections += 1
        if server._unauthenticated >= server.max_startups:
            conn.abort()
            return
        self._is_counted = True
        server._unauthenticated += 1
        server.peak_unauthenticated = max(server.peak_unauthenticated, server._unauthenticated)

    def connection_lost(self, exc: Exception | None) -> None:
        self._server.live.discard(self._connection)
        self.auth_completed()

    def begin_auth(self, username: str) -> bool:
        return True

    def public_key_auth_supported(self) -> bool:
        return True

    def validate_public_key(self, username: str, key: asyncssh.SSHKey) -> bool:
        return not self._server.refuses_logins and key == self._key

    def auth_completed(self) -> None:
        if self._is_counted:
            self._server._unauthenticated -= 1
            self._is_counted = False

    def session_requested(self) -> Any:
        server = self._server
        if self._sessions >= server.max_sessions:
            server.refused_sessions += 1
            if server.drops:
                self._connection.abort()
            return False
        self._sessions += 1
        server.open_sessions += 1
        server.sessions += 1

        async def serve(process: "asyncssh.SSHServerProcess[bytes]") -> None:
            try:
                await server.serve(process)
            finally:
                self._sessions -= not server.counts_all

        channel = self._connection.create_server_channel(None)
        return channel, asyncssh.SSHServerProcess(serve, None, 3, False)
