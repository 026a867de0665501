"""What one process learns, the next one knows; and what a run may not leave behind."""

import os
import shutil
import sqlite3
import subprocess
from pathlib import Path

import pytest

from tests.kit.gate import SshStub
from tests.kit.program import SYNCTUI, Workspace, ended, start, synctui
from tests.kit.pty import Terminal
from tests.kit.repos import add_commits


def listed(workspace: Workspace, word: str) -> list[str]:
    """Ids that the word means to a new process; empty where it says that none match."""
    ran = synctui("list", word, cwd=workspace.folder)
    assert ran.code == (0 if ran.out else 2)
    return sorted(line.split()[0] for line in ran.out.splitlines())


def content(folder: Path) -> dict[str, tuple[int, int]]:
    """Every file and folder below, with its time and size."""
    return {
        str(path.relative_to(folder)): (path.stat().st_mtime_ns, path.stat().st_size)
        for path in folder.rglob("*")
    }


def test_what_failed_yesterday_is_synced_today(workspace: Workspace, ssh_stub: SshStub, state: Path) -> None:
    workspace.add("bad", "good", stub=ssh_stub)
    ssh_stub.fail("bad", "ERROR: Repository not found.")
    assert synctui("sync", cwd=workspace.folder).code == 1
    ssh_stub.serve("bad")

    # Named another way, it is the same workspace.
    config = f"{workspace.folder}/co/../synctui.toml"
    again = synctui("sync", "--ndjson", "-c", config, "state:failed", cwd=Path("/"))

    assert {repo: event["state"] for repo, event in again.finished().items()} == {"co/bad": "up_to_date"}
    assert again.code == 0
    none = synctui("sync", "state:failed", cwd=workspace.folder)
    assert (none.code, none.out) == (2, "")
    assert none.err == "synctui: `state:failed` matches no repo of this workspace\n"
    assert listed(workspace, "state:up_to_date") == ["co/bad", "co/good"]
    assert listed(workspace, "-state:up_to_date") == []
    assert (state.stat().st_mode & 0o777, (state / "synctui.db").stat().st_mode & 0o777) == (0o700, 0o600)
    assert sorted(path.name for path in state.iterdir()) == ["locks", "logs", "synctui.db"]


def test_a_kill_loses_nothing_that_had_ended(workspace: Workspace, ssh_stub: SshStub) -> None:
    quick = [f"q{n}" for n in range(6)]
    workspace.add(*quick, "slow", stub=ssh_stub)
    ssh_stub.hold("slow")
    ssh_stub.fail("q0", "git@stub: Permission denied (publickey).")
    process = start("sync", "--ndjson", "-j", "4", cwd=workspace.folder)
    assert process.stdout is not None
    for _ in quick:
        while '"repo_finished"' not in process.stdout.readline():
            pass
    process.kill()
    assert ended(process).code == -9

    assert listed(workspace, "state:failed") == ["co/q0"]
    assert listed(workspace, "state:up_to_date") == ["co/q1", "co/q2", "co/q3", "co/q4", "co/q5"]
    assert listed(workspace, "-state:failed") == [*(f"co/q{n}" for n in range(1, 6)), "co/slow"]


def test_two_processes_at_once_both_remember(workspace: Workspace, ssh_stub: SshStub) -> None:
    names = [f"r{n}" for n in range(8)]
    workspace.add(*names, stub=ssh_stub)
    ssh_stub.hold(*names)
    halves = [names[:4], names[4:]]
    processes = [start("sync", "-j", "4", *half, cwd=workspace.folder) for half in halves]
    ssh_stub.wait_running(8)
    ssh_stub.open_all()
    assert [ended(process).code for process in processes] == [0, 0]

    assert listed(workspace, "state:up_to_date") == [f"co/{name}" for name in names]


def test_what_a_signal_ended_is_remembered_as_cancelled(workspace: Workspace, ssh_stub: SshStub) -> None:
    workspace.add("runs", "waits", stub=ssh_stub)
    ssh_stub.hold("runs")
    process = start("sync", "-j", "1", cwd=workspace.folder)
    ssh_stub.wait_running(1)
    process.terminate()
    assert ended(process).code == -15

    assert listed(workspace, "state:cancelled") == ["co/runs"], "what never started was never tried"


@pytest.mark.parametrize("words", [(), ("state:failed",), ("-n", "state:failed")])
def test_a_damaged_file_stops_before_anything_is_fetched(
    workspace: Workspace, ssh_stub: SshStub, state: Path, words: tuple[str, ...]
) -> None:
    workspace.add("one", stub=ssh_stub)
    state.mkdir(parents=True)
    (state / "synctui.db").write_bytes(b"precious, but no database\n" * 100)

    ran = synctui("sync", *words, cwd=workspace.folder)

    assert (ran.code, ran.out) == (2, "")
    assert ran.err == (
        f"synctui: {state}/synctui.db: damaged: file is not a database; move it away to begin a new one\n"
    )
    assert ssh_stub.starts() == []
    assert (state / "synctui.db").read_bytes() == b"precious, but no database\n" * 100


@pytest.mark.parametrize("known", [False, True])
def test_a_full_disk_stops_before_anything_is_fetched(
    workspace: Workspace, ssh_stub: SshStub, state: Path, known: bool
) -> None:
    workspace.add("one", stub=ssh_stub)
    if known:
        assert synctui("sync", cwd=workspace.folder).code == 0

    ran = ended(start("sync", cwd=workspace.folder, prefix=("prlimit", "--fsize=0")))

    assert (ran.code, ran.out) == (2, "")
    assert ran.err.startswith(f"synctui: {state}/synctui.db: cannot be used: ")
    assert len(ran.err.splitlines()) == 1
    assert len(ssh_stub.starts()) == known


def test_a_result_that_cannot_be_kept_costs_no_repo(workspace: Workspace, state: Path) -> None:
    workspace.add("one", "two")
    assert synctui("sync", "one", cwd=workspace.folder).code == 0
    connection = sqlite3.connect(state / "synctui.db")
    connection.execute(
        "CREATE TRIGGER full BEFORE INSERT ON results BEGIN SELECT RAISE(ABORT, 'no room'); END"
    )
    connection.close()

    ran = synctui("sync", "--ndjson", cwd=workspace.folder)

    assert (ran.code, ran.run_finished["counts"]["up_to_date"]) == (0, 2)
    notices = [(event["level"], event["text"]) for event in ran.events if event["event"] == "notice"]
    assert notices == [("error", f"results are not remembered: {state}/synctui.db: cannot be used: no room")]


def test_a_dry_run_leaves_no_trace(workspace: Workspace, sandbox: Path, state: Path) -> None:
    workspace.add("behind")
    workspace.add("missing", cloned=False)
    add_commits(workspace.remotes["behind"], 1)
    before = content(sandbox)
    assert synctui("sync", "-n", cwd=workspace.folder).code == 0
    assert synctui("sync", "-n", "state:failed", cwd=workspace.folder).code == 2
    assert content(sandbox) == before

    shutil.rmtree(workspace.remotes["missing"].path)
    assert synctui("sync", cwd=workspace.folder).code == 1
    names = sorted(content(state))
    ran = synctui("sync", "-n", "--ndjson", "state:failed", cwd=workspace.folder)
    assert list(ran.finished()) == ["co/missing"]
    assert sorted(content(state)) == names
    assert listed(workspace, "state:synced") == ["co/behind"], "the dry run is no result"


def test_the_demo_touches_no_memory_of_the_person(sandbox: Path) -> None:
    before = content(sandbox)
    ran = synctui("demo", "--ndjson", "money", cwd=sandbox)
    assert {repo: event["state"] for repo, event in ran.finished().items()} == {"libs/money": "synced"}
    assert content(sandbox) == before


@pytest.mark.parametrize(("fetch_jobs", "warned"), [(8, False), (9, True)])
def test_a_crowd_of_submodules_is_warned_of(
    workspace: Workspace, sandbox: Path, fetch_jobs: int, warned: bool
) -> None:
    workspace.add("plain")
    url = workspace.remotes["plain"].url
    workspace.entry("deep", f'{{ url = "{url}", submodules = true }}')
    config = ["git", "config", "--global", "submodule.fetchJobs", str(fetch_jobs)]
    subprocess.run(config, check=True, env=os.environ)

    line = "synctui: jobs × submodule jobs = 2 × 9 = 18 > 16: lower --jobs or git's submodule.fetchJobs\n"
    assert synctui("sync", "-n", "-q", "-j", "2", cwd=workspace.folder).err == (line if warned else "")
    assert synctui("sync", "-n", "-q", "-j", "2", "plain", cwd=workspace.folder).err == ""


def test_two_forms_at_once_are_refused_and_a_flag_beats_a_variable(workspace: Workspace) -> None:
    workspace.add("one")
    for command in ("sync", "demo"):
        ran = synctui(command, "--json", "--ndjson", cwd=workspace.folder)
        assert (ran.code, ran.out) == (2, "")
        assert "--json and --ndjson" in ran.err
    ran = synctui("sync", "--json", cwd=workspace.folder, env={"SYNCTUI_NDJSON": "1"})
    assert ran.out.startswith("{")
    assert len(ran.out.splitlines()) == 1


def test_the_app_remembers_too_and_its_dry_run_does_not(
    workspace: Workspace, sandbox: Path, state: Path
) -> None:
    workspace.add("good", "gone")
    shutil.rmtree(workspace.remotes["gone"].path)

    def run_app(*args: str) -> int:
        with Terminal.start([SYNCTUI, "--start", "-j", "3", *args], cwd=workspace.folder) as terminal:
            terminal.wait_for("2 repos in ")
            terminal.press("+")
            terminal.wait_for("0/4")
            terminal.press("q")
            return terminal.wait_exit()

    before = content(sandbox)
    assert run_app("-n") == 1
    assert content(sandbox) == before
    assert run_app() == 1
    assert listed(workspace, "state:failed") == ["co/gone"]
    assert sorted(path.name for path in state.iterdir()) == ["locks", "logs", "memory.toml", "synctui.db"]
