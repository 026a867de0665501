"""Whatever ends a run ends all of it: the helpers of helpers too, in whatever git is at."""

import signal
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.kit import repos
from tests.kit.gate import SshStub
from tests.kit.processes import state_of, wait_until
from tests.kit.program import SYNCTUI, Workspace, ended, kill_unwatched, start, synctui
from tests.kit.pty import Terminal
from tests.torture.facts import litter
from tests.torture.servers import WebServer, half_then_silence, status

LOGIN = {"WWW-Authenticate": 'Basic realm="git"'}


@pytest.fixture
def busy(workspace: Workspace, ssh_stub: SshStub, sandbox: Path) -> Iterator[Workspace]:
    """Three remotes that never end: an ssh with a child of its own, half a pack, a helper that asks somebody."""
    workspace.add("ssh", stub=ssh_stub)
    ssh_stub.hang("ssh", grandchild=True)
    remotes = workspace.folder / "remotes"
    for name in ("pack", "login"):
        workspace.remotes[name] = repos.make_remote(remotes / f"{name}.git", 3)
    with (
        WebServer(remotes, deliver=half_then_silence) as pack,
        WebServer(remotes, answer=status(401, **LOGIN)) as login,
    ):
        workspace.entry("pack", f'"http://127.0.0.1:{pack.port}/pack.git"')
        workspace.entry("login", f'"http://127.0.0.1:{login.port}/login.git"')
        (sandbox / ".gitconfig").write_text("[credential]\nhelper = \"!sh -c 'sleep 600; :' #\"\n")
        yield workspace


def start_all(busy: Workspace, ssh_stub: SshStub) -> "subprocess.Popen[str]":
    """Returns when each of the three is at its work, with all of its processes."""
    process = start("sync", "--ndjson", "-j", "3", cwd=busy.folder)

    def all_at_work() -> bool:
        commands = " ".join(ssh_stub.processes().values())
        return all(word in commands for word in ("index-pack", "sleep 600", "signal.pause"))

    wait_until(all_at_work, "index-pack, the helper of the login and the child of ssh run")
    return process


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGQUIT])
def test_no_child_of_a_child_is_left(busy: Workspace, ssh_stub: SshStub, number: signal.Signals) -> None:
    process = start_all(busy, ssh_stub)
    process.send_signal(number)
    ran = ended(process)
    assert ran.code == -number
    assert {(end["state"], end["reason"]) for end in ran.finished().values()} == {("cancelled", "signal")}
    assert ssh_stub.processes() == {}
    assert litter(busy.checkout("pack")) == frozenset()
    assert [path.name for path in busy.checkout("ssh").parent.iterdir()] == ["ssh"]


@pytest.fixture
def stubborn(workspace: Workspace, ssh_stub: SshStub) -> Workspace:
    """One repo whose hook ignores every signal that asks, as does what it has put in a session of its own."""
    workspace.add("one", stub=ssh_stub)
    repos.add_commits(workspace.remotes["one"])
    hook = workspace.checkout("one") / ".git/hooks/post-merge"
    hook.parent.mkdir(exist_ok=True)
    hook.write_text("#!/bin/sh\ntrap '' TERM INT HUP\nsetsid sleep 600 &\nsleep 600; sleep 600\n")
    hook.chmod(0o755)
    return workspace


def is_stubborn(ssh_stub: SshStub) -> bool:
    return list(ssh_stub.processes().values()).count("sleep 600") == 2


def test_who_ignores_a_signal_is_gone_within_3_seconds(stubborn: Workspace, ssh_stub: SshStub) -> None:
    process = start("sync", "--ndjson", cwd=stubborn.folder)
    wait_until(lambda: is_stubborn(ssh_stub), "the hook and its child run")
    began = time.monotonic()
    process.send_signal(signal.SIGINT)
    ran = ended(process)
    assert time.monotonic() - began < 3
    assert (ran.code, ran.run_finished["counts"]["cancelled"]) == (-signal.SIGINT, 1)
    assert ran.run_finished["commits"] == 1
    assert ssh_stub.processes() == {}


def test_so_it_is_in_the_app(stubborn: Workspace, ssh_stub: SshStub) -> None:
    with Terminal.start([SYNCTUI, "--start"], cwd=stubborn.folder) as terminal:
        wait_until(lambda: is_stubborn(ssh_stub), "the hook and its child run")
        terminal.press("q")
        terminal.wait_for("Leave synctui?")
        terminal.press("a")
        assert terminal.wait_exit() == 1
        assert "1 cancelled" in terminal.screen()
        assert ssh_stub.processes() == {}


def test_nor_when_the_reader_leaves(busy: Workspace, ssh_stub: SshStub) -> None:
    process = start_all(busy, ssh_stub)
    assert process.stdout is not None
    assert process.stderr is not None
    process.stdout.close()
    assert process.wait(20) == -signal.SIGPIPE
    with process.stderr as stderr:
        assert stderr.read() == ""
    assert ssh_stub.processes() == {}


def test_nor_after_a_kill(busy: Workspace, ssh_stub: SshStub) -> None:
    process = start_all(busy, ssh_stub)
    process.kill()
    ended(process)
    wait_until(lambda: ssh_stub.processes() == {}, "all of it is gone without a hand")


def test_nor_after_the_kill_of_all_that_is_ours_and_the_next_run(
    busy: Workspace, ssh_stub: SshStub, sandbox: Path
) -> None:
    kill_unwatched(start_all(busy, ssh_stub))
    assert ssh_stub.processes() != {}
    ssh_stub.serve("ssh")
    (sandbox / ".gitconfig").unlink()
    for name in ("pack", "login"):
        busy.entry(name, f'"{busy.remotes[name].url}"')
    ran = synctui("sync", "--ndjson", cwd=busy.folder)
    assert ran.code == 0
    assert ssh_stub.processes() == {}
    for name, remote in busy.remotes.items():
        assert repos.head(busy.checkout(name)) == remote.head
        assert litter(busy.checkout(name)) == frozenset()


def test_what_was_suspended_goes_on(workspace: Workspace, ssh_stub: SshStub) -> None:
    workspace.add("held", "next", stub=ssh_stub)
    ssh_stub.hold("held")
    process = start("sync", "--ndjson", "-j", "1", cwd=workspace.folder)
    ssh_stub.wait_running(1)
    process.send_signal(signal.SIGSTOP)
    wait_until(lambda: state_of(process.pid) == "T", "it is stopped")
    ssh_stub.open_all()
    wait_until(lambda: ssh_stub.running() == [], "git has gone on without it")
    assert ssh_stub.starts() == ["held"]
    process.send_signal(signal.SIGCONT)
    ran = ended(process)
    assert ran.code == 0
    assert {end["state"] for end in ran.finished().values()} == {"up_to_date"}


def test_a_signal_to_what_is_suspended_counts_once_it_goes_on(
    workspace: Workspace, ssh_stub: SshStub
) -> None:
    workspace.add("held", "next", stub=ssh_stub)
    ssh_stub.hold("held")
    process = start("sync", "--ndjson", "-j", "1", cwd=workspace.folder)
    ssh_stub.wait_running(1)
    for number in (signal.SIGSTOP, signal.SIGTERM, signal.SIGCONT):
        process.send_signal(number)
    ran = ended(process)
    assert (ran.code, ran.run_finished["counts"]["cancelled"]) == (-signal.SIGTERM, 2)
    assert ssh_stub.processes() == {}
