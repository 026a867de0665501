"""The flags and words of the command line, as the settings and SELECT define them."""

import gc
from collections.abc import Callable, Sequence
from importlib import import_module
from itertools import pairwise
from pathlib import Path
from typing import Any, NoReturn, TypeVar

import click
from click.shell_completion import CompletionItem

from tui.engine.completion import Completer
from tui.engine.selection import SelectionError, is_predicate
from tui.git.clean import clean_text
from tui.store.config import ConfigError
from tui.store.kinds import SettingError, Switch, nearest
from tui.store.paths import StateError
from tui.store.settings import SETTINGS, Setting

_Function = TypeVar("_Function", bound=Callable[..., Any])

_SHORT = {
    "jobs": ("-j",),
    "dry_run": ("-n",),
    "fail_fast": ("-x", "--exit-on-error"),
    "quiet": ("-q",),
    "verbose": ("-v",),
}

TOGETHER = """SELECT, --failed and --resume each narrow the run; --limit counts what is left of it and is neither skipped
nor fresh. --host-jobs and --start-delay count for each host, --jobs for all of them together; in the app a pick
goes past all three. What was picked there, or is named here by its own id or path, goes past --min-age. A --timeout or --stall-timeout that is given here or by a variable beats
that of an entry. --no-clone beats the `clone` of an entry, --fetch-only beats --all-branches. --json and --ndjson
exclude each other, and --progress is for --ndjson."""
"""How the flags of a run meet, for its help."""

_OF_OTHERS = {"stale_after", "severe_after", "every", "window", "theme"}


class Value(click.ParamType[object]):
    """A flag's value, read as the settings define it."""

    def __init__(self, setting: Setting) -> None:
        self.setting = setting
        self.name = setting.key

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> object:
        try:
            return self.setting.kind.parse(str(value))
        except SettingError as error:
            self.fail(str(error), param, ctx)


def flags_of(*keys: str) -> Callable[[_Function], _Function]:
    """A flag for each of these settings."""

    def decorate(function: _Function) -> _Function:
        for key in reversed(keys):
            function = _flag(SETTINGS[key])(function)
        return function

    return decorate


def _flag(setting: Setting) -> Callable[[_Function], _Function]:
    names = (*_SHORT.get(setting.key, ()), setting.flag, setting.key)
    if isinstance(setting.kind, Switch):
        return click.option(*names, is_flag=True, default=None, help=setting.help)
    text = f"{setting.help}  [{setting.default_text}]"
    return click.option(*names, type=Value(setting), metavar=_metavar(setting), help=text)


def _metavar(setting: Setting) -> str:
    words = {"whole": "N", "seconds": "SECONDS", "bytes": "SIZE"}
    return next((metavar for word, metavar in words.items() if word in setting.kind.allowed), "WHEN")


run_flags = flags_of(*(key for key in SETTINGS if key not in _OF_OTHERS))
"""Those of every command that runs."""
config_flag = click.option(
    "-c", "--config", type=click.Path(path_type=Path), metavar="FILE", help="the workspace file"
)


def select_words(function: _Function) -> _Function:
    """SELECT, and how it is compared."""
    ignore = click.option(
        "-i", "--ignore-case", is_flag=True, help="SELECT: capital and small letters are the same"
    )
    words = click.argument("words", nargs=-1, metavar="[SELECT]...", shell_complete=_complete_words)
    return words(ignore(function))


def _complete_words(ctx: click.Context, _param: click.Parameter | None, begun: str) -> list[str]:
    """Without a word where the workspace cannot be read: who completes wants no message."""
    from tui.cli.asked import workspace_asked  # noqa: PLC0415  it needs this file

    try:
        completer = Completer(workspace_asked(ctx.params.get("config")).repos)
    except ConfigError:
        return []
    return completer.words(begun) + completer.ids(begun)


def command_meant(words: Sequence[str]) -> str:
    """` (did you mean the command "sync"?)`: a word for the app that looks like one, which would stand first; else nothing."""
    return next((told for word in words if (told := nearest(word, _MODULES, "the command "))), "")


def refuse(text: str) -> NoReturn:
    click.echo(f"synctui: {text}", err=True)
    raise SystemExit(2)


class Command(click.Command):
    """Takes `-tag:web`, `-dirty` and `-web/*` for what they are: words of SELECT, not bundles of flags.

    A workspace file, a SELECT or a state folder that cannot be used is one line and exit code 2.
    """

    def invoke(self, ctx: click.Context) -> Any:
        try:
            return super().invoke(ctx)
        except (ConfigError, SelectionError, StateError) as error:
            refuse(str(error))

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        if all(param.name != "words" for param in self.params):
            return super().parse_args(ctx, args)
        options = [param for param in self.params if isinstance(param, click.Option) and not param.is_flag]
        with_value = {flag for option in options for flag in option.opts}
        words: list[str] = []
        rest: list[str] = []
        for before, word in pairwise(["", *args]):
            negates = _negates(word) and before not in with_value and word[:2] not in with_value
            (words if negates else rest).append(word)
        if words:
            rest += [*(["--"] if "--" not in rest else []), *words]
        try:
            return super().parse_args(ctx, rest)
        except click.NoSuchOption as error:
            if name := _perhaps_negated(args, error.option_name):
                hint = f"to leave out `{name}`, write `-- -{name}`"
                raise click.UsageError(f"{_mistake(error)} ({hint})", ctx) from None
            raise


def _negates(word: str) -> bool:
    """Whether it can only be the negation of a predicate, of a glob, or of an id or path with a `/`."""
    single = word.startswith("-") and not word.startswith("--")
    return single and (is_predicate(word) or any(sign in word for sign in "/*?["))


def _perhaps_negated(words: Sequence[str], option: str) -> str | None:
    """`beta` of the `-beta` in which no flag is `-b`: some name may be meant."""
    if option.startswith("--"):
        return None
    bundles = (word[1:] for word in words if len(word) > len(option) and word[0] == "-" != word[1])
    return next((name for name in bundles if option[1] in name), None)


_MODULES = {
    **dict.fromkeys(("app", "sync", "watch", "demo"), "runs"),
    **dict.fromkeys(("status", "config", "list", "doctor"), "reports"),
    **dict.fromkeys(("log", "ack", "unlock"), "memory"),
    **dict.fromkeys(("scan", "add", "import"), "workspace"),
}
"""Where each command is."""


class Group(click.Group):
    """`synctui` without a command opens the app. Only the one that is asked for is imported."""

    def list_commands(self, _ctx: click.Context) -> list[str]:
        return sorted(_MODULES)

    def get_command(self, _ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in _MODULES:
            return None
        gc.disable()
        commands: Sequence[click.Command] = import_module(f"tui.cli.{_MODULES[cmd_name]}").COMMANDS
        gc.freeze()  # what is loaded stays
        gc.enable()
        return next(one for one in commands if one.name == cmd_name)

    def shell_complete(self, ctx: click.Context, incomplete: str) -> list[CompletionItem]:
        """A command, or a word of SELECT for the app."""
        words = [] if incomplete.startswith("-") else _complete_words(ctx, None, incomplete)
        return [*super().shell_complete(ctx, incomplete), *map(CompletionItem, words)]

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        if ctx.resilient_parsing and not args:  # the shell completes the first word, which may be a command
            return super().parse_args(ctx, args)
        if not args or (args[0] not in _MODULES and args[0] not in {"-h", "--help", "--version"}):
            return super().parse_args(ctx, ["app", *args])
        return super().parse_args(ctx, args if args[0] in _MODULES else args[:1])

    def invoke(self, ctx: click.Context) -> Any:
        """Ends with one line and exit code 2 for a mistake on the command line."""
        try:
            return super().invoke(ctx)
        except click.UsageError as error:
            see = f"`{ctx.command_path} {ctx.invoked_subcommand} --help`"
            refuse(f"{_mistake(error)}; see {see}")


def _mistake(error: click.UsageError) -> str:
    if isinstance(error, click.NoSuchOption):
        meant = " or ".join(error.possibilities or ())
        return (
            f"no such option: {clean_text(error.option_name)}{f' (did you mean {meant}?)' if meant else ''}"
        )
    told = clean_text(error.format_message()).removesuffix(".")
    return told[:1].lower() + told[1:]
