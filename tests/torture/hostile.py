"""Repositories that want to have a command run, and an environment that leads astray."""

import os
import shlex
import socket
from collections.abc import Mapping
from typing import Any

from tests.kit import repos
from tests.torture.site import SECRET, Check, Corpus, Site
from tui.git.outcome import Reason, State

CORPUS = Corpus()


def _script(site: Site) -> str:
    return str(site.command(site.folder / "evil"))


@CORPUS.case(State.SYNCED, follows=True)
def command_as_file_monitor(site: Site) -> None:
    site.clone()
    site.config("core.fsmonitor", _script(site))
    site.arrive()


_UNSAFE = (State.FAILED, Reason.UNSAFE_URL)


def _command(site: Site, key: str, value: str) -> None:
    site.clone()
    site.config(key, value)
    site.arrive()


@CORPUS.case(*_UNSAFE)
def command_as_upload_pack(site: Site) -> None:
    _command(site, "remote.origin.uploadpack", _script(site))


@CORPUS.case(*_UNSAFE)
def command_as_remote_helper(site: Site) -> None:
    _command(site, "remote.origin.vcs", f"ext::{_script(site)}")


@CORPUS.case(*_UNSAFE)
def command_as_proxy(site: Site) -> None:
    """Run for a URL of `git:`, which this is not yet: the repository may rewrite it."""
    _command(site, "core.gitProxy", _script(site))


@CORPUS.case(*_UNSAFE)
def command_that_lists_borrowed_refs(site: Site) -> None:
    site.clone("--shared")
    site.config("core.alternateRefsCommand", _script(site))
    site.arrive()


def _signed(site: Site) -> None:
    """What arrives says that it is signed; by whom, only a program can tell."""
    main = site.remote.path
    commit = site.git("cat-file", "commit", site.arrive(), cwd=main)
    signature = "gpgsig -----BEGIN PGP SIGNATURE-----\n \n iQ==\n -----END PGP SIGNATURE-----"
    signed = commit.replace("\n\n", f"\n{signature}\n\n", 1)
    new = site.git("hash-object", "-w", "-t", "commit", "--stdin", stdin=f"{signed}\n", cwd=main)
    site.git("update-ref", "refs/heads/main", new, cwd=main)


@CORPUS.case(*_UNSAFE)
def command_that_verifies_signatures(site: Site) -> None:
    site.clone()
    site.config("merge.verifySignatures", "true")
    site.config("gpg.program", _script(site))
    _signed(site)


@CORPUS.case(State.SYNCED, follows=True)
def command_for_signatures_that_nobody_verifies(site: Site) -> None:
    """A person who signs by a program of their own."""
    site.clone()
    site.config("gpg.program", _script(site))
    _signed(site)


def _nothing_elsewhere(site: Site, end: Mapping[str, Any]) -> None:
    assert list((site.folder / "elsewhere").iterdir()) == []
    assert str(site.folder / "elsewhere") in end["message"]


@CORPUS.case(State.FAILED, Reason.CONFIG, check=_nothing_elsewhere)
def files_elsewhere(site: Site) -> None:
    """A repository that has its files written into a folder of its choice, the person's home say."""
    site.clone()
    (site.folder / "elsewhere").mkdir()
    site.config("core.worktree", str(site.folder / "elsewhere"))
    site.arrive()


@CORPUS.case(*_UNSAFE)
def command_as_url(site: Site) -> None:
    _command(site, "protocol.ext.allow", "always")
    site.config("remote.origin.url", f"ext::{_script(site)}")
    site.options["url"] = None


@CORPUS.case(*_UNSAFE)
def command_as_rewritten_url(site: Site) -> None:
    _command(site, "protocol.ext.allow", "always")
    site.config(f"url.ext::{_script(site)} .insteadOf", "file:")


@CORPUS.case(*_UNSAFE)
def option_as_url(site: Site) -> None:
    _command(site, "remote.origin.url", f"--upload-pack={_script(site)}")
    site.options["url"] = None


@CORPUS.case(*_UNSAFE)
def option_as_host(site: Site) -> None:
    _command(site, "remote.origin.url", f"ssh://-oProxyCommand={_script(site).replace('/', '%2f')}/x")
    site.options["url"] = None


@CORPUS.case(State.SYNCED, follows=True)
def attributes_that_name_commands(site: Site) -> None:
    evil = _script(site)
    site.clone()
    attributes = "* filter=evil diff=evil merge=evil\n"
    settings = f'[filter "evil"]\n\tsmudge = {evil}\n\tclean = {evil}\n[core]\n\tfsmonitor = {evil}\n'
    site.arrive(files={".gitattributes": attributes, ".gitconfig": settings, "config": settings})


def _filtered(site: Site, file: str) -> None:
    """The remote's next commit has everything filtered by a command, as that file of its tree says."""
    evil = _script(site)
    settings = (
        f'[filter "evil"]\n\tsmudge = {evil} cat\n\tclean = {evil} cat\n[core]\n\tsshCommand = {evil}\n'
    )
    site.arrive(files={".gitattributes": "* filter=evil\n", file: settings})


def _says_what_includes(key: str) -> Check:
    def check(site: Site, end: Mapping[str, Any]) -> None:
        assert end["message"].startswith(f"{key} = "), end["message"]
        assert "includes a file of the tree: what is fetched would decide what git runs" in end["message"]
        assert end["advice"].endswith(f" config --unset-all {shlex.quote(key)}")

    return check


def _includes(site: Site, key: str, path: str) -> None:
    site.clone()
    site.config(key, path)
    _filtered(site, ".gitconfig")


@CORPUS.case(State.FAILED, Reason.CONFIG, check=_says_what_includes("include.path"))
def settings_included_from_the_tree(site: Site) -> None:
    """The file comes with what is to be pulled."""
    _includes(site, "include.path", "../.gitconfig")


@CORPUS.case(State.FAILED, Reason.CONFIG, check=_says_what_includes("includeif.onbranch:later.path"))
def settings_of_the_tree_under_a_condition(site: Site) -> None:
    _includes(site, "includeIf.onbranch:later.path", "../.gitconfig")


@CORPUS.case(State.FAILED, Reason.CONFIG)
def settings_of_the_tree_by_a_link(site: Site) -> None:
    _includes(site, "include.path", "mine")
    (site.checkout / ".git/mine").symlink_to("../.gitconfig")


@CORPUS.case(State.FAILED, Reason.CONFIG)
def settings_of_the_tree_by_a_file_of_the_person(site: Site) -> None:
    mine = site.folder / "mine"
    _includes(site, "include.path", str(mine))
    mine.write_text(f"[include]\n\tpath = {site.checkout}/.gitconfig\n")


@CORPUS.case(State.FAILED, Reason.CONFIG)
def settings_that_are_a_link_into_the_tree(site: Site) -> None:
    site.clone()
    config = site.checkout / ".git/config"
    site.arrive(files={"config": config.read_text()})
    site.git("pull", "--quiet", "--ff-only")
    config.unlink()
    config.symlink_to("../config")
    _filtered(site, "config")


@CORPUS.case(State.FAILED, Reason.CONFIG)
def settings_of_one_worktree_from_the_tree(site: Site) -> None:
    site.clone()
    site.config("extensions.worktreeConfig", "true")
    site.git("config", "--worktree", "include.path", "../.gitconfig")
    _filtered(site, ".gitconfig")


@CORPUS.case(State.SYNCED, follows=True)
def settings_included_from_a_folder_of_the_person(site: Site) -> None:
    site.clone()
    (site.folder / "mine").write_text(f"[core]\n\tfsmonitor = {_script(site)}\n")
    site.config("include.path", str(site.folder / "mine"))
    site.arrive()


@CORPUS.case(State.SYNCED, follows=True)
def repository_in_the_tree(site: Site) -> None:
    """A folder that looks like a bare repository whose configuration runs a command."""
    site.clone()
    settings = f"[core]\n\tbare = false\n\tworktree = ..\n\tfsmonitor = {_script(site)}\n"
    files = {"HEAD": "ref: refs/heads/main\n", "config": settings, "objects/x": "", "refs/x": ""}
    site.arrive(files={f"inner/{name}": text for name, text in files.items()})


def _raw_commit(site: Site, listing: str) -> None:
    """A commit on the remote with a tree that a decent git does not write."""
    main = site.remote.path
    tree = site.git("mktree", stdin=listing, cwd=main)
    site.git(
        "update-ref",
        "refs/heads/main",
        site.git("commit-tree", tree, "-p", "main", "-m", "x", cwd=main),
        cwd=main,
    )


@CORPUS.case(State.FAILED, Reason.CORRUPT)
def hook_in_the_tree(site: Site) -> None:
    site.clone()
    main = site.remote.path
    blob = site.git("hash-object", "-w", "--stdin", stdin=f"#!/bin/sh\ntouch '{site.marker}'\n", cwd=main)
    hooks = site.git("mktree", stdin=f"100755 blob {blob}\tpost-merge\n", cwd=main)
    git_dir = site.git("mktree", stdin=f"040000 tree {hooks}\thooks\n", cwd=main)
    _raw_commit(site, f"040000 tree {git_dir}\t.git\n")


def _nothing_outside(site: Site, _: Mapping[str, Any]) -> None:
    assert list((site.folder / "outside").iterdir()) == []


@CORPUS.case(State.SYNCED, follows=True, check=_nothing_outside)
def link_in_the_tree_becomes_a_folder(site: Site) -> None:
    outside = site.folder / "outside"
    outside.mkdir()
    main = site.remote.path
    link = site.git("hash-object", "-w", "--stdin", stdin=str(outside), cwd=main)
    _raw_commit(site, f"120000 blob {link}\tdeep\n")
    site.clone()
    blob = site.git("hash-object", "-w", "--stdin", stdin="theirs\n", cwd=main)
    deep = site.git("mktree", stdin=f"100644 blob {blob}\tfile\n", cwd=main)
    _raw_commit(site, f"040000 tree {deep}\tdeep\n")


@CORPUS.case(State.FAILED, Reason.REFUSED)
def password_in_its_own_url(site: Site) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    site.url = f"http://me:{SECRET}@127.0.0.1:{port}/x.git"
    site.clone()


@CORPUS.case(
    State.SYNCED,
    follows=True,
    env={"GIT_DIR": os.devnull, "GIT_WORK_TREE": "/", "GIT_INDEX_FILE": os.devnull},
)
def variables_of_another_repository(site: Site) -> None:
    site.clone()
    site.arrive()


@CORPUS.case(
    State.SYNCED, follows=True, env={"GIT_TRACE": "1", "GIT_TRACE_SETUP": "1", "GIT_CURL_VERBOSE": "1"}
)
def variables_that_trace(site: Site) -> None:
    site.clone()
    site.arrive()


_SETTINGS = {
    "pull.rebase": "true",
    "merge.ff": "false",
    "fetch.prune": "false",
    "core.quotePath": "true",
    "color.ui": "always",
}
_SETTINGS |= {
    "advice.detachedHead": "true",
    "status.short": "true",
    "log.showSignature": "true",
    "fetch.output": "compact",
}
_ENV = {"GIT_CONFIG_COUNT": str(len(_SETTINGS))}
_ENV |= {f"GIT_CONFIG_KEY_{n}": key for n, key in enumerate(_SETTINGS)}
_ENV |= {f"GIT_CONFIG_VALUE_{n}": value for n, value in enumerate(_SETTINGS.values())}


@CORPUS.case(State.SYNCED, notes={"forced_update"}, follows=True, env=_ENV)
def settings_of_the_person(site: Site) -> None:
    site.clone()
    repos.force_push(site.remote)


@CORPUS.case(State.FAILED, Reason.GIT_MISSING, env={"PATH": "/nowhere"})
def git_not_installed(site: Site) -> None:
    site.clone()
    site.arrive()
