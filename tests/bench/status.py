"""What a look at many repos costs: `python -m tests.bench.status` prints the figures, all of one run.

The second look has nothing to ask of git. It is held against a bare walk that does no more than stat every
file and folder that it has to know of.
"""

# ruff: noqa: T201  it prints its figures

import argparse
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from tests.kit.program import Workspace, synctui
from tests.kit.repos import clone, make_remote

_FILES = {f"folder{n}/file{m}.txt": f"{n} {m}\n" for n in range(8) for m in range(5)}
_STATUS = ("status", "--porcelain=v2", "--branch", "--show-stash")


def ground(folder: Path, count: int) -> Workspace:
    """So many clones of one remote, of 42 files each."""
    workspace = Workspace(folder / "w")
    remote = make_remote(workspace.folder / "remotes/r.git", 3, files=_FILES)
    names = [f"r{n:05}" for n in range(count)]
    first = clone(remote, workspace.checkout(names[0]))
    for name in names[1:]:
        shutil.copytree(first, workspace.checkout(name), symlinks=True)
    entries = "".join(f'{name} = "{remote.url}"\n' for name in names)
    (workspace.folder / "synctui.toml").write_text(f'[workspaces."co"]\n{entries}')
    return workspace


def walk(folder: Path) -> None:
    """Stats all below but the objects."""
    folders = [str(folder)]
    while folders:
        with os.scandir(folders.pop()) as entries:
            for entry in entries:
                entry.stat(follow_symlinks=False)
                if entry.is_dir(follow_symlinks=False) and entry.name != "objects":
                    folders.append(entry.path)


def by_hand(checkouts: list[Path]) -> None:
    """`git status` in each, as many at a time as there are cores."""
    command = ["xargs", "-0", f"-P{os.cpu_count()}", "-I{}", "git", "-C", "{}", *_STATUS]
    names = b"\0".join(os.fsencode(path) for path in checkouts)
    subprocess.run(command, input=names, capture_output=True, check=True)


def seconds(body: Callable[[], object]) -> float:
    began = time.monotonic()
    body()
    return time.monotonic() - began


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--repos", type=int, default=1000)
    parser.add_argument("--rounds", type=int, default=5)
    wanted = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        for name in [name for name in os.environ if name.startswith("XDG_")]:
            del os.environ[name]
        os.environ.update(HOME=folder, GIT_CONFIG_NOSYSTEM="1", GIT_OPTIONAL_LOCKS="0")
        workspace = ground(Path(folder), wanted.repos)
        checkouts = sorted((workspace.folder / "co").iterdir())

        def look() -> None:
            ran = synctui("status", "--json", cwd=workspace.folder)
            assert ran.code == 0, ran.err

        first = seconds(look)
        steps: dict[str, Callable[[], object]] = {
            "bare walk": lambda: walk(workspace.folder / "co"),
            "start of the program": lambda: synctui("--version", cwd=workspace.folder),
            "second look": look,
            "git status by hand": lambda: by_hand(checkouts),
        }
        # Whatever else the machine does meets all of them alike.
        rounds = [{what: seconds(body) for what, body in steps.items()} for _ in range(wanted.rounds)]
        took = {"first look": first}
        took |= {what: statistics.median(one[what] for one in rounds) for what in steps}
    for what, one in took.items():
        of_walk, of_hand = (one / took[other] for other in ("bare walk", "git status by hand"))
        print(f"{what:20}  {one:6.2f} s  {of_walk:5.2f} × the walk  {of_hand:5.2f} × by hand")
    return 0


if __name__ == "__main__":
    sys.exit(main())
