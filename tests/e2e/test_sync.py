"""`synctui sync` from outside: the installed program, real git, real processes."""

import json
import os
import shutil
import signal
import subprocess
from collections import Counter
from pathlib import Path

import pytest

from tests.kit.gate import SshStub
from tests.kit.processes import wait_until
from tests.kit.program import SYNCTUI, Ran, Workspace, ended, kill_unwatched, start, synctui
from tests.kit.pty import Terminal
from tests.kit.repos import add_commits, head
from tests.torture.servers import WebServer, status

STATES = ["synced", "up_to_date", "skipped", "blocked", "busy", "failed", "timed_out", "cancelled"]


def names(count: int) -> list[str]:
    return [f"r{n:02}" for n in range(count)]


def test_a_morning_with_thirty_repos(workspace: Workspace) -> None:
    behind, missing, gone, current = names(30)[:6], names(30)[6:11], names(30)[11:13], names(30)[13:]
    workspace.add(*behind, *gone, *current)
    workspace.add(*missing, cloned=False)
    for name in behind:
        add_commits(workspace.remotes[name], 3)
    for name in gone:
        shutil.rmtree(workspace.remotes[name].path)

    ran = synctui("sync", "--ndjson", "-j", "8", cwd=workspace.folder)

    assert ran.code == 1
    finished = ran.finished()
    assert Counter(event["event"] for event in ran.events)["repo_finished"] == len(finished) == 30
    seen = Counter((e["state"], e["reason"], e["action"], e["commits"]) for e in finished.values())
    assert seen == {
        ("synced", None, "fast_forward", 3): 6,
        ("synced", None, "clone", 1): 5,
        ("failed", "not_found", "fetch", 0): 2,
        ("up_to_date", None, "none", 0): 17,
    }
    for name in gone:
        assert f"co/{name}" in finished[f"co/{name}"]["advice"]
    for name in behind + missing + current:
        assert head(workspace.checkout(name)) == workspace.remotes[name].head
    last = ran.run_finished
    assert list(last["counts"]) == STATES
    assert last["total"] == sum(last["counts"].values()) == 30
    assert (last["exit_code"], last["commits"], last["interrupted"]) == (1, 23, False)
    assert ran.err.splitlines()[-1].startswith("30 repos in ")


def test_the_json_document_is_sorted_and_whole(workspace: Workspace) -> None:
    workspace.add("b", "a")
    ran = synctui("sync", "--json", cwd=workspace.folder)
    document = json.loads(ran.out)
    assert [repo["repo"] for repo in document["repos"]] == ["co/a", "co/b"]
    assert document["total"] == 2
    assert document["counts"] == dict.fromkeys(STATES, 0) | {"up_to_date": 2}
    assert ran.code == 0


def test_a_line_a_repo_and_a_summary(workspace: Workspace) -> None:
    workspace.add("good", "gone")
    shutil.rmtree(workspace.remotes["gone"].path)
    ran = synctui("sync", "-j", "1", cwd=workspace.folder)
    lines = ran.out.splitlines()
    assert lines[0].startswith("=  co/good  up_to_date")
    assert lines[1].startswith("✗  co/gone  failed      not found: ")
    assert lines[-1] == "try these again: synctui sync co/gone"
    again = synctui(*lines[-1].split()[4:], cwd=workspace.folder)
    assert (again.code, again.out.count("co/good")) == (1, 0)


@pytest.mark.parametrize("words", [["sync"], ["--start"]])
def test_a_narrow_terminal_breaks_no_word_of_the_counts(workspace: Workspace, words: list[str]) -> None:
    workspace.add("a", "b", "c")
    for name in "bc":
        shutil.rmtree(workspace.remotes[name].path)
    with Terminal.start([SYNCTUI, *words, "-j", "1"], cwd=workspace.folder, size=(44, 24)) as terminal:
        if words == ["--start"]:
            terminal.wait_for("3 repos in ")
            terminal.press("q")
        assert terminal.wait_exit() == 1
        told = terminal.raw().decode().rpartition("\x1b[?1049l")[2].splitlines()
    (at,) = [number for number, line in enumerate(told) if line.startswith("3 repos in ")]
    assert told[at].endswith(" s: 1 up to date, 2 failed (2")
    assert told[at + 1] == "  not found)"
    assert told[-1] == "try these again: synctui sync co/b co/c"


def test_quiet_says_nothing_where_all_is_well_and_exit_zero_hides_failures(workspace: Workspace) -> None:
    workspace.add("good")
    assert synctui("sync", "-q", cwd=workspace.folder).out == ""
    shutil.rmtree(workspace.remotes["good"].path)
    quiet = synctui("sync", "-q", "--exit-zero", cwd=workspace.folder)
    assert quiet.code == 0
    assert quiet.out.startswith("✗  co/good  failed")
    told = synctui("sync", "--json", "--exit-zero", cwd=workspace.folder)
    assert (told.code, json.loads(told.out)["exit_code"]) == (0, 0)


def test_an_empty_workspace_is_no_error(workspace: Workspace) -> None:
    workspace.write()
    ran = synctui("sync", "--ndjson", cwd=workspace.folder)
    assert (ran.code, ran.run_finished["total"]) == (0, 0)
    assert ran.run_finished["counts"] == dict.fromkeys(STATES, 0)
    told = synctui("sync", "--json", cwd=workspace.folder)
    document = json.loads(told.out)
    assert (told.code, document["total"], document["repos"]) == (0, 0, [])
    seen = synctui("status", "--json", cwd=workspace.folder)
    document = json.loads(seen.out)
    assert (seen.code, document["repos"], document["unacknowledged_failures"]) == (0, [], 0)


def test_one_wrong_entry_is_a_row_and_the_others_run(workspace: Workspace) -> None:
    workspace.add("good")
    workspace.entry("bad", '{ urll = "https://a.example/x.git" }')
    ran = synctui("sync", "--ndjson", cwd=workspace.folder)
    bad = ran.finished()["co/bad"]
    assert (bad["state"], bad["reason"]) == ("failed", "config")
    for part in ("synctui.toml", "bad", "urll", "url"):
        assert part in bad["message"]
    assert ran.finished()["co/good"]["state"] == "up_to_date"
    assert ran.code == 1


def test_disabled_is_skipped_and_said(workspace: Workspace) -> None:
    workspace.add("good")
    workspace.entry("off", '{ url = "https://a.example/x.git", enabled = false }')
    ran = synctui("sync", "--ndjson", cwd=workspace.folder)
    assert (ran.finished()["co/off"]["state"], ran.finished()["co/off"]["reason"]) == ("skipped", "disabled")
    assert ran.code == 0


def test_sixteen_at_once_on_two_cores(workspace: Workspace, ssh_stub: SshStub) -> None:
    workspace.add(*names(20), stub=ssh_stub)
    ssh_stub.hold(*names(20))
    process = start("sync", "-j", "16", cwd=workspace.folder, prefix=("taskset", "-c", "0,1"))
    ssh_stub.wait_running(16)
    ssh_stub.open_all()
    assert ended(process).code == 0
    assert ssh_stub.peak() == 16
    assert sorted(ssh_stub.starts()) == names(20)


def test_one_job_keeps_the_order_of_the_file(workspace: Workspace, ssh_stub: SshStub) -> None:
    order = ["m", "a", "z", "b"]
    workspace.add(*order, stub=ssh_stub)
    assert synctui("sync", "-j", "1", cwd=workspace.folder).code == 0
    assert ssh_stub.starts() == order
    assert ssh_stub.peak() == 1


def test_a_host_has_its_own_limit_and_the_others_go_on(workspace: Workspace, ssh_stub: SshStub) -> None:
    workspace.add("a1", "a2", "a3", stub=ssh_stub, host="a.example")
    workspace.add("b1", stub=ssh_stub, host="b.example")
    ssh_stub.hold("a1", "b1")
    process = start("sync", "-j", "4", "--host-jobs", "1", cwd=workspace.folder)
    assert ssh_stub.wait_running(2) == ["a1", "b1"]
    ssh_stub.open_all()
    assert ended(process).code == 0
    assert (ssh_stub.peak("a.example"), ssh_stub.peak("b.example")) == (1, 1)


def test_fail_fast_starts_nothing_more(workspace: Workspace, ssh_stub: SshStub) -> None:
    workspace.add(*names(5), stub=ssh_stub)
    ssh_stub.hold("r01")
    ssh_stub.fail("r00", "Permission denied (publickey).")
    process = start("sync", "-j", "2", "-x", "--ndjson", cwd=workspace.folder)
    assert process.stdout is not None
    for line in process.stdout:
        if '"event":"repo_finished"' in line:
            break
    ssh_stub.open_all()
    ran = ended(process)
    assert sorted(ssh_stub.starts()) == ["r00", "r01"]
    counts = ran.run_finished["counts"]
    assert (counts["failed"], counts["up_to_date"], counts["cancelled"]) == (1, 1, 3)


def test_dry_run_changes_nothing_and_tells_what_would_be(workspace: Workspace) -> None:
    workspace.add("behind", "current")
    workspace.add("missing", cloned=False)
    add_commits(workspace.remotes["behind"], 2)
    before = {path: path.stat().st_mtime_ns for path in workspace.folder.rglob("*")}
    ran = synctui("sync", "-n", "--ndjson", cwd=workspace.folder)
    assert {path: path.stat().st_mtime_ns for path in workspace.folder.rglob("*")} == before
    finished = ran.finished()
    assert {
        repo: (event["state"], event["action"], "dry_run" in event["notes"])
        for repo, event in finished.items()
    } == {
        "co/behind": ("synced", "fast_forward", True),
        "co/missing": ("synced", "clone", True),
        "co/current": ("up_to_date", "none", True),
    }


@pytest.mark.parametrize("value", ["0", "-3", "foo", "1.5", "4x"])
def test_a_bad_number_of_jobs_is_refused_by_name(workspace: Workspace, value: str) -> None:
    ran = synctui("sync", "-j", value, cwd=workspace.folder)
    assert ran.code == 2
    assert "--jobs" in ran.err
    assert ran.out == ""


@pytest.mark.parametrize(
    "flag", ["--stall-timeout", "--timeout", "--retry", "--limit", "--host-jobs", "--color"]
)
def test_every_value_flag_names_itself_when_it_is_wrong(workspace: Workspace, flag: str) -> None:
    ran = synctui("sync", flag, "nonsense", cwd=workspace.folder)
    assert ran.code == 2
    assert flag in ran.err


def test_a_bad_variable_warns_and_the_next_layer_counts(workspace: Workspace) -> None:
    workspace.settings = "jobs = 3"
    workspace.add("good")
    ran = synctui("sync", "--ndjson", cwd=workspace.folder, env={"SYNCTUI_JOBS": "lots"})
    assert (ran.events[0]["jobs"], ran.events[0]["jobs_source"]) == (3, "file")
    assert "SYNCTUI_JOBS" in ran.err.splitlines()[0]


def test_config_shows_which_layer_won(workspace: Workspace) -> None:
    workspace.settings = "jobs = 3\nretry = 1"
    workspace.write()
    ran = synctui("config", "--show", "-j", "5", cwd=workspace.folder, env={"SYNCTUI_TIMEOUT": "5m"})
    rows = dict(line.split(maxsplit=1) for line in ran.out.splitlines()[1:])
    assert [rows[key].split() for key in ("jobs", "retry", "timeout", "stall_timeout")] == [
        ["5", "flag"],
        ["1", "file"],
        ["300", "variable"],
        ["60", "default"],
    ]


def test_limit_counts_what_runs(workspace: Workspace) -> None:
    workspace.entry("off", '{ url = "https://a.example/x.git", enabled = false }')
    workspace.add(*names(4))
    counts = synctui("sync", "--limit", "2", "--ndjson", cwd=workspace.folder).run_finished["counts"]
    assert (counts["up_to_date"], counts["skipped"]) == (2, 1)


def test_no_clone_and_fetch_only(workspace: Workspace) -> None:
    workspace.add("behind")
    workspace.add("missing", cloned=False)
    add_commits(workspace.remotes["behind"], 1)
    before = head(workspace.checkout("behind"))
    ran = synctui("sync", "--no-clone", "--fetch-only", "--ndjson", cwd=workspace.folder)
    missing, behind = ran.finished()["co/missing"], ran.finished()["co/behind"]
    assert (missing["state"], missing["reason"]) == ("skipped", "not_cloned")
    assert (behind["state"], behind["action"], behind["behind"]) == ("synced", "fetch", 1)
    assert head(workspace.checkout("behind")) == before


def test_words_choose_and_a_wrong_word_is_named(workspace: Workspace) -> None:
    workspace.add("one", "two")
    workspace.entry("three", f'{{ url = "{workspace.remotes["one"].url}", tags = ["x"], enabled = false }}')
    assert list(synctui("sync", "--ndjson", "one", cwd=workspace.folder).finished()) == ["co/one"]
    assert list(synctui("sync", "--ndjson", "tag:x", cwd=workspace.folder).finished()) == ["co/three"]
    picked = synctui("sync", "--ndjson", "-tag:x", "-co/two", cwd=workspace.folder)
    assert picked.code == 2, "a negated name needs `--` before it"
    assert sorted(synctui("sync", "--ndjson", "-tag:x", cwd=workspace.folder).finished()) == [
        "co/one",
        "co/two",
    ]
    wrong = synctui("sync", "nowhere", cwd=workspace.folder)
    assert (wrong.code, "nowhere" in wrong.err) == (2, True)


def test_repos_are_found_where_there_is_no_file(workspace: Workspace) -> None:
    workspace.add("one", "two")
    (workspace.folder / "synctui.toml").unlink()
    ran = synctui("sync", "--ndjson", cwd=workspace.folder / "co")
    assert sorted(ran.finished()) == ["one", "two"]
    assert not (workspace.folder / "co/synctui.toml").exists()


def test_a_silent_remote_stalls_and_is_retried_as_often_as_asked(
    workspace: Workspace, ssh_stub: SshStub
) -> None:
    workspace.add("quiet", "good", stub=ssh_stub)
    ssh_stub.hang("quiet", grandchild=True)
    ran = synctui("sync", "--ndjson", "--stall-timeout", "1", "--retry", "1", cwd=workspace.folder)
    quiet = ran.finished()["co/quiet"]
    assert (quiet["state"], quiet["reason"], quiet["attempt"]) == ("timed_out", "stalled", 2)
    assert ran.finished()["co/good"]["state"] == "up_to_date"
    assert ssh_stub.starts().count("quiet") == 2
    assert ssh_stub.overlaps("quiet") == 0
    assert ssh_stub.processes() == {}


def test_time_in_the_queue_does_not_count(workspace: Workspace, ssh_stub: SshStub) -> None:
    workspace.add("hangs", "waits", stub=ssh_stub)
    ssh_stub.hang("hangs")
    ran = synctui("sync", "--ndjson", "-j", "1", "--timeout", "2", "--retry", "0", cwd=workspace.folder)
    hangs, waits = ran.finished()["co/hangs"], ran.finished()["co/waits"]
    assert (hangs["state"], hangs["reason"]) == ("timed_out", "deadline")
    assert waits["state"] == "up_to_date"
    assert waits["queued_ms"] >= 2000


def test_a_passing_fault_is_tried_again(workspace: Workspace, ssh_stub: SshStub) -> None:
    workspace.add("flaky", stub=ssh_stub)
    ssh_stub.fail("flaky", "kex_exchange_identification: Connection reset by peer", times=1)
    finished = synctui("sync", "--ndjson", cwd=workspace.folder).finished()["co/flaky"]
    assert (finished["state"], finished["attempt"]) == ("up_to_date", 2)


def test_a_host_that_is_asked_too_often_gets_fewer_jobs(workspace: Workspace, ssh_stub: SshStub) -> None:
    workspace.add(*names(6), stub=ssh_stub)
    ssh_stub.fail("r00", "remote: 429 Too Many Requests", times=1)
    ssh_stub.hold(*names(6)[1:])
    process = start("sync", "--ndjson", "-j", "4", cwd=workspace.folder)
    assert process.stdout is not None
    lines = [""]
    while '"limit_changed"' not in lines[-1]:
        lines.append(process.stdout.readline())
    ssh_stub.open_all()
    ran = ended(process)
    run = Ran(ran.code, "".join(lines) + ran.out, ran.err)
    assert {repo["state"] for repo in run.finished().values()} == {"up_to_date"}
    changes = [event for event in run.events if event["event"] == "limit_changed"]
    host = run.finished()["co/r00"]["host"]
    assert {event["host"] for event in changes} == {host}
    assert [(event["was"], event["jobs"], event["by"]) for event in changes] == [
        (4, 2, "rate_limit"),
        (2, 3, "recovery"),  # after two answers; that it does not bear four is known
    ]
    ssh_stub.fail("r00", "remote: 429 Too Many Requests", times=1)
    told = synctui("sync", "-j", "4", cwd=workspace.folder)
    assert f"{host} asks for less: 2 jobs at a time, before 4" in told.err.splitlines()


def test_there_are_pauses_between_attempts(workspace: Workspace, ssh_stub: SshStub) -> None:
    workspace.add("asked", stub=ssh_stub)
    ssh_stub.fail("asked", "remote: 429 Too Many Requests")
    finished = synctui("sync", "--ndjson", "--retry", "2", cwd=workspace.folder).finished()["co/asked"]
    assert (finished["reason"], finished["attempt"]) == ("rate_limited", 3)
    at = [line["ns"] / 1e9 for line in ssh_stub.log() if line["event"] == "start"]
    assert at[1] - at[0] >= 0.7
    assert at[2] - at[1] >= 1.4


def test_a_login_failure_is_not(workspace: Workspace, ssh_stub: SshStub) -> None:
    workspace.add("locked", stub=ssh_stub)
    ssh_stub.fail("locked", "git@stub: Permission denied (publickey).")
    finished = synctui("sync", "--ndjson", cwd=workspace.folder).finished()["co/locked"]
    assert (finished["state"], finished["reason"], finished["attempt"]) == ("failed", "auth", 1)
    assert ssh_stub.starts() == ["locked"]


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGQUIT])
def test_a_signal_ends_everything_and_is_what_we_die_of(
    workspace: Workspace, ssh_stub: SshStub, number: signal.Signals
) -> None:
    workspace.add("done", *names(12), stub=ssh_stub)
    ssh_stub.hold(*names(12))
    process = start("sync", "--ndjson", "-j", "4", cwd=workspace.folder)
    wait_until(lambda: ssh_stub.running() == names(4), "the quick one to be through")
    process.send_signal(number)
    ran = ended(process)
    assert ran.code == -number
    last = ran.run_finished
    assert (last["interrupted"], last["total"]) == (True, 13)
    assert (last["counts"]["up_to_date"], last["counts"]["cancelled"]) == (1, 12)
    reasons = {event["reason"] for event in ran.finished().values() if event["state"] == "cancelled"}
    assert reasons == {"signal"}
    assert len([line for line in ran.err.splitlines() if "13 repos" in line]) == 1
    assert ssh_stub.processes() == {}


def test_a_shell_chain_stops_with_us(workspace: Workspace, ssh_stub: SshStub) -> None:
    workspace.add("held", stub=ssh_stub)
    ssh_stub.hold("held")
    shell = subprocess.Popen(
        ["bash", "-c", f"{SYNCTUI} sync; echo NEXT"],
        cwd=workspace.folder,
        stdout=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    ssh_stub.wait_running(1)
    os.killpg(shell.pid, signal.SIGINT)
    out, _ = shell.communicate(timeout=20)
    assert shell.returncode == -signal.SIGINT
    assert "NEXT" not in out


def test_a_reader_that_leaves_ends_the_run_without_a_traceback(
    workspace: Workspace, ssh_stub: SshStub
) -> None:
    workspace.add(*names(4), stub=ssh_stub)
    ssh_stub.hold(*names(4))
    process = start("sync", "--ndjson", cwd=workspace.folder)
    ssh_stub.wait_running(4)
    assert process.stdout is not None
    assert '"run_started"' in process.stdout.readline()
    process.stdout.close()
    assert process.stderr is not None
    assert process.stderr.read() == ""
    process.stderr.close()
    assert process.wait(20) == -signal.SIGPIPE
    assert ssh_stub.processes() == {}


def test_the_first_event_comes_while_the_slowest_still_runs(workspace: Workspace, ssh_stub: SshStub) -> None:
    workspace.add("slow", "quick", stub=ssh_stub)
    ssh_stub.hold("slow")
    process = start("sync", "--ndjson", cwd=workspace.folder)
    assert process.stdout is not None
    for line in process.stdout:
        event = json.loads(line)
        if event["event"] == "repo_finished":
            break
    assert event["repo"] == "co/quick"
    ssh_stub.open_all()
    assert ended(process).code == 0


def test_two_runs_at_once_meet_at_the_lock(workspace: Workspace, ssh_stub: SshStub) -> None:
    workspace.add("shared", stub=ssh_stub)
    ssh_stub.hold("shared")
    first = start("sync", "--ndjson", cwd=workspace.folder)
    ssh_stub.wait_running(1)
    second = synctui("sync", "--ndjson", cwd=workspace.folder)
    busy = second.finished()["co/shared"]
    assert (second.code, busy["state"]) == (1, "busy")
    assert str(first.pid) in busy["message"]
    ssh_stub.open_all()
    assert ended(first).code == 0
    assert (ssh_stub.starts(), ssh_stub.overlaps("shared")) == (["shared"], 0)


def test_a_link_and_a_worktree_are_never_synced_beside_their_repo(
    workspace: Workspace, ssh_stub: SshStub
) -> None:
    workspace.add("main", stub=ssh_stub)
    checkout = workspace.checkout("main")
    subprocess.run(
        ["git", "worktree", "add", "-q", "-b", "side", "../tree"],
        cwd=checkout,
        check=True,
        capture_output=True,
    )
    workspace.entry("tree", f'"{ssh_stub.url(workspace.remotes["main"])}"')
    ran = synctui("sync", "--ndjson", "-j", "4", cwd=workspace.folder)
    assert {repo: event["state"] for repo, event in ran.finished().items()} == {
        "co/main": "up_to_date",
        "co/tree": "up_to_date",
    }
    assert (len(ssh_stub.starts()), ssh_stub.overlaps("main")) == (2, 0)


def test_progress_events_come_only_when_asked_for(workspace: Workspace, ssh_stub: SshStub) -> None:
    workspace.add("big", stub=ssh_stub, cloned=False)
    ssh_stub.trickle("big", chunk=200, pause=0.2)
    plain = synctui("sync", "--ndjson", cwd=workspace.folder)
    assert {event["event"] for event in plain.events} == {
        "run_started",
        "repo_started",
        "repo_finished",
        "run_finished",
    }
    shutil.rmtree(workspace.checkout("big"))
    ran = synctui("sync", "--ndjson", "--progress", cwd=workspace.folder)
    kinds = [event["event"] for event in ran.events]
    assert kinds[:3] == ["run_started", "repo_queued", "repo_started"]
    progress = [event for event in ran.events if event["event"] == "repo_progress"]
    assert progress
    assert set(progress[0]) - {"schema_version", "event", "time", "run"} == {
        "repo",
        "phase",
        "percent",
        "bytes",
        "rate",
    }


def test_a_missing_git_is_said_for_every_repo(workspace: Workspace) -> None:
    workspace.add("one")
    ran = synctui("sync", "--ndjson", cwd=workspace.folder, env={"PATH": "/nonexistent"})
    assert (ran.code, ran.finished()["co/one"]["reason"]) == (1, "git_missing")


def test_an_unusable_state_folder_stops_before_anything_is_fetched(
    workspace: Workspace, ssh_stub: SshStub, tmp_path: Path
) -> None:
    workspace.add("one", stub=ssh_stub)
    (tmp_path / "file").touch()
    ran = synctui("sync", cwd=workspace.folder, env={"XDG_STATE_HOME": str(tmp_path / "file")})
    assert ran.code == 2
    assert ran.err.startswith(f"synctui: {tmp_path}/file/synctui: ")
    assert ssh_stub.starts() == []


def test_without_a_terminal_the_app_says_what_to_use(workspace: Workspace) -> None:
    workspace.write()
    ran = synctui(cwd=workspace.folder)
    assert (ran.code, "synctui sync" in ran.err) == (2, True)


def test_the_module_is_the_same_program(workspace: Workspace) -> None:
    python = Path(SYNCTUI).with_name("python")
    done = subprocess.run(
        [str(python), "-m", "tui", "--version"],
        cwd=workspace.folder,
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout == synctui("--version", cwd=workspace.folder).out


def test_what_a_killed_run_leaves_at_work_is_ended_by_the_next(
    workspace: Workspace, ssh_stub: SshStub
) -> None:
    workspace.add("one", "two", stub=ssh_stub)
    ssh_stub.hold("one", "two")
    process = start("sync", cwd=workspace.folder)
    ssh_stub.wait_running(2)
    kill_unwatched(process)
    assert ssh_stub.processes()
    ssh_stub.open_all()
    ran = synctui("sync", "--ndjson", cwd=workspace.folder)
    assert {end["state"] for end in ran.finished().values()} == {"up_to_date"}
    assert ssh_stub.processes() == {}


def test_the_summary_names_the_command_that_logs_in_at_each_server(tmp_path: Path) -> None:
    folder = tmp_path / "w"
    folder.mkdir()
    refuse = status(401, WWW_Authenticate='Basic realm="here"')
    with WebServer(tmp_path, answer=refuse) as first, WebServer(tmp_path, answer=refuse) as second:
        (folder / "synctui.toml").write_text(
            f'[workspaces."."]\na = "{first.url}/a.git"\nb = "{first.url}/b.git"\nc = "{second.url}/c.git"\n'
        )
        ran = synctui("sync", cwd=folder)
    keeps = "git config --global credential.helper cache"
    assert [line for line in ran.out.splitlines() if line.startswith("login at")] == [
        f"login at {server} for {count}: git keeps no login for {server}: {keeps};"
        f" then log in once: git ls-remote {server}/{name}.git; then: synctui sync {again}"
        for server, count, name, again in (
            (first.url, "2 repos", "a", "w/a w/b"),
            (second.url, "1 repo", "c", "w/c"),
        )
    ]
