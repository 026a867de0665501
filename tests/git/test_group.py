"""Which bytes are those of a transfer."""

import subprocess

from tests.git.conftest import World
from tui.git.group import group_bytes


def batch(world: World, *command: str) -> "subprocess.Popen[bytes]":
    """In a group of its own; it answers each line with one."""
    child = subprocess.Popen(
        command,
        cwd=world.mine,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        bufsize=0,
        start_new_session=True,
    )
    answer(child)
    return child


def answer(child: "subprocess.Popen[bytes]") -> None:
    child.stdin.write(b"nothing\n")
    assert child.stdout.readline().startswith(b"nothing")


def test_only_what_git_moves_in_that_group_counts(world: World):
    one, other = (batch(world, "git", "cat-file", "--batch-check") for _ in range(2))
    helper = batch(world, "cat")
    with one, other, helper:
        before = group_bytes(one.pid)
        answer(other)
        assert group_bytes(one.pid) == before > 0
        answer(one)
        assert group_bytes(one.pid) > before
        assert group_bytes(helper.pid) == 0
        for child in (one, other, helper):
            child.stdin.close()
