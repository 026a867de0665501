"""A watch of twenty repos, one dead and one slow, pass after pass, and what its process holds.

`python -m tests.bench.watch --passes 100 --every 2s` prints the figures; the tenth pass is the baseline.
"""

# ruff: noqa: T201  it prints its figures

import argparse
import json
import os
import signal
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from tests.kit.gate import SshStub
from tests.kit.processes import children_of
from tests.kit.program import Workspace, ended, start

WARM = 10
"""The pass that the later ones are held against."""
MOST_GROWTH = 1.1
"""Of memory, over all later passes together."""
_SLOW = 0.1
"""Seconds between two pieces of what the slow one sends."""


@dataclass(frozen=True, slots=True)
class Held:
    """What the process holds in the pause after a pass, and how the dead repo ended in it."""

    threads: int
    descriptors: int
    children: int
    resident: int
    """Bytes."""
    dead: str
    overlapping: int
    """Passes that still go on at the end of this one."""

    @classmethod
    def of(cls, pid: int, dead: str, overlapping: int) -> "Held":
        process = Path(f"/proc/{pid}")
        pages = int((process / "statm").read_text().split()[1])
        return cls(
            threads=len(list((process / "task").iterdir())),
            descriptors=len(list((process / "fd").iterdir())),
            children=len(children_of(pid)),
            resident=pages * os.sysconf("SC_PAGE_SIZE"),
            dead=dead,
            overlapping=overlapping,
        )


def watch(folder: Path, passes: int, every: str, count: int) -> Iterator[Held]:
    """Yields what is held after each pass."""
    with SshStub(folder / "stub") as stub:
        os.environ.update(stub.env())
        workspace = Workspace(folder / "w")
        workspace.add("dead", "slow", *(f"quick{n}" for n in range(count - 2)), stub=stub)
        stub.fail("dead", "ERROR: Repository not found.")
        stub.trickle("slow", chunk=256, pause=_SLOW)
        process = start("watch", "--ndjson", "--every", every, cwd=workspace.folder)
        assert process.stdout
        try:
            dead, going_on, done = "", 0, 0
            for line in process.stdout:
                event = json.loads(line)
                match event["event"]:
                    case "run_started":
                        going_on += 1
                    case "repo_finished" if event["repo"] == "co/dead":
                        dead = event["reason"]
                    case "run_finished":
                        going_on -= 1
                        done += 1
                        yield Held.of(process.pid, dead, going_on)
                        if done == passes:
                            return
        finally:
            process.send_signal(signal.SIGTERM)
            ended(process)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--passes", type=int, default=100)
    parser.add_argument("--repos", type=int, default=20)
    parser.add_argument("--every", default="2s")
    wanted = parser.parse_args()
    held: list[Held] = []
    with tempfile.TemporaryDirectory() as folder:
        os.environ.update(
            HOME=folder,
            XDG_STATE_HOME=f"{folder}/state",
            XDG_CONFIG_HOME=f"{folder}/config",
            XDG_CACHE_HOME=f"{folder}/cache",
            GIT_CONFIG_GLOBAL=os.devnull,
            GIT_CONFIG_NOSYSTEM="1",
        )
        print("pass  threads  descriptors  children  resident kB  tries of the dead one")
        for one in watch(Path(folder), wanted.passes, wanted.every, wanted.repos):
            held.append(one)
            if len(held) % WARM == 0:
                tries = sum(each.dead != "held" for each in held)
                figures = (len(held), one.threads, one.descriptors, one.children, one.resident // 1024, tries)
                print("{:4}  {:7}  {:11}  {:8}  {:11}  {:21}".format(*figures), flush=True)
    warm, last = held[WARM - 1], held[-1]
    growth = last.resident / warm.resident
    overlaps = sum(one.overlapping for one in held)
    print(f"overlaps: {overlaps}; pass {len(held)} / pass {WARM}: resident {growth:.3f}")
    same = (last.threads, last.descriptors, last.children) == (warm.threads, warm.descriptors, warm.children)
    return 0 if same and not overlaps and growth <= MOST_GROWTH else 1


if __name__ == "__main__":
    sys.exit(main())
