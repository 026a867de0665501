"""Which remote is asked, what is refused, and how its failures are told apart."""

import base64
import contextlib
import http.server
import shlex
import socket
import sys
import threading
from pathlib import Path

import pytest
from msgspec import structs

from tests.git.conftest import World, commit, git
from tui.git.outcome import Reason, State
from tui.git.remote import LIST_CONFIG, Remote, is_on, parse_config, rewritten, same_place
from tui.git.url import url_problem


def test_no_remote_is_skipped(world: World):
    git(world.mine, "remote", "remove", "origin")
    outcome = world.sync(world.repo(url=None))
    assert (outcome.state, outcome.reason) == (State.SKIPPED, Reason.NO_REMOTE)


@pytest.mark.parametrize(
    ("follows", "said"),
    [
        (None, "which of its remotes is not said"),
        ("old", "its branch follows old, which is none of its remotes"),
        ("https://ann:hush@h.org/x", "its branch follows https://h.org/x, which is none of its remotes"),
    ],
)
def test_of_several_remotes_one_has_to_be_followed(world: World, follows: str | None, said: str):
    git(world.mine, "remote", "rename", "origin", "up")
    git(world.mine, "remote", "add", "fork", "https://example.org/fork.git")
    git(world.mine, "config", "--unset", "branch.main.remote")
    if follows:
        git(world.mine, "config", "branch.main.remote", follows)
    outcome = world.sync(world.repo(url=None))
    assert (outcome.state, outcome.reason, outcome.message) == (State.SKIPPED, Reason.NO_REMOTE, said)
    follow = f"git -C {world.mine} branch --set-upstream-to REMOTE/BRANCH"
    assert outcome.advice == f"mine: let its branch follow one of them: {follow}"
    git(world.mine, "branch", "--set-upstream-to", "up/main")
    assert world.sync(world.repo(url=None)).state is State.UP_TO_DATE


def test_another_url_than_the_workspace_says(world: World):
    outcome = world.sync(world.repo(url="https://user:secret@example.org/x.git"))
    assert (outcome.state, outcome.reason) == (State.FAILED, Reason.URL_MISMATCH)
    assert outcome.message == f"remote origin is {world.url}, the workspace says https://example.org/x.git"


def test_an_entry_may_name_its_remote(world: World):
    git(world.mine, "remote", "rename", "origin", "up")
    git(world.mine, "remote", "add", "fork", "https://example.org/fork.git")
    assert world.sync(world.repo(remote="up")).state is State.UP_TO_DATE
    assert world.sync(world.repo()).state is State.UP_TO_DATE
    outcome = world.sync(world.repo(remote="origin"))
    assert (outcome.state, outcome.reason) == (State.FAILED, Reason.CONFIG)


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("remote.origin.uploadpack", "touch RAN; git-upload-pack"),
        ("remote.origin.vcs", "evil"),
        ("remote.origin.url", "ext::sh -c touch% RAN"),
        ("url.ext::sh -c touch% RAN .insteadOf", "file://"),
    ],
)
def test_a_repository_that_would_run_a_command_is_unsafe(world: World, key: str, value: str):
    git(world.mine, "config", key, value)
    outcome = world.sync(world.repo(url=None))
    assert (outcome.state, outcome.reason) == (State.FAILED, Reason.UNSAFE_URL)
    assert list(world.base.rglob("RAN")) == []


def test_the_persons_own_upload_pack_is_theirs(world: World, person):
    with (person / ".gitconfig").open("a") as config:
        config.write('[remote "origin"]\nuploadpack = git-upload-pack\n')
    assert world.sync().state is State.UP_TO_DATE


def test_fsmonitor_of_the_repository_does_not_run(world: World):
    git(world.mine, "config", "core.fsmonitor", f"touch {world.base}/RAN; false")
    world.arrive()
    (world.mine / "a.txt").write_text("edited\n")
    assert world.sync().state is State.SYNCED
    assert not (world.base / "RAN").exists()


@pytest.mark.parametrize(
    ("url", "allowed"),
    [
        ("https://example.org/a.git", True),
        ("ssh://git@example.org/a", True),
        ("git@example.org:a.git", True),
        ("file:///srv/a.git", True),
        ("/srv/a.git", True),
        ("../a", True),
        ("-uhttps://x", False),
        ("ext::sh -c true", False),
        ("fd::3", False),
        ("ftp://example.org/a", False),
        ("https://x/a\n[core]", False),
        ("", False),
    ],
)
def test_allowed_urls(url: str, allowed: bool):
    assert (url_problem(url) is None) is allowed


@pytest.mark.parametrize(
    "other",
    [
        "https://example.org/team/a.git",
        "https://example.org/team/a/",
        "https://user:secret@EXAMPLE.org/team/a",
    ],
)
def test_ways_to_write_one_place(other: str):
    assert same_place(other) == same_place("https://example.org/team/a")


def test_other_places_are_other_places():
    urls = [
        "https://example.org/a",
        "http://example.org/a",
        "https://example.org/A",
        "git@example.org:a",
        "/a",
    ]
    assert len({same_place(url) for url in urls}) == len(urls)
    assert same_place("git@example.org:a.git") == same_place("ssh://git@example.org/a")
    assert same_place("file:///srv/a") == same_place("/srv/a.git")


def test_a_url_that_is_none_is_unsafe(world: World):
    git(world.mine, "remote", "set-url", "origin", "https://[x/a")
    outcome = world.sync()
    assert (outcome.state, outcome.reason) == (State.FAILED, Reason.UNSAFE_URL)


def test_refspecs_map_both_ways():
    remote = Remote("o", "u", ("+refs/heads/*:refs/remotes/o/*", "refs/notes/x:refs/notes/o"), "u")
    assert remote.tracking("refs/heads/a/b") == "refs/remotes/o/a/b"
    assert remote.source("refs/remotes/o/a/b") == "refs/heads/a/b"
    assert remote.tracking("refs/notes/x") == "refs/notes/o"
    assert (remote.tracking("refs/tags/v1"), remote.source("refs/heads/a")) == (None, None)


def test_a_remote_that_is_gone(world: World):
    world.remote.rename(world.base / "elsewhere")
    outcome = world.sync()
    assert (outcome.state, outcome.reason) == (State.FAILED, Reason.NOT_FOUND)
    assert (outcome.old, outcome.new) == (world.head(), world.head())


@contextlib.contextmanager
def answering(status: int, look=None, **headers: str):
    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self):
            if look:
                look(self)
            self.send_response(status)
            for name, value in headers.items():
                self.send_header(name.replace("_", "-"), value)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *args):
            pass

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}/a.git"
        finally:
            server.shutdown()
            thread.join()


@pytest.mark.parametrize(
    ("status", "reason"),
    [
        (401, Reason.AUTH),
        (403, Reason.AUTH),
        (404, Reason.NOT_FOUND),
        (429, Reason.RATE_LIMITED),
        (500, Reason.REMOTE_ERROR),
        (503, Reason.REMOTE_ERROR),
    ],
)
def test_http_answers(world: World, status: int, reason: Reason):
    with answering(status, WWW_Authenticate='Basic realm="x"') as url:
        outcome = world.sync(world.repo(path=world.base / "new", url=url))
    assert (outcome.state, outcome.reason) == (State.FAILED, reason)


def test_login_asks_the_persons_helper_and_no_dialog(world: World, person, monkeypatch):
    asked = person / "asked"
    dialog = person / "dialog"
    dialog.write_text(f"#!/bin/sh\ntouch {person}/DIALOG\n")
    dialog.chmod(0o755)
    for name in ("GIT_ASKPASS", "SSH_ASKPASS"):
        monkeypatch.setenv(name, str(dialog))
    with (person / ".gitconfig").open("a") as config:
        config.write(f'[core]\naskPass = {dialog}\n[credential]\nhelper = "!echo >> {asked}; :"\n')
    with answering(401, WWW_Authenticate='Basic realm="x"') as url:
        outcome = world.sync(world.repo(path=world.base / "new", url=url))
    assert outcome.reason is Reason.AUTH
    assert asked.exists()
    assert not (person / "DIALOG").exists()


class Look:
    """What anybody on the machine sees in the process list at the time of each request."""

    def __init__(self) -> None:
        self.logins: list[str | None] = []
        self._listed: list[str] = []

    def __call__(self, handler: http.server.BaseHTTPRequestHandler) -> None:
        self.logins.append(handler.headers.get("Authorization"))
        for entry in Path("/proc").glob("[0-9]*/cmdline"):
            with contextlib.suppress(OSError):
                self._listed.append(entry.read_text(errors="replace"))

    def check(self, secret: str) -> None:
        assert [line for line in self._listed if "remote-http" in line] != []
        assert [line for line in self._listed if secret in line] == []


@pytest.mark.parametrize("way", ["clone", "fetch", "dry clone"])
def test_a_password_logs_in_and_is_in_no_process_list(world: World, way: str):
    look = Look()
    with answering(401, look, WWW_Authenticate='Basic realm="x"') as url:
        secret = url.replace("://", "://ann:hu%40sh@")
        if way == "fetch":
            git(world.mine, "remote", "set-url", "origin", secret)
        repo = world.repo(url=secret, path=world.mine if way == "fetch" else world.base / "new")
        outcome = world.sync(repo, structs.replace(world.options, dry_run=way == "dry clone"))
    assert outcome.reason is Reason.AUTH
    assert look.logins == [None, "Basic " + base64.b64encode(b"ann:hu@sh").decode()]
    look.check("sh@")


@pytest.mark.parametrize("way", ["clone", "dry clone", "fetch", "submodule"])
def test_a_password_of_a_rewritten_url_is_in_no_process_list(world: World, way: str):
    """As people give a token to a machine: `url.<with password>.insteadOf`."""
    look = Look()
    with answering(401, look, WWW_Authenticate='Basic realm="x"') as url:
        secret = url.replace("://", "://ann:hu%40sh@").removesuffix("a.git")
        git(world.base, "config", "--global", f"url.{secret}.insteadOf", "http://corp.invalid/")
        git(world.base, "config", "--global", "url.http://nowhere.invalid/.insteadOf", "http://corp")
        asked = "http://corp.invalid/a.git"
        path = world.base / "new" if "clone" in way else world.mine
        repo = world.repo(url=asked, path=path)
        if way == "fetch":
            git(world.mine, "remote", "set-url", "origin", asked)
        if way == "submodule":
            (world.theirs / ".gitmodules").write_text(f'[submodule "part"]\n\tpath = part\n\turl = {asked}\n')
            git(world.theirs, "update-index", "--add", "--cacheinfo", f"160000,{world.head()},part")
            commit(world.theirs, ".gitmodules", (world.theirs / ".gitmodules").read_text())
            world.push()
            repo = world.repo(submodules=True)
        outcome = world.sync(repo, structs.replace(world.options, dry_run=way == "dry clone"))
    assert outcome.reason is Reason.AUTH
    assert look.logins[:2] == [None, "Basic " + base64.b64encode(b"ann:hu@sh").decode()]
    look.check("sh@")
    assert "sh@" not in repr(outcome)


@pytest.mark.parametrize("way", ["clone", "fetch"])
def test_a_page_is_no_remote_for_a_dry_run_either(world: World, way: str):
    with answering(200, Content_Type="text/html") as url:
        git(world.mine, "remote", "set-url", "origin", url)
        repo = world.repo(url=url, path=world.mine if way == "fetch" else world.base / "new")
        outcome = world.sync(repo, structs.replace(world.options, dry_run=True))
    assert (outcome.state, outcome.reason) == (State.FAILED, Reason.REMOTE_ERROR)


ASK = "import sys, urllib.request; urllib.request.urlopen(sys.argv[1])"


@pytest.mark.parametrize("way", ["http", "ssh"])
def test_a_password_of_a_submodule_is_in_no_process_list(
    world: World, monkeypatch: pytest.MonkeyPatch, way: str
):
    listed: list[str] = []
    logins: list[str | None] = []

    def look(handler: http.server.BaseHTTPRequestHandler) -> None:
        logins.append(handler.headers.get("Authorization"))
        for entry in Path("/proc").glob("[0-9]*/cmdline"):
            with contextlib.suppress(OSError):
                listed.append(entry.read_text(errors="replace"))

    head = world.head()
    with answering(401, look, WWW_Authenticate='Basic realm="x"') as web:
        ssh = world.base / "ssh"
        ssh.write_text(f"#!/bin/sh\n{sys.executable} -c {shlex.quote(ASK)} {web}\nexit 1\n")
        ssh.chmod(0o755)
        monkeypatch.setenv("GIT_SSH_COMMAND", str(ssh))
        url = "ssh://ann:hu%40sh@h.invalid/a.git" if way == "ssh" else web.replace("://", "://ann:hu%40sh@")
        (world.theirs / ".gitmodules").write_text(f'[submodule "it\'s"]\n\tpath = part\n\turl = {url}\n')
        git(world.theirs, "update-index", "--add", "--cacheinfo", f"160000,{head},part")
        commit(world.theirs, ".gitmodules", (world.theirs / ".gitmodules").read_text())
        world.push()
        outcome = world.sync(world.repo(submodules=True))
    assert (outcome.state, outcome.message.partition(":")[0]) == (State.FAILED, "submodule part")
    assert "sh@" not in repr(outcome)
    assert [line for line in listed if "submodule" in line] != []
    assert [line for line in listed if "sh@" in line] == []
    if way == "http":
        assert outcome.reason is Reason.AUTH
        assert "Basic " + base64.b64encode(b"ann:hu@sh").decode() in logins


def test_nobody_listens(world: World):
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{free.getsockname()[1]}/a.git"
        outcome = world.sync(world.repo(path=world.base / "new", url=url))
    assert (outcome.state, outcome.reason) == (State.FAILED, Reason.REFUSED)


def test_a_new_ref_in_the_way_of_an_old_one(world: World):
    git(world.theirs, "push", "-q", "origin", "HEAD:topic")
    git(world.mine, "fetch", "-q")
    git(world.theirs, "push", "-q", "origin", ":topic")
    git(world.theirs, "push", "-q", "origin", "HEAD:topic/part")
    outcome = world.sync()
    assert (outcome.state, outcome.reason) == (State.FAILED, Reason.REF_CONFLICT)


def test_gits_own_lock_is_named_and_left(world: World):
    world.arrive()
    lock = world.mine / ".git/index.lock"
    lock.touch()
    outcome = world.sync()
    assert (outcome.state, outcome.reason) == (State.FAILED, Reason.LOCK_HELD)
    assert outcome.advice == f"mine: if no git is at work there: rm {lock}"
    assert lock.exists()


def damage_head(world: World) -> None:
    (world.mine / ".git/HEAD").write_text("")


def make_newer(world: World) -> None:
    git(world.mine, "config", "core.repositoryformatversion", "99")


def lose_git_dir(world: World) -> None:
    (world.mine / ".git").rename(world.base / "away")
    (world.mine / ".git").write_text("gitdir: nowhere\n")


@pytest.mark.parametrize("damage", [damage_head, make_newer, lose_git_dir])
def test_a_damaged_git_dir_is_corrupt(world: World, damage):
    damage(world)
    outcome = world.sync()
    assert (outcome.state, outcome.reason) == (State.FAILED, Reason.CORRUPT)


def test_a_damaged_repository_is_not_taken_for_the_one_around_it(world: World):
    git(world.base, "clone", "-q", "--no-checkout", world.url, "around")
    (world.base / "around/.git").rename(world.base / ".git")
    damage_head(world)
    outcome = world.sync()
    assert (outcome.state, outcome.reason) == (State.FAILED, Reason.CORRUPT)
    assert git(world.base, "reflog").count("\n") == 0


def test_a_missing_tree_is_corrupt_although_merge_says_nothing(world: World):
    world.arrive()
    git(world.mine, "fetch", "-q")
    tree = git(world.mine, "rev-parse", "origin/main^{tree}")
    (world.mine / ".git/objects" / tree[:2] / tree[2:]).unlink()
    outcome = world.sync()
    assert (outcome.state, outcome.reason) == (State.FAILED, Reason.CORRUPT)
    assert outcome.message != ""


def test_git_missing(world: World, monkeypatch):
    world.sync()
    monkeypatch.setenv("PATH", "/nonexistent")
    outcome = world.sync()
    assert (outcome.state, outcome.reason) == (State.FAILED, Reason.GIT_MISSING)


def test_credentials_are_nowhere_in_the_outcome(world: World):
    with answering(500) as url:
        secret = url.replace("://", "://ann:hush@")
        git(world.mine, "remote", "set-url", "origin", secret)
        outcome = world.sync(world.repo(url=secret))
    assert outcome.reason is Reason.REMOTE_ERROR
    assert "hush" not in repr(outcome)
    assert outcome.url == url


@pytest.mark.parametrize("secret", ["?access_token=hush", "?a=b&private_token=hush", "#hush"])
@pytest.mark.parametrize("way", ["clone", "fetch"])
def test_what_would_show_in_the_process_list_is_not_asked(world: World, secret: str, way: str):
    with answering(500) as server:
        url = f"{server}{secret}"
        git(world.mine, "remote", "set-url", "origin", url)
        outcome = world.sync(world.repo(url=url, path=world.mine if way == "fetch" else world.base / "new"))
    assert outcome.reason is Reason.UNSAFE_URL
    assert outcome.message.endswith(
        "the process list would show: keep the login in a credential helper of git"
    )
    assert "hush" not in repr(outcome)


def test_a_repo_that_was_only_found_may_change_its_remote(world: World):
    found = world.repo(url="https://elsewhere.example/other.git", found=True)
    assert world.sync(found).state is State.UP_TO_DATE


def test_a_password_that_is_a_word_garbles_no_message(world: World):
    with answering(500) as url:
        outcome = world.sync(world.repo(url=url.replace("://", "://ann:error@"), path=world.base / "new"))
    assert "returned error: 500" in outcome.message


def test_what_is_traced_of_a_transfer_is_not_its_data(world: World, monkeypatch: pytest.MonkeyPatch):
    """A pack would be written out in full, in memory."""
    monkeypatch.setenv("GIT_SSH_COMMAND", f"env > {world.base}/env; false")
    world.sync(world.repo(url="ssh://host.invalid/a", path=world.base / "new"))
    traced = [line for line in (world.base / "env").read_text().splitlines() if "TRACE_CURL" in line]
    assert "GIT_TRACE_CURL_NO_DATA=1" in traced
    assert len(traced) == 2


def test_of_prefixes_as_long_as_each_other_that_of_the_base_named_first_counts(world: World) -> None:
    elsewhere = world.base / "elsewhere"
    with (world.mine / ".git/config").open("a") as file:
        for base, prefix in ((world.remote, "zz:"), (elsewhere, "gh:"), (world.remote, "gh:")):
            file.write(f'[url "{base}"]\n\tinsteadOf = {prefix}\n')
    git(world.mine, "config", "remote.origin.url", "gh:")
    settings = parse_config(git(world.mine, *LIST_CONFIG).encode())
    assert rewritten("gh:", settings) == git(world.mine, "ls-remote", "--get-url") == str(world.remote)


@pytest.mark.parametrize(
    ("written", "is_true"), [("prune", True), ("prune =", False), ("prune = 00", False), ("prune = 2", True)]
)
def test_a_boolean_is_read_as_git_reads_it(world: World, written: str, is_true: bool) -> None:
    with (world.mine / ".git/config").open("a") as file:
        file.write(f"[fetch]\n\t{written}\n")
    settings = parse_config(git(world.mine, *LIST_CONFIG).encode())
    said = git(world.mine, "config", "--type=bool", "fetch.prune")
    assert (is_on(settings, "fetch.prune"), said) == (is_true, str(is_true).lower())
