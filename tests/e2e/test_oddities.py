"""A world that is not as a program expects it: closed streams, full disks, folders that are gone."""

import subprocess
from pathlib import Path

import pytest

from tests.kit.program import SYNCTUI, Workspace, ended, start, synctui
from tests.torture import ordinary


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    workspace = Workspace(tmp_path / "w")
    workspace.add("one")
    return workspace


def shell(command: str, cwd: Path) -> tuple[int, str, str]:
    """Exit code, stdout and stderr of a line of shell in which $S is the program."""
    done = subprocess.run(
        ["bash", "-c", command.replace("$S", SYNCTUI)], cwd=cwd, capture_output=True, text=True, check=False
    )
    return done.returncode, done.stdout, done.stderr


@pytest.mark.parametrize("streams", [">&-", "2>&-", "<&-", ">&- 2>&- <&-"])
def test_a_closed_stream_is_no_traceback(workspace: Workspace, streams: str) -> None:
    assert shell(f"$S sync {streams}", workspace.folder)[::2] == (0, "")
    code, _, err = shell(f"$S {streams}", workspace.folder)
    assert (code, "Traceback" in err) == (2, False)


@pytest.mark.parametrize("command", ["sync", "sync --json", "sync --ndjson", "list", "config --show"])
def test_a_full_disk_under_stdout_is_one_line(workspace: Workspace, command: str) -> None:
    code, _, err = shell(f"$S {command} > /dev/full", workspace.folder)
    assert code == 1
    assert err.splitlines()[0].endswith("No space left on device")
    assert "Traceback" not in err


def test_a_folder_that_is_gone_is_said(tmp_path: Path) -> None:
    gone = tmp_path / "gone"
    gone.mkdir()
    code, _, err = shell("rmdir ../gone; $S list", gone)
    assert (code, err) == (2, "synctui: the current folder is gone; go to another one\n")


@pytest.mark.parametrize("word", ["", " "])
def test_an_empty_word_is_not_everything(workspace: Workspace, word: str) -> None:
    ran = synctui("sync", word, cwd=workspace.folder)
    assert (ran.code, ran.out) == (2, "")
    assert ran.err == "synctui: an empty word names no repo; `synctui list` shows them\n"


def test_few_open_files_are_made_enough(workspace: Workspace) -> None:
    workspace.add(*(f"r{n}" for n in range(40)))
    code, out, _ = shell("ulimit -Sn 128; $S sync -j 40 -q", workspace.folder)
    assert (code, out) == (0, "")


def test_a_memory_that_cannot_be_written_stops_before_anything_is_fetched(
    workspace: Workspace, sandbox: Path
) -> None:
    assert synctui("sync", cwd=workspace.folder).code == 0
    database = sandbox / ".local/state/synctui/synctui.db"
    database.chmod(0o400)
    ran = ended(start("sync", cwd=workspace.folder, prefix=ordinary.PREFIX))
    assert (ran.code, ran.out) == (2, "")
    assert ran.err.startswith(f"synctui: {database}: cannot be used: ")


def test_each_mistake_of_an_entry_has_its_line(workspace: Workspace) -> None:
    workspace.entry("odd", '{ url = 3, tags = "x" }')
    out = synctui("sync", cwd=workspace.folder).out.splitlines()
    file = f"{workspace.folder}/synctui.toml"
    assert [line for line in out if "tags" in line] == [
        f'[co/odd] {file}: entry co/odd: tags = "x"; allowed: a list of words without blanks'
    ]
    assert f"config: {file}: entry co/odd: url = 3; allowed: https://" in out[0]


def test_a_file_without_workspaces_is_wrong(workspace: Workspace) -> None:
    (workspace.folder / "synctui.toml").write_text('[workspace."w"]\n')
    ran = synctui("sync", cwd=workspace.folder)
    assert (ran.code, ran.out) == (2, "")
    assert 'unknown key "workspace" (did you mean "workspaces"?)' in ran.err


def test_a_checkout_that_nobody_may_read_costs_no_other_one(workspace: Workspace) -> None:
    workspace.add("two")
    workspace.checkout("one").chmod(0)
    try:
        ran = ended(start("sync", "--ndjson", cwd=workspace.folder, prefix=ordinary.PREFIX))
    finally:
        workspace.checkout("one").chmod(0o755)
    ends = {repo: (end["state"], end["reason"]) for repo, end in ran.finished().items()}
    assert ends == {"co/one": ("failed", "corrupt"), "co/two": ("up_to_date", None)}
    assert ran.finished()["co/one"]["message"] == f"cannot be read: {workspace.checkout('one')}/.git"
