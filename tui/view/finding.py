"""The words behind `/`: those of SELECT, and parts of an id."""

from collections.abc import Callable, Sequence

from tui.engine.completion import Completer
from tui.engine.selection import (
    Facts,
    SelectionError,
    is_path,
    is_predicate,
    naming,
    predicate,
    unknown_predicate,
)
from tui.git.repo import Repo
from tui.view.board import BoardRow

_GLOB = frozenset("*?[")


def find(
    rows: Sequence[BoardRow],
    text: str,
    facts: Callable[[BoardRow], Facts],
    completer: Completer,
    *,
    typing: bool = False,
) -> tuple[Sequence[BoardRow], str]:
    """The rows that the words mean, and what is wrong with the words.

    Every word must hold, and what `-` negates must not: a predicate of SELECT, a glob, a part of the id or of
    its folder's name in any case, else a path. A predicate whose value is half typed means all that begin so; while
    the person is `typing`, one of which that much is not there yet means nothing.
    """
    every = rows
    for word in text.split():
        bare = word.removeprefix("-")
        if not bare or (is_predicate(bare) and bare.endswith(":")):
            if bare and not completer.words(bare):
                return [], f"no {bare[:-1]}s in this workspace"
            continue  # more is to come
        try:
            meant = _of_predicate(rows, bare, facts, completer) if is_predicate(bare) else _named(rows, bare)
        except SelectionError as error:
            return [], str(error).removeprefix(f"`{bare}`: ")  # it stands beside it
        if not meant and (no_predicate := unknown_predicate(bare)) and not _named(every, bare):
            return [], no_predicate
        if meant or is_predicate(bare) or not (typing and completer.words(bare)):
            rows = [row for row in rows if (row.repo.id in meant) == (word == bare)]
    return rows, ""


def _of_predicate(
    rows: Sequence[BoardRow], word: str, facts: Callable[[BoardRow], Facts], completer: Completer
) -> set[str]:
    by_id = {row.repo.id: row for row in rows}

    def of_repo(repo: Repo) -> Facts:
        return facts(by_id[repo.id])

    tests = [predicate(one, of_repo, states=completer.states) for one in completer.meant(word)]
    return {row.repo.id for test in tests for row in rows if test(row.repo)}


def _named(rows: Sequence[BoardRow], word: str) -> set[str]:
    part = word.lower()
    if not _GLOB & set(word):
        found = {row.repo.id for row in rows if part in row.repo.id or part in row.repo.path.name.lower()}
        if found or not is_path(word):
            return found
    means = naming(word, str.lower)
    return {row.repo.id for row in rows if means(row.repo)}
