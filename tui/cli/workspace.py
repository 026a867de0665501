"""The commands that make the workspace file: scan, add and import."""

import math
import os
from collections.abc import Sequence
from pathlib import Path
from typing import NoReturn

import click

from tui.cli.flags import Command, config_flag, refuse
from tui.engine.shutdown import signals_unwind
from tui.git.clean import clean_text
from tui.git.repo import Repo
from tui.headless.streams import print_and_leave
from tui.store.config import FILE_NAME, ConfigError, read_workspace, workspace_file
from tui.store.entry import Slugs
from tui.store.new_entries import (
    NewEntry,
    add_to_file,
    checked,
    entry_of_checkout,
    name_in_url,
    toml,
    unlisted,
)
from tui.store.scan import is_repo, scan
from tui.view.lines import plural

_write_flag = click.option(
    "--write", is_flag=True, help="append to the workspace file what it does not have yet; else it is printed"
)


@click.command("scan", cls=Command)
@click.option(
    "--exclude", multiple=True, metavar="GLOB", help="leave out folders of this name or path, at any depth"
)
@click.option("--nested", is_flag=True, help="look into found repos as well")
@_write_flag
@config_flag
@click.argument("folder", type=click.Path(path_type=Path), metavar="DIR")
def scan_command(
    folder: Path, config: Path | None, exclude: Sequence[str], nested: bool, write: bool
) -> None:
    """Find the git repos below DIR, and print them as a workspace file.

    Symbolic links and node_modules are not looked into.
    """
    if not all(exclude):
        raise click.BadParameter("an empty glob leaves out nothing", param_hint="--exclude")
    top = _cwd_and(folder)
    name = clean_text(str(top))
    try:
        with signals_unwind():
            found = scan(top, max_depth=math.inf, max_folders=math.inf, exclude=exclude, nested=nested)
    except OSError as error:
        refuse(f"{name}: cannot be scanned: {error.strerror}")
    if found.unreadable:
        _note(f"{name}: {plural(found.unreadable, 'folder')} could not be read; repos in there are missing")
    root = top.parent if top in found.repos else top
    if not found.repos:
        _note(f"{name}: no git repo in here")
        return
    _end([entry_of_checkout(repo, root) for repo in found.repos], top, config, write=write)


@click.command("add", cls=Command)
@click.option("--name", metavar="NAME", help="of the entry; else that of the folder or the URL")
@config_flag
@click.argument("what", type=click.Path(), metavar="URL|PATH")
def add_command(what: str, config: Path | None, name: str | None) -> None:
    """Append one repo to the workspace file: what to clone, or a checkout.

    A URL is for a checkout below the current folder, as git clone would make it. A folder that is there is a
    checkout, and its remote's URL is taken.
    """
    place = _cwd_and(Path(what))
    if os.path.lexists(place):
        try:
            found = is_repo(place)
        except OSError as error:
            refuse(f"{clean_text(str(place))}: cannot be looked at: {error.strerror}")
        if not found:
            refuse(f"{clean_text(str(place))}: no git repository is at exactly this path")
        entry = entry_of_checkout(place, place.parent, name or "")
    elif ":" in what.partition("/")[0]:
        name = name or name_in_url(what)
        if not name:
            refuse(f"{clean_text(what)}: names no repository; give it a name with --name")
        entry = NewEntry(_cwd_and(Path()), name, {"url": what})
    else:
        refuse(f"{clean_text(what)}: neither a folder that is there nor a URL")
    file = _file(config)
    good, notes, refused = checked([entry], file)
    if refused:
        refuse(refused[0])
    _refuse_twice(file, entry)
    for note in notes:
        _note(note)
    _tell(file, add_to_file(file, good))


@click.command("import", cls=Command)
@_write_flag
@config_flag
@click.argument("file", type=click.Path(path_type=Path), metavar="FILE")
def import_command(file: Path, config: Path | None, write: bool) -> None:
    """Take over the repos that another program lists, and print them as a workspace file.

    FILE is of vcspull (YAML or JSON), mani, vcs2l or vcstool (.repos), gita (repos.csv, freeze), or has a URL a line.
    Paths that are relative there are meant from the current folder, those of mani from its file. Exit code 1:
    something in it could not be taken.
    """
    from tui.store.foreign import ForeignList  # noqa: PLC0415  it imports a reader of YAML

    source = _cwd_and(file)
    listed = ForeignList(source, _cwd_and(Path()))
    _note(f"{clean_text(str(source))}: read as {listed.format}")
    for note in (*listed.notes, *listed.refused):
        _note(note)
    if not listed.entries:
        refuse(f"{clean_text(str(source))}: nothing in it can be taken")
    _end(listed.entries, source, config, write=write, code=1 if listed.refused else 0)


def _end(
    entries: Sequence[NewEntry], source: Path, config: Path | None, *, write: bool, code: int = 0
) -> NoReturn:
    """Print the entries that `source` led to, or append them to the workspace file."""
    file = _file(config) if write else None
    new, known = unlisted(entries, _listed(file) if file else ())
    good, notes, refused = checked(new, source)
    for note in (*known, *notes, *refused):
        _note(note)
    code = 1 if refused else code
    if file and good:
        _tell(file, add_to_file(file, good), code)
    if file:
        _note(f"{clean_text(str(file))}: nothing to add")
    print_and_leave(toml(good).splitlines() if good and not file else [], code)


def _tell(file: Path, added: Sequence[Repo], code: int = 0) -> NoReturn:
    _note(f"{clean_text(str(file))}: {plural(len(added), 'repo')} added")
    print_and_leave([f"{repo.id}  {clean_text(str(repo.path))}" for repo in added], code)


def _refuse_twice(file: Path, entry: NewEntry) -> None:
    path, wanted = os.path.realpath(entry.path), Slugs().unique(f"{entry.folder.name}/{entry.name}")
    for repo in _listed(file):
        if os.path.realpath(repo.path) == path:
            refuse(f"{clean_text(str(entry.path))}: already listed as {repo.id}")
        if repo.id == wanted:
            refuse(f"{wanted} is already the id of {clean_text(str(repo.path))}; choose another with --name")


def _listed(file: Path) -> Sequence[Repo]:
    return read_workspace(file).repos if os.path.lexists(file) else ()


def _file(config: Path | None) -> Path:
    """The workspace file that counts, else the one to make."""
    here = _cwd_and(Path())
    return workspace_file(config, here, os.environ) or here / FILE_NAME


def _cwd_and(path: Path) -> Path:
    try:
        return Path(os.path.abspath(os.path.expanduser(path)))  # noqa: PTH100, PTH111  keeps links and `~nobody`
    except FileNotFoundError:
        raise ConfigError("the current folder is gone; go to another one") from None


def _note(text: str) -> None:
    click.echo(f"synctui: {text}", err=True)


COMMANDS = (scan_command, add_command, import_command)
