"""Repositories whose folders no workspace file can name: found by looking: synced, and shown clean."""

import os
import subprocess
from pathlib import Path

from tests.kit import repos
from tests.kit.program import synctui
from tests.torture.corpus import check_told
from tests.torture.facts import facts, lost

_NAMES = {
    "not-utf8": b"caf\xe9",
    "escape": b"\x1b[31mred\x1b]0;title\x07",
    "newline": b"new\nline",
    "return": b"over\rwritten",
    "markup": b"[bold red]x[/]",
    "command": b"$(touch INJECTED)",
    "dash": b"--upload-pack=touch INJECTED",
    "direction": "\u202egpj".encode(),
    "c1": "\x9b31mred".encode(),
    "long": b"n" * 200,
}


def test_folders_of_any_name(tmp_path: Path, sandbox: Path) -> None:
    checkouts = {}
    for label, name in _NAMES.items():
        remote = repos.make_remote(tmp_path / f"{label}.git", 2)
        checkout = repos.clone(remote, tmp_path / "co" / os.fsdecode(name))
        repos.add_commits(remote)
        (checkout / "mine.txt").write_text("mine\n")
        checkouts[os.fsencode(checkout)] = (checkout, remote, facts(checkout))
    ran = synctui("sync", "--ndjson", cwd=tmp_path / "co")
    assert ran.code == 0
    # The path is for a script: exact, and escaped in the JSON.
    ends = {
        os.fsencode(end["path"]): (end["state"], end["reason"])
        for end in ran.events
        if end["event"] == "repo_finished"
    }
    assert ends == dict.fromkeys(checkouts, ("synced", None))
    for checkout, remote, before in checkouts.values():
        assert lost(before, facts(checkout), checkout) == []
        assert repos.head(checkout) == remote.head
    check_told(ran, sandbox)
    assert list(tmp_path.rglob("INJECTED")) == []
    for command in ("sync", "list", "status", "config"):
        plain = synctui(command, cwd=tmp_path / "co")
        assert [line for line in plain.out.split("\n") if not line.isprintable()] == []
        assert plain.code == 0


def test_a_name_that_looks_like_another_is_told_from_it(tmp_path: Path) -> None:
    """The advice, pasted, is about the one of which it speaks."""
    remote = repos.make_remote(tmp_path / "remote.git", 2)
    repos.clone(remote, tmp_path / "co/proj")
    hidden = repos.clone(remote, tmp_path / "co/proj\u202e")
    repos.commit_locally(hidden)
    repos.add_commits(remote)
    ran = synctui("sync", "--ndjson", cwd=tmp_path / "co")
    ends = ran.finished()
    assert [ends[name]["reason"] for name in ("proj", "proj-2")] == [None, "diverged"]
    command = ends["proj-2"]["advice"].partition("commits: ")[2].partition(",")[0]
    assert command.isprintable()
    person = dict.fromkeys(("GIT_COMMITTER_NAME", "GIT_COMMITTER_EMAIL"), "me@example.org")
    subprocess.run(["bash", "-c", command], check=True, capture_output=True, env=os.environ | person)
    assert repos.git(hidden, "rev-list", "--count", "HEAD..origin/main") == "0"
    listed = synctui("list", cwd=tmp_path / "co").out.splitlines()
    assert [line.split()[1] for line in listed] == [f"{tmp_path}/co/proj", f"{tmp_path}/co/proj\ufffd"]
