"""What went wrong: git's words into a reason, and one line of advice for it. Above this nobody reads error text."""

import errno
import re
import shlex
import signal
from collections.abc import Sequence
from dataclasses import dataclass

from tui.git.clean import clean_text
from tui.git.outcome import Reason, State
from tui.git.process import Exit
from tui.git.repo import Repo


@dataclass(frozen=True, slots=True)
class Failure:
    reason: Reason
    message: str
    retry_after: float | None = None
    """Seconds the remote asked us to wait; None: it did not say."""


class Ended(Exception):  # noqa: N818 - a job may end early without a mistake
    """The job is over; `sync_repo` makes its outcome of this."""

    def __init__(
        self,
        state: State,
        reason: Reason,
        message: str,
        retry_after: float | None = None,
        repo: Repo | None = None,
    ) -> None:
        """`repo`: the one that the advice is for, where that is not the job's own but a submodule."""
        super().__init__(message)
        self.state = state
        self.reason = reason
        self.message = message
        self.retry_after = retry_after
        self.repo = repo


# In this order: the first pattern that any line matches decides. A cut connection also prints what a
# damaged pack prints, and every ssh failure ends in the same last line, which says nothing.
_PATTERNS: tuple[tuple[Reason, str], ...] = (
    (Reason.UNSAFE_URL, r'Protocol ".*" (?:not supported or )?disabled'),  # a redirect to file: or the like
    (Reason.UNSAFE_OWNER, r"detected dubious ownership"),
    (Reason.DISK_FULL, (r"No space left on device|Disk quota exceeded|File too large|file write error.*space"
        rf"|unable to write file |couldn't write '|(?:died of|ended by) signal {signal.SIGXFSZ:d}$")),
    # Out of memory, say. What the remote's own programs die of is not meant.
    (Reason.INTERNAL, (r"^error: (?:index-pack|unpack-objects|rev-list|fetch-pack|git-remote-\w+|clone|checkout)"
        rf" died of signal (?!{signal.SIGPIPE:d}$)|^git was ended by signal"
        r"|^fatal: Out of memory")),
    (Reason.PERMISSION, r"insufficient permission|unable to create temporary|Read-only file system"),
    (Reason.LOCK_HELD, r"Unable to create '.*\.lock': File exists|could not lock config file .*File exists"),
    (Reason.HOST_KEY, r"Host key verification failed|REMOTE HOST IDENTIFICATION HAS CHANGED"),
    (Reason.RATE_LIMITED, r"returned error: 429|HTTP 429|Too Many Requests|rate limit"),
    (Reason.DNS, (r"Could not resolve (?:host|proxy|hostname)|Name or service not known"
        r"|Temporary failure in name resolution|Unable to look up|nodename nor servname")),
    (Reason.REFUSED, r"Connection refused|Couldn't connect to server|Failed to connect to"),
    (Reason.TLS, (r"SSL certificate problem|server certificate verification failed|certificate verify failed"
        r"|SSL_ERROR|SSL_connect|gnutls_handshake|SSL routines|unable to access .*(?:SSL|TLS)")),
    (Reason.AUTH, (r"could not read (?:Username|Password) for|terminal prompts disabled|Authentication failed"
        r"|returned error: 40[137]|response 407|HTTP Basic: Access denied|Permission denied \([a-z,-]+\)"
        r"|Too many authentication failures|Repository not accessible")),
    (Reason.REMOTE_ERROR, (r"returned error: (?!404|410|451)\d\d\d|Internal Server Error|remote: .*error: internal"
        r"|upload-pack: not our ref|dumb http transport|invalid server response")),
    (Reason.NOT_FOUND, (r"repository '.*' not found|does not appear to be a git repository|Repository not found"
        r"|returned error: 4(?:04|10|51)|not valid: is this a git repository|repository '.*' does not exist"
        r"|access denied or repository not exported|The project you were looking for could not be found"
        r"|remote: Not Found|repository does not exist")),
    (Reason.UNSAFE_URL, (r"transport '.*' not allowed|[Uu]nable to find remote helper for"
        r"|strange (?:hostname|pathname|port) .* blocked")),
    # A filter that is not installed, git-lfs say, of which git may only tell that the remote end hung up.
    (Reason.CONFIG, (r"^(\S+)(?: .*)?: (?:line )?\d+: \1: (?:command )?not found$"
        r"|initialization for subprocess '.*' failed|external filter '.*' failed")),
    (Reason.NETWORK, (r"kex_exchange_identification|Connection reset|early EOF|RPC failed|unexpected disconnect"
        r"|Connection timed out|Operation timed out|Network is unreachable|No route to host|Broken pipe"
        r"|Connection closed by|[Tt]he remote end hung up|Empty reply from server|unable to access '(?:https?|ftp)"
        r"|Recv failure|Send failure|Timeout was reached|Proxy CONNECT|HTTP/2 stream|transfer closed")),
    # Of what came, not of what is here; a cut connection, which is above, may look like it.
    (Reason.REMOTE_ERROR, r"pack has bad object|inflate returned|bad pack header|pack is corrupted"),
    (Reason.REV_MISSING, (r"Remote branch .* not found in upstream|couldn't find remote ref"
        r"|no such remote ref|unknown revision|did not match any file")),
    (Reason.CORRUPT, (r"object file .* is empty|loose object .* is corrupt|bad object|bad tree|not a tree"
        r"|unable to read tree|missing (?:blob|tree|commit)|index file (?:corrupt|smaller)|bad (?:index|signature)"
        r"|packfile .* |inflate: data stream|Expected git repo version"
        r"|unknown repository extension|Could not parse object|fatal: not a git repository"
        r"|index-pack failed|invalid index-pack|your current branch appears to be broken"
        r"|invalid sha1 pointer|garbage at end|unable to read|bad config line.*[ /]\.git/|did not send all necessary")),
    (Reason.REF_CONFLICT, (r"cannot lock ref .*(?:exists; cannot create|: Not a directory|unable to resolve)"
        r"|would clobber existing tag|\[rejected\]|some local refs could not be updated|refname conflict"
        r"|refusing to fetch into branch|cannot lock ref .* is at .* but expected")),
    (Reason.HOOK, r"ref updates aborted by hook|hook declined|cannot exec '.*hooks/|hook returned"),
    (Reason.CONFIG, r"bad config|bad (?:numeric|boolean) config|unable to parse|No such remote|unknown option"),
    (Reason.PERMISSION, (r"Permission denied|Operation not permitted"
        r"|could not create (?:leading|work tree)|cannot mkdir")),
)  # fmt: skip
_TABLE = [(reason, re.compile(pattern)) for reason, pattern in _PATTERNS]

_WORDLESS = re.compile(r"index-pack failed|invalid index-pack output")
"""Whatever is wrong with a pack, index-pack says it first; alone, this is what the kill of it looks like."""
_NOISE = re.compile(r"^(?:hint: |remote: *$|warning: |Cloning into |From )")

_ERRNOS = {
    errno.ENOSPC: Reason.DISK_FULL,
    errno.EDQUOT: Reason.DISK_FULL,
    errno.EFBIG: Reason.DISK_FULL,
    errno.EACCES: Reason.PERMISSION,
    errno.EPERM: Reason.PERMISSION,
    errno.EROFS: Reason.PERMISSION,
    errno.ENOTDIR: Reason.NOT_A_REPOSITORY,
    errno.EEXIST: Reason.NOT_A_REPOSITORY,  # a file stands where a folder of its path has to be
}


def classify(exit_: Exit, *, network: bool) -> Failure:
    """The reason of a git child that failed.

    Words that no pattern knows: `remote_error` for a child that talked to the remote, which is worth
    another try, else `corrupt`, because a sound repository gives git no unknown failure.
    """
    lines = exit_.lines
    if exit_.code < 0 and exit_.code != -signal.SIGPIPE:  # XFSZ: the person's `ulimit -f`
        lines = (f"git was ended by signal {-exit_.code}", *lines)
    for reason, pattern in _TABLE:
        hit = next((line for line in lines if pattern.search(line)), None)
        if hit is not None:
            if reason is Reason.CORRUPT and all(_WORDLESS.search(line) for line in [hit, *_faults(lines)]):
                message = (
                    f"{_plain(hit)}: it was killed, for want of memory or by a limit of the system maybe"
                )
                return Failure(Reason.INTERNAL, message)
            wait = exit_.retry_after
            asks = "" if wait is None else f" (it asks to wait {wait:.0f} s)"
            return Failure(reason, _plain(hit) + asks, wait)
    said = [line for line in lines if not _NOISE.match(line)]
    if said:
        message = _plain((_faults(said) or said)[0])
    else:
        message = f"git ended with exit code {exit_.code} and no message"
    return Failure(Reason.REMOTE_ERROR if network else Reason.CORRUPT, message)


def _faults(lines: Sequence[str]) -> list[str]:
    return [line for line in lines if line.startswith(("fatal: ", "error: "))]


def _plain(line: str) -> str:
    """The state says already that it is an error."""
    return line.removeprefix("fatal: ").removeprefix("error: ")


def classify_os_error(error: OSError) -> Failure:
    """The reason of a file operation of ours that failed."""
    if isinstance(error, FileNotFoundError) and error.args[:1] == ("git",):
        return Failure(Reason.GIT_MISSING, "git is not installed, or not on the PATH")
    if error.errno in {errno.EMFILE, errno.ENFILE}:
        return Failure(Reason.INTERNAL, "too many open files: raise `ulimit -n`, or lower --jobs")
    reason = _ERRNOS.get(error.errno or 0, Reason.PERMISSION)
    where = f": {error.filename}" if error.filename else ""
    return Failure(reason, clean_text(f"{error.strerror or error}{where}") or type(error).__name__)


def advice(reason: Reason | None, repo: Repo, *, lock: str = "") -> str:
    """One line that names the repo and the command that helps; empty where nothing needs doing.

    `lock` is git's own lock file, where one was in the way.
    """
    at = f"git -C {shlex.quote(str(repo.path))}"
    url = shlex.quote(clean_text(repo.url)) if repo.url else "its remote"
    ask = f"git ls-remote {url}" if repo.url else f"{at} ls-remote"
    host = shlex.quote(repo.host)
    sync = f"synctui sync {shlex.quote(repo.id)}"
    text = (
        {
            Reason.NOT_CLONED: f"clone it by hand: git clone {url if repo.url else 'URL'} {shlex.quote(str(repo.path))}",
            Reason.NO_REMOTE: f"add one: {at} remote add origin URL",
            Reason.DIVERGED: f"both sides have commits: {at} rebase, or {at} merge",
            Reason.DIRTY: f"local changes are in the way: {at} stash, then {sync}",
            Reason.UNTRACKED_OVERWRITE: f"move the files that are in the way: {at} status --ignored, then {sync}",
            Reason.IN_PROGRESS: f"end what you have begun: {at} status",
            Reason.BRANCH_GONE: f"the branch is gone on the remote: {at} switch BRANCH, or {at} branch --unset-upstream",
            Reason.STALLED: f"try it by hand: {ask}; or raise it: {sync} --stall-timeout 300",
            Reason.DEADLINE: f"give it more time: {sync} --timeout 3600",
            Reason.AUTH: f"log in once by hand: {ask}",
            Reason.HOST_KEY: f"check the key and accept it once: ssh {host}",
            Reason.DNS: f"check the name and the network: getent hosts {host}",
            Reason.REFUSED: f"nobody listens there: {ask}",
            Reason.NETWORK: f"try again: {sync}",
            Reason.TLS: f"check the certificate: {ask}",
            Reason.NOT_FOUND: f"check the URL and your access: {ask}",
            Reason.RATE_LIMITED: f"wait, then with fewer at once: {sync} --host-jobs 1",
            Reason.REMOTE_ERROR: f"try again later: {sync}",
            Reason.CORRUPT: f"look at it: {at} fsck --connectivity-only",
            Reason.NOT_A_REPOSITORY: f"move what is there out of the way: ls -la {shlex.quote(str(repo.path))}",
            Reason.URL_MISMATCH: f"compare with the workspace file: {at} remote -v",
            Reason.UNSAFE_OWNER: "if you trust its owner: git config --global --add safe.directory "
            + shlex.quote(str(repo.path)),
            Reason.UNSAFE_URL: f"it would run a command: {at} config --show-origin --get-regexp '^(remote|url|core|gpg)\\.'",
            Reason.LOCK_HELD: f"if no git is at work there: rm {shlex.quote(lock) if lock else 'the lock file'}",
            Reason.DISK_FULL: f"make room: df -h {shlex.quote(str(repo.path.parent))}",
            Reason.PERMISSION: f"look who owns it: ls -ld {shlex.quote(str(repo.path))}",
            Reason.HOOK: f"a hook refused: ls {shlex.quote(str(repo.path))}/.git/hooks",
            Reason.REV_MISSING: f"look what the remote has: {ask}",
            Reason.MOVED: f"HEAD moved meanwhile: {sync}",
            Reason.REF_CONFLICT: f"a ref is in the way of another: {at} remote prune {repo.remote or 'origin'}",
            Reason.CONFIG: f"look at the configuration: {at} config --show-origin --list",
            Reason.GIT_MISSING: f"install git, then: {sync}",
            Reason.INTERNAL: f"try again, and report it if it stays, with the output of: {sync} -v",
        }.get(reason)
        if reason
        else None
    )
    return clean_text(f"{repo.id}: {text}") if text else ""


def busy_advice(repo: Repo) -> str:
    return f"{repo.id}: wait for it, then: synctui sync {shlex.quote(repo.id)}"
