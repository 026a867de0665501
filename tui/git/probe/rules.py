"""Which settings and files of a repository a probe is sure about."""

import os
import re
from pathlib import Path

from msgspec import Struct

from tui.git.files.plain import NotPlain, read_head
from tui.git.probe.unsure import Unsure
from tui.git.remote import Remote, Setting, is_on

_REMOTE_KEYS = frozenset(
    {
        "url", "fetch", "push", "pushurl", "receivepack", "prune", "prunetags", "tagopt", "mirror",
        "skipdefaultupdate", "skipfetchall", "followremotehead", "gh-resolved",
    }
)  # fmt: skip
"""Variables of a remote that are heeded here, or mean nothing to a fetch."""
_PARTIAL = frozenset({"promisor", "partialclonefilter"})
_CHECKED_SECTIONS = frozenset({"core", "fetch", "transfer", "pack", "index", "feature", "submodule"})
"""A value in them that git cannot read may end it."""
_PLAIN_VALUE = re.compile(r"true|false|yes|no|on|off|-?\d+[kmg]?", re.IGNORECASE)
_TEXTS = frozenset(
    {
        "core.abbrev", "core.askpass", "core.attributesfile", "core.autocrlf", "core.checkstat", "core.commentchar",
        "core.commentstring", "core.editor", "core.eol", "core.excludesfile", "core.fsmonitor", "core.fsync",
        "core.fsyncmethod", "core.hookspath", "core.logallrefupdates", "core.notesref", "core.pager", "core.safecrlf",
        "core.sharedrepository", "core.sshcommand", "core.untrackedcache", "core.whitespace", "core.worktree",
        "fetch.negotiationalgorithm", "fetch.output", "fetch.recursesubmodules", "submodule.active",
        "submodule.alternateerrorstrategy", "submodule.alternatelocation", "submodule.propagatebranches",
        "transfer.credentialsinurl",
    }
)  # fmt: skip
"""Their values are words that say nothing of whether there is news."""
_OTHER_TRANSPORTS = frozenset(
    {"protocol.file.allow", "protocol.ext.allow", "protocol.ssh.allow", "protocol.git.allow"}
)
_SPEC = re.compile(r"\+?(?P<there>refs/[^:^?\[\\\s]+):(?P<here>refs/[^:^?\[\\\s]+)")


class Spec(Struct, frozen=True):
    """A refspec with both sides: full names, or a pattern with one star each."""

    there: str
    here: str

    @property
    def prefix(self) -> str:
        return self.there.partition("*")[0]

    @property
    def is_pattern(self) -> bool:
        return "*" in self.there


class Wanted(Struct, frozen=True):
    """What a fetch of a remote asks for."""

    specs: tuple[Spec, ...]
    follows_tags: bool
    merges: frozenset[str] | None
    """The refs of this remote that a merge into the current branch is of; None: no merge is configured for that."""


def wanted(
    remote: Remote, settings: tuple[Setting, ...], git_dir: Path, common: Path, *, bare: bool
) -> Wanted:
    """Raises Unsure where a fetch may do more than to compare refs."""
    _check_settings(remote, settings)
    # It makes git fetch all tags as well, also where nothing is pruned.
    if any(is_on(settings, key) for key in ("fetch.prunetags", f"remote.{remote.name}.prunetags")):
        raise Unsure("prune_tags")
    configured = tuple(one.value for one in settings if one.key == f"remote.{remote.name}.fetch")
    if remote.specs != configured:  # those that git is given on its command line mean something else
        raise Unsure("refspec")
    specs = [_spec(text) for text in configured]
    if not specs or (
        any(_reaches_branches(spec) for spec in specs) and not _is_bare(common, settings, bare=bare)
    ):
        raise Unsure("refspec")
    options = [one.value for one in settings if one.key == f"remote.{remote.name}.tagopt"]
    match options:
        case []:
            follows = True
        case ["--no-tags"]:
            follows = False
        case ["--tags"]:
            follows = False
            specs.append(Spec("refs/tags/*", "refs/tags/*"))
        case _:
            raise Unsure("tags")
    return Wanted(tuple(specs), follows, _merges(remote, settings, git_dir))


def _check_settings(remote: Remote, settings: tuple[Setting, ...]) -> None:
    own = f"remote.{remote.name}."
    for one in settings:
        variable = one.key.removeprefix(own)
        is_own = variable != one.key and "." not in variable
        doubt = _doubt_of_remote(variable, one.value) if is_own else _doubt(one)
        if doubt:
            raise Unsure(doubt)
    if sum(one.key == f"{own}url" for one in settings) != 1:
        raise Unsure("urls")


def _doubt_of_remote(variable: str, value: str) -> str:
    if variable in _PARTIAL:
        return "partial"
    if variable == "followremotehead" and value not in {"create", "never"}:
        return "remote_head"
    if variable in {"prune", "prunetags"} and not _PLAIN_VALUE.fullmatch(value):
        return "remote_setting"
    return "" if variable in _REMOTE_KEYS else "remote_setting"


def _doubt(one: Setting) -> str:
    section, _, rest = one.key.partition(".")
    match section:
        case "extensions":
            return "partial" if rest == "partialclone" else "extensions"
        case "protocol" if one.key not in _OTHER_TRANSPORTS and (rest, one.value) != ("version", "2"):
            return "protocol_setting"
        case "hook":
            return "setting"
        case "fetch" if rest == "bundleuri":
            return "setting"
    is_checked = section in _CHECKED_SECTIONS and "." not in rest and one.key not in _TEXTS
    return "setting" if is_checked and not _PLAIN_VALUE.fullmatch(one.value) else ""


def _spec(text: str) -> Spec:
    match = _SPEC.fullmatch(text)
    if match is None or (match["there"].count("*"), match["here"].count("*")) not in {(0, 0), (1, 1)}:
        raise Unsure("refspec")
    return Spec(match["there"], match["here"])


def _reaches_branches(spec: Spec) -> bool:
    """Such a fetch is refused where the branch is checked out, also when it is the same."""
    head, star, _ = spec.here.partition("*")
    return head.startswith("refs/heads/") or (bool(star) and "refs/heads/".startswith(head))


def _is_bare(common: Path, settings: tuple[Setting, ...], *, bare: bool) -> bool:
    """And without worktrees."""
    return bare and is_on(settings, "core.bare") and not os.path.lexists(common / "worktrees")


def _merges(remote: Remote, settings: tuple[Setting, ...], git_dir: Path) -> frozenset[str] | None:
    try:
        current, _ = read_head(git_dir)
    except NotPlain:
        raise Unsure("head") from None
    if current == "refs/heads/HEAD":
        raise Unsure("head")
    if current is None or not current.startswith("refs/heads/"):
        return None
    own = f"branch.{current.removeprefix('refs/heads/')}."
    remotes = [one.value for one in settings if one.key == f"{own}remote"]
    merges = [one.value for one in settings if one.key == f"{own}merge"]
    if not remotes or not merges:
        return None
    if remotes[-1] != remote.name:
        return frozenset()
    # One that no refspec asks for is fetched all the same, for FETCH_HEAD alone.
    if any(not name.startswith("refs/heads/") or remote.tracking(name) is None for name in merges):
        raise Unsure("merge")
    return frozenset(merges)
