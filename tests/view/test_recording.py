"""A recording is read as it was written, whatever else is in the file."""

import itertools
import json
from pathlib import Path
from typing import Any

import pytest

from tests.kit import scenes
from tests.kit.app_driver import repo
from tests.kit.recorded import NOON, RUN, Recorder, finished, simple, started
from tui.engine.events import (
    Event,
    JobEnded,
    JobQueued,
    JobStarted,
    LimitChanged,
    Notice,
    QueuePaused,
    Record,
    RunStarted,
)
from tui.engine.slots import PRIORITY_SLOT
from tui.git.gauge import Progress
from tui.git.outcome import Outcome, Reason, State
from tui.git.repo import Repo
from tui.view import ndjson
from tui.view.ndjson import Moved
from tui.view.recording import Recording, Unplayable, read

CLICK = repo("python/click")
EVENTS: list[Event] = [
    started(3),
    RunStarted(8, "flag", 2, 40, "/w/synctui.toml", dry_run=True),
    JobQueued(CLICK, 2, pick=True),
    JobStarted(CLICK, 1, PRIORITY_SLOT, pick=True),
    JobStarted(Repo("own/remote", Path("/w/own")), 1, 0, pick=False),
    *(
        JobEnded(CLICK, 3, outcome, None, 12, 34_000)
        for outcome in (
            scenes.FORWARD,
            scenes.CLONED,
            scenes.AUTH,
            scenes.DIVERGED,
            scenes.BUSY,
            Outcome(State.SKIPPED, Reason.FRESH, "brought up to date 5 m ago", notes=("detached", "dirty")),
            Outcome(State.FAILED, Reason.CONFIG, "one line\nand another"),
        )
    ),
    LimitChanged(3, 6, "user"),
    LimitChanged(1, 4, "rate_limit", "github.com"),
    QueuePaused(True),
    QueuePaused(False),
    Notice("warning", "something is odd"),
    finished({State.SYNCED: 2, State.FAILED: 1}, commits=7),
]


def written(event: Event) -> dict[str, Any]:
    document = ndjson.document(Record(NOON + 0.125, RUN, event))
    assert document is not None
    return dict(json.loads(ndjson.encode(document)))


def events_of(recording: Recording) -> list[Event]:
    return [moment.what.event for moment in recording.moments if isinstance(moment.what, Record)]


def texts(recording: Recording) -> list[str]:
    return [event.text for event in events_of(recording) if isinstance(event, Notice)]


@pytest.mark.parametrize("event", EVENTS, ids=lambda event: type(event).__name__)
def test_every_event_is_read_as_it_was_written(event: Event) -> None:
    document = written(event)
    told = ndjson.told(document)
    assert isinstance(told, Record)
    assert (told.time, told.run) == (NOON + 0.125, RUN)
    assert written(told.event) == document
    # The URL that was used is told of a repo that ended, and of one that is queued no place.
    if not isinstance(event, JobEnded | JobQueued):
        assert told.event == event


def test_the_progress_is_read_as_it_was_written() -> None:
    progress = Progress("Receiving objects", 62, 18_400_000, 2_300_000, moved=NOON)
    document = ndjson.progress_document(NOON, RUN, CLICK.id, progress)
    assert ndjson.told(json.loads(ndjson.encode(document))) == Moved(NOON, RUN, CLICK.id, progress)


def test_every_kind_that_is_written_can_be_read() -> None:
    assert {written(event)["event"] for event in EVENTS} | {"repo_progress"} == ndjson.KINDS


def test_time_is_as_it_was() -> None:
    recording = read(simple("a", "b", progress=True).lines)
    assert [(moment.at, type(moment.what).__name__) for moment in recording.moments[-5:]] == [
        (1.0, "Record"),
        (1.0, "Moved"),
        (1.5, "Moved"),
        (2.0, "Record"),
        (2.0, "Record"),
    ]
    assert recording.seconds == 2.0
    assert not recording.cut_off


def test_a_clock_that_was_set_back_stops_nothing() -> None:
    record = simple("a")
    record.tell(-3_600, Notice("info", "later"))
    record.tell(2, Notice("info", "right again"))
    recording = read(record.lines)
    assert [(moment.at, moment.time) for moment in recording.moments[-2:]] == [
        (1.0, NOON + 1),
        (2.0, NOON + 2),
    ]


def test_without_progress_the_queue_is_known_and_nothing_stalls() -> None:
    recording = read(simple("a", "b").lines)
    events = events_of(recording)
    assert events[1:3] == [JobQueued(repo("a"), 1, pick=False), JobQueued(repo("b"), 1, pick=False)]
    gauges = [moment.what for moment in recording.moments if isinstance(moment.what, Moved)]
    assert [(one.repo, one.progress.phase, one.progress.moved) for one in gauges] == [
        ("a", "running", float("inf")),
        ("b", "running", float("inf")),
    ]


def test_an_end_knows_its_slot_and_what_never_ran_has_none() -> None:
    record = Recorder()
    cancelled = Outcome(State.CANCELLED, Reason.USER, "cancelled before it started")
    record.tell(0, started(2), JobStarted(CLICK, 1, 3, pick=False))
    record.tell(1, JobEnded(repo("b"), 1, cancelled, None, 5, 0))
    record.tell(2, JobEnded(CLICK, 1, scenes.CURRENT, 3, 5, 0))
    events = events_of(read(record.lines))
    assert [event.slot for event in events if isinstance(event, JobEnded)] == [None, 3]
    assert [event.repo.id for event in events if isinstance(event, JobQueued)] == [CLICK.id, "b"]


def test_a_retry_is_queued_once_more() -> None:
    record = Recorder()
    for attempt in (1, 2):
        record.tell(attempt, *([started()] if attempt == 1 else []))
        record.tell(attempt, JobStarted(CLICK, attempt, 0, pick=False))
        record.tell(attempt, JobEnded(CLICK, attempt, scenes.CURRENT, 0, 0, 0))
    queued = [event for event in events_of(read(record.lines)) if isinstance(event, JobQueued)]
    assert queued == [JobQueued(CLICK, 1, pick=False), JobQueued(CLICK, 2, pick=False)]


def test_a_run_that_was_cut_off_stands_still_at_its_last_event() -> None:
    whole = simple("a", "b", progress=True)
    cut = whole.text[: whole.text.index('"repo_finished"') + 40]  # a kill in mid-line
    recording = read(cut.splitlines())
    assert recording.cut_off
    assert recording.seconds == 0.5
    assert texts(recording) == [
        f"1 line of the recording left out: no event that can be read (line {len(cut.splitlines())})",
        "the recording ends here: the run was cut off",
    ]
    assert not any(isinstance(event, JobEnded) for event in events_of(recording))


def test_several_runs_follow_each_other_without_the_hours_between_them() -> None:
    recording = read([*simple("a").lines, *simple("a", run="later", at=3_600).lines])
    assert recording.seconds == 1.0 + 3.0 + 1.0
    assert recording.moments[-1].time == NOON + 3_601
    assert {moment.what.run for moment in recording.moments} == {RUN, "later"}


def test_what_ran_when_a_run_was_cut_off_does_not_run_in_the_next_one() -> None:
    recording = read([*simple("a", "b").lines[:2], *simple("b", run="later", at=3_600).lines])
    ends = [(e.repo.id, e.outcome.state, e.slot) for e in events_of(recording) if isinstance(e, JobEnded)]
    assert ends == [("a", State.CANCELLED, 0), ("b", State.UP_TO_DATE, 0)]
    assert texts(recording) == ["the recording has a gap here: the run was cut off"]
    assert recording.seconds == 3.0 + 1.0
    assert not recording.cut_off


def test_unknown_kinds_are_left_out_and_said_once() -> None:
    lines = simple("a").lines
    strange = [
        written(Notice("info", "x")) | {"event": kind} for kind in ("b\x1b[2Jc", "teleported", "teleported")
    ]
    recording = read([lines[0], *map(json.dumps, strange), *lines[1:]])
    said = "3 events of the recording left out, of a kind not known here: bc, teleported"
    assert texts(recording) == [said]
    assert len(recording.moments) == len(read(lines).moments) + 1


BROKEN: list[dict[str, Any]] = [
    {"time": 5},
    {"time": "yesterday"},
    {"state": "exploded"},
    {"message": ["a"]},
    {"attempt": "one"},
    {"repo": None},
    {"path": 7},
    {"refs": [{"name": "x"}]},
    {"commits": 10**30},
    {"schema_version": "1"},
    {"event": 1},
]


@pytest.mark.parametrize("broken", BROKEN, ids=str)
def test_a_line_that_is_not_as_it_is_to_be_is_left_out(broken: dict[str, Any]) -> None:
    lines = simple("a").lines
    bad = json.dumps(written(JobEnded(CLICK, 1, scenes.FORWARD, 0, 0, 0)) | broken)
    recording = read([*lines[:-1], bad, lines[-1]])
    assert texts(recording) == ["1 line of the recording left out: no event that can be read (line 4)"]
    assert len(recording.repos) == 1


@pytest.mark.parametrize(
    ("event", "broken"),
    [
        (started(), {"jobs": 10**9}),
        (JobStarted(CLICK, 1, 0, pick=False), {"slot": 10**9}),
        (JobStarted(CLICK, 1, 0, pick=False), {"slot": -1}),
        (LimitChanged(3, 2, "user"), {"jobs": 0}),
        (LimitChanged(3, 2, "user"), {"by": "magic"}),
        (Notice("info", "x"), {"level": "loud"}),
    ],
    ids=str,
)
def test_numbers_that_would_fill_the_memory_are_refused(event: Event, broken: dict[str, Any]) -> None:
    with pytest.raises(ValueError):  # noqa: PT011  which line it was is said elsewhere
        ndjson.told(written(event) | broken)


def test_text_of_others_is_cleaned() -> None:
    nasty = "\x1b]0;owned\x07[red]x[/]\x1b[2J https://ann:hush@h/x"
    outcome = Outcome(
        State.FAILED, Reason.AUTH, f"{nasty}\n{nasty}", nasty, output_tail=(nasty,), branch=nasty
    )
    record = Recorder()
    record.tell(
        0, started(workspace=nasty), JobStarted(Repo(nasty, Path("/w/\x1b[2J"), nasty), 1, 0, pick=False)
    )
    record.tell(1, JobEnded(Repo(nasty, Path("/w/\x1b[2J")), 1, outcome, 0, 0, 0), Notice("info", nasty))
    recording = read(record.lines)
    shown = repr((recording.repos, recording.started, events_of(recording)))
    assert "\\x1b" not in shown
    assert "hush" not in shown
    assert recording.repos[0].id == "[red]x[/] https://h/x"
    end = next(event for event in events_of(recording) if isinstance(event, JobEnded))
    assert end.outcome.message == "[red]x[/] https://h/x\n[red]x[/] https://h/x"


@pytest.mark.parametrize(
    ("lines", "why"),
    [
        ([], "no run is recorded in it; `synctui sync --ndjson --progress > run.ndjson` makes one"),
        (["# a diary", "", "{}", "[1]", '{"event": {}}', "[" * 100_000], "no run is recorded in it; "),
        (simple("a").lines[1:], "no run is recorded in it; "),
        (
            [json.dumps(written(started()) | {"schema_version": 2})],
            "it was recorded by a newer synctui (schema_version 2, this one reads 1)",
        ),
    ],
    ids=["empty", "something else", "no beginning", "newer"],
)
def test_what_cannot_be_played_says_why(lines: list[str], why: str) -> None:
    with pytest.raises(Unplayable) as refused:
        read(lines)
    assert str(refused.value).startswith(why)


def test_ten_thousand_repos() -> None:
    names = [f"r{number:05}" for number in range(10_000)]
    recording = read(simple(*names).lines)
    assert [one.id for one in recording.repos] == names
    assert all(one.at <= two.at for one, two in itertools.pairwise(recording.moments))
