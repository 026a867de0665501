"""How long the installed program takes for many quick repos and one long one, the second time and the first.

`python -m tests.bench.makespan` prints the figures of two runs: the first in the order of the file, where the
long repo is the last, the second in the order that the first one taught it.
"""

# ruff: noqa: T201  it prints its figures

import argparse
import os
import sys
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from tests.kit.program import Workspace, synctui
from tests.kit.repos import clone, make_remote

MOST = 1.1
"""Times the longest repo that the second run may take."""
_SSH = """#!/bin/sh
for command; do :; done
case $command in *long*) sleep {long} ;; *) sleep {quick} ;; esac
exec sh -c "$command"
"""


@dataclass(frozen=True, slots=True)
class Figures:
    """Seconds of one run: as a whole, its longest repo, and the least that any order could have taken."""

    makespan: float
    longest: float
    optimum: float


def measured(workspace: Workspace, jobs: int, order: str) -> Figures:
    ran = synctui("sync", "--ndjson", "-j", str(jobs), "--order", order, cwd=workspace.folder)
    assert ran.code == 0, ran.out + ran.err
    took = [end["duration_ms"] / 1000 for end in ran.finished().values()]
    return Figures(ran.run_finished["duration_ms"] / 1000, max(took), max(sum(took) / jobs, *took))


def ground(folder: Path, repos: int, quick: float) -> tuple[Workspace, Mapping[str, str]]:
    """So many repos that take `quick` seconds each, a last one that takes ten times as long, and the environment."""
    workspace = Workspace(folder / "w")
    ssh = folder / "ssh"
    ssh.write_text(_SSH.format(quick=quick, long=10 * quick))
    ssh.chmod(0o755)
    for name in [*(f"quick{n:02}" for n in range(repos)), "long"]:
        remote = make_remote(workspace.folder / "remotes" / f"{name}.git")
        url = f"ssh://here{remote.path}"
        clone(remote, workspace.checkout(name), url=url)
        workspace.entry(name, f'"{url}"')
    return workspace, {"HOME": str(folder), "GIT_CONFIG_NOSYSTEM": "1", "GIT_SSH_COMMAND": str(ssh)}


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--repos", type=int, default=40)
    parser.add_argument("--jobs", type=int, default=8)
    parser.add_argument("--quick", type=float, default=0.5, help="seconds of a quick repo")
    wanted = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        workspace, env = ground(Path(folder), wanted.repos, wanted.quick)
        os.environ.update(env)
        for name in [name for name in os.environ if name.startswith("XDG_")]:
            del os.environ[name]
        print("order      makespan s  longest repo s  of longest  of optimum")
        for order in ("config", "longest"):
            one = measured(workspace, wanted.jobs, order)
            ratios = (one.makespan / one.longest, one.makespan / one.optimum)
            print(
                "{:9}  {:10.2f}  {:14.2f}  {:10.2f}  {:10.2f}".format(
                    order, one.makespan, one.longest, *ratios
                )
            )
    return 0 if ratios[0] <= MOST else 1


if __name__ == "__main__":
    sys.exit(main())
