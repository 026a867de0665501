"""The command palette: every action by name, with its key."""

from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING, NamedTuple

from textual.await_complete import AwaitComplete
from textual.command import CommandPalette, DiscoveryHit, Hit, Hits, Provider
from textual.content import Content
from textual.fuzzy import Matcher

from tui.app.actions import offered
from tui.app.footer import labels
from tui.app.refusals import Situation

if TYPE_CHECKING:
    from tui.app.app import SynctuiApp

_TALL = 20
_NOT_BY_NAME = frozenset({"palette", "next_pane"})


class _Command(NamedTuple):
    title: str
    help: str
    run: Callable[[], object]
    refused: bool = False
    words: Sequence[str] = ()
    """By which the footers and the help know it."""

    def score(self, matcher: Matcher) -> float:
        """Of a title at least 1, which comes first."""
        query = matcher.query.lower()
        return matcher.match(self.title) or 0.5 * any(query in words.lower() for words in self.words)


class Palette(CommandPalette):
    """Takes one choice: an `enter` that came with the first may have been on its way already."""

    DEFAULT_CSS = """
    Palette CommandList:nocolor > .option-list--option-highlighted { text-style: bold underline; }
    Palette.-short {
        & > Vertical { margin-top: 0; }
        & #--input { border: none; }
        & CommandInput, & CommandInput:focus { border: none; height: 1; }
        & SearchIcon { margin-top: 0; }
        & CommandList { border: none; max-height: 1fr; }
    }
    """
    # Textual's own for the first is `reverse`, which it loses on the way; its air takes most of a short screen.
    VERTICAL_BREAKPOINTS = [(0, "-short"), (_TALL, "-tall")]  # noqa: RUF012  Textual types it as an instance's

    def __init__(self, now: Situation) -> None:
        """`now`: as it was when the palette was asked for, with what is selected below it."""
        super().__init__(id="--command-palette")
        self.now = now

    def dismiss(self, result: None = None) -> AwaitComplete:
        return super().dismiss(result) if self.is_active else AwaitComplete()


class ActionCommands(Provider):
    """In the order of the help page but for its first entry, which is what enter alone does: no harm."""

    _chosen = False

    async def discover(self) -> Hits:
        for command in self._commands():
            shown = Content(command.title)
            shown = shown.stylize("dim") if command.refused else shown
            yield DiscoveryHit(shown, command.run, text=command.title, help=command.help)

    async def search(self, query: str) -> Hits:
        matcher = self.matcher(query)
        for command in self._commands():
            if (score := command.score(matcher)) > 0:
                shown = matcher.highlight(command.title)
                shown = shown.stylize("dim") if command.refused else shown
                yield Hit(score, shown, command.run, text=command.title, help=command.help)

    def _commands(self) -> Iterator[_Command]:
        app: SynctuiApp = self.app  # type: ignore[assignment]  # the only one that has this provider
        now = app.screen.now if isinstance(app.screen, Palette) else app.situation()
        for action in sorted(offered(now), key=lambda action: action.name != "help"):
            if action.name not in _NOT_BY_NAME:
                keys = " ".join(app.desk.keys.shown(action.name))
                run = self._once(app.doer(action.name))
                why = action.refuse(now)
                told = f"{keys}  {f'not now: {why}' if why else action.told(now)}".lstrip()
                words = (*labels(action.name), action.help)
                yield _Command(action.title, told, run, why is not None, words)
        for command in app.get_system_commands(self.screen):
            if command.title in {"Theme", "Screenshot"}:
                yield _Command(
                    command.title, command.help, self._once(command.callback), words=(command.help,)
                )

    def _once(self, run: Callable[[], object]) -> Callable[[], None]:
        def first() -> None:
            if not self._chosen:
                self._chosen = True
                run()

        return first
