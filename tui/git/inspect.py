"""Read-only facts about a checkout: no network, no write, no lock."""

import contextlib
import errno
import os
import re
import stat
from collections.abc import Iterable, Iterator
from pathlib import Path

from msgspec import Struct, structs

from tui.git.clean import clean_text
from tui.git.failure import classify_os_error
from tui.git.files.whole import read_whole
from tui.git.gauge import Gauge
from tui.git.links import Links
from tui.git.process import Deadlines, Exit, GitRunner
from tui.git.remote import LIST_CONFIG, Setting, parse_config
from tui.git.repo import public_url
from tui.git.stop import StopSignal
from tui.git.tree import INCLUDE, Tree, decided_by_tree

NOT_CLONED = "not cloned"
"""The error of a checkout of which there is nothing yet."""
_PATIENCE = 30.0  # seconds for one look; a dead network file system must not hold the dashboard

_IN_PROGRESS = (
    ("rebase-apply/applying", "am"),
    ("rebase-apply", "rebase"),
    ("rebase-merge", "rebase"),
    ("MERGE_HEAD", "merge"),
    ("CHERRY_PICK_HEAD", "cherry-pick"),
    ("REVERT_HEAD", "revert"),
    ("BISECT_LOG", "bisect"),
)
IN_PROGRESS_FILES = tuple(name for name, _ in _IN_PROGRESS)
_KEPT_BRANCH = ("rebase-merge/head-name", "rebase-apply/head-name", "BISECT_START")


class RepoStatus(Struct, frozen=True):
    """What a checkout looks like; `error` says why nothing else is known. None: unknown or not there."""

    branch: str | None = None
    head: str | None = None
    upstream: str | None = None
    """Of the branch, as in `origin/main`; it need not be there any more."""
    gone: bool = False
    """The upstream is configured and its remote-tracking ref is not there."""
    bare: bool = False
    ahead: int | None = None
    behind: int | None = None
    dirty: bool | None = None
    """Changes to tracked files."""
    untracked: int | None = None
    """An untracked folder counts as one."""
    stashes: int | None = None
    in_progress: str | None = None
    """merge, rebase, cherry-pick, revert, bisect or am."""
    last_fetch: float | None = None
    """Epoch seconds of the last fetch by anyone."""
    cloned: float | None = None
    """Epoch seconds."""
    url: str | None = None
    error: str = ""


class Seen(Struct, frozen=True):
    """A look at a checkout, and what of its surroundings decides whether the same would be seen again."""

    status: RepoStatus
    ignored: tuple[str, ...] = ()
    """Folders below it that git ignores as a whole, as `os.fsdecode` gives them."""
    settings: tuple[str, ...] | None = ()
    """Files of settings and of patterns that count for it, wherever they are, there or not. None: its files are
    elsewhere (`core.worktree`).
    """


def git_dir_of(path: Path) -> Path | None:
    """The git dir of the repository at exactly this path, bare or not; None: there is none.

    Never that of a folder above. Raises OSError when it cannot be looked at.
    """
    dot_git = path / ".git"
    mode = _mode(dot_git)
    if stat.S_ISREG(mode):
        text = read_whole(dot_git)
        if not text.startswith(b"gitdir:"):
            return None
        return path / os.fsdecode(text.removeprefix(b"gitdir:").strip())
    if stat.S_ISDIR(mode):
        return dot_git
    if (path / "HEAD").is_file() and (path / "objects").is_dir() and (path / "config").is_file():
        return path
    return None


def _mode(path: Path) -> int:
    """0: nothing is there."""
    try:
        return os.stat(path).st_mode  # noqa: PTH116 - two calls of it in one
    except OSError as error:
        if error.errno in {errno.ENOENT, errno.ENOTDIR, errno.ELOOP}:
            return 0
        raise


def common_dir_of(git_dir: Path) -> Path:
    """The git dir that all worktrees of a repository share."""
    with contextlib.suppress(OSError):
        text = read_whole(f"{git_dir}/commondir").strip()
        return git_dir / os.fsdecode(text)
    return git_dir


def git_dirs_of(path: Path) -> set[Path]:
    """All that git writes to for the checkout at `path`: its own, the one that its worktrees share, its submodules'."""
    git_dir = git_dir_of(path)
    if git_dir is None:
        return set()
    own = {git_dir, common_dir_of(git_dir)}
    return own.union(*(_module_dirs(folder) for folder in own))


def _module_dirs(git_dir: Path) -> Iterator[Path]:
    """Of submodules, and of theirs. The name of one may hold slashes."""
    folders = [git_dir / "modules"]
    while folders:
        with contextlib.suppress(OSError):
            for folder in folders.pop().iterdir():
                if folder.is_symlink():
                    continue
                if (folder / "objects").is_dir():
                    yield folder
                    yield from _module_dirs(folder)
                elif folder.is_dir():
                    folders.append(folder)


def in_progress(git_dir: Path) -> str | None:
    """What the person has begun and not ended: merge, rebase, cherry-pick, revert, bisect or am."""
    return next((word for name, word in _IN_PROGRESS if os.path.exists(f"{git_dir}/{name}")), None)  # noqa: PTH110 - for each repository, seven


def branch_in_progress(git_dir: Path) -> str | None:
    """The branch (`refs/heads/…`) that a rebase or bisect under way has detached HEAD from."""
    for name in _KEPT_BRANCH:
        with contextlib.suppress(OSError):
            text = os.fsdecode((git_dir / name).read_bytes().strip())
            return text if text.startswith("refs/heads/") else f"refs/heads/{text}"
    return None


def inspect(path: Path, stop: StopSignal | None = None) -> Seen:
    """Never raises for what the repository or the disk does: the status has it as its `error`."""
    try:
        git_dir = git_dir_of(path)
        if git_dir is None:
            return _unseen("not a git repository" if path.exists() else NOT_CLONED)
        runner = GitRunner(path, stop or StopSignal(), Deadlines(0, _PATIENCE), Gauge(), env=NO_NETWORK)
        bare = git_dir == path
        # First of all: git runs the filters that the settings name when it looks at files.
        settings = parse_config(runner.run(*LIST_CONFIG).stdout)
        if refused := decided_by_tree(Tree(path, git_dir, common_dir_of(git_dir), Links()), settings):
            return _unseen(refused[0])
        answer = runner.run(*(_BARE_HEAD if bare else _STATUS))
        if answer.ended_by is not None:
            return _unseen(f"no answer from git within {_PATIENCE:.0f} s")
        if not answer.ok:
            return _unseen(_error(answer))
        status, ignored = (_parse_bare(answer.stdout), ()) if bare else _parse(answer.stdout)
        status = structs.replace(
            status,
            in_progress=in_progress(git_dir),
            last_fetch=fetched_at(git_dir),
            cloned=_cloned_at(git_dir),
            url=_url(settings, status.upstream),
        )
        return Seen(status, ignored, files_of_settings(path, settings))
    except OSError as error:
        return _unseen(classify_os_error(error).message)


def _unseen(error: str) -> Seen:
    return Seen(RepoStatus(error=error))


_STATUS = (
    *("status", "--porcelain=v2", "--branch", "--show-stash", "-z"),
    # Whether a file was renamed is not asked: that needs contents, which a partial clone may not have.
    *("--untracked-files=normal", "--ignored=matching", "--no-renames"),
)
NO_NETWORK = {
    "GIT_ALLOW_PROTOCOL": "none",  # a partial clone fetches what a look misses; a git before 2.44 knows only this
    "GIT_NO_LAZY_FETCH": "1",
}
_CLONED = re.compile(rb"^0{40,} .* (\d+) [-+]\d{4}\tclone: ")
_BARE_HEAD = ("for-each-ref", "--format=%(HEAD)%(objectname) %(refname:lstrip=2)", "refs/heads/")


def _error(answer: Exit) -> str:
    """What git says is wrong; advice may follow it."""
    said = [line.strip() for line in answer.lines if line.strip()]
    fatal = (line for line in said if line.startswith(("fatal:", "error:")))
    return next(fatal, said[-1] if said else f"git ended with exit code {answer.code}")


def _url(settings: Iterable[Setting], upstream: str | None) -> str | None:
    """Of the upstream's remote, else of `origin`, else of the first one."""
    urls: dict[str, str] = {}
    for one in settings:
        if one.key.startswith("remote.") and one.key.endswith(".url"):
            urls.setdefault(one.key.removeprefix("remote.").removesuffix(".url"), one.value)
    of_upstream = next((name for name in urls if name and (upstream or "").startswith(f"{name}/")), "origin")
    url = urls.get(of_upstream) or next(iter(urls.values()), "")
    return public_url(clean_text(url)) if url else None


def files_of_settings(path: Path, settings: Iterable[Setting]) -> tuple[str, ...] | None:
    files: dict[str, None] = {}
    for one in settings:
        key, value = one.key, one.value
        if key == "core.worktree":
            return None
        kind, _, name = one.origin.partition(":")
        file = os.path.join(path, name)  # noqa: PTH118  a Path would cost more than all the rest
        if kind == "file":
            files[file] = None
        if INCLUDE.fullmatch(key):
            files[os.path.join(os.path.dirname(file), os.path.expanduser(value))] = None  # noqa: PTH111, PTH118, PTH120  as above
        elif key in {"core.excludesfile", "core.attributesfile"}:
            files[os.path.join(path, os.path.expanduser(value))] = None  # noqa: PTH111, PTH118  as above
    return tuple(files)


def fetched_at(git_dir: Path) -> float | None:
    """Seconds since the epoch; None: never, or the last fetch there failed."""
    with contextlib.suppress(OSError):
        fetched = (git_dir / "FETCH_HEAD").stat()
        # git empties it before it asks: a fetch that failed leaves nothing in it, nor anything of those before.
        if fetched.st_size:
            return fetched.st_mtime
    return None


def _cloned_at(git_dir: Path) -> float | None:
    with contextlib.suppress(OSError), (git_dir / "logs/HEAD").open("rb") as log:
        cloned = _CLONED.search(log.readline())
        return float(cloned[1]) if cloned else None
    return None


def _parse_bare(refs: bytes) -> RepoStatus:
    current = next((line for line in refs.split(b"\n") if line.startswith(b"*")), None)
    if current is None:
        return RepoStatus(bare=True)
    head, _, branch = current[1:].partition(b" ")
    return RepoStatus(branch=clean_text(branch), head=head.decode(), bare=True)


def _parse(status: bytes) -> tuple[RepoStatus, tuple[str, ...]]:
    """With the folders that git ignores as a whole."""
    headers: dict[bytes, bytes] = {}
    dirty = False
    untracked = 0
    ignored: list[str] = []
    for record in status.split(b"\0"):
        kind, _, rest = record.partition(b" ")
        if kind == b"#":
            name, _, value = rest.partition(b" ")
            headers[name] = value
        elif kind == b"?":
            untracked += 1
        elif kind == b"!" and rest.endswith(b"/"):
            ignored.append(os.fsdecode(rest[:-1]))
        elif kind in {b"1", b"u"}:
            dirty = True
    head = headers.get(b"branch.oid", b"(initial)")
    branch = headers.get(b"branch.head", b"(detached)")
    if (head, branch) == (b"(initial)", b"(unknown)"):
        return RepoStatus(error="HEAD is damaged: it leads to no commit and to no new branch"), ()
    ahead, _, behind = headers.get(b"branch.ab", b"").partition(b" ")
    parsed = RepoStatus(
        branch=None if branch == b"(detached)" else clean_text(branch),
        head=None if head == b"(initial)" else head.decode(),
        upstream=clean_text(headers[b"branch.upstream"]) if b"branch.upstream" in headers else None,
        gone=b"branch.upstream" in headers and head != b"(initial)" and not ahead,
        ahead=int(ahead) if ahead else None,
        behind=-int(behind) if behind else None,
        dirty=dirty,
        untracked=untracked,
        stashes=int(headers.get(b"stash", b"0")),
    )
    return parsed, tuple(ignored)
