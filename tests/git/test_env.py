import os

from tui.git.env import scrub_environ


def test_what_a_hook_or_alias_leaves_behind_is_taken_out(monkeypatch):
    leaks = [
        "GIT_DIR",
        "GIT_WORK_TREE",
        "GIT_INDEX_FILE",
        "GIT_TRACE",
        "GIT_TRACE2_EVENT",
        "GIT_CONFIG_PARAMETERS",
    ]
    kept = ["GIT_SSH_COMMAND", "GIT_CONFIG_COUNT", "SSH_AUTH_SOCK"]
    for name in leaks + kept:
        monkeypatch.setenv(name, "1")
    scrub_environ()
    assert [name for name in leaks + kept if name in os.environ] == kept
