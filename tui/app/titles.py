"""What stands in the header and in the frames of the main screen."""

from textual.content import Content

from tui.app import lists, present
from tui.app.desk import Desk
from tui.app.keymap import Keymap
from tui.app.views import View
from tui.view.board import Stage
from widgets.log_pane import LogPane
from widgets.text import cut_end, fit


def header(desk: Desk, width: int, *, short: bool) -> str:
    """In exactly `width` cells; `short`: there is no other place for how far the run is."""
    right = _told(
        "   ",
        desk.leaving,
        present.mode(desk.board),
        "dry run" if desk.session.dry_run else "",
        present.passes(desk.session.watch),
        present.done(desk.board) if desk.board.run and short else "",
        present.playing(desk.player) if desk.player else present.run_clock(desk.board, desk.clock),
    )
    right = cut_end(f"  {right}" if right else "", width)
    return fit(f"synctui  {desk.session.workspace}", width - len(right)) + right


def tabs(desk: Desk, current: str, room: int) -> Content:
    """Each can be clicked; `room` in cells."""
    counts = {
        "queue": desk.board.waiting,
        "attention": len(desk.board.troubled),
        "repos": len(desk.board.rows),
        "arrived": len(desk.arrived),
    }
    links: list[Content] = []
    between, titles = lists.tab_titles(counts, current, room)
    for name, words in titles.items():
        link = Content.from_markup(f"[@click=app.act('show_{name}')]{words}[/]")
        links.append(link.stylize("bold reverse") if name == current else link)
    return Content(between).join(links)


def below_list(desk: Desk, view: View) -> str:
    return _told(
        " · ",
        f"{len(desk.marks)} marked" if desk.marks else "",
        f"/{view.words}" if view.words else "",
        view.order if view.tab == "repos" else "",
        _ways(desk.keys)
        if view.tab == "queue" and desk.board.counts[Stage.QUEUED] and not desk.player
        else "",
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
