"""The staleness dashboard without a screen: reads only, no network, no lock."""

import signal
import time
from collections.abc import Callable, Mapping, Sequence
from typing import Literal

from tui.engine.shutdown import Ending
from tui.engine.survey import StatusRow
from tui.git.inspect import NOT_CLONED
from tui.git.repo import Repo
from tui.git.stop import StopSignal
from tui.headless.streams import StdoutClosed, Streams
from tui.store.past import Past, Staleness
from tui.view import ndjson
from tui.view.dashboard import Dashboard, Thresholds, document, table

Survey = Callable[[Sequence[Repo], Callable[[StatusRow], None], StopSignal], object]

_LOOKS: Mapping[Staleness | None, Literal["good", "calm", "warn", "bad"]] = {
    None: "calm",
    Staleness.FRESH: "good",
    Staleness.STALE: "warn",
    Staleness.SEVERE: "bad",
    Staleness.UNKNOWN: "calm",
}


def status(
    repos: Sequence[Repo],
    survey: Survey,
    past: Mapping[str, Past],
    thresholds: Thresholds,
    streams: Streams,
    *,
    as_json: bool,
) -> Ending:
    """Print how the repos are. Exit code 1 where one of them cannot be looked at."""
    rows: list[StatusRow] = []
    survey(repos, rows.append, StopSignal())
    now = time.time()
    place = {repo.id: number for number, repo in enumerate(repos)}
    dashboard = [
        Dashboard(row, past.get(row.repo.id, Past()), thresholds, now)
        for row in sorted(rows, key=lambda row: place[row.repo.id])
    ]
    try:
        if as_json:
            streams.data(ndjson.encode(document(dashboard, now)))
        else:
            for line, staleness in table(dashboard, thresholds):
                streams.data(streams.paint(line, _LOOKS[staleness]))
    except StdoutClosed as closed:
        return Ending(1, signal.SIGPIPE if closed.by_reader else None)
    unseen = any(row.status.error not in {"", NOT_CLONED} for row in rows)
    return Ending(int(unseen))
