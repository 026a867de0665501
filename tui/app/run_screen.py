"""The main screen: the slots, the log, the state of the run and its lists."""

from collections.abc import Collection, Mapping, Sequence
from functools import partialmethod

from msgspec import structs
from rich.cells import cell_len
from textual import on
from textual.content import Content
from textual.events import Resize
from textual.geometry import Size
from textual.widgets import Input, Static

from tui.app import lists, plan, slot_views, status_views, titles
from tui.app.desk import Desk
from tui.app.footer import UNDER_A_DIALOG, hints, last_hints
from tui.app.listing import Listing
from tui.app.panes import Pane, PaneScreen
from tui.app.refusals import Heading
from tui.app.views import View
from tui.engine.shutdown import Ending
from widgets.filter_line import FilterLine
from widgets.hint_bar import Hint, HintBar
from widgets.line_pane import LinePane
from widgets.line_table import LineTable, Sheet, TableRow
from widgets.log_pane import LogLine
from widgets.slot_grid import SlotGrid

_SPINS_PER_SECOND = 5
_FRAME = 6
"""Cells of a frame beside its title: corners, blanks and a line before it."""
_SLOW_LISTS = frozenset({"queue", "arrived"})
_MANY = 2_000
"""Repos with which all lists are."""
_SLOW_TICKS = 5
"""Ticks between two drawings of those, and of what is sorted or sought, at least."""

_FILTER_HINT = "name part, state: tag: host: behind dirty stale, - negates; tab completes"
_SEARCH_HINTS = (Hint("enter", "keep"), Hint("esc", "clear"))
_FILTER_HINTS = (*_SEARCH_HINTS, Hint("tab", "complete"))
"""While a key is a letter of the filter."""


class RunScreen(PaneScreen):
    def __init__(self) -> None:
        super().__init__(self._complete)
        self._desk: Desk
        """There once it is furnished, as the two that follow."""
        self._sheets: Mapping[str, Sheet]
        self._listing: Listing
        self._furnished = False
        self._hints.show([Hint("q", "quit")])
        self._needle = ""
        self._folded: set[str] = set()
        """Keys of the headings of Attention that hide their repos."""
        self._seen_in_attention: set[str] = set()
        """What was there when the person asked for it last."""
        self._ticks = 0
        self._drawn: object = None
        self._drawn_at = Size(0, 0)
        self._marks_in_slots: frozenset[str] = frozenset()

    def furnish(self, desk: Desk) -> None:
        """With what it is about; until then it says that the workspace is being read."""
        self._desk, self._listing = desk, Listing(desk)
        longest = max((cell_len(repo_id) for repo_id in desk.board.rows), default=0)
        self._log.fit_repos(longest)
        # Pass after pass, what is up to date is no news.
        self._log.only_interesting = desk.session.watch is not None
        self._sheets = lists.sheets(longest)
        self._listing.take(desk.session.left.view)
        self.table.sheet = self._sheets[self.view.tab]
        self.set_class(desk.board.run is None, "-plan")
        self._furnished = True
        if self.is_mounted:
            self._begin()
            self.paint()

    def on_mount(self) -> None:
        if self._furnished:
            self._begin()

    def _begin(self) -> None:
        # A small screen shows one of the two, and the end of a running log is no target to aim at.
        session = self._desk.session
        starts_small = (session.start or session.watch or self._desk.player) and self.is_short
        self._to(self._log if starts_small else self.table)

    def on_resize(self, event: Resize) -> None:
        if event.size == self._drawn_at:  # Textual says it up to three times
            return
        self._drawn_at = event.size
        self.make_room(event.size)
        self._drawn = None
        self.paint()

    def on_screen_suspend(self) -> None:
        self.redraw()

    def on_screen_resume(self) -> None:
        self.redraw()

    # What the app asks.

    @property
    def is_ready(self) -> bool:
        """All that it is made of is there."""
        return self._furnished and self.table.is_mounted

    @property
    def view(self) -> View:
        return self._listing.view

    @property
    def shows_repos(self) -> bool:
        return self.view.tab == "repos"

    def repos_in_question(self) -> Collection[str]:
        """Those of which what is known decides what the person sees; a filter and an order go by all of them."""
        if not self.shows_repos:
            return ()
        return self._desk.board.rows if self.view.words or self.view.sort else self.table.keys_in_view

    @property
    def shows_arrived(self) -> bool:
        return self.view.tab == "arrived"

    @property
    def shows_queue(self) -> bool:
        return self.view.tab == "queue"

    def highlighted(self) -> str | None:
        return self._pane.highlighted

    def note(self) -> str:
        """The text of the log's line under the cursor, where it is of no repo."""
        return self._log.note() if self._pane is self._log else ""

    def on_heading(self) -> Heading:
        """Of a group, where the cursor is on one."""
        if not self.heading:
            return ""
        return "folded" if self.heading.key in self._folded else "open"

    @property
    def heading(self) -> TableRow | None:
        """That of the group that is selected."""
        return self._pane.heading if isinstance(self._pane, LineTable) else None

    def selected(self) -> Sequence[str]:
        """The repos that the cursor is on: all of a group on its heading."""
        if heading := self.heading:
            return heading.members
        highlighted = self.highlighted()
        return [highlighted] if highlighted else []

    def fold(self) -> None:
        """The group under the cursor, or unfold it."""
        if heading := self.heading:
            self._folded ^= {heading.key}

    def listed(self) -> list[str]:
        """The repos of the list, in its order."""
        return [key for key in self.table.keys if key in self._desk.board.rows]

    def point_at(self, repo_id: str) -> None:
        self.table.highlight(repo_id)

    def newcomer(self) -> str | None:
        """The repo that has just come into the slot under the cursor, where a key was meant for the one before; said once."""
        slots = self._slots
        if self.is_active and self._pane is slots and not self._desk.marks and slots.just_taken_over:
            slots.just_taken_over = False
            return self.highlighted()
        return None

    @property
    def found(self) -> int:
        """Lines of the log that match what is searched."""
        return self._log.found

    @property
    def log_lines(self) -> Sequence[LogLine]:
        """Those that are shown."""
        return self._log.lines

    def append(self, lines: Sequence[LogLine]) -> None:
        self._log.append(lines)

    def forget(self) -> None:
        """What the log has said."""
        self._log.clear()

    # Drawing.

    def redraw(self) -> None:
        """What a person has just done here shows at once, and nothing else: a key does not wait for all of it."""
        self._drawn = None
        if self.is_ready:
            self._paint_lists()
            if self._desk.marks != self._marks_in_slots:
                self._paint_slots(self._desk.engine.next_starts())

    def paint(self) -> None:
        self.paint_run()
        self.paint_lists()

    def paint_run(self) -> None:
        """All but the lists."""
        if not (self._furnished and self.is_mounted):
            return
        desk, board = self._desk, self._desk.board
        self._paint_header()
        self.set_class(board.run is None, "-plan")
        if board.run is None:
            brief = self.is_short
            session = desk.session
            offer = plan.offer(board, session.cut_off, desk.clock.now(), desk.keys, brief=brief)
            brief = brief or (bool(offer) and self.is_narrow)
            planned = plan.plan_line(board, session, brief=brief)
            _update(self._plan, f"{offer}\n{planned}" if offer else planned, layout=True)
        elif self._plan.display:
            self._plan.display = False
            if self.is_short:  # there the plan has had the place of the log
                self._to(self._log)
        next_starts = desk.engine.next_starts()
        self._paint_slots(next_starts)
        lanes = status_views.lanes(desk, next_starts)
        self._status.show(status_views.status(desk, lanes))
        self._paint_tabs()  # with the counts beside which they stand

    def paint_lists(self) -> None:
        if self._furnished and self.is_mounted:
            self._ticks += 1
            self._paint_lists()

    def _paint_slots(self, next_starts: Mapping[str, float]) -> None:
        desk, board = self._desk, self._desk.board
        self._marks_in_slots = frozenset(desk.marks)
        slots, priority = slot_views.slots(desk, next_starts)
        stands_still = self.app.animation_level == "none"
        spin = 0 if stands_still else int(desk.clock.monotonic() * _SPINS_PER_SECOND)
        closed, without_job = slot_views.closed(board, slots), slot_views.without_job(board, next_starts)
        self._slots.show(slots, priority, spin, closed, without_job, board.began if board.active else 0.0)
        _title(self._slots, Content(titles.slots_title(board, None if desk.player else desk.keys)))

    def _paint_lists(self) -> None:
        desk = self._desk
        self._paint_table()
        self._paint_titles()
        # The footer speaks of the group only where no marks are what a key is about.
        heading = "" if desk.marks else self.on_heading()
        now = desk.situation(
            desk.targets(self.selected()), heading=heading, found=self.found, note=self.note()
        )
        log = self._log if self._pane is self._log else None
        if not self.is_active:
            self._hints.show(UNDER_A_DIALOG)
        elif isinstance(self.focused, Input):
            self._hints.show(_SEARCH_HINTS if self._pane is self._log else _FILTER_HINTS)
        else:
            sought = bool(self.view.words or self._needle)
            zoomed = self.has_class("-zoom")
            tab = self.view.tab if self._pane is self.table else ""
            self._hints.show(hints(now, log, tab=tab, sought=sought, zoomed=zoomed), *last_hints(desk.keys))

    def _paint_header(self) -> None:
        short = self.is_short or self.has_class("-zoom")
        _update(self._header, titles.header(self._desk, max(0, self.size.width - 2), short=short))

    def _paint_table(self) -> None:
        desk = self._desk
        name = self.view.tab
        wanted = (self.view, self.table.size.width, frozenset(desk.marks), frozenset(self._folded))
        # Most of what happens in a run brings nothing.
        newest = next(reversed(desk.arrived.values()), None)
        state = (wanted, (newest, len(desk.contents)) if name == "arrived" else desk.board.revision)
        if state == self._drawn:
            return
        same_view = isinstance(self._drawn, tuple) and self._drawn[0] == wanted
        is_slow = name in _SLOW_LISTS or self.view.words or self.view.sort or len(desk.board.rows) > _MANY
        if name == "arrived" and not desk.board.active:  # what a person waits for is being read
            is_slow = False
        if is_slow and same_view and self._ticks % _SLOW_TICKS:
            return
        self._drawn = state
        said = self._listing.show_in(self.table, self._folded)
        if said and self._filter.display and self._pane is not self._log:
            self._filter.show_count(said)

    def _paint_titles(self) -> None:
        desk = self._desk
        self._paint_tabs()
        goes_on = self.table.line_count() > self.table.page_height
        _title(self.table, None, titles.below_list(desk, self.view, goes_on=goes_on))
        if self._needle and self._filter.text == self._needle:
            self._filter.show_count(f"{self._log.position} ")
        below = titles.below_log(self._log, self._needle, desk.keys.first("follow"))
        _title(self._log, Content("Log"), below)

    def _paint_tabs(self) -> None:
        room = self.table.outer_size.width - _FRAME
        self.table.entitle(titles.tabs(self._desk, self.view.tab, room))

    # Messages.

    @on(LinePane.Opened)
    @on(SlotGrid.Opened)
    def _open(self) -> None:
        self._act("open_detail")

    def on_hint_bar_pressed(self, event: HintBar.Pressed) -> None:
        if not self._furnished:
            self.app.exit(Ending(0))
        elif isinstance(self.focused, Input):
            self._filter.press(event.key)
        elif name := self._desk.keys.action(event.key):
            self._act(name)

    def on_filter_line_changed(self, event: FilterLine.Changed) -> None:
        self._apply_filter(event.text, typing=True)

    def on_filter_line_submitted(self, event: FilterLine.Submitted) -> None:
        if self._pane is not self._log:
            self._apply_filter(event.text)
        self.set_focus(self._pane)

    def on_filter_line_cancelled(self) -> None:
        self._apply_filter("")
        self.set_focus(self._pane)

    def _apply_filter(self, text: str, *, typing: bool = False) -> None:
        if self._pane is self._log:
            self._needle = text
            self._log.search(text)
            self._log.find_nearest()
        else:
            self._listing.filter_by(text, typing=typing)
        self._filter.show_count("")
        self.redraw()

    def _complete(self, begun: str) -> Sequence[str]:
        return () if self._pane is self._log else self._listing.completer.words(begun)

    def on_line_table_head_pressed(self, event: LineTable.HeadPressed) -> None:
        if self.shows_repos:
            self._listing.sort_by(event.column)
            self.redraw()

    def _act(self, name: str) -> None:
        self.app.call_later(self.run_action, f"app.act('{name}')")

    # Actions.

    def do_mark(self) -> None:
        if heading := self.heading:
            self._mark_or_unmark(heading.members)
        elif repo_id := self.highlighted():
            self._desk.marks ^= {repo_id}
            if isinstance(self._pane, LineTable):
                self._pane.action_move(1)

    def do_mark_all(self) -> None:
        self._mark_or_unmark(self.listed())

    def _mark_or_unmark(self, repo_ids: Collection[str]) -> None:
        """All of them; those that are all marked no longer."""
        marks = self._desk.marks
        if marks.issuperset(repo_ids):
            marks.difference_update(repo_ids)
        else:
            marks.update(repo_ids)

    def do_filter(self) -> None:
        if self._pane is self._slots:
            self._pane = self.table
        self.app.clear_notifications()  # they would lie on top of it
        if self._pane is self._log:
            self._log.begin_search()
            self._filter.open(self._needle)
        else:
            self._filter.open(self.view.words, _FILTER_HINT)

    def do_next_match(self) -> None:
        self._log.find_next()

    def do_previous_match(self) -> None:
        self._log.find_previous()

    def do_clear(self) -> None:
        """What was typed first, then the marks."""
        if self.view.words or self._needle:
            self._needle = ""
            self._listing.filter_by("")
            self._log.search("")
            self._filter.close()
        else:
            self._desk.marks.clear()

    def do_changed_only(self) -> None:
        self._log.only_interesting = not self._log.only_interesting

    def do_follow(self) -> None:
        self._log.follow = True

    def do_sort(self) -> None:
        self._listing.sort_by_next()
        self._show("repos")

    def do_reverse_sort(self) -> None:
        self._listing.reverse()
        self._show("repos")

    def _show_view(self, number: int) -> None:
        view = self._desk.session.views.get(number)
        assert view is not None  # noqa: S101  else it was refused
        self._listing.take(view)
        if view.words:
            self._filter.stand(view.words)
        else:
            self._filter.close()
        self._show(view.tab)

    do_show_view_5 = partialmethod(_show_view, 5)
    do_show_view_6 = partialmethod(_show_view, 6)
    do_show_view_7 = partialmethod(_show_view, 7)
    do_show_view_8 = partialmethod(_show_view, 8)
    do_show_view_9 = partialmethod(_show_view, 9)

    def do_show_queue(self) -> None:
        self._show("queue")

    def do_show_attention(self) -> None:
        self._show("attention")
        troubled = set(self._desk.board.troubled)
        if not troubled <= self._seen_in_attention:  # else it may be above what is in view
            self.table.begin_anew()
        self._seen_in_attention = troubled

    def do_show_repos(self) -> None:
        self._show("repos")

    def do_show_arrived(self) -> None:
        self._show("arrived")

    def _show(self, name: str) -> None:
        self._listing.view = structs.replace(self.view, tab=name)
        self.table.sheet = self._sheets[name]
        self._to(self.table)


def _update(static: Static, text: str, *, layout: bool = False) -> None:
    if str(static.content) != text:
        static.update(Content(text), layout=layout)


def _title(pane: Pane, title: Content | None, subtitle: str = "") -> None:
    """A title that is set anew has the whole pane drawn anew; most ticks change none."""
    if title is not None and pane.border_title != title.markup:
        pane.border_title = title
    if pane.border_subtitle != (below := Content(f" {subtitle} " if subtitle else "")).markup:
        pane.border_subtitle = below
