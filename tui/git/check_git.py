"""Git itself: whether it is there, whose checkouts it takes, and what of the person's settings a run overrides."""

import os
import re
import shutil
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

from tui.git.checkup import Finding, Level, ask
from tui.git.clean import shell_word
from tui.git.env import OPTIONS, git_env
from tui.git.remote import LIST_CONFIG, OWN_SCOPES, Setting, parse_config
from tui.git.repo import Repo

OLDEST = (2, 35)
"""The first git whose status for programs counts stashes; the others miss `GIT_CONFIG_COUNT` (2.31) too."""
_ASKED = 8
"""Checkouts of which git is asked whether it takes them; each costs a process."""
_FOR_THE_EYE = frozenset({"color.ui", "core.quotePath", "fetch.output", "log.showSignature"})
"""What they change is read by nobody."""
_OVERRIDDEN = {
    key.lower(): (key, forced)
    for key, _, forced in (word.partition("=") for word in OPTIONS[1::2])
    if key not in _FOR_THE_EYE
}
_OFF = frozenset({"false", "no", "off", "0", ""})


def check_git() -> Iterator[Finding]:
    oldest = ".".join(map(str, OLDEST))
    helps = f"install git {oldest} or later"
    where = shutil.which("git")
    if where is None:
        yield Finding("git", Level.PROBLEM, "not found on PATH", helps)
        return
    answer = ask("git", "version")
    version = re.search(r"(\d+)\.(\d+)[.\w]*", answer.out)
    if answer.code or version is None:  # such as Apple's, which is a stand-in until something is installed
        said = next(iter(answer.err.splitlines()), "nothing")
        yield Finding("git", Level.PROBLEM, f"{where} does not tell its version: {said}", helps)
    elif (int(version[1]), int(version[2])) < OLDEST:
        yield Finding("git", Level.PROBLEM, f"{version[0]} ({where}) is older than {oldest}", helps)
    else:
        yield Finding("git", Level.OK, f"{version[0]} ({where})")


def settings_of_person() -> tuple[Setting, ...]:
    """What git is told outside of any repository."""
    top = Path("/")
    listing = ask("git", "-C", str(top), *LIST_CONFIG, env=git_env(top)).out
    return tuple(one for one in parse_config(os.fsencode(listing)) if one.scope not in OWN_SCOPES)


def check_settings(settings: Sequence[Setting]) -> Iterator[Finding]:
    last = {one.key: one.value for one in settings if one.key in _OVERRIDDEN}
    other = {key: value for key, value in last.items() if not _is_same(value, _OVERRIDDEN[key][1])}
    if not other:
        yield Finding("git settings", Level.OK, "a run overrides none of yours")
        return
    told = ", ".join(
        f"{_OVERRIDDEN[key][0]} = {value} counts as {_OVERRIDDEN[key][1]}" for key, value in other.items()
    )
    yield Finding("git settings", Level.NOTE, f"in runs {told}")


def _is_same(value: str, forced: str) -> bool:
    return value.lower() == forced or (forced in _OFF and value.lower() in _OFF)


def check_owners(repos: Iterable[Repo]) -> Iterator[Finding]:
    """Whether git takes the checkouts: not those of somebody else, unless `safe.directory` names them."""
    owners = {repo: owner for repo in repos if (owner := _owner(repo.path)) is not None}
    if not owners:
        return
    me = os.geteuid()
    foreign = [repo for repo, owner in owners.items() if owner != me]
    asked = [*foreign, *(repo for repo in owners if repo not in set(foreign))][:_ASKED]
    refused = [repo for repo in asked if _is_refused(repo.path)]
    if refused:
        more = f" and {len(refused) - 1} more" if refused[1:] else ""
        found = (
            f"git takes {refused[0].id}{more} for somebody else's (uid {owners[refused[0]]}, you are {me})"
        )
        helps = f"git config --global --add safe.directory {shell_word(str(refused[0].path))}"
        yield Finding("owners", Level.PROBLEM, found, helps)
    elif foreign:
        some = f"{len(foreign)} of {len(owners)} checkouts are somebody else's"
        yield Finding("owners", Level.NOTE, f"{some}; git takes them as safe.directory says")
    else:
        yield Finding("owners", Level.OK, f"the checkouts are yours ({len(owners)})")


def _owner(path: Path) -> int | None:
    """The uid; None: nothing is cloned there."""
    try:
        return (path / ".git").stat().st_uid
    except OSError:
        return None


def _is_refused(path: Path) -> bool:
    answer = ask("git", "-C", str(path), "rev-parse", "--git-dir", env=git_env(path))
    return "dubious ownership" in answer.err
