"""What is remembered of runs and results, for people and for programs."""

from collections.abc import Iterable

from tui.git.outcome import Action, Outcome, Reason, State
from tui.store.history import CutOff, Result, Run
from tui.view.arrivals import of_results
from tui.view.lines import MARKS, detail, duration, in_words, padded_id, plural, stamp
from tui.view.ndjson import SCHEMA_VERSION, Document, rfc3339


def runs_table(runs: Iterable[Run], cut_off: CutOff | None) -> list[str]:
    """A line a run, in the given order; `cut_off` is what `--resume` would do."""
    return [
        "  ".join((stamp(run.started_at), run.id, plural(_repos(run), "repo").rjust(11), _end(run, cut_off)))
        for run in runs
    ]


def results_of_run(results: Iterable[Result]) -> list[str]:
    found = list(results)
    width = max((len(result.repo) for result in found), default=0)
    return [_line(result, padded_id(result.repo, width)) for result in found]


def results_of_repo(results: Iterable[Result]) -> list[str]:
    return [_line(result, stamp(result.started_at)) for result in results]


def cells_of_repo(results: Iterable[Result]) -> list[tuple[str, ...]]:
    """Mark, time, state, duration and what came of each, for a table."""
    return [
        (
            MARKS[outcome.state],
            stamp(result.started_at),
            in_words(outcome.state),
            duration(result.duration_ms),
            detail(outcome),
        )
        for result in results
        for outcome in (_outcome(result),)
    ]


def arrivals(results: Iterable[Result]) -> list[str]:
    """What came to each repo in these results, by id; nothing for the others."""
    came = of_results(results)
    width = max(map(len, came), default=0)
    return [
        f"{padded_id(repo, width)}  "
        + ", ".join(
            plural(count, what) for count, what in ((one.commits, "commit"), (len(one.refs), "ref")) if count
        )
        for repo, one in sorted(came.items())
    ]


def runs_document(runs: Iterable[Run]) -> Document:
    return {"schema_version": SCHEMA_VERSION, "runs": [_run(run) for run in runs]}


def results_document(results: Iterable[Result]) -> Document:
    return {"schema_version": SCHEMA_VERSION, "results": [_result(result) for result in results]}


def _run(run: Run) -> Document:
    return {
        "run": run.id,
        "started_at": rfc3339(run.started_at),
        "ended_at": rfc3339(run.ended_at),
        "jobs": run.jobs,
        "total": _repos(run),
        "commits": run.commits,
        "exit_code": run.exit_code,
        "goes_on": run.alive,
    }


def _result(result: Result) -> Document:
    return {
        "run": result.run,
        "repo": result.repo,
        "path": result.path,
        "state": result.state,
        "reason": result.reason,
        "message": result.message,
        "action": result.action,
        "branch": result.branch,
        "attempt": result.attempt,
        "started_at": rfc3339(result.started_at),
        "duration_ms": result.duration_ms,
        "old": result.old,
        "new": result.new,
        "commits": result.commits,
        "refs": [
            {"name": ref.name, "old": ref.old, "new": ref.new, "kind": ref.kind.value} for ref in result.refs
        ],
    }


def _repos(run: Run) -> int:
    return len(run.wanted) if run.total is None else run.total


def _end(run: Run, cut_off: CutOff | None) -> str:
    is_resumed = cut_off is not None and cut_off.started_at == run.started_at
    rest = f": `synctui sync --resume` does the {len(cut_off.left)} left" if cut_off and is_resumed else ""
    if run.ended_at is None:
        return "goes on" if run.alive else f"was cut off{rest}"
    took = duration((run.ended_at - run.started_at) * 1000)
    return f"{plural(run.commits or 0, 'commit')} in {took}, exit code {run.exit_code}{rest}"


def _line(result: Result, head: str) -> str:
    outcome = _outcome(result)
    parts = (MARKS[outcome.state], head, outcome.state.value, detail(outcome), duration(result.duration_ms))
    return "  ".join(part for part in parts if part)


def _outcome(result: Result) -> Outcome:
    return Outcome(
        State(result.state),
        Reason(result.reason) if result.reason else None,
        result.message,
        action=Action(result.action),
        branch=result.branch,
        old=result.old,
        new=result.new,
        commits=result.commits,
        refs=result.refs,
        received=result.received,
    )
