"""An ssh whose every step the test decides, and whose log tells what really ran beside what."""

import fcntl
import json
import shlex
import shutil
import sys
from pathlib import Path
from typing import IO, Any, Self

from tests.kit import ssh_stub
from tests.kit.processes import kill_all, processes_with_env, wait_until
from tests.kit.repos import Remote

MARKER = "SSH_STUB_FOLDER"
"""Variable that every process under the stub's `env` carries."""


class Gate:
    """While it is held, the stub of its repository waits: it has started and serves nothing."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._held: IO[str] | None = None

    def hold(self) -> Self:
        """Raises BlockingIOError when the stub is just passing."""
        if self._held is None:
            file = self._path.open("w")
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                file.close()
                raise
            self._held = file
        return self

    def open(self) -> None:
        if self._held:
            self._held.close()
            self._held = None


class SshStub:
    """`GIT_SSH_COMMAND` of a test.

    A repository is called by the last part of its path without `.git`; two of the same name share their
    gate and their rule. Without a gate or a rule it is served at once, the path being one of this machine.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        for name in ("gates", "rules", "live", "bin"):
            (folder / name).mkdir(parents=True)
        self._log = folder / "log"
        self._log.touch()
        self._gates: dict[str, Gate] = {}
        # Its name is ssh, so that git passes options as to the real one and does not ask what it is.
        program = folder / "bin/ssh"
        program.write_text(
            f"#!/bin/sh\nexec {shlex.quote(sys.executable)} -IS {shlex.quote(ssh_stub.__file__)} "
            f'{shlex.quote(str(folder))} "$@"\n'
        )
        program.chmod(0o755)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Open every gate and kill all that carries the stub's environment, except this process."""
        self.open_all()
        kill_all(self.processes())
        shutil.rmtree(self.folder, ignore_errors=True)

    def env(self) -> dict[str, str]:
        return {"GIT_SSH_COMMAND": shlex.quote(str(self.folder / "bin/ssh")), MARKER: str(self.folder)}

    def url(self, remote: Remote | Path, host: str = "stub") -> str:
        path = remote.path if isinstance(remote, Remote) else remote
        return f"ssh://{host}{path}"

    def gate(self, name: str) -> Gate:
        return self._gates.setdefault(name, Gate(self.folder / "gates" / name))

    def hold(self, *names: str) -> None:
        for name in names:
            self.gate(name).hold()

    def open_all(self) -> None:
        for gate in self._gates.values():
            gate.open()

    def fail(self, name: str, text: str, *, code: int = 255, times: int | None = None) -> None:
        """Print the text and exit with the code, the next `times` (None: always)."""
        self._rule(name, do="fail", text=text, code=code, times=times)

    def hang(
        self, name: str, *, ignore_term: bool = False, grandchild: bool = False, times: int | None = None
    ) -> None:
        """Never answer. A grandchild is a process below the stub that keeps its pipes open."""
        self._rule(name, do="hang", ignore_term=ignore_term, grandchild=grandchild, times=times)

    def trickle(self, name: str, *, chunk: int = 64, pause: float = 0.01, times: int | None = None) -> None:
        """Serve that many bytes, then `pause` seconds nothing, and so on to the end."""
        self._rule(name, do="trickle", chunk=chunk, pause=pause, times=times)

    def serve(self, name: str) -> None:
        """Take the rule back."""
        (self.folder / "rules" / name).unlink(missing_ok=True)

    def log(self) -> list[dict[str, Any]]:
        """Lines of the log in order: `event` (start, end), `repo`, `pid`, `ns` (monotonic); a start has
        `host` and `beside`, the [repo, host] of each other one that ran at that moment.
        """
        return [json.loads(line) for line in self._log.read_text().splitlines()]

    def running(self) -> list[str]:
        """Names of the repositories whose stub runs now, sorted; one that waits at its gate runs."""
        with ssh_stub.locked(self._log):  # a stub comes and goes under this lock
            return sorted(other for other, _ in ssh_stub.live(self.folder))

    def wait_running(self, n: int, timeout: float = 20.0) -> list[str]:
        """The names as soon as exactly n run; AssertionError after `timeout` seconds."""
        wait_until(lambda: len(self.running()) == n, f"{n} stubs running", timeout)
        return self.running()

    def wait_started(self, name: str, times: int = 1, timeout: float = 20.0) -> None:
        wait_until(lambda: self.starts().count(name) >= times, f"{name} started {times} times", timeout)

    def starts(self) -> list[str]:
        """Names in the order of their starts, retries too."""
        return [line["repo"] for line in self.log() if line["event"] == "start"]

    def ends(self) -> list[str]:
        """Names in the order of their ends; a stub killed by SIGKILL is not among them."""
        return [line["repo"] for line in self.log() if line["event"] == "end"]

    def peak(self, host: str | None = None) -> int:
        """Most that ever ran at once, of that host or of all. Exact, also when some were killed."""
        return max(
            (
                1 + sum(host in {None, its} for _, its in line["beside"])
                for line in self.log()
                if line["event"] == "start" and host in {None, line["host"]}
            ),
            default=0,
        )

    def overlaps(self, name: str) -> int:
        """How often one started while another one of the same repository ran."""
        return sum(
            name in {other for other, _ in line["beside"]}
            for line in self.log()
            if line["event"] == "start" and line["repo"] == name
        )

    def processes(self) -> dict[int, str]:
        """Live processes that carry the stub's environment, this one excepted: pid to command line."""
        return processes_with_env(MARKER, str(self.folder))

    def _rule(self, name: str, **rule: Any) -> None:
        path = self.folder / "rules" / name
        fresh = path.with_name(f"{name}.new")
        fresh.write_text(json.dumps(rule))
        fresh.replace(path)
