"""One event, one line: what the log of the app and the plain output of `sync` share."""

import os
import re
import shlex
import textwrap
import time
from collections import Counter
from collections.abc import Iterable, Sequence
from typing import TextIO

import humanize

from tui.engine.events import JobEnded, LimitChanged, RunFinished, RunStarted
from tui.engine.plan import Plan
from tui.git.outcome import (
    ATTENTION_STATES,
    DRY_RUN,
    LOGIN_REASONS,
    NOT_PROBED,
    PROBED,
    QUIET_STATES,
    UNCERTAIN,
    Action,
    Outcome,
    Reason,
    State,
)
from tui.git.repo import Repo, server_of

MARKS = {
    State.SYNCED: "✓",
    State.UP_TO_DATE: "=",
    State.SKIPPED: "–",
    State.BLOCKED: "▲",
    State.BUSY: "◆",
    State.FAILED: "✗",
    State.TIMED_OUT: "⊗",
    State.CANCELLED: "⊘",
}
_URL_FIRST = re.compile(r"(?:fatal: )?unable to access '\S+': ")
_HTTP_STATUS = re.compile(r"The requested URL returned error: (?=\d)")
_ENTRY_FIRST = re.compile(r"(?<!\S)/[^:\n]*: entry .*?: ")
"""The workspace file and its entry, before what is wrong with it."""
_SHORT_ID = 7
_STATE_WIDTH = max(len(state) for state in State)
_FOR_MACHINES = frozenset({DRY_RUN, UNCERTAIN, PROBED})
"""Notes that need no words: a dry run says once that it is one, and its messages say the rest; how a remote was asked
is no news.
"""
_WIDEST_ID = 40
"""A longer one is not cut, but the others are not padded to it."""
_PLANNED_NAMES = 20
"""How many names say enough of an order."""
_RERUN_NAMES = 8
"""More names than this in a command to paste are no help; the states say it shorter."""


def size(number: int | None) -> str:
    """`388.1 kB`, `644 B`; empty for None."""
    if number is None:
        return ""
    return f"{number} B" if number < 1000 else humanize.naturalsize(number)  # noqa: PLR2004  it would write Bytes


def plural(count: int, noun: str) -> str:
    return f"{count} {noun}" if count == 1 else f"{count} {noun}s"


def duration(milliseconds: float) -> str:
    """`0.4 s`, `12.3 s`, `2 m 05 s`, `1 h 02 m`."""
    seconds = milliseconds / 1000
    if seconds < 100:  # noqa: PLR2004  up to here tenths of a second are worth their place
        return f"{seconds:.1f} s"
    minutes, rest = divmod(round(seconds), 60)
    if minutes < 100:  # noqa: PLR2004  as above, for the seconds
        return f"{minutes} m {rest:02} s"
    return f"{minutes // 60} h {minutes % 60:02} m"


def age(seconds: float | None) -> str:
    """`now`, `5 m`, `3 h`, `12 d`; empty for None."""
    if seconds is None:
        return ""
    for size, unit in ((86_400, "d"), (3_600, "h"), (60, "m")):
        if seconds >= size:
            return f"{int(seconds // size)} {unit}"
    return "now"


def ago(seconds: float) -> str:
    return f"{age(seconds)} ago" if seconds >= 60 else "just now"  # noqa: PLR2004  a minute is the least that age() tells


def stamp(at: float) -> str:
    """`2026-11-01 14:05:09`, of the local day."""
    return time.strftime("%Y-%m-%d %H:%M:%S", time.localtime(at))


def clock_time(at: float, now: float) -> str:
    """`14:05`, of a day that is not that of now `Nov 2 14:05`; local."""
    then, today = time.localtime(at), time.localtime(now)
    day = "" if then[:3] == today[:3] else f"{time.strftime('%b', then)} {then.tm_mday} "
    return day + time.strftime("%H:%M", then)


def next_pass(at: float) -> str:
    """`the next pass begins at 2026-11-01 14:05:09`."""
    return f"the next pass begins at {stamp(at)}"


def in_words(name: str) -> str:
    """A state, a reason or a note for who reads; filters and programs have the name itself."""
    return "by hand" if name == Reason.USER else name.replace("_", " ")


def lane_line(event: LimitChanged) -> str:
    """That a host takes fewer jobs, or more again; empty where the person changed the limit of all."""
    jobs = f"{plural(event.jobs, 'job')} at a time"
    match event.by:
        case "rate_limit":
            return f"{event.host} asks for less: {jobs}, before {event.was}"
        case "recovery":
            return f"{event.host} answers again: {jobs}"
        case "user":
            return ""


def detail(outcome: Outcome) -> str:
    """What came, or what was in the way; notes last."""
    what = _what(outcome)
    notes = ", ".join(in_words(note) for note in outcome.notes if not _is_for_machines(note))
    return f"{what} ({notes})" if what and notes else what or notes


def _is_for_machines(note: str) -> bool:
    return note in _FOR_MACHINES or note.startswith(NOT_PROBED)


def padded_id(repo: str, width: int) -> str:
    """The repo's id, padded to the width of the widest, but not beyond what most have."""
    return repo.ljust(min(width, _WIDEST_ID))


def result_lines(event: JobEnded, width: int = 0) -> list[str]:
    """`mark repo state detail duration`, then what else a longer message says; `width` pads the repo."""
    parts = [
        MARKS[event.outcome.state],
        padded_id(event.repo.id, width),
        event.outcome.state.ljust(_STATE_WIDTH),
        detail(event.outcome),
        duration(event.duration_ms),
    ]
    more = event.outcome.message.splitlines()[1:]
    return ["  ".join(part for part in parts if part), *prefixed(event.repo.id, "\n".join(more))]


def cause(text: str) -> str:
    """The text for one short line beside the repo: what happened first, without the URL or the entry before it."""
    return _ENTRY_FIRST.sub("", _HTTP_STATUS.sub("HTTP ", _URL_FIRST.sub("", text)))


def headline(message: str) -> str:
    """The first line without git's word for who says it, and how many more there are."""
    first, *more = message.removeprefix("remote: ").splitlines() or [""]
    return f"{first} (and {len(more)} more)" if more else first


def prefixed(repo: str, text: str) -> list[str]:
    """Each line of the text behind the repo it speaks of."""
    return [f"[{repo}] {line}" for line in text.splitlines()]


def counts_line(finished: RunFinished, ended: Sequence[JobEnded] = (), *, dry_run: bool = False) -> str:
    """`40 repos in 12.3 s: 6 synced (18 commits), 27 up to date, 7 failed (5 auth, 2 network)`: every state that has any.

    `ended`: the ends that need a person, for their reasons.
    """
    parts = []
    for state, count in finished.counts.items():
        if count:
            if state is State.SYNCED:
                more = plural(finished.commits, "commit") if finished.commits else ""
            else:
                more = _reasons(state, ended) if count > 1 else ""
            parts.append(f"{count} {in_words(state)}{f' ({more})' if more else ''}")
    what = "dry run of " if dry_run else ""
    cut = "interrupted after " if finished.interrupted else "in "
    states = ", ".join(parts) or "nothing to do"
    return f"{what}{plural(finished.total, 'repo')} {cut}{duration(finished.duration_ms)}: {states}"


def _reasons(state: State, ended: Sequence[JobEnded]) -> str:
    """How many ended so for each reason, the most frequent first."""
    outcomes = [event.outcome for event in ended]
    reasons = Counter(in_words(one.reason) for one in outcomes if one.state is state and one.reason)
    return ", ".join(f"{count} {reason}" for reason, count in reasons.most_common())


def not_run(settled: Iterable[tuple[Repo, Outcome]]) -> str:
    """`3 not run: 2 disabled, 1 config`."""
    counts = Counter(outcome.reason or outcome.state for _, outcome in settled)
    parts = ", ".join(f"{count} {in_words(reason)}" for reason, count in counts.items())
    return f"{counts.total()} not run: {parts}"


def plan_lines(plan: Plan, started: RunStarted) -> list[str]:
    """What a dry run looks at, and in which order a run would begin."""
    source = f"{'the ' if started.jobs_source == 'default' else ''}{started.jobs_source}"
    host = f", {started.host_jobs} of one host" if started.host_jobs else ""
    lines = [f"{len(plan.run)} of {plural(plan.total, 'repo')}, {started.jobs} at a time ({source}){host}"]
    if plan.settled:
        lines.append(not_run(plan.settled))
    if plan.run:
        first = [repo.id for repo in plan.run[:_PLANNED_NAMES]]
        more = len(plan.run) - len(first)
        lines.append(f"in this order: {', '.join(first)}" + (f" and {more} more" if more else ""))
    return lines


def summary(
    finished: RunFinished,
    ended: Sequence[JobEnded],
    *,
    dry_run: bool = False,
    log: str = "",
    logged: bool = False,
    columns: int = 0,
) -> list[str]:
    """The end of a run for a person: what needs one, each with its advice, then the counts.

    `ended` is the last end of each repo; `log` is where more is said of what needs a person. `logged`: each
    has had its line, and what is wrong with the entry of one, which is long, is not said again. `columns`: the
    counts are folded to so many, where any; what names a repo or a command stays one line, to be copied.
    """
    attention = [event for event in ended if event.outcome.state in ATTENTION_STATES]
    lines: list[str] = []
    for event in attention:
        outcome = event.outcome
        why = in_words(outcome.reason or "") if logged and event.repo.error else detail(outcome)
        lines.append(f"{MARKS[outcome.state]} {event.repo.id}  {outcome.state}  {why}".rstrip())
        if outcome.advice:
            lines.append(f"    {outcome.advice}")
    lines += _logins(attention)
    if attention:
        lines.append("")
    counts = [counts_line(finished, attention, dry_run=dry_run)]
    if ended and all(event.outcome.state in {State.SKIPPED, State.BUSY} for event in ended):
        counts.append(not_run((event.repo, event.outcome) for event in ended))
    lines += [part for line in counts for part in (_folded(line, columns) if columns else [line])]
    if attention and log:
        lines.append(f"log: {log}")
    # A setting does not mend itself.
    undone = [event for event in attention if event.outcome.reason is not Reason.CONFIG]
    undone += [event for event in ended if event.outcome.state is State.CANCELLED]
    if undone and not dry_run:
        lines.append(f"try these again: {rerun_command(undone)}")
    return lines


def columns_of(out: TextIO) -> int:
    """Of the terminal that it writes to; 0 where it writes to none, or to one that does not say."""
    try:
        return os.get_terminal_size(out.fileno()).columns
    except (OSError, ValueError):
        return 0


def _folded(line: str, columns: int) -> list[str]:
    return textwrap.wrap(
        line, columns, subsequent_indent="  ", break_long_words=False, break_on_hyphens=False
    )


def probes_line(ended: Iterable[JobEnded]) -> str:
    """How many remotes a probe alone has asked, and how many it left to git, by the words of their notes."""
    notes = Counter(note for event in ended for note in event.outcome.notes)
    left = [(note, count) for note, count in notes.most_common() if note.startswith(NOT_PROBED)]
    words = ", ".join(f"{note.removeprefix(NOT_PROBED)} {count}" for note, count in left)
    parts = [f"{notes[PROBED]} without git"] if notes[PROBED] else []
    parts += [f"{sum(count for _, count in left)} left to git ({words})"] if left else []
    return f"asked {', '.join(parts)}" if parts else ""


def _logins(attention: Sequence[JobEnded]) -> list[str]:
    """For each server that wants a login: for how many repos, and the commands that mend all of them."""
    waiting: dict[tuple[str, Reason | None, str], list[JobEnded]] = {}
    for event in sorted(attention, key=lambda event: event.repo.id):
        outcome = event.outcome
        what, _, command = outcome.advice.removeprefix(f"{event.repo.id}: ").rpartition(": ")
        if outcome.reason in LOGIN_REASONS and " ls-remote" in command:  # else no login mends it
            server = server_of(event.repo.url or outcome.url)
            waiting.setdefault((server, outcome.reason, what), []).append(event)
    return [_login(server, events) for (server, _, _), events in waiting.items()]


def _login(server: str, events: Sequence[JobEnded]) -> str:
    first = events[0]
    command = first.outcome.advice.removeprefix(f"{first.repo.id}: ")
    again = (
        rerun_command(events)
        if len(events) <= _RERUN_NAMES
        else f"synctui sync host:{first.repo.host} state:failed"
    )
    return f"login at {server} for {plural(len(events), 'repo')}: {command}; then: {again}"


def rerun_command(undone: Sequence[JobEnded]) -> str:
    """Commands to paste that run these, by their names, or where they are many by what is remembered of them."""
    if len(undone) <= _RERUN_NAMES:
        return _named(undone)
    # No state is remembered of what was never begun.
    cut_off = [event for event in undone if _is_cut_off(event)]
    states = {event.outcome.state for event in undone if not _is_cut_off(event)}
    commands = [f"synctui sync state:{state}" for state in State if state in states]
    if cut_off:  # first: what the last run left is another thing after the next one
        commands.insert(0, _named(cut_off) if len(cut_off) <= _RERUN_NAMES else "synctui sync --resume")
    return "; ".join(commands)


def _is_cut_off(event: JobEnded) -> bool:
    """Whether --resume takes it up."""
    outcome = event.outcome
    if outcome.state is State.CANCELLED:
        return event.slot is None or outcome.reason in {Reason.QUIT, Reason.SIGNAL}
    return event.slot is None and outcome.reason is Reason.RATE_LIMITED


def _named(events: Sequence[JobEnded]) -> str:
    return shlex.join(["synctui", "sync", *(event.repo.id for event in events)])


def _what(outcome: Outcome) -> str:
    if outcome.state not in {State.SYNCED, State.UP_TO_DATE}:
        return _why(outcome)
    if DRY_RUN in outcome.notes:
        return outcome.message
    if outcome.state is State.UP_TO_DATE:
        return _distance(outcome)
    match outcome.action:
        case Action.CLONE:
            return (
                f"cloned {outcome.branch}, {plural(outcome.commits, 'commit')}"
                if outcome.branch
                else "cloned"
            )
        case Action.FAST_FORWARD if outcome.old and outcome.new:
            span = f"{outcome.old[:_SHORT_ID]}..{outcome.new[:_SHORT_ID]}"
            return f"{plural(outcome.commits, 'commit'):9}  {span}  {outcome.branch or ''}".rstrip()
        case _:
            fetched = f"{plural(len(outcome.refs), 'ref')} fetched" if outcome.refs else ""
            return ", ".join(part for part in (fetched, _distance(outcome)) if part)


def _distance(outcome: Outcome) -> str:
    parts = [
        f"{count} {word}" for count, word in ((outcome.ahead, "ahead"), (outcome.behind, "behind")) if count
    ]
    return ", ".join(parts)


def needs_person(outcome: Outcome) -> bool:
    return outcome.state in ATTENTION_STATES


def is_news(outcome: Outcome) -> bool:
    """What the changed-only view shows: what changed, or needs a person, or was not done."""
    return outcome.state not in QUIET_STATES and outcome.reason is not Reason.QUIT


def _why(outcome: Outcome) -> str:
    """Of what has not been done."""
    reason, message = in_words(outcome.reason or ""), headline(outcome.message)
    if outcome.state is State.CANCELLED and message:
        return message.removeprefix("cancelled ")  # it says by whom
    return message if message.startswith(reason) else ": ".join(part for part in (reason, message) if part)
