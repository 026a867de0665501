"""The lists of the status pane: their columns, and the rows for what stands on the board."""

import time
from collections.abc import Callable, Collection, Mapping

from tui.app.desk import Desk
from tui.app.present import tone_of
from tui.git.outcome import State
from tui.store.past import Staleness
from tui.view.arrivals import Arrival, ref_lines
from tui.view.board import BoardRow, Stage
from tui.view.dashboard import Dashboard, failed, last_error, since_success
from tui.view.lines import cause, plural
from widgets.line_table import Cell, Column, LineTable, TableRow
from widgets.tone import Tone

_REPO_WIDTHS = (12, 28)
_STATE_ORDER = [*State, Stage.STOPPING, Stage.RUNNING, Stage.QUEUED, Stage.PLANNED]
WORST_FIRST = [State.FAILED, State.TIMED_OUT, State.BLOCKED, State.BUSY, State.CANCELLED]
_REPO_SORTS: Mapping[str, Callable[[BoardRow, Dashboard | None], tuple[float, str]]] = {
    "workspace order": lambda _row, _look: (0, ""),
    "state": lambda row, _look: (_severity(row), row.repo.id),
    "name": lambda row, _look: (0, row.repo.id),
    "behind": lambda row, look: (-((look and look.row.status.behind) or 0), row.repo.id),
    "stalest": lambda row, look: (_freshness(look), row.repo.id),
}
_STALENESS_TONES = {
    Staleness.FRESH: Tone.UP_TO_DATE,
    Staleness.STALE: Tone.BLOCKED,
    Staleness.SEVERE: Tone.FAILED,
    Staleness.UNKNOWN: Tone.NOTE,
}
SORTS = tuple(_REPO_SORTS)


def tables(longest: int) -> dict[str, LineTable]:
    """The lists; `longest` is the length of the longest repo id."""
    repo = Column("repo", "repo", max(_REPO_WIDTHS[0], min(longest, _REPO_WIDTHS[1])))
    queue = [Column("place", "#", 4, "right"), repo, Column("note", "", 10), Column("host", "host")]
    attention = [repo, Column("what", "what happened")]
    repos = [
        repo,
        Column("state", "state", 12),
        Column("success", "success", 13, spare=1),
        Column("behind", "behind", 6, "right", spare=3),
        Column("ahead", "ahead", 5, "right", spare=6),
        Column("dirty", "dirty", 5, spare=4),
        Column("branch", "branch", 14, spare=5),
        Column("error", "last error", spare=2),
    ]
    arrived = [repo, Column("what", "what came", 12), Column("at", "at", 6), Column("branch", "branch")]
    return {
        "queue": LineTable(queue, empty="nothing is queued", id="queue"),
        "attention": LineTable(attention, empty="nothing needs attention", id="attention"),
        "repos": LineTable(repos, empty="no repo matches", id="repos"),
        "arrived": LineTable(arrived, id="arrived"),
    }


def queue_row(row: BoardRow, place: int, marks: Collection[str]) -> TableRow:
    repo, note = row.repo, "goes first" if row.pick else _attempt(row)
    return TableRow(repo.id, (str(place), repo.id, note, repo.host), marked=repo.id in marks)


def in_order(rows: Mapping[str, BoardRow], desk: Desk, sort: str) -> list[str]:
    """The ids of the rows, sorted."""
    order = _REPO_SORTS[sort]
    if sort == SORTS[0]:
        return list(rows)
    return sorted(rows, key=lambda repo_id: order(rows[repo_id], _look(rows[repo_id], desk)))


def repo_row(row: BoardRow, desk: Desk) -> TableRow:
    return TableRow(row.repo.id, _repo_cells(row, _look(row, desk), desk), marked=row.repo.id in desk.marks)


def _look(row: BoardRow, desk: Desk) -> Dashboard | None:
    look = desk.looks.get(row.repo.id)
    return desk.dashboard(row, look) if look else None


def _repo_cells(row: BoardRow, look: Dashboard | None, desk: Desk) -> tuple[Cell, ...]:
    tone = tone_of(row.state)
    state = (f"{tone.glyph} {tone.word}", tone)
    if look is None:
        return row.repo.id, state, "", "", "", "", "", cause(failed(desk.past(row), desk.clock.now()))
    status, stale = look.row.status, look.staleness
    return (
        row.repo.id,
        state,
        (f"{since_success(look):>5} {stale.value}", _STALENESS_TONES[stale]),
        _count(status.behind),
        _count(status.ahead),
        ("yes", Tone.BLOCKED) if status.dirty else "",
        status.branch or "",
        cause(last_error(look)),
    )


def _freshness(look: Dashboard | None) -> float:
    """Seconds since the epoch; never comes first, and what nobody has looked at yet last."""
    if look is None:
        return float("inf")
    return 0.0 if look.staleness is Staleness.UNKNOWN else look.last_success or 0.0


def arrived_when(desk: Desk) -> str:
    """Of what is told: with this session, or before it."""
    if desk.board.run:
        return "in this session"
    return f"since {time.strftime('%d %b %H:%M', time.localtime(desk.arrived_since))}"


def arrived_rows(desk: Desk, shown: Collection[str]) -> list[TableRow]:
    """Newest first, below each repo what changed beside its branch."""
    rows: list[TableRow] = []
    today = time.localtime(desk.clock.now())[:3]
    for repo_id, arrival in reversed(desk.arrived.items()):
        if repo_id in shown:
            rows += _of_repo(arrival, today, marked=repo_id in desk.marks)
    heading = TableRow("", (f"arrived {arrived_when(desk)}",), group=True)
    return [heading, *rows] if rows else rows


def _of_repo(arrival: Arrival, today: tuple[int, ...], *, marked: bool) -> list[TableRow]:
    what = plural(arrival.commits, "commit") if arrival.commits else "refs"
    at = time.localtime(arrival.at)
    cells = (
        arrival.repo,
        "cloned" if arrival.cloned else what,
        time.strftime("%H:%M" if at[:3] == today else "%d %b", at),
        arrival.branch or "",
    )
    return [
        TableRow(arrival.repo, cells, marked=marked),
        *(
            TableRow(f"{arrival.repo} {number}", ((f"    {line}", Tone.NOTE),), group=True)
            for number, line in enumerate(ref_lines(arrival))
        ),
    ]


def tab_titles(counts: Mapping[str, int], current: str, room: int) -> dict[str, str]:
    """As much as finds room: all counts, those that matter most, none, or no names either."""

    def titles(counted: Collection[str], named: Collection[str]) -> dict[str, str]:
        return {
            name: f" {number}{f' {name.title()}' * (name in named)}{f' {count}' * (name in counted)} "
            for number, (name, count) in enumerate(counts.items(), 1)
        }

    needed = {"attention"} if counts.get("attention") else set()
    forms = [
        titles(counts, counts),
        titles({current, *needed}, counts),
        titles(needed, counts),
        titles((), counts),
        titles({current}, {current}),
    ]
    return next((form for form in forms if len("".join(form.values())) <= room), forms[-1])


def _count(count: int | None) -> str:
    """Unknown is blank and never a zero."""
    return "" if count is None else str(count)


def _severity(row: BoardRow) -> int:
    if row.state in WORST_FIRST:
        return WORST_FIRST.index(row.state)  # type: ignore[arg-type]  # `in` has shown that it is a State
    return len(WORST_FIRST) + _STATE_ORDER.index(row.state)


def _attempt(row: BoardRow) -> str:
    return f"attempt {row.attempt}" if row.attempt > 1 else ""
