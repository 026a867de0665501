"""The words behind `/`: those of SELECT, and parts of an id."""

from collections.abc import Callable, Sequence

from tui.engine.selection import Facts, SelectionError, is_predicate, select
from tui.view.board import BoardRow


def find(
    rows: Sequence[BoardRow], text: str, facts: Callable[[BoardRow], Facts]
) -> tuple[list[BoardRow], str]:
    """The rows that the words mean, and what is wrong with the words.

    Every word must hold: a predicate of SELECT, or a part of the id in any case.
    """
    words = text.split()
    parts = [word.lower() for word in words if not is_predicate(word)]
    named = [row for row in rows if all(part in row.repo.id for part in parts)]
    predicates = [word for word in words if is_predicate(word)]
    by_id = {row.repo.id: row for row in named}
    try:
        chosen = select([row.repo for row in named], predicates, lambda repo: facts(by_id[repo.id]))
    except SelectionError as error:
        return [], str(error)
    return [by_id[repo.id] for repo in chosen], ""
