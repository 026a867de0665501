"""Scrolling lines with a cursor, drawn one by one: what the log and the tables share."""

from dataclasses import dataclass
from typing import ClassVar

from rich.segment import Segment
from rich.style import Style
from textual.binding import Binding, BindingType
from textual.content import Content
from textual.events import Click, Resize
from textual.geometry import Region, Size
from textual.message import Message
from textual.scroll_view import ScrollView
from textual.strip import Strip

from widgets.ink import SteadyStyle
from widgets.text import fit
from widgets.tone import TONE_CLASSES, Tone, muted_css, tone_css


class LinePane(SteadyStyle, ScrollView, can_focus=True):
    ALLOW_SELECT = False
    COMPONENT_CLASSES: ClassVar[set[str]] = {
        "line-pane--cursor",
        "line-pane--cursor-sign",
        "line-pane--muted",
        "line-pane--heading",
        "line-pane--match",
        *TONE_CLASSES,
    }
    DEFAULT_CSS = (
        tone_css("LinePane")
        + muted_css("LinePane", "line-pane--muted")
        + """
    LinePane {
        height: 1fr;
        overflow-x: hidden;
        scrollbar-gutter: stable;
        scrollbar-size-vertical: 1;
        scrollbar-color: $foreground 25%;
        scrollbar-background: $foreground 5%;
        & > .line-pane--cursor { background: $foreground 8%; }
        &:focus > .line-pane--cursor { background: $primary 25%; }
        &:focus:ansi > .line-pane--cursor { background: ansi_default; text-style: bold; }
        & > .line-pane--cursor-sign { color: $text-accent; }
        & > .line-pane--muted { color: $text-muted; }
        & > .line-pane--heading { color: $text-muted; text-style: bold; }
        & > .line-pane--match { color: $text-accent; text-style: bold underline; }
    }
    """
    )
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("up,k", "move(-1)", "Up", show=False),
        Binding("down,j", "move(1)", "Down", show=False),
        Binding("home,g", "move_to_start", "First", show=False),
        Binding("end,G", "move_to_end", "Last", show=False),
        Binding("pageup", "move_pages(-1.0)", "Page up", show=False),
        Binding("pagedown", "move_pages(1.0)", "Page down", show=False),
        Binding("ctrl+u", "move_pages(-0.5)", "Half a page up", show=False),
        Binding("ctrl+d", "move_pages(0.5)", "Half a page down", show=False),
    ]

    HEADER_LINES: ClassVar[int] = 0
    """Lines at the top that do not scroll."""

    @dataclass
    class Opened(Message):
        """A double click on a line; `enter` is the owner's."""

        key: str

    def __init__(self, *, id: str | None = None) -> None:  # noqa: A002 - Textual's name
        super().__init__(id=id)
        self._cursor = -1

    # What a subclass is asked for.

    def line_count(self) -> int:
        raise NotImplementedError

    def key_at(self, index: int) -> str:
        """The key of a line; "" for one that cannot be opened."""
        raise NotImplementedError

    def selectable(self, index: int) -> bool:  # noqa: ARG002 - for subclasses with lines that are not
        return True

    def draw(self, index: int, width: int) -> Strip:
        """A line in exactly `width` cells, without the background."""
        raise NotImplementedError

    def draw_header(self, width: int) -> Strip:
        raise NotImplementedError

    def empty_text(self) -> str:
        return ""

    # What an owner uses.

    @property
    def highlighted(self) -> str | None:
        """The key of the line under the cursor; None when there is none to open."""
        return (self.key_at(self._cursor) or None) if 0 <= self._cursor < self.line_count() else None

    def entitle(self, title: Content) -> None:
        """Sets the title of the border, and draws no more than that."""
        # Of two of the same text and other styles Textual says that they are equal.
        if self._border_title is None or title.markup != self._border_title.markup:
            self._border_title = title  # the setter has all lines drawn
            self.refresh(Region(-1, -1, self.outer_size.width, 1))

    # Cursor and scrolling.

    @property
    def page_height(self) -> int:
        return max(1, self.scrollable_content_region.height - self.HEADER_LINES)

    def move_cursor(self, index: int) -> None:
        """Moves to a line, or to the nearest selectable one beyond it in the direction of the move."""
        step = 1 if index >= self._cursor else -1
        found = self._nearest(index, step)
        if found is None:
            return
        before, self._cursor = self._cursor, found
        self.reveal(found)
        self.refresh_index(before)
        self.refresh_index(found)

    def reveal(self, index: int) -> None:
        top, last = round(self.scroll_y), self.line_count() - 1
        # Lines that cannot be selected above the first one, or below the last, come into view with it.
        bottom = last if self._nearest(last, -1) == index else index
        if self._nearest(0, 1) == index:
            top = 0
        elif index < top:
            top = index
        elif bottom >= top + self.page_height:
            top = min(index, bottom - self.page_height + 1)
        self.jump_to(top)

    def jump_to(self, top: int) -> None:
        if self.is_running and top != round(self.scroll_y):
            self.scroll_to(y=top, animate=False, immediate=True, force=True)

    def resize_lines(self) -> None:
        """Tells the scroll bar how many lines there are."""
        size = Size(self.scrollable_content_region.width, self.line_count() + self.HEADER_LINES)
        if size != self.virtual_size:
            # Setting it lays out the whole screen; here the gutter is stable and only the scroll bar changes.
            self.set_reactive(LinePane.virtual_size, size)
            self._scroll_update(size)

    def refresh_index(self, index: int) -> None:
        y = index - round(self.scroll_y) + self.HEADER_LINES
        if self.HEADER_LINES <= y < self.size.height:
            self.refresh(Region(0, y, self.size.width, 1))

    def _nearest(self, index: int, step: int) -> int | None:
        count = self.line_count()
        index = max(0, min(count - 1, index))
        for way in (step, -step):
            found = index
            while 0 <= found < count:
                if self.selectable(found):
                    return found
                found += way
        return None

    def action_move(self, step: int) -> None:
        self.move_cursor(self._cursor + step)

    def action_move_to_start(self) -> None:
        self.move_cursor(0)

    def action_move_to_end(self) -> None:
        self.move_cursor(self.line_count() - 1)

    def action_move_pages(self, pages: float) -> None:
        self.move_cursor(self._cursor + round(self.page_height * pages))

    def action_open(self) -> None:
        if self.highlighted is not None:
            self.post_message(self.Opened(self.highlighted))

    def on_click(self, event: Click) -> None:
        offset = event.get_content_offset(self)
        if offset is None or offset.y < self.HEADER_LINES:
            return
        index = offset.y - self.HEADER_LINES + round(self.scroll_y)
        if index < self.line_count() and self.selectable(index):
            self.move_cursor(index)
            if event.chain == 2:  # noqa: PLR2004 - a double click
                self.action_open()

    def on_resize(self, _event: Resize) -> None:
        self.resize_lines()
        self._keep_in_view()

    def on_show(self) -> None:
        # Lines may have come and gone while it was hidden.
        self._keep_in_view()

    def _keep_in_view(self) -> None:
        if 0 <= self._cursor < self.line_count():
            self.reveal(self._cursor)

    def on_focus(self) -> None:
        self.refresh_index(self._cursor)

    def on_blur(self) -> None:
        self.refresh_index(self._cursor)

    # Drawing.

    def tone_ink(self, tone: Tone | None) -> Style:
        return Style.null() if tone is None else self.ink(tone.css_class)

    def render_line(self, y: int) -> Strip:
        width = self.scrollable_content_region.width
        if y < self.HEADER_LINES:
            return self.draw_header(width).apply_style(self.rich_style)
        index = y - self.HEADER_LINES + round(self.scroll_y)
        if index >= self.line_count():
            return self._draw_blank(y, width)
        style = self.rich_style
        if index == self._cursor:
            style = self.get_component_rich_style("line-pane--cursor")
        strip = self.draw(index, width)
        if index == self._cursor and self.has_focus:
            strip = Strip.join([Strip([Segment("▌", self.ink("line-pane--cursor-sign"))], 1), strip.crop(1)])
        return strip.apply_style(style)

    def _draw_blank(self, y: int, width: int) -> Strip:
        lines = [] if self.line_count() or not width else Content(self.empty_text()).wrap(width)
        place = y - self.HEADER_LINES - max(0, self.page_height - len(lines)) // 2
        if not 0 <= place < len(lines):
            return Strip.blank(width, self.rich_style)
        here = lines[place : place + 1] if place + 1 < self.page_height else lines[place:]
        text = fit(" ".join(line.plain for line in here), width, "center")
        return Strip([Segment(text, self.ink("line-pane--muted"))], width).apply_style(self.rich_style)
