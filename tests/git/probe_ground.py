"""Where random cases are played: a folder, a server for it, and what has to hold."""

import shutil
import subprocess
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from unittest import mock

from msgspec import structs

from tests.git.probe_cases import OBJECTS, Case
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
        self._disturb(case, mine)
        git_dir = mine if case.bare else mine / ".git"
        repo, other = Repo("mine", mine, prune=case.entry_prune), mine.with_suffix(".plain")
        for step in case.steps:
            self._set(theirs, step.theirs)
            self._set(mine, step.mine)
            self._compare_reading(mine, git_dir)
            is_last = step is case.steps[-1]
            if is_last:
                shutil.copytree(mine, other, symlinks=True)
            with mock.patch("tui.git.probe.ask.git_version", return_value=(2, 39)):
                probed = sync(repo, self.folder)
            said = next(
                (note for note in probed.notes if note == PROBED or note.startswith(NOT_PROBED)), "news"
            )
            self.counts[said] += 1
            if is_last:
                self._compare(
                    probed, sync_plainly(structs.replace(repo, path=other), self.folder), said, case
                )
            if said == PROBED:
                self._fetch(case, mine, git_dir / "FETCH_HEAD")

    def _fetch(self, case: Case, mine: Path, fetch_head: Path) -> None:
        """Changes nothing."""
        before, said = refs_of(mine), fetch_head.read_text()
        ran = run(mine, *_FETCH, "--no-prune", "--", "origin")
        assert ran.returncode == 0, f"{ran.stderr} in {case}"
        assert refs_of(mine) == before, f"{ran.stderr} in {case}"
        assert fetch_head.read_text() == said, case
        is_mirror = any(spec.endswith((":refs/*", ":refs/heads/*")) for spec in case.specs)
        prunes = any(key.endswith("prune") for key, _ in (*case.settings, *case.late))
        if prunes or (case.entry_prune and not is_mirror):
            run(mine, *_FETCH, "--prune", "--", "origin")
            assert refs_of(mine) == before, case

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

    def _compare(self, probed: Outcome, plain: Outcome, said: str, case: Case) -> None:
        notes = tuple(note for note in probed.notes if note != said)
        ours, want = (_told(one, said) for one in (structs.replace(probed, notes=notes), plain))
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
    told = structs.asdict(outcome)
    del (
        told["output_tail"],
        told["received"],
        told["last_fetch"],
    )  # the last two are times of files, or told by them
    if said == PROBED:  # nothing was fetched for one that is blocked
        del told["action"]
    return told | {key: told[key].replace(".plain", "") for key in ("message", "advice")}


def sync(repo: Repo, folder: Path) -> Outcome:
    return sync_repo(repo, SyncOptions(20, 60, folder / "locks"), StopSignal(), Gauge())


def sync_plainly(repo: Repo, folder: Path) -> Outcome:
    """Without a probe, and with git reading its files itself."""
    with (
        mock.patch.object(Probe, "run", return_value=None),
        mock.patch("tui.git.sync.read_settings", side_effect=NotPlain),
    ):
        return sync(repo, folder)


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
    for name in OBJECTS:
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
