"""What the log says of what happens."""

import time
from functools import lru_cache

from msgspec import structs

from tui.app.keymap import Keymap
from tui.app.tones import tone_of
from tui.engine.events import JobEnded, LimitChanged, Notice, Record, RunFinished, RunStarted
from tui.git.outcome import ATTENTION_STATES, QUIET_STATES, State
from tui.view.lines import cause, detail, duration, is_news, lane_line, plural
from widgets.log_pane import LogLine
from widgets.tone import Tone


def log_line(record: Record, keys: Keymap) -> LogLine | None:
    """None for what the log does not tell."""
    at = _time_of_day(int(record.time))
    match record.event:
        case JobEnded() as event:
            outcome = event.outcome
            return LogLine(
                event.repo.id,
                tone_of(outcome.state),
                (
                    at,
                    event.repo.id,
                    tone_of(outcome.state).word,
                    cause(detail(outcome)),
                    duration(event.duration_ms),
                ),
                interesting=is_news(outcome),
            )
        case Notice(text=text, about=about):
            return note(record.time, text, about or "")
        case LimitChanged() as event if text := lane_line(event):
            return note(record.time, text)
        case RunStarted(total=total, dry_run=dry_run):
            what = f"{'dry run' if dry_run else 'run'} of {at[:5]}, {plural(total, 'repo')}"
            return LogLine("", Tone.NOTE, text=what, rule=True)
        case RunFinished() as event:
            return _run_end(record.time, event, keys)
        case _:
            return None


def note(at: float, text: str, about: str = "", *, goes_on: bool = False) -> LogLine:
    """`about`: the repo of which it is. `goes_on`: the rest of the one above, below its text."""
    told = _time_of_day(int(at))
    told = " " * len(told) if goes_on else told
    return LogLine(about, Tone.NOTE, (told, "", "", "", ""), text=text, goes_on=goes_on)


@lru_cache(maxsize=8)
def _time_of_day(second: int) -> str:
    """Of seconds since the epoch, of which many records share one."""
    return time.strftime("%H:%M:%S", time.localtime(second))


def _is_news(event: RunFinished) -> bool:
    return event.interrupted or any(event.counts[state] for state in event.counts.keys() - QUIET_STATES)


def _run_end(at: float, event: RunFinished, keys: Keymap) -> LogLine:
    """Short: the counts stand beside the log."""
    attention = sum(event.counts[state] for state in ATTENTION_STATES)
    took = duration(event.duration_ms)
    parts = [
        f"{plural(event.total, 'repo')} in {took}",
        "interrupted" if event.interrupted else "",
        f"{attention} to look at (press {keys.first('show_attention')})" if attention else "",
        plural(event.commits, "commit") if event.commits else "",
        f"{cancelled} cancelled" if (cancelled := event.counts[State.CANCELLED]) else "",
    ]
    line = note(at, ", ".join(part for part in parts if part))
    if _is_news(event):
        return line
    # The line at its beginning is enough, pass after pass of a watch.
    return structs.replace(line, interesting=False, adds=f"nothing new in {took}")
