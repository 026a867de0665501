"""One thread at a time works in the interpreter, and none waits long for another."""

import threading
from collections.abc import Callable
from typing import Any

import pytest

from tests.git.conftest import World, git
from tui.demo.server import GitServer
from tui.git.outcome import State
from tui.git.probe import pool
from tui.git.process import GitProcess
from tui.git.turn import Turn

LONG = 20.0


def in_thread(body: object) -> threading.Thread:
    thread = threading.Thread(target=body, daemon=True)  # type: ignore[arg-type]  # any callable
    thread.start()
    return thread


def test_the_next_goes_on_when_it_is_given() -> None:
    turn, took = Turn(patience=LONG), threading.Event()
    turn.take()

    def other() -> None:
        turn.take()
        took.set()

    thread = in_thread(other)
    assert not took.is_set()
    turn.give()
    thread.join(LONG / 2)
    assert took.is_set()


def test_who_keeps_it_holds_up_nobody_for_long_and_can_give_it_no_more() -> None:
    turn, later = Turn(patience=0.01), threading.Event()
    turn.take()

    def other() -> None:
        turn.take()
        later.wait(LONG)
        turn.give()

    thread = in_thread(other)
    third = in_thread(turn.take)
    third.join(LONG / 2)
    assert not third.is_alive()
    turn.give()  # it is another's by now
    later.set()
    thread.join(LONG / 2)
    assert not thread.is_alive()


def test_who_has_it_may_take_it_again_and_who_has_it_not_gives_nothing() -> None:
    turn = Turn(patience=LONG)
    turn.give()
    turn.take()
    turn.take()
    turn.give()
    turn.take()


@pytest.mark.parametrize("by_http", [False, True])
def test_it_is_free_while_a_remote_is_waited_for(
    world: World, monkeypatch: pytest.MonkeyPatch, by_http: bool
) -> None:
    turn = Turn(patience=LONG)
    for module in ("sync", "process", "work", "probe.pool"):
        monkeypatch.setattr(f"tui.git.{module}.turn", turn)
    was_free: list[bool] = []

    def watched(wait: Callable[..., Any]) -> Callable[..., Any]:
        def waiting(*args: Any, **more: Any) -> Any:
            other = in_thread(lambda: (turn.take(), turn.give()))
            other.join(LONG / 10)
            was_free.append(not other.is_alive())
            return wait(*args, **more)

        return waiting

    monkeypatch.setattr("tui.git.probe.pool._exchange", watched(pool._exchange))
    monkeypatch.setattr("tui.git.process.GitProcess.run", watched(GitProcess.run))
    with GitServer(world.base) as server:
        if by_http:
            git(world.mine, "remote", "set-url", "origin", f"{server.url}/remote.git")
        assert world.sync(world.repo(url=None)).state is State.UP_TO_DATE
    assert was_free == [True]
