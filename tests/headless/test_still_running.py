"""What a run without a screen says while nothing ends."""

import io
import re
import threading

import pytest

from tests.kit.processes import wait_until
from tests.kit.work import GatedWork, repos
from tui.engine.engine import Engine
from tui.engine.eta import Forecast
from tui.engine.plan import Plan
from tui.headless.run import Show, run
from tui.headless.streams import Streams

_BOTH = re.compile(r"^still running: r0 [^,]+, r1 [^,;]+; 1 queued(.*)\n", re.MULTILINE)


@pytest.mark.parametrize(
    ("known", "left"),
    [
        (Forecast({"r0": [100.0], "r1": [100.0], "r2": [100.0]}), "; about 3 min left"),
        (Forecast({}), ""),
    ],
    ids=["known", "unknown"],
)
def test_it_names_what_runs_and_how_long_it_goes_on(
    monkeypatch: pytest.MonkeyPatch, known: Forecast, left: str
) -> None:
    monkeypatch.setattr("tui.headless.run.HEARTBEAT", 0.0)
    monkeypatch.setattr("tui.headless.run.IDLE_TICK", 0.01)
    work, out = GatedWork(), io.StringIO()

    def end_all() -> None:
        work.wait_running("r0", "r1")
        try:
            wait_until(lambda: _BOTH.search(out.getvalue()), "it is said what runs")
        finally:
            work.end("r0", "r1", "r2")

    ender = threading.Thread(target=end_all)
    ender.start()
    streams = Streams(out=out, err=io.StringIO())
    assert run(Engine(work, limit=2), Plan(tuple(repos(3)), ()), streams, Show(), known).exit_code == 0
    ender.join()
    said = _BOTH.search(out.getvalue())
    assert said
    assert said[1] == left
