import os
from pathlib import Path

import pytest

from tests.git.conftest import git
from tui.git.env import scrub_environ

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
