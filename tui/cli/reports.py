"""The commands that only read."""

import os
from functools import partial
from pathlib import Path
from typing import Any

import click

from tui.cli.asked import Asked, past_of, resolve_run
from tui.cli.flags import Command, config_flag, flags_of, run_flags, select_words
from tui.engine.shutdown import leave, signals_unwind
from tui.engine.survey import survey
from tui.git.clean import clean_text
from tui.git.repo import public_url
from tui.headless.status import status
from tui.headless.streams import Streams
from tui.store.looks import Looks
from tui.store.memory import Memory
from tui.store.paths import home_short, keys_file, looks_file, memory_file
from tui.store.settings import SETTINGS, Layer, resolve
from tui.view.dashboard import Thresholds
from tui.view.lines import padded_id

_all_flag = click.option("--all", "archived", is_flag=True, help="those that are archived, too")


@click.command("config", cls=Command)
@click.option("--show", is_flag=True, help="every setting, its value and the layer that won")
@click.option("--keys", is_flag=True, help="the keys of the app, as a keys.toml to start from")
@config_flag
@run_flags
def config_command(config: Path | None, show: bool, keys: bool, **flags: object) -> None:
    """Say which workspace file counts, and with --show what every setting is and why."""
    if keys:
        _tell_keys()
        return
    memory = Memory(memory_file())
    if memory.warning:
        click.echo(memory.warning, err=True)
    workspace, _, settings = resolve_run(Asked((), config, flags), memory)
    kind = "folder (no workspace file)" if workspace.scanned else "workspace file"
    click.echo(f"{kind}: {clean_text(str(workspace.path))}")
    if show:
        width = max(map(len, SETTINGS))
        for key, setting in SETTINGS.items():
            value = getattr(settings, key)
            shown = setting.default_text if value is None else _plain(value)
            source: str = settings.source[key]
            if source is Layer.REMEMBERED:
                source += f", in the app only; else {setting.default_text}"
            click.echo(f"{key.ljust(width)}  {shown:12}  {source}")


def _tell_keys() -> None:
    from tui.app.actions import keys_toml, read_keys  # noqa: PLC0415  it loads Textual, as nothing else here does

    keys, wrong = read_keys()
    for line in wrong:
        click.echo(f"synctui: {line}", err=True)
    click.echo(f"# {clean_text(home_short(keys_file()))}: what stands there replaces the usual keys")
    click.echo(keys_toml(keys), nl=False)


@click.command("list", cls=Command)
@_all_flag
@config_flag
@select_words
def list_command(words: tuple[str, ...], config: Path | None, **flags: object) -> None:
    """List the repos of the workspace: id, path, URL."""
    _, repos, _ = resolve_run(Asked(words, config, flags))
    width = max((len(repo.id) for repo in repos), default=0)
    for repo in repos:
        off = "  (archived)" if repo.archived else "" if repo.enabled else "  (disabled)"
        url = repo.error or clean_text(public_url(repo.url) or "-")
        click.echo(f"{padded_id(repo.id, width)}  {clean_text(str(repo.path))}  {url}{off}")


@click.command("status", cls=Command)
@config_flag
@flags_of("json", "color", "stale_after", "severe_after")
@_all_flag
@select_words
def status_command(words: tuple[str, ...], config: Path | None, **flags: object) -> None:
    """Say how stale each repo is, and what is unfinished in it; asks no remote, changes no repo."""
    workspace, repos, settings = resolve_run(Asked(words, config, flags))
    looks = Looks(looks_file())
    with signals_unwind():
        ending = status(
            repos,
            partial(survey, looks=looks),
            past_of(workspace),
            Thresholds(settings.stale_after, settings.severe_after),
            Streams(settings.color),
            as_json=settings.json,
        )
    looks.save()
    leave(ending)


@click.command("doctor", cls=Command)
@config_flag
@flags_of("json", "color")
def doctor_command(config: Path | None, **flags: Any) -> None:
    """Say what would trip a run or the app here: git, logins, limits, disks, terminal, workspace file."""
    from tui.headless.doctor import doctor  # noqa: PLC0415  nobody else needs it

    settings = resolve(flags, os.environ, {}, 0, None)
    with signals_unwind():
        ending = doctor(config, Streams(settings.color), as_json=settings.json)
    leave(ending)


def _plain(value: object) -> str:
    return f"{value:g}" if isinstance(value, float) else str(value).lower()


COMMANDS = (status_command, config_command, list_command, doctor_command)
