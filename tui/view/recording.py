"""A recorded run: what `synctui sync --ndjson` printed, put in order so that it can be played again."""

import json
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence

from msgspec import Struct, structs

from tui.engine.events import Event, JobEnded, JobQueued, JobStarted, Notice, Record, RunFinished, RunStarted
from tui.git.clean import clean_text
from tui.git.gauge import Progress
from tui.git.outcome import Outcome, Reason, State
from tui.git.repo import Repo
from tui.view import ndjson
from tui.view.lines import plural
from tui.view.ndjson import SCHEMA_VERSION, Document, Moved

REST = 3.0
"""Seconds that what lies between two runs takes at most when it is played; within a run time is as it was."""
_DIGITS = 18
_LONGEST_KIND = 40
_HOW = "`synctui sync --ndjson --progress > run.ndjson` makes one"


class Unplayable(Exception):  # noqa: N818  named after the fact
    """One line that says why a file cannot be played."""


class Moment(Struct, frozen=True):
    at: float
    """Seconds since the beginning, as it is played."""
    time: float
    """Seconds since the epoch, as it was; never before that of the moment before."""
    what: Record | Moved


class Recording(Struct, frozen=True):
    moments: Sequence[Moment]
    """Never empty; the first is the start of a run."""
    repos: tuple[Repo, ...]
    """All that it names, in the order in which they come."""
    started: RunStarted
    """What its first run says of itself."""
    cut_off: bool
    """The last run in it has no end."""

    @property
    def seconds(self) -> float:
        return self.moments[-1].at


def read(lines: Iterable[str]) -> Recording:
    """What of the lines is no event of a run is left out, and said in the recording. Raises Unplayable."""
    strange: list[int] = []
    unknown: Counter[str] = Counter()
    events: list[Record | Moved] = []
    for number, line in enumerate(lines, 1):
        if not line.strip():
            continue
        document = _parsed(line)
        if document is None:
            strange.append(number)
        elif document["event"] in ndjson.KINDS:
            try:
                events.append(ndjson.told(document))
            except ValueError:
                strange.append(number)
        else:
            unknown[clean_text(document["event"])[:_LONGEST_KIND]] += 1
    runs = _runs(_placed(events))
    if not runs:
        raise Unplayable(f"no run is recorded in it; {_HOW}")
    return _recording(runs, _left_out(strange, unknown))


def _parsed(line: str) -> Document | None:
    """None: no event. Raises Unplayable for one of a newer synctui."""
    try:
        document = _DECODER.decode(line)
    except (ValueError, RecursionError):
        return None
    if not isinstance(document, dict) or not isinstance(document.get("event"), str):
        return None
    version = document.get("schema_version")
    if isinstance(version, int) and version > SCHEMA_VERSION:
        raise Unplayable(
            f"it was recorded by a newer synctui (schema_version {version}, this one reads {SCHEMA_VERSION})"
        )
    return document if version == SCHEMA_VERSION else None


def _number(digits: str) -> int:
    if len(digits) > _DIGITS:
        raise ValueError("no figure of ours")
    return int(digits)


_DECODER = json.JSONDecoder(parse_int=_number)


def _left_out(strange: Sequence[int], unknown: Counter[str]) -> list[str]:
    said = []
    if strange:
        lines = plural(len(strange), "line")
        said.append(f"{lines} of the recording left out: no event that can be read (line {strange[0]})")
    if unknown:
        events = plural(unknown.total(), "event")
        said.append(
            f"{events} of the recording left out, of a kind not known here: {', '.join(sorted(unknown))}"
        )
    return said


def _placed(events: Sequence[Record | Moved]) -> Iterator[Record | Moved]:
    """Each repo that is queued with its place, which what follows says."""
    places: dict[str, Repo] = {}
    for what in events:
        if isinstance(what, Record) and isinstance(what.event, JobStarted | JobEnded):
            places[what.event.repo.id] = what.event.repo
    for what in events:
        match what:
            case Record(event=JobQueued(repo=repo) as event) if repo.id in places:
                yield structs.replace(what, event=structs.replace(event, repo=places[repo.id]))
            case _:
                yield what


def _runs(events: Iterable[Record | Moved]) -> list[list[Record | Moved]]:
    """Each from its start on; what comes before the first start belongs to none."""
    runs: list[list[Record | Moved]] = []
    for event in events:
        if isinstance(event, Record) and isinstance(event.event, RunStarted):
            runs.append([])
        if runs:
            runs[-1].append(event)
    return runs


def _recording(runs: Sequence[Sequence[Record | Moved]], notes: Sequence[str]) -> Recording:
    moments: list[Moment] = []
    repos: dict[str, Repo] = {}
    going_on = False
    started = runs[0][0]
    assert isinstance(started, Record)  # noqa: S101  the start of a run is what a run begins with
    assert isinstance(started.event, RunStarted)  # noqa: S101  as above
    for number, run in enumerate(runs):
        told = _completed(run, is_last=number == len(runs) - 1)
        if number == 0:
            told[1:1] = [structs.replace(started, event=Notice("warning", text)) for text in notes]
        for what in told:
            before = moments[-1] if moments else Moment(0.0, what.time, what)
            event = what.event if isinstance(what, Record) else None
            passed = max(0.0, what.time - before.time)
            in_run = going_on and not isinstance(event, RunStarted)
            at = before.at + (passed if in_run else min(passed, REST))
            moments.append(Moment(at, max(what.time, before.time), what))
            if isinstance(event, RunStarted | RunFinished):
                going_on = isinstance(event, RunStarted)
            elif isinstance(event, JobQueued | JobStarted | JobEnded):
                repos.setdefault(event.repo.id, event.repo)
    return Recording(moments, tuple(repos.values()), started.event, cut_off=going_on)


def _completed(run: Sequence[Record | Moved], *, is_last: bool) -> list[Record | Moved]:
    """With what the board needs and a recording may lack: that repos were queued, their slots, and an end."""
    gauged = any(isinstance(what, Moved) or isinstance(what.event, JobQueued) for what in run)
    told: list[Record | Moved] = []
    waiting: set[str] = set()
    slots: dict[str, JobStarted] = {}
    for what in run:
        event = what.event if isinstance(what, Record) else None
        match event:
            case RunStarted():
                told.append(what)
                for queued in _unsaid(run):
                    waiting.add(queued.repo.id)
                    told.append(Record(what.time, what.run, queued))
                continue
            case JobQueued(repo=repo):
                waiting.add(repo.id)
            case JobStarted(repo=repo, attempt=attempt, pick=pick):
                if repo.id not in waiting:
                    told.append(Record(what.time, what.run, JobQueued(repo, attempt, pick)))
                waiting.discard(repo.id)
                slots[repo.id] = event
                # Without progress nothing is known of when a byte moved: none of them stalls.
                first = Progress(moved=what.time) if gauged else Progress("running", moved=float("inf"))
                told += [what, Moved(what.time, what.run, repo.id, first)]
                continue
            case JobEnded(repo=repo):
                waiting.discard(repo.id)
                started = slots.pop(repo.id, None)
                told.append(_record(what, structs.replace(event, slot=started.slot if started else None)))
                continue
        told.append(what)
    if not any(isinstance(what, Record) and isinstance(what.event, RunFinished) for what in run):
        told += _cut_off(run[-1], slots, is_last=is_last)
    return told


def _unsaid(run: Sequence[Record | Moved]) -> list[JobQueued]:
    """The queue at the start of a run of which it is not recorded, in the order in which they began."""
    events = [what.event for what in run if isinstance(what, Record)]
    said = {event.repo.id for event in events if isinstance(event, JobQueued)}
    queue: dict[str, JobQueued] = {}
    for event in events:
        match event:
            case JobStarted(repo=repo, attempt=attempt, pick=pick):
                queue.setdefault(repo.id, JobQueued(repo, attempt, pick))
            case JobEnded(repo=repo, outcome=Outcome(state=State.CANCELLED)):
                queue.setdefault(repo.id, JobQueued(repo, 1, pick=False))
    return [queued for repo_id, queued in queue.items() if repo_id not in said]


def _cut_off(last: Record | Moved, running: dict[str, JobStarted], *, is_last: bool) -> list[Record | Moved]:
    """What runs at the end of it all stands still there; before another run it has to end."""
    text = f"the recording {'ends' if is_last else 'has a gap'} here: the run was cut off"
    said: list[Record | Moved] = [_record(last, Notice("warning", text))]
    if not is_last:
        end = Outcome(State.CANCELLED, Reason.SIGNAL, "its end is not recorded")
        said += [
            _record(last, JobEnded(event.repo, event.attempt, end, event.slot, 0, 0))
            for event in running.values()
        ]
    return said


def _record(like: Record | Moved, event: Event) -> Record:
    return Record(like.time, like.run, event)
