"""What was recorded, played in a real terminal."""

import os
import re
from pathlib import Path

import pytest

from tests.kit.processes import children_of
from tests.kit.program import SYNCTUI, Workspace, synctui
from tests.kit.pty import Terminal
from tests.kit.recorded import in_the_middle, simple
from tests.kit.repos import add_commits

TOP_SPEED = ["+"] * 6


@pytest.fixture
def recorded(workspace: Workspace) -> Path:
    """A run of real repos: five are brought up to date, one has news, one is gone and one is disabled."""
    workspace.add("a", "b", "c", "d", "e", "news", "gone")
    add_commits(workspace.remotes["news"], 2)
    workspace.entry("gone", f'"{workspace.folder}/nowhere.git"')
    workspace.entry("off", '{ url = "https://h/off.git", enabled = false }')
    ran = synctui("sync", "--ndjson", "--progress", "-j", "2", cwd=workspace.folder)
    assert ran.code == 1
    file = workspace.folder / "run.ndjson"
    file.write_text(ran.out)
    return file


def test_a_real_run_is_played_to_the_same_end(recorded: Path, tmp_path: Path, sandbox: Path) -> None:
    lines = recorded.read_text()
    counts = {"synced": 1, "up to date": 5, "failed": 1, "skipped": 1, "blocked": 0}
    assert '"synced":1,"up_to_date":5,"skipped":1,"blocked":0,"busy":0,"failed":1' in lines.splitlines()[-1]
    elsewhere = tmp_path / "elsewhere"  # no workspace file here or above, and no repo
    elsewhere.mkdir()
    before = sorted(sandbox.rglob("*"))
    with Terminal.start([SYNCTUI, "--replay", str(recorded)], cwd=elsewhere) as terminal:
        terminal.wait_for("replay ")  # which may be over as soon as it is drawn
        terminal.press(*TOP_SPEED)
        terminal.wait_for("replay over")
        screen = terminal.wait_for("8 repos in ")
        shown = dict(
            re.findall(
                r"[✓=✗–▲] (synced|up to date|failed|skipped|blocked) +(\d+)(?= |$)", screen, re.MULTILINE
            )
        )
        assert shown == {name: str(count) for name, count in counts.items()}
        assert "done 8/8" in screen
        assert not [name for name in children_of(terminal.process.pid).values() if "git" in name]
        terminal.press("q")
        assert terminal.wait_exit() == 0
    assert recorded.read_text() == lines
    assert sorted(sandbox.rglob("*")) == before, "a replay leaves nothing behind"


def test_paused_stepped_and_refused(tmp_path: Path) -> None:
    file = tmp_path / "run.ndjson"
    file.write_text(in_the_middle().text)
    with Terminal.start([SYNCTUI, "--replay", str(file)], cwd=tmp_path, size=(80, 24)) as terminal:
        terminal.wait_for("replay 1×")
        terminal.press("p")
        terminal.wait_for("replay paused")
        terminal.press("0")
        terminal.wait_for("replay paused  0:00 / 0:20")
        terminal.press(">")
        terminal.wait_for("0:10 / 0:20")
        terminal.press(".")
        terminal.wait_for("0:13 / 0:20")
        terminal.press("X")
        terminal.wait_for("this is a replay: nothing runs")
        terminal.press("0")
        terminal.wait_for("0:00 / 0:20")
        terminal.press("ctrl+c")
        assert terminal.wait_exit() == 0


@pytest.mark.parametrize(
    ("args", "env", "shown"),
    [
        ([], {}, "dracula +remembered"),
        ([], {"SYNCTUI_THEME": "nord"}, "nord +variable SYNCTUI_THEME"),
        (["--theme", "textual-light"], {"SYNCTUI_THEME": "nord"}, "textual-light +flag --theme"),
        ([], {"SYNCTUI_THEME": "no such", "SYNCTUI_JOBS": "7"}, "dracula +remembered"),
    ],
    ids=["remembered", "variable", "flag", "wrong"],
)
def test_the_theme_is_that_of_the_person_and_not_of_the_recording(
    tmp_path: Path, state: Path, args: list[str], env: dict[str, str], shown: str
) -> None:
    state.mkdir(parents=True, exist_ok=True)
    (state / "memory.toml").write_text('[settings]\ntheme = "dracula"\nstale_after = "1h"\n')
    (tmp_path / "run.ndjson").write_text(simple("a", "b").text)
    argv = [SYNCTUI, "--replay", "run.ndjson", *args]
    with Terminal.start(argv, cwd=tmp_path, env=env, size=(100, 40)) as terminal:
        terminal.wait_for("replay ")
        terminal.press(",")
        screen = terminal.wait_for(lambda screen: re.search(rf" theme +{shown}", screen) is not None)
        assert len(re.findall(r" default(?= |$)", screen, re.MULTILINE)) >= 8, "of a run nothing counts"
        terminal.press("escape")
        terminal.wait_for(lambda screen: "Settings ·" not in screen)
        terminal.press("q")
        assert terminal.wait_exit() == 0


def test_while_a_recording_comes_in_a_line_says_so(tmp_path: Path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    argv = ["sh", "-c", f"cat {pipe} | exec {SYNCTUI} --replay -"]
    with Terminal.start(argv, cwd=tmp_path) as terminal:
        terminal.wait_for("synctui: reading the recording…")
        pipe.write_text("no recording\n")
        screen = terminal.wait_for("no run is recorded")
        assert screen.startswith("synctui: --replay: stdin: no run is recorded in it; ")
        assert terminal.wait_exit() == 2


def test_a_recording_from_stdin_leaves_the_keys_to_the_terminal(tmp_path: Path) -> None:
    (tmp_path / "run.ndjson").write_text(simple("a", "b").text)
    argv = ["sh", "-c", f"cat run.ndjson | exec {SYNCTUI} --replay -"]
    with Terminal.start(argv, cwd=tmp_path) as terminal:
        terminal.wait_for("replay 1×")
        terminal.press(*TOP_SPEED)
        terminal.wait_for("replay over")
        terminal.press("q")
        assert terminal.wait_exit() == 0


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("", "no run is recorded in it"),
        ("synctui.toml is not here\n", "no run is recorded in it"),
        ("\x00\xff\xfe", "no run is recorded in it"),
        (simple("a").text.replace('"schema_version":1', '"schema_version":7'), "by a newer synctui"),
        (None, "No such file or directory"),
    ],
    ids=["empty", "text", "binary", "newer", "missing"],
)
def test_what_cannot_be_played_is_one_line(tmp_path: Path, text: str | None, why: str) -> None:
    if text is not None:
        (tmp_path / "r.ndjson").write_text(text, encoding="latin-1")
    ran = synctui("--replay", "r.ndjson", cwd=tmp_path)
    assert (ran.code, ran.out, len(ran.err.splitlines())) == (2, "", 1)
    assert ran.err.startswith("synctui: --replay: r.ndjson: ")
    assert why in ran.err


def test_a_folder_is_no_recording(tmp_path: Path) -> None:
    ran = synctui("--replay", ".", cwd=tmp_path)
    assert (ran.code, ran.err) == (2, "synctui: --replay: .: Is a directory\n")


INSTEAD = "; without one read the file itself: each line is an event"


def test_without_a_terminal_it_says_so(tmp_path: Path) -> None:
    (tmp_path / "run.ndjson").write_text(simple("a").text)
    ran = synctui("--replay", "run.ndjson", cwd=tmp_path)
    assert (ran.code, ran.out, ran.err) == (2, "", f"synctui: the app needs a terminal{INSTEAD}\n")


def test_a_dumb_terminal_is_called_by_its_name(tmp_path: Path) -> None:
    (tmp_path / "run.ndjson").write_text(simple("a").text)
    ran = synctui("--replay", "run.ndjson", cwd=tmp_path, env={"TERM": "dumb"})
    needed = "a terminal that can move its cursor, and TERM=dumb says it cannot"
    assert (ran.code, ran.out, ran.err) == (2, "", f"synctui: the app needs {needed}{INSTEAD}\n")


@pytest.mark.parametrize(
    "args",
    [
        ("web/",),
        ("-j", "4"),
        ("--start",),
        ("-c", "x.toml"),
        ("--dry-run",),
        ("--retry", "0"),
        ("-i", "web/"),
    ],
    ids=" ".join,
)
def test_what_belongs_to_a_run_is_refused(tmp_path: Path, args: tuple[str, ...]) -> None:
    (tmp_path / "run.ndjson").write_text(simple("a").text)
    ran = synctui("--replay", "run.ndjson", *args, cwd=tmp_path)
    named = {"-j": "--jobs", "-c": "--config", "-i": "--ignore-case"}.get(args[0], args[0])
    assert (ran.code, ran.out, len(ran.err.splitlines())) == (2, "", 1)
    assert ran.err.startswith("synctui: --replay shows what was recorded; ")
    assert named in ran.err


def test_only_the_app_replays(tmp_path: Path) -> None:
    ran = synctui("sync", "--replay", "run.ndjson", cwd=tmp_path)
    assert ran.code == 2
    assert ran.err.startswith("synctui: no such option: --replay")
