"""The dashboard, as people and as programs read it."""

from pathlib import Path

from tui.engine.survey import StatusRow
from tui.git.holder import Holder
from tui.git.inspect import RepoStatus
from tui.git.repo import Repo
from tui.store.past import Failure, Past
from tui.view.dashboard import Dashboard, Thresholds, document, failed, table

NOW = 1_795_255_200.0  # 2026-11-21T10:00:00Z
HOUR = 3600.0
NO_PAST = Past()
THRESHOLDS = Thresholds(24 * HOUR, 72 * HOUR)
CURRENT = RepoStatus(
    branch="main",
    head="h" * 40,
    upstream="origin/main",
    ahead=0,
    behind=0,
    dirty=False,
    untracked=0,
    stashes=0,
)


def row(name: str, status: RepoStatus, past: Past = NO_PAST, **more: object) -> Dashboard:
    holder = more.pop("holder", None)
    repo = Repo(name, Path("/w") / name, f"https://user:secret@a.example/{name}.git", **more)
    return Dashboard(StatusRow(repo, status, holder), past, THRESHOLDS, NOW)


def seen(hours: float, **more: object) -> RepoStatus:
    values = {name: getattr(CURRENT, name) for name in CURRENT.__slots__}
    return RepoStatus(**values | {"last_fetch": NOW - hours * HOUR} | more)


KNOWN = Failure("timed_out", "stalled", NOW, NOW, 1, 0, acknowledged=True)
ROWS = [
    row("fine", seen(2)),
    row("behind", seen(30, behind=12, dirty=True, untracked=3, stashes=1)),
    row("forked", seen(1, ahead=1, behind=2)),
    row(
        "dead",
        seen(100),
        Past(
            "failed",
            "not_found",
            last_attempt=NOW - 60,
            last_end=NOW - 59,
            last_success=NOW - 100 * HOUR,
            failure=Failure("failed", "not_found", NOW - 9 * HOUR, NOW - 59, 3, 3),
        ),
    ),
    row(
        "known",
        seen(80),
        Past(
            "timed_out",
            "stalled",
            "no byte for 60 s",
            last_attempt=NOW,
            last_success=NOW - 80 * HOUR,
            failure=KNOWN,
        ),
    ),
    row("tomorrow", seen(-1)),
    row("new", RepoStatus(error="not cloned"), enabled=False),
    row("held", seen(3), holder=Holder(7, "box", "synctui sync", 12.4)),
    row("mid", seen(3, branch=None, in_progress="rebase")),
]


def test_the_table() -> None:
    assert [line for line, _ in table(ROWS, THRESHOLDS)] == [
        "repo      staleness  success  branch      ahead  behind  changes                         last",
        "fine      fresh          2 h  main            0       0",
        "behind    stale          1 d  main            0      12  edited, 3 untracked, 1 stashed",
        "forked    fresh          1 h  main            1       2                                  would be blocked: main has 1 of its own and is 2 behind",
        "dead      severe         4 d  main            0       0                                  failed/not found ×3, just now",
        "known     severe         3 d  main            0       0                                  acknowledged: timed out/stalled: no byte for 60 s, just now",
        "tomorrow  unknown          ?  main            0       0                                  last success lies in the future: check the clock",
        "new       unknown      never  -               -       -                                  not cloned; disabled",
        "held      fresh          3 h  main            0       0                                  held by pid 7 on box (synctui sync) for 12 s",
        "mid       fresh          3 h  (detached)      0       0  rebase",
        "",
        "9 repos: 4 fresh, 1 stale, 2 severe, 2 unknown, 2 behind, 1 edited, 1 not cloned, 1 with an open failure",
        "WARNING: 2 repos without success for 72 h or more: `synctui sync stale`",
    ]


def test_what_git_says_is_not_said_twice() -> None:
    failure = Failure("failed", "corrupt", NOW - HOUR, NOW - 59, 1, 1)
    past = Past("failed", "corrupt", "not a git repository: .git", last_attempt=NOW, failure=failure)
    seen_now = RepoStatus(error="fatal: not a git repository: .git")
    [_, line, *_] = table([row("bad", seen_now, past)], THRESHOLDS)
    assert line[0].endswith("  failed/corrupt, just now; fatal: not a git repository: .git")


def test_no_stop_stands_before_a_comma() -> None:
    failure = Failure("failed", "not_found", NOW - HOUR, NOW - HOUR, 1, 1)
    past = Past("failed", "not_found", "remote: Repository not found.", failure=failure)
    assert failed(past, NOW) == "failed/not found: Repository not found, 1 h ago"


def test_nothing_at_all_is_no_error() -> None:
    assert [line for line, _ in table([], THRESHOLDS)][1:] == ["", "0 repos"]
    assert document([], NOW)["repos"] == []


def test_the_document() -> None:
    found = document(ROWS, NOW)
    assert {key: found[key] for key in ("schema_version", "generated_at", "unacknowledged_failures")} == {
        "schema_version": 1,
        "generated_at": "2026-11-21T10:00:00.000Z",
        "unacknowledged_failures": 1,
    }
    rows = {line["repo"]: line for line in found["repos"]}
    assert list(rows) == sorted(rows)
    assert rows["dead"] == {
        "repo": "dead",
        "path": "/w/dead",
        "url": "https://a.example/dead.git",
        "enabled": True,
        "last_success_at": "2026-11-17T06:00:00.000Z",
        "last_attempt_at": "2026-11-21T09:59:00.000Z",
        "staleness_hours": 100.0,
        "staleness_class": "severe",
        "branch": "main",
        "head": "h" * 40,
        "ahead": 0,
        "behind": 0,
        "dirty": False,
        "untracked": 0,
        "stashes": 0,
        "in_progress": None,
        "last_state": "failed",
        "last_reason": "not_found",
        "attempts": 3,
        "locked_by": None,
        "error": None,
    }
    assert rows["held"]["locked_by"] == {
        "pid": 7,
        "host": "box",
        "command": "synctui sync",
        "age_seconds": 12,
        "silent_seconds": 0,
    }
    new = rows["new"]
    assert {key: value for key, value in new.items() if value is not None} == {
        "repo": "new",
        "path": "/w/new",
        "url": "https://a.example/new.git",
        "enabled": False,
        "staleness_class": "unknown",
        "attempts": 0,
        "error": "not cloned",
    }
    tomorrow = rows["tomorrow"]
    assert (tomorrow["staleness_class"], tomorrow["staleness_hours"]) == ("unknown", None)
    assert "clock" in tomorrow["error"]
