"""Repositories that are not a plain clone, pinned and missing ones, and names of every sort."""

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from tests.kit import repos
from tests.torture.site import Corpus, Site
from tui.git.outcome import Reason, State

CORPUS = Corpus()


def _bare(site: Site, *options: str) -> None:
    site.checkout.parent.mkdir(parents=True, exist_ok=True)
    command = ("clone", "--quiet", "--template=", "--bare", *options)
    site.git(*command, "--", site.remote.url, str(site.checkout), cwd=site.folder)


@CORPUS.case(State.SYNCED, follows=True)
def bare(site: Site) -> None:
    """git gives a bare clone no refspec; its branches are the remote's, and go forward."""
    _bare(site)
    site.git("branch", "only-here")
    site.config("fetch.prune", "true")
    site.options["prune"] = True
    site.arrive()


@CORPUS.case(State.BLOCKED, Reason.DIVERGED)
def bare_and_forced(site: Site) -> None:
    """It has no reflog that tells what was the person's."""
    _bare(site)
    repos.force_push(site.remote)


@CORPUS.case(State.SYNCED, notes={"checked_out"})
def bare_with_a_worktree(site: Site) -> None:
    """A branch does not move under the files of its worktree."""
    _bare(site)
    site.git("worktree", "add", "--quiet", str(site.folder / "tree"), "main")
    site.lands = site.remote.head
    repos.add_commits(site.remote, branch="other")
    site.arrive()


def _branch_arrived(site: Site, _: Mapping[str, Any]) -> None:
    assert site.git("rev-parse", "refs/remotes/origin/main") == site.remote.head


@CORPUS.case(State.SYNCED, check=_branch_arrived)
def bare_with_remote_branches(site: Site) -> None:
    _bare(site)
    site.config("remote.origin.fetch", "+refs/heads/*:refs/remotes/origin/*")
    site.arrive()


@CORPUS.case(State.SYNCED, follows=True)
def mirror(site: Site) -> None:
    _bare(site, "--mirror")
    site.git("branch", "only-here")
    site.options["prune"] = True
    site.arrive()


def _is_shallow(site: Site, _: Mapping[str, Any]) -> None:
    assert site.git("rev-parse", "--is-shallow-repository") == "true"


@CORPUS.case(State.SYNCED, follows=True, check=_is_shallow)
def shallow(site: Site) -> None:
    site.clone("--no-local", "--depth=1")
    site.arrive(2)


@CORPUS.case(State.SYNCED, notes={"forced_update"}, follows=True)
def shallow_and_forced(site: Site) -> None:
    site.arrive(5)
    site.clone("--no-local", "--depth=1")
    repos.force_push(site.remote, drop=3)


def _is_cloned_shallow(site: Site, end: Mapping[str, Any]) -> None:
    _is_shallow(site, end)
    assert end["action"] == "clone"


@CORPUS.case(State.SYNCED, follows=True, check=_is_cloned_shallow)
def missing_with_depth(site: Site) -> None:
    site.options["depth"] = 1


def _lacks_old_blobs(site: Site, _: Mapping[str, Any]) -> None:
    listed = site.git("rev-list", "--objects", "--missing=print", "HEAD")
    assert [line for line in listed.splitlines() if line.startswith("?")] != []


@CORPUS.case(State.SYNCED, follows=True, check=_lacks_old_blobs)
def blobless(site: Site) -> None:
    site.git("config", "uploadpack.allowFilter", "true", cwd=site.remote.path)
    site.clone("--no-local", "--filter=blob:none")
    site.arrive(2)


@CORPUS.case(State.SYNCED, follows=True, check=_lacks_old_blobs)
def missing_with_filter(site: Site) -> None:
    site.git("config", "uploadpack.allowFilter", "true", cwd=site.remote.path)
    site.options["filter"] = "blob:none"


def _stays_sparse(site: Site, _: Mapping[str, Any]) -> None:
    assert (site.checkout / "in/a").read_text() == "2\n"
    assert not (site.checkout / "out").exists()


@CORPUS.case(State.SYNCED, follows=True, check=_stays_sparse)
def sparse(site: Site) -> None:
    site.arrive(files={"in/a": "1\n", "out/b": "1\n"})
    site.clone()
    site.git("sparse-checkout", "set", "in")
    site.arrive(files={"in/a": "2\n", "out/b": "2\n"})


@CORPUS.case(State.SYNCED)
def worktree_beside_its_main(site: Site) -> None:
    """One common git dir under two entries: never two gits in it, whichever comes first."""
    site.arrive(branch="topic")
    main = site.also(f"{site.name}-main", State.SYNCED)
    repos.clone(site.remote, main)
    site.git("worktree", "add", "--quiet", str(site.checkout), "topic", cwd=main)
    site.lands = site.arrive(branch="topic")
    site.arrive()


@CORPUS.case(State.FAILED, Reason.CONFIG)
def twice_through_a_link(site: Site) -> None:
    real = site.also(f"{site.name}-real", State.UP_TO_DATE)
    repos.clone(site.remote, real)
    site.checkout.symlink_to(real)


@CORPUS.case(State.SYNCED, follows=True)
def linked_inside_the_workspace(site: Site) -> None:
    real = site.workspace / "co" / f"{site.name}-real"
    repos.clone(site.remote, real)
    site.checkout.symlink_to(real)
    site.arrive()


@CORPUS.case(State.SYNCED, follows=True)
def git_dir_elsewhere(site: Site) -> None:
    site.clone()
    site.git("init", "--quiet", f"--separate-git-dir={site.folder}/git-dir")
    site.arrive()


@CORPUS.case(State.SYNCED, follows=True)
def alternates(site: Site) -> None:
    site.clone("--shared")
    site.arrive()


def _is_whole(site: Site, _: Mapping[str, Any]) -> None:
    site.git("fsck", "--connectivity-only")


@CORPUS.case(State.SYNCED, follows=True, check=_is_whole)
def alternates_gone(site: Site) -> None:
    """All of it is on the remote still, so that a plain fetch heals it."""
    site.clone("--shared")
    (site.checkout / ".git/objects/info/alternates").write_text(f"{site.folder}/gone/objects\n")
    site.arrive()


@CORPUS.case(State.FAILED, Reason.CORRUPT)
def alternates_gone_with_commits_of_ours(site: Site) -> None:
    repos.commit_locally(site.clone())
    (site.checkout / ".git/objects").rename(site.folder / "objects")
    (site.checkout / ".git/objects/info").mkdir(parents=True)
    (site.checkout / ".git/objects/info/alternates").write_text(f"{site.folder}/gone\n")
    site.arrive()


def _keeps_crlf(site: Site, _: Mapping[str, Any]) -> None:
    assert (site.checkout / "notes.txt").read_bytes() == b"2\r\n"
    assert site.git("status", "--porcelain") == ""


@CORPUS.case(State.SYNCED, follows=True, check=_keeps_crlf)
def line_ends_of_windows(site: Site) -> None:
    site.arrive(files={"notes.txt": "1\n"})
    site.clone("--config=core.autocrlf=true")
    site.arrive(files={"notes.txt": "2\n"})


_POINTER = "version https://git-lfs.github.com/spec/v1\noid sha256:{}\nsize 12\n"


@CORPUS.case(State.SYNCED, follows=True)
def lfs_pointers(site: Site) -> None:
    """Without git-lfs and without its settings they are files like others."""
    site.arrive(files={".gitattributes": "*.bin filter=lfs -text\n", "a.bin": _POINTER.format("1" * 64)})
    site.clone()
    site.arrive(files={"a.bin": _POINTER.format("2" * 64)})


def _says_what_to_install(_: Site, end: Mapping[str, Any]) -> None:
    assert ": install git-lfs-of-nobody, then: " in end["advice"]


@CORPUS.case(State.FAILED, Reason.CONFIG, check=_says_what_to_install)
def lfs_required_and_not_installed(site: Site) -> None:
    lfs_pointers(site)
    site.config("filter.lfs.process", "git-lfs-of-nobody filter-process")
    site.config("filter.lfs.smudge", "git-lfs-of-nobody smudge -- %f")
    site.config("filter.lfs.required", "true")


def _pin(site: Site, rev: str) -> None:
    site.clone()
    site.options["rev"] = rev


@CORPUS.case(State.SYNCED)
def pinned_to_a_tag(site: Site) -> None:
    _pin(site, "v1")
    site.lands = site.git("rev-parse", "main~1")
    site.git("tag", "v1", "main~1", cwd=site.remote.path)


@CORPUS.case(State.SYNCED)
def pinned_to_an_annotated_tag(site: Site) -> None:
    _pin(site, "v1")
    site.lands = site.git("rev-parse", "main~1")
    site.git("tag", "-a", "-m", "v1", "v1", "main~1", cwd=site.remote.path)


@CORPUS.case(State.SYNCED)
def pinned_to_a_branch(site: Site) -> None:
    _pin(site, "topic")
    site.lands = site.arrive(branch="topic")


@CORPUS.case(State.SYNCED)
def pinned_to_a_commit(site: Site) -> None:
    _pin(site, site.arrive())
    site.lands = site.remote.head
    site.arrive()


@CORPUS.case(State.UP_TO_DATE)
def pinned_and_there(site: Site) -> None:
    site.git("tag", "v1", "main~1", cwd=site.remote.path)
    _pin(site, "v1")
    site.git("checkout", "--quiet", "--detach", "v1")


@CORPUS.case(State.FAILED, Reason.REV_MISSING)
def pinned_to_what_nobody_has(site: Site) -> None:
    _pin(site, "v9")


@CORPUS.case(State.FAILED, Reason.REV_MISSING)
def missing_and_pinned_to_what_nobody_has(site: Site) -> None:
    site.options["rev"] = "0" * 39 + "1"


@CORPUS.case(State.BLOCKED, Reason.DIVERGED)
def pinned_under_own_commits(site: Site) -> None:
    site.git("tag", "v1", "main", cwd=site.remote.path)
    _pin(site, "v1")
    site.git("checkout", "--quiet", "--detach")
    repos.commit_locally(site.checkout)


@CORPUS.case(State.BLOCKED, Reason.DIRTY, notes={"dirty"})
def pinned_and_dirty(site: Site) -> None:
    site.git("tag", "v1", "main~1", cwd=site.remote.path)
    _pin(site, "v1")
    site.write("rev")


def _stays_deleted(site: Site, _: Mapping[str, Any]) -> None:
    assert not (site.checkout / "rev").exists()


@CORPUS.case(State.BLOCKED, Reason.DIRTY, notes={"dirty"}, check=_stays_deleted)
def pinned_over_a_deletion(site: Site) -> None:
    site.clone()
    site.options["rev"] = site.arrive()
    (site.checkout / "rev").unlink()


@CORPUS.case(State.SYNCED)
def missing_and_pinned(site: Site) -> None:
    site.lands = site.git("rev-parse", "main~1", cwd=site.remote.path)
    site.options["rev"] = site.lands


@CORPUS.case(State.SYNCED, follows=True)
def missing(site: Site) -> None:
    site.at(f"{site.name}/in/folders")


@CORPUS.case(State.SYNCED, follows=True)
def empty_folder(site: Site) -> None:
    site.checkout.mkdir(parents=True)


@CORPUS.case(State.SYNCED)
def missing_with_branch(site: Site) -> None:
    site.lands = site.arrive(branch="topic")
    site.options["branch"] = "topic"


@CORPUS.case(State.FAILED, Reason.REV_MISSING)
def missing_with_a_branch_that_nobody_has(site: Site) -> None:
    site.options["branch"] = "nope"


@CORPUS.case(State.SKIPPED, Reason.NOT_CLONED)
def missing_without_url(site: Site) -> None:
    site.options["url"] = None


@CORPUS.case(State.SKIPPED, Reason.NOT_CLONED)
def missing_and_not_to_be_cloned(site: Site) -> None:
    site.options["clone"] = False


@CORPUS.case(State.FAILED, Reason.NOT_FOUND)
def missing_with_a_remote_that_is_missing(site: Site) -> None:
    site.url = f"file://{site.folder}/nowhere.git"


@CORPUS.case(State.SYNCED, notes={"unborn"})
def missing_with_an_empty_remote(site: Site) -> None:
    site.remote = repos.make_remote(site.folder / "empty.git", 0)
    site.lands = ""


@CORPUS.case(State.UP_TO_DATE, notes={"unborn"})
def clone_of_an_empty_remote(site: Site) -> None:
    site.remote = repos.make_remote(site.folder / "empty.git", 0)
    site.clone()


@CORPUS.case(State.SYNCED, notes={"unborn"})
def clone_of_a_remote_that_was_empty(site: Site) -> None:
    clone_of_an_empty_remote(site)
    site.arrive(2)


def _moved_to(site: Site, place: str) -> None:
    site.at(place)
    site.clone()
    site.arrive()


@CORPUS.case(State.SYNCED, follows=True)
def folder_named_as_markup(site: Site) -> None:
    _moved_to(site, "[bold red]x[/bold red]")


@CORPUS.case(State.SYNCED, follows=True)
def folder_named_as_a_command(site: Site) -> None:
    _moved_to(site, f"$(touch {site.marker})")


@CORPUS.case(State.SYNCED, follows=True)
def folder_named_as_an_option(site: Site) -> None:
    _moved_to(site, f"--upload-pack=touch {site.marker};")


@CORPUS.case(State.SYNCED, follows=True)
def folder_with_a_long_name(site: Site) -> None:
    _moved_to(site, "n" * 200)


@CORPUS.case(State.SYNCED, follows=True)
def missing_with_a_long_name(site: Site) -> None:
    site.at("m" * 255)


@CORPUS.case(State.SYNCED, follows=True)
def folder_with_quotes_and_blanks(site: Site) -> None:
    _moved_to(site, " 'two' \"words\"; & | * ?")


@CORPUS.case(State.SYNCED, follows=True)
def folders_that_differ_in_case(site: Site) -> None:
    other = site.also(site.name.upper(), State.SYNCED)
    repos.clone(site.remote, other)
    site.clone()
    site.arrive()


_NAMES = (
    r"caf\351",
    r"\033[31mred\033[0m",
    r"new\nline",
    "[bold]markup[/bold]",
    "$(touch INJECTED)",
    "-rf",
    r"\342\200\256gpj.exe",
    "n" * 200,
)
"""As git quotes them: not UTF-8, an escape sequence, a line break, … and one that turns the text's direction."""


@CORPUS.case(State.SYNCED, follows=True)
def files_with_hostile_names(site: Site) -> None:
    site.clone()
    site.arrive(files={f'"{name}"': "theirs\n" for name in _NAMES})


@CORPUS.case(State.BLOCKED, Reason.UNTRACKED_OVERWRITE)
def files_with_hostile_names_in_the_way(site: Site) -> None:
    files_with_hostile_names(site)
    for name in (b"caf\xe9", b"\x1b[31mred\x1b[0m", b"new\nline"):
        Path(os.fsdecode(os.fsencode(site.checkout) + b"/" + name)).write_text("mine\n")


@CORPUS.case(State.SYNCED, follows=True)
def files_that_differ_in_case(site: Site) -> None:
    site.arrive(files={"Read.me": "1\n", "READ.ME": "1\n", "read.me": "1\n"})
    site.clone()
    site.arrive(files={"Read.me": "2\n", "read.me": "2\n"})


def _hostile_branches(site: Site) -> list[str]:
    command = f"$(touch${{IFS}}{site.marker})"
    return [command, os.fsdecode(b"caf\xe9"), "<b>markup</b>", "\u202egpj", "n" * 200, "-x"]


@CORPUS.case(State.SYNCED)
def branches_with_hostile_names(site: Site) -> None:
    names = _hostile_branches(site)
    for name in names:
        site.git("update-ref", f"refs/heads/{name}", "main~1", cwd=site.remote.path)
    site.clone(f"--branch={names[0]}")
    for name in names:
        site.git("update-ref", f"refs/heads/{name}", "main", cwd=site.remote.path)
    site.lands = site.remote.head


@CORPUS.case(State.SYNCED)
def branch_that_is_not_utf8(site: Site) -> None:
    branches_with_hostile_names(site)
    site.git("checkout", "--quiet", "--track", f"origin/{_hostile_branches(site)[1]}")


@CORPUS.case(State.SYNCED, follows=True)
def commits_with_hostile_subjects(site: Site) -> None:
    site.clone()
    tree = site.git("rev-parse", "main^{tree}")
    subject = "\x1b]0;title\x07\x1b[31m[bold]red\u202e $(touch INJECTED)"
    commit = site.git("commit-tree", tree, "-p", "main", "-m", subject, cwd=site.remote.path)
    site.git("update-ref", "refs/heads/main", commit, cwd=site.remote.path)
