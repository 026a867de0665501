"""The lists of repositories that other programs keep: vcspull, mani, vcs2l and vcstool, gita, and plain URLs."""

import csv
import json
import os
import re
from collections.abc import Callable, Iterable, Mapping
from functools import partial
from pathlib import Path
from typing import Any

import yaml

from tui.git.clean import clean_text
from tui.git.url import CONTROL
from tui.store.config import ConfigError, decode, read_bytes
from tui.store.kinds import shown
from tui.store.new_entries import NewEntry, entry_of_checkout, name_in_url
from tui.store.scan import is_repo

_TYPED_URL = re.compile(r"(git|hg|svn|bzr)\+(.*)", re.DOTALL)
_URL_AND_REV = re.compile(r"(.+\.git)@([^/@:]+)")
_TAG_OR_COMMIT = re.compile(r"v?\d.*|[0-9a-f]{7,64}")
_URL_LINE = re.compile(r"(?:[\w.+-]+://|(?:[\w.-]+@)?[\w.-]+:)[^\s,]*[^\s,:]")
_NO = {"false", "no", "off"}
_NAMED = 5
"""So many entries a line names."""

KNOWN = "vcspull, mani, .repos of vcs2l or vcstool, repos.csv of gita, and a URL a line"


class NotTaken(ValueError):  # noqa: N818  named after the fact
    """Why something is no entry."""


class _Loader(yaml.SafeLoader):
    """Leaves words that look like numbers, dates and truth as they are written, and refuses a key that stands twice."""

    yaml_implicit_resolvers = {  # noqa: RUF012  as the class above has it
        first: [(tag, pattern) for tag, pattern in resolvers if tag.endswith((":merge", ":null"))]
        for first, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
    }

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:
        seen = set()
        for key, _ in node.value:
            if isinstance(key, yaml.ScalarNode) and key.tag != "tag:yaml.org,2002:merge":
                if key.value in seen:
                    raise yaml.MarkedYAMLError(
                        problem=f"{shown(key.value)} stands twice", problem_mark=key.start_mark
                    )
                seen.add(key.value)
        return super().construct_mapping(node, deep)


class ForeignList:
    """What a file of another program lists.

    `format` says which; `entries` are not checked yet; `notes` name options that have no counterpart, `refused` what
    is no entry.
    `file` and `cwd` are absolute. Raises ConfigError where the file cannot be read or is of no known format.
    """

    def __init__(self, file: Path, cwd: Path) -> None:
        self.entries: list[NewEntry] = []
        self.notes: list[str] = []
        self.refused: list[str] = []
        self._name = clean_text(str(file))
        self._base = file.parent
        self._cwd = cwd
        self._options_left_out: dict[str, list[str]] = {}
        text = decode(read_bytes(file), self._name)
        lines = [line.strip() for line in text.splitlines()]
        lines = [line for line in lines if line and not line.startswith("#")]
        if lines and _URL_LINE.fullmatch(lines[0]):
            self.format = "a list of URLs"
            self._each(((line, line) for line in lines), self._url)
        elif lines and _is_row(lines[0]):
            self.format = "gita"
            self._each(((line, line) for line in lines), self._gita)
        else:
            self._structured(_load(text, self._name))
        for option, names in self._options_left_out.items():
            some = ", ".join(names[:_NAMED]) + (
                f" and {len(names) - _NAMED} more" if len(names) > _NAMED else ""
            )
            self.notes.append(f"{self._name}: left out: {option} of {some}")

    def _structured(self, data: object) -> None:
        known: dict[str, tuple[str, Callable[[str, Any], None]]] = {
            "repositories": (".repos of vcs2l or vcstool", self._vcs),
            "projects": ("mani", self._mani),
        }
        if not isinstance(data, dict) or not data:
            raise ConfigError(f"{self._name}: is of no format that can be read; these can: {KNOWN}")
        for key, (name, take) in known.items():
            if isinstance(data.get(key), dict):
                self.format = name
                self._left_out("the file", data, {key})
                self._each(data[key].items(), take)
                return
        if not any(isinstance(repos, dict) for repos in data.values()):
            raise ConfigError(f"{self._name}: is of no format that can be read; these can: {KNOWN}")
        self.format = "vcspull"
        for folder, repos in data.items():
            if isinstance(repos, dict):
                self._each(repos.items(), partial(self._vcspull, "~" if folder is None else str(folder)))
            else:
                self.refused.append(f"{self._name}: {shown(folder)} is no table of repos")

    def _each(self, items: Iterable[tuple[object, Any]], take: Callable[[str, Any], None]) -> None:
        for name, value in items:
            try:
                if not isinstance(name, str):
                    raise NotTaken("its name is no text; put it into quotes")  # noqa: TRY301  said below
                take(name, value)
            except NotTaken as why:
                self.refused.append(f"{self._name}: {shown(name)}: {why}")

    def _vcspull(self, folder: str, name: str, value: Any) -> None:
        table = {"repo": value} if isinstance(value, str) else _table(value)
        remotes, extra = _table(table.get("remotes")), _table(table.get("options"))
        options = _url_options(table.get("url") or table.get("repo") or remotes.get("origin"))
        if rev := extra.get("rev", table.get("rev")):
            options["rev"] = rev
        depth = extra.get("depth", table.get("depth"))
        if depth is None and str(extra.get("shallow", table.get("shallow"))).lower() == "true":
            depth = "1"
        if depth is not None:
            options["depth"] = _number(depth)
        known = {"repo", "url", "options", "rev", "depth", "shallow"}
        self._left_out(shown(name), table, known if remotes.keys() - {"origin"} else known | {"remotes"})
        self._left_out(shown(name), extra, known)
        self._add(_absolute(self._cwd, os.path.expandvars(folder)), name, options)

    def _mani(self, name: str, value: Any) -> None:
        table = _table(value)
        place = _absolute(self._base, os.path.expandvars(str(table.get("path") or name)))
        options = _url_options(table["url"]) if table.get("url") else self._of_checkout(place)
        if tags := table.get("tags"):
            options["tags"] = tags if isinstance(tags, list) else [str(tags)]
        if branch := table.get("branch"):
            options["branch"] = branch
        if str(table.get("sync")).lower() in _NO:
            options["enabled"] = False
        self._left_out(shown(name), table, {"path", "url", "tags", "branch", "sync"})
        if place.is_relative_to(self._base):
            path = str(place.relative_to(self._base))
            self._add(self._base, name, options | ({"path": path} if path != name else {}))
        else:
            self._add(place.parent, place.name, options)

    def _vcs(self, path: str, value: Any) -> None:
        table = _table(value)
        if (kind := table.get("type")) != "git":
            raise NotTaken(f"is of type {shown(kind)}; synctui keeps git alone" if kind else "has no type")
        options = _url_options(table.get("url"))
        if version := table.get("version"):
            options["rev" if _TAG_OR_COMMIT.fullmatch(str(version)) else "branch"] = version
        self._left_out(shown(path), table, {"type", "url", "version"})
        place = _absolute(self._cwd, path)
        if place.is_relative_to(self._cwd) and place != self._cwd:
            self._add(self._cwd, str(place.relative_to(self._cwd)), options)
        else:
            self._add(place.parent, place.name, options)

    def _gita(self, _: str, line: str) -> None:
        cells = _cells(line)
        first = cells[0] if cells else ""
        if first.startswith(("/", "~")):
            place = _absolute(self._cwd, first)
            self._add(place.parent, place.name, self._of_checkout(place))
        elif len(cells) > 2 and cells[2]:  # noqa: PLR2004  of `gita freeze`: URL, name, path
            place = _absolute(self._cwd, cells[2])
            self._add(place.parent, place.name, _url_options(first))
        else:
            raise NotTaken("no line of gita: neither PATH,NAME nor URL,NAME,PATH")

    def _url(self, _: str, line: str) -> None:
        if not _URL_LINE.fullmatch(line):
            raise NotTaken("is no URL")
        if not (name := name_in_url(line)):
            raise NotTaken("names no repository")
        self._add(self._cwd, name, {"url": line})

    def _of_checkout(self, place: Path) -> dict[str, object]:
        try:
            if is_repo(place):
                entry = entry_of_checkout(place, place.parent)
                self.notes += [entry.note] if entry.note else []
                return dict(entry.options)
        except OSError as error:
            raise NotTaken(
                f"names no URL, and {clean_text(str(place))} cannot be looked at: {error.strerror}"
            ) from None
        raise NotTaken(f"names no URL, and {clean_text(str(place))} is no git repository")

    def _add(self, folder: Path, name: str, options: Mapping[str, object]) -> None:
        _check_path(name)
        self.entries.append(NewEntry(folder, name, options))

    def _left_out(self, name: str, table: Mapping[Any, object], known: set[str]) -> None:
        for key in table:
            if key not in known:
                self._options_left_out.setdefault(shown(key), []).append(name)


def _load(text: str, name: str) -> object:
    try:
        return json.loads(text, object_pairs_hook=_pairs)
    except RecursionError as error:
        raise ConfigError(f"{name}: nested too deeply") from error
    except ValueError:
        pass
    try:
        return yaml.load(text, _Loader)  # noqa: S506  a safe one
    except RecursionError as error:
        raise ConfigError(f"{name}: nested too deeply") from error
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        where = f" at line {mark.line + 1}" if mark else ""
        why = getattr(error, "problem", None) or str(error)
        raise ConfigError(f"{name}: cannot be read as YAML or JSON{where}: {clean_text(why)}") from error
    except ValueError as error:
        raise ConfigError(f"{name}: cannot be read as YAML or JSON: {clean_text(str(error))}") from error


def _is_row(line: str) -> bool:
    """Whether it is one of gita: a path, or a URL, and a name."""
    cells = _cells(line)
    if len(cells) < 2 or line.endswith(":"):  # noqa: PLR2004  a name as well
        return False
    return cells[0][:1] in {"", "/"} or re.fullmatch(r"[^\s{\[]\S*:\S*", cells[0]) is not None


def _cells(line: str) -> list[str]:
    try:
        return [cell.strip() for cell in next(csv.reader([line]))]
    except csv.Error:
        return []


def _pairs(pairs: list[tuple[str, object]]) -> dict[str, object]:
    table = dict(pairs)
    if len(table) < len(pairs):  # the other reader says which, and where
        raise ValueError("a key stands twice")
    return table


def _url_options(url: object) -> dict[str, object]:
    if not isinstance(url, str) or not url:
        raise NotTaken("names no URL")
    if typed := _TYPED_URL.fullmatch(url):
        if typed[1] != "git":
            raise NotTaken(f"is of type {typed[1]}; synctui keeps git alone")
        url = typed[2]
        if pinned := _URL_AND_REV.fullmatch(url):
            return {"url": pinned[1], "rev": pinned[2]}
    return {"url": url}


def _table(value: object) -> Mapping[Any, Any]:
    if value is None:
        return {}
    if not isinstance(value, dict):
        raise NotTaken(f"{shown(value)} is no table")
    return value


def _number(text: object) -> object:
    return int(text) if isinstance(text, str) and re.fullmatch(r"[0-9]{1,9}", text) else text


def _check_path(path: str) -> None:
    try:
        os.fsencode(path)
    except UnicodeEncodeError:
        raise NotTaken("no file system has such a path") from None
    if CONTROL.search(path):
        raise NotTaken("its path holds control characters")


def _absolute(base: Path, path: str) -> Path:
    """Raises NotTaken."""
    _check_path(path)
    return Path(os.path.abspath(base / os.path.expanduser(path)))  # noqa: PTH100, PTH111  keeps links and `~nobody`
