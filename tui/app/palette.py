"""The command palette: every action by name, with its key."""

from collections.abc import Iterator
from typing import TYPE_CHECKING, NamedTuple

from textual.command import DiscoveryHit, Hit, Hits, Provider
from textual.types import IgnoreReturnCallbackType

from tui.app.actions import ACTIONS, shown_keys

if TYPE_CHECKING:
    from tui.app.app import SynctuiApp

_NOT_BY_NAME = frozenset({"palette", "next_pane"})


class _Command(NamedTuple):
    title: str
    help: str
    run: IgnoreReturnCallbackType


class ActionCommands(Provider):
    """In the order of the help page but for its first entry, which is what enter alone does: no harm."""

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
        for action in sorted(ACTIONS, key=lambda action: action.name != "help"):
            if action.name not in _NOT_BY_NAME:
                keys = " ".join(shown_keys(action))
                yield _Command(action.title, f"{keys}  {action.help}", app.doer(action.name))
        for command in app.get_system_commands(self.screen):
            if command.title in {"Theme", "Screenshot"}:
                yield _Command(command.title, command.help, command.callback)
