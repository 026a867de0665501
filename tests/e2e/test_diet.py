"""How many programs a repo costs: what three repos start beyond what one of them starts."""

from collections import Counter
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.kit.git_calls import GitCalls
from tests.kit.program import Workspace, synctui
from tests.kit.repos import add_commits, git
from tui.demo.server import GitServer

NAMES = ("a", "b", "c")


@pytest.fixture
def calls(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> GitCalls:
    return GitCalls(tmp_path / "calls", monkeypatch)


def for_each(
    workspace: Workspace,
    calls: GitCalls,
    before: Callable[[str], object] = lambda _name: None,
) -> Counter[str]:
    assert synctui("sync", cwd=workspace.folder).code == 0
    counts: list[Counter[str]] = []
    for names in (NAMES[:1], NAMES):
        for name in names:
            before(name)
        calls.take()
        ran = synctui("sync", *(f"co/{name}" for name in names), cwd=workspace.folder)
        assert ran.code == 0, ran.out
        counts.append(Counter(calls.take()))
    more = counts[1] - counts[0]
    assert all(count % (len(NAMES) - 1) == 0 for count in more.values()), more
    return Counter({name: count // (len(NAMES) - 1) for name, count in more.items()})


def test_a_current_repo_asked_by_http_costs_no_program(workspace: Workspace, calls: GitCalls) -> None:
    workspace.add(*NAMES)
    with GitServer(workspace.folder / "remotes") as server:
        for name in NAMES:
            git(workspace.checkout(name), "remote", "set-url", "origin", f"{server.url}/{name}.git")
            workspace.entry(name, f'"{server.url}/{name}.git"')
        assert for_each(workspace, calls) == Counter(["upload-pack"]), "which is the server's"
        git(workspace.checkout("a"), "config", "fetch.pruneTags", "true")
        told = synctui("sync", "-v", cwd=workspace.folder).err.splitlines()
        assert told[-1] == "asked 2 without git, 1 left to git (prune_tags 1)"


def test_a_current_repo_asked_otherwise_costs_one_fetch(workspace: Workspace, calls: GitCalls) -> None:
    workspace.add(*NAMES)
    assert for_each(workspace, calls) == Counter(["fetch"])


def test_a_fast_forward_costs_a_fetch_a_look_and_a_merge(workspace: Workspace, calls: GitCalls) -> None:
    workspace.add(*NAMES)
    costs = for_each(workspace, calls, lambda name: add_commits(workspace.remotes[name]))
    assert costs == Counter(["fetch", "status", "merge"])
