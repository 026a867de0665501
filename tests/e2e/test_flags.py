"""What a flag of a run changes for its repos."""

import os
import re
from pathlib import Path

import pytest

from tests.kit.gate import SshStub
from tests.kit.program import Workspace, synctui
from tests.kit.repos import add_commits, git, head
from tui.store.kinds import Seconds, Switch
from tui.store.settings import SETTINGS


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    return Workspace(tmp_path)


def hangs(workspace: Workspace, stub: SshStub, name: str, options: str, *, cloned: bool = True) -> None:
    """A repo whose remote says nothing, with options of its entry."""
    workspace.add(name, stub=stub, cloned=cloned)
    workspace.entry(name, f'{{ url = "{stub.url(workspace.remotes[name])}", {options} }}')
    stub.hang(name)


@pytest.mark.parametrize(
    ("flags", "env"), [(("--timeout", "1"), {}), ((), {"SYNCTUI_TIMEOUT": "1"})], ids=["flag", "variable"]
)
def test_a_timeout_of_the_run_beats_that_of_an_entry(
    workspace: Workspace, ssh_stub: SshStub, flags: tuple[str, ...], env: dict[str, str]
) -> None:
    hangs(workspace, ssh_stub, "late", "timeout = 300")
    hangs(workspace, ssh_stub, "new", "timeout = 300", cloned=False)
    ends = synctui("sync", "--ndjson", "--retry", "0", *flags, cwd=workspace.folder, env=env).finished()
    assert {name: end["message"].partition(",")[0] for name, end in ends.items()} == {
        "co/late": "not done after 1 s",
        "co/new": "not done after 1 s",
    }


def test_a_stall_timeout_of_the_run_beats_that_of_an_entry(workspace: Workspace, ssh_stub: SshStub) -> None:
    hangs(workspace, ssh_stub, "still", "stall_timeout = 300")
    ran = synctui("sync", "--ndjson", "--retry", "0", "--stall-timeout", "1", cwd=workspace.folder)
    assert ran.finished()["co/still"]["message"].startswith("no byte moved for 1 s ")


def test_without_one_that_of_the_entry_beats_that_of_the_file(
    workspace: Workspace, ssh_stub: SshStub
) -> None:
    hangs(workspace, ssh_stub, "late", "timeout = 1")
    ran = synctui("sync", "--ndjson", "--retry", "0", cwd=workspace.folder)
    late = ran.finished()["co/late"]
    assert late["message"].startswith("not done after 1 s")
    assert late["advice"] == "co/late: give it more time: synctui sync co/late --timeout 3600"


def test_verbose_tells_what_git_said_of_what_went_well_too(workspace: Workspace) -> None:
    workspace.add("hooked")
    add_commits(workspace.remotes["hooked"], 1)
    hook = workspace.checkout("hooked") / ".git/hooks/post-merge"
    hook.parent.mkdir(exist_ok=True)
    hook.write_text("#!/bin/sh\necho the moon is full >&2\nexit 1\n")
    hook.chmod(0o755)
    ran = synctui("sync", "--verbose", cwd=workspace.folder)
    assert "synced" in ran.out
    assert "(hook failed)" in ran.out
    assert "[co/hooked] the moon is full" in ran.err.splitlines()


def test_the_help_tells_the_defaults_that_count(workspace: Workspace) -> None:
    workspace.add(*"abc")
    shown = dict(
        line.split()[:2] for line in synctui("config", "--show", cwd=workspace.folder).out.splitlines()[1:]
    )
    assert list(shown) == list(SETTINGS)
    helps = [synctui(command, "--help", cwd=workspace.folder).out for command in ("sync", "watch", "status")]
    jobs = min(8, 2 * (os.cpu_count() or 4), 3)
    for key, setting in SETTINGS.items():
        if isinstance(setting.kind, Switch):
            assert shown[key] == "false"
            continue
        told = next(
            filter(None, (re.search(rf"{setting.flag} [A-Z]+\s[^[]*\[([^]]*)\]", text) for text in helps))
        )
        default = " ".join(told[1].split())
        if isinstance(setting.kind, Seconds):
            default = f"{setting.kind.parse(default):g}"
        computed = {"min(8, 2 × cores, repos)": jobs, "jobs": jobs}
        assert shown[key] == str(computed.get(default, default))


def test_colour_is_as_asked_for(workspace: Workspace) -> None:
    workspace.add("one")
    for flag, coloured in (("always", True), ("never", False), ("auto", False)):
        assert ("\x1b[" in synctui("sync", "--color", flag, cwd=workspace.folder).out) is coloured


def test_all_branches_moves_the_others_too(workspace: Workspace) -> None:
    workspace.add("one")
    checkout, remote = workspace.checkout("one"), workspace.remotes["one"]
    git(checkout, "branch", "main-too", "--track", "origin/main")
    old, new = head(checkout), add_commits(remote)
    assert synctui("sync", cwd=workspace.folder).code == 0
    assert (head(checkout), head(checkout, "main-too")) == (new, old)
    assert synctui("sync", "--all-branches", cwd=workspace.folder).code == 0
    assert head(checkout, "main-too") == new


def test_a_dry_run_says_what_the_run_would_be(workspace: Workspace) -> None:
    workspace.settings = 'host_jobs = 1\norder = "config"\nbogus = 1'
    workspace.entry("off", '{ url = "https://a.example/x.git", enabled = false }')
    workspace.entry("wrong", "{ url = 3 }")
    workspace.add("b", "a")
    ran = synctui("sync", "--dry-run", "-j", "2", cwd=workspace.folder)
    warning, *plan = ran.err.splitlines()
    assert 'unknown key "bogus"' in warning
    assert plan == [
        "2 of 4 repos, 2 at a time (flag), 1 of one host",
        "2 not run: 1 disabled, 1 config",
        "in this order: co/b, co/a",
    ]
    many = [f"r{n:02}" for n in range(22)]
    for name in many:
        workspace.entry(name, '{ url = "/nowhere/x.git", clone = false }')
    names = ", ".join(["co/b", "co/a", *(f"co/{name}" for name in many[:18])])
    ran = synctui("sync", "--dry-run", cwd=workspace.folder)
    assert ran.err.splitlines()[-1] == f"in this order: {names} and 4 more"


def test_where_nothing_ran_it_says_why(workspace: Workspace) -> None:
    workspace.entry("off", '{ url = "https://a.example/x.git", enabled = false }')
    workspace.add("a", "b")
    workspace.add("new", cloned=False)
    first = synctui("sync", "--no-clone", cwd=workspace.folder)
    assert " not run: " not in first.out
    ran = synctui(
        "sync", "--no-clone", "--min-age", "1h", "--order", "config", "-j", "1", cwd=workspace.folder
    )
    assert (ran.code, ran.out.splitlines()[-1]) == (0, "4 not run: 1 disabled, 2 fresh, 1 not cloned")


@pytest.mark.parametrize("command", ["app", "sync", "watch", "demo"])
def test_the_help_says_how_the_flags_meet(tmp_path: Path, command: str) -> None:
    told = " ".join(synctui(command, "--help", cwd=tmp_path).out.split())
    assert told.endswith("--json and --ndjson exclude each other, and --progress is for --ndjson.")
    assert "--limit counts what is left of it and is neither skipped nor fresh" in told


def test_fetch_only_beats_all_branches(workspace: Workspace) -> None:
    workspace.add("one")
    add_commits(workspace.remotes["one"], 1)
    before = head(workspace.checkout("one"))
    ran = synctui("sync", "--ndjson", "--fetch-only", "--all-branches", cwd=workspace.folder)
    assert (ran.code, ran.finished()["co/one"]["action"]) == (0, "fetch")
    assert head(workspace.checkout("one")) == before
