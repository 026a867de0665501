"""Hooks that misbehave, and hooks that are not the person's."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from tests.kit import repos
from tests.torture.site import Check, Corpus, Site
from tui.git.outcome import Reason, State

CORPUS = Corpus()


def _ran(name: str) -> Check:
    def check(site: Site, _: Mapping[str, Any]) -> None:
        assert (site.folder / name).exists()

    return check


def _says(text: str) -> Check:
    def check(_: Site, end: Mapping[str, Any]) -> None:
        assert text in end["message"]

    return check


def _with_hook(site: Site, name: str, script: str) -> None:
    site.clone()
    site.hook(name, script)
    site.arrive()


@CORPUS.case(State.SYNCED, follows=True, check=_ran("welcome"))
def hook_of_the_person(site: Site) -> None:
    _with_hook(site, "post-merge", f"touch '{site.folder}/welcome'")


@CORPUS.case(State.SYNCED, notes={"hook_failed"}, follows=True)
def failing_hook(site: Site) -> None:
    _with_hook(site, "post-merge", "exit 3")


@CORPUS.case(State.SYNCED, notes={"hook_failed"}, follows=True)
def hook_without_interpreter(site: Site) -> None:
    _with_hook(site, "post-merge", "")
    (site.checkout / ".git/hooks/post-merge").write_text("#!/nowhere/sh\n")


@CORPUS.case(State.TIMED_OUT, Reason.STALLED, follows=True, check=_says("post-merge hook"))
def hanging_hook(site: Site) -> None:
    _with_hook(site, "post-merge", "exec sleep 600")
    site.options["stall_timeout"] = 0.5


@CORPUS.case(State.TIMED_OUT, Reason.STALLED, check=_says("reference-transaction hook"))
def hook_that_hangs_in_the_fetch(site: Site) -> None:
    _with_hook(site, "reference-transaction", "[ $1 = prepared ] || exit 0\nexec sleep 600")
    site.options["stall_timeout"] = 0.5


@CORPUS.case(State.SYNCED, follows=True)
def chatty_hook(site: Site) -> None:
    _with_hook(
        site,
        "post-merge",
        r"printf '\033[31m[bold]x\033]0;title\007\r%0100000d\n\377\n' 1 >&2; yes | head -99999",
    )


@CORPUS.case(State.SYNCED, notes={"forced_update", "hook_failed"}, follows=True)
def failing_hook_under_a_forced_branch(site: Site) -> None:
    site.clone()
    site.hook("post-checkout", "exit 3")
    repos.force_push(site.remote)


def _brings_hooks(site: Site, folder: str = ".") -> None:
    """The remote's next commit has hooks, in that folder of its tree."""
    work = repos.clone(site.remote, site.folder / "work")
    _commit_hooks(site, work, folder)
    site.git("push", "--quiet", "origin", "main", cwd=work)


def _commit_hooks(site: Site, checkout: Path, folder: str) -> None:
    for name in ("post-merge", "post-checkout", "reference-transaction"):
        site.command(checkout / folder / name)
    site.git("add", "--all", cwd=checkout)
    site.git("commit", "--quiet", "-m", "Hooks", cwd=checkout)


def _hooks_in_the_tree(site: Site, path: str) -> None:
    """The checkout has its hooks in a folder of the tree."""
    _brings_hooks(site, ".husky")
    site.clone()
    site.config("core.hooksPath", path.format(site.checkout))
    site.arrive()


@CORPUS.case(State.SYNCED, notes={"hook_skipped"}, follows=True)
def hooks_in_the_tree(site: Site) -> None:
    """As husky sets it: a pull would decide what runs."""
    _hooks_in_the_tree(site, ".husky")


@CORPUS.case(State.SYNCED, notes={"hook_skipped"}, follows=True)
def hooks_in_the_tree_by_a_whole_path(site: Site) -> None:
    _hooks_in_the_tree(site, "{}/.git/../.husky")


@CORPUS.case(State.SYNCED, notes={"hook_skipped"}, follows=True)
def hooks_in_the_tree_by_a_link(site: Site) -> None:
    _hooks_in_the_tree(site, ".husky")
    site.git("config", "--unset", "core.hooksPath")
    (site.checkout / ".git/hooks").symlink_to("../.husky")


@CORPUS.case(State.SYNCED, notes={"hook_skipped", "forced_update"}, follows=True)
def hooks_in_the_tree_of_a_forced_branch(site: Site) -> None:
    _hooks_in_the_tree(site, ".husky")
    site.git("-c", "core.hooksPath=/dev/null", "pull", "--quiet", "--ff-only")
    repos.force_push(site.remote)


def _links_a_hook(site: Site, target: str) -> None:
    """One hook is a link to there, which the remote's next commit fills; beside it is one of the person's own."""
    site.clone()
    site.hook("post-checkout", f"touch '{site.folder}/welcome'")
    (site.checkout / ".git/hooks/post-merge").symlink_to(target)
    _brings_hooks(site, "hooks")


@CORPUS.case(State.SYNCED, notes={"hook_skipped"}, follows=True)
def hook_that_is_a_link_into_the_tree(site: Site) -> None:
    _links_a_hook(site, "../../hooks/post-merge")


@CORPUS.case(State.SYNCED, notes={"hook_skipped"}, follows=True)
def hook_by_a_link_of_the_tree_to_outside(site: Site) -> None:
    """The link that the tree has leads out of it today, and elsewhere after a pull."""
    work = repos.clone(site.remote, site.folder / "first")
    (work / "hooks").symlink_to(site.folder)
    site.git("add", "hooks", cwd=work)
    site.git("commit", "--quiet", "-m", "Link", cwd=work)
    site.git("push", "--quiet", "origin", "main", cwd=work)
    site.clone()
    (site.checkout / ".git/hooks").mkdir(exist_ok=True)
    (site.checkout / ".git/hooks/post-merge").symlink_to("../../hooks/post-merge")
    site.git("rm", "--quiet", "hooks", cwd=work)
    _commit_hooks(site, work, "hooks")
    site.git("push", "--quiet", "origin", "main", cwd=work)


@CORPUS.case(State.SYNCED, follows=True, check=_ran("welcome"))
def hook_that_is_a_link_to_one_of_the_person(site: Site) -> None:
    site.clone()
    site.hook("welcome", f"touch '{site.folder}/welcome'")
    (site.checkout / ".git/hooks/welcome").rename(site.folder / "mine.sh")
    (site.checkout / ".git/hooks/post-merge").symlink_to(site.folder / "mine.sh")
    site.arrive()


_HOOKS_OF_EVERY_TREE = {
    "GIT_CONFIG_COUNT": "1",
    "GIT_CONFIG_KEY_0": "core.hooksPath",
    "GIT_CONFIG_VALUE_0": ".husky",
}


@CORPUS.case(State.SYNCED, env=_HOOKS_OF_EVERY_TREE)
def clone_with_hooks_in_the_tree(site: Site) -> None:
    _brings_hooks(site, ".husky")
    site.lands = site.remote.head


@CORPUS.case(State.SYNCED, follows=True, check=_ran("welcome"))
def hooks_in_a_folder_of_the_person(site: Site) -> None:
    _with_hook(site, "post-merge", f"touch '{site.folder}/welcome'")
    (site.checkout / ".git/hooks").rename(site.folder / "hooks")
    site.config("core.hooksPath", str(site.folder / "hooks"))


@CORPUS.case(State.SYNCED, follows=True)
def command_of_the_collection_of_garbage(site: Site) -> None:
    _with_hook(site, "pre-auto-gc", f"touch '{site.marker}'")
    site.config("gc.auto", "1")


def _refusing(site: Site, ref: str) -> None:
    script = f'[ "$1" = prepared ] || exit 0\nwhile read -r _ _ ref; do [ "$ref" != {ref} ] || exit 1; done'
    _with_hook(site, "reference-transaction", script)


@CORPUS.case(State.FAILED, Reason.HOOK)
def hook_that_refuses_the_move(site: Site) -> None:
    _refusing(site, "refs/heads/main")


@CORPUS.case(State.FAILED, Reason.HOOK)
def hook_that_refuses_the_fetch(site: Site) -> None:
    _refusing(site, "refs/remotes/origin/main")


@CORPUS.case(State.FAILED, Reason.CONFIG, check=_says("leads into a git dir"))
def entry_as_the_hooks_of_another(site: Site) -> None:
    victim = site.also(f"{site.name}-victim", State.SYNCED)
    repos.clone(site.remote, victim)
    _brings_hooks(site)
    site.at(f"{victim.name}/.git/hooks")


@CORPUS.case(State.FAILED, Reason.CONFIG, check=_says("lies in the git dir"))
def entry_as_the_hooks_of_a_bare_repository(site: Site) -> None:
    victim = site.also(f"{site.name}-victim.git", State.SYNCED)
    site.git("clone", "--quiet", "--bare", "--template=", site.remote.url, str(victim), cwd=site.folder)
    _brings_hooks(site)
    site.at(f"{victim.name}/hooks")


def _is_told_of_the_workspace_file(_: Site, end: Mapping[str, Any]) -> None:
    assert "lies in the git dir" in end["message"]
    assert (
        end["advice"] == f"{end['repo']}: correct its path in the workspace file: synctui list {end['repo']}"
    )


@CORPUS.case(State.FAILED, Reason.CONFIG, check=_is_told_of_the_workspace_file)
def entry_as_the_hooks_of_a_bare_repository_that_has_some(site: Site) -> None:
    """Nobody is to move them out of the way."""
    entry_as_the_hooks_of_a_bare_repository(site)
    site.checkout.mkdir()
    (site.checkout / "post-update").write_text("#!/bin/sh\n")


@CORPUS.case(State.FAILED, Reason.CONFIG, check=_says("is part of the repository around it"))
def entry_in_the_tree_of_another(site: Site) -> None:
    """A bare repository that came as files, with its hooks and settings."""
    around = repos.clone(site.remote, site.workspace / "co" / f"{site.name}-around")
    inner = around / "inner"
    site.git("clone", "--quiet", "--bare", "--template=", site.remote.url, str(inner), cwd=site.folder)
    _commit_hooks(site, around, "inner/hooks")
    site.arrive()
    site.at(str(inner.relative_to(site.workspace / "co")))
