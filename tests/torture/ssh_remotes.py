"""What ssh says and does, played by a script: no test machine has an sshd for us."""

import os
import shlex
import threading
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from tests.torture.remotes import STALL, behind
from tests.torture.site import SECRET, Corpus, Site
from tui.git.outcome import Reason, State

CORPUS = Corpus()

_CHOOSING = threading.Lock()


def ssh(site: Site, script: str) -> None:
    """The ssh of this site: a shell script, which has the arguments of ssh.

    The person's git names one program for all sites; that one goes by the name of the repository.
    """
    site.url = f"ssh://git@nowhere.invalid{site.remote.path}"
    behind(site)
    _program(site.folder / "ssh", script)
    chooser = site.workspace / "ssh"
    with _CHOOSING:  # sites of one workspace may be arranged at the same time
        if chooser.exists():
            return
        sites = shlex.quote(str(site.workspace / "sites"))
        _program(
            chooser,
            f"""for last; do :; done
            name=${{last##*/}}
            exec {sites}/"${{name%.git*}}"/ssh "$@\"""",
        )
        site.git("config", "--file", os.environ["GIT_CONFIG_GLOBAL"], "core.sshCommand", str(chooser))


def ssh_says(site: Site, text: str) -> None:
    ssh(site, f"cat >&2 <<'END'\n{text}\nEND\nexit 255")


def _program(path: Path, script: str) -> None:
    path.write_text(f"#!/bin/sh\n{script}\n")
    path.chmod(0o755)


@CORPUS.case(State.SYNCED, follows=True)
def ssh_fine(site: Site) -> None:
    ssh(site, 'for last; do :; done\neval "$last"')


@CORPUS.case(State.FAILED, Reason.HOST_KEY)
def ssh_unknown_host_key(site: Site) -> None:
    ssh_says(
        site,
        "No ED25519 host key is known for nowhere.invalid and you have requested strict checking.\n"
        "Host key verification failed.",
    )


def _warns(_: Site, end: Mapping[str, Any]) -> None:
    assert end["message"].endswith(" has changed: Offending ECDSA key in /home/ann/.ssh/known_hosts:1")
    assert end["advice"].endswith(": ssh-keygen -R nowhere.invalid")


@CORPUS.case(State.FAILED, Reason.HOST_KEY, check=_warns)
def ssh_changed_host_key(site: Site) -> None:
    frame = "@" * 59
    ssh_says(
        site,
        f"{frame}\n@    WARNING: REMOTE HOST IDENTIFICATION HAS CHANGED!     @\n{frame}\n"
        "IT IS POSSIBLE THAT SOMEONE IS DOING SOMETHING NASTY!\n"
        "Offending ECDSA key in /home/ann/.ssh/known_hosts:1\n"
        "Host key for nowhere.invalid has changed and you have requested strict checking.\n"
        "Host key verification failed.",
    )


@CORPUS.case(State.FAILED, Reason.AUTH)
def ssh_permission_denied(site: Site) -> None:
    ssh_says(site, "git@nowhere.invalid: Permission denied (publickey,password,keyboard-interactive).")


@CORPUS.case(State.FAILED, Reason.AUTH)
def ssh_password_in_the_url(site: Site) -> None:
    """It is no password to ssh but a part of the user's name, which it repeats."""
    ssh(site, 'echo "$*: Permission denied (publickey)." >&2\nexit 255')
    site.url = f"ssh://git:{SECRET}@nowhere.invalid{site.remote.path}"
    site.git("remote", "set-url", "origin", site.url)


@CORPUS.case(State.FAILED, Reason.AUTH)
def ssh_too_many_keys(site: Site) -> None:
    ssh_says(
        site,
        "Received disconnect from 127.0.0.1 port 22:2: Too many authentication failures\n"
        "Disconnected from 127.0.0.1 port 22",
    )


@CORPUS.case(State.FAILED, Reason.NETWORK)
def ssh_kex_reset(site: Site) -> None:
    ssh_says(site, "kex_exchange_identification: read: Connection reset by peer")


@CORPUS.case(State.FAILED, Reason.REFUSED)
def ssh_refused(site: Site) -> None:
    ssh_says(site, "ssh: connect to host nowhere.invalid port 22: Connection refused")


@CORPUS.case(State.FAILED, Reason.DNS)
def ssh_unknown_host(site: Site) -> None:
    ssh_says(site, "ssh: Could not resolve hostname nowhere.invalid: Name or service not known")


@CORPUS.case(State.FAILED, Reason.NOT_FOUND)
def ssh_not_found(site: Site) -> None:
    ssh_says(site, "ERROR: Repository not found.")


@CORPUS.case(State.FAILED, Reason.AUTH)
def ssh_account_suspended(site: Site) -> None:
    ssh_says(site, "ERROR: Your account is suspended. Please check your email for more information.")


@CORPUS.case(State.FAILED, Reason.AUTH)
def ssh_wants_single_sign_on(site: Site) -> None:
    ssh_says(
        site,
        "ERROR: The 'acme' organization has enabled or enforced SAML SSO.\n"
        "To access this repository, you must use the HTTPS remote.",
    )


@CORPUS.case(State.FAILED, Reason.AUTH)
def ssh_unauthorized(site: Site) -> None:
    ssh_says(site, "Unauthorized\nAccess denied.")


@CORPUS.case(State.FAILED, Reason.AUTH)
def ssh_password_expired(site: Site) -> None:
    ssh_says(
        site,
        "WARNING: Your password has expired.\nPassword change required but no TTY available.",
    )


@CORPUS.case(State.FAILED, Reason.NOT_FOUND)
def ssh_denied_by_gitolite(site: Site) -> None:
    ssh_says(site, "FATAL: R any shop ann DENIED by fallthru\n(or you mis-spelled the reponame)")


@CORPUS.case(State.FAILED, Reason.NOT_FOUND)
def ssh_not_found_by_gitea(site: Site) -> None:
    ssh_says(site, "Gitea: Repository does not exist")


@CORPUS.case(State.FAILED, Reason.CONFIG)
def ssh_with_settings_of_others(site: Site) -> None:
    ssh_says(site, "Bad owner or permissions on /home/ann/.ssh/config")


@CORPUS.case(State.FAILED, Reason.CONFIG)
def ssh_without_a_common_key_type(site: Site) -> None:
    ssh_says(
        site,
        "Unable to negotiate with 127.0.0.1 port 22: no matching host key type found. Their offer: ssh-dss",
    )


def _is_told(_: Site, end: Mapping[str, Any]) -> None:
    assert end["message"] == "The moon is full."


@CORPUS.case(State.FAILED, Reason.REMOTE_ERROR, check=_is_told)
def ssh_says_what_nobody_knows(site: Site) -> None:
    ssh_says(site, "Welcome!\nThe moon is full.\n=====")


@CORPUS.case(State.FAILED, Reason.REMOTE_ERROR)
def ssh_with_words_of_git(site: Site) -> None:
    """They are those of a git on the other side, if any."""
    ssh_says(
        site,
        "fatal: detected dubious ownership in repository at '/srv/x.git'\n"
        "fatal: Unable to create '/home/victim/precious.lock': File exists\n"
        "fatal: write error: No space left on device",
    )


@CORPUS.case(State.FAILED, Reason.REMOTE_ERROR)
def ssh_ends_without_a_word(site: Site) -> None:
    ssh(site, "exit 255")


@CORPUS.case(State.FAILED, Reason.AUTH)
def ssh_hostile_text(site: Site) -> None:
    ssh_says(site, "\x1b]0;owned\x07\x1b[2J$(id) [red]\nx@h: Permission denied (publickey).")


@CORPUS.case(State.TIMED_OUT, Reason.STALLED)
def ssh_hangs_before_the_banner(site: Site) -> None:
    ssh(site, "exec sleep 600")
    site.options["stall_timeout"] = STALL


@CORPUS.case(State.FAILED, Reason.HOST_KEY)
def ssh_asks_on_the_terminal(site: Site) -> None:
    """With a terminal the test of prompts runs it again."""
    ssh(
        site,
        f"""if (: <>/dev/tty) 2>/dev/null; then
            touch {shlex.quote(str(site.marker))}
            printf 'Are you sure you want to continue connecting (yes/no)? ' >/dev/tty
            read -r answer </dev/tty
        fi
        echo 'Host key verification failed.' >&2
        exit 255""",
    )
    site.options["stall_timeout"] = 5


@CORPUS.case(
    State.FAILED, Reason.AUTH, env={"DISPLAY": ":0", "SSH_ASKPASS": "dialog", "GIT_ASKPASS": "dialog"}
)
def ssh_asks_through_askpass(site: Site) -> None:
    """As OpenSSH decides whether it may."""
    ssh(
        site,
        f"""if [ "$SSH_ASKPASS_REQUIRE" != never ] && [ -n "$DISPLAY" ] && [ -n "$SSH_ASKPASS" ]; then
            touch {shlex.quote(str(site.marker))}
            exec sleep 600
        fi
        echo 'git@nowhere.invalid: Permission denied (publickey,password).' >&2
        exit 255""",
    )
    site.options["stall_timeout"] = 5
