import pytest

from tui.git.failure import Failure, classify, classify_os_error
from tui.git.outcome import Reason
from tui.git.process import Exit

SSH_END = "fatal: Could not read from remote repository."


@pytest.mark.parametrize(
    ("reason", "lines"),
    [
        (Reason.AUTH, ["fatal: could not read Username for 'https://h': terminal prompts disabled"]),
        (Reason.AUTH, ["remote: Invalid username", "fatal: Authentication failed for 'https://h/x/'"]),
        (Reason.AUTH, ["fatal: unable to access 'https://h/x/': The requested URL returned error: 403"]),
        (Reason.AUTH, ["git@h: Permission denied (publickey,password,keyboard-interactive).", SSH_END]),
        (Reason.HOST_KEY, ["Host key verification failed.", SSH_END]),
        (Reason.HOST_KEY, ["@    WARNING: REMOTE HOST IDENTIFICATION HAS CHANGED!     @", SSH_END]),
        (Reason.REFUSED, ["ssh: connect to host h port 22: Connection refused", SSH_END]),
        (
            Reason.REFUSED,
            [
                (
                    "fatal: unable to access 'http://h/': Failed to connect to h port 1 after 0 ms: "
                    "Couldn't connect to server"
                )
            ],
        ),
        (Reason.DNS, ["fatal: unable to access 'https://h/': Could not resolve host: h"]),
        (Reason.DNS, ["ssh: Could not resolve hostname h: Name or service not known", SSH_END]),
        (Reason.NOT_FOUND, ["remote: Not Found", "fatal: repository 'https://h/x/' not found"]),
        (Reason.NOT_FOUND, ["fatal: '/x' does not appear to be a git repository", SSH_END]),
        (Reason.NOT_FOUND, ["ERROR: Repository not found.", SSH_END]),
        (Reason.NETWORK, ["kex_exchange_identification: Connection closed by remote host", SSH_END]),
        (Reason.NETWORK, ["ssh: connect to host h port 22: Connection timed out", SSH_END]),
        (
            Reason.NETWORK,
            [
                "error: RPC failed; curl 18 transfer closed with outstanding read data remaining",
                "fatal: early EOF",
                "fatal: index-pack failed",
            ],
        ),
        (
            Reason.TLS,
            ["fatal: unable to access 'https://h/': SSL certificate problem: self-signed certificate"],
        ),
        (
            Reason.RATE_LIMITED,
            ["fatal: unable to access 'https://h/': The requested URL returned error: 429"],
        ),
        (
            Reason.REMOTE_ERROR,
            ["fatal: unable to access 'https://h/': The requested URL returned error: 502"],
        ),
        (
            Reason.CONFIG,
            ["git-lfs smudge: 1: git-lfs: not found", "fatal: the remote end hung up unexpectedly"],
        ),
        (
            Reason.NETWORK,
            ["bash: line 1: git-upload-pack: command not found", "fatal: the remote end hung up"],
        ),
        (Reason.DISK_FULL, ["fatal: write error: No space left on device", "fatal: index-pack failed"]),
        (
            Reason.PERMISSION,
            [
                "error: insufficient permission for adding an object to repository database",
                "fatal: early EOF",
            ],
        ),
        (Reason.PERMISSION, ["error: cannot open '.git/FETCH_HEAD': Permission denied"]),
        (Reason.UNSAFE_OWNER, ["fatal: detected dubious ownership in repository at '/x'"]),
        (Reason.UNSAFE_URL, ["fatal: transport 'ext' not allowed"]),
        (Reason.LOCK_HELD, ["fatal: Unable to create '/x/.git/index.lock': File exists."]),
        (
            Reason.REF_CONFLICT,
            ["error: cannot lock ref 'refs/remotes/o/a/b': 'refs/remotes/o/a' exists; cannot create 'x'"],
        ),
        (Reason.REF_CONFLICT, [" ! [rejected]        v1         -> v1  (would clobber existing tag)"]),
        (Reason.HOOK, ["fatal: ref updates aborted by hook"]),
        (
            Reason.CORRUPT,
            ["error: object file .git/objects/aa/bb is empty", "fatal: loose object aabb is corrupt"],
        ),
        (Reason.CORRUPT, ["fatal: Expected git repo version <= 1, found 99"]),
        (Reason.CORRUPT, ["fatal: unterminated line in .git/packed-refs: 70bd47d"]),
        (
            Reason.REMOTE_ERROR,
            ["fatal: pack has bad object at offset 12: inflate returned -3", "fatal: index-pack failed"],
        ),
        (
            Reason.REMOTE_ERROR,
            [
                "error: inflate: data stream error (x)",
                "error: inflate returned -3",
                "fatal: unpack-objects failed",
            ],
        ),
        (Reason.CORRUPT, ["error: inflate: data stream error (x)", "fatal: loose object aabb is corrupt"]),
        (Reason.AUTH, ["fatal: unable to access 'https://h/': CONNECT tunnel failed, response 407"]),
        (Reason.NOT_FOUND, ["fatal: unable to access 'https://h/': The requested URL returned error: 451"]),
        (
            Reason.REMOTE_ERROR,
            ["fatal: unable to access 'https://h/': The requested URL returned error: 418"],
        ),
        (Reason.CONFIG, ["fatal: bad config line 3 in file /home/ann/.gitconfig"]),
        (Reason.CONFIG, ["fatal: ssh variant 'simple' does not support setting port"]),
        (Reason.CONFIG, ["fatal: invalid value for 'submodule.x.update'"]),
        (
            Reason.CONFIG,
            ["error: missing value for 'core.x'", "fatal: bad config line 13 in file .git/config"],
        ),
        (Reason.CONFIG, ["error: cannot run my-ssh: No such file or directory", "fatal: unable to fork"]),
        (Reason.CONFIG, ["Bad owner or permissions on /home/ann/.ssh/config", SSH_END]),
        (Reason.CONFIG, ["/home/ann/.ssh/config: line 3: Bad configuration option: x", SSH_END]),
        (
            Reason.CONFIG,
            [
                "Unable to negotiate with ::1 port 22: no matching host key type found. Their offer: x",
                SSH_END,
            ],
        ),
        (Reason.CONFIG, ["my-ssh: 1: my-ssh: not found", SSH_END]),
        (Reason.AUTH, ["ERROR: Your account is suspended. Please check your email.", SSH_END]),
        (Reason.AUTH, ["ERROR: The 'x' organization has enabled or enforced SAML SSO.", SSH_END]),
        (Reason.AUTH, ["Unauthorized", SSH_END]),
        (Reason.AUTH, ["Gitea: Unauthorized", SSH_END]),
        (Reason.AUTH, ["WARNING: Your password has expired.", SSH_END]),
        (Reason.NOT_FOUND, ["FATAL: R any x ann DENIED by fallthru", "(or you mis-spelled it)", SSH_END]),
        (Reason.NOT_FOUND, ["Gitea: Repository does not exist", SSH_END]),
        (Reason.NOT_FOUND, ["fatal: unable to access 'http://h/': Maximum (20) redirects followed"]),
        (Reason.NOT_FOUND, ["fatal: unable to update url base from redirection:", "  asked for: x"]),
        (Reason.INTERNAL, ["error: cannot create async thread: Too many open files"]),
        (Reason.REV_MISSING, ["fatal: Remote branch nope not found in upstream origin"]),
    ],
)
def test_reasons(reason: Reason, lines: list[str]):
    assert classify(Exit(128, b"", tuple(lines)), network=True).reason is reason


def test_the_line_that_decides_is_the_message():
    lines = ("warning: x", "ssh: connect to host h port 22: Connection refused", SSH_END)
    assert classify(Exit(128, b"", lines), network=True).message == lines[1]


WORDS_OF_GIT = [
    "fatal: Unable to create '/home/ann/precious.lock': File exists.",
    "fatal: detected dubious ownership in repository at '/x'",
    "fatal: write error: No space left on device",
    "error: cannot open '.git/FETCH_HEAD': Operation not permitted",
    "fatal: Out of memory, malloc failed",
    "error: object file .git/objects/aa/bb is empty",
    "fatal: ref updates aborted by hook",
    "fatal: bad config line 3 in file /srv/x.git/config",
]


@pytest.mark.parametrize("words", WORDS_OF_GIT)
def test_the_words_of_a_remote_are_not_taken_for_those_of_git(words: str):
    def reason(*lines: str, local: bool = False) -> Reason:
        return classify(Exit(128, b"", lines), network=True, local=local).reason

    git_itself = reason(words)
    assert git_itself is not Reason.REMOTE_ERROR
    assert reason(f"remote: {words}", "fatal: the moon is full") is Reason.REMOTE_ERROR
    assert reason(f"fatal: remote error: {words}") is Reason.REMOTE_ERROR
    assert reason("fatal: remote error: a first line", words) is Reason.REMOTE_ERROR
    assert reason(words, SSH_END) is Reason.REMOTE_ERROR
    assert reason(words, SSH_END, local=True) is git_itself


def test_a_remote_cannot_say_that_its_own_key_is_wrong():
    lines = ("fatal: remote error: Host key verification failed.",)
    assert classify(Exit(128, b"", lines), network=True).reason is Reason.REMOTE_ERROR


def test_a_key_that_has_changed_is_no_unknown_one():
    lines = (
        "@    WARNING: REMOTE HOST IDENTIFICATION HAS CHANGED!     @",
        "Offending ECDSA key in /home/ann/.ssh/known_hosts:1",
        "Host key verification failed.",
        SSH_END,
    )
    changed = classify(Exit(128, b"", lines), network=True)
    assert changed == Failure(
        Reason.HOST_KEY,
        "the key of the host has changed: Offending ECDSA key in /home/ann/.ssh/known_hosts:1",
    )
    unknown = classify(Exit(128, b"", lines[2:]), network=True)
    assert unknown == Failure(Reason.HOST_KEY, "Host key verification failed.")


@pytest.mark.parametrize(
    "lines",
    [
        ["Welcome!", "fatal: no room for you", "====", SSH_END, "", "Please make sure you have"],
        ["error: no room for you", SSH_END],
    ],
)
def test_what_ssh_said_before_git_s_last_words(lines: list[str]):
    failure = classify(Exit(128, b"", tuple(lines)), network=True)
    assert failure == Failure(Reason.REMOTE_ERROR, "no room for you")


def test_words_that_nobody_knows():
    lines = ("hint: a", "fatal: the moon is full", "hint: b")
    assert classify(Exit(128, b"", lines), network=True) == Failure(Reason.REMOTE_ERROR, "the moon is full")
    assert classify(Exit(1, b"", (SSH_END,)), network=True) == Failure(
        Reason.REMOTE_ERROR, SSH_END.removeprefix("fatal: ")
    )


@pytest.mark.parametrize(
    ("reason", "lines"),
    [
        (Reason.INTERNAL, ["remote: Counting objects", "fatal: fetch-pack: invalid index-pack output"]),
        (Reason.INTERNAL, ["error: unpack-objects died of signal 9", "fatal: unpack-objects failed"]),
        (
            Reason.INTERNAL,
            ["error: rev-list died of signal 9", "error: u did not send all necessary objects"],
        ),
        (Reason.INTERNAL, ["fatal: Out of memory, malloc failed", "fatal: index-pack failed"]),
        (Reason.CORRUPT, ["fatal: SHA1 COLLISION FOUND", "fatal: fetch-pack: invalid index-pack output"]),
        (
            Reason.NETWORK,
            ["error: pack-objects died of signal 9", "fatal: early EOF", "fatal: index-pack failed"],
        ),
    ],
)
def test_a_program_of_git_that_was_killed_is_no_damage(reason: Reason, lines: list[str]):
    assert classify(Exit(128, b"", tuple(lines)), network=True).reason is reason


@pytest.mark.parametrize("network", [True, False])
def test_a_git_that_somebody_killed(network: bool):
    killed = Exit(-9, b"", ("remote: Counting objects",))
    assert classify(killed, network=network) == Failure(Reason.INTERNAL, "git was ended by signal 9")
    assert classify(Exit(-25, b""), network=network).reason is Reason.DISK_FULL


def test_the_wait_that_the_remote_asks_for_is_said():
    lines = ("fatal: unable to access 'https://h/': The requested URL returned error: 429",)
    failure = classify(Exit(128, b"", lines, retry_after=30.0), network=True)
    assert failure.retry_after == 30.0
    assert failure.message.endswith("error: 429 (it asks to wait 30 s)")


def test_file_errors():
    assert classify_os_error(OSError(28, "No space left on device", "/x")) == Failure(
        Reason.DISK_FULL, "No space left on device: /x"
    )
    assert classify_os_error(PermissionError(13, "Permission denied", "/x")).reason is Reason.PERMISSION
