"""Events as the outside reads them: one JSON object a line."""

import datetime as dt
import json
from collections.abc import Iterable
from typing import Any

from tui.engine.events import (
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
from tui.git.gauge import Progress
from tui.git.outcome import ATTENTION_STATES
from tui.git.repo import host_of, public_url

SCHEMA_VERSION = 1

Document = dict[str, Any]


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
            text = "the queue is paused" if paused else "the queue goes on"
            name, keys = "notice", {"level": "info", "text": text}
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
