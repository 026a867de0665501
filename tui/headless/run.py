"""A run, or runs that repeat, without a screen: lines, NDJSON or one JSON document."""

import signal
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Literal

from msgspec import Struct, structs

from tui.engine.engine import Engine
from tui.engine.eta import Forecast, about, remaining
from tui.engine.events import JobEnded, JobStarted, LimitChanged, Notice, Record, RunFinished, RunStarted
from tui.engine.feed import Inbox
from tui.engine.plan import Plan
from tui.engine.shutdown import STOP_GRACE, STOP_SIGNALS, Ending
from tui.engine.watch import Watch
from tui.git.gauge import Progress
from tui.git.outcome import ATTENTION_STATES, SUCCESS_STATES, Reason, State
from tui.headless.streams import StdoutClosed, Streams
from tui.store.logs import log_of
from tui.view import lines, ndjson

HEARTBEAT = 30.0
"""Seconds of silence about what is still running."""
PROGRESS_TICK = 0.1
"""Seconds between two progress events of one repo, at least."""
IDLE_TICK = 1.0
"""Seconds between two looks at a reader that may have gone."""

Form = Literal["text", "ndjson", "json"]


class Show(Struct, frozen=True):
    form: Form = "text"
    progress: bool = False
    """Adds `repo_queued` and `repo_progress` to the NDJSON."""
    quiet: bool = False
    """Only what needs a person."""
    verbose: bool = False
    """Also the starts, and git's last lines."""
    exit_zero: bool = False
    """An exit code of 1 is told as 0."""


def run(engine: Engine, plan: Plan, streams: Streams, show: Show, forecast: Forecast) -> Ending:
    """Do the plan to its end.

    A stop signal, or a reader of stdout that has gone (SIGPIPE), ends all work first and is in the Ending.
    """
    teller = _Teller(engine, streams, show, forecast)

    def do(caught: list[signal.Signals]) -> None:
        teller.start(plan)
        teller.follow(caught)

    return teller.until_stopped(do)


def repeat(engine: Engine, watch: Watch, streams: Streams, show: Show, forecast: Forecast) -> Ending:
    """Do the passes of the watch until a stop signal comes, as `run` does its one.

    Raises what kept the last passes from beginning, ConfigError, SelectionError or StateError.
    """
    teller = _Teller(engine, streams, show, forecast)

    def do(caught: list[signal.Signals]) -> None:
        if watch.due_in():  # its window is closed
            teller.tell_next(watch)
            teller.rest(watch, caught)
        while not caught:
            if trouble := watch.begin(teller.start):
                streams.note(f"synctui: {trouble}")
            else:
                teller.follow(caught)
                watch.ended()
            if not caught:
                teller.tell_next(watch)
                teller.rest(watch, caught)

    return teller.until_stopped(do)


class _Teller:
    """Tells what comes out of the engine, run by run."""

    def __init__(self, engine: Engine, streams: Streams, show: Show, forecast: Forecast) -> None:
        self._engine = engine
        self._streams = streams
        self._show = show
        self._forecast = forecast
        self._inbox = engine.subscribe()
        self._width = 0
        self._run = ""
        self._dry_run = False
        self._plan = Plan((), ())
        self._finished: RunFinished | None = None
        self._ended: dict[str, Record] = {}
        self._running: dict[str, float] = {}
        self._shown: dict[str, Progress] = {}

    def until_stopped(self, do: Callable[[list[signal.Signals]], None]) -> Ending:
        """`do` gets the stop signals that came, a list that grows, and returns early where there is one."""
        with _caught_signals(self._inbox) as caught:
            try:
                do(caught)
            except StdoutClosed as closed:
                if closed.by_reader:
                    caught.append(signal.SIGPIPE)
                self._engine.cancel_all(Reason.SIGNAL)
                self._engine.wait_idle(STOP_GRACE)
                return Ending(1, caught[0] if caught else None)
        return Ending(self._finished.exit_code if self._finished else 1, caught[0] if caught else None)

    def rest(self, watch: Watch, caught: list[signal.Signals]) -> None:
        """Until the next pass is due."""
        while not caught and (left := watch.due_in()):
            for record in self._inbox.wait(min(left, IDLE_TICK)):
                self._tell(record)
            if self._streams.stdout_closed():
                raise StdoutClosed

    def tell_next(self, watch: Watch) -> None:
        if watch.next_start and not self._show.quiet:
            self._streams.note(lines.next_pass(watch.next_start))

    def start(self, plan: Plan) -> None:
        self._finished = None
        self._ended.clear()
        self._shown.clear()
        self._width = max((len(repo.id) for repo in plan.run), default=0)
        self._plan = plan
        self._engine.start(plan.run, plan.settled)

    def follow(self, caught: list[signal.Signals]) -> None:
        """To the end of the run that was started."""
        quiet_since = time.monotonic()
        give_up = float("inf")
        tick = PROGRESS_TICK if self._progress_wanted else IDLE_TICK
        while self._finished is None:
            if caught and give_up == float("inf"):
                give_up = time.monotonic() + STOP_GRACE
                self._engine.cancel_all(Reason.SIGNAL)
            if time.monotonic() > give_up:
                self._streams.note("some git processes did not end in time")
                return
            for record in self._inbox.wait(tick):
                self._tell(record)
            if self._progress_wanted:
                self._tell_progress()
            if time.monotonic() - quiet_since >= HEARTBEAT:
                quiet_since = time.monotonic()
                self._tell_running(quiet_since)
            if self._streams.stdout_closed():
                raise StdoutClosed

    @property
    def _progress_wanted(self) -> bool:
        return self._show.progress and self._show.form == "ndjson"

    def _tell(self, record: Record) -> None:
        match record.event:
            case RunStarted() as event:
                self._run, self._dry_run = record.run, event.dry_run
            case JobStarted(repo=repo):
                self._running[repo.id] = time.monotonic()
            case JobEnded(repo=repo) as ended:
                self._forecast.learn(ended)
                self._running.pop(repo.id, None)
                self._shown.pop(repo.id, None)
                self._ended[repo.id] = record
            case RunFinished(exit_code=1) as event if self._show.exit_zero:
                record = structs.replace(record, event=structs.replace(event, exit_code=0))
                self._finished = structs.replace(event, exit_code=0)
            case RunFinished() as event:
                self._finished = event
        if self._show.form == "text":
            self._tell_person(record)
        else:
            self._tell_machine(record)

    def _tell_machine(self, record: Record) -> None:
        document = ndjson.document(record)
        if document is None:
            return
        if self._show.form == "ndjson" and (document["event"] != "repo_queued" or self._show.progress):
            self._streams.data(ndjson.encode(document))
        if isinstance(record.event, RunFinished):
            if self._show.form == "json":
                ended = [found for end in self._ended.values() if (found := ndjson.document(end))]
                self._streams.data(ndjson.encode(ndjson.final_document(document, ended)))
            if not self._show.quiet:
                self._streams.note(lines.counts_line(record.event, dry_run=self._dry_run))

    def _tell_person(self, record: Record) -> None:
        show, streams = self._show, self._streams
        match record.event:
            case RunStarted(dry_run=True) as event if not show.quiet:
                for text in lines.plan_lines(self._plan, event):
                    streams.note(text)
            case JobStarted(repo=repo, attempt=attempt) if show.verbose:
                again = f" (attempt {attempt})" if attempt > 1 else ""
                streams.note(f"[{repo.id}] started{again}")
            case JobEnded() as event:
                self._tell_end(event)
            case Notice(level=level, text=text) if not show.quiet or level == "error":
                streams.note(text)
            case LimitChanged() as event if not show.quiet:
                streams.note(lines.lane_line(event))
            case RunFinished() as event:
                self._tell_summary(event, log_of(record.run))

    def _tell_summary(self, finished: RunFinished, log: str) -> None:
        ended = [end.event for end in self._ended.values() if isinstance(end.event, JobEnded)]
        if not self._show.quiet or any(end.outcome.state in ATTENTION_STATES for end in ended):
            columns = lines.columns_of(self._streams.out)
            self._streams.data("")
            for text in lines.summary(
                finished, ended, dry_run=self._dry_run, log=log, logged=True, columns=columns
            ):
                self._streams.data(text)
        if self._show.verbose and (text := lines.probes_line(ended)):
            self._streams.note(text)

    def _tell_end(self, event: JobEnded) -> None:
        show, streams = self._show, self._streams
        if not show.quiet or event.outcome.state not in SUCCESS_STATES:
            for line in lines.result_lines(event, self._width):
                streams.data(streams.paint(line, _look(event.outcome.state)))
        if show.verbose:
            for text in lines.prefixed(event.repo.id, "\n".join(event.outcome.output_tail)):
                streams.note(text)

    def _tell_progress(self) -> None:
        now = time.time()
        for repo_id in self._running:
            gauge = self._engine.gauge(repo_id)
            if gauge is None or gauge.progress is self._shown.get(repo_id) or not gauge.progress.phase:
                continue
            self._shown[repo_id] = gauge.progress
            event = ndjson.progress_document(now, self._run, repo_id, gauge.progress)
            self._streams.data(ndjson.encode(event))

    def _tell_running(self, now: float) -> None:
        if not self._running or self._show.quiet:
            return
        still = ", ".join(
            f"{repo} {lines.duration((now - since) * 1000)}" for repo, since in self._running.items()
        )
        limit, queued = self._engine.snapshot().limit, self._engine.queue()
        running = [(repo, now - since) for repo, since in self._running.items()]
        left = remaining(limit, running, queued, self._forecast)
        text = f"still running: {still}; {len(queued)} queued{f'; {about(left)} left' if left else ''}"
        if self._show.form == "text":
            self._streams.data(text)
        else:
            self._streams.note(text)


def _look(state: State) -> Literal["good", "calm", "warn", "bad"]:
    match state:
        case State.SYNCED:
            return "good"
        case State.UP_TO_DATE | State.SKIPPED | State.CANCELLED:
            return "calm"
        case State.BLOCKED | State.BUSY:
            return "warn"
        case _:
            return "bad"


@contextmanager
def _caught_signals(inbox: Inbox) -> Iterator[list[signal.Signals]]:
    """The stop signals that came, in order. One that this process was told to ignore stays ignored."""
    caught: list[signal.Signals] = []

    def note(number: int, _frame: FrameType | None) -> None:
        caught.append(signal.Signals(number))
        inbox.wake()

    before = {
        number: signal.signal(number, note)
        for number in STOP_SIGNALS
        if signal.getsignal(number) is not signal.SIG_IGN
    }
    try:
        yield caught
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
