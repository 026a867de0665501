"""No room at any write of git's: no repo is left broken, and the next run, with room, brings each to the tip."""

import os
import random
import shutil
from pathlib import Path

import pytest

from tests.kit import repos
from tests.kit.program import Workspace, ended, start, synctui
from tests.torture.facts import Facts, facts, lost

BIG, MIDDLE = 120_000, 4_000  # bytes
CLONED = ("behind", "dirty", "replaced")
ROOMS = (0, 1, 64)
"""In the units of `ulimit -f`, half a KiB or one: the largest file that may be written."""


def make(folder: Path, *, cloned: bool) -> Workspace:
    """Each kind of checkout, with files of all sizes to get: new ones, changed ones, one in place of a folder."""
    numbers = random.Random(1)  # always the same, and nothing that can be packed
    workspace = Workspace(folder)
    workspace.add(*(CLONED if cloned else ["missing"]), cloned=cloned)
    for name, remote in workspace.remotes.items():
        files = {"big": BIG, "folder/middle": MIDDLE, "small": 100}
        if name == "replaced":
            repos.add_commits(remote, files={"big": "old\n", "folder": "old\n", "gone/middle": "old\n"})
            repos.git(workspace.checkout(name), "pull", "--quiet", "--ff-only")
            repos.git(
                remote.path,
                "update-ref",
                "refs/heads/next",
                repos.git(
                    remote.path,
                    "commit-tree",
                    "-p",
                    "main",
                    "-m",
                    "nothing left",
                    repos.git(remote.path, "mktree", stdin=""),
                ),
            )
            repos.git(remote.path, "update-ref", "refs/heads/main", "refs/heads/next")
            repos.git(remote.path, "update-ref", "-d", "refs/heads/next")
        repos.add_commits(
            remote, 2, files={path: numbers.randbytes(size // 2).hex() for path, size in files.items()}
        )
    if cloned:
        (workspace.checkout("dirty") / "own").write_text("mine\n")
    return workspace


def git_without_room(folder: Path, step: str, room: int, *, dies: bool) -> dict[str, str]:
    """The variables under which that git command may write no file larger than so. It gets an error, or dies of it."""
    git = folder / "git"
    ignore = "" if dies else "trap '' XFSZ; "
    git.write_text(
        f'#!/bin/sh\ncase " $* " in *" {step} "*) {ignore}ulimit -f {room};; esac\n'
        f'exec {shutil.which("git")} "$@"\n'
    )
    git.chmod(0o755)
    return {"PATH": f"{folder}:{os.environ['PATH']}"}


def looks(workspace: Workspace) -> dict[str, Facts]:
    return {name: facts(workspace.checkout(name)) for name in workspace.remotes}


@pytest.mark.parametrize("dies", [False, True], ids=["error", "signal"])
@pytest.mark.parametrize("step", ["fetch", "merge", "clone"])
def test_no_room(tmp_path: Path, step: str, *, dies: bool) -> None:
    workspace = make(tmp_path / "w", cloned=step != "clone")
    before = looks(workspace)
    for room in ROOMS:
        env = git_without_room(tmp_path, step, room, dies=dies)
        ran = ended(start("sync", "--ndjson", "--retry", "0", cwd=workspace.folder, env=env))
        assert ran.code == 1
        ends = ran.finished().values()
        assert {end["state"] for end in ends} == {"failed"}
        assert all(end["message"] for end in ends)
        reasons = {end["reason"] for end in ends}
        # A clone's index-pack may die without a word of its own.
        assert reasons == {"disk_full"} or (dies and step == "clone" and reasons == {"internal"}), ran.out
        for name in before:
            checkout = workspace.checkout(name)
            after = facts(checkout)
            assert lost(before[name], after, checkout) == []
            assert (after.tip, after.files) == (before[name].tip, before[name].files)
            assert step == "clone" or repos.git(checkout, "fsck", "--no-dangling", "--no-progress") == ""
    ran = synctui("sync", "--ndjson", cwd=workspace.folder)
    assert {end["state"] for end in ran.finished().values()} == {"synced"}
    for name, remote in workspace.remotes.items():
        checkout = workspace.checkout(name)
        assert repos.head(checkout) == remote.head
        assert repos.git(checkout, "fsck", "--no-dangling", "--no-progress") == ""
        assert repos.git(checkout, "status", "--porcelain") == ("?? own" if name == "dirty" else "")
