"""From what is asked to an engine: plan, settings and history of a run."""

import shutil
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import click
from msgspec import Struct, structs

from tui.cli.asked import Asked, history_key, open_history, read_history, resolve_run, resolved, settings_of
from tui.cli.flags import refuse
from tui.engine.engine import Engine, RunInfo, Turn, Work
from tui.engine.journal import Journal
from tui.engine.order import ordered
from tui.engine.plan import Plan, make_plan
from tui.engine.recorded import recording
from tui.engine.selection import own_named
from tui.engine.watch import Watch
from tui.git.lock import lock_key
from tui.git.outcome import Outcome
from tui.git.repo import Repo
from tui.store.config import Workspace
from tui.store.history import CutOff, History
from tui.store.memory import Memory
from tui.store.past import Past
from tui.store.paths import StateError, locks_folder
from tui.store.preferences import Preferences
from tui.store.settings import SETTINGS, Layer, Settings
from tui.view.lines import ago, clock_time, plural, stamp
from tui.view.run_log import RunLog

if TYPE_CHECKING:
    from tui.git.sync import SyncOptions

Layers = Callable[[Mapping[str, object]], Settings]
"""The settings for what the app remembers."""
_FRESH_PART = 0.9
"""Of the interval of a watch: so long a repo counts as fresh where --min-age says nothing."""


class Wired(Struct, frozen=True):
    """Everything a front end needs, decided before it is imported."""

    workspace: Workspace
    settings: Settings
    plan: Plan
    selected: tuple[Repo, ...]
    history: History
    """Only read by a dry run, which leaves no trace."""
    past: Mapping[str, Past]
    """What is remembered of its repos, by repo id."""
    durations: Mapping[str, Sequence[float]]
    """Seconds that their latest syncs took, by repo id, newest first."""
    resolved: Layers
    picked: frozenset[str]
    """Ids of the repos that the person named one by one: nobody asks whether they are fresh."""

    @property
    def key(self) -> str:
        return history_key(self.workspace)

    @property
    def host_limit(self) -> int | None:
        """None: as many jobs as there may be of all hosts."""
        return None if self.settings.source["host_jobs"] is Layer.DEFAULT else self.settings.host_jobs

    def engine(self, now: Callable[[], Settings] | None = None) -> Engine:
        """`now` gives the settings for a job that starts; those of the start where nobody changes any."""
        settings, locks = self.settings, locks_folder()

        def sync(turn: Turn) -> Outcome:
            # All that a sync takes comes with it, and nobody waits for that but the first job.
            from tui.engine.runner import make_work  # noqa: PLC0415  see above

            of_job = now() if now else settings
            return make_work(self._options(of_job, locks), of_job.retry)(turn)

        work: Work = sync
        journal = None
        if not settings.dry_run:
            work = recording(sync, partial(self.history.record, self.key))
            journal = Journal(partial(self.history.begin, self.key), self.history.finish, RunLog().tell)
        return Engine(
            work,
            limit=settings.jobs,
            host_limit=self.host_limit,
            start_delay=settings.start_delay,
            fail_fast=settings.fail_fast,
            info=RunInfo(self.workspace.label, settings.source["jobs"], settings.dry_run),
            lock_key=lambda repo: lock_key(repo.path),
            journal=journal,
        )

    def in_order(self, repos: Iterable[Repo], settings: Settings) -> list[Repo]:
        """Of the selected ones, as a run of them would begin."""
        wanted = {repo.id for repo in repos}
        chosen = [repo for repo in self.selected if repo.id in wanted]
        return _in_order(chosen, settings, self.past, self.durations)

    def _options(self, settings: Settings, locks: Path) -> "SyncOptions":
        from tui.git.sync import SyncOptions  # noqa: PLC0415  as the work itself
        from tui.git.work import never_fresh  # noqa: PLC0415  as above

        return SyncOptions(
            stall_timeout=settings.stall_timeout,
            timeout=settings.timeout,
            lock_wait=settings.lock_wait,
            fetch_only=settings.fetch_only,
            all_branches=settings.all_branches,
            clone=not settings.no_clone,
            dry_run=settings.dry_run,
            min_free=settings.min_free,
            lock_dir=locks,
            is_fresh=self._freshness if settings.min_age else never_fresh,
        )

    def _freshness(self, repo: Repo) -> str:
        """Why the repo is fresh enough for --min-age; empty where it is not, or a clock is wrong."""
        if repo.id in self.picked:
            return ""
        success = self.history.last_success(self.key, repo.id)
        passed = _fresh_for(success, self.settings.min_age)
        return "" if passed is None else f"brought up to date {ago(passed)}"


@contextmanager
def wired(asked: Asked, memory: Memory | None = None) -> Iterator[Wired]:
    """Raises what resolve_run does, and StateError."""
    workspace, selected, settings = resolve_run(asked, memory)

    def layered(remembered: Mapping[str, object]) -> Settings:
        settings = settings_of(asked, workspace, selected, remembered)
        return _repeated(settings) if asked.repeats else settings

    repos: Sequence[Repo] = selected
    if asked.repeats:
        settings = _repeated(settings)
    with read_history() if settings.dry_run else open_history() as history:
        key = history_key(workspace)
        past, durations = history.past(key), history.durations(key)
        repos = _left_over(repos, settings, past, history.cut_off(key) if settings.resume else None)
        if settings.failed and not repos:
            click.echo("synctui: --failed: nothing has failed that is not acknowledged", err=True)
        if settings.resume and not repos:
            click.echo("synctui: --resume: the last run ended all that it was to do", err=True)
        # What a watch repeats is no pick.
        picked = () if asked.repeats else asked.words
        own = own_named(repos, picked, ignore_case=asked.ignore_case)
        plan = _plan(repos, settings, past, durations, picked=own)
        yield Wired(workspace, settings, plan, tuple(repos), history, past, durations, layered, own)


def _repeated(settings: Settings) -> Settings:
    """Those of a watch."""
    for key in ("dry_run", "resume", "json"):
        if getattr(settings, key):
            refuse(f"{SETTINGS[key].flag} ({settings.source[key]}) is for one run; a watch repeats them")
    if settings.source["min_age"] is not Layer.DEFAULT:
        return settings
    # What was synced by hand since the last pass is left out of the next. Not all of the interval: clocks are
    # set, and what ended last must not miss every other pass.
    return structs.replace(settings, min_age=settings.every * _FRESH_PART)


def plan_of_pass(kit: Wired, asked: Asked) -> Plan:
    """The next pass of a watch, of the repos that the workspace file now names, under the settings of `kit`.

    Raises what resolve_run does, and StateError.
    """
    _, repos, _ = resolved(asked)
    history, key, now = kit.history, kit.key, time.time()
    past = history.past(key)
    held = {
        repo: f"left alone until {clock_time(now + left, now)}, after {plural(failure.own, 'failure')} in a row;"
        f" `synctui sync {repo}` tries it now"
        for repo, one in past.items()
        if (failure := one.failure) and (left := failure.held_for(kit.settings.every, now))
    }
    return _plan(_left_over(repos, kit.settings, past), kit.settings, past, history.durations(key), held)


@contextmanager
def watching(kit: Wired, asked: Asked, preferences: Preferences | None = None) -> Iterator[Watch]:
    """The watch of the workspace, within the block; there is one at a time."""

    def plan() -> Plan:
        settings_now = preferences.settings if preferences else kit.settings
        return plan_of_pass(structs.replace(kit, settings=settings_now), asked)

    settings, watches = kit.settings, kit.history.watches
    if other := watches.take(kit.key, settings.every, time.time()):
        refuse(
            f"{kit.workspace.label} is watched already, by {other} since {stamp(other.started_at)};"
            f" `synctui watch --status` tells how it is, `kill {other.pid}` on {other.host} ends it"
        )
    try:
        watch = Watch(plan, settings.every, settings.window)
        with watch.beating(lambda passes, next_start: watches.beat(kit.key, passes, next_start, time.time())):
            yield watch
    finally:
        with suppress(StateError):
            watches.release(kit.key)


def _plan(
    repos: list[Repo],
    settings: Settings,
    past: Mapping[str, Past],
    durations: Mapping[str, Sequence[float]],
    held: Mapping[str, str] | None = None,
    picked: frozenset[str] = frozenset(),
) -> Plan:
    fresh = {repo for repo, one in past.items() if _fresh_for(one.last_success, settings.min_age) is not None}
    fresh -= picked
    git_found = shutil.which("git") is not None
    plan = make_plan(repos, git_found=git_found, limit=settings.limit, held=held, fresh=fresh)
    return structs.replace(plan, run=tuple(_in_order(plan.run, settings, past, durations)))


def _in_order(
    repos: Sequence[Repo],
    settings: Settings,
    past: Mapping[str, Past],
    durations: Mapping[str, Sequence[float]],
) -> list[Repo]:
    if settings.jobs == 1:  # which keeps the order of the file
        return list(repos)
    successes = {repo: one.last_success for repo, one in past.items()}
    return ordered(repos, settings.order, durations, successes)


def _fresh_for(success: float | None, min_age: float) -> float | None:
    """Seconds since a success that is younger than `min_age`; None: it is not, or some clock is wrong."""
    passed = -1.0 if success is None else time.time() - success
    return passed if 0 <= passed < min_age else None


def _left_over(
    repos: Sequence[Repo], settings: Settings, past: Mapping[str, Past], cut_off: CutOff | None = None
) -> list[Repo]:
    """What --failed and --resume leave of the repos, in their order, under the limits given for this run."""
    if settings.failed:
        repos = [repo for repo in repos if repo.id in past and past[repo.id].is_open]
    if settings.resume:
        left = set(cut_off.left) if cut_off else set()
        repos = [repo for repo in repos if repo.id in left]
    # What is given for this run beats what the file says of an entry.
    given = {key for key, layer in settings.source.items() if layer in {Layer.FLAG, Layer.VARIABLE}}
    if "timeout" in given:
        repos = [structs.replace(repo, timeout=settings.timeout) for repo in repos]  # of a clone too
    if "stall_timeout" in given:
        repos = [structs.replace(repo, stall_timeout=None) for repo in repos]
    return list(repos)
