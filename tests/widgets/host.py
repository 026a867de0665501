"""A tiny app around one widget, and its screen as plain lines."""

from textual import on
from textual.app import App
from textual.message import Message
from textual.widget import Widget

from widgets.filter_line import FilterLine
from widgets.hint_bar import HintBar
from widgets.line_pane import LinePane
from widgets.slot_grid import SlotGrid


class Host(App[object]):
    AUTO_FOCUS = None

    def __init__(self, widget: Widget) -> None:
        super().__init__()
        self.widget = widget
        self.heard: list[Message] = []

    def compose(self):
        yield self.widget

    @on(SlotGrid.Opened)
    @on(LinePane.Opened)
    @on(FilterLine.Changed)
    @on(FilterLine.Submitted)
    @on(FilterLine.Cancelled)
    @on(HintBar.Pressed)
    def hear(self, message: Message) -> None:
        self.heard.append(message)


def strips(widget: Widget) -> list[str]:
    """The drawn lines with the blanks at their ends."""
    return [widget.render_line(y).text for y in range(widget.size.height)]


def lines(widget: Widget) -> list[str]:
    return [line.rstrip() for line in strips(widget)]


def screen(app: App[object]) -> list[str]:
    """What the whole screen shows, without blank lines and the blanks around each line."""
    drawn = app.screen._compositor.render_strips()
    return [text for strip in drawn if (text := strip.text.strip())]
