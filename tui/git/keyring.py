"""Logins that the person has typed while the app is open, in memory alone.

With git's defaults nothing keeps what is typed for one git; the next, which may not ask, would fail again.
"""

from urllib.parse import unquote, urlsplit

from tui.git.repo import server_of


class Login:  # no Struct: that would show its fields in a traceback
    def __init__(self, server: str, user: str, password: str) -> None:
        """`server` is `scheme://host[:port]`, in git's own words."""
        self.server = server
        self.user = user
        self.password = password


_logins: dict[str, Login] = {}


def keep(said: bytes) -> None:
    """Keeps what git said to its credential helpers once a server had let it in."""
    for block in said.decode("utf-8", "surrogateescape").split("\n\n"):
        told = dict(line.split("=", 1) for line in block.splitlines() if "=" in line)
        if told.get("protocol") in {"http", "https"} and {"host", "username", "password"} <= told.keys():
            server = f"{told['protocol']}://{told['host']}"
            _logins[server_of(server)] = Login(server, told["username"], told["password"])


def kept(url: str) -> Login | None:
    """For the URL as git uses it. None also where that names another user, unless with a password of its own:
    that one has been refused.
    """
    login = _logins.get(server_of(url))
    if login is None:
        return None
    name, colon, _ = urlsplit(url).netloc.rpartition("@")[0].partition(":")
    return None if name and not colon and unquote(name) != login.user else login


def forget_all() -> None:
    _logins.clear()
