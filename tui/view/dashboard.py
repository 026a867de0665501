"""How stale and how busy the repos are: a row each, for people and for programs."""

from collections import Counter
from collections.abc import Sequence

from msgspec import Struct

from tui.engine.survey import StatusRow
from tui.git.inspect import NOT_CLONED, RepoStatus
from tui.git.outcome import State
from tui.git.repo import public_url
from tui.store.past import Past, Staleness, last_success, staleness
from tui.view.lines import age, ago, headline, in_words, plural
from tui.view.ndjson import SCHEMA_VERSION, Document, rfc3339

_IN_THE_FUTURE = "last success lies in the future: check the clock"


class Thresholds(Struct, frozen=True):
    """Seconds since the last success from which on a repo is stale, and severely so."""

    stale: float
    severe: float


class Dashboard(Struct, frozen=True):
    """`now`: seconds since the epoch."""

    row: StatusRow
    past: Past
    thresholds: Thresholds
    now: float

    @property
    def last_success(self) -> float | None:
        return last_success(self.past, self.row.status.last_fetch, self.row.status.cloned)

    @property
    def age(self) -> float | None:
        """Seconds; negative where the last success lies in the future."""
        success = self.last_success
        # What is not there, or cannot be looked at, is as nobody knows.
        return None if success is None or self.row.status.error else self.now - success

    @property
    def staleness(self) -> Staleness:
        return staleness(self.age, self.thresholds.stale, self.thresholds.severe)

    @property
    def error(self) -> str:
        """Why the repo cannot be looked at, else what is wrong with its time."""
        if self.row.status.error:
            return self.row.status.error
        return _IN_THE_FUTURE if self.age is not None and self.age < 0 else ""


def document(rows: Sequence[Dashboard], now: float) -> Document:
    """What `status --json` prints; rows by id."""
    return {
        "schema_version": SCHEMA_VERSION,
        "generated_at": rfc3339(now),
        "repos": [_document(row) for row in sorted(rows, key=lambda row: row.row.repo.id)],
        "unacknowledged_failures": sum(row.past.is_open for row in rows),
    }


def _document(row: Dashboard) -> Document:
    repo, status, past, holder = row.row.repo, row.row.status, row.past, row.row.holder
    hours = None if row.staleness is Staleness.UNKNOWN or row.age is None else round(row.age / 3600, 1)
    return {
        "repo": repo.id,
        "path": str(repo.path),
        "url": status.url or public_url(repo.url),
        "enabled": repo.enabled,
        "last_success_at": rfc3339(row.last_success),
        "last_attempt_at": rfc3339(past.last_attempt),
        "staleness_hours": hours,
        "staleness_class": row.staleness.value,
        "branch": status.branch,
        "head": status.head,
        "ahead": status.ahead,
        "behind": status.behind,
        "dirty": status.dirty,
        "untracked": status.untracked,
        "stashes": status.stashes,
        "in_progress": status.in_progress,
        "last_state": past.state,
        "last_reason": past.reason,
        "attempts": past.attempts,
        "locked_by": holder
        and {
            "pid": holder.pid,
            "host": holder.host,
            "command": holder.command,
            "age_seconds": round(holder.age_seconds),
            "silent_seconds": round(holder.silent_seconds),
        },
        "error": row.error or None,
    }


def table(rows: Sequence[Dashboard], thresholds: Thresholds) -> list[tuple[str, Staleness | None]]:
    """The lines for people, in the given order, each with the staleness that its look tells; None: no row."""
    cells = [_HEADINGS, *map(_cells, rows)]
    widths = [max(len(row[column]) for row in cells) for column in range(len(_HEADINGS))]
    kinds: list[Staleness | None] = [None, *(row.staleness for row in rows)]
    lines: list[tuple[str, Staleness | None]] = [
        ("  ".join(_aligned(row, widths)).rstrip(), kind) for row, kind in zip(cells, kinds, strict=True)
    ]
    severe = sum(row.staleness is Staleness.SEVERE and not row.row.repo.archived for row in rows)
    lines += [("", None), (_totals(rows), None)]
    if severe:
        hours = thresholds.severe / 3600
        text = (
            f"WARNING: {plural(severe, 'repo')} without success for {hours:g} h or more: `synctui sync stale`"
        )
        lines.append((text, Staleness.SEVERE))
    return lines


_HEADINGS = ("repo", "staleness", "success", "branch", "ahead", "behind", "changes", "last")
_RIGHT = {"success", "ahead", "behind"}


def _aligned(cells: Sequence[str], widths: Sequence[int]) -> list[str]:
    return [
        cell.rjust(width) if heading in _RIGHT else cell.ljust(width)
        for heading, cell, width in zip(_HEADINGS, cells, widths, strict=True)
    ]


def _cells(row: Dashboard) -> tuple[str, ...]:
    status = row.row.status
    return (
        row.row.repo.id,
        row.staleness.value,
        since_success(row),
        status.branch or ("(detached)" if status.head and not status.bare else "-"),
        _count(status.ahead),
        _count(status.behind),
        changes(status),
        last_error(row),
    )


def since_success(row: Dashboard) -> str:
    """`3 h`, `never`, or `?` where a clock is wrong."""
    if row.age is None:
        return "never"
    return age(row.age) if row.age >= 0 else "?"


def _count(count: int | None) -> str:
    """Unknown is never a zero."""
    return "-" if count is None else str(count)


def changes(status: RepoStatus) -> str:
    """What is unfinished, as in `merge, edited, 3 untracked, 1 stashed`."""
    parts = (
        status.in_progress,
        "edited" if status.dirty else "",
        f"{status.untracked} untracked" if status.untracked else "",
        f"{status.stashes} stashed" if status.stashes else "",
    )
    return ", ".join(filter(None, parts))


def last_error(row: Dashboard) -> str:
    """What a person should know, the worst first."""
    past, repo, outlook, holder = row.past, row.row.repo, row.row.outlook, row.row.holder
    blocked = outlook and outlook.blocked and past.state != State.BLOCKED
    parts = (
        failed(past, row.now, known=row.error),
        row.error,
        f"would be blocked: {outlook.message}" if outlook and blocked else "",
        str(holder) if holder else "",
        "archived" if repo.archived else "" if repo.enabled else "disabled",
    )
    return "; ".join(filter(None, parts))


def failed(past: Past, now: float, *, known: str = "") -> str:
    """`failed/not found ×3: no such repository, 2 h ago`, maybe `acknowledged:` before it; empty for none.

    `known` is told beside it: a message that says no more is left out.
    """
    failure = past.failure
    if failure is None:
        return "busy" if past.state == State.BUSY else ""
    what = f"{failure.state}/{failure.reason}" if failure.reason else failure.state
    times = f" ×{failure.attempts}" if failure.attempts > 1 else ""
    acknowledged = "acknowledged: " if failure.acknowledged else ""
    said = headline(past.message).rstrip(".") if past.state == failure.state else ""
    message = f": {said}" if said and said.removeprefix("fatal: ") not in known else ""
    return f"{acknowledged}{in_words(what)}{times}{message}, {ago(now - failure.last_seen)}"


def _totals(rows: Sequence[Dashboard]) -> str:
    classes = Counter(row.staleness for row in rows)
    counts = {
        **{kind.value: classes[kind] for kind in Staleness},
        "behind": sum(bool(row.row.status.behind) for row in rows),
        "edited": sum(bool(row.row.status.dirty) for row in rows),
        "not cloned": sum(row.row.status.error == NOT_CLONED for row in rows),
        "with an open failure": sum(row.past.is_open for row in rows),
    }
    said = [f"{count} {what}" for what, count in counts.items() if count]
    return f"{plural(len(rows), 'repo')}: {', '.join(said)}" if said else plural(len(rows), "repo")
