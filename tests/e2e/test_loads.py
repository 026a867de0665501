"""What a command loads before it needs it, as the interpreter itself tells of its imports."""

import pytest

from tests.kit.program import Workspace, synctui
from tests.kit.repos import git
from tui.demo.server import GitServer

SCREEN = {"textual", "rich", "widgets", "tui.app", "tui.cli.screen"}
GITPYTHON = {"git", "gitdb"}
LOOKS = {"tui.engine.survey", "tui.view.dashboard"}


def loaded(workspace: Workspace, *args: str) -> set[str]:
    ran = synctui(*args, cwd=workspace.folder, env={"PYTHONPROFILEIMPORTTIME": "1"})
    assert ran.code == 0, ran.out
    return {line.rpartition("|")[2].strip() for line in ran.err.splitlines() if line.count("|") == 2}


@pytest.mark.parametrize("args", [("--version",), ("sync", "--help"), ("list",), ("log",)])
def test_a_command_that_asks_no_git(workspace: Workspace, args: tuple[str, ...]) -> None:
    workspace.add("a")
    assert loaded(workspace, *args) & (SCREEN | GITPYTHON) == set()


def test_a_second_status(workspace: Workspace) -> None:
    workspace.add("a")
    assert loaded(workspace, "status") >= GITPYTHON | LOOKS, "it looks for itself"
    assert loaded(workspace, "status") & (SCREEN | GITPYTHON) == set()


def test_a_sync_of_what_is_current(workspace: Workspace) -> None:
    workspace.add("a", "b")
    with GitServer(workspace.folder / "remotes") as server:
        git(workspace.checkout("a"), "remote", "set-url", "origin", f"{server.url}/a.git")
        workspace.entry("a", f'"{server.url}/a.git"')
        assert loaded(workspace, "sync", "co/a") & (SCREEN | GITPYTHON | LOOKS) == set()
    assert loaded(workspace, "sync", "co/b") >= GITPYTHON, "which has no probe"
