"""The log of finished jobs: it follows its end until a person scrolls up."""

from collections.abc import Sequence
from dataclasses import dataclass

from textual.message import Message
from textual.scroll_view import ScrollView

from widgets.tone import Tone


@dataclass(frozen=True, slots=True)
class LogLine:
    """A job's end as (time, repo, state, detail, duration), or a notice: no key and `text` instead of cells."""

    key: str
    tone: Tone
    cells: tuple[str, str, str, str, str] = ("", "", "", "", "")
    interesting: bool = True
    text: str = ""


class LogPane(ScrollView, can_focus=True):
    @dataclass
    class Highlighted(Message):
        key: str

    @dataclass
    class Opened(Message):
        key: str

    @dataclass
    class FollowChanged(Message):
        follow: bool

    follow: bool = True
    only_interesting: bool = False

    @property
    def highlighted(self) -> str | None:
        """The key of the line under the cursor, None on a notice or without lines."""
        return None

    def append(self, lines: Sequence[LogLine]) -> None: ...

    def search(self, text: str) -> int:
        """Marks the lines that hold the text, ignoring case, and counts them; "" ends the search."""
        return 0

    def find_next(self) -> None: ...

    def find_previous(self) -> None: ...
