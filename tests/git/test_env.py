import os

from tui.git.env import scrub_environ
from tui.git.process import git_version


def test_what_a_hook_or_alias_leaves_behind_is_taken_out(monkeypatch):
    for name in (
        "GIT_DIR",
        "GIT_WORK_TREE",
        "GIT_INDEX_FILE",
        "GIT_TRACE",
        "GIT_TRACE2_EVENT",
        "GIT_CONFIG_PARAMETERS",
    ):
        monkeypatch.setenv(name, "x")
    kept = {"GIT_SSH_COMMAND": "ssh -v", "GIT_CONFIG_COUNT": "0", "SSH_AUTH_SOCK": "/x"}
    for name, value in kept.items():
        monkeypatch.setenv(name, value)
    scrub_environ()
    assert {name: value for name, value in os.environ.items() if name.startswith("GIT_")} == {
        name: value for name, value in kept.items() if name.startswith("GIT_")
    }
    assert os.environ["SSH_AUTH_SOCK"] == "/x"


def test_the_version_of_git(monkeypatch):
    version = git_version()
    assert version is not None
    assert version.split(".")[0] == "2"
    monkeypatch.setenv("PATH", "/nonexistent")
    assert git_version() is None
