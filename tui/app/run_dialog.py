"""A question about the run, which goes on while it is asked."""

from collections.abc import Callable, Sequence

from tui.engine.engine import Engine
from widgets.dialogs import Choice, ConfirmDialog


class RunDialog(ConfirmDialog):
    def __init__(
        self, title: str, told: Callable[[], str], choices: Sequence[Choice], engine: Engine, at_end: str
    ) -> None:
        """`told` is asked at every tick; once nothing runs any more the answer is `at_end`."""
        super().__init__(title, told(), choices)
        self._told = told
        self._engine = engine
        self._at_end = at_end

    def paint(self) -> None:
        if not self.is_mounted:
            return
        if self._engine.snapshot().idle:
            self.answer(self._at_end)
        else:
            self.tell(self._told())
