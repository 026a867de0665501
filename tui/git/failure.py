"""What went wrong: git's words into a reason. Above this nobody reads error text."""

import errno
import re
import signal
from collections.abc import Sequence
from enum import IntEnum

from msgspec import Struct

from tui.git.clean import clean_text
from tui.git.outcome import Outcome, Reason, State
from tui.git.process import Exit
from tui.git.repo import Repo


class Failure(Struct, frozen=True):
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
        about: str = "",
        *,
        lasting: bool = False,
    ) -> None:
        """`repo`: the one that the advice is for, where that is not the job's own but a submodule.

        `about`: what else the advice has to name: the file of a hook, or of a lock, a branch, a
        setting.
        `lasting`: as in `Outcome`.
        """
        super().__init__(message)
        self.state = state
        self.reason = reason
        self.message = message
        self.retry_after = retry_after
        self.repo = repo
        self.about = about
        self.lasting = lasting


class _By(IntEnum):
    """Who says a line. A pattern counts for the lines of those who may say so, and of all above."""

    REMOTE = 0
    WAY = 1
    """ssh, whose words cannot be told from those of the programs that it runs there, and curl."""
    GIT = 2


# In this order: the first pattern that any line matches decides. A cut connection also prints what a
# damaged pack prints, and every ssh failure ends in the same last line, which says nothing.
_PATTERNS: tuple[tuple[Reason, _By, str], ...] = (
    # A redirect to file: or the like.
    (Reason.UNSAFE_URL, _By.GIT, r'Protocol ".*" (?:not supported or )?disabled'),
    (Reason.UNSAFE_OWNER, _By.GIT, r"detected dubious ownership"),
    (Reason.DISK_FULL, _By.GIT, (r"No space left on device|Disk quota exceeded|File too large"
        r"|file write error.*space|unable to write file |couldn't write '"
        rf"|(?:died of|ended by) signal {signal.SIGXFSZ:d}$")),
    # Out of memory, say. What the remote's own programs die of is not meant.
    (Reason.INTERNAL, _By.GIT, (r"^error: (?:index-pack|unpack-objects|rev-list|fetch-pack|git-remote-\w+|clone"
        rf"|checkout) died of signal (?!{signal.SIGPIPE:d}$)|^git was ended by signal"
        r"|^fatal: Out of memory|Too many open files")),
    (Reason.PERMISSION, _By.GIT, r"insufficient permission|unable to create temporary|Read-only file system"),
    (Reason.LOCK_HELD, _By.GIT, (r"Unable to create '.*\.lock': File exists"
        r"|could not lock config file .*File exists")),
    (Reason.HOST_KEY, _By.WAY, r"Host key verification failed|REMOTE HOST IDENTIFICATION HAS CHANGED"),
    (Reason.RATE_LIMITED, _By.REMOTE, r"returned error: 429|HTTP 429|Too Many Requests|rate limit"),
    (Reason.DNS, _By.WAY, (r"Could not resolve (?:host|proxy|hostname)|Name or service not known"
        r"|Temporary failure in name resolution|Unable to look up|nodename nor servname")),
    (Reason.REFUSED, _By.WAY, r"Connection refused|Couldn't connect to server|Failed to connect to"),
    (Reason.TLS, _By.WAY, (r"SSL certificate problem|server certificate verification failed"
        r"|certificate verify failed|SSL_ERROR|SSL_connect|gnutls_handshake|SSL routines"
        r"|unable to access .*(?:SSL|TLS)")),
    (Reason.AUTH, _By.REMOTE, (r"could not read (?:Username|Password) for|terminal prompts disabled"
        r"|Authentication failed|returned error: 40[137]|response 407|HTTP Basic: Access denied"
        r"|Permission denied(?: \([a-z,-]+\)|, please try again)|Too many authentication failures"
        r"|Repository not accessible|(?:^|: )Unauthorized|SAML SSO|[Pp]assword has expired"
        r"|account (?:is|has been|was) (?:suspended|blocked|disabled|locked)")),
    # How ssh is set up, or a program that is not there: the filter of git-lfs, say, of which git may only tell
    # that the remote end hung up.
    (Reason.CONFIG, _By.WAY, (r"Bad owner or permissions on |[Bb]ad configuration option|^Unable to negotiate with "
        r"|^(\S+)(?: .*)?: (?:line )?\d+: \1: (?:(?:command )?not found|Permission denied)$")),
    (Reason.REMOTE_ERROR, _By.REMOTE, (r"returned error: (?!404|410|451)\d\d\d|Internal Server Error"
        r"|remote: .*error: internal|upload-pack: not our ref|dumb http transport|invalid server response")),
    (Reason.NOT_FOUND, _By.REMOTE, (r"repository '.*' not found|does not appear to be a git repository"
        r"|Repository not found|returned error: 4(?:04|10|51)|not valid: is this a git repository"
        r"|repository '.*' does not exist|access denied or repository not exported"
        r"|The project you were looking for could not be found|remote: Not Found"
        r"|[Rr]epository does not exist|Cannot find repository| DENIED by "
        r"|redirects followed|unable to update url base from redirection")),
    (Reason.UNSAFE_URL, _By.GIT, (r"transport '.*' not allowed|[Uu]nable to find remote helper for"
        r"|strange (?:hostname|pathname|port) .* blocked")),
    (Reason.CONFIG, _By.GIT, (r"initialization for subprocess '.*' failed|external filter '.*' failed"
        r"|ssh variant '.*' does not support|^fatal: invalid value for '|^(?:fatal|error): cannot (?:run|exec) "
        # Values of settings.
        r"|^fatal: (?:failed to expand user dir in|invalid refspec|unknown fetch negotiation algorithm"
        r"|bad \w+ compression level|bad \S+ argument|invalid mode for object creation|Unsupported SSL backend"
        r"|unknown value for config|unrecognized value|\S+ cannot be negative|negative values not allowed for)"
        r"|^error: (?:missing value for|could not expand include path)")),
    (Reason.NETWORK, _By.WAY, (r"kex_exchange_identification|Connection reset|early EOF|RPC failed"
        r"|unexpected disconnect|Connection timed out|Operation timed out|Network is unreachable"
        r"|No route to host|Broken pipe|Connection closed by|[Tt]he remote end hung up|Empty reply from server"
        r"|unable to access '(?:https?|ftp)|Recv failure|Send failure|Timeout was reached|Proxy CONNECT"
        r"|HTTP/2 stream|transfer closed")),
    # Of what came, not of what is here; a cut connection, which is above, may look like it.
    (Reason.REMOTE_ERROR, _By.GIT, (r"pack has bad object|inflate returned|bad pack header"
        r"|pack is corrupted")),
    (Reason.REV_MISSING, _By.GIT, (r"Remote branch .* not found in upstream|couldn't find remote ref"
        r"|no such remote ref|unknown revision|did not match any file")),
    (Reason.CORRUPT, _By.GIT, (r"object file .* is empty|loose object .* is corrupt|bad object|bad tree"
        r"|not a tree|unable to read tree|missing (?:blob|tree|commit)|index file (?:corrupt|smaller)"
        r"|bad (?:index|signature)|packfile .* |inflate: data stream|Expected git repo version"
        r"|unknown repository extension|Could not parse object|fatal: not a git repository"
        r"|index-pack failed|invalid index-pack|your current branch appears to be broken|invalid sha1 pointer"
        r"|garbage at end|(?:unterminated|unexpected) line in .*packed-refs|replacement .* not found for|unable to read|bad config line.*[ /]\.git/|did not send all necessary")),
    (Reason.REF_CONFLICT, _By.GIT, (r"cannot lock ref .*(?:exists; cannot create|: Not a directory"
        r"|unable to resolve)|would clobber existing tag|\[rejected\]|some local refs could not be updated"
        r"|refname conflict|refusing to fetch into branch|cannot lock ref .* is at .* but expected")),
    (Reason.HOOK, _By.GIT, r"ref updates aborted by hook|hook declined|cannot exec '.*hooks/|hook returned"),
    (Reason.CONFIG, _By.GIT, (r"bad config|bad (?:numeric|boolean) config|unable to parse|No such remote"
        r"|unknown option")),
    (Reason.PERMISSION, _By.GIT, (r"Permission denied|Operation not permitted"
        r"|could not create (?:leading|work tree)|cannot mkdir")),
)  # fmt: skip

_NO_CONVERSATION = "fatal: Could not read from remote repository."
"""git's last words where ssh, or what it has run there, ended before anything was said by the protocol."""

_WORDLESS = re.compile(r"index-pack failed|invalid index-pack output")
"""Whatever is wrong with a pack, index-pack says it first; alone, this is what the kill of it looks like."""
CHANGED_KEY = "the key of the host has changed"
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


def classify(exit_: Exit, *, network: bool, local: bool = False) -> Failure:
    """The reason of a git child that failed. `local`: the remote is a path of this machine.

    Words that no pattern knows: `remote_error` for a child that talked to the remote, which is worth
    another try, else `corrupt`, because a sound repository gives git no unknown failure.
    """
    lines = exit_.lines
    if exit_.code < 0 and exit_.code != -signal.SIGPIPE:  # XFSZ: the person's `ulimit -f`
        lines = (f"git was ended by signal {-exit_.code}", *lines)
    said = list(zip(lines, _speakers(lines, local=local), strict=True))
    for reason, by, pattern in _PATTERNS:
        hit = next((line for line, speaker in said if speaker >= by and re.search(pattern, line)), None)
        if hit is not None:
            if reason is Reason.CORRUPT and all(_WORDLESS.search(line) for line in [hit, *_faults(lines)]):
                message = (
                    f"{_plain(hit)}: it was killed, for want of memory or by a limit of the system maybe"
                )
                return Failure(Reason.INTERNAL, message)
            if reason is Reason.HOST_KEY:
                hit = _changed_key(lines) or hit
            wait = exit_.retry_after
            asks = "" if wait is None else f" (it asks to wait {wait:.0f} s)"
            return Failure(reason, _plain(hit) + asks, wait)
    return Failure(Reason.REMOTE_ERROR if network else Reason.CORRUPT, _unknown(lines, exit_.code))


_CROWDED = re.compile(r"kex_exchange_identification|Connection reset|returned error: 503")


def is_crowded(outcome: Outcome) -> bool:
    """Whether the remote has more to do than it takes, or says so; fewer at once may be all that it needs."""
    of_network = outcome.reason in {Reason.NETWORK, Reason.REMOTE_ERROR}
    return outcome.reason is Reason.RATE_LIMITED or (
        of_network and _CROWDED.search(outcome.message) is not None
    )


def _speakers(lines: Sequence[str], *, local: bool) -> list[_By]:
    highest = _By.WAY if _NO_CONVERSATION in lines and not local else _By.GIT
    speakers = []
    for line in lines:
        if line.startswith("fatal: remote error:"):  # what follows is more of it: it may have several lines
            highest = _By.REMOTE
        speakers.append(_By.REMOTE if line.startswith("remote:") else highest)
    return speakers


def _changed_key(lines: Sequence[str]) -> str:
    """What ssh says of a host key that is another one now; empty where it is unknown."""
    if not any("REMOTE HOST IDENTIFICATION HAS CHANGED" in line for line in lines):
        return ""
    where = next((line for line in lines if re.match(r"Offending .*key in ", line)), "")
    return CHANGED_KEY + (f": {where}" if where else "")


def _unknown(lines: Sequence[str], code: int) -> str:
    said = [line for line in lines if not _NOISE.match(line)]
    if _NO_CONVERSATION in said:
        told = [line for line in said[: said.index(_NO_CONVERSATION)] if re.search(r"\w", line)]
        said = told[-1:] or said
    if not said:
        return f"git ended with exit code {code} and no message"
    return _plain((_faults(said) or said)[0])


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
