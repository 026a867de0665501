"""The command palette: every action by name, with its key."""

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, NamedTuple

from textual.await_complete import AwaitComplete
from textual.command import CommandPalette, DiscoveryHit, Hit, Hits, Provider

from tui.app.actions import offered, shown_keys

if TYPE_CHECKING:
    from tui.app.app import SynctuiApp

_NOT_BY_NAME = frozenset({"palette", "next_pane"})


class _Command(NamedTuple):
    title: str
    help: str
    run: Callable[[], object]


class Palette(CommandPalette):
    """Takes one choice: an `enter` that came with the first may have been on its way already."""

    def __init__(self) -> None:
        super().__init__(id="--command-palette")

    def dismiss(self, result: None = None) -> AwaitComplete:
        return super().dismiss(result) if self.is_active else AwaitComplete()


class ActionCommands(Provider):
    """In the order of the help page but for its first entry, which is what enter alone does: no harm."""

    _chosen = False

    async def discover(self) -> Hits:
        for command in self._commands():
            yield DiscoveryHit(command.title, command.run, help=command.help)

    async def search(self, query: str) -> Hits:
        matcher = self.matcher(query)
        for command in self._commands():
            if (score := matcher.match(command.title)) > 0:
                yield Hit(score, matcher.highlight(command.title), command.run, help=command.help)

    def _commands(self) -> Iterator[_Command]:
        app: SynctuiApp = self.app  # type: ignore[assignment]  # the only one that has this provider
        for action in sorted(offered(app.situation()), key=lambda action: action.name != "help"):
            if action.name not in _NOT_BY_NAME:
                keys = " ".join(shown_keys(action))
                run = self._once(app.doer(action.name))
                yield _Command(action.title, f"{keys}  {action.help}", run)
        for command in app.get_system_commands(self.screen):
            if command.title in {"Theme", "Screenshot"}:
                yield _Command(command.title, command.help, self._once(command.callback))

    def _once(self, run: Callable[[], object]) -> Callable[[], None]:
        def first() -> None:
            if not self._chosen:
                self._chosen = True
                run()

        return first
