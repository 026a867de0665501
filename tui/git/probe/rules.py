"""Which settings and files of a repository a probe is sure about."""

import os
import re
from pathlib import Path

from msgspec import Struct

from tui.git.files.plain import NotPlain, read_head
from tui.git.files.refs import REF_NAME
from tui.git.files.whole import read_whole
from tui.git.probe.unsure import Unsure
from tui.git.probe.values import is_bool, is_number
from tui.git.remote import Remote, Setting, is_on

_REMOTE_KEYS = frozenset(
    {
        "url", "fetch", "push", "pushurl", "receivepack", "prune", "prunetags", "tagopt", "mirror",
        "skipdefaultupdate", "skipfetchall", "followremotehead", "gh-resolved",
    }
)  # fmt: skip
"""Variables of a remote that are heeded here, or mean nothing to a fetch."""
_PARTIAL = frozenset({"promisor", "partialclonefilter"})
_CHECKED_SECTIONS = frozenset(
    {"advice", "commitgraph", "core", "fetch", "transfer", "pack", "index", "feature", "submodule"}
)
"""A value in them that git cannot read may end it."""
_NUMBERS = frozenset(
    {
        "commitgraph.changedpathsversion", "commitgraph.generationversion", "commitgraph.maxnewfilters",
        "core.bigfilethreshold", "core.deltabasecachelimit", "core.filesreflocktimeout", "core.maxtreedepth",
        "core.packedgitlimit", "core.packedgitwindowsize", "core.packedrefstimeout", "core.repositoryformatversion",
        "fetch.parallel", "fetch.unpacklimit", "index.recordoffsettable", "index.version", "pack.cruftwindow",
        "pack.deltacachelimit", "pack.deltacachesize", "pack.depth", "pack.indexversion", "pack.packsizelimit",
        "pack.threads", "pack.window", "pack.windowmemory", "submodule.fetchjobs", "transfer.unpacklimit",
    }
)  # fmt: skip
"""Those of them that are no booleans."""
_BOOL = "true|false|yes|no|on|off|[01]"
_LEVEL = r"-1|\d"  # of compression
_PATH = "(?!~[^/]).*"  # git ends at the home of a user that it does not find
_ANY = ".*"
_WORDS = {
    "branch.autosetupmerge": f"{_BOOL}|always|inherit|simple",
    "branch.autosetuprebase": "never|local|remote|always",
    "color.advice": _BOOL,
    "color.pager": _BOOL,
    "core.abbrev": r"auto|no|off|false|[4-9]|[12]\d|3\d|40",
    "core.askpass": _ANY,
    "core.attributesfile": _PATH,
    "core.autocrlf": f"{_BOOL}|input",
    "core.checkstat": "default|minimal",
    "core.commentchar": "auto|[!-~]",
    "core.commentstring": _ANY,
    "core.compression": _LEVEL,
    "core.createobject": "link|rename",
    "core.editor": _ANY,
    "core.eol": "lf|crlf|native",
    "core.excludesfile": _PATH,
    "core.fsmonitor": _PATH,
    "core.fsync": _ANY,
    "core.fsyncmethod": _ANY,
    "core.hookspath": _PATH,
    "core.logallrefupdates": f"{_BOOL}|always",
    "core.loosecompression": _LEVEL,
    "core.notesref": _ANY,
    "core.pager": _ANY,
    "core.safecrlf": f"{_BOOL}|warn",
    "core.sharedrepository": rf"{_BOOL}|umask|group|all|world|everybody|0?[0-7]{{3}}",
    "core.sshcommand": _ANY,
    "core.untrackedcache": f"{_BOOL}|keep",
    "core.whitespace": "(?!.*tab-in-indent).*",
    "core.worktree": _ANY,
    "fetch.negotiationalgorithm": "consecutive|default|noop|skipping",
    "fetch.output": "full|compact",
    "fetch.recursesubmodules": _BOOL,
    "gc.writecommitgraph": _BOOL,
    "mailmap.file": _PATH,
    "maintenance.auto": _BOOL,
    "pack.compression": _LEVEL,
    "pager.color": _BOOL,
    "push.default": "nothing|current|simple|upstream|tracking|matching",
    "sparse.expectfilesoutsideofpatterns": _BOOL,
    "submodule.active": _ANY,
    "submodule.alternateerrorstrategy": "die|info|ignore",
    "submodule.alternatelocation": "no|superproject",
    "transfer.credentialsinurl": "allow|warn|die",
    "user.useconfigonly": _BOOL,
}
"""Values with which git goes on, and which say nothing of whether there is news; it ends at some others.

Patterns are compiled where they are used: few repos have any of them.
"""
_REFUSED = frozenset({"fetch.bundleuri", "fetch.writecommitgraph"})
"""With these a fetch does more than to bring refs."""
_RECURSES = frozenset({"recursesubmodules", "recurse", "fetchrecursesubmodules"})
_OF_ANY_REMOTE = frozenset({"mirror", "prune", "prunetags", "skipdefaultupdate", "skipfetchall"})
"""Booleans that git reads of all remotes."""
_SHALLOW = re.compile(rb"(?:[0-9a-f]{40}\n)*")
_OTHER_TRANSPORTS = frozenset(
    {"protocol.file.allow", "protocol.ext.allow", "protocol.ssh.allow", "protocol.git.allow"}
)
_BELOW = r"refs(?:/[\w-]+(?:\.(?!lock\b)[\w-]+)*)*"
_NAME = rf"(?:HEAD|{_BELOW})"
_SOUND_SPEC = rf"\+?:|[+^]?{_NAME}|\+?{_NAME}:{_NAME}|\+?{_BELOW}/\*:{_BELOW}/\*"
"""What git can read without doubt, among the many ways to write one."""
_SPEC = re.compile(r"\+?([^:]+):([^:]+)")


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
    remote: Remote, settings: tuple[Setting, ...], place: Path, git_dir: Path, common: Path, *, bare: bool
) -> Wanted:
    """Raises Unsure where a fetch may do more than to compare refs."""
    _check_settings(remote, settings)
    _check_shallow(common)
    _check_submodules(place, git_dir)
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
        if doubt or not (one.has_value or one.key.rpartition(".")[2] in _OF_ANY_REMOTE):
            raise Unsure(doubt or "setting")  # git ends at many that have no value
    if sum(one.key == f"{own}url" for one in settings) != 1:
        raise Unsure("urls")


def _doubt_of_remote(variable: str, value: str) -> str:
    if variable in _PARTIAL:
        return "partial"
    if variable == "followremotehead" and value not in {"create", "never"}:
        return "remote_head"
    if variable in _OF_ANY_REMOTE and not is_bool(value):
        return "remote_setting"
    if variable == "push" and not re.fullmatch(_SOUND_SPEC, value):
        return "refspec"
    return "" if variable in _REMOTE_KEYS else "remote_setting"


def _doubt(one: Setting) -> str:
    section, _, rest = one.key.partition(".")
    match section:
        case "extensions":
            return "partial" if rest == "partialclone" else "extensions"
        case "protocol" if one.key not in _OTHER_TRANSPORTS and (rest, one.value) != ("version", "2"):
            return "protocol_setting"
        case "remote":
            return _doubt_of_another(rest.rpartition(".")[2], one.value)
        case "color" if rest.startswith("advice."):
            return "setting"
        case "fetch" | "submodule" if rest.rpartition(".")[2] in _RECURSES and is_on((one,), one.key):
            return "submodules"
    is_refused = section == "hook" or one.key in _REFUSED or not _is_readable(one, section, rest)
    return "setting" if is_refused else ""


def _doubt_of_another(variable: str, value: str) -> str:
    """Git reads those of all remotes."""
    if variable in {"fetch", "push"} and not re.fullmatch(_SOUND_SPEC, value):
        return "refspec"
    return "remote_setting" if variable in _OF_ANY_REMOTE and not is_bool(value) else ""


def _is_readable(one: Setting, section: str, rest: str) -> bool:
    if words := _WORDS.get(one.key):
        return bool(re.fullmatch(words, one.value, re.IGNORECASE | re.DOTALL | re.ASCII))
    is_checked = section in _CHECKED_SECTIONS and "." not in rest
    return not is_checked or (is_number if one.key in _NUMBERS else is_bool)(one.value)


def _check_shallow(common: Path) -> None:
    try:
        text = read_whole(f"{common}/shallow")
    except FileNotFoundError:
        return
    except OSError as error:
        raise Unsure("shallow") from error
    if not _SHALLOW.fullmatch(text):
        raise Unsure("shallow")


def _check_submodules(place: Path, git_dir: Path) -> None:
    """The file may ask for them to be fetched as well; where it is not there git reads that of the index."""
    try:
        text = read_whole(f"{place}/.gitmodules")
    except FileNotFoundError:
        if os.path.lexists(f"{git_dir}/modules"):
            raise Unsure("submodules") from None
        return
    except OSError as error:
        raise Unsure("submodules") from error
    if b"recursesubmodules" in text.lower():
        raise Unsure("submodules")


def _spec(text: str) -> Spec:
    match = _SPEC.fullmatch(text)
    if match is None:
        raise Unsure("refspec")
    there, here = match.groups()
    is_sound = all(REF_NAME.fullmatch(side.replace("*", "x")) for side in (there, here))
    if not is_sound or not there.count("*") == here.count("*") <= 1:
        raise Unsure("refspec")
    return Spec(there, here)


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
