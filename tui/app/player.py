"""Plays a recording: in its own time it files what was recorded, as an engine does what happens."""

from collections.abc import Callable

from tui.engine.clock import Clock
from tui.engine.events import JobEnded, JobQueued, JobStarted, Record
from tui.engine.feed import Feed, Inbox
from tui.git.gauge import Gauge
from tui.view.ndjson import Moved
from tui.view.recording import Moment, Recording

SPEEDS = (1, 2, 5, 10, 20, 50, 100)
JUMP = 10.0
"""Seconds of the recording."""
_LONGEST_STEP = 1.0
"""Seconds: what passes while another program has the terminal is not played."""


class _OwnTime(Clock):
    """The recording's; both clocks are the same."""

    def __init__(self, now: Callable[[], float]) -> None:
        self._now = now

    def now(self) -> float:
        return self._now()

    def monotonic(self) -> float:
        return self._now()


class Player:
    """Moves on when `advance` is called, by what has passed of `clock` since. Everything in one thread."""

    def __init__(self, recording: Recording, clock: Clock) -> None:
        self.recording = recording
        self.clock: Clock = _OwnTime(self._time)
        self.position = 0.0
        """Seconds since the beginning."""
        self.speed = SPEEDS[0]
        self.paused = False
        self._wall = clock
        self._feed = Feed()
        self._seen = clock.monotonic()
        self._next = 0
        self._gauges: dict[str, Gauge] = {}
        self._queue: dict[str, None] = {}

    # What the screens ask of an engine.

    def subscribe(self) -> Inbox:
        return self._feed.subscribe()

    def queue(self) -> list[str]:
        return list(self._queue)

    def gauge(self, job_id: str) -> Gauge | None:
        return self._gauges.get(job_id)

    # What the keys do.

    @property
    def over(self) -> bool:
        return self._next == len(self.recording.moments)

    @property
    def cut_off(self) -> bool:
        """It stands where a recording ends without the end of its run."""
        return self.over and self.recording.cut_off

    def advance(self) -> None:
        now = self._wall.monotonic()
        passed, self._seen = min(now - self._seen, _LONGEST_STEP), now
        if not self.paused and not self.over:
            self._play_to(self.position + passed * self.speed)

    def faster(self) -> None:
        self.advance()
        self.speed = SPEEDS[min(SPEEDS.index(self.speed) + 1, len(SPEEDS) - 1)]

    def slower(self) -> None:
        self.advance()
        self.speed = SPEEDS[max(SPEEDS.index(self.speed) - 1, 0)]

    def step(self) -> None:
        """To the next event but for progress, and pause there; what was only queued goes with what follows."""
        self.paused = True
        moments = self.recording.moments
        index = self._next
        while index < len(moments) - 1 and not _is_step(moments[index]):
            index += 1
        if index < len(moments):
            self.position = moments[index].at
            self._file(index + 1)

    def seek(self, position: float) -> None:
        """Going back begins anew: whoever has drawn what came later must forget it."""
        if position < self.position:
            self._next, self.position = 0, 0.0
            self._gauges.clear()
            self._queue.clear()
        self._play_to(max(0.0, position))

    def _play_to(self, position: float) -> None:
        self.position = min(position, self.recording.seconds)
        index = self._next
        while index < len(self.recording.moments) and self.recording.moments[index].at <= self.position:
            index += 1
        self._file(index)

    def _file(self, end: int) -> None:
        records: list[Record] = []
        for moment in self.recording.moments[self._next : end]:
            match moment.what:
                case Moved(repo=repo_id, progress=progress):
                    self._gauges.setdefault(repo_id, Gauge()).show(progress)
                case Record(event=event) as record:
                    records.append(record)
                    match event:
                        case JobQueued(repo=repo):
                            self._queue[repo.id] = None
                        case JobStarted(repo=repo, attempt=attempt):
                            self._queue.pop(repo.id, None)
                            self._gauges[repo.id] = gauge = Gauge()
                            gauge.attempt = attempt
                        case JobEnded(repo=repo):
                            self._queue.pop(repo.id, None)
        self._next = end
        self._feed.file(records)

    def _time(self) -> float:
        """Seconds since the epoch, as it was then."""
        moment = self.recording.moments[max(0, self._next - 1)]
        return moment.time + self.position - moment.at


def _is_step(moment: Moment) -> bool:
    return isinstance(moment.what, Record) and not isinstance(moment.what.event, JobQueued)
