"""All keys on one page."""

from collections.abc import Sequence
from dataclasses import dataclass

from textual.screen import ModalScreen


@dataclass(frozen=True, slots=True)
class HelpRow:
    """`refused` says why the key does nothing now, "" when it works."""

    keys: str
    what: str
    refused: str = ""


@dataclass(frozen=True, slots=True)
class HelpGroup:
    title: str
    rows: tuple[HelpRow, ...]


class HelpScreen(ModalScreen[None]):
    def __init__(self, title: str, groups: Sequence[HelpGroup]) -> None:
        super().__init__()
        self.heading = title
        self.groups = tuple(groups)
