"""What is seen while the workspace is being read: the frames of the main screen, and nothing in them."""

from textual.app import ComposeResult
from textual.containers import Container, Vertical
from textual.screen import Screen
from textual.widgets import Static

from tui.app.run_screen import RunScreen


class OpeningScreen(Screen[None]):
    HORIZONTAL_BREAKPOINTS = RunScreen.HORIZONTAL_BREAKPOINTS
    VERTICAL_BREAKPOINTS = RunScreen.VERTICAL_BREAKPOINTS
    AUTO_FOCUS = ""

    def __init__(self) -> None:
        super().__init__(classes="-lists -plan")

    def compose(self) -> ComposeResult:
        yield Static("synctui", id="header", markup=False)
        yield Static("Reading the workspace…", id="plan", markup=False)
        slots, lists, hints = Static(id="slots"), Static(id="lists"), Static(" q quit")
        slots.border_title, lists.border_title = "Slots", "Repos"
        lists.styles.height, hints.styles.height = "1fr", 1
        yield slots
        with Container(id="body"), Vertical(id="side"):
            yield lists
        yield hints
