"""The repos of one ssh host share a connection, and nothing of it is left; whoever shares already is left alone."""

import os
import shutil
import signal
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.kit.processes import kill_all, processes_with_env, wait_until
from tests.kit.program import Ran, Workspace, ended, start
from tests.kit.repos import clone, make_remote
from tests.kit.ssh_server import SshServer


class Wire:
    """A workspace whose repos are all behind one ssh server."""

    def __init__(self, workspace: Workspace, server: SshServer, temp: Path) -> None:
        self.workspace = workspace
        self.server = server
        self.temp = temp

    def add(self, count: int, *, cloned: bool = True) -> None:
        for number in range(count):
            name = f"r{number:02}"
            remote = make_remote(self.workspace.folder / "remotes" / f"{name}.git")
            url = self.server.url(remote)
            if cloned:
                clone(remote, self.workspace.checkout(name), url=url)
            self.workspace.entry(name, f'"{url}"')

    def start(self, jobs: int, *flags: str) -> "subprocess.Popen[str]":
        env = {**self.server.env, "TMPDIR": str(self.temp)}
        return start("sync", "--ndjson", "-j", str(jobs), *flags, cwd=self.workspace.folder, env=env)

    def run(self, jobs: int, *flags: str) -> Ran:
        return ended(self.start(jobs, *flags))

    def run_at_once(self, jobs: int, *flags: str) -> Ran:
        """With all of the jobs at the server at the same time."""
        self.server.hold()
        process = self.start(jobs, *flags)
        self.server.wait_sessions(jobs)
        self.server.release()
        return ended(process)

    def left(self) -> list[str]:
        """Processes and files."""
        processes = processes_with_env("TMPDIR", str(self.temp)).values()
        return [*processes, *(path.name for path in self.temp.iterdir())]


@pytest.fixture
def wire(workspace: Workspace, tmp_path: Path) -> Iterator[Wire]:
    temp = Path(tempfile.mkdtemp(prefix="t", dir="/tmp"))  # the name of a socket is short
    with SshServer(tmp_path / "ssh") as server:
        yield Wire(workspace, server, temp)
    kill_all(processes_with_env("TMPDIR", str(temp)))
    shutil.rmtree(temp)


def states(ran: Ran) -> list[tuple[str, str | None]]:
    return sorted({(end["state"], end["reason"]) for end in ran.finished().values()})


IN_ORDER: list[tuple[str, str | None]] = [("up_to_date", None)]


@pytest.mark.parametrize(("jobs", "connections"), [(1, 1), (10, 1), (20, 2)])
def test_a_connection_for_each_ten_at_a_time(wire: Wire, jobs: int, connections: int) -> None:
    wire.add(max(jobs, 4))
    ran = wire.run_at_once(jobs)
    assert states(ran) == IN_ORDER
    assert (wire.server.connections, wire.server.peak_unauthenticated) == (connections, 1)
    assert wire.server.sessions == max(jobs, 4)
    assert wire.left() == []


@pytest.mark.parametrize("flags", [(), ("--dry-run",)])
def test_clones_share_it_too(wire: Wire, flags: tuple[str, ...]) -> None:
    wire.add(4, cloned=False)
    assert states(wire.run(4, *flags)) == [("synced", None)]
    assert wire.server.connections == 1


@pytest.mark.parametrize("theirs", ["settings", "command", "core.sshCommand", "local command"])
def test_who_has_ssh_set_up_is_left_alone(
    wire: Wire, theirs: str, sandbox: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    wire.add(4)
    match theirs:
        case "settings":
            wire.server.configure(f"ControlMaster no\nControlPath {wire.temp}/%C\n")
        case "forward":
            wire.server.configure("PermitLocalCommand yes\nLocalCommand true\n")
        case "command":
            monkeypatch.setenv("GIT_SSH_COMMAND", "ssh -o LogLevel=ERROR")
        case _:
            config = wire.workspace.checkout("r00") / ".git/config"
            (sandbox / ".gitconfig").write_text("[core]\nsshCommand = ssh -o LogLevel=ERROR\n")
            assert "sshCommand" not in config.read_text()
    assert states(wire.run_at_once(4)) == IN_ORDER
    assert wire.server.connections == 4
    assert wire.left() == []


@pytest.mark.parametrize(
    ("sessions", "counts_all", "drops"),
    [(3, False, False), (1, False, False), (1, True, False), (1, True, True), (1, False, True)],
)
def test_a_server_of_fewer_sessions(wire: Wire, sessions: int, counts_all: bool, drops: bool) -> None:
    wire.add(24)
    server = wire.server
    server.max_sessions, server.counts_all, server.drops = sessions, counts_all, drops
    ran = wire.run(8)
    assert states(ran) == IN_ORDER
    assert server.refused_sessions > 0
    assert wire.left() == []


def test_refused_logins_are_asked_for_by_one_at_a_time(wire: Wire) -> None:
    wire.add(8)
    wire.server.refuses_logins = True
    assert states(wire.run(8)) == [("failed", "auth")]
    assert (wire.server.peak_unauthenticated, wire.server.connections) == (1, 9)
    assert wire.left() == []


def test_an_ssh_that_cannot_share_is_no_fault(wire: Wire) -> None:
    wire.add(8)
    wrapper = wire.server.folder / "bin/ssh"
    refuses = 'case "$*" in *ControlMaster=yes*) exit 255 ;; esac\n'
    wrapper.write_text(wrapper.read_text().replace("exec ", f"{refuses}exec ", 1))
    assert states(wire.run(4)) == IN_ORDER
    assert wire.server.connections == 8
    assert wire.left() == []


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGKILL])
def test_nothing_is_left_whatever_ends_it(wire: Wire, number: signal.Signals) -> None:
    wire.add(4)
    wire.server.hold()
    process = wire.start(4)
    wire.server.wait_sessions(4)
    assert any("ControlMaster=yes" in command for command in wire.left())
    process.send_signal(number)
    assert ended(process).code == -number
    if number == signal.SIGKILL:  # the shell that outlives it is at work
        wait_until(lambda: wire.left() == [], "all is gone")
    assert wire.left() == []


def test_a_job_that_is_stopped_leaves_the_others_their_connection(wire: Wire) -> None:
    wire.add(4)
    wire.server.hold()
    process = wire.start(4)
    wire.server.wait_sessions(4)
    one = next(
        pid
        for pid, command in processes_with_env("TMPDIR", str(wire.temp)).items()
        if "fetch" in command and "r00" in command and command.startswith("git")
    )
    os.killpg(one, signal.SIGKILL)
    wire.server.release()
    ran = ended(process)
    ends = {name: end["state"] for name, end in ran.finished().items()}
    assert [ends[name] for name in ("co/r01", "co/r02", "co/r03")] == ["up_to_date"] * 3
    assert wire.server.connections == 1
    assert wire.left() == []
