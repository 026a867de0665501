"""The board is a fold of records: nothing else moves it."""

import random
from collections import Counter
from typing import Any

import pytest

from tests.kit.work import NOT_FOUND, SYNCED, repos
from tui.engine.events import (
    JobEnded,
    JobQueued,
    JobResting,
    JobResumed,
    JobStarted,
    JobStopping,
    LimitChanged,
    Notice,
    QueuePaused,
    Record,
    RunFinished,
    RunStarted,
)
from tui.engine.slots import PRIORITY_SLOT
from tui.git.outcome import Outcome, Reason, State
from tui.view.board import Board, Stage

A, B, C = repos(3)


def fold(board: Board, *events: Any, at: float = 100.0) -> Board:
    for event in events:
        board.apply(Record(at, "run", event))
    return board


def run_started(jobs: int = 2, total: int = 3) -> RunStarted:
    return RunStarted(jobs, "default", None, total, "~/work", dry_run=False)


def run_finished(commits: int = 0, *, interrupted: bool = False) -> RunFinished:
    return RunFinished(dict.fromkeys(State, 0), 3, commits, 1_500, 0, interrupted)


def ended(repo: Any, outcome: Outcome, attempt: int = 1) -> JobEnded:
    return JobEnded(repo, attempt, outcome, 0, 10, 20)


def states(board: Board) -> list[str]:
    return [str(row.state) for row in board.rows.values()]


@pytest.fixture
def board() -> Board:
    return Board([A, B, C], limit=2)


def test_a_job_goes_from_planned_to_its_end(board: Board) -> None:
    assert states(board) == ["planned", "planned", "planned"]
    fold(board, run_started(), JobQueued(A, 1, pick=False))
    assert board.rows["r0"].state is Stage.QUEUED
    fold(board, JobStarted(A, 1, 0, pick=False), at=103.0)
    assert (board.rows["r0"].state, board.rows["r0"].slot, board.rows["r0"].started) == (
        Stage.RUNNING,
        0,
        103.0,
    )
    fold(board, JobStopping(A, Reason.USER))
    assert board.rows["r0"].state is Stage.STOPPING
    assert board.rows["r0"].live
    end = ended(A, Outcome(State.CANCELLED, Reason.USER))
    fold(board, end)
    assert (board.rows["r0"].state, board.rows["r0"].slot, board.rows["r0"].end) == (
        State.CANCELLED,
        None,
        end,
    )


def test_what_waits_to_try_again_has_its_slot_and_is_stopped_as_any_other(board: Board) -> None:
    fold(board, run_started(), JobQueued(A, 1, pick=False), JobStarted(A, 1, 0, pick=False), JobResting(A))
    row = board.rows["r0"]
    assert (row.state, row.slot, row.live, board.running) == (Stage.RETRYING, 0, True, [row])
    fold(board, JobResumed(A))
    assert row.state is Stage.RUNNING
    fold(board, JobResting(A), JobStopping(A, Reason.USER), JobResumed(A))
    assert row.state is Stage.STOPPING, "it was let go on a moment before it heard of it"


def test_a_retry_keeps_the_last_end_until_the_next(board: Board) -> None:
    fold(board, run_started(), ended(A, NOT_FOUND), JobQueued(A, 2, pick=False))
    row = board.rows["r0"]
    assert (row.state, row.attempt, row.outcome) == (Stage.QUEUED, 2, NOT_FOUND)
    assert board.attention == []
    fold(board, ended(A, SYNCED, attempt=2))
    assert (row.state, row.outcome) == (State.SYNCED, SYNCED)


def test_only_what_was_asked_for_is_counted(board: Board) -> None:
    fold(board, run_started(), JobQueued(A, 1, pick=False), ended(B, NOT_FOUND))
    assert board.counts == {Stage.QUEUED: 1, State.FAILED: 1}


def test_what_is_settled_shows_its_end_before_it_is_told() -> None:
    off = Outcome(State.SKIPPED, Reason.DISABLED, "disabled")
    board = Board([A, B], [(B, off)], limit=2)
    assert states(board) == ["planned", "skipped"]
    assert board.rows["r1"].outcome == off
    assert board.counts == {}
    assert board.session()[1] == []


def test_the_limit_is_the_persons_and_not_that_of_one_host(board: Board) -> None:
    fold(
        board,
        run_started(jobs=3),
        LimitChanged(5, 3, "user"),
        LimitChanged(1, 5, "rate_limit", host="a.example"),
    )
    assert (board.limit, board.lanes) == (5, {"a.example": 1})
    fold(board, LimitChanged(4, 1, "recovery", host="a.example"))
    assert board.lanes == {"a.example": 4}
    fold(board, LimitChanged(5, 4, "recovery", host="a.example"))
    assert board.lanes == {}


def test_pause_and_resume(board: Board) -> None:
    assert fold(board, QueuePaused(True)).paused
    assert not fold(board, QueuePaused(False)).paused


def test_a_run_is_active_from_its_start_to_its_end(board: Board) -> None:
    assert not board.active
    assert fold(board, run_started()).active
    assert not fold(board, run_finished()).active
    assert fold(board, run_started(), at=200.0).active
    assert board.began == 200.0


def test_what_is_done_of_what_was_asked_for_is_of_the_last_run(board: Board) -> None:
    def done() -> tuple[int, int]:
        return len(board.done), len(board.asked)

    fold(board, run_started(), *(JobQueued(repo, 1, pick=False) for repo in (A, B, C)))
    fold(board, JobStarted(A, 1, 0, pick=False), ended(A, NOT_FOUND))
    assert done() == (1, 3)
    fold(board, JobQueued(A, 2, pick=False))
    assert done() == (0, 3)
    fold(board, *(ended(repo, SYNCED) for repo in (A, B, C)), run_finished())
    assert done() == (3, 3)
    fold(board, run_started(total=1), JobQueued(A, 3, pick=False))
    assert done() == (0, 1)
    fold(board, ended(A, SYNCED, attempt=3), run_finished())
    assert done() == (1, 1)


def test_each_record_grows_the_revision(board: Board) -> None:
    fold(board, run_started(), Notice("info", "hello"))
    assert board.revision == 2


def test_the_session_adds_its_runs_up_and_counts_a_repo_once_by_its_last_state(board: Board) -> None:
    three = Outcome(State.SYNCED, commits=3)
    fold(board, run_started(), ended(A, NOT_FOUND), ended(B, three), run_finished(commits=3))
    finished, _ = board.session()
    assert (finished.exit_code, finished.total, finished.commits, finished.duration_ms) == (1, 2, 3, 1_500)
    fold(board, run_started(), ended(A, three), run_finished(commits=3, interrupted=True))
    finished, ends = board.session()
    assert (finished.exit_code, finished.total, finished.commits, finished.duration_ms) == (0, 2, 6, 3_000)
    assert finished.interrupted
    assert finished.counts == {**dict.fromkeys(State, 0), State.SYNCED: 2}
    assert [end.repo.id for end in ends] == ["r0", "r1"]


def test_a_repo_that_the_board_did_not_know_gets_a_row() -> None:
    board = fold(Board([], limit=1), JobQueued(A, 1, pick=False))
    assert list(board.rows) == ["r0"]


def test_cancelling_a_retry_mends_nothing(board: Board) -> None:
    fold(board, run_started(), ended(A, NOT_FOUND), JobQueued(A, 2, pick=False))
    fold(board, JobEnded(A, 2, Outcome(State.CANCELLED, Reason.USER), None, 5, 0))
    assert board.rows["r0"].state is State.CANCELLED
    assert [row.trouble for row in board.attention] == [NOT_FOUND]
    fold(board, ended(A, SYNCED, attempt=3))
    assert board.attention == []


def test_what_was_cancelled_without_trouble_needs_nobody(board: Board) -> None:
    fold(board, run_started(), ended(A, Outcome(State.CANCELLED, Reason.USER)))
    assert board.attention == []


@pytest.mark.parametrize("seed", range(5))
def test_the_figures_are_those_of_a_recount(seed: int) -> None:
    chance = random.Random(seed)
    some = [*repos(4), *repos(8, "b.example")[4:]]
    board = Board(some, limit=4)
    for attempt in range(1, 120):
        repo = chance.choice(some)
        slot = chance.choice([0, 1, PRIORITY_SLOT])
        outcome = chance.choice([SYNCED, NOT_FOUND, Outcome(State.CANCELLED, Reason.USER)])
        steps = [
            JobQueued(repo, attempt, pick=False),
            JobStarted(repo, attempt, slot, pick=False),
            JobStopping(repo, Reason.USER),
            ended(repo, outcome, attempt),
        ]
        fold(board, *steps[: chance.randint(1, 4)])
        if chance.random() < 0.1:
            board.acknowledge([board.rows[repo.id]])
        rows = list(board.rows.values())
        asked = [row for row in rows if row.attempt]
        assert board.counts == Counter(row.state for row in asked)
        assert board.planned == sum(row.state is Stage.PLANNED for row in rows)
        assert {row.repo.id for row in board.running} == {row.repo.id for row in rows if row.live}
        assert board.attention == [row for row in rows if row.needs_person]
        assert set(board.troubled) == {row.repo.id for row in rows if row.troubled}
        for host, counts in board.hosts.items():
            assert +counts == Counter(row.state for row in asked if row.repo.host == host)
