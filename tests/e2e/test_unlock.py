"""`synctui unlock` from outside: who holds a repo, and the one command that helps, typed as it is told."""

import fcntl
import json
import os
import re
import signal
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from tests.kit.gate import SshStub
from tests.kit.processes import alive, wait_until
from tests.kit.program import SYNCTUI, Ran, Workspace, ended, kill_unwatched, start, synctui
from tests.kit.pty import Terminal
from tui.git.group import process_stat, start_of
from tui.git.lock import lock_file
from tui.store.paths import locks_folder

HOST = socket.gethostname()


@pytest.fixture
def workspace(tmp_path: Path, ssh_stub: SshStub) -> Workspace:
    workspace = Workspace(tmp_path / "w")
    workspace.add("one", stub=ssh_stub)
    return workspace


def unlock(workspace: Workspace, repo: str = "one") -> Ran:
    return synctui("unlock", repo, cwd=workspace.folder)


def lock_of(workspace: Workspace) -> Path:
    return lock_file(locks_folder(), workspace.checkout("one"))


def note_of(workspace: Workspace) -> dict[str, Any]:
    note: dict[str, Any] = json.loads(lock_of(workspace).read_text())
    return note


def begin(workspace: Workspace, ssh_stub: SshStub, *prefix: str) -> "subprocess.Popen[str]":
    """A run that holds the repo until the gate opens."""
    ssh_stub.hold("one")
    process = start("sync", cwd=workspace.folder, prefix=prefix)
    ssh_stub.wait_started("one")
    return process


def type_it(ran: Ran) -> None:
    """The command that the last line ends with, in a shell."""
    command = ran.out.splitlines()[-1].rpartition(": ")[2]
    subprocess.run(["sh", "-c", command], check=True)


@contextmanager
def held_by_hand(workspace: Workspace, note: dict[str, Any] | None) -> Iterator[None]:
    """By this process, with somebody else's note."""
    file = lock_of(workspace)
    file.parent.mkdir(parents=True, exist_ok=True)
    with file.open("w") as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        if note is not None:
            held.write(json.dumps(note))
            held.flush()
        yield


def test_an_unknown_repo_is_one_line(workspace: Workspace) -> None:
    ran = unlock(workspace, "three")
    assert (ran.code, ran.out) == (2, "")
    assert ran.err == "synctui: `three` matches no repo of this workspace; `synctui list` shows them\n"


def test_nobody(workspace: Workspace) -> None:
    ran = unlock(workspace)
    assert (ran.code, ran.out) == (0, "co/one: nobody holds it\n")
    assert not locks_folder().exists()
    assert synctui("sync", cwd=workspace.folder).code == 0
    assert unlock(workspace).out == "co/one: nobody holds it\n"


def test_one_who_works_is_ended_by_kill(workspace: Workspace, ssh_stub: SshStub) -> None:
    process = begin(workspace, ssh_stub)
    ran = unlock(workspace)
    assert ran.code == 1
    assert re.fullmatch(
        rf"co/one: held by pid {process.pid} on {re.escape(HOST)} \(synctui sync\) for \d+ s\n"
        rf"co/one: wait for it; if it hangs: kill {process.pid}\n",
        ran.out,
    )
    assert note_of(workspace)["pid"] == process.pid
    type_it(ran)
    assert ended(process).code == -signal.SIGTERM
    assert unlock(workspace).code == 0


def test_one_who_was_stopped_goes_on(workspace: Workspace, ssh_stub: SshStub) -> None:
    process = begin(workspace, ssh_stub, "setsid")
    process.send_signal(signal.SIGSTOP)
    wait_until(lambda: (process_stat(process.pid) or [""])[0] == "T", "it is stopped")
    file = lock_of(workspace)
    os.utime(file, (time.time() - 130, time.time() - 130))
    before = file.stat().st_mtime_ns

    ran = unlock(workspace)
    assert ran.code == 1
    held = f"held by pid {process.pid} on {HOST} (synctui sync) for "
    assert held in ran.out
    assert ", no sign of life for 2 min\n" in ran.out
    assert ran.out.endswith(f"co/one: it is stopped; let it go on: kill -CONT {process.pid}\n")
    table = synctui("status", cwd=workspace.folder).out
    assert held in table
    assert "no sign of life for 2 min" in table
    [row] = json.loads(synctui("status", "--json", cwd=workspace.folder).out)["repos"]
    assert row["locked_by"]["pid"] == process.pid
    assert 130 <= row["locked_by"]["silent_seconds"] < 180
    end = synctui("sync", "--ndjson", cwd=workspace.folder).finished()["co/one"]
    assert (end["state"], held in end["message"]) == ("busy", True)
    assert end["message"].endswith(", no sign of life for 2 min")
    assert end["advice"] == "co/one: wait for it, or see what helps: synctui unlock co/one"
    assert file.stat().st_mtime_ns == before, "to ask is no sign of life"

    type_it(ran)
    ssh_stub.open_all()
    assert ended(process).code == 0


def test_one_who_was_suspended_goes_on_in_its_terminal(workspace: Workspace, ssh_stub: SshStub) -> None:
    ssh_stub.hold("one")
    with Terminal.start(["bash", "--norc", "-i"], cwd=workspace.folder) as terminal:
        terminal.press(f"{SYNCTUI} sync\r")
        ssh_stub.wait_started("one")
        pid = note_of(workspace)["pid"]
        terminal.press("ctrl+z")
        terminal.wait_for("Stopped")
        ran = unlock(workspace)
        assert (ran.code, ran.out.splitlines()[-1]) == (
            1,
            "co/one: it is suspended; let it go on, in its terminal: fg",
        )
        terminal.press("fg\r")
        wait_until(lambda: (process_stat(pid) or [""])[0] != "T", "it goes on")
        ssh_stub.open_all()
        terminal.wait_for("1 up to date")


def test_one_of_another_host(workspace: Workspace) -> None:
    note = {
        "pid": 4711,
        "start": "1",
        "host": "elsewhere",
        "command": "synctui watch",
        "started_at": time.time() - 7300,
    }
    with held_by_hand(workspace, note):
        ran = unlock(workspace)
        assert ran.code == 1
        assert ran.out == (
            "co/one: held by pid 4711 on elsewhere (synctui watch) for 2 h\n"
            "co/one: it runs on elsewhere; if it hangs, go there: kill 4711\n"
        )
        assert "on elsewhere" in synctui("status", cwd=workspace.folder).out
    # Its last sign of life tells of one that a process of this host cannot be asked about.
    os.utime(lock_of(workspace), (1, 1))
    assert "on elsewhere" not in synctui("status", cwd=workspace.folder).out
    assert unlock(workspace).out == (
        "co/one: nobody holds it any more: pid 4711 on elsewhere (synctui watch) was killed\n"
    )
    assert unlock(workspace).out == "co/one: nobody holds it\n"


@pytest.mark.parametrize("is_noted", [False, True])
def test_one_that_is_no_synctui(workspace: Workspace, is_noted: bool) -> None:
    """Even where the note of one that was killed still stands."""
    with subprocess.Popen(["true"]) as dead:
        note = {"pid": dead.pid, "start": start_of(dead.pid) or "1", "host": HOST, "command": "synctui sync"}
    with held_by_hand(workspace, note if is_noted else None):
        ran = unlock(workspace)
        assert (ran.code, ran.out) == (
            1,
            "co/one: held by another process\n" + f"co/one: see who it is: fuser -v {lock_of(workspace)}\n",
        )


def test_what_a_killed_one_left_is_cleared_up_and_said(workspace: Workspace, ssh_stub: SshStub) -> None:
    process = begin(workspace, ssh_stub)
    git = note_of(workspace)["child"]
    kill_unwatched(process)
    assert alive(git)
    (workspace.checkout("one") / ".git/index.lock").touch()

    ran = unlock(workspace)

    assert ran.code == 0
    assert ran.out.splitlines() == [
        f"co/one: nobody holds it any more: pid {process.pid} on {HOST} (synctui sync) was killed",
        f"co/one: its orphan git (pid {git}, fetch) was still at work and is ended",
        f"co/one: removed {workspace.checkout('one')}/.git/index.lock, which it had left",
    ]
    assert not alive(git)
    assert unlock(workspace).out == "co/one: nobody holds it\n"
    ssh_stub.open_all()
    assert synctui("sync", cwd=workspace.folder).code == 0
