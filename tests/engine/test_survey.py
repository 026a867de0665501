"""What the survey sees, what it need not look at again, and what it expects of a run."""

import threading
import time
from pathlib import Path

import msgspec
import pytest
from msgspec import structs

from tests.kit.repos import clone, make_remote
from tui.engine.survey import StatusRow, survey
from tui.git.decide import Decision, Move
from tui.git.inspect import RepoStatus, Seen, inspect
from tui.git.outcome import Reason
from tui.git.repo import Repo
from tui.git.stop import StopSignal
from tui.store.looks import Looks

REPO = Repo("a", Path("/nowhere/a"))
CURRENT = RepoStatus(branch="main", head="h", upstream="origin/main", ahead=0, behind=0, dirty=False)


def outlook(**status: object) -> Decision | None:
    return StatusRow(REPO, structs.replace(CURRENT, **status)).outlook


@pytest.mark.parametrize(
    ("status", "move", "blocked", "notes"),
    [
        ({}, Move.NONE, None, ()),
        ({"behind": 2}, Move.FAST_FORWARD, None, ()),
        ({"ahead": 2}, Move.NONE, None, ()),
        ({"ahead": 1, "behind": 2}, Move.NONE, Reason.DIVERGED, ()),
        ({"gone": True, "ahead": None, "behind": None}, Move.NONE, Reason.BRANCH_GONE, ()),
        ({"in_progress": "merge", "behind": 1}, Move.NONE, Reason.IN_PROGRESS, ()),
        ({"in_progress": "rebase", "branch": None, "upstream": None}, Move.NONE, None, ("in_progress",)),
        ({"branch": None, "upstream": None}, Move.NONE, None, ("detached",)),
        ({"upstream": None, "ahead": None, "behind": None}, Move.NONE, None, ("no_upstream",)),
        ({"head": None}, Move.NONE, None, ("unborn",)),
        ({"bare": True, "upstream": None}, Move.NONE, None, ()),
    ],
)
def test_the_outlook_is_the_runs_own_decision(
    status: dict[str, object], move: Move, blocked: Reason | None, notes: tuple[str, ...]
) -> None:
    decision = outlook(**status)
    assert decision is not None
    assert (decision.move, decision.blocked, decision.notes) == (move, blocked, notes)


def test_what_cannot_be_known_is_not_foretold() -> None:
    assert outlook(error="not cloned") is None
    pinned = structs.replace(REPO, rev="v1")
    assert StatusRow(pinned, structs.replace(CURRENT, behind=2)).outlook is None


def test_a_repo_that_is_only_fetched_never_moves() -> None:
    fetched = structs.replace(REPO, strategy="fetch")
    assert StatusRow(fetched, structs.replace(CURRENT, ahead=1, behind=2)).outlook == Decision()


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[Path]:
    """The checkouts that git was asked about."""
    paths: list[Path] = []

    def inspected(path: Path, stop: StopSignal) -> Seen:
        paths.append(path)
        return inspect(path, stop)

    monkeypatch.setattr("tui.engine.survey.inspect", inspected)
    return paths


@pytest.fixture
def still(monkeypatch: pytest.MonkeyPatch) -> None:
    """All that is there has been there for an hour."""
    now = time.time_ns
    monkeypatch.setattr("tui.engine.survey.time.time_ns", lambda: now() + 3_600_000_000_000)


def surveyed(repos: list[Repo], looks: Looks) -> dict[str, RepoStatus]:
    rows: list[StatusRow] = []
    survey(repos, rows.append, StopSignal(), looks)
    return {row.repo.id: row.status for row in rows}


@pytest.mark.usefixtures("still")
def test_only_what_changed_is_asked_of_git_again(tmp_path: Path, asked: list[Path]) -> None:
    remote = make_remote(tmp_path / "remote.git")
    repos = [Repo(name, clone(remote, tmp_path / name)) for name in ("a", "b", "c")]
    looks = Looks(tmp_path / "looks.msgpack")
    first = surveyed(repos, looks)
    looks.save()
    assert len(asked) == 3
    assert surveyed(repos, Looks(tmp_path / "looks.msgpack")) == first
    assert len(asked) == 3
    (repos[1].path / "new.txt").write_text("new")
    second = surveyed(repos, Looks(tmp_path / "looks.msgpack"))
    assert asked[3:] == [repos[1].path]
    assert second == first | {"b": structs.replace(first["b"], untracked=1)}


def test_what_changed_a_moment_ago_is_asked_every_time(
    tmp_path: Path, asked: list[Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    repo = Repo("a", clone(make_remote(tmp_path / "remote.git"), tmp_path / "a"))
    looks = Looks(tmp_path / "looks.msgpack")
    changed = (repo.path / ".git/index").lstat().st_ctime_ns
    monkeypatch.setattr("tui.engine.survey.time.time_ns", lambda: changed)
    for _ in range(2):
        surveyed([repo], looks)
    assert len(asked) == 2


@pytest.mark.usefixtures("still")
def test_errors_are_never_kept(tmp_path: Path, asked: list[Path]) -> None:
    looks = Looks(tmp_path / "looks.msgpack")
    repo = Repo("a", tmp_path / "a")
    assert surveyed([repo], looks)["a"].error == "not cloned"
    clone(make_remote(tmp_path / "remote.git"), tmp_path / "a")
    assert surveyed([repo], looks)["a"].error == ""
    (tmp_path / "a/.git/HEAD").write_text("")
    assert surveyed([repo], looks)["a"].error
    assert len(asked) == 3


@pytest.mark.usefixtures("still")
@pytest.mark.parametrize("kept", [None, [], {"surroundings": "x", "looks": {}}, {"looks": 3}])
def test_a_damaged_cache_costs_only_time(tmp_path: Path, asked: list[Path], kept: object) -> None:
    repo = Repo("a", clone(make_remote(tmp_path / "remote.git"), tmp_path / "a"))
    (tmp_path / "looks.msgpack").write_bytes(b"" if kept is None else msgspec.msgpack.encode(kept))
    for count in (1, 1):
        looks = Looks(tmp_path / "looks.msgpack")
        surveyed([repo], looks)
        looks.save()
        assert len(asked) == count


@pytest.mark.usefixtures("still")
def test_another_setting_of_the_person_makes_every_look_anew(
    tmp_path: Path, asked: list[Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    repo = Repo("a", clone(make_remote(tmp_path / "remote.git"), tmp_path / "a"))
    looks = Looks(tmp_path / "looks.msgpack")
    surveyed([repo], looks)
    looks.save()
    monkeypatch.setenv("GIT_CONFIG_COUNT", "1")
    monkeypatch.setenv("GIT_CONFIG_KEY_0", "core.fileMode")
    monkeypatch.setenv("GIT_CONFIG_VALUE_0", "false")
    surveyed([repo], Looks(tmp_path / "looks.msgpack"))
    assert len(asked) == 2


def test_a_stopped_survey_leaves_no_git_and_tells_nothing_more(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    started, ended = threading.Event(), threading.Event()

    def slow(_path: Path, stop: StopSignal) -> Seen:
        started.set()
        stop.wait(30)
        ended.set()
        return Seen(RepoStatus())

    monkeypatch.setattr("tui.engine.survey.inspect", slow)
    stop, rows = StopSignal(), []
    thread = threading.Thread(target=survey, args=([REPO] * 5, rows.append, stop))
    thread.start()
    assert started.wait(10)
    stop.set(Reason.QUIT)
    thread.join(10)
    assert (thread.is_alive(), ended.is_set(), rows) == (False, True, [])
