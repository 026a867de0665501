"""`--lock-wait`: a repo in other hands is waited for, within a limit of its own."""

import json
import signal
import subprocess
from collections.abc import Iterator

import pytest

from tests.kit.gate import SshStub
from tests.kit.program import SYNCTUI, Ran, Workspace, ended, start, synctui
from tests.kit.pty import Terminal


@pytest.fixture
def first(workspace: Workspace, ssh_stub: SshStub) -> Iterator["subprocess.Popen[str]"]:
    """A run that holds the only repo until the gates open."""
    workspace.add("shared", stub=ssh_stub)
    ssh_stub.hold("shared")
    process = start("sync", "--ndjson", cwd=workspace.folder)
    ssh_stub.wait_started("shared")
    yield process
    ssh_stub.open_all()
    ended(process)


def waiting(workspace: Workspace, *flags: str) -> "subprocess.Popen[str]":
    return start("sync", "--ndjson", "--progress", "--lock-wait", "60", *flags, cwd=workspace.folder)


def read_waits(process: "subprocess.Popen[str]", count: int) -> None:
    """Until so many signs have come that the repo is waited for, five a second."""
    assert process.stdout is not None
    while count:
        event = json.loads(process.stdout.readline())
        count -= (event["event"], event.get("phase")) == ("repo_progress", "waiting")


def only_end(ran: Ran) -> tuple[str, str | None]:
    [end] = ran.finished().values()
    return end["state"], end["reason"]


def test_it_goes_on_once_the_other_is_done_and_no_limit_counts_the_wait(
    workspace: Workspace, ssh_stub: SshStub, first: "subprocess.Popen[str]"
) -> None:
    second = waiting(workspace, "--timeout", "2", "--stall-timeout", "1")
    read_waits(second, 12)
    assert ssh_stub.starts() == ["shared"]
    ssh_stub.open_all()
    assert only_end(ended(second)) == ("up_to_date", None)
    assert (ssh_stub.starts(), ssh_stub.overlaps("shared")) == (["shared", "shared"], 0)


@pytest.mark.parametrize(
    ("flags", "env", "settings"),
    [
        (("--lock-wait", "0.3"), {}, ""),
        ((), {"SYNCTUI_LOCK_WAIT": "0.3"}, ""),
        ((), {}, "lock_wait = 0.3"),
    ],
    ids=["flag", "variable", "file"],
)
def test_it_is_busy_when_the_time_is_over(
    workspace: Workspace,
    first: "subprocess.Popen[str]",
    flags: tuple[str, ...],
    env: dict[str, str],
    settings: str,
) -> None:
    workspace.settings = settings
    workspace.write()
    ran = synctui("sync", "--ndjson", *flags, cwd=workspace.folder, env=env)
    assert (ran.code, only_end(ran)) == (1, ("busy", None))
    [end] = ran.finished().values()
    assert end["duration_ms"] >= 300
    assert f"held by pid {first.pid} " in end["message"]


def test_a_signal_ends_the_wait_at_once(workspace: Workspace, first: "subprocess.Popen[str]") -> None:
    second = waiting(workspace)
    read_waits(second, 1)
    second.send_signal(signal.SIGTERM)
    ran = ended(second, timeout=10)
    assert (ran.code, only_end(ran)) == (-signal.SIGTERM, ("cancelled", "signal"))
    assert first.poll() is None


def test_what_is_fresh_by_then_is_not_asked_for(
    workspace: Workspace, ssh_stub: SshStub, first: "subprocess.Popen[str]"
) -> None:
    second = waiting(workspace, "--min-age", "1h")
    read_waits(second, 1)
    ssh_stub.open_all()
    assert only_end(ended(second)) == ("skipped", "fresh")
    assert ssh_stub.starts() == ["shared"]


def test_the_slot_says_who_holds_it_and_a_key_ends_the_wait(
    workspace: Workspace, first: "subprocess.Popen[str]"
) -> None:
    command = [SYNCTUI, "--start", "--lock-wait", "60"]
    with Terminal.start(command, cwd=workspace.folder, size=(120, 40)) as terminal:
        terminal.wait_for("waiting")
        terminal.wait_for(f"held by pid {first.pid} ")
        terminal.press("X", "y")
        terminal.wait_for("⊘ co/shared  cancelled")
        terminal.press("q")
        assert terminal.wait_exit() == 1
