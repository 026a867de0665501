"""Questions that a person answers before anything else."""

from collections.abc import Sequence
from dataclasses import dataclass

from textual.screen import ModalScreen


@dataclass(frozen=True, slots=True)
class Choice:
    """`key` is the key that picks it and what the dialog returns."""

    key: str
    label: str


class ConfirmDialog(ModalScreen[str]):
    """Returns the key of a choice. The last choice is the safe one: it is selected first, and `esc` picks it."""

    def __init__(self, title: str, body: str, choices: Sequence[Choice]) -> None:
        super().__init__()
        self.heading = title
        self.body = body
        self.choices = tuple(choices)


class NumberPrompt(ModalScreen[int | None]):
    """Returns a whole number from `minimum` to `maximum`, or None after `esc`."""

    def __init__(self, title: str, value: int, minimum: int, maximum: int) -> None:
        super().__init__()
        self.heading = title
        self.value = value
        self.minimum = minimum
        self.maximum = maximum
