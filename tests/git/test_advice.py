"""The advice names the repo, and what it says to type can be typed."""

import shlex
from pathlib import Path

import pytest
from msgspec import structs

from tests.git.conftest import World, git
from tui.git.advice import advice, login_helps
from tui.git.failure import CHANGED_KEY
from tui.git.outcome import Reason
from tui.git.repo import Repo
from tui.git.work import own_lock

QUIET = {
    Reason.FRESH,
    Reason.DISABLED,
    Reason.HELD,
    Reason.USER,
    Reason.SIGNAL,
    Reason.FAIL_FAST,
    Reason.QUIT,
}


@pytest.mark.parametrize("reason", list(Reason))
def test_it_is_one_line_that_names_the_repo(reason: Reason):
    repo = Repo("team/it", Path("/srv/it's here"), url="https://ann:hush@h.org/x.git")
    line = advice(reason, repo)
    assert line.startswith("team/it: ") is (reason not in QUIET)
    assert "hush" not in line
    assert "\n" not in line
    assert "{" not in line


def test_the_user_of_an_ssh_url_belongs_to_it():
    line = advice(Reason.AUTH, Repo("it", Path("/it"), "ssh://git:hush@h.org:22/x.git"))
    assert line == "it: log in once by hand: git ls-remote ssh://git@h.org:22/x.git"


@pytest.mark.parametrize("reason", [Reason.CONFIG, Reason.CORRUPT, Reason.REF_CONFLICT, Reason.UNSAFE_URL])
def test_a_clone_that_failed_has_no_place(reason: Reason, tmp_path: Path):
    there, gone = Repo("it", tmp_path, "https://h/x"), Repo("it", tmp_path / "gone", "https://h/x")
    assert f"git -C {tmp_path} " in advice(reason, there)
    assert "gone" not in advice(reason, gone)


def test_of_a_missing_path_what_there_is_of_it_is_looked_at(tmp_path: Path):
    repo = Repo("it", tmp_path / "new/one")
    assert advice(Reason.PERMISSION, repo).endswith(f" ls -ld {tmp_path}")
    assert advice(Reason.DISK_FULL, repo).endswith(f" df -h {tmp_path}")
    read_only = advice(Reason.PERMISSION, repo, "Read-only file system: /x")
    assert read_only == f"it: its file system is read-only: df {tmp_path}; mount"


@pytest.mark.parametrize(
    ("url", "name"),
    [
        ("ssh://deploy@h.org:2222/x.git", "'[h.org]:2222'"),
        ("ssh://deploy@h.org:22/x.git", "h.org"),
        ("deploy@h.org:x.git", "h.org"),
        ("ssh://deploy@h.org:no/x.git", "h.org"),
    ],
)
def test_a_key_that_has_changed_is_not_to_be_accepted(url: str, name: str):
    repo = Repo("it", Path("/it"), url)
    ask = f"git ls-remote {url}"
    assert advice(Reason.HOST_KEY, repo) == f"it: check the key and accept it once: {ask}"
    line = advice(Reason.HOST_KEY, repo, f"submodule x: {CHANGED_KEY}: Offending key in /it:1")
    assert line.endswith(f" ssh-keygen -R {name}")
    assert "compare the fingerprint" in line


@pytest.mark.parametrize(
    ("reason", "message", "words"),
    [
        (
            Reason.CONFIG,
            "git-lfs smudge -- 'x': 1: git-lfs: not found",
            "install git-lfs, then: synctui sync it",
        ),
        (Reason.CONFIG, "x: line 1: git-lfs: command not found", "install git-lfs, then: synctui sync it"),
        (
            Reason.CONFIG,
            "Bad owner or permissions on /home/ann/.ssh/config",
            "look at the settings of ssh: git ls-remote h:x",
        ),
        (
            Reason.INTERNAL,
            "too many open files: raise it",
            "raise the limit, or take fewer at once: ulimit -n 4096; synctui sync it --jobs 2",
        ),
        (
            Reason.URL_MISMATCH,
            "remote up is h:y, the workspace says h:x",
            (
                "give it the URL of the workspace file: git remote set-url up h:x;"
                " or correct that file: synctui list it"
            ),
        ),
        (
            Reason.UNSAFE_OWNER,
            "detected dubious ownership in repository at '/srv/x'",
            "if you trust its owner: git config --global --add safe.directory /srv/x",
        ),
    ],
)
def test_the_message_may_say_more_than_the_reason(reason: Reason, message: str, words: str):
    assert advice(reason, Repo("it", Path("/it"), "h:x"), message) == f"it: {words}"


def test_a_path_that_only_looks_like_another_is_named_by_its_bytes(tmp_path: Path):
    hidden = tmp_path / "proj\u202e"
    hidden.mkdir()
    line = advice(Reason.IN_PROGRESS, Repo("it", hidden))
    assert line == rf"it: end what you have begun: git -C $'{tmp_path}/proj\xe2\x80\xae' status"
    line = advice(
        Reason.UNSAFE_OWNER, Repo("it", hidden), "dubious ownership in repository at '/x/proj\ufffd'"
    )
    assert line.endswith(rf" safe.directory $'{tmp_path}/proj\xe2\x80\xae'")


ORG = "The 'acme' organization has enabled or enforced SAML SSO."


@pytest.mark.parametrize(
    ("message", "words"),
    [
        (
            ORG,
            "allow your key or token for the single sign-on of the organization, in its settings on h.org, then: ",
        ),
        ("Your password has expired.", "set a new password at h.org first, then: "),
        ("ERROR: Your account is suspended.", "no login helps: ask who runs h.org about the account, then: "),
    ],
)
def test_where_no_login_helps_none_is_advised(message: str, words: str):
    repo = Repo("it", Path("/it"), "https://h.org/x")
    assert (
        advice(Reason.AUTH, repo, message, "https://h.org", repo.url or "") == f"it: {words}synctui sync it"
    )
    assert not login_helps(Reason.AUTH, message)
    assert login_helps(Reason.AUTH, "Authentication failed")


def test_a_login_in_the_url_is_corrected_there(tmp_path: Path):
    login = "https://ann:hush@h.org/x"
    of_entry, of_clone = Repo("it", tmp_path, login), Repo("it", tmp_path)
    refused = "it: the login in its URL was refused; correct it: "
    assert advice(Reason.AUTH, of_entry, "", "https://h.org", login) == (
        f"{refused}in the workspace file; then: synctui sync it"
    )
    for repo in (of_clone, structs.replace(of_entry, found=True)):
        assert advice(Reason.AUTH, repo, "", "", login) == (
            f"{refused}git -C {tmp_path} config --edit; then: synctui sync it"
        )
    named = "https://ann@h.org/x"
    line = advice(Reason.AUTH, structs.replace(of_entry, url=named), "", "", named)
    assert line == "it: log in once by hand as the user that its URL names: git ls-remote https://h.org/x"


def test_a_url_that_may_not_be_shown_is_in_no_command(tmp_path: Path):
    repo = Repo("it", tmp_path, "ssh://h.org/x?token=hush")
    assert advice(Reason.NOT_FOUND, repo) == f"it: check the URL and your access: git -C {tmp_path} ls-remote"
    assert advice(Reason.NOT_CLONED, repo) == f"it: clone it by hand: git clone URL {tmp_path}"


def test_what_helps_many_of_a_host_is_no_command_for_one():
    assert advice(Reason.RATE_LIMITED, Repo("it", Path("/it"))) == (
        "it: wait, then: synctui sync it; for many repos add --host-jobs 1"
    )


def test_a_branch_that_is_gone(tmp_path: Path):
    repo = Repo("it", tmp_path)
    at = f"git -C {tmp_path}"
    assert advice(Reason.BRANCH_GONE, repo) == (
        f"it: see what the remote has: {at} branch -r, or keep yours: {at} branch --unset-upstream"
    )
    assert advice(Reason.BRANCH_GONE, repo, about="trunk").endswith(f"{at} switch trunk")


def test_only_a_lock_of_the_repo_itself_is_to_be_removed(world: World):
    lock = world.mine / ".git/index.lock"
    said = "Unable to create '{}': File exists."
    assert own_lock(world.repo(), said.format(lock)) == str(lock)
    assert own_lock(world.repo(), "could not lock config file .git/config: File exists") == (
        str(world.mine / ".git/config.lock")
    )
    for other in ("/home/ann/x.lock", world.mine / "yarn.lock", world.mine / ".git/../yarn.lock"):
        assert own_lock(world.repo(), said.format(other)) == ""
    git(world.mine, "worktree", "add", "-q", str(world.base / "tree"))
    assert own_lock(world.repo(path=world.base / "tree"), said.format(lock)) == str(lock)
    words = shlex.split(advice(Reason.LOCK_HELD, world.repo(), said.format("/home/ann/x.lock")))
    assert "rm" not in words
