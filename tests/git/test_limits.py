"""Limits, stops and what is left of git after them: nothing."""

import contextlib
import json
import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest
from msgspec import structs

from tests.git.conftest import World, git
from tests.kit.processes import wait_until
from tui.git.gauge import Gauge
from tui.git.group import group_lives
from tui.git.lock import RepoLock
from tui.git.outcome import Reason, State
from tui.git.process import Deadlines, GitRunner
from tui.git.stop import StopSignal


class Ssh:
    """Stands in for ssh: writes its process group into `started` (a FIFO), then does what the test says."""

    def __init__(self, world: World, monkeypatch: pytest.MonkeyPatch) -> None:
        self.world = world
        self.file = world.base / "ssh"
        self.fifo = world.base / "started"
        os.mkfifo(self.fifo)
        monkeypatch.setenv("GIT_SSH_COMMAND", str(self.file))
        monkeypatch.setenv("GIT_SSH_VARIANT", "simple")
        git(world.mine, "remote", "set-url", "origin", self.url)

    @property
    def url(self) -> str:
        return f"ssh://host{self.world.remote}"

    def does(self, script: str) -> None:
        self.file.write_text(f"#!/bin/sh\n{script}\n")
        self.file.chmod(0o755)

    def started(self) -> int:
        """Waits for a start; the process group of it."""
        return int(self.fifo.read_text().split()[0])


@pytest.fixture
def ssh(world: World, monkeypatch: pytest.MonkeyPatch) -> Ssh:
    return Ssh(world, monkeypatch)


def say_group(world: World) -> str:
    return f"ps -o pgid= -p $$ > {world.base}/started"


class Job:
    """A sync in a thread of its own."""

    def __init__(self, world: World, **fields: object) -> None:
        self.stop = StopSignal()
        self.gauge = Gauge()
        options = world.options

        def work() -> None:
            self.outcome = world.sync(world.repo(**fields), options, self.stop, self.gauge)

        self.thread = threading.Thread(target=work)
        self.thread.start()

    def end(self):
        self.thread.join(20)
        assert not self.thread.is_alive()
        return self.outcome


HANG = "exec sleep 100"


def test_a_remote_that_says_nothing_is_stalled(world: World, ssh: Ssh):
    ssh.does(f"{say_group(world)}\n{HANG}")
    job = Job(world, url=ssh.url, stall_timeout=0.2)
    group = ssh.started()
    outcome = job.end()
    assert (outcome.state, outcome.reason) == (State.TIMED_OUT, Reason.STALLED)
    assert outcome.message == "no byte moved for 0.2 s in fetch (Connecting)"
    assert not group_lives(group)


def test_what_a_helper_does_by_itself_is_no_byte_of_the_transfer(world: World, ssh: Ssh):
    ssh.does(f"{say_group(world)}\nwhile :; do cat /etc/hostname >/dev/null; sleep 0.02; done")
    job = Job(world, url=ssh.url, stall_timeout=0.5, timeout=10)
    group = ssh.started()
    outcome = job.end()
    assert (outcome.state, outcome.reason) == (State.TIMED_OUT, Reason.STALLED)
    assert not group_lives(group)


def test_bytes_that_git_does_not_speak_of_are_no_stall(world: World, ssh: Ssh):
    slowly = "while IFS= read -r byte; do printf %s x; sleep 0.1; done"
    ssh.does(f"{say_group(world)}\nprintf 0fff; yes | head -n 12 | {slowly}")
    job = Job(world, url=ssh.url, stall_timeout=0.5, timeout=10)
    ssh.started()
    outcome = job.end()
    assert (outcome.state, outcome.reason) == (State.FAILED, Reason.NETWORK)


def test_a_trickle_is_no_stall_but_meets_the_deadline(world: World, ssh: Ssh):
    ssh.does(f"{say_group(world)}\nwhile :; do echo tick >&2; sleep 0.05; done")
    job = Job(world, url=ssh.url, stall_timeout=0.5, timeout=1)
    group = ssh.started()
    outcome = job.end()
    assert (outcome.state, outcome.reason) == (State.TIMED_OUT, Reason.DEADLINE)
    assert outcome.message == "not done after 1 s, in fetch (Connecting)"
    assert outcome.output_tail[-1] == "tick"
    assert not group_lives(group)


def test_the_runs_timeout_is_not_for_clones(world: World, ssh: Ssh):
    ssh.does('sleep 0.4; shift $(($# - 1)); eval "$1"')
    options = structs.replace(world.options, timeout=0.3)
    outcome = world.sync(world.repo(path=world.base / "new", url=ssh.url), options)
    assert outcome.state is State.SYNCED
    outcome = world.sync(world.repo(path=world.base / "newer", url=ssh.url, timeout=0.3), options)
    assert (outcome.reason, (world.base / "newer").exists()) == (Reason.DEADLINE, False)


class Clock:
    """Stands in for the module `time`, and can be put ahead."""

    def __init__(self) -> None:
        self._read = threading.Condition()
        self._reads = 0
        self._ahead = 0.0

    def monotonic(self) -> float:
        with self._read:
            self._reads += 1
            self._read.notify_all()
            return time.monotonic() + self._ahead

    def time(self) -> float:
        return time.time()

    def sleep(self, seconds: float) -> None:
        time.sleep(seconds)

    def leap(self, seconds: float) -> None:
        """Returns when it has been looked at again and again since."""
        with self._read:
            self._ahead += seconds
            seen = self._reads
            assert self._read.wait_for(lambda: self._reads >= seen + 6, 20)


def test_time_in_which_the_program_was_stopped_counts_for_no_limit(world: World, ssh: Ssh, monkeypatch):
    """From SIGSTOP to SIGCONT its clock leaps, while git waits for a slow remote."""
    clock = Clock()
    monkeypatch.setattr("tui.git.process.time", clock)
    gate = world.base / "gate"
    os.mkfifo(gate)
    ssh.does(f'{say_group(world)}\ncat {gate}\nshift $(($# - 1)); eval "$1"')
    job = Job(world, url=ssh.url, stall_timeout=20, timeout=30)
    ssh.started()
    clock.leap(1000)
    clock.leap(1000)
    gate.write_text("")
    assert job.end().state is State.UP_TO_DATE


def test_a_stop_ends_the_job_at_once_with_its_reason(world: World, ssh: Ssh, monkeypatch):
    monkeypatch.setattr("tui.git.process._LONGEST_POLL", 60)
    ssh.does(f"{say_group(world)}\n{HANG}")
    job = Job(world, url=ssh.url)
    group = ssh.started()
    job.stop.set(Reason.USER)
    outcome = job.end()
    assert (outcome.state, outcome.reason, outcome.message) == (
        State.CANCELLED,
        Reason.USER,
        "stopped in fetch (Connecting)",
    )
    assert not group_lives(group)


def test_a_stop_before_the_start_starts_nothing(world: World, monkeypatch):
    monkeypatch.setattr("tui.git.process._start", None)
    stop = StopSignal()
    stop.set(Reason.QUIT)
    outcome = world.sync(stop=stop)
    assert (outcome.state, outcome.reason) == (State.CANCELLED, Reason.QUIT)


def test_a_stopped_clone_leaves_no_folder(world: World, ssh: Ssh):
    ssh.does(f"{say_group(world)}\n{HANG}")
    job = Job(world, path=world.base / "new", url=ssh.url)
    ssh.started()
    job.stop.set(Reason.USER)
    assert job.end().state is State.CANCELLED
    assert list(world.base.glob("*new*")) == []


def test_who_heeds_term_may_tidy_up_and_say_much_of_it(world: World, ssh: Ssh):
    tidied = world.base / "tidied"
    ssh.does(
        f"trap 'yes | head -c 300000 >&2; touch {tidied}; exit 1' TERM\nsleep 100 &\n{say_group(world)}\nwait"
    )
    job = Job(world, url=ssh.url)
    ssh.started()
    job.stop.set(Reason.USER)
    assert job.end().state is State.CANCELLED
    assert tidied.exists()


def test_who_ignores_term_is_killed(world: World, ssh: Ssh, monkeypatch):
    monkeypatch.setattr("tui.git.process.TERM_GRACE", 0.3)
    ssh.does(f"trap '' TERM\n(trap '' TERM; sleep 100) &\n{say_group(world)}\nwhile :; do sleep 100; done")
    job = Job(world, url=ssh.url)
    group = ssh.started()
    job.stop.set(Reason.USER)
    assert job.end().state is State.CANCELLED
    assert not group_lives(group)


def test_what_left_the_group_is_ended_with_it(world: World, ssh: Ssh, monkeypatch):
    """Not what has no parent in it any more: that is a daemon of the person's."""
    monkeypatch.setattr("tui.git.process.TERM_GRACE", 0.3)
    stubborn, daemon = world.base / "stubborn", world.base / "daemon"
    ssh.does(
        f"(setsid sh -c 'echo $$ >{daemon}; exec sleep 100' &)\n"
        f"setsid sh -c 'trap \"\" TERM; echo $$ >{stubborn}; while :; do sleep 100; done' &\n"
        f"until [ -s {stubborn} ] && [ -s {daemon} ]; do sleep 0.01; done\n"
        f"{say_group(world)}\n{HANG}"
    )
    job = Job(world, url=ssh.url)
    ssh.started()
    job.stop.set(Reason.USER)
    assert job.end().state is State.CANCELLED
    groups = [int(file.read_text()) for file in (stubborn, daemon)]
    living = [group_lives(group) for group in groups]
    for group in groups:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(group, signal.SIGKILL)
    assert living == [False, True]


def test_a_hook_after_the_move_is_not_waited_for(world: World, monkeypatch):
    monkeypatch.setattr("tui.git.process.MOVE_GRACE", 100)
    started = world.base / "started"
    os.mkfifo(started)
    hook = world.mine / ".git/hooks/post-merge"
    hook.write_text(f"#!/bin/sh\necho > {started}\n{HANG}\n")
    hook.chmod(0o755)
    new = world.arrive()
    job = Job(world)
    started.read_text()
    job.stop.set(Reason.USER)
    outcome = job.end()
    assert outcome.message == "stopped in merge (post-merge hook); HEAD has moved"
    assert (outcome.state, outcome.new, outcome.commits) == (State.CANCELLED, new, 1)


def test_locks_of_a_killed_child_are_removed_and_others_kept(world: World, monkeypatch):
    monkeypatch.setattr("tui.git.process.TERM_GRACE", 0.3)
    fifo = world.base / "started"
    os.mkfifo(fifo)
    world.arrive()
    hook = world.mine / ".git/hooks/reference-transaction"
    hook.write_text(
        f"#!/bin/sh\n[ $1 = prepared ] || exit 0\nkill -STOP $PPID\necho > {fifo}\nwhile :; do sleep 100; done\n"
    )
    hook.chmod(0o755)
    refs = world.mine / ".git/refs"
    old = refs / "heads/old.lock"
    old.touch()
    os.utime(old, (1, 1))
    index = world.mine / ".git/index.lock"
    job = Job(world)
    fifo.read_text()
    index.touch()  # of the person's own git, meanwhile
    ours = refs / "remotes/origin/main.lock"
    assert ours.exists()
    job.stop.set(Reason.USER)
    assert job.end().state is State.CANCELLED
    assert (ours.exists(), old.exists(), index.exists()) == (False, True, True)


def test_a_hanging_post_merge_hook_is_named(world: World):
    hook = world.mine / ".git/hooks/post-merge"
    hook.write_text(f"#!/bin/sh\n{HANG}\n")
    hook.chmod(0o755)
    new = world.arrive()
    outcome = world.sync(world.repo(stall_timeout=0.5))
    assert (outcome.state, outcome.reason) == (State.TIMED_OUT, Reason.STALLED)
    assert outcome.message == "no byte moved for 0.5 s in merge (post-merge hook); HEAD has moved"
    assert outcome.advice == f"mine: a hook of yours does not end: cat {hook}"
    assert (outcome.new, outcome.commits, world.head()) == (new, 1, new)


def test_a_stop_lets_a_move_under_way_end(world: World, monkeypatch):
    monkeypatch.setattr("tui.git.process.MOVE_GRACE", 10)
    started, gate = world.base / "started", world.base / "gate"
    os.mkfifo(started)
    os.mkfifo(gate)
    git(world.mine, "config", "filter.slow.smudge", f"echo > {started}; cat {gate} > /dev/null; cat")
    (world.mine / ".git/info/attributes").write_text("b.txt filter=slow\n")
    new = world.arrive()
    job = Job(world)
    started.read_text()
    job.stop.set(Reason.USER)
    gate.write_text("")
    outcome = job.end()
    assert (outcome.state, outcome.new, world.head()) == (State.SYNCED, new, new)
    assert git(world.mine, "status", "--porcelain") == ""


def move_that_hangs(world: World) -> tuple[Path, str]:
    """What arrives hangs at its last file; returns a pipe that then tells the pid of its git, and the new commit."""
    started = world.base / "started"
    os.mkfifo(started)
    git(world.mine, "config", "filter.slow.smudge", f"echo $PPID > {started}; exec sleep 100")
    (world.mine / ".git/info/attributes").write_text("z.txt filter=slow\n")
    for name in ("a.txt", "folder/new.txt"):
        world.arrive(name=name)
    return started, world.arrive(name="z.txt")


def test_a_move_that_a_stop_cuts_off_is_taken_back(world: World, monkeypatch):
    monkeypatch.setattr("tui.git.process.MOVE_GRACE", 0.1)
    monkeypatch.setattr("tui.git.process._LONGEST_POLL", 60)
    started, new = move_that_hangs(world)
    old = world.head()
    job = Job(world)
    started.read_text()
    wait_until((world.mine / "folder/new.txt").exists, "half of the files are new")
    job.stop.set(Reason.USER)
    outcome = job.end()
    assert (outcome.state, outcome.message) == (State.CANCELLED, "stopped in merge (Updating files)")
    assert (world.head(), git(world.mine, "status", "--porcelain")) == (old, "")
    assert not (world.mine / "folder").exists()
    (world.mine / ".git/info/attributes").unlink()
    assert (world.sync().state, world.head()) == (State.SYNCED, new)


RUN = """
import sys
from pathlib import Path
from tui.git.gauge import Gauge
from tui.git.repo import Repo
from tui.git.stop import StopSignal
from tui.git.sync import SyncOptions, sync_repo
options = SyncOptions(60, 60, Path(sys.argv[1]))
sync_repo(Repo("mine", Path(sys.argv[2]), sys.argv[3]), options, StopSignal(), Gauge())
"""


@pytest.mark.parametrize("git_dies_too", [False, True])
def test_a_move_that_a_kill_cuts_off_is_taken_back_by_the_next_run(
    world: World, monkeypatch: pytest.MonkeyPatch, git_dies_too: bool
):
    monkeypatch.setattr("tui.git.aftermath.ALONE", 0.2)
    started, new = move_that_hangs(world)
    (world.mine / "own.txt").write_text("mine\n")
    command = [sys.executable, "-c", RUN, str(world.options.lock_dir), str(world.mine), world.url]
    with subprocess.Popen(command) as program:
        group = os.getpgid(int(started.read_text()))
        wait_until((world.mine / "folder/new.txt").exists, "half of the files are new")
        program.kill()
    if git_dies_too:
        os.killpg(group, signal.SIGKILL)
        wait_until(lambda: not group_lives(group), "git is gone")
    (world.mine / ".git/info/attributes").unlink()
    outcome = world.sync()
    assert (outcome.state, world.head()) == (State.SYNCED, new), outcome
    assert not group_lives(group)
    assert git(world.mine, "status", "--porcelain") == "?? own.txt"


def test_a_daemon_that_holds_the_pipes_delays_nothing_and_lives(world: World, ssh: Ssh):
    ssh.does(f'sleep 100 & echo $! > {world.base}/daemon\nshift $(($# - 1)); eval "$1"')
    outcome = world.sync(world.repo(url=ssh.url, stall_timeout=5))
    daemon = int((world.base / "daemon").read_text())
    try:
        assert outcome.state is State.UP_TO_DATE
        os.kill(daemon, 0)  # alive: it may be the person's credential daemon
        with RepoLock(world.options.lock_dir, world.mine):
            pass  # and the lock is free, although it inherits what git inherits
    finally:
        os.kill(daemon, 9)


def test_head_that_moves_meanwhile_is_left(world: World, ssh: Ssh):
    world.arrive()
    ssh.does(f'unset GIT_DIR; git -C {world.mine} switch -q -c other >&2\nshift $(($# - 1)); eval "$1"')
    old = world.head()
    outcome = world.sync(world.repo(url=ssh.url))
    assert (outcome.state, outcome.reason) == (State.FAILED, Reason.MOVED)
    assert (world.head(), git(world.mine, "rev-parse", "main")) == (old, old)


def test_a_commit_made_meanwhile_is_not_reported(world: World, ssh: Ssh):
    ssh.does(
        f'unset GIT_DIR; git -C {world.mine} commit -q --allow-empty -m own >&2\nshift $(($# - 1)); eval "$1"'
    )
    outcome = world.sync(world.repo(url=ssh.url))
    assert (outcome.state, outcome.refs) == (State.UP_TO_DATE, ())


def test_what_a_child_gets(world: World, monkeypatch):
    monkeypatch.setenv("LC_ALL", "de_DE.UTF-8")
    monkeypatch.setenv("GIT_EDITOR", "vi")
    script = (
        "import json, os, sys; print(json.dumps({'env': dict(os.environ), 'in': os.readlink('/proc/self/fd/0'),"
        " 'session': os.getsid(0) != int(sys.argv[1]), 'fds': sorted(os.listdir('/proc/self/fd'))}))"
    )
    (world.base / "look.py").write_text(script)
    git(world.mine, "config", "alias.look", f"!python3 {world.base}/look.py {os.getsid(0)}")
    with RepoLock(world.base / "locks", world.mine):
        noted: list[int | None] = []
        runner = GitRunner(
            world.mine, StopSignal(), Deadlines(10, 10), Gauge(), lambda pid, _step, _begun: noted.append(pid)
        )
        seen = json.loads(runner.run("look").stdout)
    assert noted[1:] == [None]
    assert seen["in"] == "/dev/null"
    assert seen["session"] is True
    assert [fd for fd in seen["fds"] if int(fd) > 3] == []  # 3 is the listing itself
    wanted = {
        "GIT_TERMINAL_PROMPT": "0",
        "GIT_ASKPASS": "",
        "SSH_ASKPASS_REQUIRE": "never",
        "GCM_INTERACTIVE": "never",
        "GIT_EDITOR": "true",
        "GIT_SEQUENCE_EDITOR": "true",
        "GIT_OPTIONAL_LOCKS": "0",
        "LC_ALL": "C",
        "LANGUAGE": "",
    }
    assert {name: seen["env"].get(name) for name in wanted} == wanted


def test_progress_reaches_the_gauge(world: World, ssh: Ssh):
    gate = world.base / "gate"
    os.mkfifo(gate)
    ssh.does(
        "printf 'remote: banner\\033[31m\\nReceiving objects:  37%% (37/100), 1.50 MiB | 2.00 KiB/s\\r' >&2\n"
        f"{say_group(world)}\ncat {gate}\nexit 1"
    )
    job = Job(world, url=ssh.url)
    ssh.started()
    seen = threading.Event()
    plain = job.gauge.show

    def show(progress):
        plain(progress)
        if progress.percent == 37:
            seen.set()

    job.gauge.show = show
    if job.gauge.progress.percent == 37:
        seen.set()
    assert seen.wait(10)
    progress = job.gauge.progress
    assert (progress.phase, progress.bytes, progress.rate) == ("Receiving objects", 3 << 19, 2048)
    assert list(job.gauge.output) == ["remote: banner"]
    gate.write_text("")
    assert job.end().state is State.FAILED
