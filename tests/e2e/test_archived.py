"""What is archived is left out of everything that does not name it."""

import json
import os
from pathlib import Path

import pytest

from tests.kit.program import Workspace, synctui
from tests.kit.repos import head


@pytest.fixture
def workspace(workspace: Workspace) -> Workspace:
    """One repo in use and one that is archived, whose remote is gone."""
    workspace.add("used", "old")
    url = workspace.remotes["old"].url
    workspace.entry("old", f'{{ url = "{url}", archived = true, tags = ["past"] }}')
    workspace.remotes["old"].path.rename(workspace.folder / "elsewhere.git")
    return workspace


def listed(workspace: Workspace, *args: str) -> list[str]:
    return [line.split()[0] for line in synctui("list", *args, cwd=workspace.folder).out.splitlines()]


def looked_at(workspace: Workspace, *args: str) -> list[str]:
    ran = synctui("status", "--json", *args, cwd=workspace.folder)
    return [row["repo"] for row in json.loads(ran.out)["repos"]]


@pytest.mark.parametrize("words", [(), ("*",), ("co",), ("co/*",), ("./co",), ("-tag:none",)])
def test_a_run_leaves_it_out(workspace: Workspace, words: tuple[str, ...]) -> None:
    ran = synctui("sync", "--ndjson", *words, cwd=workspace.folder)
    assert (ran.code, ran.run_finished["total"], list(ran.finished())) == (0, 1, ["co/used"])


@pytest.mark.parametrize("word", ["co/old", "old", "./co/old"])
def test_its_name_means_it(workspace: Workspace, word: str) -> None:
    assert listed(workspace, word) == looked_at(workspace, word) == ["co/old"]
    ran = synctui("sync", "--ndjson", word, cwd=workspace.folder)
    assert {repo: end["state"] for repo, end in ran.finished().items()} == {"co/old": "failed"}


def test_words_that_mean_nothing_else_say_how_to_name_it(workspace: Workspace) -> None:
    ran = synctui("sync", "tag:past", cwd=workspace.folder)
    assert (ran.code, ran.out) == (2, "")
    assert ran.err == "synctui: `tag:past` matches only archived repos; name one by its id: co/old\n"


def test_list_and_status_show_it_when_asked_for_all(workspace: Workspace) -> None:
    assert listed(workspace) == looked_at(workspace) == ["co/used"]
    assert listed(workspace, "--all") == ["co/used", "co/old"]
    assert looked_at(workspace, "--all") == ["co/old", "co/used"]
    assert "  (archived)" in synctui("list", "old", cwd=workspace.folder).out
    fetched = workspace.checkout("old") / ".git/FETCH_HEAD"
    fetched.write_text(f"{head(workspace.checkout('old'))}\t\tbranch 'main' of elsewhere\n")
    os.utime(fetched, (1e9, 1e9))
    told = synctui("status", "old", cwd=workspace.folder).out
    assert "archived" in told
    assert "severe" in told
    assert "WARNING" not in told, "that it is stale is what was meant"


def test_its_history_is_there_as_before(workspace: Workspace, tmp_path: Path) -> None:
    assert synctui("sync", "old", cwd=workspace.folder).code == 1
    assert "not found" in synctui("log", "co/old", cwd=workspace.folder).out
    assert synctui("unlock", "old", cwd=workspace.folder).out == "co/old: nobody holds it\n"
    # Nobody is reminded of it.
    document = json.loads(synctui("status", "--json", cwd=workspace.folder).out)
    assert document["unacknowledged_failures"] == 0
    assert synctui("ack", "old", cwd=workspace.folder).out == "acknowledged: co/old\n"
