"""What the screen costs: `python -m tests.bench.screen` prints the figures as Markdown, all of one run.

64 jobs of 10,000 repos tell of progress 20,000 times a second, to the app and to the headless command, each in a
terminal of its own; there is no git and no network in it. What opening costs is that of the real program.
"""

# ruff: noqa: T201  it prints its figures

import argparse
import itertools
import json
import os
import pty
import re
import select
import signal
import statistics
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Self

from tests.bench.screen_load import EVENTS_PER_SECOND, SLOTS
from tests.kit.program import SYNCTUI

MOST_KEY = 0.05
"""Seconds from a key to its paint, at the 99th percentile."""
MOST_CPU = 0.25
"""Of a core, more than the headless command."""
MOST_OPENING = 1.0
"""Seconds from the start of the program to its first frame."""
MOST_FIRST_PAINT = 1.5
"""The same with a tenth of the repos, in that of a trivial Textual app."""
MOST_MEMORY = 200.0
"""MiB, resident."""
_REPOS = 10_000
_SIZE = (50, 160)
_WARM = 2.0
_LOAD = (sys.executable, "-m", "tests.bench.screen_load")
_KEYS = {"j": "▌", "k": "▌", "1": "host ", "2": "what happened", "3": "success"}
"""What the paint of each key has in it, and hardly any other."""
_TYPED = "jjjkkjjkk1j3jk2jk3kkjjk"


class Raw:
    """A program on a terminal that nobody draws, so that drawing costs nothing here."""

    def __init__(self, argv: Sequence[str], cwd: Path | None = None) -> None:
        self.began = time.monotonic()
        self.pid, self._fd = pty.fork()
        if not self.pid:
            os.environ.update(TERM="xterm-256color", COLUMNS=str(_SIZE[1]), LINES=str(_SIZE[0]))
            if cwd:
                os.chdir(cwd)
            os.execvp(argv[0], argv)
        self._text = bytearray()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        """Ask it to end, and read until it has."""
        os.kill(self.pid, signal.SIGTERM)
        while self._read(10.0):
            pass
        os.close(self._fd)
        os.waitpid(self.pid, 0)

    def read_for(self, seconds: float) -> None:
        end = time.monotonic() + seconds
        while (left := end - time.monotonic()) > 0:
            self._read(left)

    def until(self, text: str, most: float = 20.0) -> float:
        """The moment at which it has written that from now on."""
        self._text.clear()
        end = time.monotonic() + most
        while text.encode() not in self._text:
            assert time.monotonic() < end, f"never: {text}\n{bytes(self._text[-2000:])!r}"
            self._read(most)
        return time.monotonic()

    def press(self, key: str, text: str, most: float = 20.0) -> float:
        """Seconds until the text has come."""
        began = time.monotonic()
        os.write(self._fd, key.encode())
        return self.until(text, most) - began

    def cpu(self, *, with_children: bool = False) -> float:
        """Seconds of a core so far, on request those of the children that have ended, too."""
        fields = Path(f"/proc/{self.pid}/stat").read_text().rpartition(")")[2].split()
        return sum(map(int, fields[11 : 15 if with_children else 13])) / os.sysconf("SC_CLK_TCK")

    def memory(self) -> float:
        """MiB, resident, at its highest."""
        status = Path(f"/proc/{self.pid}/status").read_text()
        found = re.search(r"VmHWM:\s+(\d+)", status)
        assert found
        return int(found[1]) / 1024

    def _read(self, seconds: float) -> bool:
        ready, _, _ = select.select([self._fd], [], [], seconds)
        try:
            data = os.read(self._fd, 1 << 16) if ready else b""
        except OSError:  # its end
            data = b""
        self._text += data
        return bool(data)


@dataclass(frozen=True, slots=True)
class Loaded:
    """`cpu` is of a core, `keys` seconds, `memory` MiB, `steps` seconds of the loop."""

    cpu: float
    memory: float
    keys: Sequence[float] = ()
    steps: Sequence[float] = ()


def headless(count: int, seconds: float) -> Loaded:
    with Raw([*_LOAD, "headless", str(count)]) as program:
        program.until("repo00")
        program.read_for(_WARM)
        began, cpu = time.monotonic(), program.cpu()
        program.read_for(seconds)
        return Loaded((program.cpu() - cpu) / (time.monotonic() - began), program.memory())


def app(folder: Path, count: int, seconds: float) -> Loaded:
    """In the middle of a run; what the keys cost comes on top, in a second part."""
    report = folder / "steps.json"
    with Raw([*_LOAD, "app", str(count), str(report)]) as program:
        program.until("repo00")
        program.read_for(_WARM)
        began, cpu = time.monotonic(), program.cpu()
        program.read_for(seconds)
        over = time.monotonic()
        used = (program.cpu() - cpu) / (over - began)
        keys: list[float] = []
        for key in itertools.islice(itertools.cycle(_TYPED), round(seconds * 10)):
            program.read_for(0.1 - 0.05 * (len(keys) % 2))
            keys.append(program.press(key, _KEYS[key]))
        memory = program.memory()
    steps = [took for at, took in json.loads(report.read_text()) if began <= at <= over]
    return Loaded(used, memory, keys, steps)


def trivial_keys(seconds: float) -> list[float]:
    """What the machine alone makes of a key now."""
    keys: list[float] = []
    with Raw([*_LOAD, "trivial"]) as program:
        program.until("trivial")
        for text in itertools.islice(itertools.cycle(("odd", "even")), round(seconds * 10)):
            program.read_for(0.1 - 0.05 * (len(keys) % 2))
            keys.append(program.press("x", text))
    return keys


def openings(cwd: Path, rounds: int) -> list[float]:
    """Of a trivial app, of ours, and of ours with the repos in it: medians of interleaved rounds, in seconds."""

    def one(argv: Sequence[str], text: str) -> float:
        with Raw(argv, cwd) as program:
            return program.until(text) - program.began

    ways = (((*_LOAD, "trivial"), "trivial"), ((SYNCTUI,), "Slots"), ((SYNCTUI,), "planned"))
    took = [[one(argv, text) for argv, text in ways] for _ in range(rounds)]
    return [statistics.median(of_way) for of_way in zip(*took, strict=True)]


def ground(folder: Path, count: int) -> None:
    """A workspace file of so many repos, none of them cloned."""
    entries = "".join(f'"team{n % 40:02}/repo{n:05}" = "https://example.org/{n}.git"\n' for n in range(count))
    (folder / "synctui.toml").write_text(f'[workspaces."co"]\n{entries}')


def percentile(values: Sequence[float], part: float) -> float:
    return sorted(values)[min(len(values) - 1, int(len(values) * part))]


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=12.0)
    parser.add_argument("--rounds", type=int, default=5, help="of opening")
    wanted = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        for variable in [one for one in os.environ if one.startswith(("XDG_", "TEXTUAL", "SYNCTUI"))]:
            del os.environ[variable]
        os.environ.pop("PYTHONDONTWRITEBYTECODE", None)  # who has installed it has it compiled
        os.environ.update(HOME=name, PYTHONPATH=str(Path.cwd()))
        plain = headless(_REPOS, wanted.seconds)
        screen = app(folder, _REPOS, wanted.seconds)
        idle_keys = trivial_keys(wanted.seconds)
        ground(folder, _REPOS // 10)
        bare, first, _ = openings(folder, wanted.rounds)
        ground(folder, _REPOS)
        trivial, real, whole = openings(folder, wanted.rounds)
    rows = [
        ("key to paint in a trivial Textual app, 99th percentile", percentile(idle_keys, 0.99) * 1000, "ms", None),
        ("key to paint, median", statistics.median(screen.keys) * 1000, "ms", None),
        ("key to paint, 99th percentile", percentile(screen.keys, 0.99) * 1000, "ms", MOST_KEY * 1000),
        ("one step of the loop, longest", max(screen.steps) * 1000, "ms", None),
        ("one step of the loop, 99th of the longest 10 a second", percentile(
            sorted(screen.steps)[-round(wanted.seconds * 10):], 0.99) * 1000, "ms", None),
        ("headless command", plain.cpu * 100, "% of a core", None),
        ("app more than headless", (screen.cpu - plain.cpu) * 100, "% of a core", MOST_CPU * 100),
        (f"first frame with {_REPOS // 10:,} repos", first / bare, "× a trivial app", MOST_FIRST_PAINT),
        ("first frame of a trivial Textual app", trivial, "s", None),
        ("first frame", real, "s", MOST_OPENING),
        ("first frame with the repos in it", whole, "s", None),
        ("memory of the app", screen.memory, "MiB", MOST_MEMORY),
    ]  # fmt: skip
    print(f"{SLOTS} slots, {_REPOS:,} repos, {EVENTS_PER_SECOND:,} events a second offered\n")
    print("| what | figure | at most |\n|---|---:|---:|")
    for what, figure, unit, most in rows:
        print(f"| {what} | {figure:.2f} {unit} | {'' if most is None else f'{most:g} {unit}'} |")
    print(
        f"\nOpening takes {real / trivial:.1f} × a trivial app, the load {screen.cpu / plain.cpu:.2f} × headless."
    )
    return 0 if all(most is None or figure <= most for _, figure, _, most in rows) else 1


if __name__ == "__main__":
    sys.exit(main())
