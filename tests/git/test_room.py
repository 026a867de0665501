"""`min_free`: no repo is touched while its disk has less room than that."""

import shutil
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace

import pytest

from tests.kit import repos
from tests.kit.gate import SshStub
from tests.kit.program import Workspace, synctui
from tests.kit.work import events
from tui.engine.engine import Engine
from tui.engine.events import JobEnded
from tui.engine.runner import make_work
from tui.git.outcome import Outcome, Reason, State
from tui.git.repo import Repo
from tui.git.sync import SyncOptions

ROOM = 1 << 30
FULL = (State.FAILED, Reason.DISK_FULL)


def disk(monkeypatch: pytest.MonkeyPatch, free: Callable[[Path], int], total: int = 1 << 40) -> None:
    monkeypatch.setattr(shutil, "disk_usage", lambda place: SimpleNamespace(free=free(place), total=total))


def synced(folder: Path, *those: Repo) -> dict[str, Outcome]:
    """One after the other."""
    engine = Engine(make_work(SyncOptions(20, 30, folder / "locks", min_free=ROOM), 0), limit=1)
    inbox = engine.subscribe()
    engine.start(those)
    assert engine.wait_idle(60)
    return {event.repo.id: event.outcome for event in events(inbox) if isinstance(event, JobEnded)}


@pytest.mark.parametrize("cloned", [True, False])
def test_a_disk_that_fills_in_mid_run_stops_those_after_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, *, cloned: bool
) -> None:
    remote = repos.make_remote(tmp_path / "remote.git")
    those = [Repo(name, tmp_path / name, remote.url) for name in ("one", "two")]
    if cloned:
        for repo in those:
            repos.clone(remote, repo.path)
        repos.add_commits(remote, 1)
    one, two = (repo.path for repo in those)
    heads = {"before": repos.head(two) if cloned else ""}

    def free(_place: Path) -> int:
        came = one.exists() and repos.head(one) == remote.head
        return ROOM // 2 if came else ROOM

    disk(monkeypatch, free)
    ends = synced(tmp_path, *those)
    assert (ends["one"].state, ends["one"].reason) == (State.SYNCED, None)
    assert repos.head(one) == remote.head
    place = two if cloned else tmp_path
    assert (ends["two"].state, ends["two"].reason) == FULL
    assert ends["two"].message == f"512.0 MiB free on the disk of {place}, less than the 1.0 GiB of min_free"
    assert ends["two"].advice == f"two: make room: df -h {tmp_path}"
    assert repos.head(two) == heads["before"] if cloned else not two.exists()


def test_the_disk_of_the_repository_counts_where_it_is_another(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    remote = repos.make_remote(tmp_path / "remote.git")
    main = repos.clone(remote, tmp_path / "main")
    repos.git(main, "worktree", "add", "--quiet", "-b", "side", str(tmp_path / "side"))
    disk(monkeypatch, lambda place: 0 if place == main / ".git" else ROOM)
    side = synced(tmp_path, Repo("side", tmp_path / "side", remote.url))["side"]
    assert (side.state, side.reason) == FULL
    assert f"0 Bytes free on the disk of {main}/.git, " in side.message


def test_a_disk_that_counts_no_blocks_has_room(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    remote = repos.make_remote(tmp_path / "remote.git")
    one = Repo("one", repos.clone(remote, tmp_path / "one"), remote.url)
    disk(monkeypatch, lambda _place: 0, total=0)
    assert synced(tmp_path, one)["one"].state is State.UP_TO_DATE


def test_the_installed_program_asks_nobody_then(tmp_path: Path, ssh_stub: SshStub) -> None:
    workspace = Workspace(tmp_path)
    workspace.add("there", stub=ssh_stub)
    workspace.add("new", stub=ssh_stub, cloned=False)
    ran = synctui("sync", "--ndjson", "--min-free", "900TB", cwd=workspace.folder)
    assert ran.code == 1
    assert {(end["state"], end["reason"]) for end in ran.finished().values()} == {("failed", "disk_full")}
    assert all("less than the 818.5 TiB of min_free" in end["message"] for end in ran.finished().values())
    assert ssh_stub.starts() == []
    assert not workspace.checkout("new").exists()
    skipped = synctui("sync", "--ndjson", "--min-free", "900TB", "--no-clone", "new", cwd=workspace.folder)
    assert (skipped.code, skipped.finished()["co/new"]["reason"]) == (0, "not_cloned")
    assert synctui("sync", "--min-free", "1kB", cwd=workspace.folder).code == 0
