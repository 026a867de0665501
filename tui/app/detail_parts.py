"""The sections of the detail of a repo: each a calm heading and what is below it; None where there is nothing."""

from collections.abc import Callable, Iterable, Sequence

from rich.console import Console, ConsoleOptions, Group, RenderableType, RenderResult
from rich.measure import Measurement
from rich.style import Style
from rich.table import Table
from rich.text import Text

from tui.app.attention import login_hint, mended
from tui.app.desk import Desk
from tui.app.slot_views import slot
from tui.app.tones import tone_of
from tui.engine.survey import StatusRow
from tui.git.arrived import COMMITS_SHOWN, Commit
from tui.git.clean import clean_text
from tui.git.gauge import Gauge
from tui.git.inspect import NOT_CLONED
from tui.git.outcome import Outcome
from tui.git.repo import public_url
from tui.store.past import Failure
from tui.view.advised import brief, pieces, suggestion
from tui.view.board import BoardRow, Stage
from tui.view.lines import ago, detail, duration, in_words, plural, size
from widgets.slot_grid import SlotView
from widgets.text import at_slashes
from widgets.tone import Tone

_SHORT_ID = 7
_NO_URL = "none; the checkout's own remote"

_TONES = {tone.glyph: tone for tone in Tone}

Fact = tuple[str, str | Text]
Colour = Callable[[Tone], Style]


def facts(row: BoardRow, gauge: Gauge | None, desk: Desk, colour: Colour) -> RenderableType:
    """How it stands, at the top and without a heading."""
    repo, outcome = row.repo, row.outcome
    tone = tone_of(row.state)
    took = duration(row.end.duration_ms) if row.end and row.ended else ""
    opens_in = desk.engine.next_starts().get(row.host, 0.0)
    cell = slot(row, desk, opens_in) if row.live else None
    retrying = row.state is Stage.RETRYING
    look = desk.looks.get(repo.id)
    known: list[Fact] = [
        ("state", Text(f"{tone.glyph} {tone.word}", colour(tone))),
        ("attempt", str(gauge.attempt if gauge and row.live else row.attempt or "")),
        ("took", cell.elapsed if cell else took),
        ("progress", _progress(cell) if cell else ""),
        ("reason", _why(gauge, cell) if gauge and cell and retrying else ""),
        ("path", brief(clean_text(str(repo.path)))),
        (
            "url",
            clean_text(public_url((outcome and outcome.url) or repo.url) or (_NO_URL if repo.host else "")),
        ),
        ("branch", (outcome and outcome.branch) or (look and look.status.branch) or ""),
        ("arrived", size((outcome and not row.active and outcome.received) or None)),
        ("before", "" if retrying else _before(row, gauge)),
        ("result", _result(row)),
    ]
    if desk.player:
        known.append(("replay", _not_recorded(outcome)))
    return _grid(known)


def trouble(row: BoardRow, desk: Desk) -> RenderableType | None:
    """What needs the person, and the commands that help, numbered."""
    outcome = row.trouble if row.needs_person else row.outcome
    advice = suggestion(row)
    if row.active or outcome is None or not (row.needs_person or advice):
        return None
    what = in_words(outcome.reason or outcome.state)
    message = row.repo.error or outcome.message
    told: list[Fact] = [(what, message)] if row.needs_person else []
    if row.needs_person and (failure := desk.past(row).failure):
        told.append(("since", _since(failure, desk.clock.now())))
    if done := mended(row, desk):
        told.append(("", done))
    hint = login_hint(row, desk)
    if hint:
        told.append(("advice", hint))
    number = 0
    for prose, command in pieces(advice.removeprefix(f"{row.repo.id}: ")):
        if words := prose.strip(" ,;"):
            first = "or" if hint else "advice"
            told.append(("" if number else first, words))
        if command:
            number += 1
            told.append((f"{number:>6}", brief(command)))
    copies = f"{desk.keys.first('copy_command')} copies "
    if number:
        copies += "the command" if number == 1 else "a command, again the next one"
    return _grid(
        told,
        f"what helps{f', {copies}' if number else ''}"
        if not row.needs_person
        else (f"what is wrong{f'; {copies}' if number else ''}"),
    )


def working_copy(row: BoardRow, look: StatusRow | None, *, recorded: bool) -> RenderableType:
    title = "working copy"
    if look is None:
        unknown = "the recording says nothing of it up to here" if recorded else "nobody has looked yet"
        return _grid([("", unknown)], title)
    if recorded:
        title = "working copy after the sync, as it was recorded"
    status, outlook = look.status, look.outlook
    if status.error:
        away = status.error == NOT_CLONED
        there = "not there yet: it is being cloned" if away and row.live else status.error
        there = "not cloned: there is no such folder" if there == NOT_CLONED else there
        return _grid([("", there)], title)
    return _grid(
        [
            ("branch", _branch(look)),
            ("commits", _standing(row, look)),
            ("changes", _changes(look)),
            ("stashes", str(status.stashes or "")),
            ("unfinished", status.in_progress or ""),
            ("holder", str(look.holder) if look.holder and not row.live else ""),
            ("a run", f"would be blocked: {outlook.message}" if outlook and outlook.blocked else ""),
        ],
        title,
    )


def commits(arrived: Sequence[Commit], *, is_merged: bool) -> RenderableType | None:
    if not arrived:
        return None
    newest = "the newest " if len(arrived) == COMMITS_SHOWN else ""
    pending = "" if is_merged else ", not merged here"
    table = _table()
    for commit in arrived:
        changed = f"{plural(commit.files, 'file')} +{commit.insertions} -{commit.deletions}"
        table.add_row(
            Text(f"  {commit.id[:_SHORT_ID]}", "dim"),
            Text(commit.author),
            Text(commit.subject),
            Text(changed, "dim", no_wrap=True),
        )
    return _section(f"{newest}{plural(len(arrived), 'commit')} arrived{pending}", table)


def refs(row: BoardRow) -> RenderableType | None:
    changed = row.outcome.refs if row.outcome and not row.active else ()
    if not changed:
        return None
    table = _table()
    for one in changed:
        table.add_row(
            Text(f"  {one.kind}", "dim"),
            Text(one.name, overflow="fold"),
            Text(_span(one.old, one.new), "dim"),
        )
    return _section(f"{plural(len(changed), 'ref')} changed", table)


def past(rows: Sequence[tuple[str, ...]], colour: Colour) -> RenderableType | None:
    if not rows:
        return None
    table = _table()
    for first, *rest in rows:
        tone = _TONES.get(first)
        word, ink = (tone.word, colour(tone)) if tone else ("", Style())
        cells = (Text(cell, ink if cell == word else "", overflow="fold") for cell in rest)
        table.add_row(Text(f"  {first}", ink, overflow="fold"), *cells)
    return _section("history, newest first", table)


def is_in_the_way(row: BoardRow, look: StatusRow | None) -> bool:
    """Whether the person has something to do, or to look at, in its folder."""
    if look is None or look.status.error:
        return row.needs_person and (look is None or look.status.error != NOT_CLONED)
    blocked = look.outlook is not None and look.outlook.blocked is not None
    return row.needs_person or blocked or bool(look.status.dirty or look.status.in_progress)


def _result(row: BoardRow) -> str:
    """What has its own section is not told twice."""
    outcome = row.outcome
    is_trouble = row.needs_person and not row.held
    return "" if outcome is None or row.active or is_trouble else detail(outcome)


def _since(failure: Failure, now: float) -> str:
    first, last = ago(now - failure.first_seen), ago(now - failure.last_seen)
    if failure.attempts == 1:
        return last
    return f"{failure.attempts} times, first {first}, last {last}"


def _branch(look: StatusRow) -> str:
    status = look.status
    if status.bare:
        return f"{status.branch or ''} of a bare repository".lstrip()
    if status.branch is None:
        return f"none, HEAD is detached at {status.head[:_SHORT_ID]}" if status.head else "none"
    if status.gone:
        return f"{status.branch}; {status.upstream} is gone"
    return f"{status.branch}, follows {status.upstream}" if status.upstream else status.branch


def _standing(row: BoardRow, look: StatusRow) -> str:
    """Against what was fetched, which may be long ago."""
    ahead, behind = look.status.ahead, look.status.behind
    if ahead is None and behind is None:
        return ""
    parts = [f"{count} {word}" for count, word in ((ahead, "ahead"), (behind, "behind")) if count]
    return f"{', '.join(parts) or 'neither ahead nor behind'}{', as last fetched' if row.unheard else ''}"


def _before(row: BoardRow, gauge: Gauge | None) -> str:
    """How the attempt before the one under way, or before the last, has ended."""
    if gauge and gauge.before and (row.live or not row.active):
        return gauge.before
    end = row.end if row.active else row.before
    if end is None:
        return ""
    told = ": ".join(part for part in (in_words(end.outcome.state), detail(end.outcome)) if part)
    return f"{told.rstrip('.')}, after {duration(end.duration_ms)}"


def _changes(look: StatusRow) -> str:
    status = look.status
    if status.dirty is None:
        return ""
    parts = [
        "tracked files are changed" if status.dirty else "",
        f"{status.untracked} untracked" if status.untracked else "",
    ]
    return ", ".join(filter(None, parts)) or "none"


def _grid(known: Iterable[Fact], title: str = "") -> RenderableType:
    table = _table()
    indent = "  " if title else ""
    for label, value in known:
        if value:
            table.add_row(
                Text(f"{indent}{label}", "dim"),
                _Broken(value) if isinstance(value, str) else value,
            )
    return _section(title, table) if title else table


class _Broken:
    """Text whose paths break behind their slashes, as wide as its column turns out to be."""

    def __init__(self, text: str) -> None:
        self._text = Text(text, overflow="fold")

    def __rich_measure__(self, console: Console, options: ConsoleOptions) -> Measurement:
        return Measurement.get(console, options, self._text)

    def __rich_console__(self, _console: Console, options: ConsoleOptions) -> RenderResult:
        yield Text(at_slashes(self._text.plain, options.max_width), overflow="fold")


def _table() -> Table:
    return Table.grid(padding=(0, 2))


def _section(title: str, table: Table) -> RenderableType:
    """Not as the title of the table, which has no more room than the widest of its rows."""
    return Group(Text(title, "dim bold"), table)


def _progress(cell: SlotView) -> str:
    return cell.phase if cell.percent is None else f"{cell.phase} {cell.percent} %"


def _why(gauge: Gauge, cell: SlotView) -> str:
    """The attempt that has just ended is tried again."""
    return ": ".join(part for part in (gauge.before, cell.line) if part)


def _span(old: str | None, new: str | None) -> str:
    return "..".join(commit[:_SHORT_ID] for commit in (old, new) if commit)


def _not_recorded(outcome: Outcome | None) -> str:
    """What the detail of a repo shows in a run and cannot show in a replay."""
    parts = [
        "the messages of the commits" if outcome and outcome.commits else "",
        "" if outcome and outcome.output_tail else "what git said",
        "earlier results",
    ]
    return f"not recorded: {', '.join(part for part in parts if part)}"
