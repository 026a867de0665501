"""From the words of the command line to an engine: workspace, settings, plan and history."""

import os
import shutil
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any, NoReturn, TypeVar

import click

from tui.engine.engine import Engine, RunInfo, Spawn, daemon_thread
from tui.engine.plan import Plan, make_plan
from tui.engine.runner import make_work, recording
from tui.engine.selection import Facts, SelectionError, select
from tui.git.inspect import inspect
from tui.git.lock import lock_key
from tui.git.process import submodule_jobs
from tui.git.repo import Repo
from tui.git.sync import SyncOptions
from tui.store.config import ConfigError, Workspace, load_workspace
from tui.store.history import History, LastResult, last_results
from tui.store.memory import Memory
from tui.store.past import Past
from tui.store.paths import StateError, database_file, locks_folder, make_state_folders
from tui.store.settings import Layer, Settings, resolve

_Made = TypeVar("_Made")


@dataclass(frozen=True, slots=True)
class Wired:
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
            work = recording(work, partial(self.history.record, history_key(self.workspace)))
        return Engine(
            work,
            limit=settings.jobs,
            host_limit=None if settings.source["host_jobs"] is Layer.DEFAULT else settings.host_jobs,
            fail_fast=settings.fail_fast,
            info=RunInfo(self.workspace.label, settings.source["jobs"], settings.dry_run),
            lock_key=lambda repo: lock_key(repo.path),
            spawn=spawn,
        )


def resolve_run(
    words: Sequence[str], config: Path | None, flags: dict[str, Any], memory: Memory | None = None
) -> tuple[Workspace, list[Repo], Settings]:
    try:
        workspace = load_workspace(config, Path.cwd(), os.environ)
    except FileNotFoundError:
        refuse("the current folder is gone; go to another one")
    except ConfigError as error:
        refuse(str(error))
    try:
        repos = select(workspace.repos, words, facts_for(workspace, words))
    except SelectionError as error:
        refuse(str(error))
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
def wired(
    words: Sequence[str], config: Path | None, flags: dict[str, Any], memory: Memory | None = None
) -> Iterator[Wired]:
    workspace, repos, settings = resolve_run(words, config, flags, memory)
    repos = [_limited(repo, settings) for repo in repos]
    plan = make_plan(repos, git_found=shutil.which("git") is not None, limit=settings.limit)
    with nullcontext() if settings.dry_run else guarded(open_history) as history:
        yield Wired(workspace, settings, plan, tuple(repos), history)


def _limited(repo: Repo, settings: Settings) -> Repo:
    """The repo under the limits that are given for this run: they beat its entry's, which are the file's."""
    given = {key for key, layer in settings.source.items() if layer in {Layer.FLAG, Layer.VARIABLE}}
    if "timeout" in given:
        repo = replace(repo, timeout=settings.timeout)  # of a clone too
    return replace(repo, stall_timeout=None) if "stall_timeout" in given else repo


def open_history() -> History:
    make_state_folders()
    return History.open(database_file())


def history_key(workspace: Workspace) -> str:
    """What the history calls the workspace, however the person came to it."""
    return os.path.realpath(workspace.path)


def last_results_of(workspace: Workspace) -> Mapping[str, LastResult]:
    return guarded(lambda: last_results(database_file(), history_key(workspace)))


def past_of(workspace: Workspace) -> Mapping[str, Past]:
    return {
        repo: Past(last.state, last.reason, last_attempt=last.at)
        for repo, last in last_results_of(workspace).items()
    }


def facts_for(workspace: Workspace, words: Sequence[str]) -> Callable[[Repo], Facts]:
    """Looks up only what the words ask for: each has its price."""
    asked = {word.removeprefix("-").partition(":")[0] for word in " ".join(words).split()}
    last: Mapping[str, LastResult] = last_results_of(workspace) if "state" in asked else {}

    def facts(repo: Repo) -> Facts:
        state = last[repo.id].state if repo.id in last else None
        if not asked & {"behind", "dirty"}:
            return Facts(state)
        status = inspect(repo.path)
        return Facts(state, behind=bool(status.behind), dirty=bool(status.dirty))

    return facts


def guarded(make: Callable[[], _Made]) -> _Made:
    """A state folder that cannot be used stops before anything is fetched."""
    try:
        return make()
    except StateError as error:
        refuse(str(error))


def refuse(text: str) -> NoReturn:
    click.echo(f"synctui: {text}", err=True)
    raise SystemExit(2)


def needs_terminal(instead: str) -> None:
    # Textual reads stdin and draws on stderr; without either nothing could be seen or ended.
    if not (sys.stdin.isatty() and sys.stderr.isatty()) or os.environ.get("TERM") == "dumb":
        refuse(f"the app needs a terminal; without one use `{instead}`")
