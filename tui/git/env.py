"""Environment and options under which git never prompts and runs nothing that a repository asks for."""

import contextlib
import os
import resource
from pathlib import Path
from urllib.parse import unquote, urlsplit, urlunsplit

from tui.git.keyring import kept

OPTIONS = (
    "-c", "core.fsmonitor=false",  # a command of the repository's own config, run by every status
    "-c", "gc.auto=0",  # the collection after a fetch runs a hook and may outlive the job
    "-c", "maintenance.auto=false",
    "-c", "protocol.ext.allow=never",
    "-c", "submodule.recurse=false",
    "-c", "fetch.output=full",
    "-c", "merge.autoStash=false",
    "-c", "color.ui=false",
    "-c", "core.quotePath=false",
    "-c", "log.showSignature=false",
)  # fmt: skip

NO_HOOKS = ("-c", "core.hooksPath=/dev/null")

_FILES = 10_240
"""The most that macOS gives."""

_QUIET = {
    "GIT_TERMINAL_PROMPT": "0",
    "GIT_ASKPASS": "",  # empty, not missing: only so core.askPass and SSH_ASKPASS are left alone too
    "SSH_ASKPASS_REQUIRE": "never",
    "GCM_INTERACTIVE": "never",
    "GIT_EDITOR": "true",  # for the hooks of the person: with no terminal theirs hangs, or opens a window
    "GIT_SEQUENCE_EDITOR": "true",
    "GIT_OPTIONAL_LOCKS": "0",
    "LC_ALL": "C",  # the texts that failure.py knows
    "LANGUAGE": "",
}

_LEAKS = frozenset(
    {
        "GIT_ALTERNATE_OBJECT_DIRECTORIES", "GIT_ATTR_SOURCE", "GIT_COMMON_DIR", "GIT_CONFIG",
        "GIT_CONFIG_PARAMETERS", "GIT_CURL_VERBOSE", "GIT_DIR", "GIT_EXTERNAL_DIFF", "GIT_GRAFT_FILE",
        "GIT_IMPLICIT_WORK_TREE", "GIT_INDEX_FILE", "GIT_INDEX_VERSION", "GIT_INTERNAL_SUPER_PREFIX",
        "GIT_LITERAL_PATHSPECS", "GIT_NAMESPACE", "GIT_NO_REPLACE_OBJECTS", "GIT_OBJECT_DIRECTORY",
        "GIT_PREFIX", "GIT_PROTOCOL_FROM_USER", "GIT_QUARANTINE_PATH", "GIT_REFLOG_ACTION",
        "GIT_REPLACE_REF_BASE", "GIT_SHALLOW_FILE", "GIT_WORK_TREE",
    }
)  # fmt: skip


_HELPER = """!f() { test "$1" = get && printf 'username=%s\\npassword=%s\\n' "$SYNCTUI_USER" "$SYNCTUI_SECRET"; }; f"""

SECRET = "SYNCTUI_SECRET"  # noqa: S105 - a name, no secret
"""Variable of a git child that holds the password of its URL."""


def git_env(place: Path) -> dict[str, str]:
    """What to set on top of the person's environment for a git child that works in `place`."""
    # git may not walk up: a plain folder inside another repository is not that repository.
    return _QUIET | {"GIT_CEILING_DIRECTORIES": os.path.realpath(place.parent)}


def without_password(url: str) -> str:
    """The URL as it may stand in a process list: of http(s) with a password, without user and password;
    of ssh without the password, which ssh takes for a part of the user's name and repeats.
    """
    return _split_login(url)[0]


def login_env(url: str, asked: str = "") -> dict[str, str]:
    """Has the login of a URL used without showing it in any process list: what the person typed for its server,
    else what the URL carries.

    git hands the URL to its helpers as an argument; so it sees one without the password, and for http(s)
    gets that from a credential helper, which is asked after the person's own. Empty where there is no login.
    `asked`: what git is given where the person's settings make this URL of it; no prefix is longer than all of it.
    """
    settings, variables = _login(url, asked)
    return variables | config_env(settings) if settings else {}


def config_env(settings: list[tuple[str, str]]) -> dict[str, str]:
    """Gives git these settings on top of the person's own."""
    try:
        count = int(os.environ.get("GIT_CONFIG_COUNT", "0"))
    except ValueError:
        count = 0
    env = {"GIT_CONFIG_COUNT": str(count + len(settings))}
    for number, (key, value) in enumerate(settings, count):
        env[f"GIT_CONFIG_KEY_{number}"] = key
        env[f"GIT_CONFIG_VALUE_{number}"] = value
    return env


def submodule_login_env(name: str, url: str, asked: str) -> dict[str, str]:
    """The same for `git submodule update` of the one of that name: the gits that it starts get only what `-c` gives."""
    settings, variables = _login(url, asked)
    if not settings:
        return {}
    settings.append((f"submodule.{name}.url", asked))
    words = (f"{_quoted(key)}={_quoted(value)}" for key, value in settings)
    return variables | {"GIT_CONFIG_PARAMETERS": " ".join(words)}


def _login(url: str, asked: str) -> tuple[list[tuple[str, str]], dict[str, str]]:
    """The settings and variables by which git logs in; both empty where there is no login."""
    settings = []
    server = None
    clean, user, password = _split_login(url)
    if password is not None:
        settings.append((f"url.{clean}.insteadOf", asked or url))
        parts = urlsplit(clean)
        server = None if parts.scheme == "ssh" else f"{parts.scheme}://{parts.netloc}"
    if typed := kept(url):
        server, user, password = typed.server, typed.user, typed.password
    if server:
        settings.append((f"credential.{server}.helper", _HELPER))
    return settings, {"SYNCTUI_USER": user, SECRET: password or ""} if settings else {}


def _quoted(text: str) -> str:
    """As git reads it: not all of what a shell does."""
    return "'" + text.replace("'", "'\\''") + "'"


def _split_login(url: str) -> tuple[str, str, str | None]:
    """The URL without login, the user, and the password or None; such a URL stays as it is."""
    try:
        parts = urlsplit(url)
        login, at, place = parts.netloc.rpartition("@")
    except ValueError:
        return url, "", None
    user, colon, password = login.partition(":")
    if parts.scheme not in {"http", "https", "ssh"} or not (at and colon):
        return url, "", None
    if parts.scheme == "ssh" and user:
        place = f"{user}@{place}"
    return urlunsplit(parts._replace(netloc=place)), unquote(user), unquote(password)


def scrub_environ() -> None:
    """Take out of this process's environment what binds git to another repository or makes it trace.

    Called once, before the first git child: a hook or an alias that starts the program leaves such
    variables behind. `GIT_CONFIG_COUNT` and `GIT_SSH_COMMAND` are the person's own and stay.
    """
    for name in list(os.environ):
        if name in _LEAKS or name.startswith("GIT_TRACE"):
            del os.environ[name]


def raise_file_limit() -> None:
    """As many open files as 64 jobs need many times over, where the system lets us."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    # Not more: there are programs that close every number up to the limit when they start.
    wanted = _FILES if hard == resource.RLIM_INFINITY else min(hard, _FILES)
    if soft < wanted:
        with contextlib.suppress(OSError, ValueError):
            resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))
