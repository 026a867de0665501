"""The refs of a repository at one moment, and what changed between two."""

import re
from collections.abc import Iterable

from msgspec import Struct, field

from tui.git.clean import clean_text
from tui.git.outcome import RefChange, RefKind

LIST_REFS = (
    "for-each-ref",
    "--format=%(HEAD)%00%(refname)%00%(objectname)%00%(upstream)%00%(if)%(worktreepath)%(then)+%(end)%00%(symref)",
)
_FORCED = re.compile(r"^ ?\+ \S+\s+\S.*? -> (\S+)")
_FETCHED = re.compile(rb"^([0-9a-f]{40,})\t", re.MULTILINE)
_FETCHED_REF = re.compile(
    rb"^[0-9a-f]+\t(?:not-for-merge)?\t(?:(branch|tag|remote-tracking branch) )?'(.*)' of ", re.MULTILINE
)
_PLACES = {
    b"branch": "refs/heads/",
    b"tag": "refs/tags/",
    b"remote-tracking branch": "refs/remotes/",
    b"": "",
}
_FETCHED_BRANCH = re.compile(rb"^[0-9a-f]+\t(?:not-for-merge)?\tbranch '(.*)' of ", re.MULTILINE)


class Branch(Struct, frozen=True):
    name: str
    commit: str
    upstream: str | None
    """Full name of the remote-tracking ref, which need not exist; None: it has no upstream."""
    checked_out: bool
    """In any worktree."""


class Refs(Struct, frozen=True):
    ids: dict[str, str] = field(default_factory=dict)
    """Full name -> object id, symbolic refs left out."""
    branches: tuple[Branch, ...] = ()
    current: str | None = None
    """Full name of the branch HEAD is on; None: detached or unborn."""

    def branch(self, name: str | None) -> Branch | None:
        return next((branch for branch in self.branches if branch.name == name), None)


def parse_refs(listing: bytes) -> Refs:
    """Reads what LIST_REFS prints."""
    ids: dict[str, str] = {}
    branches: list[Branch] = []
    current = None
    for line in listing.decode("utf-8", "surrogateescape").split("\n"):
        if not line:
            continue
        star, name, commit, upstream, worktree, symref = line.split("\0")
        if symref:
            continue
        ids[name] = commit
        if star == "*":
            current = name
        if name.startswith("refs/heads/"):
            branches.append(Branch(name, commit, upstream or None, bool(worktree)))
    return Refs(ids, tuple(branches), current)


def changes(before: Refs, after: Refs, fetch_lines: tuple[str, ...]) -> tuple[RefChange, ...]:
    """What a fetch changed, in order of name; git's own lines say which updates were forced."""
    forced = {match[1] for line in fetch_lines if (match := _FORCED.match(line))}
    return tuple(
        RefChange(clean_text(name), old, new, _kind(name, old, new, forced))
        for name in sorted(before.ids.keys() | after.ids.keys())
        if (old := before.ids.get(name)) != (new := after.ids.get(name))
    )


def _kind(name: str, old: str | None, new: str | None, forced: set[str]) -> RefKind:
    if new is None:
        return RefKind.DELETED
    if name.startswith("refs/tags/"):
        return RefKind.TAG
    if old is None:
        return RefKind.NEW
    shown = clean_text(name)
    return RefKind.FORCED if any(shown.endswith(f"/{short}") for short in forced) else RefKind.FORWARD


def fetched_commits(fetch_head: bytes) -> set[str]:
    """The commits that came, from the text of FETCH_HEAD."""
    return {commit.decode() for commit in _FETCHED.findall(fetch_head)}


def fetched_refs(fetch_head: bytes) -> set[str]:
    """What the remote had of what was asked for, by full names; HEAD is empty."""
    names = {
        _PLACES[kind] + name.decode("utf-8", "surrogateescape")
        for kind, name in _FETCHED_REF.findall(fetch_head)
    }
    return names or ({""} if fetch_head else set())


def fetched_branches(fetch_head: bytes) -> set[str]:
    """The branches that the remote had, as `refs/heads/…`, from the text of FETCH_HEAD."""
    return {
        f"refs/heads/{name.decode('utf-8', 'surrogateescape')}"
        for name in _FETCHED_BRANCH.findall(fetch_head)
    }


def only_branch(remote_refs: Iterable[str]) -> str:
    """The short name of a remote's only branch; empty where it has none or several."""
    branches = [ref for ref in remote_refs if ref.startswith("refs/heads/")]
    return branches[0].removeprefix("refs/heads/") if len(branches) == 1 else ""
