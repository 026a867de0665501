"""`--resume`: whatever ended a run, the next one does what it had not ended, and nothing else."""

import json
import signal
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.kit.gate import SshStub
from tests.kit.processes import wait_until
from tests.kit.program import Ran, Workspace, ended, kill_unwatched, start, synctui

QUICK, REST = ["a", "b"], ["slow", "x", "y"]


@pytest.fixture
def workspace(tmp_path: Path, ssh_stub: SshStub) -> Workspace:
    """Two that are through at once, one that waits at its gate, and two behind it."""
    workspace = Workspace(tmp_path / "w")
    workspace.add(*QUICK, *REST, stub=ssh_stub)
    return workspace


Process = Any


def by_signal(number: signal.Signals) -> Callable[[Process], None]:
    def end(process: Process) -> None:
        process.send_signal(number)
        assert ended(process).code == -number

    return end


ENDS = {"KILL": kill_unwatched} | {
    number.name: by_signal(number) for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
}


def cut_off(workspace: Workspace, stub: SshStub, end: Callable[[Process], None], *flags: str) -> None:
    """A run of one job at a time, ended while `slow` waits at its gate."""
    stub.hold("slow")
    times = stub.starts().count("slow")
    process = start("sync", "-j", "1", *flags, cwd=workspace.folder)
    stub.wait_started("slow", times + 1)
    end(process)
    stub.open_all()
    wait_until(lambda: not stub.running(), "nobody at the gate")


def done(ran: Ran) -> list[str]:
    assert ran.code == 0, ran.err
    return sorted(repo.removeprefix("co/") for repo in ran.finished())


def resume(workspace: Workspace, *flags: str) -> Ran:
    return synctui("sync", "--resume", "--ndjson", *flags, cwd=workspace.folder)


def log(workspace: Workspace, *words: str) -> dict[str, Any]:
    return json.loads(synctui("log", "--json", *words, cwd=workspace.folder).out)


@pytest.mark.parametrize("end", ENDS.values(), ids=ENDS.keys())
def test_exactly_the_others_are_done(
    workspace: Workspace, ssh_stub: SshStub, end: Callable[[Process], None]
) -> None:
    cut_off(workspace, ssh_stub, end)
    [run] = log(workspace)["runs"]
    results = log(workspace, run["run"])["results"]
    assert [one["repo"] for one in results if one["state"] == "up_to_date"] == ["co/a", "co/b"]
    told = synctui("log", run["run"], cwd=workspace.folder).out
    assert [line.split()[1] for line in told.splitlines()][:2] == ["co/a", "co/b"]
    assert done(resume(workspace)) == REST
    again = resume(workspace)
    assert done(again) == []
    assert again.err.splitlines()[0] == "synctui: --resume: the last run ended all that it was to do"
    assert len(log(workspace)["runs"]) == 2, "a run of nothing is none"


def test_a_resumed_run_may_be_cut_off_too(workspace: Workspace, ssh_stub: SshStub) -> None:
    cut_off(workspace, ssh_stub, kill_unwatched)
    cut_off(workspace, ssh_stub, by_signal(signal.SIGTERM), "--resume")
    ssh_stub.hold("x")
    process = start("sync", "--resume", "-j", "1", cwd=workspace.folder)
    ssh_stub.wait_started("x")
    kill_unwatched(process)
    ssh_stub.open_all()
    assert done(resume(workspace)) == ["x", "y"]


def test_of_a_run_of_failures_the_rest_of_them_is_left(workspace: Workspace, ssh_stub: SshStub) -> None:
    failing = ["a", "slow", "x"]
    for name in failing:
        ssh_stub.fail(name, "git@stub: Permission denied (publickey).")
    assert synctui("sync", cwd=workspace.folder).code == 1
    for name in failing:
        ssh_stub.serve(name)
    cut_off(workspace, ssh_stub, kill_unwatched, "--failed")
    assert done(resume(workspace)) == ["slow", "x"]


def test_what_was_skipped_had_ended(workspace: Workspace, ssh_stub: SshStub) -> None:
    assert synctui("sync", *QUICK, cwd=workspace.folder).code == 0
    cut_off(workspace, ssh_stub, kill_unwatched, "--min-age", "1h")
    assert done(resume(workspace)) == REST
    assert synctui("sync", "--min-age", "1h", cwd=workspace.folder).code == 0
    assert done(resume(workspace)) == []


def test_a_run_that_goes_on_hides_nothing(workspace: Workspace, ssh_stub: SshStub) -> None:
    cut_off(workspace, ssh_stub, kill_unwatched)
    ssh_stub.hold("a")
    other = start("sync", "a", cwd=workspace.folder)
    ssh_stub.wait_running(1)
    assert done(resume(workspace)) == REST
    ssh_stub.open_all()
    assert ended(other).code == 0
