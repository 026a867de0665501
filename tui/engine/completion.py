"""What a word of SELECT can become, for who types it."""

from collections.abc import Sequence
from functools import cached_property

from tui.engine.selection import FLAG_WORDS, KEYED_WORDS
from tui.git.outcome import State
from tui.git.repo import Repo


class Completer:
    def __init__(self, repos: Sequence[Repo], states: Sequence[str] = tuple(State)) -> None:
        self.states = states
        self._repos = repos

    def words(self, begun: str) -> list[str]:
        """The predicates that begin so, and after a colon the tags, hosts or states; not the word itself."""
        sign, bare = ("-", begun[1:]) if begun.startswith("-") else ("", begun)
        key, colon, value = bare.partition(":")
        if colon:
            found = [f"{key}:{one}" for one in self._values.get(key, ()) if one.startswith(value)]
        else:
            every = (*(f"{one}:" for one in KEYED_WORDS), *FLAG_WORDS)
            found = [one for one in every if one.startswith(bare)]
        return [f"{sign}{one}" for one in found if one != bare]

    def meant(self, word: str) -> list[str]:
        """What a predicate stands for while it is typed: all that begin so, unless it is one itself."""
        key, _, value = word.partition(":")
        return [word] if value in self._values.get(key, ()) else self.words(word) or [word]

    def ids(self, begun: str) -> list[str]:
        return [repo.id for repo in self._repos if repo.id.startswith(begun)]

    @cached_property
    def _values(self) -> dict[str, Sequence[str]]:
        return {
            "tag": sorted({tag for repo in self._repos for tag in repo.tags}),
            "host": sorted({repo.host for repo in self._repos} - {""}),
            "state": self.states,
        }
