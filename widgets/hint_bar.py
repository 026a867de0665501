"""The keys that apply now, most important first."""

from collections.abc import Sequence
from dataclasses import dataclass

from textual.message import Message
from textual.widget import Widget


@dataclass(frozen=True, slots=True)
class Hint:
    """`key` is shown as it is."""

    key: str
    label: str
    enabled: bool = True


class HintBar(Widget):
    @dataclass
    class Pressed(Message):
        """A hint was clicked; `key` is "?" for the last one."""

        key: str

    def show(self, hints: Sequence[Hint]) -> None: ...
