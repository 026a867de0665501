"""The commands that open the app or run without it."""

import gc
import os
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import replace
from functools import cache, partial
from pathlib import Path
from typing import Any, Literal, NoReturn

import click
from msgspec import structs

from tui.cli.asked import (
    Asked,
    has_terminal,
    history_key,
    needs_terminal,
    read_history,
    resolve_watch,
    submodule_jobs_of,
)
from tui.cli.flags import TOGETHER, Command, config_flag, flags_of, refuse, run_flags, select_words
from tui.cli.replay import play
from tui.cli.wiring import Wired, plan_of_pass, wired
from tui.engine.eta import Forecast
from tui.engine.plan import Plan
from tui.engine.shutdown import Ending, deaf_afterwards, leave, signals_unwind
from tui.engine.survey import survey
from tui.engine.watch import Watch
from tui.headless.streams import Streams, print_and_leave
from tui.store.looks import Looks
from tui.store.memory import Memory
from tui.store.paths import StateError, looks_file, memory_file
from tui.store.preferences import Preferences
from tui.store.settings import Layer, crowding
from tui.view import chronicle, ndjson, watching
from tui.view.arrivals import of_results
from tui.view.lines import stamp

_FORMS: tuple[Literal["ndjson", "json"], ...] = ("ndjson", "json")


@click.command("app", cls=Command, epilog=TOGETHER)
@flags_of("theme")
@click.option("--start", is_flag=True, help="begin the run at once")
@click.option("--replay", metavar="FILE", help="play what `synctui sync --ndjson` printed; - reads stdin")
@config_flag
@run_flags
@select_words
def app_command(
    words: tuple[str, ...], config: Path | None, start: bool, replay: str | None, **flags: object
) -> None:
    """Open the full-screen app on the plan; without a command it is this one."""
    if replay is not None:
        leave(play(replay, Asked(words, config, flags), start=start))
    leave(_open_app(Asked(words, config, flags), start=start))


@click.command("sync", cls=Command, epilog=TOGETHER)
@config_flag
@run_flags
@select_words
def sync_command(words: tuple[str, ...], config: Path | None, **flags: object) -> None:
    """Bring the repos up to date without a screen."""
    _check_form(flags)
    leave(_sync(Asked(words, config, flags)))


@click.command("watch", cls=Command, epilog=TOGETHER)
@flags_of("every", "window", "theme")
@click.option(
    "--status", "asks", is_flag=True, help="say how the watch of this workspace is; with --json too"
)
@config_flag
@run_flags
@select_words
def watch_command(words: tuple[str, ...], config: Path | None, asks: bool, **flags: object) -> None:
    """Repeat the run: the first at once, each later one so long after the end of the one before.

    On a terminal it opens the app; without one, or with --ndjson or -q, it is as `synctui sync`.
    """
    if asks:
        _tell_watch(Asked((), config, flags))
    on_screen = has_terminal() and sys.stdout.isatty() and not (flags["ndjson"] or flags["quiet"])
    asked = Asked(words, config, flags, repeats=True)
    leave(_open_app(asked, start=False) if on_screen else _sync(asked))


@click.command("demo", cls=Command, epilog=TOGETHER)
@flags_of("theme")
@run_flags
@select_words
def demo_command(words: tuple[str, ...], **flags: object) -> None:
    """Open and start a throw-away workspace of real repos and remotes in every state."""
    _check_form(flags)
    headless = any(flags[form] for form in _FORMS)
    if not headless:
        needs_terminal("synctui demo --ndjson")
    from tui.demo.workspace import demo_workspace  # noqa: PLC0415  nobody else needs it

    with signals_unwind(), demo_workspace() as demo, deaf_afterwards():
        os.environ.update(demo.environment())
        asked = Asked(words, demo.config, flags)
        if headless:
            ending = _sync(asked)
        else:
            ending = _open_app(asked, start=True)
            click.echo("That was a demo: its workspace is gone, and its advice with it.", err=True)
    leave(ending)


def _sync(asked: Asked) -> Ending:
    from tui.headless.run import Form, Show, repeat, run  # noqa: PLC0415  only the front end that is asked for

    with wired(asked) as kit:
        settings = kit.settings
        order = list(Layer)
        forms: list[Form] = [form for form in _FORMS if getattr(settings, form)]
        show = Show(
            # A flag for the one beats a variable for the other.
            form=min(forms, key=lambda form: order.index(settings.source[form]), default="text"),
            progress=settings.progress,
            quiet=settings.quiet,
            verbose=settings.verbose,
            exit_zero=settings.exit_zero,
        )
        streams = Streams(settings.color)
        if not asked.repeats:
            return run(kit.engine(), kit.plan, streams, show, Forecast(kit.durations))
        with _watching(kit, asked) as watch:
            return repeat(kit.engine(), watch, streams, show, Forecast(kit.durations))


@contextmanager
def _watching(kit: Wired, asked: Asked, preferences: Preferences | None = None) -> Iterator[Watch]:
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


def _tell_watch(asked: Asked) -> NoReturn:
    """Exit code 1 where no watch runs."""
    workspace, settings = resolve_watch(asked)
    now = time.time()
    with read_history() as history:
        watch = history.watches.of(history_key(workspace), now)
    told = (
        [ndjson.encode(watching.document(workspace.label, watch, now))]
        if settings.json
        else watching.lines(workspace.label, watch, now)
    )
    print_and_leave(told, 0 if watch and watch.alive else 1)


def _open_app(asked: Asked, *, start: bool) -> Ending:
    gc.disable()  # until the first frame nothing becomes garbage
    memory = Memory(memory_file())
    if memory.warning:
        click.echo(memory.warning, err=True)
    with wired(asked, memory) as kit:
        needs_terminal("synctui sync")
        from tui.app.actions import read_keys  # noqa: PLC0415  Textual takes its time
        from tui.app.app import SynctuiApp  # noqa: PLC0415  as above
        from tui.app.session import Session  # noqa: PLC0415  as above
        from tui.app.views import Views  # noqa: PLC0415  as above

        keys, wrong_keys = read_keys()
        for line in wrong_keys:
            click.echo(f"synctui: {line}", err=True)

        keeps = not kit.settings.dry_run
        path = kit.workspace.path
        preferences = Preferences(
            kit.resolved,
            memory.settings(path),
            partial(memory.set, path) if keeps else _forget,
            kit.workspace.label,
        )
        is_new = keeps and memory.is_new
        if is_new:
            with suppress(StateError):  # then the next session greets again
                memory.greet()

        looks = cache(lambda: Looks(looks_file()))  # opened by the survey, off the screen's thread

        def history(repo_id: str) -> list[tuple[str, ...]]:
            return chronicle.cells_of_repo(kit.history.results_of_repo(kit.key, repo_id))

        def acknowledge(repo_ids: Sequence[str]) -> list[str]:
            if kit.settings.dry_run:
                raise StateError("a dry run keeps nothing, and acknowledges nothing")
            return kit.history.ledger.acknowledge(kit.key, repo_ids, time.time())

        session = Session(
            engine=lambda spawn: kit.engine(spawn, lambda: preferences.settings),
            workspace=kit.workspace.label,
            repos=kit.selected,
            plan=kit.plan,
            start=start,
            crowding=partial(crowding, submodule_jobs=submodule_jobs_of(kit.selected)),
            preferences=preferences,
            keys=keys,
            views=Views(memory.views(path), partial(memory.save_view, path) if keeps else _forget),
            in_order=lambda repos: kit.in_order(repos, preferences.settings),
            greets=is_new,
            warnings=wrong_keys,
            dry_run=kit.settings.dry_run,
            jobs_source=kit.settings.source["jobs"],
            host_jobs=kit.host_limit,
            past=kit.past,
            recall=None if kit.settings.dry_run else partial(kit.history.past, kit.key),
            acknowledge=acknowledge,
            cut_off=None if kit.settings.resume else kit.history.cut_off(kit.key),
            arrivals=lambda since: of_results(kit.history.results_since(kit.key, since, with_news=True)),
            durations=kit.durations,
            survey=lambda repos, on_row, stop: survey(repos, on_row, stop, looks()),
            history=history,
        )
        if asked.repeats:
            with _watching(kit, asked, preferences) as watch:
                ending = SynctuiApp(replace(session, watch=watch)).run_to_end()
        else:
            ending = SynctuiApp(session).run_to_end()
        if looks.cache_info().currsize and not kit.settings.dry_run:
            looks().save()
    return _exit_zero(ending) if kit.settings.exit_zero else ending


def _forget(_key: object, _value: object) -> None:
    """What a dry run does with what is set in it."""


def _check_form(flags: dict[str, Any]) -> None:
    if all(flags[form] for form in _FORMS):
        raise click.UsageError("--json and --ndjson exclude each other")


def _exit_zero(ending: Ending) -> Ending:
    return Ending(0, ending.signal) if ending.exit_code == 1 else ending


COMMANDS = (app_command, sync_command, watch_command, demo_command)
