"""Find the git repositories under a folder, and read what their config says of the remote, without git."""

import os
import re
from collections import deque
from collections.abc import Sequence
from fnmatch import fnmatchcase
from pathlib import Path

from msgspec import Struct

from tui.git.dot_git import names_git_dir

SKIPPED_FOLDERS = frozenset({"node_modules"})
_MAX_CONFIG_BYTES = 1_000_000


class ScanResult(Struct, frozen=True):
    """`repos` sorted by path; `unreadable` counts folders; `truncated`: the bound on folders was met."""

    repos: tuple[Path, ...]
    unreadable: int
    truncated: bool


def scan(
    folder: Path,
    *,
    max_depth: float = 6,
    max_folders: float = 50_000,
    exclude: Sequence[str] = (),
    nested: bool = False,
) -> ScanResult:
    """Walk breadth first, `max_depth` levels below the folder, into no symlinked folder.

    `exclude`: globs on the names of folders, and on their paths from `folder`. `nested`: into found work trees too.
    Raises OSError where the folder itself cannot be listed.
    """
    repos: list[Path] = []
    unreadable = 0
    seen = 0
    waiting = deque([(folder, 0)])
    while waiting and seen < max_folders:
        here, depth = waiting.popleft()
        seen += 1
        try:
            with os.scandir(here) as listing:
                entries = list(listing)
            names = {entry.name for entry in entries}
            below = sorted(e.name for e in entries if e.is_dir(follow_symlinks=False))
            is_work_tree = ".git" in names
            is_repo = is_work_tree or _is_bare(here, names)
        except OSError:
            if here == folder:
                raise
            unreadable += 1
            continue
        if is_repo:
            repos.append(here)
        if depth < max_depth and (not is_repo or (nested and is_work_tree)):
            waiting.extend(
                (here / name, depth + 1)
                for name in below
                if name not in SKIPPED_FOLDERS
                and not names_git_dir(name)
                and not (exclude and _is_excluded(here / name, folder, exclude))
            )
    return ScanResult(tuple(sorted(repos)), unreadable, bool(waiting))


def is_repo(folder: Path) -> bool:
    """Whether a repository, bare or not, is at exactly this path. Raises OSError where it cannot be listed."""
    names = {entry.name for entry in os.scandir(folder)}
    return ".git" in names or _is_bare(folder, names)


def _is_excluded(path: Path, top: Path, globs: Sequence[str]) -> bool:
    words = (path.name, str(path.relative_to(top)))
    return any(fnmatchcase(word, glob) for glob in globs for word in words)


def remote_url(repo: Path, remote: str | None = None) -> str | None:
    """The URL of that remote, or of the one that a sync of the checked-out branch asks; None: none found.

    Reads the repository's own config alone, so neither included files nor `insteadOf` count.
    """
    git_dir = _git_dir(repo)
    common = git_dir / (_line(git_dir / "commondir") or ".")
    config = _config(common / "config")
    head = _line(git_dir / "HEAD").removeprefix("ref: refs/heads/")
    urls = {
        name: values["url"] for (kind, name), values in config.items() if kind == "remote" and "url" in values
    }
    if remote:
        return urls.get(remote)
    wanted = config.get(("branch", head), {}).get("remote", "")
    only = next(iter(urls.values())) if len(urls) == 1 else None
    return urls.get(wanted) or urls.get("origin") or only


def _is_bare(folder: Path, names: set[str]) -> bool:
    looks_bare = (
        {"HEAD", "objects", "refs"} <= names and (folder / "objects").is_dir() and (folder / "refs").is_dir()
    )
    # `git init --separate-git-dir` makes a git dir that is no repository without its checkout.
    return looks_bare and _config(folder / "config").get(("core", ""), {}).get("bare", "true") != "false"


def _git_dir(repo: Path) -> Path:
    dot_git = repo / ".git"
    if pointer := _line(dot_git):
        return repo / pointer.removeprefix("gitdir: ")
    # lexists: one that cannot be looked at is for git to complain of.
    return dot_git if os.path.lexists(dot_git) else repo


def _line(file: Path) -> str:
    """The first line, empty where there is none."""
    return _read(file).partition("\n")[0].strip()


def _read(file: Path) -> str:
    try:
        # Only a regular file: opening a fifo would wait for its writer.
        if not file.is_file():
            return ""
        with file.open("rb") as stream:
            return os.fsdecode(stream.read(_MAX_CONFIG_BYTES))
    except (OSError, ValueError):
        return ""


def _config(file: Path) -> dict[tuple[str, str], dict[str, str]]:
    """The first value of each key, by section and subsection."""
    config: dict[tuple[str, str], dict[str, str]] = {}
    section: dict[str, str] = {}
    for line in _read(file).splitlines():
        header = re.match(r'\s*\[\s*([\w.-]+)(?:\s+"((?:[^"\\]|\\.)*)")?\s*\]', line)
        if header:
            name = re.sub(r"\\(.)", r"\1", header[2] or "")
            section = config.setdefault((header[1].lower(), name), {})
        key, equals, value = line[header.end() if header else 0 :].partition("=")
        if equals:
            section.setdefault(key.strip().lower(), _value(value))
    return config


def _value(text: str) -> str:
    """A config value without its comment, quotes and escapes."""
    bare = re.match(r'\s*((?:"(?:[^"\\]|\\.)*"|\\.|[^"\\#;])*)', text)
    return re.sub(r'\\(.)|"', lambda match: match[1] or "", bare[1] if bare else "").strip()
