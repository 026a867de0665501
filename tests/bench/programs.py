"""The gits that a run starts for each repo, counted by strace: `python -m tests.bench.programs` prints the table."""

# ruff: noqa: T201  it prints its figures

import os
import re
import shutil
import sys
import tempfile
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

from tests.bench.wire import Ground, ground, run
from tests.bench.wire_server import Far
from tests.kit.program import SYNCTUI
from tests.kit.repos import git
from tui.git.env import OPTIONS

_REPOS = 10
_OWN = "commits of its own, nothing new"
_WORK = (
    ("nothing new", False, False),
    (_OWN, False, False),
    ("news", True, False),
    ("no checkout yet", False, True),
)
"""What is to be done, whether there is news, and whether the checkouts are missing."""
_STARTED = re.compile(r'execve\("[^"]*", \["git", (.*?)\], ')
_WORD = re.compile(r'"((?:[^"\\]|\\.)*)"')


def started(place: Ground, url: str) -> Iterator[tuple[str, str]]:
    """Folder and command of each git that synctui starts itself; those that a git starts have other options."""
    entries = "".join(f'{name} = "{url}/{name}.git"\n' for name in place.names)
    (place.folder / "synctui.toml").write_text(f'[workspaces."co"]\n{entries}')
    record = place.folder / "strace"
    strace = ["strace", "-f", "-v", "-s", "4096", "-e", "trace=execve", "-o", str(record)]
    run([*strace, SYNCTUI, "sync", "-q", "-j1"], place.folder)
    for found in _STARTED.finditer(record.read_text()):
        words = _WORD.findall(found[1])
        if words[: len(OPTIONS)] == list(OPTIONS) and "-C" in words:
            folder, command = words[words.index("-C") + 1 :][:2]
            yield Path(folder).name, command


def main() -> int:
    print("| a repo with | at http(s) | elsewhere |\n|---|---|---|")
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        for variable in [one for one in os.environ if one.startswith(("XDG_", "SYNCTUI", "GIT_"))]:
            del os.environ[variable]
        where_git_is = shutil.which("git")
        assert where_git_is
        # Where there is one folder to find it in, each is begun once.
        os.environ.update(HOME=name, GIT_CONFIG_NOSYSTEM="1", PATH=str(Path(where_git_is).parent))
        place = ground(folder, _REPOS)
        with Far(folder / "srv", 0.0, None) as far:
            for what, news, missing in _WORK:
                told = []
                for url in (far.url, (folder / "srv").as_uri()):
                    place.lay(news=news, missing=missing, url=url)
                    for one in place.names if what == _OWN else ():
                        git(place.checkout(one), "commit", "-q", "--allow-empty", "-m", "own")
                    about = place.behind if news else place.names
                    far.reset()  # it answers from memory
                    gits = Counter(
                        command for where, command in started(place, url) if missing or where in about
                    )
                    commands = [f"`{one}`" for one, count in gits.items() for _ in range(count // len(about))]
                    told.append(f"{len(commands)}{': ' if commands else ''}{', '.join(commands)}")
                print(f"| {what} | {' | '.join(told)} |", flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
