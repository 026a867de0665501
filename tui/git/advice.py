"""One line of advice for each reason: it names the repo, and a command that works as it stands."""

import os
import re
from pathlib import Path
from urllib.parse import urlsplit

from tui.git.clean import clean_text, shell_word
from tui.git.env import carries_login, user_of
from tui.git.failure import CHANGED_KEY
from tui.git.outcome import LOGIN_REASONS, Reason
from tui.git.repo import Repo, host_of, public_url

_TRUST = "if you trust its owner: git config --global --add safe.directory"

_ADVICE = {
    Reason.NOT_CLONED: "clone it by hand: git clone {url} {path}",
    Reason.NO_REMOTE: "add one: {git} remote add origin URL",
    Reason.DIVERGED: "both sides have commits: {git} rebase, or {git} merge",
    Reason.DIRTY: "local changes are in the way: {git} stash, then {sync}",
    Reason.UNTRACKED_OVERWRITE: "move the files that are in the way: {git} status --ignored, then {sync}",
    Reason.IN_PROGRESS: "end what you have begun: {git} status",
    Reason.BRANCH_GONE: "see what the remote has: {git} branch -r, or keep yours: {git} branch --unset-upstream",
    Reason.STALLED: "try it by hand: {ask}; or give it longer: {sync} --stall-timeout 300",
    Reason.DEADLINE: "give it more time: {sync} --timeout 3600",
    Reason.AUTH: "log in once by hand{as_user}: {ask}",
    Reason.HOST_KEY: "check the key and accept it once: {ask}",
    Reason.DNS: "check the name and the network: getent hosts {host}",
    Reason.REFUSED: "nobody listens there: {ask}",
    Reason.NETWORK: "try again: {sync}",
    Reason.TLS: "check the certificate: {ask}",
    Reason.NOT_FOUND: "check the URL and your access: {ask}",
    Reason.RATE_LIMITED: "wait, then: {sync}; for many repos add --host-jobs 1",
    Reason.REMOTE_ERROR: "try again later: {sync}",
    Reason.CORRUPT: "look at it: {git} fsck --connectivity-only",
    Reason.NOT_A_REPOSITORY: "move what is there out of the way: ls -la {path}",
    Reason.URL_MISMATCH: "compare with the workspace file: {git} remote -v",
    Reason.UNSAFE_OWNER: _TRUST + " {path}",
    Reason.UNSAFE_URL: "it would run a command: {git} config --show-origin --get-regexp '^(remote|url|core|gpg)\\.'",
    Reason.LOCK_HELD: "see who holds it, then: {sync}",
    Reason.DISK_FULL: "make room: df -h {above}",
    Reason.PERMISSION: "look who owns it: ls -ld {here}",
    Reason.HOOK: "a hook refused: ls {path}/.git/hooks",
    Reason.REV_MISSING: "look what the remote has: {ask}",
    Reason.MOVED: "HEAD moved meanwhile: {sync}",
    Reason.REF_CONFLICT: "a ref is in the way of another: {git} remote prune {remote}",
    Reason.CONFIG: "look at the configuration: {git} config --show-origin --list",
    Reason.GIT_MISSING: "install git, then: {sync}",
    Reason.INTERNAL: "try again, and report it if it stays, with the output of: {sync} --verbose",
}
_ABOUT = {
    Reason.AUTH: (
        "git keeps no login for {about}: git config --global credential.helper cache;"
        " then log in once{as_user}: {ask}"
    ),
    Reason.STALLED: "a hook of yours does not end: cat {about}",
    Reason.DEADLINE: "a hook of yours does not end: cat {about}",
    Reason.BRANCH_GONE: "follow the only branch of the remote: {git} switch {about}",
    Reason.LOCK_HELD: "if no git is at work there: rm {about}",
    Reason.CONFIG: "copy what you need of it into {path}/.git/config, then: {git} config --unset-all {about}",
}
"""In place of the above where more is known, of which `Ended` says what it is."""
_WORDS = (
    (Reason.NO_REMOTE, "of its remotes", "let its branch follow one of them: {git} branch --set-upstream-to REMOTE/BRANCH"),
    (Reason.AUTH, r"SAML|single sign-on", ("allow your key or token for the single sign-on of the organization,"
        " in its settings on {host}, then: {sync}")),
    (Reason.AUTH, "[Pp]assword has expired", "set a new password at {host} first, then: {sync}"),
    (Reason.AUTH, r"\baccount (?:is|has been|was) ", "no login helps: ask who runs {host} about the account, then: {sync}"),
    (Reason.UNSAFE_URL, "process list", "take the secret out of the URL: {git} config --edit; then: {sync}"),
    # Not the host that ssh names: its words cannot be told from those of a program that it has run there.
    (Reason.HOST_KEY, CHANGED_KEY, ("it may be an attack: compare the fingerprint with that of the host, then only:"
        " ssh-keygen -R {known_as}")),
    (Reason.UNSAFE_OWNER, r"dubious ownership in repository at '(?P<found>.*)'", _TRUST + " {found}"),
    (Reason.URL_MISMATCH, r"^remote (?P<found>\S+) is ", ("give it the URL of the workspace file:"
        " {git} remote set-url {found} {url}; or correct that file: synctui list {id}")),
    (Reason.PERMISSION, "Read-only file system", "its file system is read-only: df {here}; mount"),
    (Reason.CONFIG, ("leaves the workspace folder|lies in (?:a|the) git dir|is part of the repository around it"
        "|^no folder can be made at"), "correct its path in the workspace file: synctui list {id}"),
    (Reason.CONFIG, r"(?P<found>[\w.+-]+): (?:command )?not found$", "install {found}, then: {sync}"),
    (Reason.CONFIG, r"\bssh\b|Unable to negotiate", "look at the settings of ssh: {ask}"),
    (Reason.INTERNAL, "[Tt]oo many open files", ("raise the limit, or take fewer at once:"
        " ulimit -n 4096; {sync} --jobs 2")),
)  # fmt: skip
"""In place of the above where the message says more."""
_IN_A_REPO = frozenset({Reason.CORRUPT, Reason.HOOK, Reason.REF_CONFLICT})
"""Their commands do nothing where there is no repository, as after a clone that failed."""


def advice(reason: Reason | None, repo: Repo, message: str = "", about: str = "", login: str = "") -> str:
    """Empty where nothing needs doing. `message` is that of the failure, `about` as in `Ended`.

    `login`: the URL, with its login, by which the remote was asked.
    """
    text, found = _choose(reason, repo, message, about, login) if reason else ("", "")
    return clean_text(f"{repo.id}: {text.format_map(_names(repo, about, found, login))}") if text else ""


def login_helps(reason: Reason | None, message: str) -> bool:
    """Whether it is mended once git has asked the person on the terminal."""
    return reason in LOGIN_REASONS and not _words(Reason.AUTH, message)[0]


def busy_advice(repo: Repo) -> str:
    return f"{repo.id}: wait for it, or see what helps: synctui unlock {shell_word(repo.id)}"


def _choose(reason: Reason, repo: Repo, message: str, about: str, login: str) -> tuple[str, str]:
    """The words of the advice, and what the message names."""
    known = _ABOUT.get(reason, "") if about else ""
    if known and reason is not Reason.AUTH:
        return known, ""
    text, found = _words(reason, message)
    if text:
        return text, found
    if reason is Reason.AUTH and login.startswith("http") and carries_login(login) and not user_of(login):
        is_entrys = login == repo.url and not repo.found
        place = "in the workspace file" if is_entrys else "{git} config --edit"
        return f"the login in its URL was refused; correct it: {place}; then: {{sync}}", ""
    if known:
        return known, ""
    if reason in _IN_A_REPO and not _is_there(repo.path):
        reason = Reason.INTERNAL
    return _ADVICE.get(reason, ""), ""


def _words(reason: Reason, message: str) -> tuple[str, str]:
    for of, pattern, text in _WORDS:
        if of is reason and (hit := re.search(pattern, message)):
            found = hit.groupdict().get("found", "")
            if "\ufffd" not in found:  # else no command can name it
                return text, found
    return "", ""


def _names(repo: Repo, about: str, found: str, login: str) -> dict[str, str]:
    git = f"git -C {shell_word(str(repo.path))}" if _is_there(repo.path) else "git"
    url = public_url(repo.url) or ""
    is_whole = "***" not in url  # what is masked cannot be typed
    url = shell_word(url) if url and is_whole else "URL"
    return {
        "git": git,
        "id": shell_word(repo.id),
        "sync": _sync(repo),
        "ask": f"{git} ls-remote" if url == "URL" else f"git ls-remote {url}",
        "as_user": " as the user that its URL names" if user_of(login) else "",
        "url": url,
        "path": shell_word(str(repo.path)),
        "here": shell_word(str(nearest(repo.path))),
        "above": shell_word(str(nearest(repo.path.parent))),
        "host": shell_word(host_of(login) if login else repo.host),
        "known_as": shell_word(_known_as(repo)),
        "remote": shell_word(repo.remote or "origin"),
        "about": shell_word(about),
        "found": shell_word(found),
    }


def _sync(repo: Repo) -> str:
    return f"synctui sync {shell_word(repo.id)}"


def _is_there(path: Path) -> bool:
    return os.path.exists(path)  # noqa: PTH110 - Path raises where it may not look


def nearest(path: Path) -> Path:
    """It, or the last folder that there is on the way to it."""
    return next((folder for folder in (path, *path.parents) if _is_there(folder)), path)


def _known_as(repo: Repo) -> str:
    """The name under which ssh keeps the key of the host."""
    try:
        port = urlsplit(repo.url or "").port
    except ValueError:
        port = None
    return repo.host if port in {None, 22} else f"[{repo.host}]:{port}"
