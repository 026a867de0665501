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
_FILES_OF_A_JOB = 11
"""7 are open while a git of it runs; starting the next, and looks at what it has left, open some more. So is the
connection that it has asked a remote on."""
_FILES_OF_A_LOOK = 7
"""The app looks at as many checkouts at a time as there are cores, beside the run."""
_OWN_FILES = 24
"""Terminal and state, and what is opened for a moment."""

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

# It asks the person's own helpers for that user, as git does for a URL that names one. Where they know none, the
# name itself is the login, as that of an access token is; that they are not told to keep.
_USER_HELPER = """!f() {
said=$(grep -v ^username=)
unset GIT_CONFIG_PARAMETERS
export GIT_CONFIG_COUNT="$SYNCTUI_CONFIG_COUNT"
tell() { printf '%s\\nusername=%s\\n\\n' "$said" "$SYNCTUI_USER" | git credential "$1"; }
known() { printf '%s\\n' "$said" | grep -q '^password=.'; }
case $1 in
get) tell fill 2>/dev/null || printf 'username=%s\\npassword=%s\\n' "$SYNCTUI_USER" "$SYNCTUI_SECRET" ;;
store) known && tell approve ;;
erase) known && tell reject ;;
esac
}; f"""

SECRET = "SYNCTUI_SECRET"  # noqa: S105 - a name, no secret
"""Variable of a git child that holds the password of its URL."""


def git_env(place: Path) -> dict[str, str]:
    """What to set on top of the person's environment for a git child that works in `place`."""
    # git may not walk up: a plain folder inside another repository is not that repository.
    return _QUIET | {"GIT_CEILING_DIRECTORIES": os.path.realpath(place.parent)}


def without_login(url: str) -> str:
    """The URL as it may stand in a process list: of http(s) without user, which often is a token, and password;
    of ssh without the password, which ssh takes for a part of the user's name and repeats.
    """
    return _split_login(url)[0]


def address_of(url: str) -> str:
    """The URL without all that may hold a secret, for the process list."""
    return urlsplit(without_login(url))._replace(query="", fragment="").geturl()


def carries_login(url: str) -> bool:
    return without_login(url) != url


def user_of(url: str) -> str:
    """Whom an http(s) URL names without a password; empty: nobody."""
    clean, user, password = _split_login(url)
    return user if password is None and clean != url else ""


def login_env(url: str, asked: str = "") -> dict[str, str]:
    """Has the login of a URL used without showing it in any process list: what the person typed for its server,
    else what the URL carries.

    git hands the URL to its helpers as an argument; so it sees one without the login, and for http(s)
    gets that from a credential helper, which is asked after the person's own. Empty where there is no login.
    `asked`: what git is given where the person's settings make this URL of it; no prefix is longer than all of it.
    """
    settings, variables = _login(url, asked)
    return variables | config_env(settings) if settings else {}


def config_env(settings: list[tuple[str, str]]) -> dict[str, str]:
    """Gives git these settings on top of the person's own."""
    count = _config_count()
    env = {"GIT_CONFIG_COUNT": str(count + len(settings))}
    for number, (key, value) in enumerate(settings, count):
        env[f"GIT_CONFIG_KEY_{number}"] = key
        env[f"GIT_CONFIG_VALUE_{number}"] = value
    return env


def _config_count() -> int:
    try:
        return int(os.environ.get("GIT_CONFIG_COUNT", "0"))
    except ValueError:
        return 0


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
    clean, user, password = _split_login(url)
    settings = []
    server = None
    if clean != url:
        # And the clean one stays what it is: what the person has it rewritten to is for URLs without a login.
        settings = [(f"url.{clean}.insteadOf", one) for one in ([asked] if asked else [url, clean])]
        parts = urlsplit(clean)
        server = None if parts.scheme == "ssh" else f"{parts.scheme}://{parts.netloc}"
    is_user_alone = user_of(url) != ""
    if typed := kept(url):
        server, user, password = typed.server, typed.user, typed.password
    if server:
        helper = f"credential.{server}.helper"
        # The empty one has git forget those before it.
        settings += [(helper, ""), (helper, _USER_HELPER)] if is_user_alone else [(helper, _HELPER)]
    if not settings:
        return [], {}
    count = str(_config_count())
    return settings, {"SYNCTUI_USER": user, SECRET: password or "", "SYNCTUI_CONFIG_COUNT": count}


def _quoted(text: str) -> str:
    """As git reads it: not all of what a shell does."""
    return "'" + text.replace("'", "'\\''") + "'"


def _split_login(url: str) -> tuple[str, str, str | None]:
    """The URL without login, the user, and the password or None; a URL with none to hide stays as it is."""
    try:
        parts = urlsplit(url)
        login, at, place = parts.netloc.rpartition("@")
    except ValueError:
        return url, "", None
    user, colon, password = login.partition(":")
    if not at or parts.scheme not in ({"http", "https", "ssh"} if colon else {"http", "https"}):
        return url, "", None
    if parts.scheme == "ssh" and user:
        place = f"{user}@{place}"
    clean = urlunsplit(parts._replace(netloc=place))
    return clean, unquote(user), unquote(password) if colon else None


def scrub_environ() -> None:
    """Take out of this process's environment what binds git to another repository or makes it trace.

    Called once, before the first git child: a hook or an alias that starts the program leaves such
    variables behind. `GIT_CONFIG_COUNT` and `GIT_SSH_COMMAND` are the person's own and stay.
    """
    for name in list(os.environ):
        if name in _LEAKS or name.startswith("GIT_TRACE"):
            del os.environ[name]


def files_needed(jobs: int) -> int:
    """Open files that a run of so many jobs at a time needs at most, the pick above the limit among them."""
    return _OWN_FILES + _FILES_OF_A_JOB * (jobs + 1) + _FILES_OF_A_LOOK * (os.cpu_count() or 2)


def raise_file_limit() -> None:
    """As many open files as 64 jobs need many times over, where the system lets us."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    # Not more: there are programs that close every number up to the limit when they start.
    wanted = _FILES if hard == resource.RLIM_INFINITY else min(hard, _FILES)
    if soft < wanted:
        with contextlib.suppress(OSError, ValueError):
            resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))
