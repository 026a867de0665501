"""From the words of the command line to an engine: workspace, settings, plan and history."""

import os
import shutil
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any, NoReturn, TypeVar

import click

from tui.engine.engine import Engine, Journal, RunInfo, Spawn, daemon_thread
from tui.engine.order import ordered
from tui.engine.plan import Plan, make_plan
from tui.engine.runner import make_work, recording
from tui.engine.selection import Facts, SelectionError, select
from tui.engine.survey import StatusRow, survey
from tui.git.inspect import RepoStatus
from tui.git.lock import lock_key
from tui.git.process import submodule_jobs
from tui.git.repo import Repo
from tui.git.stop import StopSignal
from tui.git.sync import SyncOptions
from tui.git.work import never_fresh
from tui.store.config import ConfigError, Workspace, load_workspace
from tui.store.history import History
from tui.store.looks import Looks
from tui.store.memory import Memory
from tui.store.past import Past, last_success
from tui.store.paths import StateError, database_file, locks_folder, looks_file, make_state_folders
from tui.store.settings import Layer, Settings, resolve
from tui.view.lines import ago

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
            is_fresh=partial(_freshness, self) if settings.min_age else never_fresh,
        )
        work = make_work(options, settings.retry)
        journal = None
        if self.history:
            key = history_key(self.workspace)
            work = recording(work, partial(self.history.record, key))
            journal = Journal(partial(self.history.begin, key), self.history.finish)
        return Engine(
            work,
            limit=settings.jobs,
            host_limit=None if settings.source["host_jobs"] is Layer.DEFAULT else settings.host_jobs,
            fail_fast=settings.fail_fast,
            info=RunInfo(self.workspace.label, settings.source["jobs"], settings.dry_run),
            lock_key=lambda repo: lock_key(repo.path),
            journal=journal,
            spawn=spawn,
        )


def _freshness(wired: Wired, repo: Repo) -> str:
    """Why the repo is fresh enough for --min-age; empty where it is not, or a clock is wrong."""
    key = history_key(wired.workspace)
    if wired.history:
        success = wired.history.last_success(key, repo.id)
    else:
        success = past_of(wired.workspace).get(repo.id, Past()).last_success
    if success is None:
        return ""
    passed = time.time() - success
    return f"brought up to date {ago(passed)}" if 0 <= passed < wired.settings.min_age else ""


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
        repos = select(workspace.repos, words, facts_for(workspace, words, flags))
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
    repos = [_limited(repo, settings) for repo in _left_over(workspace, repos, settings)]
    plan = make_plan(repos, git_found=shutil.which("git") is not None, limit=settings.limit)
    plan = replace(plan, run=tuple(_in_order(workspace, plan.run, settings)))
    with nullcontext() if settings.dry_run else guarded(open_history) as history:
        yield Wired(workspace, settings, plan, tuple(repos), history)


def _left_over(workspace: Workspace, repos: list[Repo], settings: Settings) -> list[Repo]:
    """What --failed and --resume leave of the repos, in their order."""
    if settings.failed:
        past = past_of(workspace)
        repos = [repo for repo in repos if repo.id in past and past[repo.id].is_open]
        if not repos:
            click.echo("synctui: --failed: nothing has failed that is not acknowledged", err=True)
    if settings.resume:
        with guarded(lambda: History.read(database_file())) or nullcontext() as history:
            left = history.cut_off(history_key(workspace)) if history else []
        repos = [repo for repo in repos if repo.id in left]
        if not repos:
            click.echo("synctui: --resume: the last run ended all that it was to do", err=True)
    return repos


def _in_order(workspace: Workspace, repos: Sequence[Repo], settings: Settings) -> Sequence[Repo]:
    if settings.jobs == 1 or settings.order == "config":
        return repos
    with guarded(lambda: History.read(database_file())) or nullcontext() as history:
        if history is None:
            return repos
        key = history_key(workspace)
        durations = guarded(lambda: history.durations(key)) if settings.order == "longest" else {}
        past = guarded(lambda: history.past(key)) if settings.order == "stalest" else {}
    return ordered(repos, settings.order, durations, {repo: one.last_success for repo, one in past.items()})


def _limited(repo: Repo, settings: Settings) -> Repo:
    """The repo under the limits that are given for this run: they beat its entry's, which are the file's."""
    given = {key for key, layer in settings.source.items() if layer in {Layer.FLAG, Layer.VARIABLE}}
    if "timeout" in given:
        repo = replace(repo, timeout=settings.timeout)  # of a clone too
    return replace(repo, stall_timeout=None) if "stall_timeout" in given else repo


def open_history() -> History:
    """Ready to be written. Raises StateError."""
    make_state_folders()
    history = History.open(database_file())
    try:
        history.try_writing()
    except BaseException:
        history.__exit__()
        raise
    return history


def history_key(workspace: Workspace) -> str:
    """What the history calls the workspace, however the person came to it."""
    return os.path.realpath(workspace.path)


def past_of(workspace: Workspace) -> Mapping[str, Past]:
    """What is remembered of its repos, by repo id."""
    with guarded(lambda: History.read(database_file())) or nullcontext() as history:
        return guarded(lambda: history.past(history_key(workspace))) if history else {}


def facts_for(
    workspace: Workspace, words: Sequence[str], flags: Mapping[str, object]
) -> Callable[[Repo], Facts]:
    """Looks up only what the words ask for: each has its price."""
    asked = {word.removeprefix("-").partition(":")[0] for word in " ".join(words).split()}
    past = past_of(workspace) if asked & {"state", "stale"} else {}
    settings = resolve(flags, os.environ, workspace.settings, 0, None)
    rows: list[StatusRow] = []
    if asked & {"behind", "dirty", "stale"}:
        looks = Looks(looks_file())
        survey(workspace.repos, rows.append, StopSignal(), looks)
        if not settings.dry_run:
            looks.save()
    status = {row.repo.id: row.status for row in rows}
    now = time.time()

    def facts(repo: Repo) -> Facts:
        of_repo, seen = past.get(repo.id, Past()), status.get(repo.id, RepoStatus())
        success = last_success(of_repo, seen.last_fetch)
        return Facts(
            of_repo.state,
            behind=bool(seen.behind),
            dirty=bool(seen.dirty),
            stale=success is None or not 0 <= now - success < settings.stale_after,
        )

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
