"""The ssh that git starts in the tests: logs, waits at its gate, follows the rule of its repository, serves it.

Started by `gate.SshStub` as `python ssh_stub.py FOLDER [ssh options] HOST COMMAND`; imports nothing but
the standard library, because each job of a test starts one.

FOLDER/gates/NAME is locked (flock) by the test while the gate is held; FOLDER/rules/NAME is a JSON object;
FOLDER/live/PID exists while a stub runs; FOLDER/log has a JSON line for each start and end.
"""

import fcntl
import json
import os
import shlex
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NoReturn


def alive(pid: int) -> bool:
    """Whether the process runs; one that is dead but not reaped does not."""
    try:
        status = Path(f"/proc/{pid}/stat").read_text()
    except OSError:
        return False
    return status.rpartition(")")[2].split()[0] not in {"Z", "X"}


@contextmanager
def locked(log: Path) -> Iterator[None]:
    with log.open("a") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def write(log: Path, **line: Any) -> None:
    with log.open("a") as file:
        file.write(json.dumps({**line, "pid": os.getpid(), "ns": time.monotonic_ns()}) + "\n")


def live(folder: Path) -> list[list[str]]:
    """[repo, host] of each stub that runs; call it under the lock of the log."""
    return [file.read_text().split() for file in (folder / "live").iterdir() if alive(int(file.name))]


def start(folder: Path, name: str, host: str) -> None:
    """Log the start with everybody who runs at that moment, so that the peak is exact whoever was killed."""
    log = folder / "log"
    with locked(log):
        beside = live(folder)
        (folder / "live" / str(os.getpid())).write_text(f"{name} {host}")
        write(log, event="start", repo=name, host=host, beside=beside)


def end(folder: Path, name: str) -> None:
    log = folder / "log"
    with locked(log):
        (folder / "live" / str(os.getpid())).unlink(missing_ok=True)
        write(log, event="end", repo=name)


def take_rule(folder: Path, name: str) -> dict[str, Any]:
    """The rule that counts now; one with `times` is used up after so many."""
    path = folder / "rules" / name
    try:
        rule: dict[str, Any] = json.loads(path.read_text())
    except FileNotFoundError:
        return {"do": "serve"}
    if rule.get("times") == 1:
        path.unlink()
    elif rule.get("times"):
        path.write_text(json.dumps({**rule, "times": rule["times"] - 1}))
    return rule


def hang(rule: dict[str, Any]) -> NoReturn:
    if rule["ignore_term"]:
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
    if rule["grandchild"]:
        # It holds the pipes of git open, as the helpers of a real ssh do.
        subprocess.Popen([sys.executable, "-ISc", "import signal; signal.pause()"])
    while True:
        signal.pause()


def serve(path: str, rule: dict[str, Any]) -> int:
    command = ["git-upload-pack", path]
    if rule["do"] == "serve":
        return subprocess.run(command, check=False).returncode
    server = subprocess.Popen(command, stdout=subprocess.PIPE)
    assert server.stdout
    while data := os.read(server.stdout.fileno(), rule["chunk"]):
        os.write(1, data)
        time.sleep(rule["pause"])  # the trickle itself, no test waits for its length
    return server.wait()


def main() -> int:
    folder, *options = sys.argv[1:]
    if "-G" in options:
        return 0  # git asks which ssh this is
    host, command = options[-2:]
    path = shlex.split(command)[-1]
    name = Path(path).name.removesuffix(".git")
    home = Path(folder)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    try:
        start(home, name, host.rpartition("@")[2])
        gate = home / "gates" / name
        if gate.exists():
            with gate.open() as file:
                fcntl.flock(file, fcntl.LOCK_SH)
        rule = take_rule(home, name)
        if rule["do"] == "hang":
            hang(rule)
        if rule["do"] == "fail":
            sys.stderr.write(rule["text"].rstrip("\n") + "\n")
            return int(rule["code"])
        return serve(path, rule)
    finally:
        end(home, name)


if __name__ == "__main__":
    sys.exit(main())
