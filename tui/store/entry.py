"""One entry of the workspace file: what it may say, and how it becomes a repo."""

import os
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Literal

import msgspec
from msgspec import Meta

from tui.git.clean import clean_text
from tui.git.dot_git import names_git_dir
from tui.git.repo import Repo
from tui.git.url import CONTROL, SCHEMES, url_problem
from tui.store.kinds import nearest, shown
from tui.store.scan import remote_url
from tui.store.settings import SECONDS

# What git refuses in a ref name, and a first '-', which git takes for an option. A ':' would make it a refspec.
_REF_NAME = r"^(?!-|.*(?:\.\.|@\{|//|/\.|\.lock\Z|[/.]\Z))[^\x00-\x20\x7f-\x9f~^:?*\[\\/.][^\x00-\x20\x7f-\x9f~^:?*\[\\]*\Z"
_Ref = Annotated[str, Meta(pattern=_REF_NAME)]


class _UrlError(ValueError):
    """Why git must not be given the URL of an entry."""


class _Entry(msgspec.Struct, forbid_unknown_fields=True):
    url: str | None = None
    path: str | None = None
    branch: _Ref | None = None
    rev: _Ref | None = None
    remote: _Ref | None = None
    depth: Annotated[int, Meta(ge=1, le=2**31 - 1)] | None = None
    filter: Annotated[str, Meta(pattern=r"^[^\x00-\x20\x7f-\x9f-][^\x00-\x20\x7f-\x9f]*\Z")] | None = None
    submodules: bool = False
    strategy: Literal["ff", "fetch"] = "ff"
    prune: bool = False
    clone: bool = True
    timeout: float | str | None = None
    stall_timeout: float | str | None = None
    tags: tuple[Annotated[str, Meta(pattern=r"^[^\x00-\x20\x7f-\x9f]+\Z")], ...] = ()
    enabled: bool = True
    archived: bool = False


_REF_ALLOWED = "the name of a git ref, not beginning with '-'"
_YES_NO = "true or false"
ALLOWED = {
    "url": f"{', '.join(f'{scheme}://' for scheme in SCHEMES)}, host:path or a path",
    "path": "a relative path that stays in the workspace folder and out of every .git",
    "branch": _REF_ALLOWED,
    "rev": _REF_ALLOWED,
    "remote": "the name of a git remote, not beginning with '-'",
    "depth": "a whole number from 1",
    "filter": "a filter of git such as blob:none, not beginning with '-'",
    "submodules": _YES_NO,
    "strategy": "ff, fetch",
    "prune": _YES_NO,
    "clone": _YES_NO,
    "timeout": SECONDS.allowed,
    "stall_timeout": SECONDS.allowed,
    "tags": "a list of words without blanks",
    "enabled": _YES_NO,
    "archived": _YES_NO,
}
"""Every option of an entry, with what it takes, for a person."""


_SLUG = re.compile(r"[a-z0-9._][a-z0-9._/-]*(?<!/)")
_FOREIGN = re.compile(r"-*[^a-z0-9._/-]+-*")


class Slugs:
    """Hands out repo ids `[a-z0-9._/-]`; one that is taken gets `-2`, `-3`, …"""

    def __init__(self) -> None:
        self._taken: set[str] = set()
        self._last: dict[str, int] = {}

    def unique(self, name: str) -> str:
        base = name.lower()
        if not _SLUG.fullmatch(base):
            # A word that begins with '-' would be an option of the command line or the negation of a filter.
            base = _FOREIGN.sub("-", _in_ascii(base).lower()).strip("-/") or "repo"
        slug, count = base, self._last.get(base, 1)
        while slug in self._taken:
            count += 1
            slug = f"{base}-{count}"
        self._last[base] = count
        self._taken.add(slug)
        return slug


def _in_ascii(name: str) -> str:
    """What is written in another script as it sounds, or is called."""
    if name.isascii():
        return name
    from anyascii import anyascii  # noqa: PLC0415 - slow to import, and hardly ever needed

    return anyascii(name)


def entry_repo(
    name: str,
    value: object,
    root: Path,
    section: str,
    real_root: str,
    file: Path,
    slugs: Slugs,
    taken: dict[str, str],
    folders: dict[str, str],
) -> Repo:
    """The repo of the entry `name = value` in the workspace folder `root`; `error` says every mistake in it.

    `section` is what the file calls root, and `real_root` is root without links and last slash. `taken` maps the
    real paths of the entries before to where they stand in the file; this one is added. `folders` are the folders
    that were looked at for those, and their real paths; that of this one is added.
    """
    table = value if isinstance(value, dict) else {"url": value}
    mistakes: list[str] = []
    try:
        entry = _checked(table)
    except ValueError:
        told = {key: _mistake(key, option) for key, option in table.items()}
        mistakes += [mistake for mistake in told.values() if mistake]
        entry = _checked({key: option for key, option in table.items() if not told[key]})
    place = entry.path if entry.path is not None else name
    label = f"{root.name}/{name}"
    stands = f'"{name}" of [workspaces."{section}"]'
    where = "path" if entry.path is not None else "its name as path"
    problem, real = _place(place, real_root, folders)
    if problem:
        mistakes.append(f"{where} {problem}; allowed: {ALLOWED['path']}")
    elif real in taken:
        twice = clean_text(f"{taken[real]} and {stands} both mean the folder {real}")
        mistakes.append(f"{where}: {twice}; allowed: one entry a folder")
    else:
        taken[real] = stands
    return Repo(
        id=slugs.unique(label),
        path=root / (clean_text(place) if problem else place),
        url=_absolute(entry.url, file),
        origin=remote_url(root / place, entry.remote) if entry.url is None and not mistakes else None,
        root=root,
        branch=entry.branch,
        rev=entry.rev,
        remote=entry.remote,
        depth=entry.depth,
        filter=entry.filter,
        submodules=entry.submodules,
        strategy=entry.strategy,
        prune=entry.prune,
        clone=entry.clone,
        timeout=None if entry.timeout is None else SECONDS.check(entry.timeout),
        stall_timeout=None if entry.stall_timeout is None else SECONDS.check(entry.stall_timeout),
        tags=entry.tags,
        enabled=entry.enabled,
        archived=entry.archived,
        error="\n".join(
            f"{clean_text(str(file))}: entry {clean_text(label)}: {mistake}" for mistake in mistakes
        ),
    )


def _checked(table: Mapping[str, object]) -> _Entry:
    """Raises ValueError for a table that holds a mistake."""
    entry = msgspec.convert(table, _Entry)
    if entry.url is not None and (problem := url_problem(entry.url)):
        raise _UrlError(problem)
    for seconds in (entry.timeout, entry.stall_timeout):
        if seconds is not None:
            SECONDS.check(seconds)
    return entry


def _mistake(key: str, value: object) -> str | None:
    if key not in ALLOWED:
        return f"unknown key {shown(key)}{nearest(key, ALLOWED)}; allowed: {', '.join(ALLOWED)}"
    try:
        _checked({key: value})
    except _UrlError as problem:  # the URL itself stays out of the message: it may hold a password
        return f"url {problem}; allowed: {ALLOWED['url']}"
    except ValueError:
        return f"{key} = {shown(value)}; allowed: {ALLOWED[key]}"
    return None


def _absolute(url: str | None, file: Path) -> str | None:
    """A path as URL is meant from the folder of the file, wherever git is started later."""
    if url is None or ":" in url.partition("/")[0]:
        return url
    return str(file.parent / os.path.expanduser(url))  # noqa: PTH111 - keeps `~nobody` where Path raises


def _place(place: str, real_root: str, folders: dict[str, str]) -> tuple[str, str]:
    """Why the path may not be used, else empty; and the real path."""
    if not place:
        return "is empty", ""
    if CONTROL.search(place):
        return "holds control characters", ""
    if place.startswith(("/", "~")) or ".." in place.split("/"):
        return f"{shown(place)} leaves the workspace folder", ""
    path = f"{real_root}/{place}"
    folder, _, name = path.rpartition("/")
    if folder not in folders:
        folders[folder] = os.path.realpath(folder).rstrip("/")
    real = f"{folders[folder]}/{name}"
    # Most entries are a plain name: one look is enough, realpath looks at every folder on the way.
    if name in {"", "."} or os.path.islink(real):  # noqa: PTH114 - a Path is slower than the look
        real = os.path.realpath(path)
    if real != real_root and not real.startswith(f"{real_root}/"):
        return f"{shown(place)} leaves the workspace folder through a link", ""
    if names_git_dir(place) or (real != path and names_git_dir(real[len(real_root) :])):
        return f"{shown(place)} leads into a git dir", ""
    return "", real
