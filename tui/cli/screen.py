"""From what is asked to the full-screen app."""

import time
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from contextlib import ExitStack, suppress
from functools import cache, partial
from typing import TYPE_CHECKING, Any

import click
from msgspec import structs

from tui.cli.asked import Asked, needs_terminal, submodule_jobs_of
from tui.cli.flags import command_meant
from tui.cli.wiring import watching, wired
from tui.engine.engine import Engine, Spawn, daemon_thread
from tui.engine.shutdown import STOP_GRACE, Ending, signals_unwind
from tui.engine.survey import survey
from tui.git.outcome import Reason
from tui.store.looks import Looks
from tui.store.memory import Memory
from tui.store.paths import StateError, looks_file, memory_file
from tui.store.preferences import Preferences
from tui.store.settings import crowding
from tui.view import chronicle
from tui.view.arrivals import of_results

if TYPE_CHECKING:
    from tui.app.session import Session


def open_app(asked: Asked, *, start: bool) -> Ending:
    needs_terminal(f"use `synctui sync`{command_meant(asked.words)}")
    with signals_unwind(), ExitStack() as stack:
        session: Future[Session] = Future()
        make = partial(_make, session, partial(_session, stack, asked, start=start))
        open_it = partial(daemon_thread, make, "open")
        if start:  # while the remotes are waited for there is time to import Textual, which takes long
            open_it()
        from tui.app.app import SynctuiApp  # noqa: PLC0415  see above

        ending = SynctuiApp(session, on_first_frame=None if start else open_it).run_to_end()
        if session.done() and session.result().preferences.settings.exit_zero:
            return _exit_zero(ending)
    return ending


def _make(session: "Future[Session]", make: Callable[[], "Session"]) -> None:
    try:
        session.set_result(make())
    except BaseException as error:  # noqa: BLE001  the future carries it to whoever waits
        session.set_exception(error)


def _session(stack: ExitStack, asked: Asked, *, start: bool) -> "Session":
    """What the app is to show; the end of the stack closes all that is open for it."""
    memory = Memory(memory_file())
    kit = stack.enter_context(wired(asked, memory))
    path, keeps = kit.workspace.path, not kit.settings.dry_run
    preferences = Preferences(
        kit.resolved,
        memory.settings(path),
        partial(memory.set, path) if keeps else _forget,
        kit.workspace.label,
    )
    watch = stack.enter_context(watching(kit, asked, preferences)) if asked.repeats else None
    engine = kit.engine(now=lambda: preferences.settings)
    cut_off = None if kit.settings.resume else kit.history.cut_off(kit.key)
    if start:
        stack.callback(_end_jobs, engine)
        with suppress(StateError):  # the app tries again, and tells
            engine.start(kit.plan.run, kit.plan.settled)

    def with_spawn(spawn: Spawn) -> Engine:
        engine.spawn = spawn
        return engine

    from tui.app.actions import read_keys  # noqa: PLC0415  Textual takes its time
    from tui.app.session import Session  # noqa: PLC0415  as above
    from tui.app.views import Left, Views  # noqa: PLC0415  as above

    keys, wrong_keys = read_keys()
    wrong = [memory.warning, *wrong_keys] if memory.warning else wrong_keys
    for line in wrong:
        click.echo(f"synctui: {line}", err=True)

    is_new = keeps and memory.is_new
    if is_new:
        stack.callback(_greet, memory)

    left = Left.of(memory.left(path))
    left = structs.replace(left, marks=left.marks.intersection(repo.id for repo in kit.workspace.repos))

    looks = cache(lambda: Looks(looks_file()))  # opened by the survey, off the screen's thread
    if keeps:
        stack.callback(_save, looks)

    def history(repo_id: str) -> list[tuple[str, ...]]:
        return chronicle.cells_of_repo(kit.history.results_of_repo(kit.key, repo_id))

    def acknowledge(repo_ids: Sequence[str]) -> list[str]:
        if kit.settings.dry_run:
            raise StateError("a dry run keeps nothing, and acknowledges nothing")
        return kit.history.ledger.acknowledge(kit.key, repo_ids, time.time())

    return Session(
        engine=with_spawn,
        workspace=kit.workspace.label,
        repos=kit.selected,
        plan=kit.plan,
        start=start,
        crowding=partial(crowding, submodule_jobs=submodule_jobs_of(kit.selected)),
        preferences=preferences,
        keys=keys,
        views=Views(memory.views(path), partial(memory.save_view, path) if keeps else _forget),
        left=left,
        leave=partial(memory.leave, path) if keeps else _forget,
        in_order=lambda repos: kit.in_order(repos, preferences.settings),
        greets=is_new,
        warnings=(*kit.workspace.warnings, *kit.settings.warnings, *wrong),
        dry_run=kit.settings.dry_run,
        forgetful="A dry run" if not keeps else "A demo" if asked.thrown_away else "",
        jobs_source=kit.settings.source["jobs"],
        host_jobs=kit.host_limit,
        watch=watch,
        past=kit.past,
        recall=None if kit.settings.dry_run else partial(kit.history.past, kit.key),
        acknowledge=acknowledge,
        cut_off=cut_off,
        arrivals=lambda since: of_results(kit.history.results_since(kit.key, since, with_news=True)),
        durations=kit.durations,
        survey=lambda repos, on_row, stop: survey(repos, on_row, stop, looks()),
        history=history,
    )


def _save(looks: Any) -> None:
    """Those that have been opened."""
    if looks.cache_info().currsize:
        looks().save()


def _greet(memory: Memory) -> None:
    with suppress(StateError):  # then the next session greets again
        memory.greet()


def _end_jobs(engine: Engine) -> None:
    """No job may outlive what it was begun for, as where the screen could not be opened."""
    if not engine.snapshot().idle:
        engine.cancel_all(Reason.QUIT)
        engine.wait_idle(STOP_GRACE)


def _forget(*_set: object) -> None:
    """What a dry run does with what is set in it."""


def _exit_zero(ending: Ending) -> Ending:
    return Ending(0, ending.signal) if ending.exit_code == 1 else ending
