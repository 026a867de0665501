import os
from pathlib import Path

import pytest

from tests.git.conftest import git
from tui.git.env import login_env, scrub_environ, without_login

KEPT = ("GIT_SSH_COMMAND", "GIT_CONFIG_COUNT", "GIT_CONFIG_GLOBAL", "SSH_AUTH_SOCK")
LEAKS = (
    "GIT_ATTR_SOURCE",
    "GIT_CURL_VERBOSE",
    "GIT_EXTERNAL_DIFF",
    "GIT_INDEX_VERSION",
    "GIT_INTERNAL_SUPER_PREFIX",  # of an older git
    "GIT_LITERAL_PATHSPECS",
    "GIT_NAMESPACE",
    "GIT_PROTOCOL_FROM_USER",
    "GIT_QUARANTINE_PATH",
    "GIT_REFLOG_ACTION",
    "GIT_TRACE",
    "GIT_TRACE2_EVENT",
)


def test_what_a_hook_or_alias_leaves_behind_is_taken_out(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """What git itself lists as bound to one repository, and what changes how it works or speaks."""
    bound = git(tmp_path, "rev-parse", "--local-env-vars").split()
    for name in {*bound, *LEAKS, *KEPT}:
        monkeypatch.setenv(name, "1")
    scrub_environ()
    assert {name for name in {*bound, *LEAKS, *KEPT} if name in os.environ} == set(KEPT)


@pytest.mark.parametrize(("count", "first"), [("2", 2), ("many", 0)])
def test_a_login_comes_on_top_of_the_persons_own_settings(
    monkeypatch: pytest.MonkeyPatch, count: str, first: int
):
    monkeypatch.setenv("GIT_CONFIG_COUNT", count)
    env = login_env("https://ann:hush@h.invalid/x")
    keys = {name for name in env if name.startswith("GIT_CONFIG_KEY_")}
    assert keys == {f"GIT_CONFIG_KEY_{first + number}" for number in range(3)}
    assert env["GIT_CONFIG_COUNT"] == str(first + 3)


@pytest.mark.parametrize(
    ("url", "public"),
    [
        ("https://ann:hush@h.invalid:8443/x", "https://h.invalid:8443/x"),
        ("https://hush@h.invalid/x", "https://h.invalid/x"),
        ("ssh://git@h.invalid/x", "ssh://git@h.invalid/x"),
        ("ssh://ann:hush@h.invalid/x", "ssh://ann@h.invalid/x"),
        ("ssh://:hush@h.invalid/x", "ssh://h.invalid/x"),
        ("https://[h.invalid/x", "https://[h.invalid/x"),
    ],
)
def test_what_a_process_list_shows_of_a_url(url: str, public: str):
    assert without_login(url) == public
