"""The commands on what is remembered: runs, results, open failures and locks."""

import datetime as dt
import time
from pathlib import Path

import click

from tui.cli.asked import Asked, history_key, open_history, read_history, resolve_run
from tui.cli.flags import Command, config_flag, flags_of, refuse, select_words
from tui.engine.selection import select
from tui.git.clean import clean_text, shell_word
from tui.git.git_locks import explain_git_locks
from tui.git.holder import what_helps
from tui.git.lock import LockUnsupported, RepoBusy, free_lock, lock_file
from tui.headless.streams import print_and_leave
from tui.store.config import Workspace
from tui.store.kinds import SettingError
from tui.store.logs import log_of
from tui.store.paths import database_file, locks_folder
from tui.store.settings import parse_age
from tui.view import chronicle, ndjson

_RUNS_SHOWN = 30


@click.command("log", cls=Command)
@click.option("--since", metavar="WHEN", help="what arrived since a date like 2026-11-01, or in the last 7d")
@config_flag
@flags_of("json")
@click.argument("what", required=False, metavar="[REPO|RUN]")
def log_command(what: str | None, since: str | None, config: Path | None, json: bool | None) -> None:
    """Say what became of the last runs, of one run, or of one repo."""
    workspace, _, settings = resolve_run(Asked((), config, {"json": json}))
    key = history_key(workspace)
    with read_history() as history:
        if since is not None:
            at = _moment(since)
            of = what and _one_repo(workspace, what)
            results = [one for one in history.results_since(key, at) if of in {None, one.repo}]
            text, document = chronicle.arrivals(results), chronicle.results_document(results)
        elif what is None:
            runs = history.runs(key, _RUNS_SHOWN)
            text, document = chronicle.runs_table(runs, history.cut_off(key)), chronicle.runs_document(runs)
        elif (of_run := history.results_of_run(what)) or log_of(what):
            text, document = chronicle.results_of_run(of_run), chronicle.results_document(of_run)
            text += [f"log: {log}"] if (log := log_of(what)) else []
        else:
            repo = _one_repo(workspace, what)
            of_repo = history.results_of_repo(key, repo)
            text, document = chronicle.results_of_repo(of_repo), chronicle.results_document(of_repo)
    print_and_leave([ndjson.encode(document)] if settings.json else text or ["nothing is remembered"])


@click.command("ack", cls=Command)
@config_flag
@select_words
def ack_command(words: tuple[str, ...], config: Path | None, **flags: object) -> None:
    """Take note of open failures: they no longer count until they happen anew."""
    if not words:
        raise click.UsageError("which repos? `synctui ack state:failed` takes all that failed last")
    workspace, repos, _ = resolve_run(Asked(words, config, flags))
    ids = [repo.id for repo in repos]
    noted: list[str] = []
    if database_file().exists():  # where there is none, none is made
        with open_history() as history:
            noted = history.ledger.acknowledge(history_key(workspace), ids, time.time())
    print_and_leave([f"acknowledged: {repo}" for repo in noted] or ["none of these has an open failure"])


@click.command("unlock", cls=Command)
@config_flag
@click.argument("repo")
def unlock_command(repo: str, config: Path | None) -> None:
    """Say who holds a repo, with its lock or one of git's own, and free it where nobody does."""
    workspace, _, _ = resolve_run(Asked(config=config))
    entry = next(one for one in workspace.repos if one.id == _one_repo(workspace, repo))
    try:
        dead, cleared = free_lock(locks_folder(), entry.path)
        locks = explain_git_locks(entry.path)
    except RepoBusy as busy:
        holder, file = busy.holder, lock_file(locks_folder(), entry.path)
        see_who = f"see who it is: fuser -v {shell_word(str(file))}"
        helps = what_helps(holder.pid, holder.host) if holder.pid else see_who
        print_and_leave([f"{entry.id}: {busy.holder}", f"{entry.id}: {helps}"], code=1)
    except (OSError, LockUnsupported) as error:
        refuse(clean_text(str(error)))
    nobody = f"{'no synctui' if locks else 'nobody'} holds it"
    if dead:
        nobody += f" any more: {dead.who} was killed"
    print_and_leave([f"{entry.id}: {line}" for line in (nobody, *cleared, *locks)], code=1 if locks else 0)


def _one_repo(workspace: Workspace, word: str) -> str:
    found = select(workspace.repos, [word])
    if len(found) > 1:
        refuse(
            f"`{word}` means {len(found)} repos; name one of them: {', '.join(repo.id for repo in found[:5])}"
        )
    return found[0].id


def _moment(text: str) -> float:
    try:
        return dt.datetime.fromisoformat(text).timestamp()
    except ValueError:
        pass
    try:
        return time.time() - parse_age(text)
    except SettingError:
        raise click.BadParameter(
            f'"{text}" is neither a date like 2026-11-01 nor an age like 7d', param_hint="--since"
        ) from None


COMMANDS = (log_command, ack_command, unlock_command)
