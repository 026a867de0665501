"""Runs that repeat, from outside."""

import datetime as dt
import json
import re
import signal
import subprocess
from collections.abc import Callable, Iterator
from itertools import pairwise
from typing import Any

import pytest

from tests.kit import repos
from tests.kit.gate import SshStub
from tests.kit.processes import children_of, wait_until
from tests.kit.program import SYNCTUI, Workspace, ended, kill_unwatched, start, synctui
from tests.kit.pty import Terminal

Event = dict[str, Any]


class Watching:
    """`synctui watch --ndjson`, and what it has said so far."""

    def __init__(self, workspace: Workspace, *args: str, every: str = "1s") -> None:
        self.process = start("watch", "--ndjson", "--every", every, *args, cwd=workspace.folder)
        self.events: list[Event] = []

    def until(self, done: Callable[[Event], bool]) -> Event:
        """Reads on to that event."""
        assert self.process.stdout
        for line in self.process.stdout:
            self.events.append(json.loads(line))
            if done(self.events[-1]):
                return self.events[-1]
        pytest.fail(f"ended: {self.process.stderr and self.process.stderr.read()}")

    def passes(self, count: int) -> None:
        """Reads to the end of so many further passes."""
        for _ in range(count):
            self.until(lambda event: event["event"] == "run_finished")

    def ends_of(self, repo: str) -> list[tuple[str, str | None]]:
        return [
            (event["state"], event["reason"])
            for event in self.events
            if event["event"] == "repo_finished" and event["repo"] == f"co/{repo}"
        ]

    def stop(self, number: signal.Signals = signal.SIGTERM) -> str:
        """What of its stdout nobody has read."""
        self.process.send_signal(number)
        ran = ended(self.process)
        assert ran.code == -number
        return ran.out


@pytest.fixture
def watch(workspace: Workspace) -> Iterator[Callable[..., Watching]]:
    started: list[Watching] = []

    def begin(*args: str, every: str = "1s") -> Watching:
        started.append(Watching(workspace, *args, every=every))
        return started[-1]

    yield begin
    for one in started:
        if one.process.poll() is None:
            one.process.kill()
            one.process.communicate()


def status(workspace: Workspace) -> tuple[int, Any]:
    ran = synctui("watch", "--status", "--json", cwd=workspace.folder)
    return ran.code, json.loads(ran.out)["watch"]


def test_passes_never_overlap_and_take_up_what_the_file_then_names(
    workspace: Workspace, ssh_stub: SshStub, watch: Callable[..., Watching]
) -> None:
    workspace.add("quick", "slow", stub=ssh_stub)
    ssh_stub.hold("slow")
    watching = watch()
    watching.until(lambda event: event.get("repo") == "co/quick" and event["event"] == "repo_finished")
    code, told = status(workspace)
    assert (code, told["passes"], told["next_start"]) == (0, 1, None)
    ssh_stub.open_all()
    watching.passes(1)
    workspace.add("new", stub=ssh_stub)
    watching.passes(3)
    frame = [event for event in watching.events if event["event"] in {"run_started", "run_finished"}]
    assert [event["event"] for event in frame] == ["run_started", "run_finished"] * 4
    times = [dt.datetime.fromisoformat(event["time"]) for event in frame]
    pauses = [(later - earlier).total_seconds() for earlier, later in list(pairwise(times))[1::2]]
    assert [pause >= 0.999 for pause in pauses] == [True] * 3
    assert watching.ends_of("slow") == [("up_to_date", None)] * 4
    assert watching.ends_of("new")[0] == ("up_to_date", None)
    assert ssh_stub.overlaps("quick") == 0
    watching.stop()
    assert status(workspace) == (1, None)
    assert children_of(watching.process.pid) == {}


def test_what_keeps_failing_by_its_own_fault_is_held(
    workspace: Workspace, ssh_stub: SshStub, watch: Callable[..., Watching]
) -> None:
    workspace.add("good", "dead", "far", stub=ssh_stub)
    ssh_stub.fail("dead", "ERROR: Repository not found.")
    ssh_stub.fail("far", "ssh: Could not resolve hostname stub: Name or service not known")
    watching = watch("--retry", "0")
    watching.passes(4)
    dead = [("failed", "not_found")] * 3
    assert watching.ends_of("dead") == [*dead, ("skipped", "held")]
    assert watching.ends_of("far") == [("failed", "dns")] * 4
    told = next(event for event in watching.events if event.get("reason") == "held")
    assert re.fullmatch(r"left alone until (\w+ \d+ )?\d\d:\d\d", told["message"].partition(",")[0])
    assert told["message"].endswith("after 3 failures in a row; `synctui sync co/dead` tries it now")
    # Asked for by name it is tried, beside the watch, and mended.
    ssh_stub.serve("dead")
    wait_until(lambda: synctui("sync", "dead", cwd=workspace.folder).code == 0, "a pass has let go of it")
    watching.until(lambda event: event.get("repo") == "co/dead" and event.get("state") == "up_to_date")
    watching.stop()


def test_there_is_one_watch_of_a_workspace(workspace: Workspace, watch: Callable[..., Watching]) -> None:
    workspace.add("one")
    watching = watch(every="1h")
    watching.passes(1)
    second = synctui("watch", "-q", cwd=workspace.folder)
    assert (second.code, second.out) == (2, "")
    assert f"is watched already, by pid {watching.process.pid} on " in second.err
    other = Workspace(workspace.folder.parent / "other")
    other.add("one")
    beside = start("watch", "-q", cwd=other.folder)
    wait_until(lambda: status(other)[0] == 0, "another workspace is watched, too")
    beside.send_signal(signal.SIGINT)
    assert ended(beside).code == -signal.SIGINT
    told = synctui("watch", "--status", cwd=workspace.folder)
    assert told.code == 0
    assert f"is watched by pid {watching.process.pid} on " in told.out
    assert "passes: 1 done, the next one begins at " in told.out
    watching.stop(signal.SIGINT)


def test_how_a_watch_is_can_be_asked_while_its_file_is_broken(
    workspace: Workspace, watch: Callable[..., Watching]
) -> None:
    workspace.add("one")
    watching = watch(every="1h")
    watching.passes(1)
    file = workspace.folder / "synctui.toml"
    file.write_text("[settings")
    told = synctui("watch", "--status", cwd=workspace.folder)
    assert told.code == 0
    assert f"is watched by pid {watching.process.pid} on " in told.out
    assert told.err.startswith(f"synctui: {file}: not TOML: ")
    assert told.err.count("\n") == 1
    code, document = status(workspace)
    assert (code, document["pid"], document["passes"]) == (0, watching.process.pid, 1)
    watching.stop()
    assert status(workspace) == (1, None)


def test_a_watch_that_was_killed_is_said_and_followed(
    workspace: Workspace, watch: Callable[..., Watching]
) -> None:
    workspace.add("one")
    first = watch(every="1h")
    first.passes(1)
    kill_unwatched(first.process)
    code, told = status(workspace)
    assert (code, told["alive"], told["passes"]) == (1, False, 1)
    assert "ended" in synctui("watch", "--status", cwd=workspace.folder).out
    second = watch(every="1h")
    second.passes(1)
    assert status(workspace)[1]["pid"] == second.process.pid
    second.stop()


def test_a_broken_file_costs_passes_and_in_the_end_the_watch(
    workspace: Workspace, watch: Callable[..., Watching]
) -> None:
    workspace.add("one")
    watching = watch()
    watching.passes(1)
    (workspace.folder / "synctui.toml").write_text("torn = [")
    ran = ended(watching.process)
    assert ran.code == 2
    told = [line for line in ran.err.splitlines() if "synctui.toml" in line]
    assert len(told) == 5
    assert told[0].startswith("synctui: no pass (1 of 5 tries before this watch ends): ")
    assert told[4].startswith("synctui: ")
    assert "Traceback" not in ran.err


def test_outside_of_its_window_no_pass_begins(workspace: Workspace, watch: Callable[..., Watching]) -> None:
    workspace.add("one")
    opens = dt.datetime.now() + dt.timedelta(hours=2)  # noqa: DTZ005  the hours of the person's day
    closes = opens + dt.timedelta(hours=1)
    watching = watch("--window", f"{opens:%H:%M}-{closes:%H:%M}")
    wait_until(lambda: status(workspace)[0] == 0, "it is watched")
    wait_until(lambda: status(workspace)[1]["next_start"] is not None, "the next pass is planned")
    planned = dt.datetime.fromisoformat(status(workspace)[1]["next_start"]).astimezone()
    assert f"{planned:%H:%M}" == f"{opens:%H:%M}"
    assert watching.stop() == ""


@pytest.mark.parametrize("flag", ["--dry-run", "--resume", "--json"])
def test_what_is_for_one_run_is_refused(workspace: Workspace, flag: str) -> None:
    workspace.add("one")
    ran = synctui("watch", flag, cwd=workspace.folder)
    assert (ran.code, ran.out) == (2, "")
    assert ran.err == f"synctui: {flag} (flag) is for one run; a watch repeats them\n"


def test_what_was_synced_by_hand_is_left_out_of_the_pass(
    workspace: Workspace, ssh_stub: SshStub, watch: Callable[..., Watching]
) -> None:
    workspace.add("one", "two", stub=ssh_stub)
    assert synctui("sync", "one", cwd=workspace.folder).code == 0
    watching = watch(every="1h")
    watching.passes(1)
    assert (watching.ends_of("one"), watching.ends_of("two")) == (
        [("skipped", "fresh")],
        [("up_to_date", None)],
    )
    watching.stop()


def test_a_reader_that_goes_ends_the_watch(workspace: Workspace) -> None:
    workspace.add("one")
    ran = subprocess.run(
        f"{SYNCTUI} watch --ndjson --every 1s | head -1",
        cwd=workspace.folder,
        shell=True,
        capture_output=True,
        text=True,
        timeout=30,
        check=True,
    )
    assert json.loads(ran.stdout)["event"] == "run_started"
    assert "Traceback" not in ran.stderr
    assert status(workspace) == (1, None)


def test_on_a_terminal_it_is_the_app(workspace: Workspace) -> None:
    workspace.add("one")
    with Terminal.start([SYNCTUI, "watch", "--every", "1h"], cwd=workspace.folder) as terminal:
        terminal.wait_for("next pass in 59:5")
        assert status(workspace)[0] == 0
        terminal.press("q")
        assert terminal.wait_exit() == 0
    assert status(workspace) == (1, None)


def test_words_that_ask_for_facts_are_asked_before_each_pass(
    workspace: Workspace, watch: Callable[..., Watching]
) -> None:
    workspace.add("tidy", "edited")
    watching = watch("dirty")
    watching.passes(2)
    assert {event["event"] for event in watching.events} == {"run_started", "run_finished"}
    repos.dirty(workspace.checkout("edited"))
    watching.until(lambda event: event.get("repo") == "co/edited" and event["event"] == "repo_finished")
    assert watching.ends_of("tidy") == []
    watching.stop()
    with Terminal.start([SYNCTUI, "watch", "--every", "1h", "dirty"], cwd=workspace.folder) as terminal:
        terminal.wait_for("next pass in 59:5")
        terminal.press("q")
        assert terminal.wait_exit() == 0
