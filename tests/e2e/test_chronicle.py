"""What is remembered, from outside: failures, fresh repos, runs that were cut off, and the log of it all."""

import json
import os
import subprocess
import time
from pathlib import Path

from tests.kit.gate import SshStub
from tests.kit.processes import wait_until
from tests.kit.program import Ran, Workspace, ended, kill_unwatched, start, synctui
from tests.kit.repos import add_commits


def states(ran: Ran) -> dict[str, tuple[str, str | None]]:
    return {repo.removeprefix("co/"): (end["state"], end["reason"]) for repo, end in ran.finished().items()}


def test_failed_is_what_nobody_has_dealt_with(workspace: Workspace, ssh_stub: SshStub) -> None:
    workspace.add("good", "bad", "worse", stub=ssh_stub)
    for name in ("bad", "worse"):
        ssh_stub.fail(name, "git@stub: Permission denied (publickey).")
    assert synctui("sync", cwd=workspace.folder).code == 1
    document = json.loads(synctui("status", "--json", cwd=workspace.folder).out)
    assert document["unacknowledged_failures"] == 2
    assert {row["repo"]: row["attempts"] for row in document["repos"]} == {
        "co/good": 0,
        "co/bad": 1,
        "co/worse": 1,
    }
    assert synctui("ack", "worse", cwd=workspace.folder).out == "acknowledged: co/worse\n"
    assert synctui("ack", "worse", cwd=workspace.folder).out == "none of these has an open failure\n"
    ssh_stub.serve("bad")
    again = synctui("sync", "--failed", "--ndjson", cwd=workspace.folder)
    assert (again.code, states(again)) == (0, {"bad": ("up_to_date", None)})
    nothing = synctui("sync", "--failed", "--ndjson", cwd=workspace.folder)
    assert (nothing.code, states(nothing)) == (0, {})
    assert "nothing has failed" in nothing.err


def test_ack_wants_to_know_which(workspace: Workspace) -> None:
    workspace.add("one")
    assert synctui("ack", cwd=workspace.folder).code == 2
    assert synctui("ack", "one", cwd=workspace.folder).out == "none of these has an open failure\n"


def test_the_fresh_are_skipped_and_nobody_is_asked(workspace: Workspace, ssh_stub: SshStub) -> None:
    workspace.add("one", "two", "bad", stub=ssh_stub)
    ssh_stub.fail("bad", "git@stub: Permission denied (publickey).")
    synctui("sync", cwd=workspace.folder)
    before = len(ssh_stub.starts())
    again = synctui("sync", "--min-age", "1h", "--ndjson", cwd=workspace.folder)
    fresh = ("skipped", "fresh")
    assert states(again) == {"one": fresh, "two": fresh, "bad": ("failed", "auth")}
    assert ssh_stub.starts()[before:] == ["bad"]
    assert states(synctui("sync", "--min-age", "0", "--ndjson", "one", cwd=workspace.folder)) == {
        "one": ("up_to_date", None)
    }
    dry = synctui("sync", "-n", "--min-age", "1h", "--ndjson", "*/two", cwd=workspace.folder)
    assert states(dry) == {"two": fresh}


def test_what_a_kill_cut_off_is_resumed_and_nothing_else(workspace: Workspace, ssh_stub: SshStub) -> None:
    workspace.add("a", "b", "slow", "last", stub=ssh_stub)
    ssh_stub.hold("slow")
    process = start("sync", "--ndjson", "-j", "1", cwd=workspace.folder)
    ssh_stub.wait_started("slow")
    kill_unwatched(process)
    log = synctui("log", cwd=workspace.folder).out
    assert "was cut off: `synctui sync --resume` does the 2 left" in log
    [run] = json.loads(synctui("log", "--json", cwd=workspace.folder).out)["runs"]
    assert (run["ended_at"], run["goes_on"], run["total"]) == (None, False, 4)
    ended_then = json.loads(synctui("log", run["run"], "--json", cwd=workspace.folder).out)["results"]
    assert [result["repo"] for result in ended_then] == ["co/a", "co/b"]
    ssh_stub.open_all()
    resumed = synctui("sync", "--resume", "--ndjson", cwd=workspace.folder)
    assert states(resumed) == {"slow": ("up_to_date", None), "last": ("up_to_date", None)}
    nothing = synctui("sync", "--resume", "--ndjson", cwd=workspace.folder)
    assert (nothing.code, states(nothing)) == (0, {})
    assert "ended all" in nothing.err


def test_the_log_tells_runs_results_and_what_arrived(workspace: Workspace) -> None:
    workspace.add("one", "two")
    assert synctui("log", cwd=workspace.folder).out == "nothing is remembered\n"
    synctui("sync", cwd=workspace.folder)
    add_commits(workspace.remotes["one"], 3)
    synctui("sync", cwd=workspace.folder)
    runs = synctui("log", cwd=workspace.folder).out.splitlines()
    assert len(runs) == 2
    assert "2 repos" in runs[0]
    assert "3 commits" in runs[0]
    assert runs[0].endswith("exit code 0")
    of_repo = synctui("log", "one", cwd=workspace.folder).out.splitlines()
    assert [line.split()[3] for line in of_repo] == ["synced", "up_to_date"]
    came = synctui("log", "--since", "1h", cwd=workspace.folder).out
    assert came == "co/one  3 commits, 1 ref\n"
    assert synctui("log", "--since", "soon", cwd=workspace.folder).code == 2
    assert synctui("log", "--since", "1h", "nobody", cwd=workspace.folder).code == 2
    assert synctui("log", "three", cwd=workspace.folder).code == 2


def test_unlock_tells_of_the_locks_of_git_and_leaves_them(workspace: Workspace) -> None:
    workspace.add("one")
    git_dir = workspace.checkout("one") / ".git"
    locks = [git_dir / "index.lock", git_dir / "refs/heads/main.lock"]
    for lock in locks:
        lock.touch()
        os.utime(lock, (time.time() - 7205,) * 2)

    told = synctui("unlock", "one", cwd=workspace.folder)

    assert told.code == 1
    assert told.out.splitlines() == [
        "co/one: no synctui holds it",
        *(f"co/one: git's own lock {lock} is there for 2 h" for lock in locks),
        f"co/one: no git of this host is seen at work there: rm {locks[0]} {locks[1]}",
    ]
    assert [lock.exists() for lock in locks] == [True, True]
    with (
        subprocess.Popen(
            ["git", "cat-file", "--batch-check"],
            cwd=git_dir,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            bufsize=0,
        ) as other,
        locks[1].open() as _,
    ):
        assert other.stdin is not None
        assert other.stdout is not None
        other.stdin.write(b"HEAD\n")
        other.stdout.readline()  # it is git by now
        told = synctui("unlock", "one", cwd=workspace.folder)
        me = Path("/proc/self/comm").read_text().strip()
        who = ", ".join(
            f"pid {pid} ({name})" for pid, name in sorted([(os.getpid(), me), (other.pid, "git")])
        )
        assert told.out.splitlines()[-1] == f"co/one: wait for it: {who} work there"
        other.communicate()


def test_what_took_longest_begins_first_unless_there_is_one_job(
    workspace: Workspace, ssh_stub: SshStub
) -> None:
    workspace.add("a", "b", "slow", stub=ssh_stub)
    ssh_stub.hold("slow")
    process = start("sync", "--ndjson", "-j", "3", cwd=workspace.folder)
    assert process.stdout is not None
    took: list[float] = []
    begun = 0.0
    while len(took) < len(("a", "b")):
        event = json.loads(process.stdout.readline())
        if event["event"] == "repo_started" and event["repo"] == "co/slow":
            begun = time.monotonic()
        elif event["event"] == "repo_finished":
            took.append(event["duration_ms"] / 1000)
    # It began last: on a busy machine the others may have had a start of more than it takes.
    wait_until(lambda: time.monotonic() - begun > max(took), "longer than the others")
    ssh_stub.open_all()
    assert ended(process).code == 0

    def started(*flags: str) -> list[str]:
        before = len(ssh_stub.starts())
        events = synctui("sync", "--ndjson", *flags, cwd=workspace.folder).events
        assert len(ssh_stub.starts()) == before + 3
        return [event["repo"] for event in events if event["event"] == "repo_started"]

    assert started("-j", "2")[0] == "co/slow"
    assert started("-j", "2", "--order", "config")[:2] == ["co/a", "co/b"]
    assert started("-j", "1") == ["co/a", "co/b", "co/slow"]
    limited = synctui("sync", "--ndjson", "--limit", "2", cwd=workspace.folder)
    assert sorted(limited.finished()) == ["co/a", "co/b"]
