"""Random remotes, clones and settings, for a probe to be held against a real fetch."""

import shutil
import subprocess
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field, fields, replace
from pathlib import Path
from typing import Any
from unittest import mock

from hypothesis import strategies as st

from tests.kit import repos
from tui.demo.server import GitServer
from tui.git.env import OPTIONS
from tui.git.files.config import read_settings
from tui.git.files.plain import NotPlain, check_plain
from tui.git.files.refs import read_refs
from tui.git.gauge import Gauge
from tui.git.outcome import NOT_PROBED, PROBED, Outcome
from tui.git.probe.ask import Probe
from tui.git.process import Deadlines, GitRunner
from tui.git.refs import LIST_REFS, parse_refs
from tui.git.remote import LIST_CONFIG, parse_config
from tui.git.repo import Repo
from tui.git.stop import StopSignal
from tui.git.sync import SyncOptions, sync_repo

_FETCH = ("fetch", "--progress", "--no-recurse-submodules", "--write-fetch-head")

# Names of objects that every remote has: three lines of commits, tags of them, a tag of a tag, a blob and its tag.
_COMMITS = ("m1", "m2", "m3", "m4", "d3", "d4", "o1", "o2")
_OBJECTS = (*_COMMITS, "tag m1", "tag m2", "tag m4", "tag d4", "tag o2", "tag tag m2", "blob", "tag blob")
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


_refs = st.dictionaries(
    st.one_of(
        st.sampled_from(_BRANCHES).map("refs/heads/{}".format),
        st.sampled_from(_TAGS).map("refs/tags/{}".format),
        st.sampled_from(["refs/notes/commits", "refs/pull/1/head"]),
    ),
    st.sampled_from(_OBJECTS),
    max_size=8,
)


@dataclass(frozen=True)
class Case:
    theirs: Mapping[str, str]
    """Ref -> name of an object."""
    moved: Mapping[str, str | None]
    """What is another after the first fetch; None: it is gone."""
    specs: tuple[str, ...]
    settings: tuple[tuple[str, str], ...]
    late: tuple[tuple[str, str], ...]
    """Settings of after the first fetch."""
    branch: str
    """Empty: detached."""
    upstream: tuple[str, str] | None
    mine: Mapping[str, str | None]
    """Refs of our own, and such as are deleted here."""
    deeds: frozenset[str]
    depth: int
    bare: bool
    slash: str
    entry_prune: bool


_CONFIG = (
    ("remote.origin.tagOpt", "--no-tags"), ("remote.origin.tagOpt", "--tags"), ("remote.origin.prune", "true"),
    ("fetch.prune", "true"), ("fetch.pruneTags", "true"), ("remote.origin.pruneTags", "true"),
    ("remote.origin.mirror", "true"), ("remote.origin.followRemoteHEAD", "never"), ("branch.dev.remote", "origin"),
    ("branch.dev.merge", "refs/heads/dev"), ("branch.main.merge", "refs/heads/other"), ("core.bare", "false"),
    ("remote.origin.pushurl", "http://127.0.0.1:1/x"), ("protocol.version", "0"), ("protocol.version", "2"),
    ("fetch.unpackLimit", "1"), ("fetch.writeCommitGraph", "true"), ("http.extraHeader", "X-One: two"),
    ("fetch.fsckObjects", "true"), ("core.compression", "what"), ("remote.origin.skipFetchAll", "true"),
)  # fmt: skip
_DEEDS = (
    "pack-refs", "gc", "no HEAD of origin", "no FETCH_HEAD", "empty FETCH_HEAD", "commit", "symbolic tag", "lose an object",
    "damage a pack", "stash", "rewrite the URL", "packed and loose",
)  # fmt: skip


@st.composite
def cases(draw: st.DrawFn) -> Case:
    changed = draw(st.sampled_from([False, False, True]))
    own = st.dictionaries(
        st.sampled_from(
            [f"refs/tags/{name}" for name in _TAGS] + ["refs/heads/own", "refs/remotes/origin/dev"]
        ),
        st.one_of(st.none(), st.sampled_from(_OBJECTS)),
        max_size=2,
    )
    return Case(
        theirs={"refs/heads/main": draw(st.sampled_from(_COMMITS[:4]))} | _sound(draw(_refs)),
        moved=_sound(draw(_moved)) if changed else {},
        specs=draw(st.one_of(st.just(_USUAL), st.sampled_from(_ODD_SPECS))),
        settings=tuple(draw(st.lists(st.sampled_from(_CONFIG), max_size=2))),
        late=tuple(draw(_mostly((), *[(one,) for one in _CONFIG[:12]]))),
        branch=draw(_mostly("main", "dev", "", "own", "new")),
        upstream=draw(
            _mostly(
                ("origin", "refs/heads/main"),
                None,
                ("origin", "refs/heads/dev"),
                (".", "refs/heads/own"),
                ("origin", "refs/tags/v1"),
                ("origin", "main"),
            )
        ),
        mine=draw(_mostly({}, draw(own))),
        deeds=frozenset(draw(st.lists(st.sampled_from(_DEEDS), max_size=2))),
        depth=draw(_mostly(0, 1, 2)),
        bare=draw(_mostly(False, True)),
        slash=draw(_mostly(".git", ".git/")),
        entry_prune=draw(_mostly(False, True)),
    )


_moved = st.dictionaries(
    st.one_of(
        st.sampled_from(_BRANCHES).map("refs/heads/{}".format),
        st.sampled_from(_TAGS).map("refs/tags/{}".format),
    ),
    st.one_of(st.none(), st.sampled_from(_OBJECTS)),
    min_size=1,
    max_size=2,
)


def _sound(refs: Mapping[str, Any]) -> dict[str, Any]:
    """git lets a branch be of a commit only."""
    return {
        name: target
        for name, target in refs.items()
        if target is None or not name.startswith("refs/heads/") or target in _COMMITS
    }


@dataclass
class Ground:
    """A folder with a server for it; what a case leaves there is of no harm to the next."""

    folder: Path
    server: GitServer
    ids: dict[str, str]
    counts: Counter[str] = field(default_factory=Counter)
    number: int = 0

    @classmethod
    def make(cls, folder: Path) -> "Ground":
        (folder / "served").mkdir(parents=True)
        template = folder / "template.git"
        git(folder, "init", "-q", "--bare", str(template))
        ids = _make_objects(template)
        return cls(folder, GitServer(folder / "served"), ids)

    def check(self, case: Case) -> None:
        """AssertionError where the probe says that there is nothing, and a fetch brings or changes something."""
        self.number += 1
        name = f"r{self.number}"
        theirs, mine = self.folder / "served" / f"{name}.git", self.folder / f"mine{self.number}"
        try:
            self._check(case, theirs, mine)
        finally:
            for path in (theirs, mine, mine.with_suffix(".plain")):
                shutil.rmtree(path, ignore_errors=True)

    def _check(self, case: Case, theirs: Path, mine: Path) -> None:
        shutil.copytree(self.folder / "template.git", theirs)
        self._set(theirs, case.theirs)
        (theirs / "HEAD").write_text("ref: refs/heads/main\n")
        if not self._clone(case, theirs, mine):
            self.counts["unfit"] += 1
            return
        self._set(theirs, case.moved)
        self._disturb(case, mine)
        self._compare_reading(mine, mine if case.bare else mine / ".git")
        other = mine.with_suffix(".plain")
        shutil.copytree(mine, other, symlinks=True)
        repo = Repo("mine", mine, prune=case.entry_prune)
        with mock.patch("tui.git.probe.ask.git_version", return_value=(2, 39)):
            probed = sync(repo, self.folder)
        with (
            mock.patch.object(Probe, "run", return_value=None),
            mock.patch("tui.git.sync.read_settings", side_effect=NotPlain),
        ):
            plain = sync(replace(repo, path=other), self.folder)
        self._compare(probed, plain, case)
        if PROBED in probed.notes:
            before = refs_of(mine)
            fetched = (mine / "FETCH_HEAD" if case.bare else mine / ".git/FETCH_HEAD").read_text()
            ran = run(mine, *_FETCH, "--no-prune", "--", "origin")
            assert ran.returncode == 0, ran.stderr
            assert refs_of(mine) == before, ran.stderr
            assert (mine / "FETCH_HEAD" if case.bare else mine / ".git/FETCH_HEAD").read_text() == fetched
            if case.entry_prune or any(key.endswith("prune") for key, _ in (*case.settings, *case.late)):
                run(mine, *_FETCH, "--prune", "--", "origin")
                assert refs_of(mine) == before

    def _compare_reading(self, mine: Path, git_dir: Path) -> None:
        """What is read from the files is what git lists."""
        runner = GitRunner(mine, StopSignal(), Deadlines(20, 60), Gauge())
        try:
            check_plain(mine, git_dir)
            settings = read_settings(git_dir, bare=git_dir == mine)
            refs = read_refs(git_dir, settings)
        except NotPlain:
            self.counts["(read by git)"] += 1
            return
        listed = parse_config(runner.run(*LIST_CONFIG).stdout)
        assert [(one.scope, one.key, one.value) for one in settings] == [
            (one.scope, one.key, one.value) for one in listed
        ]
        listed_refs = parse_refs(runner.run(*LIST_REFS).stdout)
        assert refs == listed_refs, f"{refs}\n{listed_refs}"

    def _compare(self, probed: Outcome, plain: Outcome, case: Case) -> None:
        said = next((note for note in probed.notes if note == PROBED or note.startswith(NOT_PROBED)), "news")
        self.counts[said] += 1
        notes = tuple(note for note in probed.notes if note != said)
        ours, want = (_told(one, said) for one in (replace(probed, notes=notes), plain))
        other = {key: (ours[key], want[key]) for key in ours if ours[key] != want[key]}
        assert not other, f"{other} in {case}"

    def _clone(self, case: Case, theirs: Path, mine: Path) -> bool:
        """Whether the first fetch was possible."""
        options = ("--bare",) if case.bare else ()
        git(self.folder, "init", "-q", "-b", case.branch or "main", *options, str(mine))
        url = f"{self.server.url}/{theirs.name.removesuffix('.git')}{case.slash}"
        config = [
            ("remote.origin.url", url),
            *(("remote.origin.fetch", spec) for spec in case.specs),
            *case.settings,
        ]
        if case.upstream and case.branch:
            config += zip(
                (f"branch.{case.branch}.remote", f"branch.{case.branch}.merge"), case.upstream, strict=True
            )
        for key, value in config:
            if (key, value) == ("core.bare", "false"):
                continue
            _add_setting(mine / ("config" if case.bare else ".git/config"), key, value)
        depth = (f"--depth={case.depth}",) if case.depth else ()
        if run(mine, *_FETCH, *depth, "--", "origin").returncode:
            return False
        start = refs_of(mine).get("refs/remotes/origin/main", "").split(" ")[0]
        git_dir = mine if case.bare else mine / ".git"
        if start and case.branch != "new":
            place = git_dir / f"refs/heads/{case.branch or 'main'}"
            if not place.exists():
                place.parent.mkdir(parents=True, exist_ok=True)
                place.write_text(f"{start}\n")
        if start and not case.branch:
            (git_dir / "HEAD").write_text(f"{start}\n")
        if not case.bare and start and case.branch != "new":
            git(mine, "reset", "-q", "--hard")
        if case.depth == 0 and "no HEAD of origin" not in case.deeds and start:
            (git_dir / "refs/remotes/origin/HEAD").write_text("ref: refs/remotes/origin/main\n")
        return True

    def _set(self, place: Path, refs: Mapping[str, str | None]) -> None:
        """Leaves out what cannot be there beside another."""
        for name, target in refs.items():
            with_git = (
                ("update-ref", "-d", name) if target is None else ("update-ref", name, self.ids[target])
            )
            run(place, *with_git)

    def _disturb(self, case: Case, mine: Path) -> None:
        git_dir = mine if case.bare else mine / ".git"
        self._set(mine, case.mine)
        for key, value in case.late:
            _add_setting(git_dir / "config", key, value)
        for deed in sorted(case.deeds):
            match deed:
                case "pack-refs":
                    run(mine, "pack-refs", "--all")
                case "packed and loose":
                    run(mine, "pack-refs", "--all", "--no-prune")
                case "gc":
                    run(mine, "gc", "-q")
                case "no FETCH_HEAD":
                    (git_dir / "FETCH_HEAD").unlink(missing_ok=True)
                case "empty FETCH_HEAD":
                    (git_dir / "FETCH_HEAD").write_text("")
                case "commit" | "stash" if (
                    not case.bare and run(mine, "rev-parse", "-q", "--verify", "HEAD").returncode == 0
                ):
                    (mine / "own.txt").write_text("own\n")
                    run(mine, "add", "own.txt")
                    run(mine, *(("commit", "-q", "-m", "own") if deed == "commit" else ("stash", "-q")))
                case "symbolic tag":
                    run(mine, "symbolic-ref", "refs/tags/v2", "refs/remotes/origin/main")
                case "lose an object":
                    loose = sorted(git_dir.glob("objects/[0-9a-f][0-9a-f]/*"))
                    for one in loose[: 1 + self.number % 3]:
                        one.unlink()
                case "damage a pack":
                    for pack in git_dir.glob("objects/pack/*.pack"):
                        data = bytearray(pack.read_bytes())
                        data[len(data) // 2] ^= 0x55
                        pack.chmod(0o644)
                        pack.write_bytes(data)
                case "rewrite the URL":
                    _add_setting(
                        git_dir / "config", f"url.{self.server.url}/.insteadOf", "http://example.invalid/"
                    )
                    file = git_dir / "config"
                    text = file.read_text().replace(
                        f"url = {self.server.url}/", "url = http://example.invalid/"
                    )
                    file.write_text(text)


def _told(outcome: Outcome, said: str) -> dict[str, Any]:
    told = {one.name: getattr(outcome, one.name) for one in fields(outcome)}
    del told["output_tail"]
    if said == PROBED:  # nothing was fetched for one that is blocked
        del told["action"]
    return told | {key: told[key].replace(".plain", "") for key in ("message", "advice")}


def sync(repo: Repo, folder: Path) -> Outcome:
    return sync_repo(repo, SyncOptions(20, 60, folder / "locks"), StopSignal(), Gauge())


def run(place: Path, *args: str, stdin: str | None = None) -> subprocess.CompletedProcess[str]:
    command = ["git", *OPTIONS, *args]
    env = repos.git_env() | {"GIT_CEILING_DIRECTORIES": str(place.parent)}
    return subprocess.run(
        command, cwd=place, env=env, input=stdin, capture_output=True, text=True, check=False
    )


def git(place: Path, *args: str, stdin: str | None = None) -> str:
    ran = run(place, *args, stdin=stdin)
    assert ran.returncode == 0, (args, ran.stderr)
    return ran.stdout.strip()


def refs_of(place: Path) -> dict[str, str]:
    """Symbolic ones with where they lead, and HEAD."""
    lines = git(place, "for-each-ref", "--format=%(refname) %(objectname) %(symref)").splitlines()
    found = dict(line.split(" ", 1) for line in lines)
    git_dir = place / ".git" if (place / ".git").is_dir() else place
    return found | {"HEAD": (git_dir / "HEAD").read_text()}


def _add_setting(file: Path, key: str, value: str) -> None:
    section, _, rest = key.partition(".")
    name, _, variable = rest.rpartition(".")
    header = f'[{section} "{name}"]' if name else f"[{section}]"
    with file.open("a") as config:
        config.write(f"{header}\n\t{variable} = {value}\n")


def _make_objects(place: Path) -> dict[str, str]:
    stamp = "Robin Doe <robin@example.org> 1750000000 +0000"
    parents = {"m1": "", "m2": "m1", "m3": "m2", "m4": "m3", "d3": "m2", "d4": "d3", "o1": "", "o2": "o1"}
    ids: dict[str, str] = {}
    for name, parent in parents.items():
        blob = git(place, "hash-object", "-w", "--stdin", stdin=f"{name}\n" * 20)
        tree = git(place, "mktree", stdin=f"100644 blob {blob}\trev\n")
        lines = [
            f"tree {tree}",
            *([f"parent {ids[parent]}"] if parent else []),
            f"author {stamp}",
            f"committer {stamp}",
        ]
        text = "\n".join([*lines, "", name, ""])
        ids[name] = git(place, "hash-object", "-w", "-t", "commit", "--stdin", stdin=text)
    ids["blob"] = git(place, "hash-object", "-w", "--stdin", stdin="a blob\n")
    for name in _OBJECTS:
        if name.startswith("tag "):
            target = name.removeprefix("tag ")
            kind = "commit" if target in parents else target.split()[0]
            text = f"object {ids[target]}\ntype {kind}\ntag t\ntagger {stamp}\n\nt\n" if target in ids else ""
            if not text:
                ids[target] = ids.get(target, "")
            ids[name] = git(place, "hash-object", "-w", "-t", "tag", "--stdin", stdin=text)
    git(
        place,
        "update-ref",
        "--stdin",
        stdin="".join(f"create refs/keep/{n} {i}\n" for n, i in enumerate(ids.values())),
    )
    git(place, "repack", "-q", "-a", "-d")
    for one in place.glob("refs/keep/*"):
        one.unlink()
    (place / "refs/keep").rmdir()
    (place / "packed-refs").unlink(missing_ok=True)
    shutil.rmtree(place / "hooks", ignore_errors=True)
    return ids
