"""The lists of the status pane: their columns, and the rows for what stands on the board."""

import time
from collections.abc import Collection, Mapping

from tui.app import repo_list
from tui.app.desk import Desk
from tui.view.arrivals import Arrival, ref_lines
from tui.view.board import BoardRow
from tui.view.digest import content_lines
from tui.view.lines import plural, size
from widgets.line_table import Column, Sheet, TableRow
from widgets.tone import Tone

_REPO_WIDTHS = (12, 28)
_TIGHT_REPO_WIDTH = 16


def sheets(longest: int) -> dict[str, Sheet]:
    """The lists; `longest` is the width of the longest repo id."""
    repo = _repo_column(longest)
    queue = [Column("place", "#", 4, "right"), repo, Column("note", "", 10), Column("host", "host")]
    arrived = [repo, Column("what", "what came", 12), Column("size", "size", 8, "right", spare=1)]
    arrived += [Column("at", "at", 6), Column("branch", "branch")]
    return {
        "queue": Sheet(queue),
        "attention": Sheet(attention_columns(longest)),
        "repos": Sheet(repo_list.columns(repo)),
        "arrived": Sheet(arrived),
    }


def attention_columns(longest: int) -> list[Column]:
    """As `sheets`; they may go by the few repos of that list alone, so that no other takes room from the messages."""
    return [_repo_column(longest), Column("what", "what happened")]


def _repo_column(longest: int) -> Column:
    width = max(_REPO_WIDTHS[0], min(longest, _REPO_WIDTHS[1]))
    gives = max(0, width - _TIGHT_REPO_WIDTH)
    return Column("repo", "repo", width, most=longest, gives=gives, cut_middle=True)


def queue_row(row: BoardRow, place: int, marks: Collection[str]) -> TableRow:
    """`place`: 0 for what waits to try again, which has its slot and no place among the others."""
    repo, note, first = row.repo, "goes first" if row.pick else _attempt(row), str(place)
    if not place:
        note, first = Tone.RETRYING.word, Tone.RETRYING.glyph
    return TableRow(repo.id, (first, repo.id, note, repo.host), marked=repo.id in marks)


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
            rows += _of_repo(arrival, desk, today, marked=repo_id in desk.marks)
    heading = TableRow("", (f"arrived {arrived_when(desk)}, newest first",), group=True)
    return [heading, *rows] if rows else rows


def _of_repo(arrival: Arrival, desk: Desk, today: tuple[int, ...], *, marked: bool) -> list[TableRow]:
    brought = "not merged" if arrival.pending else "refs"
    what = plural(arrival.commits, "commit") if arrival.commits else brought
    at = time.localtime(arrival.at)
    cells = (
        arrival.repo,
        "cloned" if arrival.cloned else what,
        size(arrival.received),
        time.strftime("%H:%M" if at[:3] == today else "%d %b", at),
        arrival.branch or "",
    )
    contents = desk.content(arrival)
    below = [_ref_cell(line) for line in ref_lines(arrival)]
    if contents:
        below += [(f"    {line}", Tone.NOTE) for line in content_lines(arrival, contents)]
    return [
        TableRow(arrival.repo, cells, marked=marked),
        *(TableRow(f"{arrival.repo} {number}", (cell,), group=True) for number, cell in enumerate(below)),
    ]


def _ref_cell(line: str) -> tuple[str, Tone]:
    """What was forced may be news that somebody has lost."""
    flagged = line.startswith("forced:")
    return (f"  {Tone.BLOCKED.glyph} {line}", Tone.BLOCKED) if flagged else (f"    {line}", Tone.NOTE)


def counts(desk: Desk) -> dict[str, int]:
    """How many repos each list has where nothing is sought."""
    board = desk.board
    return {
        "queue": board.waiting,
        "attention": len(board.troubled),
        "repos": len(board.rows),
        "arrived": len(desk.arrived),
    }


def tab_titles(counts: Mapping[str, int], current: str, room: int) -> tuple[str, dict[str, str]]:
    """What stands between them, and of each as much as finds room.

    Gaps go first, then noughts, the counts that matter less, and names; last that of Attention.
    """

    def titles(counted: Collection[str], named: Collection[str], gap: str = "") -> dict[str, str]:
        return {
            name: f"{gap}{number}{f' {name.title()}' * (name in named)}{f' {count}' * (name in counted)}{gap}"
            for number, (name, count) in enumerate(counts.items(), 1)
        }

    some = [name for name in ("attention", "queue", "arrived", "repos") if counts.get(name)]
    forms = [
        ("", titles(counts, counts, gap=" ")),
        ("│", titles(counts, counts)),
        *(("│", titles(some[:most], counts)) for most in range(max(1, len(some)), 0, -1)),
        ("│", titles(some[:1], {*some[:1], current})),
        ("│", titles({current}, {current})),
    ]
    return next(
        ((between, form) for between, form in forms if len(between.join(form.values())) <= room), forms[-1]
    )


def _attempt(row: BoardRow) -> str:
    return f"attempt {row.attempt}" if row.attempt > 1 else ""
