"""How git logs in: ssh, its agent, and the credential helpers of the hosts that a workspace names."""

import os
import shlex
import shutil
import socket
import sys
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path

from tui.git.checkup import PATIENCE, Finding, Level, ask
from tui.git.clean import shell_word
from tui.git.env import address_of, carries_login, git_env
from tui.git.remote import Setting
from tui.git.repo import LOCAL_HOST, host_of, server_of

_HOSTS = 5
"""Of which ssh is asked for its settings, those of the most repos; each costs a process."""
_SERVERS_SHOWN = 3
_SOCKET_PATH = 104 if sys.platform == "darwin" else 108
"""Bytes of the name of a socket, its end included."""
_SOCKET_SUFFIX = 17
"""Bytes that ssh appends to a ControlPath while it makes it."""
_NO_AGENT = 'eval "$(ssh-agent)" && ssh-add'


def uses_ssh(url: str) -> bool:
    return host_of(url) != LOCAL_HOST and ("://" not in url or url.startswith("ssh://"))


def check_ssh(urls: Sequence[str], settings: Sequence[Setting]) -> Iterator[Finding]:
    """`urls` as git uses them, one for each repo."""
    hosts = Counter(host_of(url) for url in urls if uses_ssh(url))
    missing = Level.PROBLEM if hosts else Level.NOTE
    name, words = _ssh_command(settings)
    where = shutil.which(os.path.expanduser(words[0]))  # noqa: PTH111 - Path raises for an unknown `~user`
    if where is None and name:
        if "=" in words[0]:  # a variable, set for a shell
            yield Finding("ssh", Level.OK, f"{' '.join(words)} ({name})")
        else:
            yield Finding("ssh", missing, f"{name} names {words[0]}, which is not there", f"unset {name}")
    elif where is None:
        yield Finding("ssh", missing, "not found on PATH", "install the client of OpenSSH" if hosts else "")
    elif Path(where).name != "ssh":
        yield Finding("ssh", Level.OK, f"{' '.join(words)} ({name})")
    else:
        version = next(iter(ask(where, "-V").err.splitlines()), "").partition(",")[0]
        yield Finding("ssh", Level.OK, f"{version} ({name or where})")
        for host, count in hosts.most_common(_HOSTS):
            yield _host_finding([where, *words[1:]], host, count, name)


def _ssh_command(settings: Sequence[Setting]) -> tuple[str, list[str]]:
    """The words with which git starts ssh, and the setting that says so; empty: none does."""
    configured = [one.value for one in settings if one.key == "core.sshcommand"]
    for name, command in (
        ("GIT_SSH_COMMAND", os.environ.get("GIT_SSH_COMMAND")),
        ("core.sshCommand", configured[-1] if configured else None),
    ):
        if command:
            try:
                return name, shlex.split(command) or [command]
            except ValueError:  # a shell may read more into it than Python
                return name, [command]
    plain = os.environ.get("GIT_SSH")
    return ("GIT_SSH", [plain]) if plain else ("", ["ssh"])


def _shared(repos: int, name: str) -> str:
    """How so many repos get their connections; `name`: the setting that says how ssh is started, if any does."""
    if repos == 1:
        return ""
    return f", one connection for each of {repos} repos" if name else f", {repos} repos share a connection"


def _host_finding(ssh: Sequence[str], host: str, repos: int, name: str) -> Finding:
    # To look names up is to need the network.
    answer = ask(*ssh, "-G", "-o", "CanonicalizeHostname=no", "--", host)
    if answer.code:
        helps = f"{shlex.join(ssh)} -G {shell_word(host)}"
        said = next(iter(answer.err.splitlines()), "")
        return Finding("ssh", Level.PROBLEM, f"{host}: ssh cannot be set up: {said}", helps)
    options = dict(line.partition(" ")[::2] for line in answer.out.splitlines())
    path, master = options.get("controlpath", "none"), options.get("controlmaster", "false")
    if path == "none" or master in {"false", "no"}:
        return Finding("ssh", Level.OK, f"{host}: no ControlMaster{_shared(repos, name)}")
    folder = Path(path).parent
    # ssh ends where it cannot make its socket; it does not go on without.
    if not os.access(folder, os.W_OK | os.X_OK):
        found = f"{host}: ControlPath lies in {folder}, which is not there or not writable"
        return Finding("ssh", Level.PROBLEM, found, f"mkdir -p -m 700 {shell_word(str(folder))}")
    if len(os.fsencode(path)) + _SOCKET_SUFFIX >= _SOCKET_PATH:
        found = f"{host}: ControlPath {path} is too long for a socket"
        return Finding("ssh", Level.PROBLEM, found, "ControlPath ~/.ssh/%C, in ~/.ssh/config")
    return Finding("ssh", Level.OK, f"{host}: ControlMaster {master}, in {folder}")


def check_agent(urls: Sequence[str]) -> Iterator[Finding]:
    """A warning at most: a key without a passphrase needs no agent."""
    is_used = any(map(uses_ssh, urls))
    level, needed = (Level.WARNING, "") if is_used else (Level.NOTE, "; no entry uses ssh")
    address = os.environ.get("SSH_AUTH_SOCK")
    if not address:
        yield Finding("ssh agent", level, f"none: SSH_AUTH_SOCK is not set{needed}", _NO_AGENT * is_used)
        return
    if not _is_answered(address):
        yield Finding("ssh agent", level, f"nobody answers at {address}{needed}", _NO_AGENT * is_used)
        return
    if shutil.which("ssh-add") is None:
        yield Finding("ssh agent", Level.NOTE, f"cannot be asked: ssh-add is not found{needed}")
        return
    answer = ask("ssh-add", "-l")
    if answer.code == 0:
        keys = len(answer.out.splitlines())
        yield Finding("ssh agent", Level.OK, f"{keys} key{'s' * (keys != 1)}{needed}")
    elif answer.code == 1:
        yield Finding("ssh agent", level, f"has no keys{needed}", "ssh-add" * is_used)
    else:
        found = f"what is at {address} is no agent{needed}"
        yield Finding("ssh agent", level, found, _NO_AGENT * is_used)


def _is_answered(address: str) -> bool:
    with socket.socket(socket.AF_UNIX) as client:
        client.settimeout(PATIENCE)
        try:
            client.connect(address)
        except OSError:
            return False
    return True


def check_logins(urls: Sequence[str], settings: Sequence[Setting]) -> Iterator[Finding]:
    """The credential helper of each http(s) server, as git finds it."""
    servers = {server_of(url): url for url in urls if url.startswith(("http://", "https://"))}
    alike: dict[tuple[Level, str, str], list[str]] = {}
    for server, url in servers.items():
        alike.setdefault(_login(url), []).append(server)
    for (level, found, helps), those in alike.items():
        more = f" and {len(those) - _SERVERS_SHOWN} more" if those[_SERVERS_SHOWN:] else ""
        yield Finding("logins", level, f"{', '.join(those[:_SERVERS_SHOWN])}{more}: {found}", helps)
    asking = [name for name in ("GIT_ASKPASS", "SSH_ASKPASS") if os.environ.get(name)]
    asking += ["core.askPass"] * any(one.key == "core.askpass" and one.value for one in settings)
    if asking and servers:
        names, verb = " and ".join(asking), "are" if asking[1:] else "is"
        yield Finding("logins", Level.NOTE, f"{names} {verb} left out of runs, which ask nothing")


def _login(url: str) -> tuple[Level, str, str]:
    """What is found of the URL's server, and what helps."""
    place = Path("/")
    which = ("config", "--get-urlmatch", "credential.helper", address_of(url))
    helper = ask("git", "-C", str(place), *which, env=git_env(place)).out.strip()
    if not helper and carries_login(url):
        return Level.OK, "by the URL", ""
    if not helper:
        found = "no credential helper, which is enough for what is public"
        return Level.NOTE, found, "git config --global credential.helper cache"
    if missing := _missing_program(helper):
        found = f"the credential helper {helper} is not there: no {missing}"
        return Level.WARNING, found, "git config --show-origin --get-regexp '^credential\\.'"
    return Level.OK, f"credential helper {helper}", ""


def _missing_program(helper: str) -> str:
    """The program that git would start for the helper, where there is none."""
    if helper.startswith("!"):  # for a shell, which knows words that are no programs
        return ""
    word = helper.split(maxsplit=1)[0]
    if word.startswith(("/", "~")):
        program = os.path.expanduser(word)  # noqa: PTH111 - Path raises for an unknown `~user`
        return "" if shutil.which(program) else word
    program = f"git-credential-{word}"
    path = os.pathsep.join((ask("git", "--exec-path").out.strip(), os.environ.get("PATH", os.defpath)))
    return "" if shutil.which(program, path=path) else program
