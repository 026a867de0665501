"""The commit to which an entry's `rev` pins it."""

import re

from tui.git.clean import clean_text
from tui.git.failure import Ended
from tui.git.outcome import Reason, State
from tui.git.refs import Refs
from tui.git.work import Work

_OBJECT_ID = re.compile(r"[0-9a-f]{40}(?:[0-9a-f]{24})?")


def pinned_commit(work: Work, refs: Refs, remote: str) -> str:
    """A tag, a branch of the remote or an object id; one that no ref led here is fetched. Raises Ended."""
    rev = work.repo.rev or ""
    for name in (f"refs/tags/{rev}", f"refs/remotes/{remote}/{rev}"):
        if name in refs.ids:
            return work.word("rev-parse", "--verify", "--end-of-options", f"{name}^{{commit}}")
    if not rev.startswith("-"):
        if known := _known(work, rev):
            return known
        if work.attempt("fetch", "--progress", "--no-recurse-submodules", "--", remote, rev).ok:
            return work.word("rev-parse", "--verify", "FETCH_HEAD^{commit}")
    raise _missing(rev)


def foreseen_pin(work: Work, theirs: dict[str, str]) -> str:
    """The same, from the remote's list of refs."""
    rev = work.repo.rev or ""
    for name in (f"refs/tags/{rev}^{{}}", f"refs/tags/{rev}", f"refs/heads/{rev}"):
        if name in theirs:
            return theirs[name]
    if _OBJECT_ID.fullmatch(rev):
        return rev
    if known := _known(work, rev):
        return known
    raise _missing(rev)


def _known(work: Work, rev: str) -> str:
    """Empty: it is not here."""
    known = work.attempt("rev-parse", "--verify", "--quiet", "--end-of-options", f"{rev}^{{commit}}")
    return known.stdout.decode().strip() if known.ok else ""


def _missing(rev: str) -> Ended:
    return Ended(State.FAILED, Reason.REV_MISSING, clean_text(f"neither tag, branch nor commit: {rev}"))
