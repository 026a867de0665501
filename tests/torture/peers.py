"""What synctui and programs like it make of the same checkouts, as a table in Markdown.

`python -m tests.torture.peers VCSPULL VCS`, the paths of the executables of vcspull and vcs2l.
"""

# ruff: noqa: T201  it prints its table

import argparse
import os
import re
import signal
import subprocess
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from tests.kit import repos
from tests.kit.processes import kill_all, processes_with_env, wait_until
from tests.kit.program import SYNCTUI, Ran
from tests.torture import checkouts, damage, hooks, hostile, kinds, remotes
from tests.torture.facts import Facts, lost
from tests.torture.site import Case, Site, write_workspace
from tui.git.clean import clean_text

CHOSEN = (
    kinds.missing,
    kinds.empty_folder,
    kinds.missing_with_a_remote_that_is_missing,
    kinds.shallow,
    kinds.bare,
    damage.missing_tree,
    damage.stale_index_lock,
    damage.plain_folder,
    damage.plain_folder_in_another_repository,
    hooks.failing_hook,
    hostile.command_as_upload_pack,
    remotes.http_401,
    remotes.http_404,
    remotes.http_500,
    remotes.closed_port,
    remotes.self_signed_certificate,
    remotes.accepts_and_never_answers,
    remotes.stalls_in_mid_pack,
    remotes.clone_that_stalls_in_mid_pack,
)
"""Besides all of `checkouts`."""
_WORDS_OF_ALL = {"url", "path", "stall_timeout"}
"""Options of an entry without which a case makes no sense to a program that lacks their like."""
_MARK = "TORTURE_PEER"
_LONGEST = 90
_ENDED = -signal.SIGKILL
"""The exit code of a program that had to be ended."""
_NOISE = re.compile(r"===|hint:|[.sE]+$")
_TROUBLE = re.compile(r"\b(error|fatal|CONFLICT|Could not|rejected)\b|✗|timed out", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Program:
    name: str
    commands: Callable[[Site], list[list[str]]]
    """Run one after the other in the workspace folder, whatever each of them ends with."""
    said: Callable[[Ran, Site], str]


@dataclass(slots=True)
class Count:
    """Of one program, over all cases."""

    lost: int = 0
    changed: int = 0
    unended: int = 0
    left: int = 0


def synctui() -> Program:
    def commands(site: Site) -> list[list[str]]:
        write_workspace(site.workspace, [site])
        return [[SYNCTUI, "sync", "--ndjson", "--retry", "0"]]

    def said(ran: Ran, site: Site) -> str:
        end = ran.finished()[f"co/{site.name}"]
        notes = f" ({', '.join(end['notes'])})" if end["notes"] else ""
        return "/".join(filter(None, [end["state"], end["reason"]])) + notes

    return Program("synctui", commands, said)


def vcspull(executable: str) -> Program:
    def commands(site: Site) -> list[list[str]]:
        place, url = site.checkout, site.url or site.remote.url
        file = site.workspace / "vcspull.yaml"
        file.write_text(f'"{place.parent}/":\n  "{place.name}":\n    repo: "git+{url}"\n')
        return [[executable, "sync", "--all", "--file", str(file), "--no-log-file", "--color", "never"]]

    return Program("vcspull sync", commands, telling_line)


def vcs2l(executable: str) -> Program:
    def commands(site: Site) -> list[list[str]]:
        co = site.workspace / "co"
        co.mkdir(exist_ok=True)
        file = site.workspace / "vcs.repos"
        name, url = site.checkout.relative_to(co), site.url or site.remote.url
        file.write_text(f'repositories:\n  "{name}":\n    type: git\n    url: "{url}"\n')
        return [
            [executable, "import", "--skip-existing", "--input", str(file), str(co)],
            [executable, "pull", str(site.checkout)],
        ]

    return Program("vcs import; vcs pull", commands, telling_line)


def telling_line(ran: Ran, _: Site) -> str:
    """The first line that tells of trouble; else the first of a program that failed, the last of another."""
    lines = [line for text in (ran.out + "\n" + ran.err).splitlines() if (line := clean_text(text).strip())]
    lines = [line for line in lines if not _NOISE.match(line)] or [""]
    return next(filter(_TROUBLE.search, lines), lines[0] if ran.code else lines[-1])


def try_out(program: Program, case: Case, patience: float, count: Count) -> str | None:
    """The cell of the table; None: the case is none for all programs."""
    with _ground(case) as site:
        if site.options.keys() - _WORDS_OF_ALL or site.others or case.env or case.args:
            return None
        before = Kept.of(site)
        rans = [_run(command, site.workspace, patience) for command in program.commands(site)]
        codes = [f"none after {patience:g} s" if ran.code == _ENDED else str(ran.code) for ran in rans]
        ended = any(ran.code == _ENDED for ran in rans)
        count.unended += ended
        left = _left(site)
        kill_all(left)
        tells = next((ran for ran in rans if ran.code), rans[-1])
        said = program.said(tells, site).replace(str(site.workspace), "…")
        fates = [fate.replace(str(site.workspace), "…") for fate in _fates(case, site, before)]
        if ended or left:  # what they had no time to take away is our doing
            fates = [fate for fate in fates if not fate.startswith("left behind")]
        fates += _around(site)
        count.lost += any(fate.startswith("lost") for fate in fates)
        count.changed += bool(fates)
        count.left += bool(left)
        words = [
            f"`{_short(said)}`" if said else "says nothing",
            _where(site, before.facts),
            f"exit {', '.join(codes)}",
        ]
        words += [f"**{fate}**" for fate in fates]
        words += [f"**{len(left)} processes left**"] if left else []
        return "; ".join(words).replace("|", "\\|")


def _left(site: Site) -> dict[int, str]:
    """The processes that outlive the program by more than a moment."""
    with suppress(AssertionError):
        wait_until(lambda: not processes_with_env(_MARK, str(site.workspace)), "gone", timeout=2)
    return processes_with_env(_MARK, str(site.workspace))


@contextmanager
def _ground(case: Case) -> Iterator[Site]:
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder, "home")
        home.mkdir()
        settings = home / ".gitconfig"
        settings.write_text("[user]\n\tname = Robin Doe\n\temail = robin@example.org\n")
        os.environ.update(
            HOME=str(home),
            XDG_STATE_HOME=str(home / ".local/state"),
            XDG_CONFIG_HOME=str(home / ".config"),
            GIT_CONFIG_GLOBAL=str(settings),
            GIT_CONFIG_NOSYSTEM="1",
            LC_ALL="C.UTF-8",
        )
        workspace = Path(folder, "w")
        workspace.mkdir()
        site = Site(workspace, case.name)
        try:
            case.arrange(site)
            yield site
        finally:
            site.close()


def _run(command: list[str], folder: Path, patience: float) -> Ran:
    with (folder / "out").open("w+") as out, (folder / "err").open("w+") as err:
        process = subprocess.Popen(
            command,
            cwd=folder,
            env={**os.environ, _MARK: str(folder)},
            stdin=subprocess.DEVNULL,
            stdout=out,
            stderr=err,
            start_new_session=True,
        )
        try:
            process.wait(patience)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()
            kill_all(rest := processes_with_env(_MARK, str(folder)))
            wait_until(lambda: not processes_with_env(_MARK, str(folder)), f"ended: {rest}")
        out.seek(0)
        err.seek(0)
        return Ran(process.returncode, out.read(), err.read())


@dataclass(frozen=True, slots=True)
class Kept:
    """The person's own before a program ran."""

    facts: Facts
    contents: dict[str, bytes]
    commits: set[str]
    """That no remote had."""

    @classmethod
    def of(cls, site: Site) -> "Kept":
        found = site.facts()
        paths = {name: site.checkout / name for name in found.mine}
        contents = {name: path.read_bytes() for name, path in paths.items() if path.is_file()}
        mine = _git(site, "rev-list", "--branches", "--not", "--remotes").stdout if found.branches else b""
        return cls(found, contents, set(mine.decode().split()))


def _fates(case: Case, site: Site, before: Kept) -> list[str]:
    """What became of the person's own, where that is not as it was; what nothing here has is `lost`."""
    after = site.facts()
    fates = []
    for loss in lost(before.facts, after, site.checkout):
        kind, _, what = loss.partition(": ")
        match kind:
            case "changed":
                fates.append(f"{_fate(site, what, before.contents.get(what, b''))}: {what}")
            case "not a fast-forward":
                if "forced_update" not in case.notes:  # then it leaves what only the remote ever made
                    fates.append(f"{_rewritten(site, before, what)}: {what}")
            case "unfinished":
                fates.append(_unfinished(before.facts, after))
            case _:
                fates.append(loss)
    stashes = [sum(name.startswith("stash@") for name in one.branches) for one in (before.facts, after)]
    if stashes[1] > stashes[0]:
        fates.append("in a new stash")
    if before.facts.head and before.facts.head != after.head and "ref: " in before.facts.head + after.head:
        fates.append(f"HEAD is now {_plain(after.head)}, was {_plain(before.facts.head)}")
    if site.marker.exists():
        fates.append("a command of the repository ran")
    return fates


def _around(site: Site) -> list[str]:
    """Ends the case, whose closers also look at what is beside the checkout."""
    closers = site.closers[::-1]
    site.closers.clear()
    fates = []
    for closer in closers:
        try:
            closer()
        except AssertionError:
            fates.append("the repository around it was changed")
    return fates


def _fate(site: Site, name: str, content: bytes) -> str:
    now = site.checkout / name
    if now.is_file() and set(content.splitlines()) <= set(now.read_bytes().splitlines()):
        return "changed, with what it held"
    for stash in _git(site, "stash", "list", "--format=%H").stdout.decode().split():
        for tree in (stash, f"{stash}^3"):  # the third parent has what was untracked
            shown = _git(site, "show", f"{tree}:{name}")
            if shown.returncode == 0 and shown.stdout == content:
                return "only in a stash"
    return "lost"


def _rewritten(site: Site, before: Kept, branch: str) -> str:
    known = _git(site, "cherry", branch, before.facts.branches[branch])
    left = {line[2:] for line in known.stdout.decode().splitlines() if line.startswith("+")}
    if known.returncode or left & before.commits:
        return "own commits left out"
    return "rebased"


def _unfinished(before: Facts, after: Facts) -> str:
    begun = set(after.unfinished) - set(before.unfinished)
    if begun:
        return f"left in the middle: {', '.join(sorted(begun))}"
    return f"no longer in progress: {', '.join(set(before.unfinished) - set(after.unfinished))}"


def _git(site: Site, *args: str) -> "subprocess.CompletedProcess[bytes]":
    return subprocess.run(["git", *args], cwd=site.checkout, capture_output=True, check=False)


def _plain(head: str) -> str:
    return f"on {head.removeprefix('ref: refs/heads/')}" if head.startswith("ref: ") else "detached"


def _where(site: Site, before: Facts) -> str:
    after = site.facts()
    if after.tip == before.tip:
        return "HEAD as it was" if after.tip else "no commit"
    theirs = repos.head(site.remote.path) if site.remote.path.exists() else ""
    return "HEAD at the remote's tip" if after.tip == theirs else "HEAD elsewhere"


def _short(text: str) -> str:
    text = text.replace("`", "'")
    return text if len(text) <= _LONGEST else text[: _LONGEST - 1] + "…"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("vcspull")
    parser.add_argument("vcs")
    parser.add_argument("--patience", type=float, default=20.0, help="seconds for a command to end by itself")
    wanted = parser.parse_args()
    programs = [synctui(), vcspull(wanted.vcspull), vcs2l(wanted.vcs)]
    counts = [Count() for _ in programs]
    known = [*kinds.CORPUS, *damage.CORPUS, *hooks.CORPUS, *hostile.CORPUS, *remotes.CORPUS]
    cases = [*checkouts.CORPUS, *(case for case in known if case.arrange in CHOSEN)]
    print("| case |", " | ".join(program.name for program in programs), "|")
    print("| --- |", " | ".join("---" for _ in programs), "|")
    tried = 0
    for case in cases:
        cells = [
            try_out(program, case, wanted.patience, count)
            for program, count in zip(programs, counts, strict=True)
        ]
        if None not in cells:
            tried += 1
            print(f"| {case.name.replace('-', ' ')} |", " | ".join(map(str, cells)), "|", flush=True)
    rows = (
        ("something of the person was lost", "lost"),
        ("that, or moved, changed, rewritten, or a command ran", "changed"),
        ("did not end by itself", "unended"),
        ("left processes behind", "left"),
    )
    for text, key in rows:
        print(f"| **{text}**, of {tried} |", " | ".join(str(getattr(count, key)) for count in counts), "|")


if __name__ == "__main__":
    main()
