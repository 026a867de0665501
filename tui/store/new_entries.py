"""Entries that a workspace file does not have yet: checked, written as TOML, and added without touching what is there."""

import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import groupby
from pathlib import Path

import tomli_w
from msgspec import Struct, structs

from tui.git.clean import clean_text
from tui.git.lock import lock_key
from tui.git.repo import Repo, without_login
from tui.git.url import url_problem
from tui.store.config import (
    ConfigError,
    Workspace,
    parse_toml,
    parse_workspace,
    read_bytes,
    workspace_folder,
)
from tui.store.entry import Slugs, entry_repo
from tui.store.paths import home_short, replace_file
from tui.store.scan import remote_url

_NEW_FILE_MODE = 0o666


class NewEntry(Struct, frozen=True):
    """`folder` is absolute; `options` are those of an entry, of the kinds that TOML has."""

    folder: Path
    name: str
    options: Mapping[str, object]
    note: str = ""
    """What the person is to be told of it."""

    @property
    def path(self) -> Path:
        return self.folder / str(self.options.get("path", self.name))


def entry_of_checkout(checkout: Path, folder: Path, name: str = "") -> NewEntry:
    """The entry of a checkout in this workspace folder, named after its path unless it has a `name`."""
    place = str(checkout.relative_to(folder))
    options = {"path": place} if name and name != place else {}
    url = remote_url(checkout)
    if url is None:
        return NewEntry(folder, name or place, options)
    problem = url_problem(url)
    if not problem and not url.startswith("/") and ":" not in url.partition("/")[0]:
        problem = "is a path as seen from the checkout"
    if problem:
        note = f"{clean_text(str(checkout))}: stands without its URL, which {problem}"
        return NewEntry(folder, name or place, options, note)
    return NewEntry(folder, name or place, {"url": url} | options)


def name_in_url(url: str) -> str:
    """What git clone would call the folder; empty: it names none."""
    path = url.partition("://")[2].partition("/")[2] if "://" in url else url.rpartition(":")[2]
    return path.rstrip("/").removesuffix("/.git").rpartition("/")[2].removesuffix(".git")


def checked(entries: Iterable[NewEntry], source: Path) -> tuple[list[NewEntry], list[str], list[str]]:
    """The entries that a workspace file may hold, without logins; what is to be said of them; why others are none.

    `source` is where they come from: messages name it, and a path as URL is meant from its folder.
    """
    good: list[NewEntry] = []
    notes: list[str] = []
    refused: list[str] = []
    for entry in entries:
        real_root = os.path.realpath(entry.folder).rstrip("/")
        repo = entry_repo(
            entry.name,
            dict(entry.options),
            entry.folder,
            str(entry.folder),
            real_root,
            source,
            Slugs(),
            taken={},
            folders={},
        )
        if repo.error:
            refused += repo.error.splitlines()
            continue
        try:
            toml([entry]).encode()
        except UnicodeEncodeError:
            name = clean_text(str(entry.path))
            refused.append(f"{clean_text(str(source))}: {name}: not UTF-8, which a workspace file has to be")
            continue
        if entry.note:
            notes.append(entry.note)
        if repo.url is not None:
            url = without_login(repo.url)
            if url != repo.url:
                notes.append(
                    f"{clean_text(str(source))}: entry {clean_text(entry.name)}: the login in its URL is left out;"
                    " keep it in a credential helper of git"
                )
            entry = structs.replace(entry, options={**entry.options, "url": url})  # noqa: PLW2901  the same one, tidied
        good.append(entry)
    return good, notes, refused


def unlisted(entries: Iterable[NewEntry], repos: Iterable[Repo]) -> tuple[list[NewEntry], list[str]]:
    """The entries whose repositories are not among the repos, each once, and a line for each of the others."""
    known = {lock_key(repo.path): (repo.path, f"`{repo.id}`, which is listed") for repo in repos}
    new: list[NewEntry] = []
    notes: list[str] = []
    for entry in sorted(entries, key=lambda entry: (_is_linked(entry.path), entry.path)):
        key, name = lock_key(entry.path), clean_text(str(entry.path))
        if key not in known:
            known[key] = (entry.path, name)
            new.append(entry)
            continue
        path, what = known[key]
        is_it = os.path.realpath(path) == os.path.realpath(entry.path)
        notes.append(f"{name}: is {what}" if is_it else f"{name}: left out: the same repository as {what}")
    return new, notes


def _is_linked(checkout: Path) -> bool:
    """Whether it may be a linked worktree, which comes after what it is linked to."""
    return os.path.isfile(checkout / ".git")  # noqa: PTH113  a Path raises where it may not look


def toml(entries: Iterable[NewEntry]) -> str:
    """The text of a workspace file with these entries alone, sorted."""
    tables = (
        "\n".join([_header(home_short(folder)), *map(_line, group)]) for folder, group in _by_folder(entries)
    )
    return "\n\n".join(tables) + "\n"


def add_to_file(file: Path, entries: Sequence[NewEntry]) -> list[Repo]:
    """Append the entries to the workspace file, which is made where there is none; what they are in it.

    Raises ConfigError where the file cannot be read or take them, StateError where it cannot be written.
    """
    target = Path(os.path.realpath(file))  # a link stays one
    is_new = not os.path.lexists(file)
    old = b"" if is_new else read_bytes(file)
    before = parse_workspace(old, file)
    content = old
    for folder, group in _by_folder(entries):
        content = _with_entries(content, file, folder, list(group))
    known = {repo.id for repo in before.repos}
    added = [repo for repo in parse_workspace(content, file).repos if repo.id not in known]
    if is_new:
        mode = _NEW_FILE_MODE & ~_umask()
    else:
        mode = target.stat().st_mode & 0o7777
        if not os.access(target, os.W_OK):
            raise ConfigError(f"{clean_text(str(file))}: cannot be written: it is read-only")
        if read_bytes(file) != old:
            raise ConfigError(f"{clean_text(str(file))}: changed at this moment by somebody else; try again")
    replace_file(target, content, mode)
    return added


def _by_folder(entries: Iterable[NewEntry]) -> Iterator[tuple[Path, Iterator[NewEntry]]]:
    in_order = sorted(entries, key=lambda entry: (entry.folder, entry.name))
    return groupby(in_order, key=lambda entry: entry.folder)


def _with_entries(content: bytes, file: Path, folder: Path, entries: list[NewEntry]) -> bytes:
    """The content and, behind it, the first way to write the entries that TOML takes and that changes nothing else."""
    before = parse_workspace(content, file)
    paths = {entry.path for entry in entries}
    newline = "\r\n" if b"\r\n" in content else "\n"
    start = content if not content or content.endswith(b"\n") else content + newline.encode()
    key = _key_of(folder, content, file)
    for lines in _forms(key, entries):
        written = lines if content else [line for line in lines if line]
        text = start + "".join(line + newline for line in written).encode()
        try:
            after = parse_workspace(text, file)
        except ConfigError:
            continue
        if _adds(before, after, paths):
            return text
    raise ConfigError(
        f"{clean_text(str(file))}: no entry can be appended to workspaces.{_quoted(key)} as it is written;"
        f" put it there by hand: {_line(entries[0])}"
    )


def _adds(before: Workspace, after: Workspace, paths: set[Path]) -> bool:
    old = set(before.repos)
    new = [repo for repo in after.repos if repo not in old]
    return (
        len(new) == len(after.repos) - len(old) == len(paths)
        and {repo.path for repo in new} == paths
        and not any(repo.error for repo in new)
        and (before.settings, before.warnings) == (after.settings, after.warnings)
    )


def _forms(folder: str, entries: Sequence[NewEntry]) -> Iterator[list[str]]:
    lines = [_line(entry) for entry in entries]
    yield lines  # the last table of the file goes on
    yield ["", _header(folder), *lines]
    # A table that is closed takes tables, but no values.
    for_each = ([f"[workspaces.{_quoted(folder)}.{_quoted(one.name)}]", *_options(one)] for one in entries)
    yield [line for table in for_each for line in ("", *table)]
    # Where it stands in braces, or another entry would get another id: the same folder in other words.
    yield ["", _header(f"{folder}/."), *lines]


def _key_of(folder: Path, content: bytes, file: Path) -> str:
    """What the file calls the folder."""
    tables = parse_toml(content, clean_text(str(file))).get("workspaces", {})
    keys = tables if isinstance(tables, dict) else {}
    same = (key for key in keys if workspace_folder(file, key) == folder)
    return next(same, home_short(folder))


def _header(folder: str) -> str:
    return f"[workspaces.{_quoted(folder)}]"


def _line(entry: NewEntry) -> str:
    if list(entry.options) == ["url"]:
        return f"{_quoted(entry.name)} = {_value(entry.options['url'])}"
    inner = ", ".join(_options(entry))
    return f"{_quoted(entry.name)} = {{ {inner} }}" if inner else f"{_quoted(entry.name)} = {{}}"


def _options(entry: NewEntry) -> list[str]:
    return [f"{key} = {_value(value)}" for key, value in entry.options.items()]


def _value(value: object) -> str:
    if isinstance(value, list):
        return f"[{', '.join(map(_value, value))}]"
    return tomli_w.dumps({"x": value}).removeprefix("x = ").removesuffix("\n")


def _quoted(key: str) -> str:
    return tomli_w.dumps({key: 0}).removesuffix(" = 0\n")


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask
