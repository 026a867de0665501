"""What is seen while the workspace is being read: the frames of the main screen, and nothing in them."""

from typing import ClassVar

from textual.app import ComposeResult
from textual.containers import Container, Vertical
from textual.screen import Screen
from textual.widgets import Static


class OpeningScreen(Screen[None]):
    AUTO_FOCUS: ClassVar[str] = ""

    def __init__(self) -> None:
        super().__init__(classes="-lists -plan")

    def compose(self) -> ComposeResult:
        yield Static("synctui", id="header", markup=False)
        yield Static("Reading the workspace…", id="plan", markup=False)
        slots, lists = Static(id="slots"), Static(id="lists")
        slots.border_title = "Slots"
        lists.styles.height = "1fr"
        yield slots
        with Container(id="body"), Vertical(id="side"):
            yield lists
