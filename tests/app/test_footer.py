"""What the footer offers: what a person needs where they are."""

import pytest

from tests.app.test_detail import Looks
from tests.kit.app_driver import Driver
from tests.kit.scenes import FORWARD, GONE
from tests.kit.work import SYNCED
from tests.widgets.host import lines
from tui.app.detail_screen import DetailScreen
from tui.git.inspect import NOT_CLONED, RepoStatus
from tui.git.outcome import Outcome, Reason, State
from tui.store.history import CutOff
from tui.store.past import Failure, Past
from widgets.filter_line import FilterLine
from widgets.hint_bar import HintBar


def footer(driver: Driver) -> str:
    return lines(driver.app.screen.query_one(HintBar))[0]


async def test_the_way_out_and_what_is_looked_at_find_room_on_a_small_screen() -> None:
    async with Driver(6, limit=2).open(80, 24) as driver:
        assert (
            footer(driver) == " S start all  s sync  enter detail  tab panes  - fewer  o sort  q quit  ? more"
        )
        await driver.press("S")
        await driver.running("r0", "r1")
        await driver.press("1")
        assert (
            footer(driver) == " x cancel  enter detail  tab panes  p pause  - fewer  / filter  q quit  ? more"
        )
        await driver.press("enter")
        assert footer(driver).endswith(" q quit  ? more")


async def test_what_leads_on_finds_room_beside_an_offer_and_a_login() -> None:
    past = {"r0": Past("failed", "auth", "no login", failure=Failure("failed", "auth", 0.0, 0.0, 1, 1))}
    cut_off = CutOff(0.0, ("r1",))
    async with Driver(6, limit=2, past=past, cut_off=cut_off).open(80, 24) as driver:
        assert footer(driver).startswith(" S start all  u do the rest  enter detail  i log in  r retry ")
        await driver.press("j")
        assert footer(driver).startswith(" S start all  s sync  u do the rest  enter detail  R retry all ")
    locked = Outcome(State.FAILED, Reason.AUTH, "asks for a login")
    async with Driver(6, limit=2).open(80, 24) as driver:
        await driver.press("s")
        await driver.end("r0", outcome=locked)
        await driver.idle()
        assert footer(driver) == (
            " S start all  enter detail  i log in  r retry  R retry all  q quit  ? more"
        )
        await driver.press("2", "g")
        assert footer(driver) == (
            " S start all  enter fold  i log in  r retry these  R retry all  q quit  ? more"
        )


async def test_on_a_line_of_no_repo_enter_tells_the_whole_of_it_or_opens_what_is_marked() -> None:
    async with Driver(2).open(40, 12) as driver:
        await driver.press("s")
        await driver.end("r0", outcome=GONE)
        await driver.idle()
        assert (driver.app.main.highlighted(), "enter" in driver.hints()) == (None, True)
        await driver.press("enter")
        assert driver.app.screen is driver.app.main
        assert driver.toasts() == ["1 repo in 0.0 s, 1 to look at (press 2)"]
        await driver.press("tab", "j", "space", "shift+tab")
        assert (driver.app.main.highlighted(), "enter" in driver.hints()) == (None, True)
        await driver.press("enter")
        assert isinstance(driver.app.screen, DetailScreen)
        assert driver.app.screen.repo_id == "r1"


@pytest.mark.parametrize("key", ["q", "?", "ctrl+p"])
@pytest.mark.parametrize("way", [(), ("enter",)])
async def test_under_a_dialog_the_footer_offers_no_key_of_the_screen_below(
    way: tuple[str, ...], key: str
) -> None:
    async with Driver(6, limit=2).open() as driver:
        await driver.press("S", *way)
        await driver.running("r0", "r1")
        page = driver.app.screen
        bar = page.query_one(HintBar)
        before = lines(bar)
        await driver.press(key)
        assert driver.app.screen is not page
        assert lines(bar) == [" esc back"]
        await driver.press("escape")
        assert driver.app.screen is page
        assert lines(bar) == before


async def test_the_log_has_a_footer_of_its_own() -> None:
    async with Driver(3).open() as driver:
        await driver.press("S")
        for number in range(3):
            await driver.end(f"r{number}", outcome=GONE)
        await driver.idle()
        await driver.press("tab", "tab")
        assert driver.hints() == ["/", "z", "enter", "tab", "w", "S", "Z"]
        await driver.press("/", *"not", "enter")
        assert driver.hints()[:4] == ["esc", "n", "N", "/"]
        await driver.press("g")
        assert "f" in driver.hints()


async def test_the_search_says_its_place_in_one_voice() -> None:
    async with Driver(3).open() as driver:
        await driver.press("S")
        for number in range(3):
            await driver.end(f"r{number}", outcome=GONE)
        await driver.idle()
        main = driver.app.main
        await driver.press("tab", "tab")
        await driver.press("/", *"not", "enter")
        for key in ("", "n", "N", "n", "z"):
            if key:
                await driver.press(key)
            said = str(main.query_one(FilterLine)._count.content).strip()
            assert said in str(main.query_one("#log").border_subtitle)
            assert "/" in said


async def test_lazygit_is_offered_where_it_is(monkeypatch: pytest.MonkeyPatch) -> None:
    async with Driver(1).open() as driver:
        await driver.press("s")
        await driver.end("r0", outcome=GONE)
        await driver.idle()
        await driver.press("enter")
        assert {"!", "e", "L"} <= set(driver.hints())
        monkeypatch.setattr("tui.app.outside.which", lambda name: name if name != "lazygit" else None)
        driver.app.tick()
        assert "L" not in driver.hints()
        assert {"!", "e"} <= set(driver.hints())


async def test_no_program_is_offered_in_a_folder_that_is_not_there() -> None:
    looks = Looks(RepoStatus(error=NOT_CLONED))
    async with Driver(1, survey=looks).open() as driver:
        await driver.press("s")
        await driver.end("r0", outcome=GONE)
        await driver.idle()
        await driver.press("enter")
        await driver.until(lambda: driver.app.tick() or looks.asked)
        await driver.settle()
        driver.app.tick()
        assert not {"!", "e", "L"} & set(driver.hints())


async def test_the_log_has_words_for_a_reason() -> None:
    async with Driver(1).open() as driver:
        await driver.press("s")
        await driver.end("r0", outcome=Outcome(State.BLOCKED, Reason.UNTRACKED_OVERWRITE, "a.txt"))
        await driver.idle()
        assert "untracked overwrite: a.txt" in [line.cells[3] for line in driver.app.main.log_lines]


async def test_while_a_filter_is_typed_the_footer_offers_what_ends_it() -> None:
    async with Driver(3).open() as driver:
        await driver.press("slash", "r")
        assert driver.hints() == ["enter", "esc", "tab"]
        await driver.press("enter")
        assert "S" in driver.hints()
        await driver.press("slash")
        await driver.pilot.click(HintBar, offset=(15, 0))
        await driver.until(lambda: driver.app.main.view.words == "")
        await driver.until(lambda: "S" in driver.hints())


async def test_a_filter_that_is_kept_can_be_cleared_and_the_footer_says_how() -> None:
    async with Driver(3).open(80, 24) as driver:
        await driver.press("slash", *"state:failed", "enter")
        assert driver.app.main.table.empty_text() == "no repo matches"
        assert footer(driver).startswith(" esc clear  ctrl+s save view  S start all  ")
        await driver.press("escape")
        assert "esc" not in driver.hints()


async def test_what_a_filter_leaves_empty_says_so() -> None:
    async with Driver(3, limit=1, start=True).open() as driver:
        await driver.running("r0")
        await driver.press("slash", *"r0", "enter", "1")
        table = driver.app.main.table
        assert (table.keys, table.empty_text()) == ([], "nothing is queued among the repos of `r0`")
        await driver.press("2")
        assert table.empty_text() == "nothing needs attention so far among the repos of `r0`"


@pytest.mark.parametrize(
    ("outcome", "offered"),
    [(SYNCED, ["s sync"]), (GONE, ["r retry"]), (Outcome(State.CANCELLED, Reason.USER), ["s sync"])],
)
async def test_to_run_a_repo_again_is_called_the_same_wherever_it_is_shown(
    outcome: Outcome, offered: list[str]
) -> None:
    def again(driver: Driver) -> list[str]:
        bar = driver.app.screen.query_one(HintBar)
        return [f"{hint.key} {hint.label}" for hint in bar._hints if hint.label in {"sync", "retry"}]

    async with Driver(1).open() as driver:
        assert again(driver) == ["s sync"]
        await driver.press("enter")
        assert again(driver) == ["s sync"]
        await driver.press("s")
        await driver.running("r0")
        assert again(driver) == []
        await driver.end("r0", outcome=outcome)
        await driver.idle()
        assert again(driver) == offered
        await driver.press("escape")
        assert again(driver) == offered
        await driver.press("shift+tab", "k")
        assert driver.app.main.highlighted() == "r0"
        assert again(driver) == offered


async def test_a_list_offers_what_it_alone_knows_and_a_filter_that_it_can_be_kept() -> None:
    async with Driver(2).open(120, 24) as driver:
        await driver.press("3")
        assert "  + more jobs  o sort  / filter" in footer(driver)
        await driver.press("4")
        assert "write to a file" not in footer(driver)  # nothing has arrived
        await driver.press("S")
        await driver.end("r0", outcome=FORWARD)
        await driver.until(lambda: (driver.app.tick(), driver.app.highlighted())[1])
        assert "  W write to a file  / filter" in footer(driver)
        await driver.press("3", "slash", *"r0", "enter")
        assert footer(driver).startswith(" esc clear  ctrl+s save view  ")
