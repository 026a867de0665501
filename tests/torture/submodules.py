"""Repositories in repositories: filled and moved only as far as nothing of the person is lost."""

import os
import shutil
from collections.abc import Mapping
from typing import Any

from tests.kit import repos
from tests.kit.repos import Remote
from tests.torture import servers
from tests.torture.servers import Deliver, WebServer
from tests.torture.site import Check, Corpus, Site
from tui.git.outcome import Reason, State

CORPUS = Corpus()

_MODULES = '[submodule "part"]\n\tpath = part\n\turl = {}\n'


def _record(site: Site, part: Remote, commit: str, url: str = "") -> None:
    """A commit on the remote that records this commit of the submodule."""
    main = site.remote.path
    modules = site.git("hash-object", "-w", "--stdin", stdin=_MODULES.format(url or part.url), cwd=main)
    rest = [line for line in site.git("ls-tree", "main", cwd=main).splitlines() if line.endswith("\trev")]
    listing = [*rest, f"160000 commit {commit}\tpart", f"100644 blob {modules}\t.gitmodules"]
    tree = site.git("mktree", "--missing", stdin="\n".join(listing) + "\n", cwd=main)
    new = site.git("commit-tree", tree, "-p", "main", "-m", "Record the part", cwd=main)
    site.git("update-ref", "refs/heads/main", new, cwd=main)


def _filled(site: Site) -> Remote:
    """A clone with the submodule `part` checked out, which may be fetched from a file."""
    part = repos.make_remote(site.folder / "part.git", 3)
    _record(site, part, part.head)
    site.clone()
    site.git("-c", "protocol.file.allow=always", "submodule", "--quiet", "update", "--init")
    site.git("config", "protocol.file.allow", "always", cwd=site.checkout / "part")
    site.options["submodules"] = True
    return part


def _moves(site: Site) -> None:
    part = _filled(site)
    _record(site, part, repos.add_commits(part))


def _part_follows(site: Site, _: Mapping[str, Any]) -> None:
    recorded = site.git("rev-parse", "HEAD:part")
    assert site.git("rev-parse", "HEAD", cwd=site.checkout / "part") == recorded
    assert site.git("status", "--porcelain", "--ignore-submodules=untracked") == ""


@CORPUS.case(State.SYNCED, follows=True, check=_part_follows)
def submodule_moved(site: Site) -> None:
    _moves(site)


def _part_stays(site: Site, _: Mapping[str, Any]) -> None:
    assert site.git("rev-parse", "HEAD", cwd=site.checkout / "part") == site.git("rev-parse", "HEAD~1:part")


@CORPUS.case(State.SYNCED, follows=True, check=_part_stays)
def submodule_moved_and_not_asked_for(site: Site) -> None:
    _moves(site)
    site.options["submodules"] = False


def _part_keeps(name: str) -> Any:
    def check(site: Site, _: Mapping[str, Any]) -> None:
        assert (site.checkout / "part" / name).read_text() == "mine\n"

    return check


@CORPUS.case(State.UP_TO_DATE, check=_part_keeps("rev"))
def submodule_dirty(site: Site) -> None:
    _filled(site)
    site.write("part/rev")


@CORPUS.case(State.SYNCED, follows=True, check=_part_keeps("mine.txt"))
def submodule_with_untracked_files_moved(site: Site) -> None:
    _moves(site)
    site.write("part/mine.txt")


def _part_keeps_edits(site: Site, end: Mapping[str, Any]) -> None:
    _part_keeps("rev")(site, end)
    _part_stays(site, end)


@CORPUS.case(State.BLOCKED, Reason.DIRTY, notes={"dirty"}, follows=True, check=_part_keeps_edits)
def submodule_dirty_where_it_moves(site: Site) -> None:
    _moves(site)
    site.write("part/rev")


def _part_lacks(name: str) -> Check:
    def check(site: Site, _: Mapping[str, Any]) -> None:
        assert not (site.checkout / "part" / name).exists()

    return check


@CORPUS.case(State.BLOCKED, Reason.DIRTY, notes={"dirty"}, follows=True, check=_part_lacks("rev"))
def submodule_with_a_deletion_where_it_moves(site: Site) -> None:
    _moves(site)
    (site.checkout / "part/rev").unlink()


@CORPUS.case(State.BLOCKED, Reason.DIRTY, notes={"dirty"}, check=_part_lacks(""))
def submodule_deleted_and_moved(site: Site) -> None:
    _moves(site)
    shutil.rmtree(site.checkout / "part")


@CORPUS.case(State.SYNCED, notes={"dirty"}, follows=True, check=_part_lacks(""))
def submodule_deleted(site: Site) -> None:
    """One that is emptied is filled; this folder is gone on purpose."""
    _filled(site)
    shutil.rmtree(site.checkout / "part")
    site.arrive()


@CORPUS.case(State.BLOCKED, Reason.DIVERGED, notes={"dirty"}, follows=True, check=_part_keeps("local.txt"))
def submodule_with_commits_on_no_branch_moved(site: Site) -> None:
    """git itself would leave them to the reflog without a word."""
    _moves(site)
    repos.commit_locally(site.checkout / "part")


@CORPUS.case(State.BLOCKED, Reason.DIVERGED, notes={"dirty"}, follows=True, check=_part_keeps("local.txt"))
def submodule_on_a_branch_with_commits_moved(site: Site) -> None:
    _moves(site)
    site.git("switch", "--quiet", "--create", "work", cwd=site.checkout / "part")
    repos.commit_locally(site.checkout / "part")


@CORPUS.case(State.BLOCKED, Reason.UNTRACKED_OVERWRITE, follows=True, check=_part_keeps("new.log"))
def submodule_with_an_ignored_file_in_the_way(site: Site) -> None:
    """git itself overwrites it without a word."""
    part = _filled(site)
    exclude = site.checkout / ".git/modules/part/info/exclude"
    exclude.parent.mkdir(exist_ok=True)
    exclude.write_text("*.log\n")
    site.write("part/new.log")
    _record(site, part, repos.add_commits(part, files={"new.log": "theirs\n"}))


def _is_cloned(site: Site, _: Mapping[str, Any]) -> None:
    assert (site.checkout / "rev").is_file()


@CORPUS.case(State.FAILED, Reason.UNSAFE_URL, check=_is_cloned)
def submodule_of_a_transport_that_runs_commands(site: Site) -> None:
    part = repos.make_remote(site.folder / "part.git")
    _record(site, part, part.head, url=f"ext::sh -c touch% {site.marker}")
    site.options["submodules"] = True
    site.lands = site.remote.head


@CORPUS.case(State.FAILED, Reason.UNSAFE_URL, follows=True)
def submodule_from_a_file(site: Site) -> None:
    """git refuses it unless the person allows it: it may name what the remote's owner cannot read."""
    part = repos.make_remote(site.folder / "part.git")
    site.clone()
    _record(site, part, part.head)
    site.options["submodules"] = True


_KEPT_AS_A_PACK = 120
"""So many files git does not unpack into objects as they come."""


def _cut_off(site: Site, deliver: Deliver, files: int = 1) -> None:
    """Emptied by the person, its git dir kept: git fetches into that what is recorded now, and is cut off."""
    server = WebServer(site.folder)
    site.closers.append(server.close)
    part = _filled(site)
    site.git("config", "remote.origin.url", f"{server.url}/part.git", cwd=site.checkout / "part")
    site.git("submodule", "--quiet", "deinit", "--force", "part")
    new = {f"new{n}": os.urandom(50_000 // files).hex() for n in range(files)}
    _record(site, part, repos.add_commits(part, files=new))
    server.deliver = deliver


def _part_is_empty(site: Site, _: Mapping[str, Any]) -> None:
    assert list((site.checkout / "part").iterdir()) == []


@CORPUS.case(State.FAILED, Reason.NETWORK, follows=True, check=_part_is_empty)
def submodule_cut_off(site: Site) -> None:
    _cut_off(site, servers.half)


@CORPUS.case(State.TIMED_OUT, Reason.STALLED, follows=True, check=_part_is_empty)
def submodule_that_stalls(site: Site) -> None:
    _cut_off(site, servers.half_then_silence, files=_KEPT_AS_A_PACK)
    site.options["stall_timeout"] = 0.5
