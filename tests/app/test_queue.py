"""The queue in the hands of a person: what is to come first, and what a host waits for."""

import pytest

from tests.kit.app_driver import Driver, repo
from tui.app import figures, slot_views, status_views, titles
from tui.engine.events import JobResting, Record
from tui.git.gauge import Progress
from widgets.status_pane import LaneView


async def queued(driver: Driver) -> None:
    """r1 to r5 wait; the cursor is on r3, in the tab Queue."""
    await driver.press("S")
    await driver.running("r0")
    await driver.press("1", "j", "j")


def lanes(driver: Driver) -> list[LaneView]:
    return status_views.lanes(driver.app.desk, driver.engine.next_starts())


def without_job(driver: Driver) -> str:
    return slot_views.without_job(driver.board, driver.engine.next_starts())


@pytest.mark.parametrize(
    ("keys", "order"),
    [
        ("K", ["r1", "r3", "r2", "r4", "r5"]),
        ("KK", ["r3", "r1", "r2", "r4", "r5"]),
        ("J", ["r1", "r2", "r4", "r3", "r5"]),
        ("T", ["r3", "r1", "r2", "r4", "r5"]),
        ("B", ["r1", "r2", "r4", "r5", "r3"]),
    ],
)
@pytest.mark.parametrize("size", [(120, 40), (80, 24)], ids=["120x40", "80x24"])
async def test_a_key_moves_the_selected_one_and_the_cursor_with_it(
    keys: str, order: list[str], size: tuple[int, int]
) -> None:
    async with Driver(6, limit=1).open(*size) as driver:
        await queued(driver)
        await driver.press(*keys)
        assert driver.engine.queue() == order
        assert [row.key for row in driver.app.main.table.rows] == order
        assert driver.app.highlighted() == "r3"
        assert driver.app.main.table.border_subtitle == " K J move, T B to the ends "
        assert driver.toasts() == []
        await driver.end("r0")
        await driver.running(order[0])


async def test_what_is_marked_moves_together_and_stays_marked() -> None:
    async with Driver(6, limit=1).open() as driver:
        await queued(driver)
        await driver.press("space", "j", "space", "T", "J")
        assert driver.engine.queue() == ["r1", "r3", "r5", "r2", "r4"]
        assert driver.app.desk.marks == {"r3", "r5"}


async def test_no_move_passes_a_pick() -> None:
    async with Driver(6, limit=1).open() as driver:
        await queued(driver)
        await driver.press("t")
        await driver.running("r0", "r3")
        await driver.press("G", "t", "G", "T")
        assert driver.engine.queue() == ["r5", "r4", "r1", "r2"]


async def test_an_end_of_the_queue_and_what_is_not_in_it_are_said() -> None:
    async with Driver(6, limit=1).open() as driver:
        await queued(driver)
        await driver.press("B", "J")
        assert driver.toasts() == ["r3: at the bottom already"]
        await driver.press("3", "g", "K")
        assert driver.toasts() == ["r0 is not queued: no place to move"]
        await driver.press("j", "j", "j", "j", "j", "T")
        assert driver.toasts()[-1] == "r5: now 1 of 5 in the queue"


async def test_a_filter_leaves_each_its_place_in_the_queue() -> None:
    async with Driver(6, limit=1).open() as driver:
        await queued(driver)
        await driver.press("slash", *"r4", "enter")
        assert [row.cells[:2] for row in driver.app.main.table.rows] == [("4", "r4")]


@pytest.mark.parametrize("key", ["K", "J", "T", "B"])
async def test_a_move_in_an_empty_queue_says_that_it_is_empty(key: str) -> None:
    async with Driver(1).open() as driver:
        await driver.press("1", key)
        assert driver.toasts() == ["nothing is queued"]


async def test_a_lane_says_how_long_its_host_is_left_alone() -> None:
    driver = Driver([repo("a"), repo("b"), repo("c", "slow.example")], limit=4, start_delay=5.0)
    async with driver.open() as driver:
        await driver.press("S")
        await driver.running("a", "c")
        driver.clock.advance(1.5)
        gauge = driver.engine.gauge("c")
        assert gauge
        gauge.resumes = driver.clock.monotonic() + 11.2
        assert lanes(driver) == [
            LaneView("github.com", 1, 4, 1, "next in 4 s"),
            LaneView("slow.example", 1, 4, 0, "backs off 12 s"),
        ]
        gauge.show(Progress("retry 1/2 in 11 s"))
        driver.board.apply(Record(0.0, "", JobResting(driver.board.rows["c"].repo)))
        assert lanes(driver)[1] == LaneView("slow.example", 0, 4, 1, "backs off 12 s")
        assert titles.slots_title(driver.board) == "Slots 1/4 +1 retrying"
        row = driver.app.desk.board.rows["c"]
        waiting = slot_views.slot(row, driver.app.desk)
        assert (waiting.phase, waiting.badge) == ("retry 1/2 in 12 s", "")
        driver.clock.advance(5.0)
        driver.engine.resume()  # its alarm is on the wall's clock
        assert [lane.note for lane in lanes(driver)] == ["", "backs off 7 s"]
        driver.clock.advance(8.0)
        assert slot_views.slot(row, driver.app.desk).phase == "retry 1/2 waits its turn"
        driver.board.paused = True
        assert slot_views.slot(row, driver.app.desk).phase == "retry 1/2 paused"
        gauge.resumes = None
        assert [lane.note for lane in lanes(driver)] == ["", ""]


async def test_a_lane_says_how_many_of_those_above_its_limit_hang() -> None:
    async with Driver(2, limit=2).open() as driver:
        await driver.press("S")
        await driver.running("r0", "r1")
        driver.board.lanes["a.example"] = 1
        driver.clock.advance(10.0)
        for name, quiet in (("r0", 10.0), ("r1", 9.0)):
            gauge = driver.engine.gauge(name)
            assert gauge
            gauge.show(Progress(moved=driver.clock.monotonic() - quiet))
        assert lanes(driver) == [LaneView("a.example", 2, 1, 0, "1 stalled")]


async def test_a_lane_tells_of_the_pick_beside_its_limit() -> None:
    async with Driver([repo("a"), repo("b"), repo("c", "slow.example")], limit=1).open() as driver:
        await driver.press("S")
        await driver.running("a")
        await driver.press("3", "g", "j", "j", "t")
        await driver.running("a", "c")
        assert lanes(driver) == [LaneView("github.com", 1, 1, 1), LaneView("slow.example", 0, 1, 0, "+1 now")]


async def test_a_slot_without_a_job_says_what_it_waits_for() -> None:
    repos = [repo("a"), repo("b"), repo("c", "slow.example"), repo("d", "slow.example")]
    async with Driver(repos, limit=8, host_limit=1).open() as driver:
        await driver.press("S")
        await driver.running("a", "c")
        assert without_job(driver) == "waits for a host"
        await driver.end("a")
        await driver.running("b", "c")
        assert without_job(driver) == "waits for slow.example"
        await driver.press("p")
        assert without_job(driver) == "paused"
        await driver.press("p")
        await driver.end("c")
        await driver.running("b", "d")
        assert without_job(driver) == "idle"


async def test_the_only_host_has_a_lane_too() -> None:
    async with Driver(2, limit=2, start_delay=5.0).open() as driver:
        await driver.press("S")
        await driver.running("r0")
        (lane,) = lanes(driver)
        assert (lane.running, lane.waiting, lane.note) == (1, 1, "next in 5 s")


async def test_paused_is_told_beside_the_jobs_in_the_place_of_draining() -> None:
    async with Driver(4, limit=2).open() as driver:
        await driver.press("S")
        await driver.running("r0", "r1")
        await driver.press("-")
        assert figures.jobs(driver.board) == "2→1 draining"
        await driver.press("p")
        assert figures.jobs(driver.board) == "2→1 paused"
        await driver.press("+")
        assert figures.jobs(driver.board) == "2/2 paused"
        assert titles.slots_title(driver.board) == "Slots 2/2 paused"
