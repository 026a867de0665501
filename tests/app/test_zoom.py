"""One pane fills the screen."""

import pytest

from tests.kit.app_driver import Driver
from tests.widgets.host import lines
from widgets.hint_bar import HintBar
from widgets.slot_grid import SlotGrid


def columns(driver: Driver) -> list[str]:
    """Of the list that is shown."""
    main = driver.app.main
    return main.table.draw_header(main.table.scrollable_content_region.width).text.split()


def panes(driver: Driver) -> list[str]:
    """Those that can be seen, and the one with the focus last."""
    main = driver.app.main
    ids = [pane.id for pane in (main.query_one(SlotGrid), main._log, main.table) if pane.region.area]
    assert main.focused is not None
    assert main.focused.id in ids
    return [*ids, main.focused.id]


def footer(driver: Driver) -> str:
    return lines(driver.app.screen.query_one(HintBar))[0]


async def test_zoomed_the_list_of_repos_has_all_of_the_screen() -> None:
    wide = ["repo", "state", "success", "behind", "ahead", "changes", "branch", "last", "error"]
    async with Driver(3, limit=3, start=True).open(120, 40) as driver:
        await driver.running("r0", "r1", "r2")
        assert columns(driver) == wide
        assert "Z zoom " in footer(driver)
        await driver.press("Z")
        assert (columns(driver), panes(driver)) == (wide, ["lists", "lists"])
        assert driver.app.main.table.outer_size == (120, 38)
        assert footer(driver).startswith(" Z zoom out ")
        assert driver.header().endswith("  done 0/3   0:00")
        await driver.press("Z")
        assert (columns(driver), panes(driver)) == (wide, ["slots", "log", "lists", "lists"])


async def test_going_on_from_a_zoomed_pane_goes_to_the_other_one_that_can_be_zoomed() -> None:
    async with Driver(3, start=True).open(120, 40) as driver:
        await driver.running("r0", "r1")
        await driver.press("Z", "shift+tab")
        assert panes(driver) == ["log", "log"]
        assert footer(driver).startswith(" Z zoom out ")
        await driver.press("2")
        assert panes(driver) == ["lists", "lists"]
        for shown in ("log", "lists"):
            await driver.press("tab")
            assert panes(driver) == [shown, shown]
            assert footer(driver).startswith(" Z zoom out ")
        await driver.press("Z", "tab")
        assert panes(driver) == ["slots", "log", "lists", "slots"]
        await driver.press("Z")
        assert panes(driver) == ["lists", "lists"]


async def test_before_the_run_the_zoomed_list_is_all_there_is() -> None:
    async with Driver(3).open(120, 40) as driver:
        for key in ("Z", "tab", "shift+tab"):
            await driver.press(key)
            assert panes(driver) == ["lists", "lists"]


@pytest.mark.parametrize("size", [(80, 24), (40, 12), (200, 60)])
async def test_the_zoomed_pane_stays_when_the_screen_changes(size: tuple[int, int]) -> None:
    async with Driver(3, start=True).open(120, 40) as driver:
        await driver.running("r0", "r1")
        for turn in ("3", "shift+tab"):
            await driver.press(turn, "Z")
            shown = panes(driver)
            assert len(shown) == 2
            await driver.pilot.resize_terminal(*size)
            await driver.settle()
            assert panes(driver) == shown
            await driver.press("Z", "Z")
            assert panes(driver) == shown
            await driver.pilot.resize_terminal(120, 40)
            await driver.press("Z")
            assert panes(driver) == ["slots", "log", "lists", shown[-1]]


@pytest.mark.parametrize("size", [(120, 40), (80, 24), (40, 12)])
async def test_a_list_that_was_zoomed_before_the_run_stays_so_where_there_is_room_for_two(
    size: tuple[int, int],
) -> None:
    async with Driver(3).open(*size) as driver:
        await driver.press("Z")
        assert panes(driver) == ["lists", "lists"]
        await driver.press("S")
        await driver.running("r0", "r1")
        # Where there is room for one, what runs is told in the log.
        assert panes(driver) == (["log", "log"] if size == (40, 12) else ["lists", "lists"])


async def test_a_filter_is_typed_into_the_zoomed_list() -> None:
    async with Driver(3, start=True).open(120, 40) as driver:
        await driver.running("r0", "r1")
        await driver.press("Z", "slash", *"Z", "enter")
        assert driver.app.main.view.words == "Z"
        assert panes(driver) == ["lists", "lists"]
