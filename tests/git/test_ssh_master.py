"""Who waits for a shared connection hears a stop, and waits no longer than it helps; what nobody uses ends."""

import os
import socket
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.kit.processes import wait_until
from tests.kit.repos import make_remote
from tests.kit.ssh_server import SshServer
from tui.git import ssh_master
from tui.git.outcome import Reason
from tui.git.ssh_master import Session, SshMasters
from tui.git.stop import StopSignal


@pytest.fixture
def server(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[SshServer]:
    with SshServer(tmp_path / "ssh") as server:
        monkeypatch.setenv("PATH", server.env["PATH"])
        yield server


@pytest.fixture
def masters() -> Iterator[SshMasters]:
    masters = SshMasters()
    yield masters
    masters.close()


@pytest.fixture
def silent(server: SshServer) -> Iterator[str]:
    """The URL of a host that takes connections and says nothing."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        yield f"ssh://git@127.0.0.1:{listener.getsockname()[1]}/r.git"


def seconds(work: Callable[[], object]) -> float:
    began = time.monotonic()
    work()
    return time.monotonic() - began


def shares(masters: SshMasters, url: str, stop: StopSignal | None = None, **limits: float) -> Session:
    with masters.session(url, stop or StopSignal(), **limits) as session:
        return session


def test_a_host_that_says_nothing_is_waited_for_once(masters: SshMasters, silent: str) -> None:
    assert seconds(lambda: shares(masters, silent, patience=0.3)) >= 0.3
    with masters.session(silent, StopSignal(), patience=0.3) as at_door:  # what git does there takes its time
        assert at_door.at_door
        assert seconds(lambda: shares(masters, silent, patience=0.3)) >= 0.3
        assert seconds(lambda: [shares(masters, silent, patience=60) for _ in range(100)]) < 5


def test_who_waits_hears_a_stop_and_the_deadline(masters: SshMasters, silent: str) -> None:
    stop = StopSignal()
    first = threading.Thread(target=shares, args=(masters, silent, stop))
    first.start()
    wait_until(lambda: any(host._door_taken for host in masters._hosts.values()), "it is at the door")
    assert shares(masters, silent, deadline=time.monotonic() + 0.2).master is None
    second_stop = StopSignal()
    second = threading.Thread(target=shares, args=(masters, silent, second_stop))
    second.start()
    wait_until(lambda: [host.users for host in masters._hosts.values()] == [2], "another waits")
    second_stop.set(Reason.USER)
    second.join(5)
    stop.set(Reason.USER)
    first.join(5)
    assert not first.is_alive()
    assert not second.is_alive()


def test_what_nobody_uses_ends_and_begins_anew(
    masters: SshMasters, server: SshServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ssh_master, "IDLE", 0.05)
    url = server.url(make_remote(tmp_path / "r.git"))
    for number in (1, 2):
        with masters.session(url, StopSignal()) as session:
            assert session.master is not None
            process = session.master._process
            env = {**os.environ, **session.env}
            subprocess.run(["git", "ls-remote", url], env=env, check=True, capture_output=True)
            session.end(ok=True, lines=(), ended_by=None)
        wait_until(lambda process=process: process.returncode is not None, "it has ended")  # type: ignore[misc]  # bound now
        assert server.connections == number


def test_a_connection_over_which_a_child_stalled_is_used_no_more(
    masters: SshMasters, server: SshServer, tmp_path: Path
) -> None:
    url = server.url(make_remote(tmp_path / "r.git"))
    with masters.session(url, StopSignal()) as session:
        session.end(ok=False, lines=(), ended_by=Reason.STALLED)
    assert session.master is not None
    assert not session.master.lives()
    assert shares(masters, url).master is not None
    assert server.connections == 2


@pytest.mark.parametrize(
    "url",
    [
        "https://h/r",
        "file:///r",
        "/a:b/r",
        "./h:r",
        "ssh://[::1]/r",
        "ssh://a:b@h/r",
        "git://h:1/r",
        "h/r",
        "",
    ],
)
def test_what_is_no_plain_ssh_is_left_alone(masters: SshMasters, url: str) -> None:
    assert shares(masters, url).env == {}
    assert masters._hosts == {}


@pytest.mark.parametrize(
    ("url", "words"),
    [
        ("ssh://git@h.example:2222/r", ("-p", "2222", "git@h.example")),
        ("ssh://h/r", ("h",)),
        ("git@h:a/r.git", ("git@h",)),
        ("h:r", ("h",)),
    ],
)
def test_the_words_are_those_of_git(url: str, words: tuple[str, ...], tmp_path: Path) -> None:
    ssh = tmp_path / "ssh"
    ssh.write_text(f'#!/bin/sh\necho "$@" > {tmp_path}/said\n')
    ssh.chmod(0o755)
    subprocess.run(
        ["git", "ls-remote", url], env={**os.environ, "GIT_SSH": str(ssh)}, check=False, capture_output=True
    )
    said = (tmp_path / "said").read_text().split()
    assert said[said.index("SendEnv=GIT_PROTOCOL") + 1 :][: len(words)] == list(words)
    assert ssh_master._destination(url) == words
