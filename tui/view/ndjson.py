"""Events as the outside reads and records them, one JSON object a line: both directions, side by side."""

import datetime as dt
import json
import sys
from collections.abc import Callable, Iterable, Mapping
from typing import Any, TypeVar

import msgspec
from msgspec import Struct, structs

from tui.engine.events import (
    Event,
    JobEnded,
    JobQueued,
    JobStarted,
    LimitChanged,
    Notice,
    QueuePaused,
    Record,
    RunFinished,
    RunStarted,
)
from tui.engine.slots import MAX_JOBS, PLACES
from tui.git.clean import clean_text
from tui.git.gauge import Progress
from tui.git.outcome import ATTENTION_STATES, State
from tui.git.repo import Repo, host_of, public_url

SCHEMA_VERSION = 1

Document = dict[str, Any]

_PAUSES = {True: "the queue is paused", False: "the queue goes on"}
_Told = TypeVar("_Told")


class Moved(Struct, frozen=True):
    """A `repo_progress`. `time` is seconds since the epoch, and `progress.moved` is the same."""

    time: float
    run: str
    repo: str
    progress: Progress


def encode(document: Document) -> str:
    """One line, without its end. Text that is not Unicode cannot break the stream: it is escaped."""
    return json.dumps(document, ensure_ascii=True, separators=(",", ":"))


def document(record: Record) -> Document | None:
    """The event under the names of the contract; None for what the outside is not told."""
    keys: Document
    match record.event:
        case RunStarted() as event:
            name = "run_started"
            keys = {
                "jobs": event.jobs,
                "jobs_source": event.jobs_source,
                "host_jobs": event.jobs if event.host_jobs is None else event.host_jobs,
                "total": event.total,
                "workspace": event.workspace,
                "dry_run": event.dry_run,
            }
        case JobQueued() as event:
            name = "repo_queued"
            keys = {"repo": event.repo.id, "attempt": event.attempt, "pick": event.pick}
        case JobStarted() as event:
            name = "repo_started"
            keys = {
                "repo": event.repo.id,
                "path": str(event.repo.path),
                "url": public_url(event.repo.url),
                "host": event.repo.host,
                "attempt": event.attempt,
                "slot": event.slot,
                "pick": event.pick,
            }
        case JobEnded() as event:
            name, keys = "repo_finished", _finished(event)
        case LimitChanged() as event:
            name = "limit_changed"
            keys = {"jobs": event.jobs, "was": event.was, "by": event.by, "host": event.host}
        case QueuePaused(paused=paused):
            name, keys = "notice", {"level": "info", "text": _PAUSES[paused]}
        case Notice(level=level, text=text):
            name, keys = "notice", {"level": level, "text": text}
        case RunFinished() as event:
            name = "run_finished"
            keys = {
                "counts": {state.value: count for state, count in event.counts.items()},
                "total": event.total,
                "commits": event.commits,
                "duration_ms": event.duration_ms,
                "exit_code": event.exit_code,
                "interrupted": event.interrupted,
            }
        case _:
            return None
    return _envelope(record.time, record.run, name) | keys


def progress_document(time: float, run: str, repo: str, progress: Progress) -> Document:
    return _envelope(time, run, "repo_progress") | {
        "repo": repo,
        "phase": progress.phase,
        "percent": progress.percent,
        "bytes": progress.bytes,
        "rate": progress.rate,
    }


def final_document(finished: Document, ended: Iterable[Document]) -> Document:
    """What `--json` prints: the keys of `run_finished` and the last `repo_finished` of each repo, by id."""
    last = {str(event["repo"]): event for event in ended}
    return finished | {"repos": [last[repo] for repo in sorted(last)]}


def rfc3339(time: float | None) -> str | None:
    """Seconds since the epoch as UTC with milliseconds; None stays None."""
    if time is None:
        return None
    return dt.datetime.fromtimestamp(time, dt.UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def seconds(time: str) -> float:
    """The other way round; a time without a zone is UTC. Raises ValueError and OverflowError."""
    at = dt.datetime.fromisoformat(time)
    return (at if at.tzinfo else at.replace(tzinfo=dt.UTC)).timestamp()


def _envelope(time: float, run: str, event: str) -> Document:
    return {
        "schema_version": SCHEMA_VERSION,
        "event": event,
        "time": rfc3339(time),
        "run": run,
    }


def _finished(event: JobEnded) -> Document:
    outcome = event.outcome
    url = outcome.url or public_url(event.repo.url)
    return {
        "repo": event.repo.id,
        "path": str(event.repo.path),
        "url": url,
        "host": host_of(url),
        "state": outcome.state.value,
        "reason": outcome.reason.value if outcome.reason else None,
        "message": outcome.message,
        "advice": outcome.advice,
        "notes": list(outcome.notes),
        "action": outcome.action.value,
        "branch": outcome.branch,
        "old": outcome.old,
        "new": outcome.new,
        "commits": outcome.commits,
        "ahead": outcome.ahead,
        "behind": outcome.behind,
        "refs": [
            {"name": ref.name, "old": ref.old, "new": ref.new, "kind": ref.kind.value} for ref in outcome.refs
        ],
        "attempt": event.attempt,
        "queued_ms": event.queued_ms,
        "duration_ms": event.duration_ms,
        "output_tail": list(outcome.output_tail) if outcome.state in ATTENTION_STATES else [],
    }


def told(document: Document) -> Record | Moved:
    """What the document of one of the KINDS tells, its text cleaned: a recording may come from anywhere.

    Of a `repo_queued` it is not told where the repo is, and of a `repo_finished` not its slot. Raises ValueError
    for a document that is not as this module makes it.
    """
    try:
        document = _clean(document)
        # The same few names, a thousand times each.
        time, run = seconds(document["time"]), sys.intern(str(document["run"]))
        if document["event"] == "repo_progress":
            progress = _as(Progress, document | {"line": "", "moved": time})
            _check(progress.percent is None or 0 <= progress.percent <= 100)  # noqa: PLR2004  percent
            return Moved(time, run, sys.intern(str(document["repo"])), progress)
        return Record(time, run, _READERS[document["event"]](document))
    except (KeyError, TypeError, OverflowError, msgspec.ValidationError) as error:
        raise ValueError(str(error)) from None


def _read_run_started(document: Document) -> RunStarted:
    event = _as(RunStarted, document)
    _check(1 <= event.jobs <= MAX_JOBS)
    return structs.replace(event, host_jobs=None) if event.host_jobs == event.jobs else event


class _Unplaced(Repo, frozen=True):
    """Its id alone is recorded."""

    @property
    def host(self) -> str:
        return ""


def _read_queued(document: Document) -> JobQueued:
    event = _as(JobQueued, document | {"repo": {"id": document["repo"], "path": "(not recorded)"}})
    return structs.replace(event, repo=_Unplaced(event.repo.id, event.repo.path))


def _read_started(document: Document) -> JobStarted:
    event = _as(JobStarted, document | {"repo": _place(document)})
    _check(0 <= event.slot <= PLACES)
    return event


def _read_finished(document: Document) -> JobEnded:
    return _as(JobEnded, document | {"repo": _place(document), "outcome": document, "slot": None})


def _read_limit_changed(document: Document) -> LimitChanged:
    event = _as(LimitChanged, document)
    _check(1 <= event.jobs <= MAX_JOBS)
    return event


def _read_notice(document: Document) -> Notice | QueuePaused:
    event = _as(Notice, document)
    return next((QueuePaused(paused) for paused, text in _PAUSES.items() if text == event.text), event)


def _read_run_finished(document: Document) -> RunFinished:
    event = _as(RunFinished, document)
    return structs.replace(event, counts={state: event.counts.get(state, 0) for state in State})


_READERS: Mapping[str, Callable[[Document], Event]] = {
    "run_started": _read_run_started,
    "repo_queued": _read_queued,
    "repo_started": _read_started,
    "repo_finished": _read_finished,
    "limit_changed": _read_limit_changed,
    "notice": _read_notice,
    "run_finished": _read_run_finished,
}
KINDS = frozenset({*_READERS, "repo_progress"})


def _place(document: Document) -> Document:
    """Which repo it speaks of, and where that is. Raises KeyError."""
    return {"id": document["repo"], "path": document["path"], "url": document["url"]}


def _as(kind: type[_Told], document: Document) -> _Told:
    return msgspec.convert(document, kind, dec_hook=lambda of, value: of(value))


def _check(holds: bool) -> None:
    if not holds:
        raise ValueError("a number is out of range")


def _clean(document: Document) -> Document:
    return {
        key: "\n".join(map(clean_text, value.split("\n")))
        if key == "message" and isinstance(value, str)
        else _clean_value(value)
        for key, value in document.items()
    }


def _clean_value(value: Any) -> Any:
    match value:
        case str():
            return value if _is_plain(value) else clean_text(value)
        case list():
            return [_clean_value(one) for one in value]
        case dict():
            return {key: _clean_value(one) for key, one in value.items()}
        case _:
            return value


def _is_plain(text: str) -> bool:
    """Nothing in it can need cleaning: most of a recording is such, and cleaning takes longer than reading."""
    return text.isascii() and text.isprintable() and not ("://" in text or "=" in text or text.endswith(" "))
