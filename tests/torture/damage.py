"""Damaged and locked repositories, what may not be touched, full disks, and what is no repository at all."""

import errno
import os
import signal
import subprocess
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from tests.kit import repos
from tests.kit.processes import wait_until
from tests.torture.site import Check, Corpus, Site
from tui.git.outcome import Reason, State

CORPUS = Corpus()

_CORRUPT = (State.FAILED, Reason.CORRUPT)


def _object(site: Site, name: str) -> Path:
    """The loose object's file in the checkout."""
    id_ = site.git("rev-parse", name)
    return site.checkout / ".git/objects" / id_[:2] / id_[2:]


@CORPUS.case(*_CORRUPT)
def missing_commit(site: Site) -> None:
    repos.commit_locally(site.clone())
    _object(site, "main").unlink()


@CORPUS.case(*_CORRUPT)
def missing_tree(site: Site) -> None:
    site.clone()
    _object(site, "main^{tree}").unlink()
    site.arrive()


@CORPUS.case(*_CORRUPT)
def empty_object(site: Site) -> None:
    """What a power cut leaves."""
    file = _object(site, repos.commit_locally(site.clone()))
    file.unlink()
    file.touch()


def _truncate_pack(site: Site) -> None:
    site.git("repack", "-adq")
    (pack,) = (site.checkout / ".git/objects/pack").glob("*.pack")
    pack.chmod(0o644)
    os.truncate(pack, pack.stat().st_size // 2)


@CORPUS.case(*_CORRUPT)
def truncated_pack(site: Site) -> None:
    repos.commit_locally(site.clone())
    _truncate_pack(site)
    site.arrive()


@CORPUS.case(*_CORRUPT)
def damaged_index(site: Site) -> None:
    site.clone()
    (site.checkout / ".git/index").write_text("nonsense\n" * 20)
    site.arrive()


@CORPUS.case(*_CORRUPT)
def damaged_head(site: Site) -> None:
    site.clone()
    (site.checkout / ".git/HEAD").write_text("nonsense\n")
    site.arrive()


@CORPUS.case(*_CORRUPT)
def empty_branch(site: Site) -> None:
    site.clone()
    (site.checkout / ".git/refs/heads/main").write_text("")
    site.arrive()


@CORPUS.case(*_CORRUPT)
def damaged_config(site: Site) -> None:
    site.clone()
    (site.checkout / ".git/config").write_text("[core\n")


@CORPUS.case(*_CORRUPT)
def newer_than_this_git(site: Site) -> None:
    site.clone()
    site.config("core.repositoryFormatVersion", "99")


@CORPUS.case(*_CORRUPT)
def unknown_extension(site: Site) -> None:
    site.clone()
    site.config("core.repositoryFormatVersion", "1")
    site.config("extensions.ofTomorrow", "true")


@CORPUS.case(*_CORRUPT)
def git_dir_that_is_gone(site: Site) -> None:
    site.clone()
    (site.checkout / ".git").rename(site.folder / "git-dir")
    site.write(".git", f"gitdir: {site.folder}/nowhere\n")


@CORPUS.case(*_CORRUPT)
def worktree_whose_main_is_gone(site: Site) -> None:
    main = repos.clone(site.remote, site.folder / "main")
    site.git("worktree", "add", "--quiet", "-b", "tree", str(site.checkout), cwd=main)
    main.rename(site.folder / "moved")


def _stays(name: str) -> Check:
    """The lock file is that of somebody else."""

    def check(site: Site, _: Mapping[str, Any]) -> None:
        assert (site.checkout / ".git" / name).exists()

    return check


def _explained(name: str) -> Check:
    def check(site: Site, end: Mapping[str, Any]) -> None:
        _stays(name)(site, end)
        assert end["advice"].endswith(f"rm {site.checkout}/.git/{name}")

    return check


_LOCKED = (State.FAILED, Reason.LOCK_HELD)


def _lock(site: Site, name: str) -> None:
    (site.checkout / ".git" / name).touch()


@CORPUS.case(*_LOCKED, check=_explained("index.lock"))
def stale_index_lock(site: Site) -> None:
    site.clone()
    _lock(site, "index.lock")
    site.arrive()


@CORPUS.case(State.UP_TO_DATE, check=_stays("index.lock"))
def stale_index_lock_and_nothing_new(site: Site) -> None:
    site.clone()
    _lock(site, "index.lock")


@CORPUS.case(*_LOCKED, notes={"dirty"}, check=_explained("index.lock"))
def live_index_lock(site: Site) -> None:
    """A commit whose message is being written."""
    site.arrive(files={"notes.txt": "theirs\n"})
    site.clone()
    site.write("notes.txt")
    started = site.folder / "editor-started"
    editor = site.folder / "editor"
    editor.write_text(f"#!/bin/sh\ntouch '{started}'\nexec sleep 600\n")
    editor.chmod(0o755)
    command = ["git", "-c", f"core.editor={editor}", "commit", "--quiet", "--all"]
    commit = subprocess.Popen(command, cwd=site.checkout, env=repos.git_env(), start_new_session=True)
    site.closers += [commit.wait, lambda: os.killpg(commit.pid, signal.SIGKILL)]
    wait_until(started.exists, "the editor runs")
    site.arrive()


@CORPUS.case(*_LOCKED, check=_explained("HEAD.lock"))
def stale_head_lock(site: Site) -> None:
    site.clone()
    _lock(site, "HEAD.lock")
    site.arrive()


@CORPUS.case(*_LOCKED, check=_explained("refs/heads/main.lock"))
def stale_branch_lock(site: Site) -> None:
    site.clone()
    _lock(site, "refs/heads/main.lock")
    site.arrive()


@CORPUS.case(*_LOCKED, check=_explained("refs/remotes/origin/main.lock"))
def stale_remote_branch_lock(site: Site) -> None:
    site.clone()
    site.arrive()
    site.git("fetch", "--quiet")
    _lock(site, "refs/remotes/origin/main.lock")
    site.arrive()


@CORPUS.case(*_LOCKED, check=_explained("packed-refs.lock"))
def stale_packed_refs_lock(site: Site) -> None:
    site.arrive(branch="topic")
    site.clone()
    site.config("core.packedRefsTimeout", "0")
    site.options["prune"] = True
    _lock(site, "packed-refs.lock")
    site.git("update-ref", "-d", "refs/heads/topic", cwd=site.remote.path)


@CORPUS.case(State.SYNCED, follows=True, check=_stays("packed-refs.lock"))
def stale_packed_refs_lock_that_nobody_needs(site: Site) -> None:
    site.clone()
    _lock(site, "packed-refs.lock")
    site.arrive()


@CORPUS.case(State.SYNCED, follows=True, check=_stays("shallow.lock"))
def stale_shallow_lock_that_nobody_needs(site: Site) -> None:
    site.clone("--no-local", "--depth=1")
    _lock(site, "shallow.lock")
    site.arrive()


def _forbid(site: Site, place: Path, mode: int) -> None:
    """Takes the mode bits away from a folder and those below, until the case is over."""
    folders = [place, *(path for path in place.rglob("*") if path.is_dir() and ".git" not in path.parts[-1:])]
    site.closers.append(lambda: [folder.chmod(0o755) for folder in folders])
    for folder in reversed(folders):
        folder.chmod(mode)


@CORPUS.case(State.FAILED, Reason.PERMISSION)
def read_only_git_dir(site: Site) -> None:
    site.clone()
    site.arrive()
    _forbid(site, site.checkout / ".git", 0o555)


@CORPUS.case(State.FAILED, Reason.PERMISSION)
def read_only_folder(site: Site) -> None:
    site.clone()
    site.arrive()
    site.checkout.chmod(0o555)
    site.closers.append(lambda: site.checkout.chmod(0o755))


def _looks_at_what_is_there(site: Site, end: Mapping[str, Any]) -> None:
    assert end["advice"].endswith(f": ls -ld {site.checkout.parent}")


@CORPUS.case(State.FAILED, Reason.PERMISSION, check=_looks_at_what_is_there)
def missing_in_a_read_only_folder(site: Site) -> None:
    site.at(f"{site.name}/in")
    site.checkout.parent.mkdir(parents=True)
    _forbid(site, site.checkout.parent, 0o555)


@CORPUS.case(*_CORRUPT)
def unreadable_git_dir(site: Site) -> None:
    site.clone()
    _forbid(site, site.checkout / ".git", 0)


@CORPUS.case(State.FAILED, Reason.UNSAFE_OWNER, env={"GIT_TEST_ASSUME_DIFFERENT_OWNER": "1"})
def owned_by_somebody_else(site: Site) -> None:
    site.clone()
    site.arrive()


@CORPUS.case(State.FAILED, Reason.DISK_FULL)
def full_disk_under_a_log(site: Site) -> None:
    site.clone()
    log = site.checkout / ".git/logs/refs/remotes/origin/main"
    log.parent.mkdir(parents=True, exist_ok=True)
    log.unlink(missing_ok=True)
    log.symlink_to("/dev/full")
    site.arrive()


_CAP_SYS_ADMIN = 21


def _may_mount() -> bool:
    status = Path("/proc/self/status").read_text()
    powers = next(line.split()[1] for line in status.splitlines() if line.startswith("CapEff:"))
    return bool(int(powers, 16) >> _CAP_SYS_ADMIN & 1)


def _small_disk(site: Site, folder: Path) -> None:
    folder.mkdir(parents=True)
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", folder], check=True)
    site.closers.append(lambda: subprocess.run(["umount", folder], check=True))


def _fill(folder: Path) -> None:
    with (folder / "ballast").open("wb", buffering=0) as file:
        try:
            while True:
                file.write(b"\0" * 4096)
        except OSError as error:
            assert error.errno == errno.ENOSPC  # noqa: PT017 - the only one that is meant


def full_disk(site: Site) -> None:
    _small_disk(site, site.checkout)
    site.clone()
    _fill(site.checkout)
    site.arrive(files={"big": os.urandom(50_000).hex()})


def full_disk_under_a_clone(site: Site) -> None:
    site.at(f"{site.name}/in")
    _small_disk(site, site.checkout.parent)
    _fill(site.checkout.parent)


if _may_mount():  # elsewhere nobody can make one: the log above stands for it
    CORPUS.case(State.FAILED, Reason.DISK_FULL)(full_disk)
    CORPUS.case(State.FAILED, Reason.DISK_FULL)(full_disk_under_a_clone)


_NO_REPOSITORY = (State.FAILED, Reason.NOT_A_REPOSITORY)


@CORPUS.case(*_NO_REPOSITORY)
def plain_folder(site: Site) -> None:
    site.write("precious")


@CORPUS.case(*_NO_REPOSITORY)
def plain_folder_in_another_repository(site: Site) -> None:
    outer = site.workspace / "co" / site.name
    repos.clone(site.remote, outer)
    site.at(f"{site.name}/in")
    site.write("precious")
    site.arrive()
    head = repos.head(outer)
    site.closers.append(lambda: _same(head, repos.head(outer)))


def _same(one: str, other: str) -> None:
    assert one == other


@CORPUS.case(*_CORRUPT)
def empty_git_dir(site: Site) -> None:
    site.write("precious")
    (site.checkout / ".git").mkdir()


@CORPUS.case(*_NO_REPOSITORY)
def file_in_its_place(site: Site) -> None:
    site.checkout.parent.mkdir(parents=True, exist_ok=True)
    site.checkout.write_text("precious\n")


@CORPUS.case(*_NO_REPOSITORY)
def file_above_its_place(site: Site) -> None:
    site.at(f"{site.name}/in")
    site.checkout.parent.parent.mkdir(parents=True, exist_ok=True)
    site.checkout.parent.write_text("precious\n")


@CORPUS.case(*_NO_REPOSITORY)
def link_to_nowhere(site: Site) -> None:
    site.checkout.parent.mkdir(parents=True, exist_ok=True)
    site.checkout.symlink_to("nowhere")


@CORPUS.case(State.FAILED, Reason.CONFIG)
def link_to_outside(site: Site) -> None:
    outside = repos.clone(site.remote, site.folder / "outside")
    site.checkout.parent.mkdir(parents=True, exist_ok=True)
    site.checkout.symlink_to(outside)
    site.arrive()
