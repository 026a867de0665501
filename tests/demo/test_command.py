"""`synctui demo` from outside; a few of its repositories are enough, the whole show takes half a minute."""

import json
import signal
import subprocess
from pathlib import Path

import pytest

from tests.kit import program
from tests.kit.processes import processes_with_env
from tests.kit.pty import Terminal


def start(tmp_path: Path, *args: str) -> "subprocess.Popen[str]":
    return program.start(
        "demo", *args, cwd=tmp_path, env={"TMPDIR": str(tmp_path), "DEMO_TEST": str(tmp_path)}
    )


def nothing_is_left(tmp_path: Path) -> bool:
    return list(tmp_path.iterdir()) == [] and processes_with_env("DEMO_TEST", str(tmp_path)) == {}


def test_a_run_without_a_screen_and_nothing_stays(tmp_path: Path, sandbox: Path) -> None:
    ran = program.ended(start(tmp_path, "--ndjson", "libs/money", "docs/runbooks", "infra/build-runners"))
    ends = {repo: (end["state"], end["reason"]) for repo, end in ran.finished().items()}
    assert ends == {
        "libs/money": ("synced", None),
        "docs/runbooks": ("failed", "not_found"),
        "infra/build-runners": ("failed", "auth"),
    }
    assert ran.code == 1
    assert nothing_is_left(tmp_path)
    assert [file for file in sandbox.rglob("*") if file.is_file()] == []


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_removes_everything(tmp_path: Path, number: signal.Signals) -> None:
    job = start(tmp_path, "--ndjson", "web/accounts", "web/search-page")
    assert job.stdout
    started = 0
    while started < 2:
        started += json.loads(job.stdout.readline())["event"] == "repo_started"
    job.send_signal(number)
    assert program.ended(job).code == -number
    assert nothing_is_left(tmp_path)


def test_ctrl_c_that_is_hammered_leaves_nothing_either(tmp_path: Path) -> None:
    job = start(tmp_path, "--ndjson", "web/accounts", "web/search-page")
    assert job.stdout
    while json.loads(job.stdout.readline())["event"] != "repo_started":
        pass
    while job.poll() is None:
        job.send_signal(signal.SIGINT)
    assert program.ended(job).code == -signal.SIGINT
    assert nothing_is_left(tmp_path)


def test_the_app_opens_started_and_leaves_nothing(tmp_path: Path) -> None:
    env = {"TMPDIR": str(tmp_path), "DEMO_TEST": str(tmp_path)}
    with Terminal.start(
        [program.SYNCTUI, "demo", "web/landing", "web/accounts"], env=env, cwd=tmp_path
    ) as terminal:
        terminal.wait_for("making a workspace of 40 repos")
        terminal.wait_for("= web/landing")
        terminal.press("ctrl+c", "ctrl+c")
        assert terminal.wait_exit() == -signal.SIGINT
        assert nothing_is_left(tmp_path)


def test_a_terminal_that_goes_away_while_the_folder_is_removed_leaves_nothing(tmp_path: Path) -> None:
    env = {"TMPDIR": str(tmp_path), "DEMO_TEST": str(tmp_path)}
    with Terminal.start([program.SYNCTUI, "demo", "web/landing"], env=env, cwd=tmp_path) as terminal:
        terminal.wait_for("= web/landing")
        (settings,) = tmp_path.glob("*/synctui.toml")
        terminal.press("q")
        while settings.exists():
            assert terminal.process.poll() is None
        terminal.hang_up()
        terminal.wait_exit()
        assert nothing_is_left(tmp_path)
