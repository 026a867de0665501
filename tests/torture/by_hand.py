"""What git itself says of checkouts, asked by hand: `python by_hand.py PATH…` prints a JSON object by path.

Imports only the standard library, so that it also runs under `ordinary.PREFIX`.
"""

import json
import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

FACTS = ("branch", "head", "ahead", "behind", "dirty", "untracked", "stashes", "in_progress")
_UNFINISHED = {
    "am session": "am",
    "rebasing": "rebase",
    "rebase in progress": "rebase",
    "still merging": "merge",
    "unmerged paths": "merge",
    "cherry-picking": "cherry-pick",
    "reverting": "revert",
    "bisecting": "bisect",
}
"""What `git status` says to a person; the first of these that it says counts."""


class Git:
    def __init__(self, path: Path) -> None:
        self._path = path
        self._env = os.environ | {
            "GIT_CEILING_DIRECTORIES": str(path.resolve().parent),
            "GIT_OPTIONAL_LOCKS": "0",
            "LC_ALL": "C",
        }

    def facts(self) -> dict[str, Any] | None:
        """Those of the row of `status --json`; None: git cannot look at it."""
        if not self._path.is_dir():
            return None
        bare = self._say("rev-parse", "--is-bare-repository")
        branch, head = self._say("symbolic-ref", "-q", "--short", "HEAD"), self._say("rev-parse", "HEAD^0")
        if bare == "true":
            return dict.fromkeys(FACTS) | {"branch": head and branch, "head": head}
        if b"branch appears to be broken" in self._run("log", "-1").stderr:
            return None  # `git status` takes it for a new one
        text = self._say("status")
        diffs = {self._code("diff", *cached, *_QUIET) for cached in ((), ("--cached",))}
        if bare is None or text is None or not diffs <= {0, 1}:
            return None
        both = self._say("rev-list", "--count", "--left-right", "HEAD...@{upstream}")
        ahead, behind = map(int, both.split()) if both else (None, None)
        return {
            "branch": branch,
            "head": head,
            "ahead": ahead,
            "behind": behind,
            "dirty": 1 in diffs,
            "untracked": (self._say(*_UNTRACKED) or "").count("\0"),
            "stashes": len((self._say("reflog", "show", "--format=%H", "refs/stash", "--") or "").split()),
            "in_progress": next((word for said, word in _UNFINISHED.items() if said in text), None),
        }

    def _say(self, *args: str) -> str | None:
        """None where it fails."""
        done = self._run(*args)
        return None if done.returncode else done.stdout.decode("utf-8", "surrogateescape").removesuffix("\n")

    def _code(self, *args: str) -> int:
        return self._run(*args).returncode

    def _run(self, *args: str) -> "subprocess.CompletedProcess[bytes]":
        # A repository of the corpus may want to have a command run by each look.
        command = ["git", "-c", "core.fsmonitor=false", *args]
        return subprocess.run(command, cwd=self._path, env=self._env, capture_output=True, check=False)


_QUIET = ("--quiet", "--no-ext-diff", "--no-textconv", "--ignore-submodules=none")
_UNTRACKED = ("ls-files", "-z", "--others", "--exclude-standard", "--directory", "--no-empty-directory")


if __name__ == "__main__":
    paths = sys.argv[1:]
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        found = pool.map(lambda path: Git(Path(path)).facts(), paths)
    json.dump(dict(zip(paths, found, strict=True)), sys.stdout)
