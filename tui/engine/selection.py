"""SELECT: the words that pick repos, the same on the command line and behind `/`."""

import os
from collections.abc import Callable, Collection, Iterable, Sequence
from fnmatch import fnmatchcase
from pathlib import Path

from msgspec import Struct

from tui.git.outcome import State
from tui.git.repo import Repo
from tui.store.kinds import nearest

FLAG_WORDS = ("behind", "dirty", "stale")
KEYED_WORDS = ("state", "tag", "host")


class SelectionError(Exception):
    """One line that names the word and what is allowed."""


class NothingSelected(SelectionError):  # noqa: N818  named after the fact
    """Each word means something, but no repo has all of it now."""


class Facts(Struct, frozen=True):
    """What the predicates ask about one repo; None: not known, which no predicate matches."""

    state: str | None = None
    behind: bool | None = None
    dirty: bool | None = None
    stale: bool | None = None


def is_predicate(word: str) -> bool:
    """True for `tag:x`, `behind` and their like, with or without the `-` that negates."""
    word = word.removeprefix("-")
    return word in FLAG_WORDS or (word.partition(":")[0] in KEYED_WORDS and ":" in word)


def unknown_predicate(word: str) -> str:
    """What to tell of a word that names no repo and looks like `tag:x`; empty for any other."""
    key, colon, _ = word.partition(":")
    if not colon or not key.isidentifier() or key in KEYED_WORDS:
        return ""
    allowed = ", ".join((*(f"{one}:" for one in KEYED_WORDS), *FLAG_WORDS))
    return f"no such word{nearest(key, KEYED_WORDS)}; allowed: {allowed}"


def select(
    repos: Sequence[Repo],
    words: Iterable[str],
    facts: Callable[[Repo], Facts] = lambda _repo: Facts(),
    *,
    ignore_case: bool = False,
) -> list[Repo]:
    """The repos that the words mean, in workspace order; no words mean all.

    Ids, globs and paths are alternatives; every predicate must hold; what `-` negates must not.
    Raises SelectionError for a word that matches nothing, NothingSelected where all of them together do not.
    """
    fold: Callable[[str], str] = str.lower if ignore_case else str
    named: set[str] = set()
    any_name = False
    tests: list[Callable[[Repo], bool]] = []
    for word in _split(repos, words, fold):
        negated = word.startswith("-")
        bare = word.removeprefix("-")
        if is_predicate(word):
            test = predicate(bare, facts, fold)
            tests.append(_negate(test) if negated else test)
            continue
        matched = {repo.id for repo in filter(naming(bare, fold), repos)}
        if not matched:
            if no_predicate := unknown_predicate(bare):
                raise SelectionError(f"`{word}`: {no_predicate}")
            raise SelectionError(f"`{word}` matches no repo of this workspace; `synctui list` shows them")
        if negated:
            tests.append(lambda repo, left_out=matched: repo.id not in left_out)  # type: ignore[misc]  # bound early
        else:
            any_name = True
            named |= matched
    chosen = [
        repo for repo in repos if (not any_name or repo.id in named) and all(test(repo) for test in tests)
    ]
    if not chosen and repos and (tests or any_name):
        raise NothingSelected(f"`{' '.join(words)}` matches no repo of this workspace")
    return chosen


def own_named(repos: Sequence[Repo], words: Sequence[str], *, ignore_case: bool = False) -> frozenset[str]:
    """Ids of those that a word means alone: by the id, the last part of it, the name of its folder, or the path."""
    fold: Callable[[str], str] = str.lower if ignore_case else str
    given = {part for word in words for part in (word, *word.split())}
    return frozenset(repo.id for repo in repos if any(_is_own_name(word, repo, fold) for word in given))


def without_archived(repos: Sequence[Repo], words: Sequence[str], *, ignore_case: bool = False) -> list[Repo]:
    """Those in use: a word that means many means no archived one, only its own id or path does.

    Raises NothingSelected where that leaves none.
    """
    picked = own_named(repos, words, ignore_case=ignore_case)
    in_use = [repo for repo in repos if not repo.archived or repo.id in picked]
    if repos and words and not in_use:
        raise NothingSelected(
            f"`{' '.join(words)}` matches only archived repos; name one by its id: {repos[0].id}"
        )
    return in_use


def naming(word: str, fold: Callable[[str], str] = str) -> Callable[[Repo], bool]:
    """Whether the word means a repo: by id, its first parts or its last one, the name of its folder, a glob on these or
    on paths, or a path of the repo or above it.

    `fold` makes those texts equal that are to count as equal.
    """
    name = fold(word)
    path = _path(word) if is_path(word) else None
    real = path and path.resolve()
    wanted = fold(str(path))

    def means(repo: Repo) -> bool:
        last, folder = (
            repo.id.rpartition("/")[2],
            fold(repo.path.name),
        )  # of which an id has the plain letters
        if name in {repo.id, last, folder} or repo.id.startswith(f"{name}/"):
            return True
        if any(fnmatchcase(one, name) for one in (repo.id, last, folder)):
            return True
        if path is None or real is None:
            return False
        own = fold(str(repo.path))
        if own == wanted or own.startswith(f"{wanted.rstrip('/')}/") or fnmatchcase(own, wanted):
            return True
        if real == path:
            return False
        place = repo.path.resolve()
        return place == real or real in place.parents

    return means


def _is_own_name(word: str, repo: Repo, fold: Callable[[str], str]) -> bool:
    """The repo's id, the last part of it, the name of its folder, or its path."""
    if fold(word) in {repo.id, repo.id.rpartition("/")[2], fold(repo.path.name)}:
        return True
    if not is_path(word):
        return False
    path = _path(word)
    if fold(str(repo.path)) == fold(str(path)):
        return True
    return (real := path.resolve()) != path and repo.path.resolve() == real


def is_path(word: str) -> bool:
    return "/" in word or word.startswith((".", "~"))


def _path(word: str) -> Path:
    # Links stay as the person wrote them: a repo is known by its own path first.
    return Path(os.path.normpath(Path.cwd() / Path(word).expanduser()))


def _split(repos: Sequence[Repo], words: Iterable[str], fold: Callable[[str], str]) -> Iterable[str]:
    """One argument may hold several words; one that is a name as a whole stays whole."""
    for word in words:
        if not word.strip():
            raise SelectionError("an empty word names no repo; `synctui list` shows them")
        if " " in word and not any(map(naming(word, fold), repos)):
            yield from word.split()
        else:
            yield word


def predicate(
    word: str,
    facts: Callable[[Repo], Facts],
    fold: Callable[[str], str] = str,
    states: Collection[str] = tuple(State),
) -> Callable[[Repo], bool]:
    """Of a word without the `-` that negates. Raises SelectionError for a state that is none of these."""
    key, _, value = word.partition(":")
    match key:
        case "tag":
            return lambda repo: fold(value) in map(fold, repo.tags)
        case "host":
            return lambda repo: fnmatchcase(repo.host, value.lower())
        case "state":
            if value not in states:
                raise SelectionError(
                    f"`{word}`: no such state{nearest(value, states)}; allowed: {', '.join(states)}"
                )
            return lambda repo: facts(repo).state == value
        case _:
            return lambda repo: bool(getattr(facts(repo), key))


def _negate(test: Callable[[Repo], bool]) -> Callable[[Repo], bool]:
    return lambda repo: not test(repo)
