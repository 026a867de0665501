"""What would trip the program here: each check measured, none of them asks, waits for long or changes anything."""

import os
import signal
import threading
import time
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Literal

from msgspec import Struct, field

from tui.engine.shutdown import Ending
from tui.git.check_git import check_git, check_owners, check_settings, settings_of_person
from tui.git.check_login import check_agent, check_logins, check_ssh
from tui.git.checkup import Check, Finding, Level, NoAnswer
from tui.git.clean import clean_text
from tui.git.remote import Setting, rewritten
from tui.git.submodules import submodule_jobs
from tui.headless.check_terminal import (
    check_encoding,
    check_files,
    check_processes,
    check_python,
    check_terminal,
)
from tui.headless.streams import StdoutClosed, Streams
from tui.store.check_disks import check_disks, check_folders
from tui.store.check_state import check_database, check_state
from tui.store.config import ConfigError, Workspace, load_workspace
from tui.store.paths import state_folder
from tui.store.settings import resolve
from tui.view import ndjson
from tui.view.lines import plural

_LONGEST = 6.0
"""Seconds for a check: a dead network file system holds who looks at it."""
_MISTAKES_SHOWN = 10
_MARKS: Mapping[Level, tuple[str, Literal["good", "calm", "warn", "bad"]]] = {
    Level.OK: ("✓", "good"),
    Level.NOTE: ("–", "calm"),
    Level.WARNING: ("▲", "warn"),
    Level.PROBLEM: ("✗", "bad"),
}


class _Ground(Struct):
    """What the later checks rest on; as much of it as could be found."""

    config: Path | None
    workspace: Workspace | None = None
    settings: tuple[Setting, ...] | None = None
    """Of git, the person's own; None: there is no git that could tell."""
    jobs: int = 8

    def look_at_git(self) -> Iterator[Finding]:
        for one in check_git():
            yield one
            if one.level is Level.OK:
                self.settings = settings_of_person()

    def look_at_workspace(self) -> Iterator[Finding]:
        try:
            workspace = load_workspace(self.config, Path.cwd(), os.environ)
        except ConfigError as error:
            yield Finding(
                "workspace", Level.PROBLEM, str(error), "correct it, or name another: --config FILE"
            )
            return
        self.workspace = workspace
        enabled = [repo for repo in workspace.repos if repo.enabled]
        own = resolve(
            {},
            os.environ,
            workspace.settings,
            len(enabled),
            os.cpu_count(),
            file_name=str(workspace.path),
            submodule_jobs=submodule_jobs() if any(repo.submodules for repo in enabled) else 0,
        )
        self.jobs = own.jobs
        kind = "found below it" if workspace.scanned else "listed there"
        if self.config or os.environ.get("SYNCTUI_CONFIG"):
            kind += f", as {'--config' if self.config else 'SYNCTUI_CONFIG'} says"
        repos = plural(len(workspace.repos), "repo")
        yield Finding("workspace", Level.OK, f"{workspace.label}: {repos} {kind}")
        for warning in (*workspace.warnings, *own.warnings):
            yield Finding("workspace", Level.WARNING, warning)
        mistakes = [line for repo in workspace.repos for line in repo.error.splitlines()]
        for mistake in mistakes[:_MISTAKES_SHOWN]:
            yield Finding("workspace", Level.PROBLEM, mistake)
        if mistakes[_MISTAKES_SHOWN:]:
            more = plural(len(mistakes) - _MISTAKES_SHOWN, "mistake")
            yield Finding("workspace", Level.PROBLEM, f"and {more} more")

    def later_checks(self) -> Mapping[str, Check]:
        repos = [
            repo
            for repo in (self.workspace.repos if self.workspace else ())
            if repo.enabled and not repo.error
        ]
        settings = self.settings or ()
        urls = [rewritten(repo.url, settings) for repo in repos if repo.url]
        roots = {repo.root or repo.path for repo in repos}
        checks: dict[str, Check] = {
            "git settings": partial(check_settings, settings),
            "ssh": partial(check_ssh, urls, settings),
            "ssh agent": partial(check_agent, urls),
            "logins": partial(check_logins, urls, settings),
            "python": check_python,
            "open files": partial(check_files, self.jobs),
            "processes": partial(check_processes, self.jobs),
            "state folder": check_state,
            "database": check_database,
            "disk": partial(check_disks, [state_folder(), *sorted(roots)]),
            "folders": partial(check_folders, roots),
            "owners": partial(check_owners, repos),
            "terminal": check_terminal,
            "locale": check_encoding,
        }
        if self.settings is None:
            for asks_git in ("git settings", "logins", "owners"):
                del checks[asks_git]
        return checks


def doctor(config: Path | None, streams: Streams, *, as_json: bool) -> Ending:
    """Print what is found. Exit code 1 where something will trip a run."""
    ground = _Ground(config)
    found = _look({"git": ground.look_at_git, "workspace": ground.look_at_workspace})
    found += _look(ground.later_checks())
    counts = Counter(one.level for one in found)
    try:
        if as_json:
            streams.data(ndjson.encode(_document(found)))
        else:
            for line, level in _lines(found):
                streams.data(streams.paint(line, _MARKS[level][1]) if level else line)
            streams.data("")
            streams.data(_verdict(counts))
    except StdoutClosed as closed:
        return Ending(1, signal.SIGPIPE if closed.by_reader else None)
    return Ending(int(counts[Level.PROBLEM] > 0))


class _Look(Struct):
    check: Check
    name: str
    found: list[Finding] = field(default_factory=list)

    def run(self) -> None:
        try:
            self.found += self.check()
        except NoAnswer as silent:
            level = Level.PROBLEM if self.name == "git" else Level.WARNING
            self.found.append(Finding(self.name, level, str(silent)))
        except OSError as error:
            where = f": {error.filename}" if error.filename else ""
            self.found.append(Finding(self.name, Level.WARNING, f"unknown: {error.strerror}{where}"))


def _look(checks: Mapping[str, Check]) -> list[Finding]:
    """All at a time; what does not come back is left behind."""
    looks = [_Look(check, name) for name, check in checks.items()]
    threads = [threading.Thread(target=look.run, daemon=True) for look in looks]
    end = time.monotonic() + _LONGEST
    for thread in threads:
        thread.start()
    found: list[Finding] = []
    for look, thread in zip(looks, threads, strict=True):
        thread.join(max(0.0, end - time.monotonic()))
        found += list(look.found)
        if thread.is_alive():
            found.append(Finding(look.name, Level.PROBLEM, f"no answer within {_LONGEST:.0f} s", "df; mount"))
    return found


def _lines(found: Sequence[Finding]) -> Iterator[tuple[str, Level | None]]:
    width = max(len(one.check) for one in found)
    for one in found:
        yield f"{_MARKS[one.level][0]} {one.check:{width}}  {clean_text(one.found)}", one.level
        if one.helps:
            yield f"  {'':{width}}  → {clean_text(one.helps)}", None


def _verdict(counts: Mapping[Level, int]) -> str:
    some = [
        plural(count, level.value)
        for level in (Level.PROBLEM, Level.WARNING)
        if (count := counts.get(level, 0))
    ]
    return ", ".join(some) if some else "nothing here would trip synctui"


def _document(found: Sequence[Finding]) -> ndjson.Document:
    return {
        "schema_version": ndjson.SCHEMA_VERSION,
        "generated_at": ndjson.rfc3339(time.time()),
        "ok": all(one.level is not Level.PROBLEM for one in found),
        "checks": [
            {
                "check": one.check,
                "level": one.level.value,
                "found": clean_text(one.found),
                "helps": clean_text(one.helps) or None,
            }
            for one in found
        ],
    }
