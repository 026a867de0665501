"""What a move that broke off has written goes back; what the person has written meanwhile or before stays."""

import os
from pathlib import Path

import pytest

from tests.git.conftest import World, git
from tests.kit.processes import wait_until
from tui.git.gauge import Gauge
from tui.git.half_moved import Moving, take_back
from tui.git.process import Deadlines, GitRunner
from tui.git.stop import StopSignal

OLD = dict.fromkeys(["changed", "cut", "gone", "edited", "folder/gone", "folded"], "old\n") | {
    "named": "same\n"
}
NEW = {
    "changed": "new\n",
    "cut": "new and long\n",
    "edited": "new\n",
    "folded/whole": "new\n",
    "made/deep/whole": "new\n",
    "made/cut": "new and long\n",
    "made/empty": "new\n",
    "beside/new": "new\n",
    "taken": "new\n",
    "before": "new\n",
    "renamed": "same\n",
}


def write(folder: Path, files: dict[str, str]) -> None:
    for name, text in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text)


def record(world: World, files: dict[str, str], link: str) -> str:
    """A commit on the remote with these files and a link alone."""
    git(world.theirs, "rm", "-q", "-r", "--ignore-unmatch", ".")
    write(world.theirs, files)
    (world.theirs / "link").symlink_to(link)
    git(world.theirs, "add", "-A")
    git(world.theirs, "commit", "-q", "-m", "files")
    world.push()
    return git(world.theirs, "rev-parse", "HEAD")


def begin(world: World, before: Path) -> float:
    """The time from which on git writes; that file is older."""
    probe = world.base / "probe"

    def is_later() -> bool:
        probe.write_text("")
        return probe.stat().st_ctime > before.stat().st_ctime

    wait_until(is_later, "the clock of the files goes on")
    return probe.stat().st_ctime


@pytest.fixture(params=["plain", "filtered"])
def moves(world: World, request: pytest.FixtureRequest) -> tuple[World, str, str]:
    """A checkout with its HEAD at the first of two commits."""
    old = record(world, OLD, "old")
    new = record(world, NEW, "new")
    if request.param == "filtered":  # what is in the files is not what is in the commits
        git(world.mine, "config", "filter.shout.smudge", "tr a-z A-Z")
        git(world.mine, "config", "filter.shout.clean", "tr A-Z a-z")
        (world.mine / ".git/info/attributes").write_text("changed filter=shout\nwhole filter=shout\n")
    git(world.mine, "fetch", "-q")
    git(world.mine, "merge", "-q", "--ff-only", old)
    return world, old, new


def test_what_git_has_written_goes_and_what_the_person_has_stays(
    moves: tuple[World, str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tui.git.half_moved._AT_ONCE", 4)
    world, old, new = moves
    mine = world.mine
    whole = "NEW\n" if (mine / "changed").read_text() == "OLD\n" else "new\n"
    write(mine, {"before": "new\n"})  # the person's, and by chance what comes: git leaves it as it is
    os.utime(mine / "before", (2**32, 2**32))
    since = begin(world, mine / "before")
    for name in ("gone", "folder/gone", "folded", "link", "named"):
        (mine / name).unlink()
    (mine / "folder").rmdir()
    write(mine, {"changed": whole, "cut": "new and", "made/deep/whole": whole, "made/cut": "new and"})
    write(mine, {"made/empty": "", "beside/new": "new\n", "folded/whole": whole, "renamed": "same\n"})
    (mine / "link").symlink_to("new")
    own = {"edited": "own\n", "gone": "", "taken": "own\n", "beside/own": "own\n"}
    write(mine, own)
    run = GitRunner(mine, StopSignal(), Deadlines(20, 20), Gauge()).run
    take_back(run, Moving(str(mine), old, new, since))
    assert git(mine, "status", "--porcelain", "--untracked-files=all").split() == [
        *("M", "edited"),
        *("M", "gone"),
        *("??", "before"),
        *("??", "beside/own"),
        *("??", "taken"),
    ]
    assert {name: (mine / name).read_text() for name in own} == own
    assert (mine / "before").read_text() == "new\n"
    assert (mine / "link").readlink() == Path("old")
    assert not (mine / "made").exists()
