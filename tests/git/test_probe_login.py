"""A probe logs in as git would: by the person's helpers, asked once a server, or by netrc; and keeps nothing."""

import base64
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from rich.pretty import pretty_repr

from tests.git.conftest import World, git
from tests.git.test_probe import probed, set_url, sync
from tests.torture.servers import WebHandler, WebServer, process_list, status
from tui.git import keyring
from tui.git.outcome import Reason, State
from tui.git.probe.login import Login, logins

_PASSWORD = "hunter2-correct-horse"
_TOKEN = "Basic " + base64.b64encode(f"ann:{_PASSWORD}".encode()).decode()


class Gatekeeper:
    """Lets in who has the token."""

    def __init__(self) -> None:
        self.token = _TOKEN
        self.schemes = 'Basic realm="x, y=z"'

    def __call__(self, handler: WebHandler) -> bool:
        if handler.headers.get("Authorization") == self.token:
            return False
        return status(401, WWW_Authenticate=self.schemes)(handler)


@pytest.fixture
def gatekeeper() -> Gatekeeper:
    return Gatekeeper()


@pytest.fixture
def web(world: World, gatekeeper: Gatekeeper) -> Iterator[WebServer]:
    logins.forget()
    with WebServer(world.base, answer=gatekeeper) as server:
        set_url(world, f"{server.url}/remote.git")
        yield server
    logins.forget()


@pytest.fixture
def helper(person: Path) -> Path:
    """A credential helper that writes down what it is asked and told."""
    said, script = person / "said", person / "helper"
    script.write_text(
        f'#!/bin/sh\n{{ echo "$1"; cat; }} >>{said}\n'
        f'test "$1" = get && printf "username=ann\\npassword={_PASSWORD}\\n"\nexit 0\n'
    )
    script.chmod(0o755)
    with (person / ".gitconfig").open("a") as config:
        config.write(f"[credential]\n\thelper = {script}\n")
    return said


def verbs(said: Path) -> list[str]:
    return [line for line in said.read_text().splitlines() if line in {"get", "store", "erase"}]


def test_the_helper_is_asked_once_a_server_and_told_that_it_was_right(
    world: World, web: WebServer, helper: Path
) -> None:
    assert [probed(sync(world)) for _ in range(3)] == ["probed"] * 3
    assert verbs(helper) == ["get", "store"]
    assert web.logins == [None, _TOKEN, _TOKEN, _TOKEN]
    told = helper.read_text().split("store\n")[1]
    assert f"host=127.0.0.1:{web.port}\n" in told
    assert f"username=ann\npassword={_PASSWORD}\n" in told


def test_no_traceback_shows_a_login() -> None:
    told = f"protocol=http\nusername=ann\npassword={_PASSWORD}\n"
    for login in (Login(_TOKEN, told), keyring.Login("http://h", "ann", _PASSWORD)):
        for shown in (repr(login), pretty_repr(login)):
            assert _TOKEN not in shown
            assert _PASSWORD not in shown


def test_many_at_a_time_ask_the_helper_once(
    world: World, web: WebServer, helper: Path, tmp_path: Path
) -> None:
    worlds = [world.copy(tmp_path / f"copy{number}") for number in range(4)]
    ends: list[str] = []

    def work(one: World) -> None:
        set_url(one, f"{web.url}/remote.git")
        ends.append(probed(sync(one)))

    threads = [threading.Thread(target=work, args=(one,)) for one in worlds]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert ends == ["probed"] * 4
    assert verbs(helper) == ["get", "store"]


def test_a_login_that_is_refused_later_is_told_and_git_has_the_last_word(
    world: World, web: WebServer, helper: Path, gatekeeper: Gatekeeper
) -> None:
    assert probed(sync(world)) == "probed"
    gatekeeper.token = "another"
    outcome = sync(world)
    assert (outcome.state, outcome.reason) == (State.FAILED, Reason.AUTH)
    assert probed(outcome) == "not_probed_login"
    # Of the probe, then git's own try.
    assert verbs(helper) == ["get", "store", "erase", "get", "erase"]


def test_without_a_helper_git_has_the_last_word(world: World, web: WebServer) -> None:
    outcome = sync(world)
    assert (outcome.state, outcome.reason) == (State.FAILED, Reason.AUTH)
    assert outcome.message.startswith("could not read Username for ")
    assert probed(outcome) == "not_probed_login"


def test_netrc(world: World, web: WebServer, person: Path) -> None:
    (person / ".netrc").write_text(f"machine 127.0.0.1 login ann password {_PASSWORD}\n")
    assert probed(sync(world)) == "probed"
    (person / ".netrc").write_text("machine 127.0.0.1 login ann password other\n")
    logins.forget()
    outcome = sync(world)
    assert (outcome.reason, probed(outcome)) == (Reason.AUTH, "not_probed_login")
    (person / ".netrc").write_text("what is\nthis\n")
    assert probed(sync(world)) == "not_probed_login"


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("credential.useHttpPath", "true"),
        ("credential.http://127.0.0.1/team.username", "ann"),
        ("credential.http://*.0.0.1/team.username", "ann"),
    ],
)
def test_logins_that_are_not_of_a_whole_server_are_left_to_git(
    world: World, web: WebServer, helper: Path, key: str, value: str
) -> None:
    git(world.mine, "config", "--global", key, value)
    outcome = sync(world)
    assert (outcome.state, probed(outcome)) == (State.UP_TO_DATE, "not_probed_login")


def test_a_helper_of_the_repository_is_left_to_git(world: World, web: WebServer, helper: Path) -> None:
    git(world.mine, "config", "credential.helper", "")
    outcome = sync(world)
    assert (outcome.reason, probed(outcome)) == (Reason.AUTH, "not_probed_login")
    assert not helper.exists()


@pytest.mark.parametrize(
    ("scope", "key", "value"),
    [
        ("--local", "credential.helper", ""),
        ("--local", "credential.username", "bob"),
        ("--global", "credential.http://127.0.0.1/remote.git.username", "bob"),
    ],
)
def test_a_login_of_another_repository_is_not_that_of_one_with_settings_of_its_own(
    world: World, web: WebServer, helper: Path, scope: str, key: str, value: str
) -> None:
    assert probed(sync(world)) == "probed"
    git(world.mine, "config", scope, key, value)
    assert probed(sync(world)) == "not_probed_login"


@pytest.mark.parametrize("schemes", ['Digest realm="x", Basic realm="y"', "Negotiate", "Bearer"])
def test_other_ways_to_log_in_are_left_to_git(
    world: World, web: WebServer, helper: Path, gatekeeper: Gatekeeper, schemes: str
) -> None:
    gatekeeper.schemes = schemes
    assert probed(sync(world)) == "not_probed_login"
    assert web.logins[0] is None
    assert web.requests[1].startswith("GET ")


def test_a_login_of_the_url_is_left_to_git(world: World, web: WebServer) -> None:
    url = web.url.replace("://", f"://ann:{_PASSWORD}@")
    set_url(world, f"{url}/remote.git")
    outcome = sync(world)
    assert (outcome.state, probed(outcome)) == (State.UP_TO_DATE, "not_probed_login")


def test_a_header_that_logs_in_is_not_replaced(world: World, web: WebServer, helper: Path) -> None:
    git(world.mine, "config", "http.extraHeader", f"Authorization: {_TOKEN}")
    assert probed(sync(world)) == "probed"
    assert not helper.exists()


def test_the_password_is_in_no_process_list(world: World, web: WebServer, helper: Path, person: Path) -> None:
    lists: list[str] = []
    (person / "helper").write_text(
        f'#!/bin/sh\ncat >/dev/null; touch {person}/$1\ntest "$1" = get && printf "username=ann\\npassword={_PASSWORD}\\n"'
        f"\ncat /proc/[0-9]*/cmdline | tr '\\0' ' ' >>{person}/lists\nexit 0\n"
    )
    assert probed(sync(world)) == "probed"
    lists = [(person / "lists").read_text(), *process_list()]
    assert (person / "get").exists()
    assert (person / "store").exists()
    # The script itself holds it; no argument does.
    assert not [text for text in lists if _PASSWORD in text]
