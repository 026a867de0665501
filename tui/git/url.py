"""Which URLs git may be given."""

import re
from urllib.parse import unquote, urlsplit

from tui.git.clean import names_secret

SCHEMES = ("https", "http", "ssh", "git", "file")
CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f]")
_PLAIN = re.compile(r"(?:https?|ssh|git)://[A-Za-z0-9][A-Za-z0-9.-]*(?::[0-9]+)?/[A-Za-z0-9_./~+-]*")
"""Nothing in it can mean anything else; nearly all are so, and there may be thousands."""
_DASHED_HOST = "names a host that begins with '-'"
_SCP_LIKE = re.compile(r"(?P<host>(?:[^@/:\[]*@)?(?:\[[^\]]*\]|[^/:]*)):(?P<path>.*)")


def url_problem(url: str) -> str | None:
    """Why git must not be given this URL, without the URL in the text; None: it may be used."""
    return None if _PLAIN.fullmatch(url) else _problem(url)


def _problem(url: str) -> str | None:
    if not url.strip():
        return "is empty"
    # git decodes %2d and %0a before it looks at the host, so they count here as what they stand for.
    if CONTROL.search(unquote(url)):
        return "holds control characters"
    if url.startswith("-"):
        return "begins with '-'"
    # `ext::sh -c …` is a remote helper: it runs what follows.
    helper = re.match(r"([A-Za-z0-9][\w+.-]*)::", url)
    if not helper and "://" not in url:
        return _scp_problem(url)
    scheme: str = helper[1] if helper else url.partition("://")[0]
    if helper or scheme not in SCHEMES:
        # What only looks like a scheme may hold a password.
        return (
            f'names the transport "{scheme}"' if re.fullmatch(r"[\w+.-]+", scheme) else "names no transport"
        )
    return _host_problem(url, scheme) or (_secret_problem(url) if scheme in {"http", "https"} else None)


def _scp_problem(url: str) -> str | None:
    parts = _SCP_LIKE.match(url)
    if parts is None:
        return None
    if parts["path"].startswith("-"):
        return "names a path that begins with '-'"
    host = parts["host"].replace("[", "")
    return _DASHED_HOST if "-" in {host[:1], host.rpartition("@")[2][:1]} else None


def _host_problem(url: str, scheme: str) -> str | None:
    try:
        place = urlsplit(unquote(url)).netloc
    except ValueError:
        return "names no readable host"
    host = place.rpartition("@")[2]
    if scheme != "file" and not host:
        return "names no host"
    return _DASHED_HOST if place.startswith("-") or host.startswith("-") else None


def _secret_problem(url: str) -> str | None:
    """Git hands the URL to its helpers as an argument: only a login can be kept out of that."""
    authority, slash, path = url.partition("://")[2].partition("/")
    # A password may hold a `#` or a `?`.
    place = authority.rpartition("@")[2] + slash + path
    end = ", which the process list would show: keep the login in a credential helper of git"
    if "#" in place:
        return "has a part behind '#'" + end
    return "holds a secret behind '?'" + end if names_secret(place) else None
