"""A question about the run, which goes on while it is asked."""

from collections.abc import Callable, Sequence

from widgets.dialogs import Choice, ConfirmDialog


class RunDialog(ConfirmDialog):
    """It stays when the run ends: a key that was meant for it must not reach what is below."""

    def __init__(self, title: str, told: Callable[[], str], choices: Callable[[], Sequence[Choice]]) -> None:
        """`told` and `choices` are asked at every tick."""
        super().__init__(title, told(), choices())
        self._told, self._offered = told, choices

    def paint(self) -> None:
        if self.is_mounted:
            self.tell(self._told())
            self.offer(self._offered())
