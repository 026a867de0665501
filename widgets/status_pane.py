"""The state of a run at a glance."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from textual.widget import Widget

from widgets.tone import Tone


@dataclass(frozen=True, slots=True)
class LaneView:
    """The jobs of one remote host."""

    host: str
    running: int
    limit: int
    waiting: int


@dataclass(frozen=True, slots=True)
class StatusView:
    """`counts` holds the final states, RUNNING and QUEUED (what remains); `jobs` is like "6/8" or "6→3 draining"."""

    counts: Mapping[Tone, int]
    jobs: str
    mode: str = ""
    rate: str = ""
    elapsed: str = ""
    eta: str = ""
    lanes: Sequence[LaneView] = ()


class StatusPane(Widget):
    def show(self, view: StatusView) -> None: ...
