"""The commands that open the app or run without it."""

import gc
import os
import sys
import time
from pathlib import Path
from typing import Any, Literal, NoReturn

import click

from tui.cli.asked import (
    Asked,
    has_terminal,
    history_key,
    needs_terminal,
    read_history,
    resolve_watch,
)
from tui.cli.flags import TOGETHER, Command, command_meant, config_flag, flags_of, run_flags, select_words
from tui.cli.wiring import watching, wired
from tui.engine.eta import Forecast
from tui.engine.selection import SelectionError
from tui.engine.shutdown import Ending, deaf_afterwards, leave, signals_unwind
from tui.headless.streams import Streams, print_and_leave
from tui.store.settings import Layer
from tui.view import ndjson

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
        from tui.cli.replay import play  # noqa: PLC0415  nobody else needs it

        leave(play(replay, Asked(words, config, flags), start=start))
    try:
        leave(_open_app(Asked(words, config, flags), start=start))
    except SelectionError as error:
        raise SelectionError(f"{error}{command_meant(words)}") from None


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
        needs_terminal("use `synctui demo --ndjson`")
    from tui.demo.workspace import CAST, demo_workspace  # noqa: PLC0415  nobody else needs it

    click.echo(f"making a workspace of {len(CAST)} repos to play with…", err=True)  # it takes a second or two
    with signals_unwind(), demo_workspace() as demo, deaf_afterwards():
        os.environ.update(demo.environment())
        asked = Asked(words, demo.config, flags, thrown_away=True)
        ending = _sync(asked) if headless else _open_app(asked, start=True)
    if not headless:
        click.echo("That was a demo: its workspace is gone.", err=True)
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
        with watching(kit, asked) as watch:
            return repeat(kit.engine(), watch, streams, show, Forecast(kit.durations))


def _tell_watch(asked: Asked) -> NoReturn:
    """Exit code 1 where no watch runs."""
    from tui.view import watching  # noqa: PLC0415  nobody else needs it

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
    from tui.cli.screen import open_app  # noqa: PLC0415  only the front end that is asked for

    return open_app(asked, start=start)


def _check_form(flags: dict[str, Any]) -> None:
    if all(flags[form] for form in _FORMS):
        raise click.UsageError("--json and --ndjson exclude each other")


COMMANDS = (app_command, sync_command, watch_command, demo_command)
