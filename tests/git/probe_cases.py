"""Random remotes, clones and settings, for a probe to be held against a real fetch."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from hypothesis import strategies as st

# Names of objects that every remote has: three lines of commits, tags of them, a tag of a tag, a blob and its tag.
COMMITS = ("m1", "m2", "m3", "m4", "d3", "d4", "o1", "o2")
OBJECTS = (*COMMITS, "tag m1", "tag m2", "tag m4", "tag d4", "tag o2", "tag tag m2", "blob", "tag blob")
_BRANCHES = ("main", "dev", "other", "topic/one", "HEAD", "m")
_TAGS = ("v1", "v2", "v3", "deep/v4", "main", "v5", "v6")

_ODD_SPECS: tuple[tuple[str, ...], ...] = (
    ("refs/heads/*:refs/remotes/origin/*",),
    ("+refs/heads/main:refs/remotes/origin/main",),
    ("+refs/heads/main:refs/remotes/origin/main", "+refs/heads/dev:refs/remotes/origin/dev"),
    ("+refs/heads/m*:refs/remotes/origin/m*",),
    ("+refs/heads/topic/*:refs/remotes/origin/topic/*", "+refs/heads/main:refs/remotes/origin/main"),
    ("+refs/heads/*:refs/remotes/origin/*", "+refs/tags/*:refs/tags/*"),
    ("+refs/heads/*:refs/remotes/origin/*", "+refs/notes/*:refs/notes/*"),
    ("+refs/heads/*:refs/remotes/origin/*", "^refs/heads/dev"),
    ("+refs/heads/*:refs/remotes/origin/*", "+refs/heads/main:refs/remotes/origin/main"),
    ("+refs/heads/*:refs/remotes/origin/*", "+refs/heads/dev:refs/remotes/origin/main"),
    ("+refs/heads/*:refs/remotes/origin/*", "+HEAD:refs/remotes/origin/HEAD"),
    ("+refs/heads/*in:refs/remotes/origin/*in",),
    ("+refs/*:refs/remotes/all/*",),
    ("main:refs/remotes/origin/main",),
    ("refs/heads/main",),
    ("+refs/heads/*:refs/heads/*",),
    ("+refs/*:refs/*",),
    (),
)
_USUAL = ("+refs/heads/*:refs/remotes/origin/*",)


def _mostly(usual: Any, *others: Any) -> st.SearchStrategy[Any]:
    return st.sampled_from([*[usual] * (2 * len(others)), *others])


_branch = st.sampled_from(("main", "main", "main", "dev", "dev", *_BRANCHES)).map("refs/heads/{}".format)
_tag = st.sampled_from(_TAGS).map("refs/tags/{}".format)
_object = st.sampled_from(OBJECTS)
_commit = st.sampled_from(COMMITS)
_refs = st.one_of(
    st.tuples(_branch, _commit),
    st.tuples(_tag, _object),
    st.tuples(st.sampled_from(["refs/notes/commits", "refs/pull/1/head"]), _object),
)
_own_refs = st.sampled_from(["refs/heads/own", "refs/remotes/origin/dev", "refs/remotes/origin/main"])


@dataclass(frozen=True)
class Step:
    """Refs of the remote and of the clone that become another; None: it is gone."""

    theirs: Mapping[str, str | None]
    mine: Mapping[str, str | None]


@dataclass(frozen=True)
class Case:
    theirs: Mapping[str, str]
    """Ref -> name of an object."""
    steps: tuple[Step, ...]
    """What becomes another after the first fetch."""
    specs: tuple[str, ...]
    settings: tuple[tuple[str, str], ...]
    late: tuple[tuple[str, str], ...]
    """Settings of after the first fetch."""
    branch: str
    """Empty: detached."""
    upstream: tuple[str, str] | None
    deeds: frozenset[str]
    depth: int
    bare: bool
    slash: str
    entry_prune: bool


_CONFIG = (
    ("remote.origin.tagOpt", "--no-tags"), ("remote.origin.tagOpt", "--tags"), ("remote.origin.prune", "true"),
    ("fetch.prune", "true"), ("fetch.pruneTags", "true"), ("remote.origin.mirror", "true"),
    ("remote.origin.followRemoteHEAD", "never"), ("branch.main.merge", "refs/heads/other"), ("core.bare", "false"),
    ("remote.origin.pushurl", "http://127.0.0.1:1/x"), ("protocol.version", "0"), ("protocol.version", "2"),
    ("fetch.unpackLimit", "1"), ("fetch.writeCommitGraph", "true"), ("http.extraHeader", "X-One: two"),
    ("fetch.fsckObjects", "true"), ("core.compression", "what"), ("remote.origin.skipFetchAll", "true"),
    ("branch.dev.remote", "origin"), ("branch.dev.merge", "refs/heads/dev"),
)  # fmt: skip
_UPSTREAMS = (
    ("origin", "refs/heads/main"), None, ("origin", "refs/heads/dev"), (".", "refs/heads/own"), ("origin", "refs/tags/v1"),
    ("origin", "main"),
)  # fmt: skip
_DEEDS = (
    "pack-refs", "gc", "no HEAD of origin", "no FETCH_HEAD", "empty FETCH_HEAD", "commit", "symbolic tag", "lose an object",
    "damage a pack", "stash", "rewrite the URL", "packed and loose",
)  # fmt: skip


_steps = st.builds(
    Step,
    theirs=st.one_of(
        st.just({}),
        st.tuples(_branch, _commit).map(lambda one: dict([one])),
        st.tuples(_tag, _object).map(lambda one: dict([one])),
        st.tuples(st.sampled_from(["refs/tags/late1", "refs/tags/late2"]), _object).map(
            lambda one: dict([one])
        ),
        st.one_of(_branch, _tag).map(lambda name: {name: None}),
    ),
    mine=_mostly(0, 1, 2).flatmap(
        lambda kind: (
            st.just({}),
            st.one_of(_tag, _own_refs).map(lambda name: {name: None}),
            st.one_of(st.tuples(_tag, _object), st.tuples(_own_refs, _commit)).map(lambda one: dict([one])),
        )[kind]
    ),
)


@st.composite
def cases(draw: st.DrawFn) -> Case:
    return Case(
        theirs={
            "refs/heads/main": draw(st.sampled_from(COMMITS[:4])),
            "refs/heads/dev": draw(st.sampled_from(COMMITS[4:6])),
            **dict(draw(st.lists(_refs, max_size=5))),
        },
        steps=tuple(draw(st.lists(_steps, min_size=2, max_size=4))),
        specs=draw(st.sampled_from([*[_USUAL] * len(_ODD_SPECS), *_ODD_SPECS])),
        settings=tuple(draw(st.lists(st.sampled_from(_CONFIG), max_size=2, unique_by=lambda one: one[0]))),
        late=tuple(draw(_mostly((), *[(one,) for one in _CONFIG[:5]]))),
        branch=draw(_mostly("main", "dev", "", "own", "new")),
        upstream=draw(_mostly(*_UPSTREAMS)),
        deeds=frozenset(draw(st.lists(st.sampled_from(_DEEDS), max_size=2))),
        depth=draw(st.sampled_from([0, 0, 0, 0, 0, 1, 2])),
        bare=draw(st.sampled_from([False, False, False, False, True])),
        slash=draw(_mostly(".git", ".git/")),
        entry_prune=draw(_mostly(False, True)),
    )
