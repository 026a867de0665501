"""What a synctui that was killed leaves at work is ended by the shell that watches it."""

import os
import signal
import subprocess
import sys
import textwrap
import time

import pytest

from tests.kit.processes import wait_until
from tui.git.group import group_lives
from tui.git.watchdog import Watchdog

OWNER = """
    import os, subprocess, sys
    from tui.git.watchdog import Watchdog
    dog = Watchdog()
    for patiently, script in ((False, "sleep 600"), (False, "trap '' TERM; sleep 600"), (True, "sleep 600")):
        child = subprocess.Popen(["sh", "-c", script], stdout=-3, stderr=-3, start_new_session=True)
        dog.watch(child.pid, patiently=patiently)
        print(child.pid, flush=True)
    ended = subprocess.Popen(["sleep", "0"], start_new_session=True)
    dog.watch(ended.pid, patiently=False)
    ended.wait()
    dog.forget(ended.pid)
    print(dog._shell.pid, flush=True)
    os.kill(os.getpid(), 9)
"""


def sleeper() -> "subprocess.Popen[bytes]":
    return subprocess.Popen(["sleep", "600"], start_new_session=True)


def test_after_a_kill_all_groups_end_and_so_does_it() -> None:
    owner = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(OWNER)], capture_output=True, text=True, check=False
    )
    assert owner.returncode == -signal.SIGKILL
    *groups, shell = map(int, owner.stdout.split())
    assert group_lives(groups[2]), "what moves HEAD has time to end by itself"
    wait_until(lambda: not any(map(group_lives, [*groups, shell])), "all of them are gone")


def test_what_is_forgotten_is_left_alone() -> None:
    dog, child = Watchdog(), sleeper()
    try:
        dog.watch(child.pid, patiently=False)
        dog.forget(child.pid)
        shell = dog._shell
        assert shell is not None
        dog.stop()
        assert shell.returncode == 0
        assert child.poll() is None
    finally:
        child.kill()
        child.wait()


def test_what_it_still_has_to_end_is_not_waited_for() -> None:
    dog, child = Watchdog(), sleeper()
    dog.watch(child.pid, patiently=False)
    shell = dog._shell
    assert shell is not None
    dog.stop()
    assert shell.poll() is None, "it waits for the child, which nobody has reaped"
    assert child.wait() == -signal.SIGTERM
    shell.wait()


def test_it_starts_with_the_first_group_and_again_after_a_stop() -> None:
    dog = Watchdog()
    assert dog._shell is None
    dog.stop()
    dog.forget(os.getpid())
    first = dog._shell
    dog.stop()
    dog.forget(os.getpid())
    assert dog._shell is not first
    dog.stop()


def test_without_a_shell_the_work_goes_on(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "/nonexistent")
    dog = Watchdog()
    dog.watch(1, patiently=True)
    assert dog._shell is None


def test_one_that_was_ended_costs_nothing() -> None:
    dog, child = Watchdog(), sleeper()
    try:
        dog.watch(child.pid, patiently=False)
        assert dog._shell is not None
        dog._shell.kill()
        dog._shell.wait()
        began = time.monotonic()
        dog.forget(child.pid)
        dog.stop()
        assert time.monotonic() - began < 1
    finally:
        child.kill()
        child.wait()
