"""The log of a run, from outside: every front end makes one, and it has what they say."""

import json
import shutil
from pathlib import Path

import pytest

from tests.kit.gate import SshStub
from tests.kit.program import SYNCTUI, Workspace, ended, start, synctui
from tests.kit.pty import Terminal


@pytest.fixture
def logs(sandbox: Path) -> Path:
    return sandbox / ".local/state/synctui/logs"


def test_it_has_every_line_of_the_output_and_the_output_of_git(
    workspace: Workspace, ssh_stub: SshStub, logs: Path
) -> None:
    workspace.add("good", "bad-and-longer", stub=ssh_stub)
    ssh_stub.fail("bad-and-longer", "one\nhttps://me:hunter2@a.example/x.git\nPermission denied (publickey).")
    ran = synctui("sync", cwd=workspace.folder)
    assert (ran.code, ran.err) == (1, "")
    [log] = logs.iterdir()
    assert (logs.stat().st_mode & 0o777, log.stat().st_mode & 0o777) == (0o700, 0o600)
    text = log.read_text()
    lines = text.splitlines()
    said = ran.out.splitlines()
    assert f"log: ~/.local/state/synctui/logs/{log.name}" in said
    assert [line for line in said if not line.startswith("log: ") and line not in lines] == []
    assert f"run {log.stem}" in lines[:6]
    assert "workspace " in text
    output = [line for line in lines if line.startswith("[co/bad-and-longer] ")]
    assert "[co/bad-and-longer] one" in output
    assert "[co/bad-and-longer] https://a.example/x.git" in output
    assert "hunter2" not in text
    [advice] = [line for line in output if "advice: " in line]
    assert f"co/bad-and-longer: {advice.partition('advice: ')[2]}" in ran.out

    told = synctui("log", log.stem, cwd=workspace.folder).out.splitlines()
    assert told[-1] == f"log: ~/.local/state/synctui/logs/{log.name}"
    assert len(told) == 3
    log.unlink()
    assert len(synctui("log", log.stem, cwd=workspace.folder).out.splitlines()) == 2


def test_the_run_that_only_skips_has_one_as_well(workspace: Workspace, logs: Path) -> None:
    workspace.entry("off", '{ url = "https://never.invalid/x.git", enabled = false }')
    assert synctui("sync", "--ndjson", cwd=workspace.folder).code == 0
    [log] = logs.iterdir()
    assert "skipped" in log.read_text()
    assert synctui("log", log.stem, cwd=workspace.folder).out == (
        f"log: ~/.local/state/synctui/logs/{log.name}\n"
    )


def test_a_run_that_went_well_and_the_forms_for_programs_do_not_name_it(
    workspace: Workspace, logs: Path
) -> None:
    workspace.add("good", "gone")
    shutil.rmtree(workspace.remotes["gone"].path)
    assert "log: " not in synctui("sync", "good", cwd=workspace.folder).out
    assert "log: " in synctui("sync", "-q", cwd=workspace.folder).out
    for form in ("--ndjson", "--json"):
        ran = synctui("sync", form, cwd=workspace.folder)
        assert "/logs/" not in ran.out + ran.err
    assert len(list(logs.iterdir())) == 4


def test_a_dry_run_makes_none(workspace: Workspace, logs: Path) -> None:
    workspace.add("gone")
    shutil.rmtree(workspace.remotes["gone"].path)
    ran = synctui("sync", "-n", cwd=workspace.folder)
    assert "log: " not in ran.out
    assert not logs.exists()


def test_a_kill_loses_no_line_of_what_had_ended(workspace: Workspace, ssh_stub: SshStub, logs: Path) -> None:
    quick = [f"q{n}" for n in range(6)]
    workspace.add(*quick, "slow", stub=ssh_stub)
    ssh_stub.hold("slow")
    process = start("sync", "--ndjson", "-j", "4", cwd=workspace.folder)
    assert process.stdout is not None
    for _ in quick:
        while '"repo_finished"' not in process.stdout.readline():
            pass
    process.kill()
    assert ended(process).code == -9
    [log] = logs.iterdir()
    found = [line.split()[1] for line in log.read_text().splitlines() if line.startswith("=  ")]
    assert sorted(found) == [f"co/{name}" for name in quick]


def test_the_log_of_what_a_signal_ended_names_all(
    workspace: Workspace, ssh_stub: SshStub, logs: Path
) -> None:
    names = [f"r{n}" for n in range(5)]
    workspace.add(*names, stub=ssh_stub)
    ssh_stub.hold(*names)
    process = start("sync", "-j", "2", cwd=workspace.folder)
    ssh_stub.wait_running(2)
    process.terminate()
    assert ended(process).code == -15
    [log] = logs.iterdir()
    lines = log.read_text().splitlines()
    assert sorted(line.split()[1] for line in lines if line.startswith("⊘  ")) == [f"co/{n}" for n in names]
    assert lines[-2].startswith("5 repos interrupted after ")
    assert lines[-1].startswith("try these again: ")


def test_each_pass_of_a_watch_has_one(workspace: Workspace, logs: Path) -> None:
    workspace.add("one")
    process = start("watch", "--every", "1s", "--ndjson", cwd=workspace.folder)
    assert process.stdout is not None
    passes = []
    while len(passes) < 2:
        event = json.loads(process.stdout.readline())
        if event["event"] == "run_finished":
            passes.append(event["run"])
    process.terminate()
    ended(process)
    assert set(passes) <= {log.stem for log in logs.iterdir()}


def test_a_folder_for_logs_that_cannot_be_had_costs_no_repo(workspace: Workspace, logs: Path) -> None:
    workspace.add("one", "two")
    logs.parent.mkdir(parents=True)
    logs.write_text("in the way")
    ran = synctui("sync", "--ndjson", cwd=workspace.folder)
    assert (ran.code, ran.run_finished["counts"]["up_to_date"]) == (0, 2)
    [notice] = [event for event in ran.events if event["event"] == "notice"]
    assert notice["text"].startswith(f"this run has no whole log: {logs}: no usable state folder: ")
    assert logs.read_text() == "in the way"


def test_the_app_makes_one_and_names_it_when_it_is_left(workspace: Workspace, logs: Path) -> None:
    workspace.add("good", "gone")
    shutil.rmtree(workspace.remotes["gone"].path)
    with Terminal.start([SYNCTUI, "--start"], cwd=workspace.folder) as terminal:
        terminal.wait_for("2 repos in ")
        [log] = logs.iterdir()
        marks = [line[0] for line in log.read_text().splitlines() if " co/" in line[:6]]
        assert sorted(marks) == ["=", "✗", "✗"], "each end, and the summary"
        terminal.press("q")
        terminal.wait_for(f"log: ~/.local/state/synctui/logs/{log.name}")
        assert terminal.wait_exit() == 1
