"""Asks a remote for what is new, and keeps it. Silence is no news that all is gone."""

import re
from collections.abc import Callable
from pathlib import Path

from msgspec import Struct

from tui.git.failure import Ended, classify
from tui.git.inspect import fetched_at
from tui.git.outcome import Action, Reason, State
from tui.git.process import Exit
from tui.git.received import now, received
from tui.git.refs import Refs, changes, fetched_branches, fetched_commits, fetched_refs
from tui.git.remote import Remote
from tui.git.work import Work

_NO_FORWARD = re.compile(r"\[rejected\] .*\(non-fast-forward\)")


class Fetched(Struct, frozen=True):
    refs: Refs
    branches: set[str]
    """Those that the remote has, as `refs/heads/…`."""
    unkept: bool
    """Commits came that no ref here has: the remote has no refspec that would keep them."""


def fetch(
    work: Work,
    git_dir: Path,
    remote: Remote,
    specs: tuple[str, ...],
    before: Refs,
    read_refs: Callable[[], Refs],
) -> Fetched:
    """`specs`: what to fetch instead of the configured refspecs. Ended when the remote did not give it."""
    work.action = Action.FETCH
    work.git.ssh_url = remote.ssh_url
    options = ("--progress", "--no-recurse-submodules", "--write-fetch-head")
    work.last_fetch = fetched_at(git_dir)
    known = fetched_commits(_fetch_head(git_dir))
    # Only when the remote is heard it is known what is gone there.
    begun = now()
    exit_ = work.attempt("fetch", *options, "--no-prune", "--", remote.name, *specs)
    lines = exit_.lines
    there = fetched_refs(_fetch_head(git_dir))
    if exit_.ok and not there:
        _check_silence(work, remote, before, exit_)
    after = read_refs()
    if there and not specs and (exit_.ok or classify(exit_, network=True).reason is Reason.REF_CONFLICT):
        gone = any((source := remote.source(name)) and source not in there for name in after.ids)
        if remote.prunes_tags or (remote.prunes and gone):
            exit_ = work.attempt("fetch", *options, "--prune", "--", remote.name)
            lines += exit_.lines
            after = read_refs()
    work.refs.extend(
        change
        for change in changes(before, after, lines)
        # What the person does meanwhile, a commit say, is none of ours.
        if change.name.startswith("refs/tags/") or remote.source(change.name) is not None
    )
    if work.refs:
        work.received = received(git_dir, begun)
    if not exit_.ok:
        _fail(work, exit_, specs)
    fetched = _fetch_head(git_dir)
    new = set() if remote.is_kept else fetched_commits(fetched) - known
    unkept = bool(new and work.read("rev-list", "-n1", *new, "--not", "--all"))
    return Fetched(after, fetched_branches(fetched), unkept)


def check_listing(remote: Remote, refs: Refs, listing: Exit) -> None:
    """Ended when a list of the remote's refs is empty that cannot be. `refs`: those that are here."""
    if not listing.stdout and any(remote.source(name) for name in refs.ids):
        text = "it lists no branch and no tag at all, and it had some"
        raise Ended(State.FAILED, Reason.REMOTE_ERROR, text)
    check_answer(listing, nothing=not listing.stdout)


def check_answer(exit_: Exit, *, nothing: bool) -> None:
    """Ended when it listed nothing and is no git server: the page of a hotel's network, say."""
    if nothing and not exit_.git_answered:
        raise Ended(State.FAILED, Reason.REMOTE_ERROR, "what answered is no git server: a web page, maybe")


def _check_silence(work: Work, remote: Remote, refs: Refs, exit_: Exit) -> None:
    """The refspecs may be such that nothing of what is there is fetched."""
    if any(remote.source(name) for name in refs.ids):
        check_listing(remote, refs, work.ask_remote("ls-remote", "--quiet", "--", remote.name))
    check_answer(exit_, nothing=True)


def _fail(work: Work, exit_: Exit, specs: tuple[str, ...]) -> None:
    failure = classify(exit_, network=True)
    if failure.reason is Reason.REV_MISSING:  # the only branch that the refspec names
        raise Ended(State.BLOCKED, Reason.BRANCH_GONE, failure.message)
    if specs and (rejected := next(filter(_NO_FORWARD.search, exit_.lines), "")):
        raise Ended(State.BLOCKED, Reason.DIVERGED, rejected.strip())
    work.fail(exit_, network=True)


def _fetch_head(git_dir: Path) -> bytes:
    try:
        return (git_dir / "FETCH_HEAD").read_bytes()
    except FileNotFoundError:
        return b""
