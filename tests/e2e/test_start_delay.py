"""`--start-delay`: the starts on one host have a distance, and no other host waits for them."""

import datetime as dt
from pathlib import Path

from tests.kit.gate import SshStub
from tests.kit.program import Ran, Workspace, ended, start, synctui

DELAY = 1.0


def starts(ran: Ran) -> dict[str, float]:
    """Seconds of the clock, by repo, in order."""
    return {
        event["repo"].removeprefix("co/"): dt.datetime.fromisoformat(event["time"]).timestamp()
        for event in ran.events
        if event["event"] == "repo_started"
    }


def test_starts_on_a_host_have_their_distance_and_others_wait_for_nothing(
    tmp_path: Path, ssh_stub: SshStub
) -> None:
    workspace = Workspace(tmp_path)
    workspace.add("a1", "a2", "a3", stub=ssh_stub, host="a")
    workspace.add("b1", stub=ssh_stub, host="b")
    ssh_stub.hold("a1", "a2", "a3", "b1")
    process = start("sync", "--ndjson", "-j", "8", "--start-delay", str(DELAY), cwd=workspace.folder)
    assert ssh_stub.wait_running(4) == ["a1", "a2", "a3", "b1"], "no start waits for the end of another"
    ssh_stub.open_all()
    ran = ended(process)
    assert ran.code == 0
    at = starts(ran)
    assert at["a1"] == at["b1"]
    assert list(at) == ["a1", "b1", "a2", "a3"]
    gaps = [at["a2"] - at["a1"], at["a3"] - at["a2"]]
    assert all(gap >= DELAY - 0.002 for gap in gaps), gaps  # the times are cut to milliseconds


def test_who_is_skipped_has_nobody_wait(tmp_path: Path, ssh_stub: SshStub) -> None:
    workspace = Workspace(tmp_path)
    workspace.add("a", "b", "c", "d", stub=ssh_stub)
    in_order = ("--order", "config", "-j", "2")
    assert synctui("sync", "a", "b", "c", cwd=workspace.folder).code == 0
    ran = synctui(
        "sync", "--ndjson", "--min-age", "1h", "--start-delay", "1h", *in_order, cwd=workspace.folder
    )
    ends = {repo.removeprefix("co/"): end["state"] for repo, end in ran.finished().items()}
    assert ends == {"a": "skipped", "b": "skipped", "c": "skipped", "d": "up_to_date"}


def test_a_signal_ends_what_waits(tmp_path: Path, ssh_stub: SshStub) -> None:
    workspace = Workspace(tmp_path)
    workspace.add("a", "b", stub=ssh_stub)
    process = start("sync", "--ndjson", "--start-delay", "1h", cwd=workspace.folder)
    ssh_stub.wait_started("a")
    process.terminate()
    ran = ended(process, timeout=5)
    assert ran.code == -15
    assert ran.finished()["co/b"]["state"] == "cancelled"
