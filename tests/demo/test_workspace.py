"""The demo shows what it promises: its states are asked of git, not of the demo."""

import os
import shutil
import subprocess
import time
import tomllib
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest
from msgspec import structs

from tests.kit.processes import children_of
from tests.kit.repos import git
from tui.demo import workspace
from tui.demo.history import commits
from tui.demo.workspace import CAST, Cast, Demo, Story, demo_workspace
from tui.git.inspect import inspect
from tui.store.past import Staleness, staleness


@pytest.fixture(scope="module")
def demo() -> Iterator[Demo]:
    with demo_workspace() as demo:
        manners = demo.server.manners
        demo.server.manners = {
            name: structs.replace(manner, latency=0.0, rate=None) for name, manner in manners.items()
        }
        yield demo


def cast_of(story: Story) -> list[Cast]:
    return [cast for cast in CAST if cast.story == story]


def only(story: Story) -> Cast:
    (cast,) = cast_of(story)
    return cast


def ask(demo: Demo, path: Path, *args: str) -> tuple[int, str]:
    """git as the demo's run starts it; its code and the last line it said."""
    done = subprocess.run(
        ["git", *args],
        cwd=path,
        env={**os.environ, **demo.environment(), "GIT_TERMINAL_PROMPT": "0", "LC_ALL": "C"},
        capture_output=True,
        text=True,
        check=False,
    )
    return done.returncode, (done.stderr.splitlines() or [""])[-1]


def fetched(demo: Demo, story: Story) -> Path:
    path = demo.folder / only(story).name
    assert ask(demo, path, "fetch", "--quiet") == (0, "")
    return path


def counts(path: Path) -> tuple[int, int]:
    """Commits ahead of and behind upstream."""
    ahead, behind = git(path, "rev-list", "--left-right", "--count", "main...origin/main").split()
    return int(ahead), int(behind)


def test_forty_repositories_in_five_groups(demo: Demo) -> None:
    assert len({cast.name for cast in CAST}) == len(CAST) == 40
    assert sorted({cast.name.partition("/")[0] for cast in CAST}) == ["docs", "infra", "libs", "tools", "web"]
    stories = Counter(cast.story for cast in CAST)
    assert set(stories) == set(Story)
    several = {Story.CURRENT, Story.BEHIND, Story.MISSING}
    assert {story for story, number in stories.items() if number > 1} == several
    assert min(stories[story] for story in several) >= 7


def test_the_file_names_every_repository_by_its_group(demo: Demo) -> None:
    document = tomllib.loads(demo.config.read_text())
    assert document["settings"] == {"jobs": 6, "retry": 1, "stall_timeout": 8}
    entries = {
        f"{Path(folder).name}/{name}": url
        for folder, names in document["workspaces"].items()
        for name, url in names.items()
    }
    assert entries == {cast.name: f"{demo.server.url}/{cast.name}.git" for cast in CAST}
    assert {Path(folder).parent for folder in document["workspaces"]} == {demo.folder}


def test_every_checkout_comes_from_the_server_and_only_the_missing_are_missing(demo: Demo) -> None:
    for cast in CAST:
        path = demo.folder / cast.name
        assert path.exists() == (cast.story != Story.MISSING)
        if path.exists():
            assert git(path, "remote", "get-url", "origin") == f"{demo.server.url}/{cast.name}.git"


def test_the_checkouts_are_from_minutes_to_days_old(demo: Demo) -> None:
    now = time.time()
    there = [cast.name for cast in CAST if cast.story != Story.MISSING]
    cloned = (inspect(demo.folder / name).status.cloned for name in there)
    ages = Counter(staleness(now - at, 86_400, 3 * 86_400) for at in cloned if at and now - at > 20 * 60)
    assert ages == {Staleness.FRESH: 25, Staleness.STALE: 5, Staleness.SEVERE: 3}


@pytest.mark.parametrize(
    "cast", cast_of(Story.CURRENT)[:2] + cast_of(Story.BEHIND)[-1:], ids=lambda cast: cast.name
)
def test_what_is_behind_is_so_by_its_news(demo: Demo, cast: Cast) -> None:
    path = demo.folder / cast.name
    assert ask(demo, path, "fetch", "--quiet") == (0, "")
    assert counts(path) == (0, cast.news)
    assert git(path, "status", "--porcelain") == ""


def test_a_missing_one_is_cloned(demo: Demo, tmp_path: Path) -> None:
    cast = min(cast_of(Story.MISSING), key=lambda cast: cast.kilobytes)
    remote = demo.folder / ".remotes" / f"{cast.name}.git"
    assert ask(demo, tmp_path, "clone", "--quiet", "--no-local", str(remote), "it") == (0, "")
    assert git(tmp_path / "it", "fsck", "--strict") == ""
    size = sum(file.stat().st_size for file in (tmp_path / "it/.git/objects/pack").glob("*.pack"))
    assert size // 1024 - cast.kilobytes in range(64)


def test_the_diverged_one_has_commits_on_both_sides(demo: Demo) -> None:
    assert counts(fetched(demo, Story.DIVERGED)) == (1, only(Story.DIVERGED).news)


def test_what_is_advised_for_it_can_be_done_in_a_shell(demo: Demo, tmp_path: Path) -> None:
    path = shutil.copytree(fetched(demo, Story.DIVERGED), tmp_path / "copy")
    assert ask(demo, path, "rebase", "--quiet") == (0, "")
    assert counts(path) == (1, 0)
    assert git(path, "log", "-1", "--format=%cn").strip() == "Robin Doe"


def test_the_one_that_is_ahead_has_nothing_to_get(demo: Demo) -> None:
    assert counts(fetched(demo, Story.AHEAD)) == (1, 0)


def test_the_dirty_ones_differ_in_what_a_fast_forward_would_touch(demo: Demo) -> None:
    for story, file in ((Story.DIRTY_OVERLAP, "CHANGELOG.md"), (Story.DIRTY, "README.md")):
        path = fetched(demo, story)
        assert git(path, "status", "--porcelain") == f" M {file}"
        coming = git(path, "diff", "--name-only", "HEAD...origin/main").splitlines()
        assert (file in coming) == (story == Story.DIRTY_OVERLAP)


def test_the_detached_one_is_on_no_branch(demo: Demo) -> None:
    path = fetched(demo, Story.DETACHED)
    assert git(path, "rev-parse", "--abbrev-ref", "HEAD") == "HEAD"


def test_the_forced_one_loses_nothing_of_ours(demo: Demo) -> None:
    path = demo.folder / only(Story.FORCED).name
    assert git(path, "rev-parse", "HEAD") == git(path, "rev-parse", "origin/main")
    fetched(demo, Story.FORCED)
    assert counts(path) == (1, only(Story.FORCED).news)


@pytest.mark.parametrize(
    ("story", "text"),
    [
        (Story.NO_LOGIN, "could not read Username"),
        (Story.GONE, "not found"),
        (Story.FLAKY, "returned error: 500"),
    ],
)
def test_the_failing_ones_say_why(demo: Demo, story: Story, text: str) -> None:
    code, said = ask(demo, demo.folder / only(story).name, "fetch", "--quiet")
    assert code == 128
    assert text in said


def test_the_persons_configuration_stays_out(
    demo: Demo, sandbox: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (sandbox / ".gitconfig").write_text(f'[url "http://127.0.0.1:9/"]\n\tinsteadOf = "{demo.server.url}/"\n')
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:9")
    path = demo.folder / cast_of(Story.CURRENT)[0].name
    assert ask(demo, path, "fetch", "--quiet") == (0, "")
    assert demo.environment()["XDG_STATE_HOME"].startswith(str(demo.folder))


def test_commits_are_the_same_every_time() -> None:
    assert list(commits("a/b", 1, 6, kilobytes=64)) == list(commits("a/b", 1, 6, kilobytes=64))
    assert list(commits("a/b", 1, 6)) != list(commits("a/c", 1, 6))


def test_close_removes_the_folder_and_the_server(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    with demo_workspace() as demo:
        assert demo.folder.parent == tmp_path.resolve()
        assert demo.folder.name.startswith("synctui-demo-")
    assert list(tmp_path.iterdir()) == []
    assert "upload-pack" not in str(children_of(os.getpid()))
    code, _ = ask(demo, tmp_path, "ls-remote", f"{demo.server.url}/{CAST[0].name}.git")
    assert code == 128
    demo.close()


def test_a_build_that_fails_leaves_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    monkeypatch.setenv("PATH", "/nowhere")
    with pytest.raises(FileNotFoundError, match="git"):
        demo_workspace()
    assert list(tmp_path.iterdir()) == []


def test_the_folder_of_a_killed_demo_is_removed_by_the_next_and_no_other(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    dead, alive, foreign = (tmp_path / f"synctui-demo-{name}" for name in ("dead", "alive", "foreign"))
    for folder in (dead, alive, foreign):
        (folder / "sub").mkdir(parents=True)
    (foreign / "sub/.held").touch()
    os.close(workspace._hold(dead))
    held = workspace._hold(alive)
    try:
        workspace._sweep()
    finally:
        os.close(held)
    assert sorted(tmp_path.iterdir()) == [alive, foreign]
