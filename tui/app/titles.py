"""What stands in the header and in the frames of the main screen."""

import time

from textual.content import Content

from tui.app import lists
from tui.app.desk import Desk
from tui.app.figures import all_jobs, ordinary
from tui.app.keymap import Keymap
from tui.app.player import Player
from tui.app.views import View
from tui.engine.clock import Clock
from tui.engine.watch import Watch
from tui.view.board import Board, Stage
from widgets.log_pane import LogPane
from widgets.text import cut_end, fit


def header(desk: Desk, width: int, *, short: bool) -> str:
    """In exactly `width` cells; `short`: there is no other place for how far the run is."""
    watch = desk.session.watch
    mode, passes = _mode(desk.board), _passes(watch)
    dry_run = "dry run" if desk.session.dry_run else ""
    done = _done(desk.board) if desk.board.asked and short else ""
    clock = _playing(desk.player) if desk.player else _run_clock(desk.board, desk.clock)
    if watch and watch.next_start is not None and not desk.board.active:
        done = clock = ""  # of a pass that is over, beside the countdown to the next
    told = [desk.leaving, mode, dry_run, passes, done, clock]
    for least in (done, passes, dry_run, mode, clock):
        if len(_told("   ", *told)) + 2 <= width:
            break
        told[told.index(least)] = ""
    right = _told("   ", *told)
    right = cut_end(f"  {right}" if right else "", width)
    room = width - len(right)
    return fit(f"synctui  {desk.session.workspace}" if room >= len("synctui") else "", room) + right


def tabs(desk: Desk, current: str, room: int) -> Content:
    """Each can be clicked; `room` in cells."""
    links: list[Content] = []
    between, titles = lists.tab_titles(lists.counts(desk), current, room)
    for name, words in titles.items():
        link = Content.from_markup(f"[@click=app.act('show_{name}')]{words}[/]")
        links.append(link.stylize("bold reverse") if name == current else link)
    return Content(between).join(links)


def slots_title(board: Board, keys: Keymap | None = None) -> str:
    """`Slots 4/6 +1 now`, `Slots 6→3 draining`, `Slots 1/6, github.com held at 1`.

    While nothing runs, when the footer has others to name, `Slots 0/6, - + change the limit` by these keys.
    """
    title = f"Slots {all_jobs(board)}"
    if keys and not board.active:
        return f"{title}, {keys.first('lower_limit')} {keys.first('raise_limit')} change the limit"
    lanes = board.lanes.items() if board.active else ()
    held = {host: limit for host, limit in lanes if limit < board.lane_width}
    match list(held.items()):
        case []:
            return title
        case [(host, limit)]:
            return f"{title}, {host} held at {limit}"
        case several:
            return f"{title}, {len(several)} hosts held back"


def below_list(desk: Desk, view: View, *, goes_on: bool = False) -> str:
    """`goes_on`: it has more lines than its pane."""
    return _told(
        " · ",
        f"{len(desk.marks)} marked" if desk.marks else "",
        view.order if view.tab == "repos" else "",
        f"/{view.words}" if view.words else "",
        _ways(desk.keys)
        if view.tab == "queue" and desk.board.counts[Stage.QUEUED] and not desk.player
        else "",
        # In a few lines one group looks like all there is.
        "j k: more lines" if view.tab == "attention" and goes_on else "",
    )


def _ways(keys: Keymap) -> str:
    up, down, top, bottom = map(keys.first, ("move_up", "move_down", "move_to_top", "move_to_bottom"))
    return f"{up} {down} move, {top} {bottom} to the ends"


def below_log(log: LogPane, needle: str, follow: str) -> str:
    """`follow`: the key that does it."""
    behind = f"▼ {log.new_below} new below" if log.new_below else "not following"
    return _told(
        " · ",
        "only changes" if log.only_interesting else "",
        f"/{needle} {log.position}" if needle else "",
        "" if log.follow else f"{behind}, {follow} follows",
    )


def _told(between: str, *parts: str) -> str:
    return between.join(part for part in parts if part)


def _done(board: Board) -> str:
    """`done 11/40`: repos of the run that have ended, beside the clock of that run."""
    return f"done {len(board.done)}/{len(board.asked)}"


def _run_clock(board: Board, clock: Clock) -> str:
    """Empty before the first run; stands still after the end."""
    if board.run is None:
        return ""
    if board.finished:  # rounded, as in its summary
        return _clock_face(round(board.finished.duration_ms / 1000))
    return _clock_face(clock.now() - board.began)


def _clock_face(seconds: float) -> str:
    """`0:07`, `12:34`, `1:02:03`."""
    minutes, rest = divmod(max(0, int(seconds)), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"


def _playing(player: Player) -> str:
    """`replay 10×  0:12 / 1:03`."""
    how = " paused" if player.paused else f" {player.speed}×"
    if player.over:
        how = " over, cut off" if player.cut_off else " over"
    return f"replay{how}  {_clock_face(player.position)} / {_clock_face(player.recording.seconds)}"


def _passes(watch: Watch | None) -> str:
    """`pass 3`, `next pass in 4:12`, `next pass at 22:00` where the window is closed until then."""
    if watch is None:
        return ""
    at = watch.next_start
    if at is None:
        return f"pass {watch.passes}"
    left = watch.due_in()
    if left > watch.every:
        return f"next pass at {time.strftime('%H:%M', time.localtime(at))}"
    return f"next pass in {_clock_face(left)}"


def _mode(board: Board) -> str:
    parts = ["PAUSED"] if board.paused else []
    if ordinary(board) > board.limit:
        parts.append("draining")
    return " ".join(parts)
