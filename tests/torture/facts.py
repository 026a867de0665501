"""What a sync may not change in a checkout, taken down before and held against what is there after."""

import hashlib
import os
import subprocess
from dataclasses import dataclass
from pathlib import Path

UNFINISHED = (
    "MERGE_HEAD",
    "CHERRY_PICK_HEAD",
    "REVERT_HEAD",
    "BISECT_LOG",
    "rebase-merge",
    "rebase-apply",
)


@dataclass(frozen=True, slots=True)
class Facts:
    """Everything that a person could lose. Without a git dir only the files count."""

    head: str
    """What HEAD says: `ref: refs/heads/main`, or a commit."""
    branches: dict[str, str]
    """Local branches and the stash: full name to commit."""
    index: tuple[str, ...]
    """`git ls-files -s`: what is staged."""
    unfinished: tuple[str, ...]
    files: dict[str, str]
    """Path below the checkout to a hash of its kind, mode and content; `.git` is left out."""
    mine: frozenset[str]
    """Paths whose content no commit has: changed, untracked and ignored files."""
    litter: frozenset[str]
    """See the function of this name."""

    @property
    def tip(self) -> str:
        """HEAD's commit; empty: there is none."""
        name = self.head.removeprefix("ref: ")
        return self.branches.get(name, "") if name != self.head else self.head


def facts(checkout: Path) -> Facts:
    git_dir = _git_dir(checkout)
    if git_dir is None:
        files = _files(checkout)
        return Facts("", {}, (), (), files, frozenset(files), litter(checkout))
    branches = dict(
        line.split(" ", 1)
        for line in _git(
            checkout, "for-each-ref", "--format=%(refname) %(objectname)", "refs/heads", "refs/stash"
        )
    )
    if not branches or "refs/stash" in branches:
        for number, line in enumerate(_git(checkout, "stash", "list", "--format=%H")):
            branches[f"stash@{{{number}}}"] = line
    status = _git(checkout, "status", "--porcelain", "-z", "--ignored", "--untracked-files=all", split="\0")
    return Facts(
        head=_head(git_dir),
        branches=branches,
        index=tuple(_git(checkout, "ls-files", "-s")),
        unfinished=tuple(name for name in UNFINISHED if os.path.lexists(git_dir / name)),
        files=_files(checkout),
        mine=frozenset(line[3:].rstrip("/") for line in status if line[2:3] == " "),
        litter=litter(checkout),
    )


def litter(checkout: Path) -> frozenset[str]:
    """Locks, half packs and half clones, in the git dir and beside the checkout."""
    git_dir = _git_dir(checkout)
    found = {
        str(path)
        for path in (git_dir.rglob("*") if git_dir else ())
        if path.suffix == ".lock" or path.name.startswith(("tmp_pack", "tmp_idx", "tmp_obj", ".tmp-"))
    }
    if checkout.parent.is_dir():
        found |= {str(path) for path in checkout.parent.iterdir() if ".synctui" in path.name}
    return frozenset(found)


def lost(before: Facts, after: Facts, checkout: Path) -> list[str]:
    """What was there and is not any more, for people; empty: nothing."""
    losses = [f"left behind: {path}" for path in after.litter - before.litter]
    losses += [
        f"changed: {path}"
        for path, content in before.files.items()
        if path in before.mine and after.files.get(path) != content
    ]
    for name, commit in before.branches.items():
        now = after.branches.get(name)
        if now == commit:
            continue
        if now is None:
            losses.append(f"gone: {name}")
        elif not _is_ancestor(checkout, commit, now):
            losses.append(f"not a fast-forward: {name}")
    if before.unfinished != after.unfinished:
        losses.append(f"unfinished: {before.unfinished} -> {after.unfinished}")
    return losses


def _git_dir(checkout: Path) -> Path | None:
    """Its own, not that of a repository around it."""
    if (checkout / "HEAD").is_file() and (checkout / "objects").is_dir():
        return checkout
    own = checkout / ".git"
    if not own.exists():
        return None
    if own.is_dir() and not own.is_symlink():
        return own
    said = _git(checkout, "rev-parse", "--absolute-git-dir")
    # One that git takes for none is looked at all the same.
    return Path(os.fsdecode(said[0])) if said else own


def _head(git_dir: Path) -> str:
    try:
        return (git_dir / "HEAD").read_text(errors="surrogateescape").strip()
    except OSError:
        return ""


def _git(checkout: Path, *args: str, split: str = "\n") -> list[str]:
    """Lines of what it says; none where it fails, as a broken repository makes it."""
    done = subprocess.run(
        ["git", "--no-optional-locks", "-c", "core.fsmonitor=false", *args],
        cwd=checkout,
        capture_output=True,
        check=False,
    )
    text = done.stdout.decode("utf-8", "surrogateescape") if done.returncode == 0 else ""
    return [line for line in text.split(split) if line]


def _is_ancestor(checkout: Path, old: str, new: str) -> bool:
    command = ["git", "merge-base", "--is-ancestor", old, new]
    return subprocess.run(command, cwd=checkout, capture_output=True, check=False).returncode == 0


def _files(checkout: Path) -> dict[str, str]:
    found: dict[str, str] = {}
    if checkout.is_file() or checkout.is_symlink():
        return {".": _hash(checkout)}
    for folder, folders, names in os.walk(checkout):
        if ".git" in folders:
            folders.remove(".git")
        if (Path(folder) / "objects").is_dir() and (Path(folder) / "HEAD").is_file():
            folders.clear()  # a bare repository
            continue
        for name in [*names, *(name for name in folders if (Path(folder) / name).is_symlink())]:
            path = Path(folder) / name
            if name != ".git":
                found[str(path.relative_to(checkout))] = _hash(path)
    return found


def _hash(path: Path) -> str:
    if path.is_symlink():
        return f"link {path.readlink()}"
    if not path.is_file():
        return "special"
    try:
        content = path.read_bytes()
    except PermissionError:
        return "unreadable"
    return f"{path.stat().st_mode & 0o777:o} {hashlib.sha256(content).hexdigest()}"
