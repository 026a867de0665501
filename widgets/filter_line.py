"""The line in which a person types a filter or a search."""

from dataclasses import dataclass

from textual.containers import Horizontal
from textual.message import Message


class FilterLine(Horizontal):
    """Hidden until `open`; `enter` submits and leaves it, `esc` cancels it and clears the text."""

    @dataclass
    class Changed(Message):
        text: str

    @dataclass
    class Submitted(Message):
        text: str

    class Cancelled(Message): ...

    def __init__(self, label: str, *, id: str | None = None) -> None:  # noqa: A002 - Textual's name
        super().__init__(id=id)
        self.label = label

    def open(self, text: str = "") -> None:
        """Shows it with that text and takes the focus."""

    def show_count(self, text: str) -> None:
        """Shows what the text matches, for example "12 of 40"."""
