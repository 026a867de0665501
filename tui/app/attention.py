"""The list of what needs a person: a group for each reason, with the one advice and the keys that mend all of it."""

from collections.abc import Collection, Sequence
from itertools import groupby

from tui.app.desk import Desk
from tui.app.tones import WORST_FIRST, tone_of
from tui.git.outcome import Outcome, State
from tui.view.advised import suggestion, wrapped
from tui.view.board import BoardRow
from tui.view.lines import ago, cause, headline, in_words
from widgets.line_table import Cell, TableRow
from widgets.tone import Tone

_INDENT = 6
"""Cells beside the advice."""


def attention_rows(
    rows: Sequence[BoardRow], desk: Desk, width: int, folded: Collection[str] = ()
) -> list[TableRow | BoardRow]:
    """A heading and its advice for each reason, then its repos; `width` is the room for the advice.

    Of a group whose key is in `folded` the heading alone. `repo_row` makes a row of a repo.
    """

    def group(row: BoardRow) -> tuple[bool, int, str, str, str]:
        outcome = trouble_of(row)
        server = _login_at(row)
        # What one login mends for all of them comes first.
        return not server, WORST_FIRST.index(outcome.state), outcome.state.value, outcome.reason or "", server

    shown: list[TableRow | BoardRow] = []
    for (_, _, state, reason, server), members in groupby(sorted(rows, key=group), key=group):
        of_group = list(members)
        key = f"{state} {reason} {server}"
        shown.append(_heading(key, of_group, server, desk, folded=key in folded))
        if key in folded:
            continue
        blocked = next((row for row in of_group if not desk.mended(row)), None)
        if blocked:
            hint = login_hint(blocked, desk) or suggestion(blocked)
            shown += [
                TableRow(f"{key} {number}", ((f"{' ' if number else '→'} {line}", Tone.NOTE),), group=True)
                for number, line in enumerate(wrapped(hint, max(20, width - _INDENT), blocked.repo.root))
            ]
        shown += of_group
    return shown


def repo_row(row: BoardRow, desk: Desk) -> TableRow:
    repo_id = row.repo.id
    return TableRow(repo_id, (repo_id, _what_happened(row, desk)), marked=repo_id in desk.marks)


def _heading(key: str, rows: Sequence[BoardRow], server: str, desk: Desk, *, folded: bool) -> TableRow:
    trouble = trouble_of(rows[0])
    tone = tone_of(State(trouble.state))
    what = f": {in_words(trouble.reason)}{f' at {server}' if server else ''}" if trouble.reason else ""
    heading = f"{tone.glyph} {tone.word}{what}"
    # In front, where the name of a server does not push it out.
    heading = f"▸ {len(rows)} folded  {heading}" if folded else f"{heading}  {len(rows)}"
    if folded:
        keys = [f"{desk.keys.first('open_detail')} unfolds"]
    elif desk.player or not any(row.needs_person and row.repo.enabled and not row.repo.error for row in rows):
        keys = []
    else:
        retry = f"{desk.keys.first('retry')} retries these"
        first = f"{desk.keys.first('login')} logs in" if server else ""
        if trouble.is_local and not all(map(desk.mended, rows)):
            first = f"{desk.keys.first('shell')} opens a shell"
        keys = [f"{first}, {retry}", first] if first else [retry]
    return TableRow(key, ((heading, tone), *keys), group=True, members=tuple(row.repo.id for row in rows))


def login_hint(row: BoardRow, desk: Desk) -> str:
    """`i logs in at git.example, once for this session`; empty where that does not help, and in a replay."""
    server = "" if desk.player else _login_at(row)
    return f"{desk.keys.first('login')} logs in at {server}, once for this session" if server else ""


def _login_at(row: BoardRow) -> str:
    return row.server.removeprefix("https://") if row.wants_login else ""


def mended(row: BoardRow, desk: Desk) -> str:
    """That nothing blocks it any more, and what to press; empty where that is not so, or nobody has looked."""
    return f"clean now: {desk.keys.first('retry')} retries" if desk.mended(row) else ""


def _what_happened(row: BoardRow, desk: Desk) -> Cell:
    """`▶ running` while it is tried again.

    `3 times, last 2 d ago: no such repository`, for what happened before this session.
    """
    if row.active:
        tone = tone_of(row.state)
        return f"{tone.glyph} {tone.word}", tone
    if done := mended(row, desk):
        return done
    message = cause(headline(trouble_of(row).message))
    failure = desk.past(row).failure
    when = ""
    if failure and not row.attempt:
        last = ago(desk.clock.now() - failure.last_seen)
        when = f"{failure.attempts} times, last {last}" if failure.attempts > 1 else last
    return ": ".join(filter(None, ("; ".join(filter(None, (row.held, when))), message)))


def trouble_of(row: BoardRow) -> Outcome:
    """Of a row that is troubled."""
    assert row.trouble is not None  # noqa: S101  it is what makes it so
    return row.trouble
