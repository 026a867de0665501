"""`synctui doctor` from outside: each check is made to fail for real, and nothing is changed by the look."""

import json
import os
import resource
import shutil
import socket
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from tests.kit.program import SYNCTUI, Ran, Workspace, ended, start, synctui
from tests.kit.pty import Terminal
from tests.kit.repos import git
from tests.torture import ordinary
from tui.git.checkup import Level
from tui.git.env import files_needed
from tui.headless.check_terminal import check_processes
from tui.store import check_disks
from tui.store.history import History

Found = dict[str, list[dict[str, Any]]]
PLAIN = {
    "SSH_AUTH_SOCK": "",
    "GIT_SSH": "",
    "GIT_SSH_COMMAND": "",
    "TMUX": "",
    "STY": "",
    "LC_ALL": "C.UTF-8",
}


def doctor(
    workspace: Workspace, code: int, env: Mapping[str, str] | None = None, *, prefix: tuple[str, ...] = ()
) -> Found:
    """What it found, by check."""
    process = start("doctor", "--json", cwd=workspace.folder, env=PLAIN | (env or {}), prefix=prefix)
    ran = ended(process)
    assert (ran.code, ran.err) == (code, ""), ran
    told = json.loads(ran.out)
    assert (told["schema_version"], told["ok"]) == (1, code == 0)
    found: Found = {}
    for one in told["checks"]:
        found.setdefault(one["check"], []).append(one)
    return found


def levels(found: Found, *checks: str) -> dict[str, list[str]]:
    return {check: [one["level"] for one in found[check]] for check in checks}


def stub(folder: Path, name: str, script: str) -> str:
    """A program in front of all others; returns the PATH."""
    folder.mkdir(exist_ok=True)
    (folder / name).write_text(f"#!/bin/sh\n{script}\n")
    (folder / name).chmod(0o755)
    return f"{folder}{os.pathsep}{os.environ['PATH']}"


def contents(*folders: Path) -> dict[str, bytes]:
    return {
        str(file): file.read_bytes() for folder in folders for file in folder.rglob("*") if file.is_file()
    }


def test_where_nothing_is_wrong_it_says_so_and_changes_nothing(workspace: Workspace, sandbox: Path) -> None:
    workspace.add("one", "two")
    assert not (sandbox / ".local").exists()
    found = doctor(workspace, 0)
    assert found["state folder"][0]["found"] == "~/.local/state/synctui, which the first run makes"
    assert not (sandbox / ".local").exists()
    assert synctui("sync", cwd=workspace.folder).code == 0
    before = contents(workspace.folder, sandbox)
    ran = synctui("doctor", cwd=workspace.folder, env=PLAIN)
    assert contents(workspace.folder, sandbox) == before
    assert (ran.code, ran.err) == (0, "")
    lines = ran.out.splitlines()
    assert lines[-2:] == ["", "nothing here would trip synctui"]
    assert f"✓ git           {git(workspace.folder, 'version').split()[2]} ({shutil.which('git')})" in lines
    assert f"✓ workspace     {workspace.folder}/synctui.toml: 2 repos listed there" in lines
    assert "✓ state folder  ~/.local/state/synctui: writable, mode 0700, its locks (flock) hold" in lines
    assert "✓ database      ~/.local/state/synctui/synctui.db: healthy" in lines
    assert "✓ owners        the checkouts are yours (2)" in lines
    assert "– ssh agent     none: SSH_AUTH_SOCK is not set; no entry uses ssh" in lines
    at = lines.index("– terminal      none at stdin and stderr: the app cannot open here")
    assert lines[at + 1] == "                → synctui sync"


@pytest.mark.parametrize(
    ("script", "found"),
    [
        ("", "not found on PATH"),
        ("echo git version 2.17.1", "2.17.1 ({git}) is older than 2.35"),
        (
            "echo xcode-select: no tools >&2; exit 1",
            "{git} does not tell its version: xcode-select: no tools",
        ),
        ("exec sleep 60", "`git version` does not answer"),
    ],
    ids=["none", "old", "broken", "silent"],
)
def test_a_git_that_does_not_serve(workspace: Workspace, tmp_path: Path, script: str, found: str) -> None:
    workspace.add("one")
    bin_ = tmp_path / "bin"
    path = stub(bin_, "git", script)
    if not script:
        (bin_ / "git").unlink()
        path = str(bin_)
    one = doctor(workspace, 1, {"PATH": path})["git"][0]
    assert (one["level"], one["found"]) == ("problem", found.format(git=bin_ / "git"))


def test_logins_that_will_not_work(workspace: Workspace, sandbox: Path, tmp_path: Path) -> None:
    workspace.entry("web", '"https://a.invalid/x.git"')
    workspace.entry("open", '"https://b.invalid/x.git"')
    workspace.entry("url", '"https://ann:pw@c.invalid/x.git"')
    workspace.entry("work", '"git@d.invalid:x.git"')
    (sandbox / ".gitconfig").write_text(
        '[credential "https://a.invalid"]\n\thelper = nowhere\n[core]\n\tfsmonitor = true\n[color]\n\tui = always\n'
        '[url "ssh://e.invalid/"]\n\tinsteadOf = https://b.invalid/\n'
    )
    dead = tmp_path / "agent"
    with socket.socket(socket.AF_UNIX) as gone:
        gone.bind(str(dead))
    path = stub(
        tmp_path / "bin",
        "ssh",
        f'echo "OpenSSH_9.9" >&2\necho "controlmaster auto\ncontrolpath {tmp_path}/cm/x"',
    )
    env = {"SSH_AUTH_SOCK": str(dead), "GIT_ASKPASS": "/bin/false", "PATH": path}
    found = doctor(workspace, 1, env)
    assert [(one["level"], one["found"]) for one in found["logins"]] == [
        (
            "warning",
            "https://a.invalid: the credential helper nowhere is not there: no git-credential-nowhere",
        ),
        ("ok", "https://c.invalid: by the URL"),
        ("note", "GIT_ASKPASS is left out of runs, which ask nothing"),
    ]
    assert [(one["level"], one["found"], one["helps"]) for one in found["ssh"][1:]] == [
        (
            "problem",
            f"{host}.invalid: ControlPath lies in {tmp_path}/cm, which is not there or not writable",
            f"mkdir -p -m 700 {tmp_path}/cm",
        )
        for host in ("e", "d")
    ]
    [agent] = found["ssh agent"]
    assert (agent["level"], agent["found"]) == ("warning", f"nobody answers at {dead}")
    assert found["git settings"][0]["found"] == "in runs core.fsmonitor = true counts as false"
    assert "pw" not in json.dumps(found)


def test_an_agent_and_a_program_in_the_place_of_ssh(workspace: Workspace, tmp_path: Path) -> None:
    workspace.entry("work", '"git@d.invalid:x.git"')
    with socket.socket(socket.AF_UNIX) as agent:
        agent.bind(str(tmp_path / "agent"))
        agent.listen()
        for code, level, found in ((0, "ok", "2 keys"), (1, "warning", "has no keys")):
            path = stub(tmp_path / "bin", "ssh-add", f"echo one; echo two; exit {code}")
            env = {"SSH_AUTH_SOCK": f"{tmp_path}/agent", "PATH": path, "GIT_SSH_COMMAND": "nossh -v"}
            told = doctor(workspace, 1, env)
            [one] = told["ssh agent"]
            assert (one["level"], one["found"]) == (level, found)
    [one] = told["ssh"]
    assert one["found"] == "GIT_SSH_COMMAND names nossh, which is not there"
    assert (one["level"], one["helps"]) == ("problem", "unset GIT_SSH_COMMAND")


def test_limits_locale_and_database(workspace: Workspace, state: Path) -> None:
    workspace.add("one", "two")
    assert synctui("sync", cwd=workspace.folder).code == 0
    (state / "synctui.db").write_bytes(b"SQLite format 3\0" + b"x" * 5000)
    state.chmod(0o755)
    prefix = ("sh", "-c", 'ulimit -n 128; exec "$@"', "sh")
    found = doctor(workspace, 1, {"LC_ALL": "C", "SYNCTUI_JOBS": "64"}, prefix=prefix)
    assert levels(found, "open files", "locale", "database", "state folder") == {
        "open files": ["problem"],
        "locale": ["warning"],
        "database": ["problem"],
        "state folder": ["warning"],
    }
    assert found["open files"][0]["helps"].startswith(f"ulimit -n {files_needed(64)} ")
    assert found["locale"][0]["helps"] == "unset LC_ALL; export LANG=C.UTF-8"
    file = state / "synctui.db"
    assert found["database"][0]["found"].startswith(f"{file}: damaged: ")
    assert found["database"][0]["helps"] == f"mv {file} {file}.damaged"
    assert found["state folder"][0]["helps"] == f"chmod 700 {state}"


def test_a_state_folder_that_keeps_nothing_or_locks_nothing(
    workspace: Workspace, state: Path, tmp_path: Path
) -> None:
    workspace.add("one")
    state.mkdir(parents=True, mode=0o700)
    state.chmod(0o500)
    one = doctor(workspace, 1, prefix=ordinary.PREFIX)["state folder"][0]
    assert (one["level"], one["helps"]) == ("problem", f"ls -ld {state}")
    state.chmod(0o700)
    (state / "locks").mkdir(mode=0o500)
    with History.open(state / "synctui.db"):
        (state / "synctui.db").chmod(0o400)
    found = doctor(workspace, 1, prefix=ordinary.PREFIX)
    assert found["state folder"][0]["found"] == "~/.local/state/synctui/locks cannot be written"
    assert found["database"][0]["found"] == "~/.local/state/synctui/synctui.db cannot be written"
    (state / "locks").rmdir()
    (state / "synctui.db").unlink()
    # The system of another: no such file system can be mounted here.
    for answer, text in (
        ("raise OSError(37, 'No locks available')", "has no flock"),
        ("return None", "the same lock"),
    ):
        (tmp_path / "sitecustomize.py").write_text(
            f"import fcntl\ndef flock(*_):\n    {answer}\nfcntl.flock = flock\n"
        )
        one = doctor(workspace, 1, {"PYTHONPATH": str(tmp_path)})["state folder"][0]
        assert (one["level"], text in one["found"]) == ("problem", True)
        assert one["helps"] == "set XDG_STATE_HOME to a folder on a local disk"
    assert list(state.iterdir()) == []


def test_a_workspace_with_mistakes(workspace: Workspace) -> None:
    workspace.settings = 'jobs = "many"'
    workspace.add("good")
    workspace.entry("odd", '{ url = 3, tags = "x" }')
    file = workspace.folder / "synctui.toml"
    (workspace.folder / "file").write_text("")
    with file.open("a") as more:
        more.write('[workspaces."file/below"]\na = "https://a.invalid/a"\n')
        more.write('[workspaces."/media/nobody/away/b"]\nb = "https://a.invalid/b"\n')
    found = doctor(workspace, 1, {"GIT_TEST_ASSUME_DIFFERENT_OWNER": "1"})
    listed = synctui("list", cwd=workspace.folder).out
    texts = {level: [one["found"] for one in found["workspace"] if one["level"] == level] for level in Level}
    assert [text.partition(";")[0] for text in texts["problem"]] == [
        f"{file}: entry co/odd: url = 3",
        f'{file}: entry co/odd: tags = "x"',
    ]
    assert all(text in listed for text in texts["problem"])
    assert texts["warning"] == [
        f'{file}: [settings] jobs ignored: "many" is not allowed; allowed: a whole number from 1 to 64'
    ]
    assert [(one["level"], one["found"]) for one in found["folders"]] == [
        ("warning", "/media/nobody/away/b: there is no /media/nobody/away; is the disk away?"),
        ("problem", f"{workspace.folder}/file/below: Not a directory"),
    ]
    [owner] = found["owners"]
    assert owner["level"] == "problem"
    assert owner["helps"] == f"git config --global --add safe.directory {workspace.checkout('good')}"
    file.write_text("[workspaces\n")
    [one] = doctor(workspace, 1)["workspace"]
    assert (one["level"], one["found"].startswith(f"{file}: not TOML: ")) == ("problem", True)


@pytest.mark.parametrize(
    ("env", "size", "line", "code"),
    [
        ({"TERM": "dumb"}, (100, 30), "✗ terminal      TERM=dumb: the app cannot draw on it", 1),
        ({}, (90, 10), "▲ terminal      xterm-256color, 90×10: the app needs 40×12", 0),
        (
            {"COLORTERM": "truecolor"},
            (100, 30),
            "✓ terminal      xterm-256color, 100×30, 16 million colours",
            0,
        ),
    ],
    ids=["dumb", "small", "good"],
)
def test_the_terminal(
    workspace: Workspace, tmp_path: Path, env: dict[str, str], size: tuple[int, int], line: str, code: int
) -> None:
    workspace.add("one")
    path = stub(tmp_path / "bin", "tmux", "echo 3.3a 500 256,RGB")
    env = PLAIN | {"TMUX": "there", "PATH": path, "NO_COLOR": "1" * (code == 1)} | env
    with Terminal.start(
        [SYNCTUI, "doctor", "--color", "never"], cwd=workspace.folder, env=env, size=size
    ) as terminal:
        assert terminal.wait_exit() == code
        raw = terminal.raw().decode()
    assert line in raw.splitlines()
    slow = "▲ tmux          3.3a: waits 500 ms for what follows an esc, so that key is slow"
    assert (slow in raw.splitlines()) == (code == 0)


def test_a_limit_of_processes_and_disks_that_are_full_or_shared(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    limits = resource.getrlimit(resource.RLIMIT_NPROC)
    monkeypatch.setattr(os, "geteuid", lambda: 1000)  # root has no such limit
    resource.setrlimit(resource.RLIMIT_NPROC, (10, limits[1]))
    try:
        [processes] = check_processes(8)
    finally:
        resource.setrlimit(resource.RLIMIT_NPROC, limits)
    assert (processes.level, processes.helps.endswith("--jobs 4")) == (Level.PROBLEM, True)
    # None of these can be made without the powers of root.
    tables = {"/etc/fstab": ["UUID=1 / ext4 rw", "UUID=2 /srv/my\\040disk ext4 rw"]}
    monkeypatch.setattr(check_disks, "_lines", lambda file: tables.get(file, []))
    [away] = check_disks.check_folders([Path("/srv/my disk/work"), tmp_path])
    assert (away.level, away.helps) == (Level.PROBLEM, "mount '/srv/my disk'")
    monkeypatch.setattr(check_disks, "_mounts", lambda: {"/": "nfs4"})
    [shared] = check_disks.check_disks([tmp_path / "a", tmp_path / "b"])
    assert (shared.level, shared.helps) == (Level.WARNING, "sync it from one machine alone")
    monkeypatch.setattr(shutil, "disk_usage", lambda _: type("Usage", (), {"free": 5_000}))
    [full] = check_disks.check_disks([tmp_path])
    assert (full.level, full.found, full.helps) == (Level.PROBLEM, "/ (nfs4): 5 kB free", f"df -h {tmp_path}")


def test_the_shell_completes_it(tmp_path: Path) -> None:
    def completed(words: str) -> Ran:
        count = str(len(words.split(" ")) - 1)
        env = {"_SYNCTUI_COMPLETE": "bash_complete", "COMP_WORDS": words, "COMP_CWORD": count}
        return synctui(cwd=tmp_path, env=env)

    assert completed("synctui do").out == "plain,doctor\n"
    assert "plain,--json\n" in completed("synctui doctor --").out
    assert completed("synctui sync work/").out == "\n"

    workspace = '[workspaces."work"]\n"shop" = {url = "/srv/shop", tags = ["web", "js"]}\n'
    (tmp_path / "synctui.toml").write_text(workspace)
    for command in ("sync", "status", "ack"):
        assert completed(f"synctui {command} work/").out == "plain,work/shop\n"
    assert completed("synctui sync tag:").out == "plain,tag:js\nplain,tag:web\n"
    assert completed("synctui sync dirty state:s").out == "plain,state:synced\nplain,state:skipped\n"
    assert completed("synctui host:").out == "plain,host:local\n"
    (tmp_path / "other.toml").write_text(workspace.replace("shop", "blog"))
    assert completed("synctui sync -c other.toml work/").out == "plain,work/blog\n"
    (tmp_path / "synctui.toml").write_text("not TOML")
    broken = completed("synctui sync work/")
    assert (broken.out, broken.err) == ("\n", "")
