"""Repositories whose folders no workspace file can name: found by looking: synced, and shown clean."""

import os
from pathlib import Path

import pytest

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


@pytest.mark.parametrize("name", _NAMES.values(), ids=_NAMES)
def test_a_folder_of_any_name(name: bytes, tmp_path: Path, sandbox: Path) -> None:
    remote = repos.make_remote(tmp_path / "remote.git", 2)
    checkout = repos.clone(remote, tmp_path / "co" / os.fsdecode(name))
    repos.add_commits(remote)
    (checkout / "mine.txt").write_text("mine\n")
    before = facts(checkout)
    ran = synctui("sync", "--ndjson", cwd=tmp_path / "co")
    (end,) = ran.finished().values()
    assert (end["state"], end["reason"], ran.code) == ("synced", None, 0)
    assert os.fsencode(end["path"]) == os.fsencode(checkout)  # for a script: exact, and escaped in the JSON
    assert lost(before, facts(checkout), checkout) == []
    assert repos.head(checkout) == remote.head
    check_told(ran, sandbox)
    assert list(tmp_path.rglob("INJECTED")) == []
    plain = synctui("sync", cwd=tmp_path / "co")
    assert [line for line in plain.out.splitlines() if not line.isprintable()] == []
    assert plain.code == 0
