"""What a person may have left in a checkout, what the remote did meanwhile, and what becomes of it."""

import shutil
import subprocess
from collections.abc import Mapping
from typing import Any

from tests.kit import repos
from tests.torture.site import Check, Corpus, Site
from tui.git.outcome import Reason, State

CORPUS = Corpus()


@CORPUS.case(State.UP_TO_DATE, follows=True)
def current(site: Site) -> None:
    site.clone()


@CORPUS.case(State.SYNCED, follows=True)
def behind(site: Site) -> None:
    site.clone()
    site.arrive(3)


@CORPUS.case(State.UP_TO_DATE)
def ahead(site: Site) -> None:
    repos.commit_locally(site.clone())


@CORPUS.case(State.BLOCKED, Reason.DIVERGED)
def diverged(site: Site) -> None:
    repos.commit_locally(site.clone())
    site.arrive(2)


@CORPUS.case(State.SYNCED, notes={"dirty"}, follows=True)
def dirty_elsewhere_while_behind(site: Site) -> None:
    site.arrive(files={"notes.txt": "theirs\n"})
    site.clone()
    site.write("notes.txt")
    site.arrive(2)


@CORPUS.case(State.BLOCKED, Reason.DIRTY, notes={"dirty"})
def dirty_where_it_changes(site: Site) -> None:
    site.clone()
    site.write("rev")
    site.arrive()


def _still_staged(site: Site, _: Mapping[str, Any]) -> None:
    assert site.git("diff", "--cached", "--name-only") == "staged.txt"


@CORPUS.case(State.SYNCED, notes={"dirty"}, follows=True, check=_still_staged)
def staged_elsewhere_while_behind(site: Site) -> None:
    site.clone()
    site.write("staged.txt")
    site.git("add", "staged.txt")
    site.arrive()


@CORPUS.case(State.BLOCKED, Reason.DIRTY, notes={"dirty"})
def staged_where_it_changes(site: Site) -> None:
    site.clone()
    site.write("rev")
    site.git("add", "rev")
    site.arrive()


@CORPUS.case(State.BLOCKED, Reason.DIRTY, notes={"dirty"})
def deleted_where_it_changes(site: Site) -> None:
    site.clone()
    site.git("rm", "--quiet", "rev")
    site.arrive()


def _stays_deleted(name: str) -> Check:
    def check(site: Site, _: Mapping[str, Any]) -> None:
        assert not (site.checkout / name).exists()

    return check


@CORPUS.case(State.BLOCKED, Reason.DIRTY, notes={"dirty"}, check=_stays_deleted("rev"))
def deleted_unstaged_where_it_changes(site: Site) -> None:
    """git itself brings it back without a word."""
    site.clone()
    (site.checkout / "rev").unlink()
    site.arrive()


@CORPUS.case(State.BLOCKED, Reason.DIRTY, notes={"dirty"}, check=_stays_deleted("deep"))
def deleted_folder_where_it_changes(site: Site) -> None:
    site.arrive(files={"deep/er/a": "1\n", "deep/b": "1\n"})
    site.clone()
    shutil.rmtree(site.checkout / "deep")
    site.arrive(files={"deep/er/a": "2\n"})


@CORPUS.case(State.SYNCED, notes={"dirty"}, follows=True, check=_stays_deleted("deep"))
def deleted_elsewhere_while_behind(site: Site) -> None:
    site.arrive(files={"deep/a": "1\n"})
    site.clone()
    shutil.rmtree(site.checkout / "deep")
    site.arrive()


@CORPUS.case(State.SYNCED, notes={"dirty"}, follows=True, check=_stays_deleted("a"))
def deleted_here_and_there(site: Site) -> None:
    site.arrive(files={"a": "1\n"})
    work = repos.clone(site.remote, site.folder / "work")
    site.clone()
    (site.checkout / "a").unlink()
    site.git("rm", "--quiet", "a", cwd=work)
    site.git("commit", "--quiet", "-m", "Away with it", cwd=work)
    site.git("push", "--quiet", "origin", "main", cwd=work)


def _stays_a_link(site: Site, _: Mapping[str, Any]) -> None:
    assert (site.checkout / "deep").is_symlink()
    assert (site.folder / "disk/a").read_text() == "1\n"


@CORPUS.case(State.BLOCKED, Reason.DIRTY, notes={"dirty"}, check=_stays_a_link)
def folder_moved_away_and_linked(site: Site) -> None:
    """git itself puts a folder in place of the link."""
    site.arrive(files={"deep/a": "1\n"})
    site.clone()
    (site.checkout / "deep").rename(site.folder / "disk")
    (site.checkout / "deep").symlink_to(site.folder / "disk")
    site.arrive(files={"deep/a": "2\n"})


@CORPUS.case(State.BLOCKED, Reason.DIRTY, notes={"dirty"})
def dirty_with_every_setting_that_stashes(site: Site) -> None:
    site.clone()
    for key in ("merge.autoStash", "rebase.autoStash", "pull.rebase"):
        site.config(key, "true")
    site.write("rev")
    site.arrive()


@CORPUS.case(State.SYNCED, follows=True)
def stashed_while_behind(site: Site) -> None:
    site.clone()
    site.write("rev")
    site.git("stash")
    site.write("new.txt")
    site.git("stash", "--include-untracked")
    site.arrive()


@CORPUS.case(State.SYNCED, follows=True)
def untracked_elsewhere(site: Site) -> None:
    site.clone()
    site.write("deep/new.txt")
    site.arrive()


@CORPUS.case(State.BLOCKED, Reason.UNTRACKED_OVERWRITE)
def untracked_in_the_way(site: Site) -> None:
    site.clone()
    site.write("new.txt")
    site.arrive(files={"new.txt": "theirs\n"})


@CORPUS.case(State.BLOCKED, Reason.UNTRACKED_OVERWRITE)
def ignored_in_the_way(site: Site) -> None:
    site.arrive(files={".gitignore": "*.log\n"})
    site.clone()
    site.write("new.log")
    site.arrive(files={"new.log": "theirs\n"})


@CORPUS.case(State.BLOCKED, Reason.UNTRACKED_OVERWRITE)
def ignored_folder_in_the_way_of_a_file(site: Site) -> None:
    site.arrive(files={".gitignore": "build\n"})
    site.clone()
    site.write("build/precious")
    site.arrive(files={"build": "theirs\n"})


def _stops(site: Site, *args: str) -> None:
    """A git command that ends in the middle, as a conflict makes it."""
    command = ["git", *args]
    done = subprocess.run(
        command, cwd=site.checkout, env=repos.git_env(), capture_output=True, text=True, check=False
    )
    assert done.returncode, f"no conflict: {command}"


def _side(site: Site) -> None:
    """Main is as the remote's was, and `side` has another version of the same file."""
    site.clone()
    site.git("switch", "--quiet", "--create", "side", "HEAD~1")
    repos.commit_locally(site.checkout, "rev")
    site.git("switch", "--quiet", "main")


_IN_PROGRESS = (State.BLOCKED, Reason.IN_PROGRESS)


@CORPUS.case(*_IN_PROGRESS)
def merge_in_progress(site: Site) -> None:
    _side(site)
    _stops(site, "merge", "side")
    site.arrive()


@CORPUS.case(*_IN_PROGRESS)
def rebase_in_progress(site: Site) -> None:
    _side(site)
    _stops(site, "rebase", "side")
    site.arrive()


@CORPUS.case(*_IN_PROGRESS)
def rebase_by_patches_in_progress(site: Site) -> None:
    _side(site)
    _stops(site, "rebase", "--apply", "side")
    site.arrive()


@CORPUS.case(*_IN_PROGRESS)
def cherry_pick_in_progress(site: Site) -> None:
    _side(site)
    _stops(site, "cherry-pick", "side")
    site.arrive()


@CORPUS.case(*_IN_PROGRESS)
def revert_in_progress(site: Site) -> None:
    site.clone()
    _stops(site, "revert", "HEAD~1")
    site.arrive()


@CORPUS.case(*_IN_PROGRESS)
def bisect_in_progress(site: Site) -> None:
    site.clone()
    site.git("bisect", "start", "HEAD", "HEAD~2")
    site.arrive()


@CORPUS.case(*_IN_PROGRESS)
def am_in_progress(site: Site) -> None:
    _side(site)
    patch = site.folder / "patch"
    patch.write_text(site.git("format-patch", "--stdout", "side~1..side") + "\n")
    _stops(site, "am", str(patch))
    site.arrive()


@CORPUS.case(State.UP_TO_DATE, notes={"in_progress"})
def merge_in_progress_and_nothing_new(site: Site) -> None:
    _side(site)
    _stops(site, "merge", "side")


@CORPUS.case(State.SYNCED, notes={"detached"})
def detached(site: Site) -> None:
    site.clone()
    site.git("checkout", "--quiet", "--detach", "HEAD~1")
    site.arrive()


@CORPUS.case(State.SYNCED, notes={"unborn"})
def unborn(site: Site) -> None:
    site.clone()
    site.git("switch", "--quiet", "--orphan", "fresh")
    site.write("first.txt")
    site.arrive()


@CORPUS.case(State.SYNCED, notes={"no_upstream"})
def no_upstream(site: Site) -> None:
    site.clone()
    site.git("switch", "--quiet", "--no-track", "--create", "own")
    site.arrive()


def _kept_nowhere(site: Site) -> None:
    site.clone()
    site.git("config", "--unset", "remote.origin.fetch")
    site.git("update-ref", "-d", "refs/remotes/origin/main")


_KEPT_NOWHERE = ("no_refspec", "no_upstream")


@CORPUS.case(State.SYNCED, notes=_KEPT_NOWHERE)
def remote_without_refspec(site: Site) -> None:
    """git fetches all the same, and only FETCH_HEAD has what came: it is not up to date."""
    _kept_nowhere(site)
    site.arrive()


@CORPUS.case(State.UP_TO_DATE, notes=_KEPT_NOWHERE)
def remote_without_refspec_and_nothing_new(site: Site) -> None:
    _kept_nowhere(site)


@CORPUS.case(State.UP_TO_DATE, notes=_KEPT_NOWHERE)
def remote_without_refspec_that_was_asked_before(site: Site) -> None:
    remote_without_refspec(site)
    site.git("fetch", "--quiet")


@CORPUS.case(State.SKIPPED, Reason.NO_REMOTE)
def no_remote(site: Site) -> None:
    site.clone()
    site.git("remote", "remove", "origin")
    site.options["url"] = None


@CORPUS.case(State.SYNCED, follows=True)
def two_remotes(site: Site) -> None:
    """The upstream is on the one that is not `origin`, and the other one is out of reach."""
    site.clone("--origin=fork")
    site.git("remote", "add", "origin", f"file://{site.folder}/nowhere.git")
    site.arrive()


@CORPUS.case(State.SKIPPED, Reason.NO_REMOTE)
def two_remotes_and_none_is_meant(site: Site) -> None:
    site.clone("--origin=fork")
    site.git("remote", "add", "mirror", site.remote.url)
    site.git("switch", "--quiet", "--no-track", "--create", "own")


@CORPUS.case(State.BLOCKED, Reason.BRANCH_GONE)
def upstream_deleted(site: Site) -> None:
    site.arrive(branch="topic")
    site.clone("--branch=topic")
    site.git("update-ref", "-d", "refs/heads/topic", cwd=site.remote.path)


@CORPUS.case(State.BLOCKED, Reason.BRANCH_GONE)
def upstream_deleted_and_pruned(site: Site) -> None:
    upstream_deleted(site)
    site.options["prune"] = True


def _can_switch(site: Site, end: Mapping[str, Any]) -> None:
    """By the command of the advice."""
    assert end["advice"].endswith(f": git -C {site.checkout} switch trunk")
    site.git("switch", "--quiet", "trunk")
    assert repos.head(site.checkout) == site.remote.head


@CORPUS.case(State.BLOCKED, Reason.BRANCH_GONE, check=_can_switch)
def default_branch_renamed(site: Site) -> None:
    site.clone()
    site.git("branch", "--move", "main", "trunk", cwd=site.remote.path)


@CORPUS.case(State.SYNCED, notes={"forced_update"}, follows=True)
def forced_with_nothing_of_ours(site: Site) -> None:
    site.clone()
    repos.force_push(site.remote, 2)


@CORPUS.case(State.SYNCED, notes={"forced_update"}, follows=True)
def rewound_with_nothing_of_ours(site: Site) -> None:
    site.clone()
    site.git("update-ref", "refs/heads/main", "refs/heads/main~1", cwd=site.remote.path)


@CORPUS.case(State.SYNCED, notes={"forced_update", "dirty"}, follows=True)
def forced_under_local_edits(site: Site) -> None:
    site.arrive(files={"notes.txt": "theirs\n"})
    site.arrive()
    site.clone()
    site.write("notes.txt")
    repos.force_push(site.remote)


@CORPUS.case(State.BLOCKED, Reason.DIRTY, notes={"dirty"}, check=_stays_deleted("rev"))
def forced_under_a_deletion(site: Site) -> None:
    site.clone()
    (site.checkout / "rev").unlink()
    repos.force_push(site.remote, 2)


@CORPUS.case(State.BLOCKED, Reason.DIVERGED)
def forced_under_commits_of_ours(site: Site) -> None:
    repos.commit_locally(site.clone())
    repos.force_push(site.remote)


@CORPUS.case(State.BLOCKED, Reason.DIVERGED)
def forced_over_what_was_pushed_from_here(site: Site) -> None:
    repos.commit_locally(site.clone())
    site.git("push", "--quiet", site.remote.url, "main")
    site.git("update-ref", "-m", "update by push", "--create-reflog", "refs/remotes/origin/main", "main")
    repos.force_push(site.remote)


def _tag_stays(site: Site, _: Mapping[str, Any]) -> None:
    assert site.git("rev-parse", "v1") == site.git("rev-parse", "main")


@CORPUS.case(State.UP_TO_DATE, check=_tag_stays)
def tag_moved(site: Site) -> None:
    """git leaves a tag that is here alone, as long as nobody asks for tags."""
    site.git("tag", "v1", "main", cwd=site.remote.path)
    site.clone()
    site.git("tag", "--force", "v1", "main~1", cwd=site.remote.path)


@CORPUS.case(State.FAILED, Reason.REF_CONFLICT, check=_tag_stays)
def tag_moved_and_tags_asked_for(site: Site) -> None:
    tag_moved(site)
    site.config("remote.origin.tagOpt", "--tags")


def _tag_arrived(site: Site, end: Mapping[str, Any]) -> None:
    assert [(ref["name"], ref["kind"]) for ref in end["refs"]] == [("refs/tags/v1", "tag")]


@CORPUS.case(State.SYNCED, follows=True, check=_tag_arrived)
def new_tag(site: Site) -> None:
    site.clone()
    site.git("tag", "v1", "main", cwd=site.remote.path)


@CORPUS.case(State.FAILED, Reason.REF_CONFLICT)
def new_branch_in_the_way_of_an_old_one(site: Site) -> None:
    site.arrive(branch="topic")
    site.clone()
    site.git("update-ref", "-d", "refs/heads/topic", cwd=site.remote.path)
    site.arrive(branch="topic/part")


def _topic_is_pruned(site: Site, end: Mapping[str, Any]) -> None:
    assert site.git("for-each-ref", "refs/remotes/origin/topic") == ""
    assert ("refs/remotes/origin/topic", "deleted") in [(ref["name"], ref["kind"]) for ref in end["refs"]]


@CORPUS.case(State.SYNCED, check=_topic_is_pruned)
def branch_gone_and_pruned(site: Site) -> None:
    site.arrive(branch="topic")
    site.clone()
    site.git("update-ref", "-d", "refs/heads/topic", cwd=site.remote.path)
    site.config("fetch.prune", "true")


@CORPUS.case(State.SYNCED, follows=True)
def new_branch_in_the_way_of_a_pruned_one(site: Site) -> None:
    new_branch_in_the_way_of_an_old_one(site)
    site.arrive()
    site.options["prune"] = True


@CORPUS.case(State.FAILED, Reason.URL_MISMATCH)
def url_differs(site: Site) -> None:
    site.clone()
    site.git("remote", "set-url", "origin", repos.make_remote(site.folder / "other.git").url)
    site.arrive()


@CORPUS.case(State.SKIPPED, Reason.DISABLED)
def disabled(site: Site) -> None:
    site.clone()
    site.arrive()
    site.options["enabled"] = False


@CORPUS.case(State.SYNCED)
def strategy_fetch(site: Site) -> None:
    site.clone()
    site.arrive()
    site.options["strategy"] = "fetch"
