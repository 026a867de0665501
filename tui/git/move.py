"""Moves HEAD and local branches, only ever so that nothing of the person is lost."""

import contextlib
import os
import re
import time
from collections.abc import Callable, Iterator
from typing import NoReturn

from msgspec import Struct, structs

from tui.git.clean import clean_text, shell_word
from tui.git.decide import Move
from tui.git.deletions import undone_deletions
from tui.git.failure import Ended
from tui.git.files.index import assumes_unchanged
from tui.git.files.plain import NotPlain
from tui.git.files.refs import read_position
from tui.git.half_moved import Moving, take_back
from tui.git.outcome import Action, Reason, RefChange, RefKind, State
from tui.git.process import Exit
from tui.git.refs import Refs
from tui.git.standing import Standing, standing_of
from tui.git.work import CLOCK_GRAIN, Work

_DIRTY = re.compile(r"local changes to the following files would be overwritten|not uptodate|needs merge")
_IN_THE_WAY = re.compile(
    r"untracked working tree files would be|would lose untracked files|ignored files would be|Untracked working tree"
)
_UNSIGNED = re.compile(r"Commit \S+ (?:does not have a|has an? (?:untrusted|bad)) GPG signature.*")
_NO_FAST_FORWARD = re.compile(r"Not possible to fast-forward|refusing to merge unrelated")


class Checkout(Struct, frozen=True):
    """Where HEAD is. `detached` with a branch: a rebase or bisect of that branch is under way."""

    branch: str | None
    """Full name; None: detached."""
    head: str | None
    """None: unborn."""
    detached: bool = False


def head_state(work: Work, refs: Refs) -> Checkout:
    """HEAD as `refs` has it; git is asked only when HEAD is on none of these branches."""
    branch = refs.branch(refs.current)
    if branch is not None:
        return Checkout(branch.name, branch.commit)
    symbolic = work.attempt("symbolic-ref", "--quiet", "HEAD")
    name = symbolic.stdout.decode("utf-8", "surrogateescape").strip() if symbolic.ok else None
    if name is not None and name in refs.ids:
        return Checkout(name, refs.ids[name])
    commit = work.attempt("rev-parse", "--verify", "--quiet", "HEAD^{commit}")
    if name is None and not commit.ok:
        raise Ended(State.FAILED, Reason.CORRUPT, "HEAD names no commit")
    return Checkout(name, commit.stdout.decode().strip() if commit.ok else None, detached=name is None)


def move_head(
    work: Work,
    checkout: Checkout,
    move: Move,
    target: str,
    *,
    commits: int = 0,
    standing: Standing | None = None,
) -> None:
    """Moves HEAD to `target`; Ended when that would lose something, and HEAD is where it was.

    `standing`: as it has just been asked for.
    """
    _look(work, checkout, target, standing)
    command = _command(checkout, move, target)
    moving = Moving(str(work.git.place), checkout.head or "", target, time.time() - CLOCK_GRAIN)
    with _noted(work, moving):
        exit_ = work.run(work.git.run_move, *command)
        # Also a move that was to be stopped may have been made: its hook hangs, say.
        stopped = exit_.ended_by or work.git.stop.reason
        run = work.git.unstoppable if stopped else work.git.run
        position = _position(work, run)
        place = (target, "HEAD" if move is Move.DETACH else checkout.branch)
        more = 0 if position == place else _hooks_commits(run, checkout.head, place, position)
        if position is None or more is None:
            if exit_.ended_by is None:
                _explain_refusal(work, exit_)
            if position and position[0] == checkout.head:
                take_back(run, moving)
            work.heed(exit_, command[0])
            _fail(work, exit_)
    work.action = Action.FAST_FORWARD
    work.new = position[0]
    work.commits = commits
    if move is Move.DETACH:
        work.branch = None
        if checkout.head is not None:
            work.commits = int(work.word("rev-list", "--count", target, f"^{checkout.head}"))
    else:
        work.ahead, work.behind = more, 0
    if move is Move.FOLLOW_REWRITE:
        work.note("forced_update")
    work.heed(exit_, command[0])
    _note_hooks(work, exit_)


def _look(work: Work, checkout: Checkout, target: str, standing: Standing | None) -> None:
    """Ended where a move would do what git itself does not refuse to do."""
    if checkout.head is None:
        return
    _stay_put(work, checkout)
    standing = standing or standing_of(work)
    if standing.dirty:
        work.note("dirty")
    may_delete = standing.deletes or _overlooks(work)
    if may_delete and (undone := undone_deletions(work, checkout.head, target)):
        raise Ended(State.BLOCKED, Reason.DIRTY, undone)


def _overlooks(work: Work) -> bool:
    """Whether git may be told not to see that a file is missing."""
    try:
        return work.plain is None or assumes_unchanged(work.plain)
    except NotPlain:
        return True


def _note_hooks(work: Work, exit_: Exit) -> None:
    if exit_.failed_hooks or not exit_.ok:
        work.note("hook_failed")
    if work.skips_hook:
        work.note("hook_skipped")


@contextlib.contextmanager
def _noted(work: Work, moving: Moving) -> Iterator[None]:
    """For the run after this one, should this one be killed."""
    note = work.git.on_move
    if note is None or not moving.head:
        yield
        return
    note(structs.asdict(moving))
    try:
        yield
    finally:
        note(None)


def _command(checkout: Checkout, move: Move, target: str) -> list[str]:
    safe = ("--no-overwrite-ignore", "--progress")
    match move:
        case Move.FAST_FORWARD:
            return ["merge", "--ff-only", "--no-stat", *safe, target]
        case Move.FOLLOW_REWRITE:
            name = (checkout.branch or "").removeprefix("refs/heads/")
            return ["checkout", *safe, "--no-track", "-B", name, target, "--"]
        case _:
            return ["checkout", *safe, "--detach", target, "--"]


def _position(work: Work, run: Callable[..., Exit]) -> tuple[str, str] | None:
    """HEAD's commit and its branch, `HEAD` when detached."""
    if work.plain is not None:
        with contextlib.suppress(NotPlain):
            return read_position(work.plain)
    words = run("rev-parse", "HEAD", "--symbolic-full-name", "HEAD")
    lines = words.stdout.decode("utf-8", "surrogateescape").split("\n")
    return (lines[0], lines[1]) if words.ok else None


def check_work_tree(work: Work) -> None:
    """Ended where the repository's configuration has its files elsewhere: git would write there."""
    place = work.word("rev-parse", "--show-toplevel")
    if not work.git.place.samefile(place):
        raise Ended(State.FAILED, Reason.CONFIG, clean_text(f"its core.worktree is another folder: {place}"))


def _hooks_commits(
    run: Callable[..., Exit],
    before: str | None,
    place: tuple[str, str | None],
    position: tuple[str, str] | None,
) -> int | None:
    """How many commits a hook of the move has made on top of it; None: HEAD has not moved there."""
    if position is None or position[0] == before or position[1] != place[1]:
        return None
    target = place[0]
    if not run("merge-base", "--is-ancestor", target, position[0]).ok:
        return None
    return int(run("rev-list", "--count", f"{target}..{position[0]}").stdout)


def _stay_put(work: Work, checkout: Checkout) -> None:
    expected = (checkout.head, "HEAD" if checkout.detached else checkout.branch)
    if _position(work, work.attempt) != expected:
        raise Ended(State.FAILED, Reason.MOVED, "HEAD moved while it was synced")


def _explain_refusal(work: Work, exit_: Exit) -> None:
    """Raises Ended where git has looked and would not begin; else returns."""
    try:
        _explain(exit_)
    except Ended as end:
        if end.reason is Reason.DIRTY and (hidden := _overlooked(work, exit_)):
            undo = ("update-index", "--no-assume-unchanged", "--no-skip-worktree", "--", hidden)
            command = " ".join(map(shell_word, ("git", "-C", str(work.repo.path), *undo)))
            end.message += clean_text(f"; git is told to overlook {hidden}, undo that first: {command}")
        raise


def _fail(work: Work, exit_: Exit) -> NoReturn:
    if exit_.ok:
        raise Ended(State.FAILED, Reason.MOVED, "HEAD moved while it was synced")
    if not exit_.lines:
        # A missing tree makes merge fail without a word; status names it.
        work.read("status", "--porcelain", "-z", "--untracked-files=no")
    work.fail(exit_)


def _explain(exit_: Exit) -> None:
    """Raises Ended where git would not move HEAD for the sake of what is there or asked for; else returns."""
    text = "\n".join(exit_.lines)
    named = _named(exit_)
    more = f" and {len(named) - 1} more" if named[1:] else ""
    files = f": {named[0]}{more}" if named else ""
    if _DIRTY.search(text):
        raise Ended(State.BLOCKED, Reason.DIRTY, f"local changes would be overwritten{files}")
    if _IN_THE_WAY.search(text):
        raise Ended(State.BLOCKED, Reason.UNTRACKED_OVERWRITE, f"files would be overwritten{files}")
    if unsigned := _UNSIGNED.search(text):
        message = f"merge.verifySignatures refuses it: {unsigned[0]}"
        raise Ended(State.FAILED, Reason.CONFIG, message)
    if _NO_FAST_FORWARD.search(text):
        raise Ended(State.FAILED, Reason.MOVED, "HEAD moved while it was synced")


def _named(exit_: Exit) -> list[str]:
    """The files that git lists, one a line."""
    return [line.strip() for line in exit_.lines if line.startswith(" ")]


def _overlooked(work: Work, exit_: Exit) -> str:
    """The first of these files that is marked assume-unchanged or skip-worktree: neither status nor stash see it."""
    named = [f":(literal){name}" for name in _named(exit_)]
    listing = work.attempt("ls-files", "-v", "-z", "--", *named).stdout if named else b""
    marked = (entry[2:] for entry in os.fsdecode(listing).split("\0") if entry[:1] in {"h", "s", "S"})
    return next(marked, "")


def fast_forward_others(work: Work, refs: Refs, current: str | None) -> None:
    """Moves each local branch that is checked out nowhere and only behind its upstream."""
    for branch in refs.branches:
        new = refs.ids.get(branch.upstream or "")
        if new is None or new == branch.commit or branch.checked_out or branch.name == current:
            continue
        if not work.attempt("merge-base", "--is-ancestor", branch.commit, new).ok:
            continue
        work.read("update-ref", "-m", "synctui: fast-forward", branch.name, new, branch.commit)
        work.refs.append(RefChange(clean_text(branch.name), branch.commit, new, RefKind.FORWARD))
