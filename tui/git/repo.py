"""Which repository: its stable name, where it is, where it comes from, and how the person wants it kept."""

import re
from functools import lru_cache
from pathlib import Path
from typing import Literal
from urllib.parse import urlsplit

from msgspec import Struct

from tui.git.clean import without_url_secrets

LOCAL_HOST = "local"
"""The host of a `file://` or path remote."""

_SCP_LIKE = re.compile(r"^(?:(?P<user>[^@/:]+)@)?(?P<host>\[[^\]]+\]|[^/:]+):(?!/)(?P<path>.*)$")


class Repo(Struct, frozen=True):
    """One entry of the workspace.

    `id` is a slug `[a-z0-9._/-]`, unique in the workspace. `url` None: whatever remote the checkout has.
    A timeout of None takes the run's; 0 turns a `timeout` off. `error` is set for an entry that the
    workspace file got wrong: it is never run and ends as `failed`/`config` with that text, a line a mistake.
    """

    id: str
    path: Path
    url: str | None = None
    root: Path | None = None
    """The workspace folder the path must not leave; None: no such fence."""
    branch: str | None = None
    rev: str | None = None
    remote: str | None = None
    """None: the upstream's remote, else `origin`, else the only one."""
    depth: int | None = None
    filter: str | None = None
    submodules: bool = False
    strategy: Literal["ff", "fetch"] = "ff"
    prune: bool = False
    clone: bool = True
    timeout: float | None = None
    stall_timeout: float | None = None
    tags: tuple[str, ...] = ()
    enabled: bool = True
    archived: bool = False
    """Kept, and left out of everything that does not name it."""
    found: bool = False
    """Found by looking, not listed by the person: `url` is what its remote was at that moment."""
    origin: str | None = None
    """Of an entry without `url`: that of its checkout when the workspace was read. It names the host, and no more."""
    error: str = ""

    @property
    def host(self) -> str:
        """Empty where it is not known."""
        return host_of(self.url or self.origin)


@lru_cache(maxsize=1 << 14)
def host_of(url: str | None) -> str:
    """Lower-case host name without user and port; `local` for paths, `file://` and None."""
    if not url:
        return LOCAL_HOST
    if "://" in url:
        try:
            host = urlsplit(url).hostname
        except ValueError:
            return LOCAL_HOST
        return host or LOCAL_HOST
    match = _SCP_LIKE.match(url)
    return match["host"].strip("[]").lower() if match else LOCAL_HOST


_PORTS = {"http": 80, "https": 443, "ssh": 22}


def server_of(url: str | None) -> str:
    """`scheme://host[:port]`, for which one login serves; `local` as in `host_of`."""
    host = host_of(url)
    if not url or host == LOCAL_HOST:
        return LOCAL_HOST
    host = f"[{host}]" if ":" in host else host
    if "://" not in url:
        return f"ssh://{host}"
    parts = urlsplit(url)
    scheme = parts.scheme.lower()
    try:
        port = parts.port
    except ValueError:
        port = None
    return f"{scheme}://{host}" + (f":{port}" if port not in {None, _PORTS.get(scheme)} else "")


def without_login(url: str) -> str:
    """The URL without password, and without the user of an http(s) URL, which often is a token."""
    scheme, mark, rest = url.partition("://")
    if not mark:
        return url
    # A password may hold a `#` or a `?`, which end the host for others.
    authority, slash, path = rest.partition("/")
    login, _, place = authority.rpartition("@")
    user = "" if scheme.lower() in {"http", "https"} else login.partition(":")[0]
    return f"{scheme}://{user}{'@' if user else ''}{place}{slash}{path}"


def public_url(url: str | None) -> str | None:
    """The URL without login, secret parameters and fragment."""
    if not url or "://" not in url:
        return url
    shown, fragment, _ = without_login(url).partition("#")
    return without_url_secrets(shown) + ("#***" if fragment else "")
