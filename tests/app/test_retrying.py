"""A job that waits before it tries again, on the screen and under the keys."""

from textual.widgets import Static

from tests.app.test_detail import text
from tests.kit.app_driver import Driver
from tests.kit.work import SYNCED, Retrying
from tui.app import titles
from tui.git.outcome import Outcome, RefChange, RefKind, State
from widgets.status_pane import StatusPane
from widgets.tone import Tone


def driver() -> Driver:
    # Of one host: what waits holds its lane, and so r2 is queued behind it.
    return Driver(3, limit=2, work=Retrying())


async def begun(drive: Driver) -> None:
    await drive.press("S")
    wanted = {"r0": "retrying", "r1": "running", "r2": "queued"}
    await drive.until(lambda: (drive.app.tick(), drive.states() == wanted)[1])


async def test_it_is_told_as_what_it_is() -> None:
    async with driver().open() as drive:
        await begun(drive)
        assert titles.slots_title(drive.board) == "Slots 1/2 +1 retrying"
        shown = drive.app.main.query_one(StatusPane)._facts._view
        assert (shown.counts[Tone.RUNNING], shown.counts[Tone.QUEUED]) == (1, 2)
        await drive.press("/", *"state:retrying", "enter")
        assert [row.cells[0] for row in drive.app.main.table.rows] == ["r0"]


async def test_the_queue_lists_as_many_as_are_counted_as_queued() -> None:
    async with driver().open() as drive:
        await begun(drive)
        await drive.press("1")
        rows = [row.cells for row in drive.app.main.table.rows]
        assert rows == [("↻", "r0", "retrying", "a.example"), ("1", "r2", "", "a.example")]
        shown = drive.app.main.query_one(StatusPane)._facts._view.counts[Tone.QUEUED]
        assert (str(drive.app.main.table.border_title).split("Queue ")[1][0], shown) == ("2", 2)


async def test_the_detail_says_why_it_is_tried_again_and_parts_what_git_said() -> None:
    async with driver().open() as drive:
        await begun(drive)
        gauge = drive.engine.gauge("r0")
        assert gauge is not None
        gauge.keep("of the first")
        await drive.press("3", "g", "t")
        await drive.running("r0", "r1")
        gauge.try_again(2)
        gauge.keep("of the second")
        await drive.press("enter")
        assert "attempt 2" in text(drive, "facts")
        assert "before rate limited" in text(drive, "facts")
        assert text(drive, "output") == "of the first\n── attempt 2 ──\nof the second"
        await drive.end("r0", outcome=SYNCED)
        assert "before rate limited" in text(drive, "facts")


async def test_while_it_waits_the_detail_says_why_and_how_long_and_nothing_of_the_run_before() -> None:
    earlier = Outcome(
        State.SYNCED,
        received=2048,
        refs=(RefChange("refs/tags/v1", None, "c0ffee" * 6, RefKind.TAG),),
    )
    async with Driver(1, limit=1, work=Retrying(from_the_first=False)).open() as drive:
        await drive.press("s", "enter")
        await drive.running("r0")
        await drive.end("r0", outcome=earlier)
        await drive.idle()
        assert text(drive, "facts").splitlines()[-2:] == ["arrived 2.0 kB", "result 1 ref fetched"]
        assert text(drive, "refs").splitlines()[0] == "1 ref changed"
        await drive.press("s")
        await drive.until(lambda: (drive.app.tick(), drive.state("r0") == "retrying")[1])
        drive.clock.advance(3)
        await drive.settle()
        assert text(drive, "facts").splitlines() == [
            "state ↻ retrying",
            "attempt 1",
            "took 3.0 s",
            "progress retry 1/2 in 57 s",
            "reason rate limited: HTTP 429",
            "path /nowhere/r0",
            "url https://a.example/r0.git",
        ]
        assert not drive.app.screen.query_one("#refs").display


async def test_r_says_what_t_does() -> None:
    async with driver().open() as drive:
        await begun(drive)
        await drive.press("3", "g", "r")
        assert drive.toasts() == ["r0 waits to try again; t does it now"]
        await drive.press("t")
        await drive.running("r0", "r1")
        assert drive.state("r0") == "running"


async def test_the_dialogs_count_it() -> None:
    async with driver().open() as drive:
        await begun(drive)
        await drive.press("X")
        body = drive.app.screen.query_one("#body", Static)
        assert str(body.content) == "1 job running, 1 waiting to try again, 1 queued."


async def test_a_drain_ends_it_and_what_runs_goes_on() -> None:
    async with driver().open() as drive:
        await begun(drive)
        await drive.press("d")
        await drive.until(lambda: drive.state("r0") == "cancelled")
        assert drive.states() == {"r0": "cancelled", "r1": "running", "r2": "cancelled"}
        assert drive.toasts()[-1] == "2 repos taken out of the queue, and cancelled"
