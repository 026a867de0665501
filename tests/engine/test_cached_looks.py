"""The cache of looks may never be seen: after any change the look that is kept says what git says now."""

import contextlib
import os
import random
import shutil
import subprocess
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.kit import repos
from tests.kit.processes import wait_until
from tui.engine.survey import StatusRow, survey
from tui.git.inspect import RepoStatus, Seen, inspect
from tui.git.repo import Repo
from tui.git.stop import StopSignal
from tui.store.looks import Looks

_GITIGNORE = "*.tmp\nbuild/\n"
_FILES = {".gitignore": _GITIGNORE, "a.txt": "one\n", "deep/er/b.txt": "two\n", "deep/c.txt": "three\n"}


class Ground:
    """A checkout with a submodule and a person's settings, and what may become of them."""

    def __init__(self, folder: Path, home: Path, seed: int) -> None:
        self.folder = folder
        self.home = home
        self.chance = random.Random(seed)
        self.remote = repos.make_remote(folder / "remote.git", 2, files=_FILES)
        self.part = repos.make_remote(folder / "part.git", 2)
        self.mine = repos.clone(self.remote, folder / "mine")
        self._n = 0
        self.looks_file = folder / "cache/looks.msgpack"
        self.probe = folder / "probe"

    def git(self, *args: str, cwd: Path | None = None) -> bool:
        """As the person runs it, with all their settings; some changes are not possible just now."""
        env = os.environ | repos.git_env()
        for name in ("GIT_CONFIG_GLOBAL", "GIT_CONFIG_NOSYSTEM"):
            env[name] = os.environ[name]
        command = ["git", "-c", "protocol.file.allow=always", *args]
        return not subprocess.run(
            command, cwd=cwd or self.mine, env=env, capture_output=True, check=False
        ).returncode

    def text(self) -> str:
        self._n += 1
        return f"{self._n:08}\n"

    def write(self, name: str, text: str | None = None) -> None:
        path = self.mine / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(self.text() if text is None else text)

    def toggle(self, file: Path, line: str) -> None:
        """The line is put into the file, or taken out of it."""
        file.parent.mkdir(parents=True, exist_ok=True)
        text = file.read_text() if file.exists() else ""
        file.write_text(text.replace(line, "") if line in text else text + line)

    def tick(self) -> None:
        """Returns once the clock of the file system has moved on: what changes now is not of the last moment."""
        self.probe.write_text("")
        before = self.probe.stat().st_ctime_ns

        def moved() -> bool:
            self.probe.write_text("")
            return self.probe.stat().st_ctime_ns > before

        wait_until(moved, "a tick of the clock of the file system")

    # What git itself does.

    def stage(self) -> None:
        self.write("a.txt")
        self.git("add", "a.txt")

    def commit(self) -> None:
        self.stage()
        self.git("commit", "-qm", "Mine")

    def uncommit(self) -> None:
        self.git("reset", "-q", self.chance.choice(["--soft", "--mixed", "--hard"]), "HEAD~1")

    def stash(self) -> None:
        self.write("a.txt")
        self.git("stash", "-q")

    def unstash(self) -> None:
        self.git("stash", self.chance.choice(["pop", "drop"]), "-q")

    def fetch(self) -> None:
        repos.add_commits(self.remote)
        self.git("fetch", "-q")

    def pull(self) -> None:
        self.git("merge", "-q", "--ff-only")

    def switch(self) -> None:
        self.git("switch", "-qC", self.chance.choice(["main", "side"]))

    def detach(self) -> None:
        self.git("checkout", "-q", "--detach")

    def upstream(self) -> None:
        if not self.git("branch", "-q", "--unset-upstream"):
            self.git("branch", "-q", "--set-upstream-to=origin/main")

    def remote_ref(self) -> None:
        """Another commit, or none, and nothing else moves."""
        if self.chance.random() < 0.5:
            self.git("update-ref", "refs/remotes/origin/main", "HEAD~1")
        else:
            self.git("update-ref", "-d", "refs/remotes/origin/main")

    def pack(self) -> None:
        self.git("pack-refs", "--all")

    def collect(self) -> None:
        self.git("gc", "-q")

    def rebase(self) -> None:
        if not self.git("rebase", "--abort"):
            self.commit()
            self.git("update-ref", "refs/remotes/origin/main", "HEAD")
            self.git("reset", "-q", "--hard", "HEAD~1")
            self.commit()
            self.git("rebase", "origin/main")

    def bisect(self) -> None:
        self.git("bisect", self.chance.choice(["start", "reset"]))

    def sparse(self) -> None:
        self.git(*self.chance.choice([("sparse-checkout", "set", "deep"), ("sparse-checkout", "disable")]))

    def index_bits(self) -> None:
        bits = ("skip-worktree", "assume-unchanged", "no-skip-worktree", "no-assume-unchanged", "refresh")
        self.git("update-index", f"--{self.chance.choice(bits)}", "a.txt")

    def intent(self) -> None:
        self.write("intended.txt")
        self.git(
            *self.chance.choice([("add", "-N", "intended.txt"), ("rm", "-q", "--cached", "intended.txt")])
        )

    def force_added(self) -> None:
        self.write("build/tracked.txt")
        self.git("add", "-f", "build/tracked.txt")

    def worktree(self) -> None:
        tree = str(self.folder / "tree")
        if not self.git("worktree", "add", "-qf", tree, "HEAD"):
            self.git("worktree", "remove", "-f", tree)

    # What the person does with files.

    def edit(self) -> None:
        """Of the same size as ever."""
        self.write(self.chance.choice(["a.txt", "deep/er/b.txt", "deep/c.txt"]))

    def edit_and_back(self) -> None:
        file = self.mine / "a.txt"
        if file.is_file():
            before = file.stat()
            file.write_text(self.text())
            os.utime(file, ns=(before.st_atime_ns, before.st_mtime_ns))

    def undo(self) -> None:
        self.git("checkout", "-q", "HEAD", "--", ".")

    def new(self) -> None:
        self.write(self.chance.choice(["new.txt", "deep/new.txt", "other/very/deep/new.txt", "x.tmp"]))

    def delete(self) -> None:
        for name in self.chance.sample(["new.txt", "deep/new.txt", "other/very/deep/new.txt", "a.txt"], 2):
            (self.mine / name).unlink(missing_ok=True)

    def empty_folder(self) -> None:
        shutil.rmtree(self.mine / "other", ignore_errors=True)
        (self.mine / "other/very/deep").mkdir(parents=True)

    def built(self) -> None:
        self.write("build/out.txt")

    def clean(self) -> None:
        shutil.rmtree(self.mine / "build", ignore_errors=True)

    def touch(self) -> None:
        os.utime(self.mine / self.chance.choice([".", ".git/index", ".git/FETCH_HEAD", "deep"]), None)

    def mode(self) -> None:
        file = self.mine / "deep/c.txt"
        if file.exists():
            file.chmod(file.stat().st_mode ^ 0o111)

    def link(self) -> None:
        file = self.mine / "a.txt"
        file.unlink(missing_ok=True)
        file.symlink_to(self.chance.choice(["deep/c.txt", "gone/away", "deep"]))

    def moved(self) -> None:
        if (self.mine / "deep").exists():
            (self.mine / "deep").rename(self.mine / "elsewhere")
        elif (self.mine / "elsewhere").exists():
            (self.mine / "elsewhere").rename(self.mine / "deep")

    def gitignore(self) -> None:
        name = self.chance.choice([".gitignore", "deep/.gitignore"])
        self.toggle(self.mine / name, self.chance.choice(["new.txt\n", "*.tmp\n", "build/\n", "c.txt\n"]))

    def exclude(self) -> None:
        self.toggle(self.mine / ".git/info/exclude", "new.txt\n")

    def linked_exclude(self) -> None:
        """As a script does that shares one list among many clones."""
        exclude, real = self.mine / ".git/info/exclude", self.folder / "shared-exclude"
        if exclude.is_symlink():
            self.toggle(real, "new.txt\n")
        else:
            exclude.parent.mkdir(exist_ok=True)
            exclude.unlink(missing_ok=True)
            real.touch()
            exclude.symlink_to(real)

    def nested(self) -> None:
        nested = self.mine / "nested"
        if nested.exists():
            shutil.rmtree(nested)
        else:
            repos.clone(self.part, nested)

    # Settings.

    def own_config(self) -> None:
        key, value = self.chance.choice(
            [
                ("core.fileMode", self.chance.choice(["true", "false"])),
                ("remote.origin.url", f"/elsewhere/{self._n}"),
                ("core.excludesFile", str(self.folder / "own-ignore")),
                ("include.path", str(self.folder / "included")),
                ("branch.main.merge", "refs/heads/other"),
                ("branch.main.merge", "refs/heads/main"),
                ("status.showStash", "false"),
            ]
        )
        self.git("config", key, value)

    def no_own_config(self) -> None:
        self.git("config", "--unset", self.chance.choice(["core.excludesFile", "include.path"]))

    def own_ignore(self) -> None:
        self.toggle(self.folder / "own-ignore", "new.txt\n")

    def included(self) -> None:
        self.toggle(self.folder / "included", '[remote "origin"]\n\turl = /included\n')

    def included_excludes(self) -> None:
        self.toggle(self.folder / "included", f"[core]\n\texcludesFile = {self.folder / 'own-ignore'}\n")

    def global_ignore(self) -> None:
        self.toggle(self.home / ".config/git/ignore", "new.txt\n")

    def global_config(self) -> None:
        line = f'[includeIf "gitdir:{self.mine}/"]\n\tpath = {self.folder}/included\n'
        self.toggle(self.home / ".gitconfig", self.chance.choice([line, "[core]\n\tfileMode = false\n"]))

    def another_tree(self) -> None:
        tree = self.folder / "another"
        tree.mkdir(exist_ok=True)
        if self.chance.random() < 0.5:
            self.toggle(tree / "a.txt", "elsewhere\n")
        elif not self.git("config", "--unset", "core.worktree"):
            self.git("config", "core.worktree", str(tree))

    # Submodules.

    def submodule(self) -> None:
        """There, or gone again: while it is there, no look is kept."""
        if (self.mine / "part").exists():
            self.git("rm", "-qrf", "part")
            (self.mine / ".gitmodules").unlink(missing_ok=True)
            shutil.rmtree(self.mine / "part", ignore_errors=True)
            self.git("commit", "-qam", "Without it")
        else:
            self.git("submodule", "--quiet", "add", "-f", str(self.part.path), "part")
            self.git("commit", "-qm", "With a part")

    def in_submodule(self) -> None:
        part = self.mine / "part"
        if (part / ".git").exists():
            match self.chance.randrange(4):
                case 0:
                    (part / "rev").write_text(self.text())
                case 1:
                    (part / "new").write_text(self.text())
                case 2:
                    self.git("commit", "-qam", "In the part", "--allow-empty", cwd=part)
                case 3:
                    self.git("reset", "-q", "--soft", "HEAD~1", cwd=part)

    def no_gitmodules(self) -> None:
        (self.mine / ".gitmodules").unlink(missing_ok=True)

    def looked(self) -> RepoStatus:
        """By a new process: what it knows, it has from the file."""
        looks, rows = Looks(self.looks_file), list[StatusRow]()
        survey([Repo("mine", self.mine)], rows.append, StopSignal(), looks)
        looks.save()
        [row] = rows
        return row.status


_TOOLS = {"git", "text", "write", "toggle", "tick", "looked"}
_UNKEPT: list[Callable[[Ground], None]] = [
    Ground.submodule,
    Ground.in_submodule,
    Ground.no_gitmodules,
    Ground.another_tree,
]
"""After these no look is kept for a while."""
CHANGES: list[Callable[[Ground], None]] = [
    change
    for name, change in vars(Ground).items()
    if not name.startswith("_") and name not in _TOOLS and change not in _UNKEPT
]


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[Path]:
    """Where git was asked; and all that is there has been there for an hour."""
    paths: list[Path] = []

    def inspected(path: Path, stop: StopSignal) -> Seen:
        paths.append(path)
        return inspect(path, stop)

    now = time.time_ns
    monkeypatch.setattr("tui.engine.survey.inspect", inspected)
    monkeypatch.setattr("tui.engine.survey.time.time_ns", lambda: now() + 3_600_000_000_000)
    return paths


def check(ground: Ground, changes: list[Callable[[Ground], None]]) -> None:
    done = []
    for change in changes:
        ground.tick()
        with contextlib.suppress(OSError):  # not possible just now
            change(ground)
        done.append(change.__name__)
        for _ in range(2):
            assert ground.looked() == inspect(ground.mine).status, done


@pytest.mark.parametrize("seed", range(5))
def test_a_kept_look_says_what_git_says(tmp_path: Path, sandbox: Path, asked: list[Path], seed: int) -> None:
    ground = Ground(tmp_path, sandbox, seed)
    changes = ground.chance.sample(CHANGES, len(CHANGES)) + ground.chance.choices(CHANGES, k=20)
    check(ground, changes)
    assert len(asked) <= len(changes) + 5, "where nothing changed, git is not asked"


@pytest.mark.parametrize("seed", range(2))
def test_what_is_elsewhere_is_seen_too(tmp_path: Path, sandbox: Path, asked: list[Path], seed: int) -> None:
    ground = Ground(tmp_path, sandbox, seed)
    check(ground, [Ground.submodule, *ground.chance.choices([*CHANGES[:3], *_UNKEPT], k=30)])
