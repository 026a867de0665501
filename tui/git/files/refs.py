"""The refs of a plain repository, read from its files in this process."""

import os
import re
from collections.abc import Iterator
from pathlib import Path

from tui.git.files.plain import OBJECT_ID, NotPlain, read_head
from tui.git.files.whole import read_whole
from tui.git.refs import Branch, Refs
from tui.git.remote import Setting, map_ref

REF_NAME = re.compile(r"refs(?:/(?![.])(?:(?![.][.]|@\{)[^\x00-\x20\x7f~^:?*\[\\/])+(?<![.])(?<!\.lock))+")
_PACKED = re.compile(r"([0-9a-f]{40}) (refs/[^\n]+)|\^[0-9a-f]{40}")


def read_refs(git_dir: Path, settings: tuple[Setting, ...]) -> Refs:
    """What LIST_REFS says. Raises NotPlain where git has to be asked."""
    current, _ = read_head(git_dir)
    ids = read_ids(git_dir)
    # A branch of that name git takes for the current one.
    if "refs/heads/HEAD" in ids:
        raise NotPlain
    ids = {name: commit for name, commit in sorted(ids.items()) if commit}
    heads = [name for name in ids if name.startswith("refs/heads/")]
    upstreams = _Upstreams(settings)
    branches = tuple(Branch(name, ids[name], upstreams.of(name), name == current) for name in heads)
    return Refs(ids, branches, current if current in ids else None)


def read_ids(git_dir: Path) -> dict[str, str]:
    """Full name -> object id, empty for a symbolic ref. Raises NotPlain where one is none, which git only warns of."""
    try:
        # In this order: git packs a ref before it takes the loose one away.
        loose = dict(_loose(os.fspath(git_dir), "refs"))
        ids = _packed(git_dir) | loose
    except OSError as error:
        raise NotPlain from error
    if not all(map(REF_NAME.fullmatch, ids)):
        raise NotPlain
    return ids


def read_position(git_dir: Path) -> tuple[str, str] | None:
    """HEAD's commit and its branch, `HEAD` when detached; None: unborn. Raises NotPlain where git has to be asked."""
    branch, commit = read_head(git_dir)
    if branch is None:
        return (commit or "", "HEAD")
    try:
        text = _commit_of(git_dir, branch)
    except OSError as error:
        raise NotPlain from error
    if text and not OBJECT_ID.fullmatch(text):
        raise NotPlain
    return (text, branch) if text else None


def _commit_of(git_dir: Path, branch: str) -> str:
    try:
        return read_whole(f"{git_dir}/{branch}").decode("utf-8", "surrogateescape").removesuffix("\n")
    except FileNotFoundError:
        return _packed(git_dir).get(branch, "")


def _loose(git_dir: str, folder: str) -> Iterator[tuple[str, str]]:
    """Names and object ids; empty for a symbolic ref."""
    with os.scandir(f"{git_dir}/{folder}") as entries:
        for entry in entries:
            name = f"{folder}/{entry.name}"
            if entry.name.startswith(".") or entry.name.endswith(".lock"):
                continue
            if entry.is_symlink():
                raise NotPlain
            if entry.is_dir():
                yield from _loose(git_dir, name)
                continue
            text = read_whole(entry.path).decode("utf-8", "surrogateescape")
            commit = text.removesuffix("\n")
            if text.startswith("ref: refs/"):
                yield name, ""
            elif OBJECT_ID.fullmatch(commit) and commit.strip("0"):
                yield name, commit
            else:
                raise NotPlain


def _packed(git_dir: Path) -> dict[str, str]:
    try:
        text = read_whole(f"{git_dir}/packed-refs").decode("utf-8", "surrogateescape")
    except FileNotFoundError:
        return {}
    *lines, rest = text.split("\n")
    if rest:  # git ends at it, and at all that is neither head nor ref
        raise NotPlain
    if lines and lines[0].startswith("# pack-refs with:"):
        del lines[0]
    ids: dict[str, str] = {}
    for line in lines:
        match = _PACKED.fullmatch(line)
        if match is None:
            raise NotPlain
        if match[1]:
            ids[match[2]] = match[1]
    return ids


class _Upstreams:
    """Maps a branch to the ref that keeps its upstream, as git does."""

    def __init__(self, settings: tuple[Setting, ...]) -> None:
        self._specs: dict[str, list[str]] = {}
        self._branches: dict[str, dict[str, str]] = {}
        for one in settings:
            section, _, rest = one.key.partition(".")
            name, _, variable = rest.rpartition(".")
            if section == "remote" and variable == "fetch":
                if one.value.startswith("^"):
                    raise NotPlain
                self._specs.setdefault(name, []).append(one.value)
            elif section == "branch" and variable in {"remote", "merge"}:
                said = self._branches.setdefault(name, {})
                if variable in said:
                    raise NotPlain
                said[variable] = one.value

    def of(self, branch: str) -> str | None:
        said = self._branches.get(branch.removeprefix("refs/heads/"), {})
        remote, merge = said.get("remote"), said.get("merge")
        if not remote or not merge:
            return None
        if remote == ".":
            if not merge.startswith("refs/"):
                raise NotPlain
            return merge
        pairs = (spec.lstrip("+").partition(":")[::2] for spec in self._specs.get(remote, ()))
        return next((here for there, kept in pairs if (here := map_ref(merge, there, kept))), None)
