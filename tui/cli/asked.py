"""From the words of the command line to the workspace, its settings and what is remembered of it."""

import os
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import click
from msgspec import Struct, field

from tui.cli.flags import refuse
from tui.engine.selection import FLAG_WORDS, Facts, NothingSelected, select, without_archived
from tui.engine.shutdown import signals_unwind
from tui.git.repo import Repo
from tui.store.config import ConfigError, Workspace, load_workspace, workspace_file
from tui.store.history import History
from tui.store.memory import Memory
from tui.store.past import Past
from tui.store.paths import database_file, make_state_folders
from tui.store.settings import Settings, resolve

_LOOKED_UP = {"state", *FLAG_WORDS}


class Asked(Struct, frozen=True):
    """What stands on the command line."""

    words: Sequence[str] = ()
    """Of SELECT."""
    config: Path | None = None
    flags: Mapping[str, object] = field(default_factory=dict)
    """Their parsed values by name, None where one was not given."""
    repeats: bool = False
    """For a watch: that no repo is meant now is no mistake, since one may be later."""
    thrown_away: bool = False
    """The workspace goes at the end, with all that was remembered in it."""

    @property
    def archived(self) -> bool:
        """Also those that are archived."""
        return bool(self.flags.get("archived"))

    @property
    def ignore_case(self) -> bool:
        """Whether capital and small letters of the words are the same."""
        return bool(self.flags.get("ignore_case"))


def resolve_run(asked: Asked, memory: Memory | None = None) -> tuple[Workspace, list[Repo], Settings]:
    """Raises ConfigError, SelectionError and, for words that ask for what is remembered, StateError."""
    with signals_unwind():
        workspace, repos, settings = resolved(asked, memory)
    for warning in (*workspace.warnings, *settings.warnings):
        click.echo(f"synctui: {warning}", err=True)
    return workspace, repos, settings


def resolved(asked: Asked, memory: Memory | None = None) -> tuple[Workspace, list[Repo], Settings]:
    """The same without a word about warnings."""
    workspace = workspace_asked(asked.config)
    try:
        repos = select(
            workspace.repos, asked.words, _facts_for(workspace, asked), ignore_case=asked.ignore_case
        )
        if not asked.archived:
            repos = without_archived(repos, asked.words, ignore_case=asked.ignore_case)
    except NothingSelected:
        if not asked.repeats:
            raise
        repos = []
    remembered = memory.settings(workspace.path) if memory else {}
    return workspace, repos, settings_of(asked, workspace, repos, remembered)


def workspace_asked(config: Path | None) -> Workspace:
    """Raises ConfigError."""
    return load_workspace(config, _here(), os.environ)


def settings_of(
    asked: Asked, workspace: Workspace, repos: Sequence[Repo], remembered: Mapping[str, object]
) -> Settings:
    """Those of a run of these repos, for what the app remembers."""
    return resolve(
        asked.flags,
        os.environ,
        workspace.settings,
        len(workspace.repos if asked.repeats else repos),
        os.cpu_count(),
        file_name=str(workspace.path),
        remembered=remembered,
        submodule_jobs=submodule_jobs_of(repos),
    )


def resolve_watch(asked: Asked) -> tuple[Workspace, Settings]:
    """Of a watch that goes on, also where its workspace file cannot be used just now: that is said.

    Raises ConfigError where the current folder is gone.
    """
    try:
        workspace, _, settings = resolve_run(asked)
    except ConfigError as error:
        place = workspace_file(asked.config, _here(), os.environ) or _here()
        click.echo(f"synctui: {error}", err=True)
        return Workspace(place, False, {}, ()), resolve(asked.flags, os.environ, {}, 0, None)
    return workspace, settings


def _here() -> Path:
    try:
        return Path.cwd()
    except FileNotFoundError:
        raise ConfigError("the current folder is gone; go to another one") from None


def submodule_jobs_of(repos: Sequence[Repo]) -> int:
    """As many as git fetches at a time in each of them; 0 where none has submodules."""
    if not any(repo.submodules for repo in repos):
        return 0
    from tui.git.submodules import submodule_jobs  # noqa: PLC0415  the whole of a sync comes with it

    return submodule_jobs()


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


def read_history() -> History:
    """To ask only. Raises StateError."""
    return History.read(database_file())


def history_key(workspace: Workspace) -> str:
    """What the history calls the workspace, however the person came to it."""
    return os.path.realpath(workspace.path)


def past_of(workspace: Workspace) -> Mapping[str, Past]:
    """What is remembered of its repos, by repo id. Raises StateError."""
    with read_history() as history:
        return history.past(history_key(workspace))


def _facts_for(workspace: Workspace, asked: Asked) -> Callable[[Repo], Facts]:
    """Looks up only what the words ask for: each has its price."""
    predicates = {word.removeprefix("-").partition(":")[0] for word in " ".join(asked.words).split()}
    if not predicates & _LOOKED_UP:
        return lambda _repo: Facts()
    from tui.cli.facts import facts_for  # noqa: PLC0415  who looks at the repos needs much that others do not

    return facts_for(workspace, asked, predicates)


def has_terminal() -> bool:
    # Textual reads stdin and draws on stderr; without either nothing could be seen or ended.
    return sys.stdin.isatty() and sys.stderr.isatty() and not _is_dumb()


def _is_dumb() -> bool:
    return os.environ.get("TERM") == "dumb"


def needs_terminal(instead: str) -> None:
    if not has_terminal():
        needed = (
            "a terminal that can move its cursor, and TERM=dumb says it cannot"
            if _is_dumb()
            else "a terminal"
        )
        refuse(f"the app needs {needed}; without one {instead}")
