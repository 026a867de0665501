"""The door: parse, resolve the settings, wire the engine, import only the front end that is asked for."""

import os
import shutil
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, Literal, NoReturn, TypeVar

import click

from tui import __version__
from tui.engine.engine import Engine, RunInfo, Spawn, daemon_thread
from tui.engine.plan import Plan, make_plan
from tui.engine.runner import make_work, recording
from tui.engine.selection import Facts, SelectionError, is_predicate, select
from tui.engine.shutdown import Ending, deaf_afterwards, leave, signals_unwind
from tui.git.env import raise_file_limit, scrub_environ
from tui.git.inspect import inspect
from tui.git.lock import lock_key
from tui.git.process import submodule_jobs
from tui.git.repo import Repo, public_url
from tui.git.sync import SyncOptions
from tui.headless.streams import Streams
from tui.store.config import ConfigError, Workspace, load_workspace
from tui.store.history import History, LastResult, last_results
from tui.store.memory import Memory
from tui.store.paths import StateError, database_file, locks_folder, make_state_folders, memory_file
from tui.store.settings import SETTINGS, Layer, Setting, SettingError, Settings, Switch, resolve

_Function = TypeVar("_Function", bound=Callable[..., Any])
_Made = TypeVar("_Made")

_SHORT = {
    "jobs": ("-j",),
    "dry_run": ("-n",),
    "fail_fast": ("-x", "--exit-on-error"),
    "quiet": ("-q",),
    "verbose": ("-v",),
}

_FORMS: tuple[Literal["ndjson", "json"], ...] = ("ndjson", "json")


class _Value(click.ParamType[object]):
    """A flag's value, read as the settings define it."""

    def __init__(self, setting: Setting) -> None:
        self.setting = setting
        self.name = setting.key

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> object:
        try:
            return self.setting.kind.parse(str(value))
        except SettingError as error:
            self.fail(str(error), param, ctx)


def _run_flags(function: _Function) -> _Function:
    for setting in reversed(tuple(SETTINGS.values())):
        names = (*_SHORT.get(setting.key, ()), setting.flag, setting.key)
        text = f"{setting.help}  [{setting.default_text}]"
        if isinstance(setting.kind, Switch):
            option = click.option(*names, is_flag=True, default=None, help=setting.help)
        else:
            option = click.option(*names, type=_Value(setting), metavar=_metavar(setting), help=text)
        function = option(function)
    return function


def _metavar(setting: Setting) -> str:
    return (
        "N" if "whole" in setting.kind.allowed else "SECONDS" if "seconds" in setting.kind.allowed else "WHEN"
    )


_config_flag = click.option(
    "-c", "--config", type=click.Path(path_type=Path), metavar="FILE", help="the workspace file"
)
_select_words = click.argument("words", nargs=-1, metavar="[SELECT]...")


class _Command(click.Command):
    """Takes `-tag:web` and `-dirty` for what they are: words of SELECT, not bundles of flags."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        words = [word for word in args if word.startswith("-") and is_predicate(word)]
        rest = [word for word in args if word not in words]
        if words:
            rest += [*(["--"] if "--" not in rest else []), *words]
        return super().parse_args(ctx, rest)


class _Synctui(click.Group):
    """`synctui` without a command opens the app."""

    command_class = _Command

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        if not args or (args[0] not in self.commands and args[0] not in {"-h", "--help", "--version"}):
            args = ["app", *args]
        return super().parse_args(ctx, args)


@dataclass(frozen=True, slots=True)
class _Wired:
    """Everything a front end needs, decided before it is imported."""

    workspace: Workspace
    settings: Settings
    plan: Plan
    selected: tuple[Repo, ...]
    history: History | None
    """None for a dry run, which leaves no trace."""

    def engine(self, spawn: Spawn = daemon_thread) -> Engine:
        settings = self.settings
        options = SyncOptions(
            stall_timeout=settings.stall_timeout,
            timeout=settings.timeout,
            fetch_only=settings.fetch_only,
            all_branches=settings.all_branches,
            clone=not settings.no_clone,
            dry_run=settings.dry_run,
            lock_dir=locks_folder(),
        )
        work = make_work(options, settings.retry)
        if self.history:
            work = recording(work, partial(self.history.record, _history_key(self.workspace)))
        return Engine(
            work,
            limit=settings.jobs,
            host_limit=None if settings.source["host_jobs"] is Layer.DEFAULT else settings.host_jobs,
            fail_fast=settings.fail_fast,
            info=RunInfo(self.workspace.label, settings.source["jobs"], settings.dry_run),
            lock_key=lambda repo: lock_key(repo.path),
            spawn=spawn,
        )


@click.group(
    cls=_Synctui,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
    epilog="SELECT: an id, a glob, a path, tag:NAME, host:NAME, state:STATE, behind, dirty; `-` negates.",
)
@click.version_option(__version__, message="synctui %(version)s")
def main() -> None:
    """Keep many git repositories in sync: in parallel, safely, and on one screen.

    Without a command it opens the app on the plan, for the repos that SELECT names, or all:
    `synctui [--start] [-j N] [-c FILE] [SELECT]...`; `synctui app --help` lists its flags.
    """
    raise_file_limit()
    scrub_environ()


@main.command("app")
@click.option("--start", is_flag=True, help="begin the run at once")
@_config_flag
@_run_flags
@_select_words
def app_command(words: tuple[str, ...], config: Path | None, start: bool, **flags: object) -> None:
    """Open the full-screen app on the plan; without a command it is this one."""
    leave(_open_app(words, config, flags, start=start))


@main.command("sync")
@_config_flag
@_run_flags
@_select_words
def sync_command(words: tuple[str, ...], config: Path | None, **flags: object) -> None:
    """Bring the repos up to date without a screen."""
    _check_form(flags)
    leave(_sync(words, config, flags))


@main.command("demo")
@_run_flags
@_select_words
def demo_command(words: tuple[str, ...], **flags: object) -> None:
    """Open and start a throw-away workspace of real repos and remotes in every state."""
    _check_form(flags)
    headless = any(flags[form] for form in _FORMS)
    if not headless:
        _needs_terminal("synctui demo --ndjson")
    from tui.demo.workspace import demo_workspace  # noqa: PLC0415  nobody else needs it

    with signals_unwind(), demo_workspace() as demo, deaf_afterwards():
        os.environ.update(demo.environment())
        if headless:
            ending = _sync(words, demo.config, flags)
        else:
            ending = _open_app(words, demo.config, flags, start=True)
            click.echo("That was a demo: its workspace is gone, and its advice with it.", err=True)
    leave(ending)


@main.command("config")
@click.option("--show", is_flag=True, help="every setting, its value and the layer that won")
@_config_flag
@_run_flags
def config_command(config: Path | None, show: bool, **flags: object) -> None:
    """Say which workspace file counts, and with --show what every setting is and why."""
    workspace, _, settings = _resolve((), config, flags)
    kind = "folder (no workspace file)" if workspace.scanned else "workspace file"
    click.echo(f"{kind}: {workspace.path}")
    if show:
        width = max(map(len, SETTINGS))
        for key, setting in SETTINGS.items():
            value = getattr(settings, key)
            shown = setting.default_text if value is None else _plain(value)
            click.echo(f"{key.ljust(width)}  {shown:12}  {settings.source[key]}")


@main.command("list")
@_config_flag
@_select_words
def list_command(words: tuple[str, ...], config: Path | None) -> None:
    """List the repos of the workspace: id, path, URL."""
    _, repos, _ = _resolve(words, config, {})
    width = max((len(repo.id) for repo in repos), default=0)
    for repo in repos:
        off = "" if repo.enabled else "  (disabled)"
        click.echo(f"{repo.id.ljust(width)}  {repo.path}  {repo.error or public_url(repo.url) or '-'}{off}")


def _sync(words: Sequence[str], config: Path | None, flags: dict[str, Any]) -> Ending:
    from tui.headless.run import Form, Show, run  # noqa: PLC0415  only the front end that is asked for

    with _wired(words, config, flags) as wired:
        settings = wired.settings
        order = list(Layer)
        asked: list[Form] = [form for form in _FORMS if getattr(settings, form)]
        show = Show(
            # A flag for the one beats a variable for the other.
            form=min(asked, key=lambda form: order.index(settings.source[form]), default="text"),
            progress=settings.progress,
            quiet=settings.quiet,
            verbose=settings.verbose,
            exit_zero=settings.exit_zero,
        )
        return run(wired.engine(), wired.plan, Streams(settings.color), show)


def _open_app(words: Sequence[str], config: Path | None, flags: dict[str, Any], *, start: bool) -> Ending:
    memory = Memory(memory_file())
    if memory.warning:
        click.echo(memory.warning, err=True)
    with _wired(words, config, flags, memory) as wired:
        _needs_terminal("synctui sync")
        from tui.app.app import SynctuiApp  # noqa: PLC0415  Textual takes its time
        from tui.app.session import Session  # noqa: PLC0415  as above

        def remember_limit(jobs: int) -> None:
            if not wired.settings.dry_run:
                memory.set_jobs(wired.workspace.path, jobs)

        session = Session(
            engine=wired.engine,
            workspace=wired.workspace.label,
            repos=wired.selected,
            plan=wired.plan,
            start=start,
            remember_limit=remember_limit,
            dry_run=wired.settings.dry_run,
            last_results=_last_results(wired.workspace),
        )
        ending = SynctuiApp(session).run_to_end()
    return _exit_zero(ending) if wired.settings.exit_zero else ending


def _check_form(flags: dict[str, Any]) -> None:
    if all(flags[form] for form in _FORMS):
        raise click.UsageError("--json and --ndjson exclude each other")


def _resolve(
    words: Sequence[str], config: Path | None, flags: dict[str, Any], memory: Memory | None = None
) -> tuple[Workspace, list[Repo], Settings]:
    try:
        workspace = load_workspace(config, Path.cwd(), os.environ)
    except FileNotFoundError:
        _refuse("the current folder is gone; go to another one")
    except ConfigError as error:
        _refuse(str(error))
    try:
        repos = select(workspace.repos, words, _facts(workspace, words))
    except SelectionError as error:
        _refuse(str(error))
    remembered = memory.jobs(workspace.path) if memory else None
    settings = resolve(
        flags,
        os.environ,
        workspace.settings,
        len(repos),
        os.cpu_count(),
        file_name=str(workspace.path),
        remembered={} if remembered is None else {"jobs": remembered},
        submodule_jobs=submodule_jobs() if any(repo.submodules for repo in repos) else 0,
    )
    for warning in (*workspace.warnings, *settings.warnings):
        click.echo(f"synctui: {warning}", err=True)
    return workspace, repos, settings


@contextmanager
def _wired(
    words: Sequence[str], config: Path | None, flags: dict[str, Any], memory: Memory | None = None
) -> Iterator[_Wired]:
    workspace, repos, settings = _resolve(words, config, flags, memory)
    plan = make_plan(repos, git_found=shutil.which("git") is not None, limit=settings.limit)
    with nullcontext() if settings.dry_run else _guarded(_open_history) as history:
        yield _Wired(workspace, settings, plan, tuple(repos), history)


def _open_history() -> History:
    make_state_folders()
    return History.open(database_file())


def _history_key(workspace: Workspace) -> str:
    """What the history calls the workspace, however the person came to it."""
    return os.path.realpath(workspace.path)


def _last_results(workspace: Workspace) -> Mapping[str, LastResult]:
    return _guarded(lambda: last_results(database_file(), _history_key(workspace)))


def _facts(workspace: Workspace, words: Sequence[str]) -> Callable[[Repo], Facts]:
    """Looks up only what the words ask for: each has its price."""
    asked = {word.removeprefix("-").partition(":")[0] for word in " ".join(words).split()}
    last: Mapping[str, LastResult] = _last_results(workspace) if "state" in asked else {}

    def facts(repo: Repo) -> Facts:
        state = last[repo.id].state if repo.id in last else None
        if not asked & {"behind", "dirty"}:
            return Facts(state)
        status = inspect(repo.path)
        return Facts(state, behind=bool(status.behind), dirty=bool(status.dirty))

    return facts


def _guarded(make: Callable[[], _Made]) -> _Made:
    """A state folder that cannot be used stops before anything is fetched."""
    try:
        return make()
    except StateError as error:
        _refuse(str(error))


def _refuse(text: str) -> NoReturn:
    click.echo(f"synctui: {text}", err=True)
    raise SystemExit(2)


def _needs_terminal(instead: str) -> None:
    # Textual reads stdin and draws on stderr; without either nothing could be seen or ended.
    if not (sys.stdin.isatty() and sys.stderr.isatty()) or os.environ.get("TERM") == "dumb":
        _refuse(f"the app needs a terminal; without one use `{instead}`")


def _exit_zero(ending: Ending) -> Ending:
    return Ending(0, ending.signal) if ending.exit_code == 1 else ending


def _plain(value: object) -> str:
    return f"{value:g}" if isinstance(value, float) else str(value).lower()
