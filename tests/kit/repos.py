"""Real repositories, built fast and always the same: the same names and commits give the same object ids."""

import itertools
import os
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

_EPOCH = 1_750_000_000
_IDENTITY = {
    f"GIT_{role}_{key}": value
    for role in ("AUTHOR", "COMMITTER")
    for key, value in (("NAME", "Robin Doe"), ("EMAIL", "robin@example.org"), ("DATE", f"{_EPOCH} +0000"))
}
_BARE = "[core]\n\trepositoryformatversion = 0\n\tfilemode = true\n\tbare = true\n"
_REV = "rev"
"""The file that each commit of `add_commits` rewrites; `files` come on top."""
_depths: dict[str, int] = {}
"""How many commits lead to the tips that `add_commits` has made, itself included: an id tells no other story."""


def git_env() -> dict[str, str]:
    """Environment in which git sees no configuration but the repository's own."""
    mine = {name: value for name, value in os.environ.items() if not name.startswith("GIT_")}
    return mine | _IDENTITY | {"GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_NOSYSTEM": "1", "LC_ALL": "C"}


def git(cwd: Path, *args: str, stdin: str | None = None) -> str:
    """Standard output without the last newline. A git that fails raises AssertionError with what it said."""
    done = subprocess.run(
        ["git", "-c", "init.defaultBranch=main", "-c", "advice.detachedHead=false", *args],
        cwd=cwd,
        env=git_env(),
        input=stdin,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, (
        f"git {' '.join(args)} in {cwd}: {done.returncode}\n{done.stdout}{done.stderr}"
    )
    return done.stdout.removesuffix("\n")


@dataclass(frozen=True, slots=True)
class Remote:
    """A bare repository that others clone from."""

    path: Path

    @property
    def name(self) -> str:
        return self.path.name.removesuffix(".git")

    @property
    def url(self) -> str:
        return self.path.as_uri()

    @property
    def head(self) -> str:
        """Commit of its branch `main`, read without a process while the ref is loose."""
        return head(self.path)


def make_remote(path: Path, commits: int = 1, files: Mapping[str, str] | None = None) -> Remote:
    """A bare repository at `path` with that many commits on `main`; 0 leaves the branch unborn."""
    (path / "objects").mkdir(parents=True)
    (path / "refs/heads").mkdir(parents=True)
    (path / "HEAD").write_text("ref: refs/heads/main\n")
    (path / "config").write_text(_BARE)
    remote = Remote(path)
    if commits:
        add_commits(remote, commits, files=files)
    return remote


def add_commits(
    remote: Remote | Path, n: int = 1, *, branch: str = "main", files: Mapping[str, str] | None = None
) -> str:
    """Move a branch of a bare repository forward by n commits; returns its new commit.

    Each commit rewrites the file `rev`; the first one also writes `files` (path to text). A branch that
    does not exist yet starts from nothing.
    """
    path = remote.path if isinstance(remote, Remote) else remote
    old = _ref(path, f"refs/heads/{branch}")
    before = 0
    if old:
        before = _depths.get(old) or int(git(path, "rev-list", "--count", old))
    extra = "".join(f"M 100644 inline {name}\n{_data(text)}" for name, text in (files or {}).items())
    stream = []
    for number in range(before + 1, before + n + 1):
        parent = f"from {old}\n" if old and number == before + 1 else ""
        stream.append(
            f"commit refs/heads/{branch}\n"
            f"committer Robin Doe <robin@example.org> {_EPOCH + number * 60} +0000\n"
            f"{_data(f'Change {number} of {path.name}')}{parent}"
            f"M 100644 inline {_REV}\n{_data(f'{path.name} {branch} {number}' + chr(10))}{extra}"
        )
        extra = ""
    git(path, "fast-import", "--quiet", "--done", stdin="".join(stream) + "done\n")
    tip = head(path, branch)
    _depths[tip] = before + n
    return tip


def clone(remote: Remote, path: Path, *options: str, url: str | None = None) -> Path:
    """A checkout at `path`. `url` is written as that of origin instead of the remote's own, unasked."""
    path.parent.mkdir(parents=True, exist_ok=True)
    # --template= leaves out the sample hooks, most of the files of a small clone.
    git(path.parent, "clone", "--quiet", "--template=", *options, "--", str(remote.path), str(path))
    config = path / ".git/config"
    config.write_text(config.read_text().replace(f"url = {remote.path}\n", f"url = {url or remote.url}\n"))
    return path


def head(path: Path, branch: str | None = None) -> str:
    """Full id of HEAD, or of that branch, of a checkout or a bare repository."""
    ref = f"refs/heads/{branch}" if branch else "HEAD"
    return _ref(path, ref) or git(path, "rev-parse", "--verify", ref)


def commit_locally(
    path: Path, name: str = "local.txt", text: str = "mine\n", message: str = "Local work"
) -> str:
    """A commit in a checkout that writes one file; returns its id."""
    (path / name).parent.mkdir(parents=True, exist_ok=True)
    (path / name).write_text(text)
    git(path, "add", "--", name)
    git(path, "commit", "--quiet", "-m", message)
    return head(path)


def dirty(path: Path, name: str = _REV, text: str = "not committed\n") -> Path:
    """Write a file of a checkout without a commit; the default overlaps with what `add_commits` changes."""
    (path / name).write_text(text)
    return path / name


def force_push(remote: Remote, commits: int = 1, drop: int = 1) -> str:
    """Replace the last `drop` commits of main by others; returns the new commit."""
    git(remote.path, "update-ref", "refs/heads/main", f"refs/heads/main~{drop}")
    return add_commits(remote, commits, files={"forced": "history was rewritten\n"})


def make_remotes(folder: Path, names: str, commits: int = 1) -> list[Remote]:
    """One remote for each blank-separated name: `make_remotes(tmp_path, "a b c")`."""
    return [make_remote(folder / f"{name}.git", commits) for name in names.split()]


def tree(path: Path) -> dict[str, str]:
    """Relative path to text of every file of a checkout outside `.git`, ignored and untracked ones too."""
    return {
        str(file.relative_to(path)): file.read_text()
        for file in sorted(path.rglob("*"))
        if file.is_file() and ".git" not in file.relative_to(path).parts
    }


def _data(text: str) -> str:
    return f"data {len(text.encode())}\n{text}\n"


def _ref(path: Path, name: str) -> str | None:
    """The id in a loose ref, symbolic ones followed; None where there is no such file."""
    git_dir = path / ".git" if (path / ".git").is_dir() else path
    for _ in itertools.repeat(None, 5):
        try:
            text = (git_dir / name).read_text().strip()
        except OSError:
            return None
        if not text.startswith("ref: "):
            return text
        name = text.removeprefix("ref: ")
    return None
