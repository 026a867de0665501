"""What a run costs on a wire: `python -m tests.bench.wire` prints its tables as Markdown, ratios of one run.

A smart-HTTP server stands behind a delay line on loopback. Each way does the same work on repos of its own, in
interleaved rounds; after each its exit status, what the server was asked and where the repos stand are checked.
"""

# ruff: noqa: T201  it prints its figures

import argparse
import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from tests.bench import wire_ssh
from tests.bench.screen import Raw
from tests.bench.wire_server import Far, certificate
from tests.kit.program import SYNCTUI
from tests.kit.repos import add_commits, git, make_remote

_FILES = {f"folder{n % 6}/file{n}.txt": f"{n}\n" for n in range(30)}
_COMMITS = 50
_BEHIND = 5
"""One repo in so many has news."""


@dataclass(frozen=True, slots=True)
class Took:
    """Seconds on the wall, and of processors in the program and all it started."""

    wall: float
    cpu: float


@dataclass(frozen=True, slots=True)
class Ground:
    """`old` is where a checkout stands at first, `new` what the repos that have news are at on the server."""

    folder: Path
    names: Sequence[str]
    old: str
    new: str
    pristine: Path

    def checkout(self, name: str) -> Path:
        return self.folder / "co" / name

    def bare(self, name: str) -> Path:
        return self.folder / "srv" / f"{name}.git"

    @property
    def behind(self) -> Sequence[str]:
        return self.names[::_BEHIND]

    def lay(self, *, news: bool, missing: bool, url: str) -> None:
        """As before any run: what the server has, and the checkouts, whose remote is at `url`."""
        for name in self.behind:
            (self.bare(name) / "refs/heads/main").write_text(f"{self.new if news else self.old}\n")
        shutil.rmtree(self.folder / "co", ignore_errors=True)
        (self.folder / "co").mkdir()
        if missing:
            return
        subprocess.run(["cp", "-R", f"{self.pristine}/.", str(self.folder / "co")], check=True)
        config = (self.pristine / self.names[0] / ".git/config").read_text()
        for name in self.names:
            (self.checkout(name) / ".git/config").write_text(config.replace("@URL@", f"{url}/{name}.git"))

    def check(self, *, news: bool, merged: bool) -> None:
        """Every repo stands where the server has it: its remote-tracking branch, and its own if it was to move."""
        for name in self.names:
            wanted = self.new if news and name in self.behind else self.old
            for ref in ("refs/remotes/origin/main", *(["refs/heads/main"] if merged else [])):
                assert _ref(self.checkout(name) / ".git", ref) == wanted, f"{name}: {ref}"


def _ref(git_dir: Path, name: str) -> str:
    loose = git_dir / name
    if loose.exists():
        return loose.read_text().strip()
    packed = (git_dir / "packed-refs").read_text().splitlines()
    return next(line.split()[0] for line in packed if line.endswith(f" {name}"))


def ground(folder: Path, count: int) -> Ground:
    """So many bare repositories and checkouts of them, each with 50 commits, 30 files, 3 branches and 3 tags."""
    template = make_remote(folder / "template.git", _COMMITS, files=_FILES)
    old = template.head
    for number in range(3):
        git(template.path, "tag", f"v{number}", f"{old}~{number * 10}")
        if number:
            git(template.path, "branch", f"topic{number}", f"{old}~{number}")
    first = folder / "first"
    git(folder, "clone", "--quiet", str(template.path), str(first))
    new = add_commits(template, 2)
    git(template.path, "update-ref", "refs/heads/main", old)
    git(first, "remote", "set-url", "origin", "@URL@")
    shutil.rmtree(first / ".git/hooks", ignore_errors=True)  # samples, which only take time to copy
    names = [f"r{number:04}" for number in range(count)]
    for name in names:
        shutil.copytree(template.path, folder / "srv" / f"{name}.git")
        shutil.copytree(first, folder / "pristine" / name, symlinks=True)
    return Ground(folder, names, old, new, folder / "pristine")


def run(argv: Sequence[str], cwd: Path, stdin: bytes = b"") -> Took:
    began = time.monotonic()
    child = subprocess.Popen(
        argv, cwd=cwd, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.STDOUT
    )
    assert child.stdin
    child.stdin.write(stdin)
    child.stdin.close()
    assert child.stdout
    said = child.stdout.read()
    _, status, usage = os.wait4(child.pid, 0)
    child.returncode = os.waitstatus_to_exitcode(status)
    assert child.returncode == 0, f"{argv[0]}: {child.returncode}\n{said.decode()[-2000:]}"
    return Took(time.monotonic() - began, usage.ru_utime + usage.ru_stime)


class Ways:
    """How the work is done; each takes the ground, the URL of the server and the number of jobs."""

    def __init__(self, ground: Ground, url: str, jobs: int) -> None:
        self._ground, self.url, self._jobs = ground, url, jobs

    def _write_file(self) -> None:
        entries = "".join(f'{name} = "{self.url}/{name}.git"\n' for name in self._ground.names)
        (self._ground.folder / "synctui.toml").write_text(f'[workspaces."co"]\n{entries}')

    def synctui(self) -> Took:
        self._write_file()
        return run([SYNCTUI, "sync", "-q", "-j", str(self._jobs)], self._ground.folder)

    def app(self) -> Took:
        """The same with the screen, until it says that the run is over."""
        self._write_file()
        with Raw([SYNCTUI, "--start", "-j", str(self._jobs)], self._ground.folder) as program:
            wall = program.until(f"{len(self._ground.names)} repos in ", 600.0) - program.began
            return Took(wall, program.cpu(with_children=True))

    def open_app(self) -> Took:
        """In one that is open, from the key to the end."""
        self._write_file()
        with Raw([SYNCTUI, "-j", str(self._jobs)], self._ground.folder) as program:
            program.until("planned", 600.0)
            before = program.cpu(with_children=True)
            wall = program.press("S", f"{len(self._ground.names)} repos in ", 600.0)
            return Took(wall, program.cpu(with_children=True) - before)

    def xargs(self, *command: str, jobs: int | None = None) -> Took:
        """`git command` in each checkout."""
        names = "\0".join(str(self._ground.checkout(name)) for name in self._ground.names)
        argv = ["xargs", "-0", f"-P{jobs or self._jobs}", "-I{}", "git", "-C", "{}", *command]
        return run(argv, self._ground.folder, names.encode())

    def fetch(self) -> Took:
        return self.xargs("fetch", "--quiet")

    def fetch_by_8(self) -> Took:
        """As many at a time as sshd stands: of more it turns some away."""
        return self.xargs("fetch", "--quiet", jobs=8)

    def pull(self) -> Took:
        return self.xargs("pull", "--quiet", "--ff-only")

    def clone(self) -> Took:
        pairs = "\0".join(
            word
            for name in self._ground.names
            for word in (f"{self.url}/{name}.git", str(self._ground.checkout(name)))
        )
        argv = ["xargs", "-0", f"-P{self._jobs}", "-n2", "git", "clone", "--quiet"]
        return run(argv, self._ground.folder, pairs.encode())

    def floor(self) -> Took:
        """One bare request a repo on warm connections, of which nothing is compared."""
        argv = [sys.executable, "-m", "tests.bench.wire_floor", self.url, str(self._jobs)]
        return run(argv, Path.cwd(), "\0".join(self._ground.names).encode())

    def vcspull(self) -> Took:
        file = self._ground.folder / "vcspull.json"
        repos = {name: f"git+{self.url}/{name}.git" for name in self._ground.names}
        file.write_text(json.dumps({f"{self._ground.folder}/co/": repos}))
        return run(["vcspull", "sync", "-f", str(file), "--all"], self._ground.folder)

    def vcs2l(self) -> Took:
        return run(["vcs", "pull", "--workers", str(self._jobs), "co"], self._ground.folder)


@dataclass(frozen=True, slots=True)
class Work:
    """`limit` is the most that `mine` may take of the time of the first of the other ways."""

    what: str
    others: tuple[str, ...]
    limit: float
    mine: str = "synctui"
    news: bool = False
    missing: bool = False
    wire: str = "http"
    """Or `ssh` or `file`."""
    jobs: int | None = None
    """None: those of the command line."""

    @property
    def moves(self) -> bool:
        """Whether the checkouts are others afterwards."""
        return self.news or self.missing


WORKS = {
    "current": Work("current", ("fetch", "floor"), 0.25),
    "news": Work("one of 5 has news", ("pull",), 0.45, news=True),
    "missing": Work("missing", ("clone",), 1.05, missing=True),
    "app": Work("current, in the app that is open", ("synctui",), 1.05, mine="open_app"),
    "app-start": Work("current, in the app with its start", ("synctui",), 1.05, mine="app"),
    "local": Work("current", ("fetch",), 1.2, wire="file"),
    "ssh": Work("current", ("fetch_by_8",), 0.5, wire="ssh", jobs=32),
}
_CALLED = {
    "app": "`synctui --start`",
    "open_app": "the app, from the key",
    "synctui": "`synctui sync`",
    "fetch": "`xargs git fetch`",
    "fetch_by_8": "`xargs -P8 git fetch`",
    "pull": "`xargs git pull --ff-only`",
    "clone": "`xargs git clone`",
    "floor": "floor of warm requests",
    "vcspull": "vcspull",
    "vcs2l": "vcs2l",
}
_PEERS = {"vcspull": "vcspull", "vcs2l": "vcs"}
"""Name -> program."""
_MERGES = {"synctui", "app", "open_app", "pull", "clone", "vcspull", "vcs2l"}


def measure(
    work: Work, others: Sequence[str], place: Ground, far: Far, ways: Ways, rounds: int
) -> Mapping[str, list[Took]]:
    took: dict[str, list[Took]] = {work.mine: [], **{name: [] for name in others}}
    place.lay(news=work.news, missing=work.missing, url=ways.url)
    for number in range(rounds):
        for name, results in took.items():
            if work.moves and (number or results is not took[work.mine]):
                place.lay(news=work.news, missing=work.missing, url=ways.url)
            far.reset()
            way: Callable[[], Took] = getattr(ways, name)
            results.append(way())
            asked = far.reset()
            assert work.wire != "http" or len(asked) == len(place.names), f"{name}: asked {len(asked)} repos"
            if name != "floor":
                place.check(news=work.news, merged=name in _MERGES)
    return took


def table(title: str, took: Mapping[str, Sequence[Took]], count: int, limit: float) -> bool:
    """Whether the limit holds; the first way is held against the others by the median of each round's ratio."""
    mine, first = list(took)[:2]
    ratio = f"{_CALLED.get(mine, mine)} takes"
    print(f"\n{title}\n\n| way | seconds | {ratio} | CPU ms a repo | {ratio} |\n|---|---:|---:|---:|---:|")
    of_wall: dict[str, float] = {}
    for name, results in took.items():
        pairs = list(zip(took[mine], results, strict=True))
        of_wall[name] = statistics.median(one.wall / other.wall for one, other in pairs)
        of_cpu = statistics.median(one.cpu / other.cpu for one, other in pairs)
        wall, cpu = (statistics.median(getattr(one, key) for one in results) for key in ("wall", "cpu"))
        told = ("", "") if name == mine else (f"{of_wall[name]:.2f} ×", f"{of_cpu:.2f} ×")
        print(
            f"| {_CALLED.get(name, name)} | {wall:.2f} | {told[0]} | {cpu / count * 1000:.1f} | {told[1]} |"
        )
    holds = of_wall[first] <= limit
    verdict = "holds" if holds else "DOES NOT HOLD"
    print(f"\nAt most {limit:g} × {_CALLED.get(first, first)}: {verdict}.", flush=True)
    return holds


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--repos", type=int, default=100)
    parser.add_argument("--jobs", type=int, default=16)
    parser.add_argument("--delay", type=float, default=50.0, help="round trip in milliseconds")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--plain", action="store_true", help="http in place of https")
    parser.add_argument(
        "--peers", action="store_true", help="vcspull and vcs2l, too, where they are installed"
    )
    parser.add_argument("works", nargs="*", default=list(WORKS), metavar="|".join(WORKS))
    wanted = parser.parse_args()
    if unknown := set(wanted.works) - WORKS.keys():
        parser.error(f"there is no {', '.join(sorted(unknown))}; allowed: {', '.join(WORKS)}")
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        pem = None if wanted.plain else certificate(folder)
        for variable in [one for one in os.environ if one.startswith(("XDG_", "SYNCTUI", "GIT_"))]:
            del os.environ[variable]
        os.environ.pop("PYTHONDONTWRITEBYTECODE", None)  # who has installed it has it compiled
        os.environ.update(HOME=name, GIT_CONFIG_NOSYSTEM="1")
        config = folder / ".gitconfig"
        config.write_text("[gc]\n\tauto = 0\n" + (f"[http]\n\tsslCAInfo = {pem}\n" if pem else ""))
        if pem:
            os.environ["SSL_CERT_FILE"] = str(pem)  # for the floor
        place = ground(folder, wanted.repos)
        holds = True
        with Far(folder / "srv", wanted.delay / 1000, pem) as far, ExitStack() as servers:
            for key in wanted.works:
                work = WORKS[key]
                url = far.url
                match work.wire:
                    case "file":
                        url = (folder / "srv").as_uri()
                    case "ssh" if not wire_ssh.is_there():
                        print(f"\nThere is no sshd here: {work.what} repos over ssh are not measured.")
                        continue
                    case "ssh":
                        os.environ.update(wire_ssh.lay(folder / "ssh"))
                        port = far.away(servers.enter_context(wire_ssh.sshd(folder / "ssh")))
                        url = f"ssh://127.0.0.1:{port}{folder}/srv"
                peers = [way for way, program in _PEERS.items() if wanted.peers and shutil.which(program)]
                others = [*work.others, *(peers if key == "current" else [])]
                jobs = work.jobs or wanted.jobs
                took = measure(work, others, place, far, Ways(place, url, jobs), wanted.rounds)
                wire = urlsplit(url).scheme
                delay = "" if wire == "file" else f", {wanted.delay:g} ms"
                title = (
                    f"{wanted.repos} repos, {work.what}; {wire}{delay}, {jobs} jobs, {wanted.rounds} rounds"
                )
                holds &= table(title, took, wanted.repos, work.limit)
    return 0 if holds else 1


if __name__ == "__main__":
    sys.exit(main())
