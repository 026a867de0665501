"""From what is asked to the full-screen app."""

import time
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import replace
from functools import cache, partial

import click

from tui.cli.asked import Asked, needs_terminal, submodule_jobs_of
from tui.cli.wiring import watching, wired
from tui.engine.shutdown import Ending
from tui.engine.survey import survey
from tui.store.looks import Looks
from tui.store.memory import Memory
from tui.store.paths import StateError, looks_file, memory_file
from tui.store.preferences import Preferences
from tui.store.settings import crowding
from tui.view import chronicle
from tui.view.arrivals import of_results


def open_app(asked: Asked, *, start: bool) -> Ending:
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
            with watching(kit, asked, preferences) as watch:
                ending = SynctuiApp(replace(session, watch=watch)).run_to_end()
        else:
            ending = SynctuiApp(session).run_to_end()
        if looks.cache_info().currsize and not kit.settings.dry_run:
            looks().save()
    return _exit_zero(ending) if kit.settings.exit_zero else ending


def _forget(_key: object, _value: object) -> None:
    """What a dry run does with what is set in it."""


def _exit_zero(ending: Ending) -> Ending:
    return Ending(0, ending.signal) if ending.exit_code == 1 else ending
