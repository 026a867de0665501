"""What a web server, or the network before it, may do."""

import base64
import socket
from collections.abc import Mapping
from typing import Any

from tests.kit import repos
from tests.torture import servers
from tests.torture.servers import Loopback, TcpServer, WebServer, status
from tests.torture.site import SECRET, Corpus, Site
from tui.git.outcome import Reason, State

CORPUS = Corpus()

STALL = 0.5
"""Seconds: enough for a git that is to end by itself, and no long wait for one that is not."""
LOGIN = {"WWW_Authenticate": 'Basic realm="here"'}


def web(site: Site, **options: Any) -> WebServer:
    """Serves the site's remote; the checkout, made before, is one commit behind it."""
    server = WebServer(site.folder, **options)
    listen(site, server, f"{server.url}/{site.name}.git")
    return server


def listen(site: Site, server: Loopback, url: str) -> None:
    site.closers.append(server.close)
    site.url = url
    site.options.setdefault(
        "stall_timeout", 20
    )  # a git that hangs is told as such, before the test's own limit
    behind(site)


def behind(site: Site) -> None:
    site.clone()
    site.arrive()


# HTTP: what the server says


@CORPUS.case(State.SYNCED, follows=True)
def http(site: Site) -> None:
    web(site)


@CORPUS.case(State.FAILED, Reason.AUTH)
def http_401(site: Site) -> None:
    web(site, answer=status(401, **LOGIN))


def _is_clean(_: Site, end: Mapping[str, Any]) -> None:
    assert end["output_tail"][0] == "remote: no \ufffdevil"


@CORPUS.case(State.FAILED, Reason.AUTH, check=_is_clean)
def http_403_with_hostile_text(site: Site) -> None:
    text = "\x1b]0;owned\x07\x1b[31mno\x1b[0m \u202eevil\x9b\n".encode()
    web(site, answer=status(403, text, Content_Type="text/plain; charset=utf-8"))


@CORPUS.case(State.FAILED, Reason.NOT_FOUND)
def http_404(site: Site) -> None:
    web(site, answer=status(404))


@CORPUS.case(State.FAILED, Reason.NOT_FOUND)
def http_410(site: Site) -> None:
    web(site, answer=status(410))


def _names_the_wait(_: Site, end: Mapping[str, Any]) -> None:
    assert "3600 s" in end["message"]


@CORPUS.case(State.FAILED, Reason.RATE_LIMITED, check=_names_the_wait)
def http_429_with_retry_after(site: Site) -> None:
    web(site, answer=status(429, Retry_After="3600"))


@CORPUS.case(State.FAILED, Reason.REMOTE_ERROR)
def http_500(site: Site) -> None:
    web(site, answer=status(500))


@CORPUS.case(State.SYNCED, follows=True, args=("--retry", "1"))
def http_500_then_fine(site: Site) -> None:
    web(site, answer=status(500, times=1))


@CORPUS.case(State.FAILED, Reason.REMOTE_ERROR)
def http_400(site: Site) -> None:
    web(site, answer=status(400))


@CORPUS.case(State.SYNCED, follows=True)
def http_301(site: Site) -> None:
    server = web(site)
    site.url = f"{server.url}/moved.git"
    site.git("remote", "set-url", "origin", site.url)

    def moved(handler: servers.WebHandler) -> bool:
        if not handler.path.startswith("/moved.git"):
            return False
        place = handler.path.replace("/moved.git", f"{server.url}/{site.name}.git")
        handler.reply(301, Location=place)
        return True

    server.answer = moved


def _kept_the_password(site: Site, _: Mapping[str, Any]) -> None:
    assert (site.folder / "logins").read_text() == "None\n"


@CORPUS.case(State.FAILED, Reason.AUTH, check=_kept_the_password)
def http_301_to_somebody_elses_server(site: Site) -> None:
    """The password of the URL is for the server of the URL alone."""

    def note(handler: servers.WebHandler) -> bool:
        with (site.folder / "logins").open("a") as file:
            file.write(f"{handler.headers['Authorization']}\n")
        return status(401, **LOGIN)(handler)

    elsewhere = WebServer(site.folder, answer=note)
    site.closers.append(elsewhere.close)
    server = web(site)
    server.answer = lambda handler: status(301, Location=f"{elsewhere.url}{handler.path}")(handler)
    site.url = f"{server.url}/{site.name}.git".replace("://", f"://ann:{SECRET}@")


@CORPUS.case(State.FAILED, Reason.UNSAFE_URL)
def http_301_to_a_file(site: Site) -> None:
    web(site, answer=status(301, Location=f"{site.remote.url}/info/refs"))


@CORPUS.case(State.FAILED, Reason.NOT_FOUND)
def http_200_of_a_login_page(site: Site) -> None:
    web(site, answer=status(200, b"<html>\n<p>Please log in</p>\n</html>\n", Content_Type="text/html"))


@CORPUS.case(State.FAILED, Reason.REMOTE_ERROR)
def http_200_of_garbage(site: Site) -> None:
    kind = "application/x-git-upload-pack-advertisement"
    web(site, answer=status(200, b"zzzz not a packet", Content_Type=kind))


def _advertises(text: str) -> servers.Answer:
    """By the protocol of git, that there is an error."""
    packet = f"{len(text) + 8:04x}ERR {text}".encode()
    return status(200, packet, Content_Type="application/x-git-upload-pack-advertisement")


def _removes_nothing(_: Site, end: Mapping[str, Any]) -> None:
    assert "rm " not in end["advice"]


@CORPUS.case(State.FAILED, Reason.REMOTE_ERROR, check=_removes_nothing)
def http_words_of_git(site: Site) -> None:
    """The second line has no `remote error` in front."""
    fault = f"Unable to create '{site.checkout}/.git/index.lock': File exists"
    web(site, answer=_advertises(f"{fault}\nfatal: {fault}"))


@CORPUS.case(State.FAILED, Reason.REMOTE_ERROR, check=_removes_nothing)
def http_words_of_git_beside_an_error(site: Site) -> None:
    fault = "fatal: Unable to create '/home/victim/precious.lock': File exists\n"
    web(site, answer=status(500, fault.encode(), Content_Type="text/plain"))


@CORPUS.case(State.FAILED, Reason.REMOTE_ERROR)
def http_words_of_ssh(site: Site) -> None:
    web(site, answer=_advertises("Host key verification failed."))


@CORPUS.case(State.FAILED, Reason.NOT_FOUND)
def http_301_to_itself(site: Site) -> None:
    web(site, answer=lambda handler: status(301, Location=handler.path)(handler))


@CORPUS.case(State.FAILED, Reason.NOT_FOUND)
def http_302_to_a_login_page(site: Site) -> None:
    page = status(200, b"<html>\n</html>\n", Content_Type="text/html")
    enter = status(302, Location="/enter")
    web(site, answer=lambda handler: (page if handler.path == "/enter" else enter)(handler))


@CORPUS.case(State.FAILED, Reason.CONFIG)
def clone_of_a_url_with_a_secret_fragment(site: Site) -> None:
    site.url = f"http://127.0.0.1:1/{site.name}.git#{SECRET}"


@CORPUS.case(State.FAILED, Reason.CONFIG)
def clone_of_a_url_with_a_secret_parameter(site: Site) -> None:
    site.url = f"http://127.0.0.1:1/{site.name}.git?private_token={SECRET}"


@CORPUS.case(State.FAILED, Reason.UNSAFE_URL)
def secret_parameter_in_its_own_url(site: Site) -> None:
    site.clone()
    site.config("remote.origin.url", f"http://127.0.0.1:1/{site.name}.git?private_token={SECRET}")
    site.options["url"] = None


@CORPUS.case(State.SYNCED, follows=True)
def http_dumb(site: Site) -> None:
    server = servers.DumbServer(site.folder)
    listen(site, server, f"{server.url}/{site.name}.git")
    site.git("update-server-info", cwd=site.remote.path)


@CORPUS.case(State.SYNCED, follows=True)
def http_login_by_the_url(site: Site) -> None:
    login = "Basic " + base64.b64encode(f"ann:{SECRET}".encode()).decode()
    refuse = status(401, **LOGIN)
    server = web(site, answer=lambda handler: handler.headers["Authorization"] != login and refuse(handler))
    site.url = f"{server.url}/{site.name}.git".replace("://", f"://ann:{SECRET}@")


def _keeps_no_secret(site: Site, _: Mapping[str, Any]) -> None:
    """Neither the process list, while git asked, nor the clone's own configuration."""
    assert SECRET not in (site.folder / "listed").read_text()
    assert SECRET not in (site.checkout / ".git/config").read_text()


@CORPUS.case(State.SYNCED, follows=True, check=_keeps_no_secret)
def clone_with_a_token_as_the_user_of_the_url(site: Site) -> None:
    """The usual form of an access token, with no password behind it."""
    login = "Basic " + base64.b64encode(f"{SECRET}:".encode()).decode()
    refuse = status(401, **LOGIN)

    def look(handler: servers.WebHandler) -> bool:
        with (site.folder / "listed").open("a") as file:
            file.write("\n".join(servers.process_list()))
        return handler.headers["Authorization"] != login and refuse(handler)

    server = WebServer(site.folder, answer=look)
    site.closers.append(server.close)
    site.url = f"{server.url}/{site.name}.git".replace("://", f"://{SECRET}@")


def _corrects_the_url(_: Site, end: Mapping[str, Any]) -> None:
    assert "; correct it: in the workspace file; then: synctui sync " in end["advice"]


@CORPUS.case(State.FAILED, Reason.AUTH, check=_corrects_the_url)
def http_wrong_password_in_the_url(site: Site) -> None:
    server = web(site, answer=status(401, **LOGIN))
    site.url = f"{server.url}/{site.name}.git".replace("://", f"://ann:{SECRET}@")


@CORPUS.case(State.FAILED, Reason.AUTH)
def http_repeats_the_password(site: Site) -> None:
    refuse = status(401, **LOGIN)
    tell = status(403, f"{SECRET} is wrong\n".encode(), Content_Type="text/plain")
    server = web(site, answer=lambda handler: (tell if handler.headers["Authorization"] else refuse)(handler))
    site.url = f"{server.url}/{site.name}.git".replace("://", f"://ann:{SECRET}@")


# Repositories of a server that are odd


@CORPUS.case(State.SYNCED, notes={"unborn"})
def clone_of_nothing_over_http(site: Site) -> None:
    server = WebServer(site.folder)
    site.closers.append(server.close)
    empty = repos.make_remote(site.folder / "empty.git", 0)
    site.lands = ""
    site.url = f"{server.url}/{empty.path.name}"


def _keeps_tracking(site: Site, _: Mapping[str, Any]) -> None:
    assert site.git("rev-parse", "refs/remotes/origin/main") == repos.head(site.checkout, "main")


_SILENT = (State.FAILED, Reason.REMOTE_ERROR)


@CORPUS.case(*_SILENT, check=_keeps_tracking)
def all_branches_gone(site: Site) -> None:
    """More likely it is not what it was than that somebody has deleted them all."""
    web(site)
    (site.remote.path / "refs/heads/main").unlink()


@CORPUS.case(*_SILENT, check=_keeps_tracking)
def all_branches_gone_and_pruned(site: Site) -> None:
    all_branches_gone(site)
    site.options["prune"] = True


_PAGE = status(200, b"<html>Please log in</html>", Content_Type="text/html")


@CORPUS.case(*_SILENT, check=_keeps_tracking)
def http_200_of_a_page_in_one_line(site: Site) -> None:
    """git takes it for a repository without any ref, and would prune all that is here."""
    web(site, answer=_PAGE)
    site.config("remote.origin.prune", "true")


@CORPUS.case(*_SILENT)
def clone_of_a_page_in_one_line(site: Site) -> None:
    server = WebServer(site.folder, answer=_PAGE)
    site.closers.append(server.close)
    site.url = f"{server.url}/{site.name}.git"


@CORPUS.case(*_SILENT)
def page_in_one_line_where_nothing_was_ever(site: Site) -> None:
    server = WebServer(site.folder, answer=_PAGE)
    site.closers.append(server.close)
    site.url = f"{server.url}/{site.name}.git"
    site.remote = repos.make_remote(site.folder / "empty.git", 0)
    site.clone()


# The network before it


@CORPUS.case(State.FAILED, Reason.REFUSED)
def closed_port(site: Site) -> None:
    port = servers.closed_port()
    site.closers.append(port.close)
    site.url = f"http://127.0.0.1:{port.getsockname()[1]}/x.git"
    behind(site)


@CORPUS.case(State.FAILED, Reason.REFUSED)
def closed_port_of_the_git_protocol(site: Site) -> None:
    port = servers.closed_port()
    site.closers.append(port.close)
    site.url = f"git://127.0.0.1:{port.getsockname()[1]}/x.git"
    behind(site)


# Where there is no network, the resolver is not to be waited for.
@CORPUS.case(State.FAILED, Reason.DNS, env={"RES_OPTIONS": "attempts:1 timeout:1"})
def unknown_host(site: Site) -> None:
    site.url = "https://nowhere.invalid/x.git"
    behind(site)


@CORPUS.case(State.FAILED, Reason.TLS)
def self_signed_certificate(site: Site) -> None:
    web(site, tls=True)


@CORPUS.case(State.FAILED, Reason.TLS)
def no_tls_behind_https(site: Site) -> None:
    server = web(site)
    site.url = f"https://127.0.0.1:{server.port}/{site.name}.git"
    site.git("remote", "set-url", "origin", site.url)


def _tcp(site: Site, scheme: str, talk: servers.Talk) -> None:
    server = TcpServer(talk)
    site.options["stall_timeout"] = STALL
    listen(site, server, f"{scheme}://127.0.0.1:{server.port}/x.git")


@CORPUS.case(State.TIMED_OUT, Reason.STALLED)
def accepts_and_never_answers(site: Site) -> None:
    _tcp(site, "http", servers.silence)


@CORPUS.case(State.TIMED_OUT, Reason.STALLED)
def accepts_and_never_answers_tls(site: Site) -> None:
    _tcp(site, "https", servers.silence)


@CORPUS.case(State.TIMED_OUT, Reason.STALLED)
def accepts_and_never_answers_the_git_protocol(site: Site) -> None:
    _tcp(site, "git", servers.silence)


@CORPUS.case(State.FAILED, Reason.NETWORK)
def resets_at_once(site: Site) -> None:
    _tcp(site, "http", servers.reset_once_asked)


@CORPUS.case(State.FAILED, Reason.NETWORK)
def hangs_up_without_a_word(site: Site) -> None:
    _tcp(site, "http", lambda connection: connection.recv(65536) and None)


@CORPUS.case(State.TIMED_OUT, Reason.STALLED)
def stalls_in_mid_pack(site: Site) -> None:
    web(site, deliver=servers.half_then_silence)
    site.options["stall_timeout"] = STALL


@CORPUS.case(State.FAILED, Reason.NETWORK)
def hangs_up_in_mid_pack(site: Site) -> None:
    web(site, deliver=servers.half)


@CORPUS.case(State.FAILED, Reason.NETWORK)
def resets_in_mid_pack(site: Site) -> None:
    web(site, deliver=servers.half_then_reset)


@CORPUS.case(State.FAILED, Reason.REMOTE_ERROR)
def damages_the_pack(site: Site) -> None:
    """What came is wrong, not what is here."""
    web(site, deliver=servers.damaged)


def _refuse(connection: socket.socket) -> None:
    text = b"ERR access denied or repository not exported: /x.git"
    connection.recv(65536)
    connection.sendall(b"%04x%b" % (len(text) + 4, text))
    while connection.recv(65536):  # until it has read that
        pass


@CORPUS.case(State.FAILED, Reason.NOT_FOUND)
def refuses_by_the_git_protocol(site: Site) -> None:
    _tcp(site, "git", _refuse)


@CORPUS.case(State.SYNCED, follows=True)
def drips_and_lives(site: Site) -> None:
    """Silent for git's own eyes far longer than the limit, but never for the wire."""
    web(site, deliver=servers.drip(pieces=16, pause=0.15))
    site.options["stall_timeout"] = 1.5


@CORPUS.case(State.TIMED_OUT, Reason.STALLED)
def clone_that_stalls_in_mid_pack(site: Site) -> None:
    server = WebServer(site.folder, deliver=servers.half_then_silence)
    site.closers.append(server.close)
    site.url = f"{server.url}/{site.name}.git"
    site.options["stall_timeout"] = STALL


@CORPUS.case(State.FAILED, Reason.NETWORK)
def clone_that_is_cut_off(site: Site) -> None:
    server = WebServer(site.folder, deliver=servers.half)
    site.closers.append(server.close)
    site.url = f"{server.url}/{site.name}.git"
