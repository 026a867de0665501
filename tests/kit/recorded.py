"""A run as `synctui sync --ndjson` records it, made by hand: each line through the encoder of the program."""

from collections.abc import Mapping

from tests.kit import scenes
from tests.kit.app_driver import repo
from tui.engine.events import Event, JobEnded, JobQueued, JobStarted, Record, RunFinished, RunStarted
from tui.git.gauge import Progress
from tui.git.outcome import Outcome, State
from tui.view import ndjson

NOON = scenes.NOON
RUN = "20261121T100000Z-c0ffee"


class Recorder:
    """`after` is seconds since the start of the recording."""

    def __init__(self, run: str = RUN) -> None:
        self.run = run
        self.lines: list[str] = []

    def tell(self, after: float, *events: Event) -> None:
        for event in events:
            document = ndjson.document(Record(NOON + after, self.run, event))
            assert document is not None
            self.lines.append(ndjson.encode(document))

    def gauge(self, after: float, repo_id: str, progress: Progress) -> None:
        self.lines.append(ndjson.encode(ndjson.progress_document(NOON + after, self.run, repo_id, progress)))

    @property
    def text(self) -> str:
        return "".join(f"{line}\n" for line in self.lines)


def started(total: int = 1, *, jobs: int = 4, workspace: str = "~/work") -> RunStarted:
    return RunStarted(jobs, "default", None, total, workspace, dry_run=False)


def finished(counts: Mapping[State, int], *, commits: int = 0, seconds: float = 1.0) -> RunFinished:
    every = {state: counts.get(state, 0) for state in State}
    return RunFinished(every, sum(every.values()), commits, round(seconds * 1000), 1, interrupted=False)


def simple(*names: str, progress: bool = False, run: str = RUN, at: float = 0.0) -> Recorder:
    """One job at a time, each a second long, from `at` on; what ends well was up to date."""
    record = Recorder(run)
    record.tell(at, started(len(names), jobs=2))
    if progress:
        record.tell(at, *(JobQueued(repo(name), 1, pick=False) for name in names))
    for number, name in enumerate(names):
        begin = at + number
        record.tell(begin, JobStarted(repo(name), 1, 0, pick=False))
        if progress:
            record.gauge(begin + 0.5, name, Progress("Receiving objects", 50, 1_000, 2_000))
        record.tell(begin + 1, JobEnded(repo(name), 1, Outcome(State.UP_TO_DATE), 0, 0, 1_000))
    record.tell(at + len(names), finished({State.UP_TO_DATE: len(names)}, seconds=len(names)))
    return record


def in_the_middle() -> Recorder:
    """Twenty repos, four at a time: at 0:12 six of them have ended, two of these in trouble, and one is stalled."""
    entries = [scenes.entry(name) for name in scenes.NAMES]
    record = Recorder()
    record.tell(0, started(len(entries)), *(JobQueued(entry, 1, pick=False) for entry in entries))
    diverged = scenes.diverged(entries[5])
    ends = [scenes.FORWARD, scenes.CURRENT, scenes.AUTH, scenes.CLONED, scenes.CURRENT, diverged]
    record.tell(0, *(JobStarted(entry, 1, slot, pick=False) for slot, entry in enumerate(entries[:4])))
    for number, (entry, end) in enumerate(zip(entries, ends, strict=False)):
        at, slot = 0.5 + number * 0.25, number % 4
        record.tell(at, JobEnded(entry, 1, end, slot, 0, round(at * 1000)))
        record.tell(at, JobStarted(entries[number + 4], 1, slot, pick=False))
    record.gauge(2.0, "tools/bat", Progress("Counting objects", 3))
    for name, progress in {
        "tools/ripgrep": Progress("Receiving objects", 34, 9_000_000, 1_100_000),
        "tools/fd": Progress("Resolving deltas", 71),
        "tools/delta": Progress("Compressing objects", 88),
    }.items():
        record.gauge(11.5, name, progress)
    for number, entry in enumerate(entries[6:]):
        at = 13.0 + number * 0.5
        record.tell(at, JobEnded(entry, 1, scenes.CURRENT, number % 4, 0, 4_000))
        if number + 10 < len(entries):
            record.tell(at, JobStarted(entries[number + 10], 1, number % 4, pick=False))
    counts = {State.SYNCED: 2, State.UP_TO_DATE: 16, State.FAILED: 1, State.BLOCKED: 1}
    record.tell(20, finished(counts, commits=815, seconds=20))
    return record
