"""Why an action does nothing now: a function for each reason, of what the action looks at."""

from collections.abc import Callable, Iterable, Sequence
from typing import Literal

from msgspec import Struct, field

from tui.app.keymap import Keymap
from tui.app.outside import UnusableError
from tui.app.player import SPEEDS, Player
from tui.app.views import Views
from tui.engine.slots import MAX_JOBS
from tui.view.advised import commands, suggestion
from tui.view.board import Board, BoardRow, Stage

NOTHING_RUNS = "this is a replay: nothing runs"


Heading = Literal["", "open", "folded"]


class Situation(Struct, frozen=True):
    """What an action looks at before it is done. `targets` are the marked repos, else the selected one."""

    board: Board
    targets: Sequence[BoardRow]
    keys: Keymap
    player: Player | None = None
    """Of a replay."""
    heading: Heading = ""
    """Of a group, where the targets are all of one."""
    in_detail: bool = False
    views: Views = field(default_factory=Views)
    found: int = 0
    """Lines of the log in which the search has found its words."""
    note: str = ""
    """The text of the log's line under the cursor, where it is of no repo."""


Refusal = Callable[[Situation], str | None]
"""Why the action does nothing now, as one line for a person; None: it works."""


def never(_now: Situation) -> str | None:
    return None


def live(refuse: Refusal) -> Refusal:
    """For what a replay cannot do."""
    return lambda now: NOTHING_RUNS if now.player else refuse(now)


def needs_target(now: Situation) -> str | None:
    return None if now.targets else "nothing is selected"


def open_detail(now: Situation) -> str | None:
    return None if now.note else needs_target(now)


def one_repo(now: Situation) -> str | None:
    if now.heading and len(now.targets) > 1:
        return (
            f"this is a group: go to one of its repos ({now.keys.first('open_detail')} folds and unfolds it)"
        )
    return needs_target(now)


def program(words: Callable[[], Sequence[str]]) -> Refusal:
    """For a program of the person; `words` raises UnusableError where there is none."""

    def refuse(now: Situation) -> str | None:
        try:
            words()
        except UnusableError as error:
            return str(error)
        return one_repo(now)

    return refuse


def _cannot_run(row: BoardRow) -> str | None:
    if row.repo.error:
        return f"the entry of {row.repo.id} in the workspace file is wrong: correct it first"
    return None if row.repo.enabled else f"{row.repo.id} is disabled in the workspace file"


def _waits_to_retry(row: BoardRow, now: Situation) -> str | None:
    if row.state is not Stage.RETRYING:
        return None
    return f"{row.repo.id} waits to try again; {now.keys.first('pick')} does it now"


def _has_not_ended(row: BoardRow) -> str | None:
    return f"{row.repo.id} is {row.state} and has not ended yet" if row.active else None


def _is_already(row: BoardRow, holds: bool) -> str | None:
    return f"{row.repo.id} is already {row.state}" if holds else None


def _all_refuse(now: Situation, why: Callable[[BoardRow], str | None]) -> str | None:
    return needs_target(now) or _none_of(now.targets, why)


def _none_of(rows: Iterable[BoardRow], why: Callable[[BoardRow], str | None]) -> str | None:
    """None as soon as one would do; several that would not are told as one."""
    reasons: list[str] = []
    for row in rows:
        if (reason := why(row)) is None:
            return None
        reasons.append(reason)
    return reasons[0] if len(reasons) == 1 else f"none of these {len(reasons)}: {reasons[0]}"


def sync(now: Situation) -> str | None:
    def why(row: BoardRow) -> str | None:
        return _cannot_run(row) or _waits_to_retry(row, now) or _is_already(row, row.active)

    return _all_refuse(now, why)


def pick(now: Situation) -> str | None:
    def why(row: BoardRow) -> str | None:
        return _cannot_run(row) or _is_already(row, row.state in {Stage.RUNNING, Stage.STOPPING})

    return _all_refuse(now, why)


def retry(now: Situation) -> str | None:
    def why(row: BoardRow) -> str | None:
        if why_not := _waits_to_retry(row, now) or _has_not_ended(row) or _cannot_run(row):
            return why_not
        return None if row.can_be_retried else f"{row.repo.id} has not run yet"

    return _all_refuse(now, why)


def cancel(now: Situation) -> str | None:
    return _all_refuse(
        now, lambda row: None if row.active else f"{row.repo.id} is not running: nothing to cancel"
    )


def move(now: Situation) -> str | None:
    if not now.board.waiting:
        return "nothing is queued"
    return _all_refuse(
        now,
        lambda row: None if row.state is Stage.QUEUED else f"{row.repo.id} is not queued: no place to move",
    )


def retry_all(now: Situation) -> str | None:
    if needy := [row for row in now.board.troubled.values() if row.needs_person]:
        return _none_of(needy, _cannot_run)
    return "what needs attention is being tried again" if now.board.troubled else "nothing needs attention"


def acknowledge(now: Situation) -> str | None:
    def why(row: BoardRow) -> str | None:
        return _has_not_ended(row) or (None if row.troubled else f"{row.repo.id} has no open failure")

    return _all_refuse(now, why)


def finish_last_run(now: Situation) -> str | None:
    return None if now.board.left else "the run before this session left nothing to do"


def start_all(now: Situation) -> str | None:
    if now.board.planned or not now.board.active:
        return None
    return "all repos are in this run already"


def idle(now: Situation) -> str | None:
    return None if now.board.active else "nothing is running"


def login(now: Situation) -> str | None:
    def why(row: BoardRow) -> str | None:
        return _has_not_ended(row) or (None if row.wants_login else f"{row.repo.id} needs no login")

    return _all_refuse(now, why)


def copy_command(now: Situation) -> str | None:
    def why(row: BoardRow) -> str | None:
        known = commands(suggestion(row))
        return _has_not_ended(row) or (None if known else f"no command is suggested for {row.repo.id}")

    return _all_refuse(now, why)


def turn(now: Situation) -> str | None:
    return None if now.in_detail else "only in the detail of a repo"


def pause(now: Situation) -> str | None:
    if now.player:
        return plays(now)
    return None if now.board.paused else idle(now)


def drain(now: Situation) -> str | None:
    return None if now.board.waiting else "nothing is queued"


def raise_limit(now: Situation) -> str | None:
    if now.player:
        return plays(now) or (f"{SPEEDS[-1]}× is the fastest" if now.player.speed == SPEEDS[-1] else None)
    return f"{MAX_JOBS} jobs at a time is the most" if now.board.limit >= MAX_JOBS else None


def lower_limit(now: Situation) -> str | None:
    pause = now.keys.first("pause")
    if now.player:
        slowest = f"{SPEEDS[0]}× is the slowest; {pause} pauses, {now.keys.first('step')} steps"
        return plays(now) or (slowest if now.player.speed == SPEEDS[0] else None)
    return f"one job at a time is the least; {pause} pauses" if now.board.limit <= 1 else None


def empty(now: Situation) -> str | None:
    return None if now.board.rows else "there is nothing to mark"


def replay(now: Situation) -> str | None:
    return None if now.player else "only in a replay"


def plays(now: Situation) -> str | None:
    if now.player and now.player.over:
        again, back = now.keys.first("restart"), now.keys.first("back")
        return f"the replay is over; {again} plays it again, {back} goes back"
    return replay(now)


def match(now: Situation) -> str | None:
    return None if now.found else f"no match in the log: {now.keys.first('filter')} in it searches"
