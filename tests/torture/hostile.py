"""Hooks that misbehave, repositories that want to have a command run, and an environment that leads astray."""

import os
import socket
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from tests.kit import repos
from tests.torture.site import SECRET, Check, Corpus, Site
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


@CORPUS.case(State.TIMED_OUT, Reason.STALLED)
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


def _refusing(site: Site, ref: str) -> None:
    script = f'[ "$1" = prepared ] || exit 0\nwhile read -r _ _ ref; do [ "$ref" != {ref} ] || exit 1; done'
    _with_hook(site, "reference-transaction", script)


@CORPUS.case(State.FAILED, Reason.HOOK)
def hook_that_refuses_the_move(site: Site) -> None:
    _refusing(site, "refs/heads/main")


@CORPUS.case(State.FAILED, Reason.HOOK)
def hook_that_refuses_the_fetch(site: Site) -> None:
    _refusing(site, "refs/remotes/origin/main")


def _script(site: Site) -> str:
    """A command that leaves the mark."""
    file = site.folder / "evil"
    file.write_text(f"#!/bin/sh\ntouch '{site.marker}'\nexec \"$@\"\n")
    file.chmod(0o755)
    return str(file)


@CORPUS.case(State.SYNCED, follows=True)
def command_as_file_monitor(site: Site) -> None:
    site.clone()
    site.config("core.fsmonitor", _script(site))
    site.arrive()


@CORPUS.case(State.SYNCED, follows=True)
def command_of_the_collection_of_garbage(site: Site) -> None:
    _with_hook(site, "pre-auto-gc", f"touch '{site.marker}'")
    site.config("gc.auto", "1")


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


def _hooks(site: Site) -> dict[str, str]:
    return dict.fromkeys(
        ("post-merge", "post-checkout", "reference-transaction"), f"#!/bin/sh\ntouch '{site.marker}'\n"
    )


def _commit(checkout: Path, files: Mapping[str, str]) -> None:
    """With every file executable."""
    for name, text in files.items():
        file = checkout / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)
        file.chmod(0o755)
    repos.git(checkout, "add", "--all")
    repos.git(checkout, "commit", "--quiet", "-m", "Work")


def _brings_hooks(site: Site) -> None:
    work = repos.clone(site.remote, site.folder / "work")
    _commit(work, _hooks(site))
    site.git("push", "--quiet", "origin", "main", cwd=work)


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


@CORPUS.case(State.FAILED, Reason.CONFIG, check=_says("is part of the repository around it"))
def entry_in_the_tree_of_another(site: Site) -> None:
    """A bare repository that came as files, with its hooks and settings."""
    around = repos.clone(site.remote, site.workspace / "co" / f"{site.name}-around")
    inner = around / "inner"
    site.git("clone", "--quiet", "--bare", "--template=", site.remote.url, str(inner), cwd=site.folder)
    _commit(around, {f"inner/hooks/{name}": text for name, text in _hooks(site).items()})
    site.arrive()
    site.at(str(inner.relative_to(site.workspace / "co")))


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
