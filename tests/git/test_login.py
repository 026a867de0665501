"""What the person types once on the terminal serves every later git of this process, and is nowhere else."""

import base64
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.git.conftest import World, git
from tests.torture.servers import WebHandler, WebServer, process_list, status
from tui.git import keyring
from tui.git.login import log_in
from tui.git.outcome import Reason, State

TOKEN = "Basic " + base64.b64encode(b"ann:hu@sh=1").decode()


def wants_login(handler: WebHandler) -> bool:
    if handler.headers.get("Authorization") == TOKEN:
        return False
    return status(401, WWW_Authenticate='Basic realm="x"')(handler)


@pytest.fixture
def server(world: World) -> Iterator[WebServer]:
    """Lets in who logs in as ann."""
    with WebServer(world.base, answer=wants_login) as server:
        yield server
    keyring.forget_all()


@pytest.fixture
def typing(person: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A person who answers for ann, in place of a terminal."""
    script = person / "types"
    script.write_text("#!/bin/sh\ncase $1 in User*) echo ann ;; *) echo hu@sh=1 ;; esac\n")
    script.chmod(0o755)
    monkeypatch.setenv("GIT_ASKPASS", str(script))


@pytest.mark.parametrize("way", ["clone", "fetch", "refused password", "rewritten", "user"])
@pytest.mark.usefixtures("typing")
def test_what_is_typed_once_serves_all_of_that_server(
    world: World, server: WebServer, person: Path, way: str
) -> None:
    url, mine = f"{server.url}/remote.git", world.base / "new"
    if way == "refused password":
        url = url.replace("://", "://bob:wrong@")
    if way == "user":
        url = url.replace("://", "://ann@")
    if way == "rewritten":
        login = server.url.replace("://", "://bob:wrong@")
        with (person / ".gitconfig").open("a") as config:
            config.write(f'[url "{login}/"]\ninsteadOf = http://corp.invalid/\n')
        url = "http://corp.invalid/remote.git"
    if way == "fetch":
        git(world.mine, "remote", "set-url", "origin", url)
        mine = world.mine
    repo = world.repo(url=url, path=mine)
    assert world.sync(repo).reason is Reason.AUTH
    listed: list[str] = []

    def look(handler: WebHandler) -> bool:
        listed.extend(line for line in process_list() if server.url.partition("://")[2] in line)
        return wants_login(handler)

    server.answer = look
    assert log_in(url, person)
    outcome = world.sync(repo)
    assert outcome.state in {State.SYNCED, State.UP_TO_DATE}, outcome
    assert [line for line in listed if "remote-http" in line] != []
    assert [line for line in listed if "hu@sh" in line or "wrong" in line] == []
    files = [path for path in person.rglob("*") if path.is_file() and path.name != "types"]
    files += [path for path in mine.rglob("*") if path.is_file()]
    assert [path for path in files if b"hu@sh" in path.read_bytes()] == []


@pytest.mark.usefixtures("typing")
def test_it_goes_to_no_other_server_and_for_no_other_user(
    world: World, server: WebServer, person: Path
) -> None:
    with WebServer(world.base, answer=wants_login) as other:
        assert log_in(f"{server.url}/remote.git", person)
        for url in (f"{other.url}/remote.git", f"{server.url.replace('://', '://bob@')}/remote.git"):
            outcome = world.sync(world.repo(url=url, path=world.base / "new"))
            assert outcome.reason is Reason.AUTH
        assert TOKEN not in other.logins


@pytest.mark.parametrize("way", ["clone", "fetch", "own"])
@pytest.mark.parametrize("knows", ["ann", "bob", "nobody"])
def test_a_user_without_password_is_whom_the_helper_of_the_person_is_asked_for(
    world: World, server: WebServer, person: Path, way: str, knows: str
) -> None:
    """`own`: the clone's own configuration names the user."""
    kept = person / ".git-credentials"
    login = server.url.replace("://", f"://{knows}:hu%40sh%3d1@").replace(
        f":{server.port}", f"%3a{server.port}"
    )
    kept.write_text("" if knows == "nobody" else f"{login}\n")
    before = kept.read_text()
    git(world.mine, "config", "--global", "credential.helper", "store")
    git(world.mine, "config", "--global", f"credential.{server.url}.username", "carl")
    url = f"{server.url}/remote.git"
    named = url.replace("://", "://ann@")
    git(world.mine, "remote", "set-url", "origin", named if way == "own" else url)
    listed: list[str] = []

    def look(handler: WebHandler) -> bool:
        listed.extend(line for line in process_list() if server.url.partition("://")[2] in line)
        return wants_login(handler)

    server.answer = look
    outcome = world.sync(world.repo(url=named, path=world.base / "new" if way == "clone" else world.mine))
    assert (outcome.reason is None) is (knows == "ann"), outcome
    assert outcome.reason in {None, Reason.AUTH}
    assert [line for line in listed if "ann@" in line] == []
    assert kept.read_text() == before


def test_a_token_for_a_user_is_not_told_to_the_helper_of_the_person(
    world: World, server: WebServer, person: Path
) -> None:
    token = "Basic " + base64.b64encode(b"tok-en:").decode()
    server.answer = lambda handler: (
        handler.headers.get("Authorization") != token
        and status(401, WWW_Authenticate='Basic realm="x"')(handler)
    )
    git(world.mine, "config", "--global", "credential.helper", "store")
    login = f"{server.url}/".replace("://", "://tok-en@")
    git(world.mine, "config", "--global", f"url.{login}.insteadOf", "http://corp.invalid/")
    for url, name in ((f"{login}remote.git", "new"), ("http://corp.invalid/remote.git", "rewritten")):
        assert world.sync(world.repo(url=url, path=world.base / name)).state is State.SYNCED
        assert b"tok-en" not in (world.base / name / ".git/config").read_bytes()
        assert world.sync(world.repo(url=url, path=world.base / name)).state is State.UP_TO_DATE
    assert not (person / ".git-credentials").exists()


@pytest.mark.usefixtures("typing")
def test_a_helper_that_stays_holds_nobody_up(world: World, server: WebServer, person: Path) -> None:
    socket = person / "cache" / "socket"
    socket.parent.mkdir(mode=0o700)
    git(world.mine, "config", "--global", "credential.helper", f"cache --socket={socket}")
    end = ["git", "credential-cache", f"--socket={socket}", "exit"]
    try:
        assert log_in(f"{server.url}/remote.git", person)
        assert socket.exists(), "the cache is at work"
        subprocess.run(end, check=True)
        outcome = world.sync(world.repo(url=f"{server.url}/remote.git", path=world.base / "new"))
        assert outcome.state is State.SYNCED
    finally:
        subprocess.run(end, check=True)  # what the login is lent to tells it to the person's helper again


def test_who_is_not_let_in_is_told_so(
    world: World, server: WebServer, person: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GIT_ASKPASS", "true")
    assert not log_in(f"{server.url}/remote.git", person)
    assert keyring.kept(f"{server.url}/remote.git") is None


def test_a_server_without_a_login_leaves_nothing(world: World, server: WebServer, person: Path) -> None:
    server.answer = None
    assert log_in(f"{server.url}/remote.git", person)
    assert keyring.kept(f"{server.url}/remote.git") is None


def test_a_login_of_the_clone_that_is_refused_is_corrected_there(world: World, server: WebServer) -> None:
    url = f"{server.url}/remote.git".replace("://", "://ann:wrong@")
    git(world.mine, "remote", "set-url", "origin", url)
    assert world.sync(world.repo(url=url)).advice == (
        f"mine: the login in its URL was refused; correct it: git -C {world.mine} config --edit;"
        " then: synctui sync mine"
    )


@pytest.mark.parametrize("way", ["clone", "fetch"])
def test_where_git_keeps_no_login_the_advice_says_how_it_would(
    world: World, server: WebServer, person: Path, way: str
) -> None:
    url = f"{server.url}/remote.git"
    if way == "fetch":
        git(world.mine, "remote", "set-url", "origin", url)
    repo = world.repo(url=url, path=world.mine if way == "fetch" else world.base / "new")
    assert world.sync(repo).advice == (
        f"{repo.id}: git keeps no login for {server.url}:"
        f" git config --global credential.helper cache; then log in once: git ls-remote {url}"
    )
    with (person / ".gitconfig").open("a") as config:
        config.write(f'[credential "{server.url}"]\nhelper = true\n')
    assert world.sync(repo).advice == f"{repo.id}: log in once by hand: git ls-remote {url}"
