"""Everything that would like to ask a person something, on a real terminal: nobody is asked, nothing waits."""

import os
import re
import shlex
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.kit.processes import processes_with_env, wait_until
from tests.kit.program import SYNCTUI
from tests.kit.pty import Terminal
from tests.torture import remotes, ssh_remotes
from tests.torture.site import Site, write_workspace

QUESTION = "Are you sure you want to continue connecting"
STAMP = "SYNCTUI_TEST_OF_PROMPTS"
"""Variable that all below one run carry."""


@pytest.fixture
def sites(tmp_path: Path) -> Iterator[list[Site]]:
    arranged = []
    try:
        for name, arrange in {
            "web": remotes.http_401,
            "clone": remotes.http_401,
            "terminal": ssh_remotes.ssh_asks_on_the_terminal,
            "askpass": ssh_remotes.ssh_asks_through_askpass,
        }.items():
            site = Site(tmp_path, name)
            arranged.append(site)
            arrange(site)
        arranged[1].checkout.rename(tmp_path / "away")
        yield arranged
    finally:
        for site in arranged:
            site.close()


def asks(folder: Path, name: str, question: str) -> Path:
    """A program that asks on the terminal where it can, and as a dialog where it cannot: it never gets an answer."""
    program = folder / name
    program.write_text(
        f"#!/bin/sh\ntouch {shlex.quote(str(folder / name))}.asked\n"
        f"if (: <>/dev/tty) 2>/dev/null; then echo {shlex.quote(question)} >/dev/tty; read -r x </dev/tty; fi\n"
        "exec sleep 600\n"
    )
    program.chmod(0o755)
    return program


def dialogs(folder: Path) -> dict[str, str]:
    """As of a person on a desktop: every variable names a dialog, and so does their git."""
    dialog = str(asks(folder, "dialog", "Password?"))
    with Path(os.environ["GIT_CONFIG_GLOBAL"]).open("a") as config:
        config.write(f"[core]\n\taskPass = {dialog}\n")
    return {"DISPLAY": ":0", "SSH_ASKPASS": dialog, "GIT_ASKPASS": dialog}


def test_nobody_is_asked(sites: list[Site], tmp_path: Path) -> None:
    write_workspace(tmp_path, sites)
    env = {**dialogs(tmp_path), STAMP: str(tmp_path)}
    with Terminal.start([SYNCTUI, "sync", "--retry", "0"], cwd=tmp_path, env=env, size=(200, 40)) as terminal:
        assert terminal.wait_exit() == 1
        screen, raw = terminal.screen(), terminal.raw()
        assert processes_with_env(STAMP, str(tmp_path)) == {}
    for name, reason in {"web": "auth", "clone": "auth", "askpass": "auth", "terminal": "host key"}.items():
        assert re.search(rf"^✗ +co/{name} +failed +{reason}: ", screen, re.MULTILINE), screen
    assert QUESTION.encode() not in raw
    assert b"Password" not in raw
    assert raw.count(b"Username for") == raw.count(b"could not read Username for")
    assert list(tmp_path.rglob("*.asked")) + [site.marker for site in sites if site.marker.exists()] == []


def test_without_us_they_do_ask(sites: list[Site], tmp_path: Path) -> None:
    """Else the test above would prove nothing."""
    env = dialogs(tmp_path)
    web, _, terminal_site, askpass = sites
    with Terminal.start(["git", "fetch"], cwd=terminal_site.checkout, env=env) as terminal:
        terminal.wait_for(QUESTION)
    with Terminal.start(["git", "fetch"], cwd=web.checkout, env=env) as terminal:
        terminal.wait_for("Password?")
    with Terminal.start(["git", "fetch"], cwd=web.checkout, env={"GIT_ASKPASS": ""}) as terminal:
        terminal.wait_for("Username for")
    with Terminal.start(["git", "fetch"], cwd=askpass.checkout, env=env):
        wait_until(askpass.marker.exists, "the dialog of ssh")


def test_a_credential_helper_that_waits_for_a_person_ends_as_stalled(tmp_path: Path) -> None:
    """It is the person's own and is asked; without a terminal it has nobody to ask."""
    site = Site(tmp_path, "helper")
    try:
        remotes.http_401(site)
        site.options["stall_timeout"] = remotes.STALL
        helper = asks(tmp_path, "helper", "Token?")
        with Path(os.environ["GIT_CONFIG_GLOBAL"]).open("a") as config:
            config.write(f"[credential]\n\thelper = {helper}\n")
        write_workspace(tmp_path, [site])
        env = {STAMP: str(tmp_path)}
        with Terminal.start([SYNCTUI, "sync", "--retry", "0"], cwd=tmp_path, env=env) as terminal:
            assert terminal.wait_exit() == 1
            assert processes_with_env(STAMP, str(tmp_path)) == {}
            assert "timed_out" in terminal.screen()
            assert b"Token?" not in terminal.raw()
        assert list(tmp_path.glob("*.asked")) == [tmp_path / "helper.asked"]
    finally:
        site.close()
