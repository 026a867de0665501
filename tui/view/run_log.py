"""What a run says, kept in a file while it goes on, whichever front end it is for."""

import threading
from collections.abc import Sequence

from tui import __version__
from tui.engine.events import (
    Event,
    JobEnded,
    JobQueued,
    LimitChanged,
    Notice,
    QueuePaused,
    Record,
    RunFinished,
    RunStarted,
)
from tui.git.outcome import SUCCESS_STATES
from tui.store.logs import Log
from tui.view.lines import lane_line, prefixed, result_lines, summary
from tui.view.ndjson import rfc3339


class RunLog:
    """The logs of the runs of one engine, one run after another."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._log: Log | None = None
        self._width = 0
        self._undone: dict[str, JobEnded] = {}
        """The last ends that are no success, by repo id."""

    def tell(self, records: Sequence[Record]) -> None:
        """For records of one run, from any thread; what comes between two runs is in no log. Raises StateError."""
        run = records[0].run
        if not run:
            return
        with self._lock:
            first = records[0]
            if isinstance(first.event, RunStarted):
                self._undone.clear()
                queued = [record.event.repo.id for record in records if isinstance(record.event, JobQueued)]
                self._width = max(map(len, queued), default=0)
                self._close()
                self._log = Log(run)
                self._log.begin(_header(first, first.event))
            if self._log and (lines := [line for record in records for line in self._lines(record.event)]):
                self._log.write(lines)
            if isinstance(records[-1].event, RunFinished):
                self._close()

    def _close(self) -> None:
        if self._log:
            self._log.close()

    def _lines(self, event: Event) -> list[str]:
        match event:
            case JobEnded(repo=repo, outcome=outcome):
                if outcome.state in SUCCESS_STATES:
                    self._undone.pop(repo.id, None)
                else:
                    self._undone[repo.id] = event
                advice = outcome.advice.removeprefix(f"{repo.id}: ")
                more = [*([f"advice: {advice}"] if advice else ()), *outcome.output_tail]
                return [*result_lines(event, self._width), *prefixed(repo.id, "\n".join(more))]
            case Notice(level=level, text=text):
                return [text if level == "info" else f"{level}: {text}"]
            case LimitChanged():
                return [line] if (line := lane_line(event)) else []
            case QueuePaused(paused=paused):
                return ["the queue is paused" if paused else "the queue goes on"]
            case RunFinished():
                return ["", *summary(event, [*self._undone.values()])]
            case _:
                return []


def _header(record: Record, started: RunStarted) -> list[str]:
    return [
        f"synctui {__version__}",
        f"run {record.run}",
        f"workspace {started.workspace}",
        f"repos {started.total}",
        f"jobs {started.jobs} ({started.jobs_source})",
        f"started {rfc3339(record.time)}",
        "",
    ]
