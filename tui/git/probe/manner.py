"""How git would ask this remote by HTTP, as far as a probe can do the same."""

import os
import re
from collections.abc import Iterator
from urllib.parse import urlsplit

from msgspec import Struct

from tui.git.probe.unsure import Unsure
from tui.git.probe.values import is_bool, is_number
from tui.git.remote import Remote, Setting

_URL = re.compile(
    r"(?P<scheme>https?)://(?P<host>[A-Za-z0-9._-]+)(?::(?P<port>\d{1,5}))?(?P<path>/[A-Za-z0-9._~%+@:!$&'(),;=/-]*)"
)
_PORTS = {"http": 80, "https": 443}
_LAST_PORT = 65535
_FOREIGN_VARIABLES = (
    *("GIT_SSL", "GIT_HTTP", "GIT_PROXY", "GIT_CURL", "GIT_SMART_HTTP", "GIT_ALLOW_PROTOCOL"),
    *("GIT_EXEC_PATH", "GIT_REF_PARANOIA", "GIT_DISCOVERY_ACROSS_FILESYSTEM"),
)
"""How their names begin."""
_PROXIES = ("http_proxy", "https_proxy", "all_proxy")
_CARRIED_VARIABLES = frozenset({"GIT_SSL_CAINFO"})
_NUMBERS = frozenset(
    {
        "lowspeedlimit", "lowspeedtime", "maxrequests", "minsessions", "maxretries",
        "keepaliveidle", "keepaliveinterval", "keepalivecount",
    }
)  # fmt: skip
"""What git is told of requests that may as well be done without."""
_LARGE = re.compile("[1-9][0-9]{5,}|[1-9][0-9]*[mgMG]")
"""Of bytes: with less room than a packet of its protocol takes git crashes."""
_CARRIED = frozenset({"sslcainfo", "sslverify", "extraheader"})
_HEADER = re.compile(r"([A-Za-z0-9!#$%&'*+.^_`|~-]+): *([\x20-\x7e]*)")
_ON = frozenset({"true", "yes", "on", "1"})
_OURS = frozenset(
    {
        "accept", "accept-encoding", "connection", "content-length", "content-type", "cookie", "expect", "git-protocol",
        "host", "transfer-encoding", "user-agent",
    }
)  # fmt: skip
"""Headers that a request has anyway."""


class Server(Struct, frozen=True):
    """Where a connection goes, and how."""

    scheme: str
    host: str
    port: int
    authorities: str | None = None
    """The file of those whose certificates count; None: the system's."""

    @property
    def is_secure(self) -> bool:
        return self.scheme == "https"


class Manner(Struct, frozen=True):
    server: Server
    path: str
    """Of the repository, with a slash at its end."""
    headers: tuple[tuple[str, str], ...] = ()


def manner_of(remote: Remote, settings: tuple[Setting, ...]) -> Manner:
    """Raises Unsure where git might ask in another way."""
    where = _URL.fullmatch(remote.location)
    if where is None or re.search(r"/\.\.?(?:/|$)", where["path"]) or int(where["port"] or 1) > _LAST_PORT:
        raise Unsure("url")
    _check_variables()
    http = dict(_http_settings(settings, where["host"].lower()))
    if any(one.lower() not in _ON for one in http.get("sslverify", ())):
        raise Unsure("http_setting")
    scheme = where["scheme"]
    port = int(where["port"] or _PORTS[scheme])
    authorities = _authorities(http.get("sslcainfo", []))
    file = authorities if scheme == "https" else None
    path = where["path"] if where["path"].endswith("/") else where["path"] + "/"
    return Manner(Server(scheme, where["host"].lower(), port, file), path, _headers(http))


def _check_variables() -> None:
    if any(name.startswith(_FOREIGN_VARIABLES) for name in os.environ.keys() - _CARRIED_VARIABLES):
        raise Unsure("environment")
    if any(os.environ.get(name) or os.environ.get(name.upper()) for name in _PROXIES):
        raise Unsure("proxy")


def _http_settings(settings: tuple[Setting, ...], host: str) -> Iterator[tuple[str, list[str]]]:
    """Variable -> its values in order, those that a probe carries."""
    carried: dict[str, list[str]] = {}
    for one in settings:
        section, _, rest = one.key.partition(".")
        url, _, variable = rest.rpartition(".")
        if section != "http" or _is_harmless(variable, one.value) or (url and _is_elsewhere(url, host)):
            continue
        if variable == "proxy" and not url and not one.value:
            continue
        if url or variable not in _CARRIED:
            raise Unsure("proxy" if variable.startswith("proxy") else "http_setting")
        carried.setdefault(variable, []).append(one.value)
    yield from carried.items()


def _authorities(configured: list[str]) -> str | None:
    """The file of them; None: none is named. Raises Unsure where git would look elsewhere, or end."""
    files = [os.path.expanduser(file) for file in configured]  # noqa: PTH111 - Path raises for `~nobody`
    if "GIT_SSL_CAINFO" in os.environ:  # taken as it is, also where it is empty
        files.append(os.environ["GIT_SSL_CAINFO"])
    if not all(file.startswith("/") for file in files):
        raise Unsure("http_setting")
    return files[-1] if files else None


def _is_harmless(variable: str, value: str) -> bool:
    """What git cannot read ends it, whatever it is about."""
    if variable == "noepsv":
        return is_bool(value)
    if variable == "followredirects":
        return value == "initial" or is_bool(value)
    if variable == "postbuffer":
        return bool(_LARGE.fullmatch(value)) and is_number(value)
    return variable == "version" or (variable in _NUMBERS and is_number(value))


def _is_elsewhere(url: str, host: str) -> bool:
    try:
        named = urlsplit(url).hostname
    except ValueError:
        return False
    return bool(named) and "*" not in (named or "") and named != host


def _headers(http: dict[str, list[str]]) -> tuple[tuple[str, str], ...]:
    headers: list[tuple[str, str]] = []
    for text in http.get("extraheader", ()):
        if not text:  # forgets those before it
            headers.clear()
            continue
        match = _HEADER.fullmatch(text)
        if match is None or match[1].lower() in _OURS:
            raise Unsure("http_setting")
        headers.append((match[1], match[2]))
    return tuple(headers)
