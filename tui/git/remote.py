"""Which remote a checkout is fetched from, and whether that is safe."""

import re
from collections.abc import Iterator
from urllib.parse import unquote, urlsplit

from msgspec import Struct, structs

from tui.git.clean import clean_text
from tui.git.failure import Ended
from tui.git.outcome import Reason, State
from tui.git.repo import Repo, public_url
from tui.git.url import url_problem

LIST_CONFIG = ("config", "--show-scope", "--show-origin", "-z", "--list")

_COMMAND_KEYS = frozenset({"uploadpack", "receivepack", "vcs", "proxy"})
_PROGRAM_KEYS = frozenset({"core.alternaterefscommand", "core.gitproxy"})
_VERIFIERS = re.compile(r"gpg\.(?:.*\.)?program")
_OFF = re.compile(r"false|no|off||[-+]?0+[kmg]?")
OWN_SCOPES = frozenset({"local", "worktree"})
"""What the repository itself says, not the person."""


class Setting(Struct, frozen=True):
    scope: str
    key: str
    value: str
    origin: str = ""
    """Where it stands: `file:` and the path as seen from the repository, or something else."""
    has_value: bool = True
    """Else only its name stands there, which is true for a boolean."""


class Remote(Struct, frozen=True):
    name: str
    url: str
    specs: tuple[str, ...]
    """Its fetch refspecs."""
    location: str
    """What git makes of the URL by the rewriting that is configured."""
    ssh_url: str = ""
    """The location, where the person's settings do not say how ssh is started; else empty."""
    prunes: bool = False
    """Whether what is gone there is to go here."""
    prunes_tags: bool = False

    @property
    def is_mirror(self) -> bool:
        """Whether its branches are kept as the branches here, which may also be the person's own."""
        return any(spec.endswith((":refs/*", ":refs/heads/*")) for spec in self.specs)

    @property
    def is_kept(self) -> bool:
        """Whether anything that is fetched has a ref here."""
        return any(spec.partition(":")[2] for spec in self.specs)

    def tracking(self, remote_ref: str) -> str | None:
        """Where a ref of the remote is kept here; None: it is not fetched."""
        pairs = (spec.lstrip("+").partition(":")[::2] for spec in self.specs)
        return next((here for there, kept in pairs if (here := map_ref(remote_ref, there, kept))), None)

    def source(self, tracking_ref: str) -> str | None:
        """The ref of the remote that is kept there; None: none of this remote is."""
        pairs = (spec.lstrip("+").partition(":")[::2] for spec in self.specs)
        return next((there for theirs, kept in pairs if (there := map_ref(tracking_ref, kept, theirs))), None)


def map_ref(ref: str, pattern: str, target: str) -> str | None:
    if ref == pattern:
        return target or None
    head, star, tail = pattern.partition("*")
    if star and target and ref.startswith(head) and ref.endswith(tail):
        return target.replace("*", ref[len(head) : len(ref) - len(tail)], 1)
    return None


def parse_config(listing: bytes) -> tuple[Setting, ...]:
    """Reads what LIST_CONFIG prints. A variable without a value is a boolean that is true."""
    words = listing.decode("utf-8", "surrogateescape").split("\0")
    settings = []
    for scope, origin, entry in zip(words[::3], words[1::3], words[2::3], strict=False):
        key, has_value, value = entry.partition("\n")
        settings.append(Setting(scope, key, value if has_value else "true", origin, bool(has_value)))
    return tuple(settings)


def rewritten(url: str, settings: tuple[Setting, ...]) -> str:
    """What git makes of it: the longest prefix that a `url.BASE.insteadOf` names becomes that base.

    Of two that are as long that of the base counts which is named first.
    """
    prefixes: dict[str, list[str]] = {}
    for one in settings:
        if one.key.startswith("url.") and one.key.endswith(".insteadof"):
            prefixes.setdefault(one.key.removeprefix("url.").removesuffix(".insteadof"), []).append(one.value)
    fitting = [
        (prefix, base) for base, all_of in prefixes.items() for prefix in all_of if url.startswith(prefix)
    ]
    prefix, base = max(fitting, key=lambda pair: len(pair[0]), default=("", ""))
    return base + url.removeprefix(prefix)


def ssh_url(location: str, settings: tuple[Setting, ...]) -> str:
    """The location, for which git starts ssh in its own way if at all; empty where a setting says how."""
    return "" if any(one.key in {"core.sshcommand", "ssh.variant"} for one in settings) else location


def is_on(settings: tuple[Setting, ...], key: str) -> bool:
    """Whether git takes the last value of a boolean for true."""
    said = [one.value.lower() for one in settings if one.key == key]
    return bool(said) and not _OFF.fullmatch(said[-1])


def choose_remote(repo: Repo, settings: tuple[Setting, ...], branch: str | None) -> Remote:
    """The entry's remote, else the branch's, else `origin`, else the only one.

    Raises Ended: `no_remote`, `config`, `unsafe_url` or `url_mismatch`.
    """
    remotes: dict[str, list[Setting]] = {}
    upstream_remote = None
    for setting in settings:
        if not setting.key.startswith(("remote.", "branch.")):
            continue
        section, _, rest = setting.key.partition(".")
        name, _, variable = rest.rpartition(".")
        if section == "remote" and name:
            remotes.setdefault(name, []).append(Setting(setting.scope, variable, setting.value))
        elif branch and section == "branch" and variable == "remote" and f"refs/heads/{name}" == branch:
            upstream_remote = setting.value
    remotes = {name: own for name, own in remotes.items() if any(one.key == "url" for one in own)}
    name = _pick(repo, remotes, upstream_remote)
    own = remotes[name]
    url = next(one.value for one in own if one.key == "url")
    for danger in _dangers(name, own, settings):
        raise Ended(State.FAILED, Reason.UNSAFE_URL, clean_text(danger))
    if problem := url_problem(url):
        raise Ended(State.FAILED, Reason.UNSAFE_URL, clean_text(f"the URL of remote {name} {problem}"))
    if repo.url is not None and not repo.found and same_place(repo.url) != same_place(url):
        raise Ended(
            State.FAILED,
            Reason.URL_MISMATCH,
            clean_text(f"remote {name} is {public_url(url)}, the workspace says {public_url(repo.url)}"),
        )
    specs = tuple(one.value for one in own if one.key == "fetch")
    location = rewritten(url, settings)
    remote = Remote(name, url, specs, location, ssh_url(location, settings))
    # In a mirror the entry's own would delete branches that are only here.
    prunes = (repo.prune and not remote.is_mirror) or _is_wanted(settings, name, "prune")
    return structs.replace(
        remote, prunes=prunes, prunes_tags=prunes and _is_wanted(settings, name, "prunetags")
    )


def _is_wanted(settings: tuple[Setting, ...], remote: str, variable: str) -> bool:
    own = f"remote.{remote}.{variable}"
    return is_on(settings, own if any(one.key == own for one in settings) else f"fetch.{variable}")


def _pick(repo: Repo, remotes: dict[str, list[Setting]], upstream_remote: str | None) -> str:
    if repo.remote is not None:
        if repo.remote not in remotes:
            raise Ended(State.FAILED, Reason.CONFIG, clean_text(f"there is no remote {repo.remote}"))
        return repo.remote
    for name in (upstream_remote, "origin"):
        if name in remotes:
            return str(name)
    if len(remotes) == 1:
        return next(iter(remotes))
    if not remotes:
        unsaid = "it has no remote"
    elif upstream_remote is None:
        unsaid = "which of its remotes is not said"
    else:
        unsaid = f"its branch follows {public_url(upstream_remote)}, which is none of its remotes"
    raise Ended(State.SKIPPED, Reason.NO_REMOTE, clean_text(unsaid))


def _dangers(name: str, own: list[Setting], settings: tuple[Setting, ...]) -> Iterator[str]:
    for one in own:
        if one.scope in OWN_SCOPES and one.key in _COMMAND_KEYS and one.value:
            yield f"remote {name} names a command of its own: {one.key} = {one.value}"
    verifies = is_on(settings, "merge.verifysignatures")
    for setting in settings:
        if setting.scope not in OWN_SCOPES:
            continue
        if setting.key in _PROGRAM_KEYS or (verifies and _VERIFIERS.fullmatch(setting.key)):
            yield f"the repository names a command of its own: {setting.key} = {setting.value}"
        if setting.key.startswith("url.") and setting.key.endswith(".insteadof"):
            base = setting.key.removeprefix("url.").removesuffix(".insteadof")
            if url_problem(base):
                yield f"the repository rewrites URLs to {base}"


def same_place(url: str) -> str:
    """Two URLs of one place give the same text: without credentials, `.git`, last slash and way of writing."""
    text = url.strip()
    if "://" in text:
        try:
            parts = urlsplit(text)
        except ValueError:  # no URL at all: like itself alone
            return text
        host = parts.netloc.rpartition("@")[2].lower()
        path = unquote(parts.path)
        text = path if parts.scheme == "file" else f"{parts.scheme}://{host}/{path.lstrip('/')}"
    elif ":" in text.partition("/")[0]:
        host, _, path = text.partition(":")
        text = f"ssh://{host.rpartition('@')[2].lower()}/{path.lstrip('/')}"
    return text.rstrip("/").removesuffix(".git").rstrip("/")
