"""The workspace: the repos that the person's file lists, or those found where there is no file."""

import os
import re
import tomllib
from collections.abc import Iterable, Mapping
from pathlib import Path

from msgspec import Struct, structs

from tui.git.clean import clean_text
from tui.git.dot_git import names_git_dir
from tui.git.repo import Repo
from tui.git.url import CONTROL
from tui.store.entry import Slugs, entry_repo
from tui.store.kinds import nearest, shown
from tui.store.paths import config_file, home_short
from tui.store.scan import remote_url, scan

FILE_NAME = "synctui.toml"
_SECTIONS = {"settings": "", "workspaces": ""}


class ConfigError(Exception):
    """Nothing can be synced with this workspace; the text is one line that names the file or folder."""


class Workspace(Struct, frozen=True):
    """`path` is the file, or the folder that was scanned because there is none.

    An entry that the file got wrong is a repo with `error` set; `warnings` are one line each.
    `settings` holds the `[settings]` as they stand, for `settings.resolve`.
    """

    path: Path
    scanned: bool
    settings: Mapping[str, object]
    repos: tuple[Repo, ...]
    warnings: tuple[str, ...] = ()

    @property
    def label(self) -> str:
        return clean_text(home_short(self.path))


def load_workspace(config: Path | None, cwd: Path, environ: Mapping[str, str]) -> Workspace:
    """The workspace of `config`, else $SYNCTUI_CONFIG, else the nearest file, else of the repos below `cwd`.

    Raises ConfigError where a file that is named or found cannot be used, or the folder cannot be listed.
    """
    file = workspace_file(config, cwd, environ)
    workspace = read_workspace(file) if file else _scan_folder(cwd)
    if workspace.repos:
        return workspace
    what = (
        f"no git repo in this folder, and no {FILE_NAME} here or above that lists some"
        if workspace.scanned
        else 'lists no repo; below [workspaces."FOLDER"] add a line: NAME = "URL"'
    )
    empty = f"{clean_text(str(workspace.path))}: {what}"
    return structs.replace(workspace, warnings=(*workspace.warnings, empty))


def workspace_file(config: Path | None, cwd: Path, environ: Mapping[str, str]) -> Path | None:
    """The file that is named, which need not exist, else the nearest one; None: there is none."""
    named = config or (Path(environ["SYNCTUI_CONFIG"]) if environ.get("SYNCTUI_CONFIG") else None)
    # os.path leaves an unknown `~user` as it is, where Path raises.
    return cwd / os.path.expanduser(named) if named else _nearest_file(cwd)  # noqa: PTH111 - see above


def workspace_folder(file: Path, folder: str) -> Path:
    """Where the folder that a workspace file names is. Links stay in the path: a person finds it as it was written."""
    return Path(os.path.abspath(file.parent / os.path.expanduser(folder)))  # noqa: PTH100, PTH111 - Path has no such


def _nearest_file(cwd: Path) -> Path | None:
    candidates = [*(folder / FILE_NAME for folder in (cwd, *cwd.parents)), config_file()]
    # lexists: a broken link or an unreadable file is an error to show, not a file to pass over.
    return next((file for file in candidates if os.path.lexists(file)), None)


def read_workspace(file: Path) -> Workspace:
    """Raises ConfigError."""
    return parse_workspace(read_bytes(file), file)


def parse_workspace(content: bytes, file: Path) -> Workspace:
    """The workspace that `file` says with this content. Raises ConfigError."""
    name = clean_text(str(file))
    data = parse_toml(content, name)
    warnings = [
        f"{name}: unknown key {shown(key)}{nearest(key, _SECTIONS)}; allowed: {', '.join(_SECTIONS)}"
        for key in data
        if key not in _SECTIONS
    ]
    if warnings and "workspaces" not in data:
        raise ConfigError(warnings[0])
    settings = data.get("settings", {})
    if not isinstance(settings, dict):
        warnings.append(f"{name}: settings = {shown(settings)} ignored; allowed: a table")
        settings = {}
    workspaces = data.get("workspaces", {})
    if not isinstance(workspaces, dict):
        raise ConfigError(f"{name}: workspaces = {shown(workspaces)}; allowed: a table of folders")
    return Workspace(file, False, settings, tuple(_repos(workspaces, file, name)), tuple(warnings))


def read_bytes(file: Path) -> bytes:
    """Raises ConfigError."""
    try:
        return file.read_bytes()
    except OSError as error:
        raise ConfigError(f"{clean_text(str(file))}: cannot be read: {error.strerror}") from error


def decode(content: bytes, name: str) -> str:
    """`name` is what a message calls the file. Raises ConfigError."""
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise ConfigError(f"{name}: not UTF-8 (at line {line})") from error


def parse_toml(content: bytes, name: str) -> dict[str, object]:
    """`name` is what a message calls the file. Raises ConfigError."""
    text = decode(content, name)
    try:
        return tomllib.loads(text)
    except RecursionError as error:
        raise ConfigError(f"{name}: not TOML: nested too deeply") from error
    except ValueError as error:
        said = clean_text(str(error))
        raise ConfigError(f"{name}: not TOML: {said}{_key_of_line(said, text)}") from error


def _key_of_line(said: str, text: str) -> str:
    """The key of the line that the message names; what else stands there may be a URL with a password."""
    place = re.search(r"\(at line (\d+)", said)
    line = text.split("\n")[int(place[1]) - 1] if place else ""
    key = line.partition("=")[0].strip("\"' \t") if "=" in line else ""
    return f": {shown(key)}" if key and "://" not in key else ""


def _repos(workspaces: Mapping[str, object], file: Path, name: str) -> Iterable[Repo]:
    slugs = Slugs()
    taken: dict[str, str] = {}
    real_folders: dict[str, str] = {}
    for folder, entries in workspaces.items():
        root = workspace_folder(file, folder)
        problem, real_root = "", ""
        if not isinstance(entries, dict):
            problem = f" = {shown(entries)}; allowed: a table of entries"
        elif not folder or CONTROL.search(folder) or os.path.expanduser(folder).startswith("~"):  # noqa: PTH111 - Path raises
            problem = ": no such folder can be; allowed: a path, or one from ~"
        else:
            # `/` becomes empty, so that a "/" may follow it.
            real_root = os.path.realpath(root).rstrip("/")
            real_folders[real_root] = real_root
            if names_git_dir(str(root)) or names_git_dir(real_root):
                problem = ": lies in a git dir; allowed: a folder out of every .git"
        if problem or not isinstance(entries, dict):
            error = f"{name}: workspaces.{shown(folder)}{problem}"
            yield Repo(slugs.unique(Path(folder).name), file.parent / clean_text(folder), error=error)
            continue
        for key, value in entries.items():
            yield entry_repo(key, value, root, folder, real_root, file, slugs, taken, real_folders)


def _scan_folder(folder: Path) -> Workspace:
    try:
        found = scan(folder)
    except OSError as error:
        raise ConfigError(f"{clean_text(str(folder))}: cannot be scanned: {error.strerror}") from error
    slugs = Slugs()
    repos = tuple(
        Repo(
            slugs.unique(str(path.relative_to(folder)) if path != folder else folder.name),
            path,
            url=remote_url(path),
            root=folder,
            # It was here a moment ago: what vanishes since was removed by somebody.
            clone=False,
            found=True,
        )
        for path in found.repos
    )
    name = clean_text(str(folder))
    warnings = []
    if found.unreadable:
        some = "folder" if found.unreadable == 1 else "folders"
        warnings.append(f"{name}: {found.unreadable} {some} could not be read, repos in there are missing")
    if found.truncated:
        warnings.append(f"{name}: too many folders to look into all: some repos may be missing")
    return Workspace(folder, True, {}, repos, tuple(warnings))
