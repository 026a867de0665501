"""How a watch is told."""

import socket

from tui.store.watches import Watching
from tui.view.watching import lines

HERE = socket.gethostname()


def told(
    *, host: str = HERE, next_start: float | None = 1_060.0, silence: float = 2.0, alive: bool = True
) -> list[str]:
    watch = Watching(1, host, 0.0, 60.0, 3, next_start, 1_000.0, alive)
    return lines("~/w", watch, 1_000.0 + silence)


def test_a_watch_tells_its_passes() -> None:
    first, passes, life = told()
    assert life == "last sign of life: 2.0 s ago"
    assert first.startswith(f"~/w is watched by pid 1 on {HERE}, since ")
    assert passes.startswith("passes: 3 done, the next one begins at ")
    assert told(next_start=None)[1] == "passes: pass 3 goes on, every 60.0 s"


def test_silence_is_said_with_what_helps() -> None:
    assert told(silence=30.0)[2] == "last sign of life: 30.0 s ago"
    assert told(silence=31.0)[2] == "no sign of life for 31 s: wait for it; if it hangs: kill 1"
    assert told(silence=150.0, host="afar")[2] == (
        "no sign of life for 2 min: it runs on afar; if it hangs, go there: kill 1"
    )


def test_one_that_is_gone_and_none_are_told_apart() -> None:
    assert told(alive=False) == [f"~/w is not watched: pid 1 on {HERE} ended 2.0 s ago without a word"]
    assert lines("~/w", None, 0.0) == ["~/w is not watched"]
