"""`--min-age`: who was brought up to date a moment ago is left alone, and nobody else is."""

import signal
import sqlite3
from pathlib import Path

import pytest

from tests.kit.gate import SshStub
from tests.kit.git_calls import GitCalls
from tests.kit.program import Ran, Workspace, ended, start, synctui

FRESH, ASKED = ("skipped", "fresh"), ("up_to_date", None)


def states(ran: Ran) -> dict[str, tuple[str, str | None]]:
    return {repo.removeprefix("co/"): (end["state"], end["reason"]) for repo, end in ran.finished().items()}


def sync(workspace: Workspace, *flags: str) -> Ran:
    return synctui("sync", "--ndjson", "--min-age", "1h", *flags, cwd=workspace.folder)


def test_the_second_of_two_runs_asks_nobody(
    workspace: Workspace, ssh_stub: SshStub, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    names = [f"r{n}" for n in range(6)]
    workspace.add(*names, stub=ssh_stub)
    calls = GitCalls(tmp_path / "calls", monkeypatch)
    first = sync(workspace)
    assert (first.code, states(first)) == (0, dict.fromkeys(names, ASKED))
    assert sorted(ssh_stub.starts()) == names
    assert calls.take().count("fetch") == len(names)
    second = sync(workspace)
    assert (second.code, states(second)) == (0, dict.fromkeys(names, FRESH))
    assert calls.take() == ["config"], "the settings of the person, once"
    assert sorted(ssh_stub.starts()) == names
    told = synctui("sync", "--min-age", "1h", cwd=workspace.folder)
    lines = sorted(line.split()[1:3] for line in told.out.splitlines()[:6])
    assert lines == [[f"co/{name}", "skipped"] for name in names]
    past = synctui("list", "state:up_to_date", cwd=workspace.folder).out
    assert len(past.splitlines()) == 6, "what was skipped is as it was"


def test_who_is_named_by_name_is_asked(workspace: Workspace, ssh_stub: SshStub) -> None:
    """A group or a glob names nobody in particular."""
    workspace.add("a", "b", stub=ssh_stub)
    assert states(sync(workspace)) == {"a": ASKED, "b": ASKED}
    assert states(sync(workspace, "co/a", "co/*")) == {"a": ASKED, "b": FRESH}
    assert states(sync(workspace, str(workspace.checkout("b")))) == {"b": ASKED}
    assert states(sync(workspace, "co/")) == {"a": FRESH, "b": FRESH}


def test_of_two_at_once_one_asks(workspace: Workspace, ssh_stub: SshStub) -> None:
    """One that is under way elsewhere is busy; one that ended elsewhere since this run began is fresh."""
    workspace.add("a", "b", "c", "d", stub=ssh_stub)
    ssh_stub.hold("a", "b")
    first = start("sync", "--ndjson", "--min-age", "1h", "-j", "2", cwd=workspace.folder)
    ssh_stub.wait_running(2)
    second = sync(workspace, "-j", "4")
    busy = ("busy", None)
    assert (second.code, states(second)) == (1, {"a": busy, "b": busy, "c": ASKED, "d": ASKED})
    ssh_stub.open_all()
    ran = ended(first)
    assert (ran.code, states(ran)) == (0, {"a": ASKED, "b": ASKED, "c": FRESH, "d": FRESH})
    assert sorted(ssh_stub.starts()) == ["a", "b", "c", "d"]


def test_two_that_race_ask_nobody_twice(workspace: Workspace, ssh_stub: SshStub) -> None:
    names = [f"r{n:02}" for n in range(16)]
    workspace.add(*names, stub=ssh_stub)
    flags = ("sync", "--ndjson", "--min-age", "1h", "-j", "4")
    runs = [ended(one) for one in [start(*flags, cwd=workspace.folder) for _ in range(2)]]
    assert sorted(ssh_stub.starts()) == names
    assert [ran.err.count("\n") for ran in runs] == [1, 1], [ran.err for ran in runs]
    ends = [states(ran) for ran in runs]
    for name in names:
        assert sorted(end[name] for end in ends) in [[FRESH, ASKED], [("busy", None), ASKED]]


def test_a_success_in_the_future_is_that_of_a_wrong_clock(
    workspace: Workspace, ssh_stub: SshStub, sandbox: Path
) -> None:
    workspace.add("one", stub=ssh_stub)
    assert states(sync(workspace)) == {"one": ASKED}
    with sqlite3.connect(sandbox / ".local/state/synctui/synctui.db") as database:
        database.execute("UPDATE results SET started_at = started_at + 7200")
    database.close()
    assert states(sync(workspace)) == {"one": ASKED}
    assert states(sync(workspace)) == {"one": FRESH}


def test_neither_a_failure_nor_a_cancelled_job_makes_it_fresh(
    workspace: Workspace, ssh_stub: SshStub
) -> None:
    workspace.add("bad", "held", "slow", stub=ssh_stub)
    url = ssh_stub.url(workspace.remotes["slow"])
    workspace.entry("slow", f'{{ url = "{url}", stall_timeout = 1.0 }}')
    ssh_stub.fail("bad", "git@stub: Permission denied (publickey).", times=1)
    ssh_stub.hang("slow")
    ssh_stub.hold("held")
    process = start("sync", "--min-age", "1h", "--retry", "0", cwd=workspace.folder)
    for name in ("bad", "held", "slow"):
        ssh_stub.wait_started(name)
    ssh_stub.wait_running(1)
    process.send_signal(signal.SIGTERM)
    ended(process)
    ssh_stub.open_all()
    ssh_stub.serve("slow")
    patiently = ("--stall-timeout", "60")
    assert states(sync(workspace, *patiently)) == {"bad": ASKED, "held": ASKED, "slow": ASKED}
    assert states(sync(workspace, *patiently)) == {"bad": FRESH, "held": FRESH, "slow": FRESH}


def test_the_limit_counts_what_really_runs(workspace: Workspace, ssh_stub: SshStub) -> None:
    workspace.add("a", "b", "c", "d", "e", stub=ssh_stub)
    assert states(sync(workspace, "a", "b")) == {"a": ASKED, "b": ASKED}
    assert states(sync(workspace, "--limit", "2")) == {"a": FRESH, "b": FRESH, "c": ASKED, "d": ASKED}
