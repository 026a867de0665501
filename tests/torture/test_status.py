"""`synctui status` on the whole corpus: each row is what git itself says, and nothing moves by the look."""

import json
import os
import subprocess
import sys
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, suppress
from pathlib import Path
from typing import Any

import pytest

from tests.kit.git_trace import GitTrace
from tests.kit.program import ended, start
from tests.torture import by_hand, ordinary
from tests.torture.corpus import TOGETHER
from tests.torture.site import Site, write_workspace
from tui.git.clean import clean_text
from tui.git.lock import RepoBusy, RepoLock
from tui.store.paths import locks_folder

_LOOKS = {
    *("status", "config", "for-each-ref"),
    "version",  # GitPython asks for it
    "git-lfs-of-nobody",  # a filter of the person's own: git asks it what a file would be once it is staged
}
"""The commands of a look."""
_REFUSED = {
    # What the workspace file may not name.
    *("co/twice-through-a-link", "co/link-to-outside"),
    # Where the tree decides what a git that looks at files would run.
    *("co/settings-included-from-the-tree", "co/settings-of-the-tree-under-a-condition"),
    *("co/settings-of-the-tree-by-a-link", "co/settings-of-the-tree-by-a-file-of-the-person"),
    *("co/settings-that-are-a-link-into-the-tree", "co/settings-of-one-worktree-from-the-tree"),
}
"""What is not looked at, whatever git says of it."""
_NOTHING = dict.fromkeys(by_hand.FACTS)


@pytest.mark.timeout(360)  # it is a few hundred tests in one
def test_it_says_of_every_repo_what_git_says(tmp_path: Path, sandbox: Path) -> None:
    folder = tmp_path / "w"
    folder.mkdir()
    sites = [Site(folder, case.name) for case in TOGETHER]
    with ExitStack() as stack:
        for site in sites:
            stack.callback(site.close)
        with ThreadPoolExecutor(4) as pool:
            list(pool.map(lambda case, site: case.arrange(site), TOGETHER, sites))
        write_workspace(folder, sites)
        trace = GitTrace(sandbox)
        before = stamps(folder)

        first = status(folder)
        asked = trace.take()
        assert set(asked) <= _LOOKS
        assert status(folder) == first, "what is kept says the same"
        assert len(trace.take()) < len(asked) / 4
        assert not (sandbox / ".local/state").exists(), "no lock, no history"
        held = {row["path"] for row in first.values() if lock(stack, Path(row["path"]))}
        for repo, row in status(folder).items():
            holder = row.pop("locked_by")
            assert (holder["pid"] if holder else None) == (os.getpid() if row["path"] in held else None)
            assert row | {"locked_by": None} == first[repo]

        assert stamps(folder) == before
        assert [site.name for site in sites if site.marker.exists()] == []
        assert set(trace.take()) <= _LOOKS
        trace.end()
        check(first)


def check(rows: Mapping[str, Mapping[str, Any]]) -> None:
    """Against git, asked by hand."""
    command = [*ordinary.PREFIX, sys.executable, by_hand.__file__, *(row["path"] for row in rows.values())]
    done = subprocess.run(command, stdout=subprocess.PIPE, check=True)
    said = json.loads(done.stdout)
    wrong = {}
    for repo, row in rows.items():
        found = {name: row[name] for name in by_hand.FACTS}
        facts = None if repo in _REFUSED else said[row["path"]]
        if facts and facts["branch"]:
            facts["branch"] = clean_text(facts["branch"])
        if found != (facts or _NOTHING) or row["error"] == bool(facts):
            wrong[repo] = (found, facts)
    assert sorted(wrong) == []
    assert sum(not row["error"] for row in rows.values()) > 200


def lock(stack: ExitStack, path: Path) -> bool:
    """Have this process hold the repo, which may be the same as one that it holds."""
    with suppress(RepoBusy):
        try:
            stack.enter_context(RepoLock(locks_folder(), path))
        except OSError:
            return False
    return True


def status(folder: Path) -> dict[str, dict[str, Any]]:
    """The rows by repo."""
    ran = ended(start("status", "--json", cwd=folder, prefix=ordinary.PREFIX), timeout=240)
    assert (ran.code, ran.err) == (1, "")  # some cannot be looked at
    rows = {row["repo"]: row for row in json.loads(ran.out)["repos"]}
    for row in rows.values():
        del row["staleness_hours"]  # they pass
        row["error"] = bool(row["error"])  # of two messages at once git has either as the last
    return rows


def stamps(folder: Path) -> dict[str, tuple[int, ...]]:
    """Every file and folder below: size, times of change, mode, and which one it is."""
    found = {}
    todo = [str(folder)]
    while todo:
        with os.scandir(todo.pop()) as entries:
            for entry in entries:
                one = entry.stat(follow_symlinks=False)
                found[entry.path] = (one.st_size, one.st_mtime_ns, one.st_ctime_ns, one.st_mode, one.st_ino)
                if entry.is_dir(follow_symlinks=False):
                    todo.append(entry.path)
    return found
