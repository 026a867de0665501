"""The list of all repos: its columns, its orders, and what is worked out only once of rows that did not change."""

from collections.abc import Callable, Iterable, Mapping
from operator import itemgetter

from msgspec import Struct

from tui.app.desk import Desk
from tui.app.tones import WORST_FIRST, tone_of
from tui.engine.selection import Facts
from tui.engine.survey import StatusRow
from tui.git.inspect import RepoStatus
from tui.git.outcome import State
from tui.store.past import Past, Staleness, last_success, staleness
from tui.view.board import BoardRow, Stage
from tui.view.dashboard import Dashboard, changes, last_error, since_success
from tui.view.lines import cause, size
from widgets.line_table import Cell, Column, TableRow
from widgets.tone import Tone

_REST = [*State, Stage.STOPPING, Stage.RETRYING, Stage.RUNNING, Stage.QUEUED, Stage.PLANNED]
_SEVERITY = {state: place for place, state in reversed(list(enumerate([*WORST_FIRST, *_REST])))}
_STALENESS_TONES = {
    Staleness.FRESH: Tone.UP_TO_DATE,
    Staleness.STALE: Tone.BLOCKED,
    Staleness.SEVERE: Tone.FAILED,
    Staleness.UNKNOWN: Tone.NOTE,
}
_MINUTE = 60.0
_NOT_LOOKED_AT = RepoStatus()


def columns(repo: Column) -> list[Column]:
    return [
        repo,
        Column("state", "state", 12),
        Column("success", "success", 12, spare=1),
        Column("behind", "behind", 6, "right", spare=3),
        Column("ahead", "ahead", 6, "right", spare=4),  # never in the place of `behind`
        Column("changes", "changes", 11, spare=5),
        Column("branch", "branch", 14, spare=6),
        Column("arrived", "arrived", 7, "right", spare=7),
        Column("size", "size", 8, "right", spare=8),
        Column("last error", "last error", spare=2, least=20),
    ]


class _Known(Struct, frozen=True):
    """What does not change with the time alone. None: not known, or nothing."""

    row: BoardRow
    look: StatusRow | None
    past: Past
    commits: int | None
    received: int | None
    is_recorded: bool

    @property
    def status(self) -> RepoStatus:
        return self.look.status if self.look else _NOT_LOOKED_AT

    @property
    def success(self) -> float | None:
        """When it was last brought up to date, seconds since the epoch."""
        status = self.status
        return None if status.error else last_success(self.past, status.last_fetch, status.cloned)

    @property
    def knows_success(self) -> bool:
        """Also that there has never been one, which only a look tells and a recording cannot know."""
        return self.success is not None or (self.look is not None and not self.is_recorded)

    def distance(self, count: int | None) -> str:
        """Ahead or behind. None that is known from before a failure may be some by now."""
        return "" if self.row.unheard and not count else _count(count)

    @property
    def trouble(self) -> str | None:
        """What kind, so that the same stand together."""
        if self.status.error:
            return self.status.error
        if failure := self.past.failure:
            return f"{failure.state}/{failure.reason}"
        blocked = self.look and self.look.outlook and self.look.outlook.blocked
        return "would be blocked" if blocked else None


_Value = Callable[[_Known, float], float | str | None]
"""What is compared; it is given the time, too. What has None comes last in either direction."""


def _age(known: _Known, now: float) -> float | None:
    if not known.knows_success:
        return None
    return float("inf") if known.success is None or known.success > now else -known.success


_ORDERS: Mapping[str, tuple[_Value, bool]] = {
    "repo": (lambda known, _now: known.row.repo.id, False),
    "state": (lambda known, _now: _SEVERITY[known.row.state], False),
    "success": (_age, True),
    "behind": (lambda known, _now: known.status.behind, True),
    "ahead": (lambda known, _now: known.status.ahead, True),
    "changes": (lambda known, _now: _unfinished(known.status), True),
    "branch": (lambda known, _now: known.status.branch or None, False),
    "arrived": (lambda known, _now: known.commits, True),
    "size": (lambda known, _now: known.received, True),
    "last error": (lambda known, _now: known.trouble, False),
}
"""By column: what is compared, and whether the highest is what a person looks for first."""
SORTS = ("", *_ORDERS)
"""The columns to sort by, after the order of the workspace."""


def comes_descending(sort: str) -> bool:
    """The direction in which that order shows first what a person looks for."""
    return bool(sort) and _ORDERS[sort][1]


class RepoList:
    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self._known: dict[str, _Known] = {}
        self._facts: dict[str, Facts] = {}
        self._made_for: tuple[object, ...] = ()
        """What the facts of all rows depend on beside what is known of each."""
        self._known_from: tuple[object, ...] = ()
        """Where what is known of all rows is from."""

    def look(self) -> None:
        """Take note of what has changed; before the others are asked."""
        desk, board = self._desk, self._desk.board
        made_for = (desk.clock.now() // _MINUTE, desk.session.thresholds)
        if made_for != self._made_for:  # what is stale depends on it
            self._made_for = made_for
            self._facts.clear()
        known_from = (board, desk.pasts, desk.arrived)
        is_all_new = len(known_from) != len(self._known_from) or any(
            one is not other for one, other in zip(known_from, self._known_from, strict=True)
        )
        for repo_id in board.rows if is_all_new else board.touched:
            row, arrival = board.rows[repo_id], desk.arrived.get(repo_id)
            commits, received = (arrival.commits or None, arrival.received) if arrival else (None, None)
            look, is_recorded = desk.looks.get(repo_id), desk.player is not None
            self._known[repo_id] = _Known(row, look, desk.past(row), commits, received, is_recorded)
            self._facts.pop(repo_id, None)
        self._known_from = known_from
        board.touched.clear()

    def facts(self, row: BoardRow) -> Facts:
        """What the predicates ask."""
        repo_id = row.repo.id
        if (facts := self._facts.get(repo_id)) is None:
            facts = self._facts[repo_id] = self._work_out(self._known[repo_id])
        return facts

    def _work_out(self, known: _Known) -> Facts:
        row, status, limits = known.row, known.status, self._desk.session.thresholds
        # As on the command line, what a watch leaves alone is what it was.
        is_old = row.state is Stage.PLANNED or row.held
        state = known.past.state if known.past.state and is_old else row.state
        age = None if known.success is None else self._desk.clock.now() - known.success
        stale = staleness(age, limits.stale, limits.severe) is not Staleness.FRESH
        return Facts(
            state,
            behind=None if status.behind is None else status.behind > 0,
            dirty=status.dirty,
            stale=stale if known.knows_success else None,
        )

    def in_order(self, rows: Iterable[BoardRow], sort: str, *, descending: bool) -> list[BoardRow]:
        """In that order; equal ones stay in that of the workspace, and those without a value come last."""
        if sort not in _ORDERS:
            return list(rows)
        value, now = _ORDERS[sort][0], self._desk.clock.now()
        values = [(value(self._known[row.repo.id], now), row) for row in rows]
        told = [one for one in values if one[0] is not None]
        told.sort(key=itemgetter(0), reverse=descending)
        return [row for _, row in told] + [row for of, row in values if of is None]

    def row(self, row: BoardRow) -> TableRow:
        repo_id = row.repo.id
        return TableRow(repo_id, self._cells(self._known[repo_id]), marked=repo_id in self._desk.marks)

    def _cells(self, known: _Known) -> tuple[Cell, ...]:
        desk, row, status = self._desk, known.row, known.status
        tone = tone_of(row.state)
        state = (f"{tone.glyph} {'left alone' if row.held else tone.word}", tone)
        shown = desk.dashboard(row, known.look or StatusRow(row.repo, status))
        if known.knows_success:
            success: Cell = _success(shown), _STALENESS_TONES[shown.staleness]
        else:
            success = "" if known.is_recorded else f"{'…':>5}"
        return (
            row.repo.id,
            state,
            success,
            known.distance(status.behind),
            known.distance(status.ahead),
            _changes(status),
            status.branch or "",
            _count(known.commits),
            size(known.received),
            "; ".join(filter(None, (cause(last_error(shown)), row.held))),
        )


def _success(shown: Dashboard) -> str:
    """`3 h fresh`, or `never`, which says it all; `unknown` where a clock is wrong."""
    since = f"{since_success(shown):>5}"
    if shown.age is None:
        return since
    return shown.staleness.value if shown.age < 0 else f"{since} {shown.staleness.value}"


def _changes(status: RepoStatus) -> Cell:
    if not (told := changes(status)):
        return ""
    return told, Tone.BLOCKED if status.dirty or status.in_progress else Tone.NOTE


def _unfinished(status: RepoStatus) -> int | None:
    """How much of a person's attention it is worth; None: not known."""
    kinds = (status.in_progress, status.dirty, status.untracked, status.stashes)
    return None if status.dirty is None else sum(bool(kind) << at for at, kind in enumerate(reversed(kinds)))


def _count(count: int | None) -> str:
    """Unknown is blank and never a zero."""
    return "" if count is None else str(count)
