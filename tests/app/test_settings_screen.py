"""The settings screen, keys of one's own, the first session and the palette, in the app."""

from collections.abc import Mapping
from typing import Any

import pytest
from textual.theme import BUILTIN_THEMES
from textual.widgets import Input, Static

from tests.kit import scenes
from tests.kit.app_driver import Driver
from tests.widgets.host import screen
from tui.app.actions import USUAL_KEYS
from tui.app.keymap import Keymap
from tui.app.settings_screen import SettingsScreen, written
from tui.store.paths import StateError
from tui.store.preferences import Preferences
from tui.store.settings import THEMES, resolve
from widgets.help_screen import HelpScreen
from widgets.hint_bar import HintBar
from widgets.log_pane import LogPane

DOWN = {
    name: ["down"] * number
    for number, name in enumerate(
        (
            "jobs",
            "host_jobs",
            "stall_timeout",
            "timeout",
            "retry",
            "order",
            "stale_after",
            "severe_after",
            "theme",
        )
    )
}


def layered(file_name: str = "~/w/synctui.toml", **given: Mapping[str, Any]) -> Preferences:
    """`flags`, `environ` and `file` as they stand."""
    layers = [given.get(name, {}) for name in ("flags", "environ", "file")]
    return Preferences(lambda remembered: resolve(*layers, 8, 4, remembered=remembered), file_name=file_name)


def rows(driver: Driver) -> dict[str, tuple[str, str]]:
    screen = driver.app.screen
    assert isinstance(screen, SettingsScreen)
    return {row.key: (row.value, row.origin) for row in screen.rows()}


def about(driver: Driver) -> str:
    return str(driver.app.screen.query_one("#about", Static).content)


def on_screen(driver: Driver) -> list[str]:
    """The values as the lines of the screen have them."""
    return [
        " | ".join(str(part.content) for part in line.query(Static))
        for line in driver.app.screen.query("_Line")
    ]


async def edit(driver: Driver, name: str, text: str) -> None:
    await driver.press("home", *DOWN[name], "enter")
    await driver.press(*text, "enter")


def test_the_themes_are_those_of_textual() -> None:
    assert set(THEMES) == set(BUILTIN_THEMES)


async def test_each_has_its_value_and_where_it_comes_from() -> None:
    preferences = layered(
        flags={"retry": 5}, environ={"SYNCTUI_TIMEOUT": "90"}, file={"order": "stalest", "stall_timeout": 0}
    )
    preferences.set("stale_after", 12 * 3600.0)
    async with Driver(1, limit=2, preferences=preferences).open() as driver:
        await driver.press(",")
        assert rows(driver) == {
            "jobs": ("2", "default"),
            "host_jobs": ("2", "default"),
            "stall_timeout": ("off", "file"),
            "timeout": ("90s", "variable SYNCTUI_TIMEOUT"),
            "retry": ("5", "flag --retry"),
            "order": ("stalest", "file"),
            "stale_after": ("12h", "remembered"),
            "severe_after": ("72h", "default"),
            "theme": ("textual-dark", "default"),
        }
        assert on_screen(driver)[0] == "▸ jobs | 2 | default"


async def test_a_limit_that_is_set_counts_at_once_and_is_remembered() -> None:
    async with Driver(4, limit=1).open() as driver:
        await driver.press("S")
        await driver.running("r0")
        await driver.press(",")
        await edit(driver, "jobs", "3")
        await driver.running("r0", "r1", "r2")
        assert (driver.kept, rows(driver)["jobs"]) == ({"jobs": 3}, ("3", "remembered"))


async def test_a_limit_for_hosts_that_is_set_counts_for_what_starts_next() -> None:
    async with Driver(6, limit=3).open() as driver:
        await driver.press("S")
        await driver.running("r0", "r1", "r2")
        await driver.press(",")
        await edit(driver, "host_jobs", "1")
        assert driver.board.lane_width == 1
        await driver.end("r0")
        await driver.end("r1")
        await driver.running("r2")
        await driver.press("backspace")
        await driver.running("r2", "r3", "r4")
        assert driver.kept == {"host_jobs": None}


async def test_what_is_not_allowed_is_refused_in_place_and_can_be_corrected() -> None:
    async with Driver(1).open() as driver:
        await driver.press(",")
        await edit(driver, "timeout", "soon")
        allowed = "seconds from 0 to 86400, or like 90s, 5m, 1h; 0 turns it off"
        assert about(driver).splitlines()[0] == f'✗ "soon" is not allowed; allowed: {allowed}'
        assert (driver.kept, rows(driver)["timeout"]) == ({}, ("10m", "default"))
        assert driver.app.screen.query_one(".-here Input", Input).has_focus
        await driver.press("backspace")
        assert not about(driver).startswith("✗")
        await driver.press(*["backspace"] * 4, *"5m", "enter")
        assert (driver.kept, rows(driver)["timeout"]) == ({"timeout": 300.0}, ("5m", "remembered"))
        assert driver.app.focused is None


async def test_esc_leaves_the_edit_first_and_then_the_page() -> None:
    async with Driver(1).open() as driver:
        await driver.press(",", "enter", "9")
        await driver.press("escape")
        assert rows(driver)["jobs"] == ("2", "default")
        await driver.press("escape")
        assert driver.app.screen is driver.app.main
        assert driver.kept == {}


async def test_a_click_beside_the_page_leaves_it_and_what_was_typed() -> None:
    async with Driver(1).open() as driver:
        assert driver.pilot
        await driver.press(",", "enter", "9")
        await driver.pilot.click("#form", offset=(0, 0))
        await driver.pilot.click("#about")
        assert isinstance(driver.app.screen, SettingsScreen)
        await driver.pilot.click(offset=(0, 0))
        await driver.settle()
        assert driver.app.screen is driver.app.main
        assert driver.kept == {}
        await driver.press("?")
        await driver.pilot.click(offset=(0, 0))
        await driver.settle()
        assert driver.app.screen is driver.app.main


async def test_enter_on_an_unchanged_value_makes_it_no_remembered_one() -> None:
    async with Driver(1).open() as driver:
        await driver.press(",", *DOWN["stall_timeout"], "enter", "enter")
        assert (driver.kept, rows(driver)["stall_timeout"]) == ({}, ("1m", "default"))


async def test_a_value_goes_back_to_its_default() -> None:
    preferences = Preferences(remembered={"retry": 7, "jobs": 5})
    async with Driver(1, limit=5, preferences=preferences).open() as driver:
        await driver.press(",", "backspace", *DOWN["retry"], "backspace")
        assert (rows(driver)["jobs"], rows(driver)["retry"]) == (("1", "default"), ("2", "default"))
        assert driver.engine.snapshot().limit == 1


@pytest.mark.parametrize(
    ("layer", "how"),
    [
        ({"flags": {"retry": 5}}, "start without --retry to set it here"),
        ({"environ": {"SYNCTUI_RETRY": "5"}}, "unset SYNCTUI_RETRY to set it here"),
        (
            {"file": {"retry": 5}},
            "retry of ~/w/synctui.toml wins over what is set here, change it there",
        ),
    ],
)
@pytest.mark.parametrize("keys", [["enter"], ["right"], ["backspace"]])
async def test_what_is_fixed_stays_and_says_how_to_change_it(
    layer: dict[str, Any], how: str, keys: list[str]
) -> None:
    async with Driver(1, preferences=layered(**layer)).open() as driver:
        await driver.press(",", *DOWN["retry"], *keys)
        assert about(driver).splitlines()[0] == f"✗ fixed for this session: {how}"
        assert rows(driver)["retry"][0] == "5"


async def test_a_limit_that_a_flag_fixed_is_changed_for_this_session() -> None:
    async with Driver(1, limit=2, preferences=layered(flags={"jobs": 2})).open() as driver:
        await driver.press(",", "right")
        assert rows(driver)["jobs"] == ("3", "this session")
        assert about(driver).splitlines()[2] == ("Remembered, but a start with --jobs takes that again.")
        assert driver.engine.snapshot().limit == 3


async def test_left_and_right_take_the_next_value_and_stop_at_the_ends() -> None:
    async with Driver(1, limit=1).open() as driver:
        await driver.press(",", "left")
        assert about(driver).startswith('✗ "0" is not allowed; allowed: a whole number from 1 to 64')
        await driver.press(*DOWN["order"], "right")
        assert rows(driver)["order"] == ("stalest", "remembered")
        await driver.press("left", "left")
        assert rows(driver)["order"] == ("config", "remembered")
        await driver.press("up", "up", "left")
        assert about(driver).startswith("✗ enter edits it")


async def test_only_keys_that_do_something_are_told() -> None:
    async with Driver(1).open() as driver:
        await driver.press(",")
        form = driver.app.screen.query_one("#form")
        told = {}
        for row in driver.app.screen._lines:
            told[row.row.key] = "next value" in str(form.border_subtitle)
            await driver.press("j")
        assert {key for key, steps in told.items() if steps} == {
            "jobs",
            "host_jobs",
            "retry",
            "order",
            "theme",
        }


async def test_on_the_smallest_screen_what_is_told_of_a_value_is_not_cut() -> None:
    async with Driver(1).open(40, 12) as driver:
        await driver.press(",")
        for line in driver.app.screen._lines:
            shown = " ".join(part.strip("│ ") for part in screen(driver.app))
            assert " ".join(line.row.about.splitlines()[:2]) in shown
            await driver.press("enter")
            assert screen(driver.app)[-1] == "╰────── enter keeps it · esc drops it ─╯"
            await driver.press("escape", "j")
        assert "theme         textual… default" in shown


@pytest.mark.parametrize("name", ["stall_timeout", "timeout", "retry", "order"])
async def test_nor_is_why_it_cannot_be_changed(name: str) -> None:
    value = {"stall_timeout": 30, "timeout": 600, "retry": 5, "order": "stalest"}[name]
    async with Driver(1, preferences=layered(file={name: value})).open(40, 12) as driver:
        await driver.press(",", *DOWN[name])
        shown = " ".join(part.strip("│ ") for part in screen(driver.app))
        assert about(driver).splitlines()[1] == (
            f"Fixed for this session: {name} of ~/w/synctui.toml wins over what is set here, change it there."
        )
        assert " ".join(about(driver).splitlines()) in shown


async def test_nor_what_a_start_takes_again() -> None:
    preferences = layered("/home/ada/work/of/many/repos/synctui.toml", file={"jobs": 4})
    async with Driver(1, preferences=preferences).open(40, 12) as driver:
        await driver.press(",")
        shown = " ".join(part.strip("│ ") for part in screen(driver.app))
        assert "Remembered, but a start with synctui.toml takes that again." in shown


async def test_tab_goes_through_the_values() -> None:
    async with Driver(1).open() as driver:
        await driver.press(",", "tab", "tab", "shift+tab", "right")
        assert rows(driver)["host_jobs"][1] == "remembered"


async def test_a_theme_is_worn_at_once_and_remembered_wherever_it_was_picked() -> None:
    async with Driver(1).open() as driver:
        await driver.press(",", "end", "right")
        assert (driver.app.theme, driver.kept) == ("textual-light", {"theme": "textual-light"})
        await driver.press("backspace")
        await driver.settle()
        assert (driver.app.theme, driver.kept) == ("textual-dark", {"theme": None})
        driver.app.theme = "ansi-dark"
        await driver.settle()
        assert (rows(driver)["theme"], driver.kept) == (("ansi-dark", "remembered"), {"theme": "ansi-dark"})


async def test_a_remembered_theme_is_worn_from_the_start() -> None:
    driver = Driver(1, preferences=Preferences(remembered={"theme": "nord"}))
    assert driver.app.theme == "nord"
    async with driver.open():
        assert (driver.app.theme, driver.kept) == ("nord", {})


async def test_a_theme_picked_over_a_flag_is_for_this_session() -> None:
    async with Driver(1, preferences=layered(flags={"theme": "nord"})).open() as driver:
        driver.app.theme = "dracula"
        await driver.settle()
        assert driver.app.theme == "dracula"
        assert driver.toasts() == ["a start with --theme takes that theme again"]


async def test_thresholds_count_at_once() -> None:
    async with scenes.driver().open() as driver:
        await scenes.surveyed(driver)
        assert driver.app.main.table.rows[0].cells[2][0] == "  1 h fresh"
        await driver.press(",")
        await edit(driver, "stale_after", "30m")
        await driver.press("escape")
        assert driver.app.main.table.rows[0].cells[2][0] == "  1 h stale"


async def test_ages_in_the_wrong_order_are_refused() -> None:
    async with Driver(1).open() as driver:
        await driver.press(",")
        await edit(driver, "severe_after", "6h")
        assert about(driver).splitlines()[0] == "✗ 6h is shorter than stale after; allowed: 24h or longer"
        await driver.press("escape")
        await edit(driver, "stale_after", "73h")
        assert about(driver).splitlines()[0] == "✗ 73h is longer than severe after; allowed: up to 72h"
        await driver.press("escape")
        assert driver.kept == {}
        await edit(driver, "stale_after", "72h")
        await edit(driver, "severe_after", "100h")
        await edit(driver, "stale_after", "90h")
        await driver.press("home", *DOWN["severe_after"], "backspace")
        assert about(driver).splitlines()[0] == "✗ 72h is shorter than stale after; allowed: 90h or longer"
        assert driver.kept == {"stale_after": 90 * 3600.0, "severe_after": 100 * 3600.0}


async def test_an_order_counts_when_the_run_begins() -> None:
    preferences = Preferences()

    def in_order(repos: Any) -> Any:
        return repos[::-1] if preferences.settings.order == "stalest" else repos

    async with Driver(3, limit=1, preferences=preferences, in_order=in_order).open() as driver:
        await driver.press(",", *DOWN["order"], "right", "escape", "S")
        await driver.running("r2")


async def test_what_cannot_be_kept_is_told_and_counts() -> None:
    held = True

    def keep(_key: str, _value: object) -> None:
        if held:
            raise StateError("memory.toml: cannot be written: read-only")

    async with Driver(1, preferences=Preferences(keep=keep)).open() as driver:
        await driver.press(",", *DOWN["retry"], "right")
        assert driver.toasts() == ["not remembered: memory.toml: cannot be written: read-only"]
        assert rows(driver)["retry"] == ("3", "this session")
        assert about(driver).splitlines()[-1] == "Not remembered: memory.toml: cannot be written: read-only."
        held = False
        await driver.press("right")
        assert rows(driver)["retry"] == ("4", "remembered")
        assert about(driver).splitlines()[-1] == "Remembered for all workspaces."


async def test_a_click_selects_and_the_next_one_edits() -> None:
    async with Driver(1).open() as driver:
        await driver.press(",")
        line = list(driver.app.screen.query("_Line"))[4]
        assert driver.pilot is not None
        await driver.pilot.click(line.query(Static)[1])
        assert line.has_class("-here")
        assert driver.app.focused is None
        await driver.pilot.click(line.query(Static)[1])
        assert driver.app.focused is line.query_one(Input)


def test_values_are_written_as_a_person_would() -> None:
    values = [0.0, 60.0, 90.0, 0.5, 86400.0, 5400.0, 8, "longest"]
    assert list(map(written, values)) == ["0", "1m", "90s", "0.5s", "24h", "90m", "8", "longest"]


# Keys of one's own.


def keyed(**keys: tuple[str, ...]) -> Keymap:
    return Keymap({**USUAL_KEYS.by_action, **keys})


async def test_a_key_of_the_persons_own_works_and_is_told_everywhere() -> None:
    keys = keyed(start_all=("B",), help=("H",), settings=(";",), pause=("f5",), login=("I",))
    async with Driver(3, limit=1, keys=keys).open() as driver:
        plan = str(driver.app.main.query_one("#plan", Static).content)
        assert "Press B to start all" in plan
        await driver.press("S")
        assert driver.states() == dict.fromkeys(("r0", "r1", "r2"), "planned")
        await driver.press("-")
        assert driver.toasts() == ["one job at a time is the least; F5 pauses"]
        assert driver.hints()[0] == "B"
        assert [hint.key for hint in driver.app.main.query_one(HintBar)._last][-1] == "H"
        await driver.press("H")
        page = str(driver.app.screen.query_one(Static).content)
        assert "B  start all" in page
        await driver.press("H")
        assert driver.app.screen is driver.app.main
        await driver.press(";")
        assert isinstance(driver.app.screen, SettingsScreen)
        await driver.press("escape", "B")
        await driver.running("r0")


@pytest.mark.parametrize("key", [",", "#", '"', "f5", "ctrl+t", "alt+x", "ö"])
async def test_any_key_may_open_and_close_the_help(key: str) -> None:
    async with Driver(1, keys=keyed(help=(key,), settings=())).open() as driver:
        pressed = {",": "comma", "#": "number_sign", '"': "quotation_mark"}.get(key, key)
        await driver.press(pressed)
        assert isinstance(driver.app.screen, HelpScreen)
        await driver.press(pressed)
        assert driver.app.screen is driver.app.main


async def test_a_way_out_that_was_moved_asks_too_and_its_old_key_does_nothing() -> None:
    async with Driver(2, limit=1, keys=keyed(quit=("ctrl+x",), interrupt=("ctrl+g",))).open() as driver:
        await driver.press("S")
        await driver.running("r0")
        await driver.press("q", "ctrl+q", "ctrl+c")
        assert driver.app.screen is driver.app.main
        await driver.press("/", "ctrl+x")
        assert driver.app.screen.is_modal
        await driver.press("s")


@pytest.mark.parametrize("keys", [",", "?", ":", "/", "Sq", "S,"])
async def test_ctrl_z_suspends_from_wherever_the_person_is(
    keys: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    suspended: list[object] = []
    async with Driver(2).open() as driver:
        monkeypatch.setattr(driver.app, "action_suspend_process", lambda: suspended.append(driver.app.screen))
        await driver.press(*keys)
        at = driver.app.screen
        await driver.press("ctrl+z")
        assert suspended == [at]
        assert driver.app.screen is at


async def test_an_action_without_a_key_is_not_in_the_footer_but_in_the_palette() -> None:
    async with Driver(2, keys=keyed(start_all=())).open() as driver:
        assert "S" not in driver.hints()
        await driver.press("ctrl+p")
        assert "Start all" in driver.palette()


# The first session, and what the files have wrong.


@pytest.mark.parametrize(
    ("session", "text"),
    [
        ({}, "Press ? for the keys, S to start."),
        ({"start": True}, "Press ? for the keys."),
        ({"keys": keyed(help=("H",), start_all=("B",))}, "Press H for the keys, B to start."),
    ],
)
async def test_a_newcomer_is_told_two_keys(session: dict[str, Any], text: str) -> None:
    async with Driver(1, greets=True, **session).open() as driver:
        assert driver.toasts() == [text]


async def test_the_first_key_takes_that_away_and_leaves_what_is_wrong() -> None:
    async with Driver(1, greets=True).open() as driver:
        await driver.press("j")
        assert driver.toasts() == []
    async with Driver(1, greets=True, warnings=("wrong",)).open() as driver:
        await driver.press("j")
        assert driver.toasts() == ["Press ? for the keys, S to start.", "wrong"]


async def test_nobody_else_is() -> None:
    async with Driver(1).open() as driver:
        assert driver.toasts() == []


async def test_wrong_entries_are_one_notice() -> None:
    async with Driver(1, warnings=("first", "second", "third")).open() as driver:
        assert driver.toasts() == [
            "first; and 2 more: `synctui config` and `synctui config --keys` print them"
        ]


async def test_a_wrong_entry_is_whole_in_the_log() -> None:
    wrong = "~/.config/synctui/keys.toml: sync = 'x': x is the key of cancel; it stays s"
    async with Driver(1, warnings=(wrong,)).open() as driver:
        texts = [line.text for line in driver.app.main.log_lines]
        assert max(map(len, texts)) <= 54
        assert " ".join(text.strip() for text in texts) == wrong
        # The rest of it is no entry of its own.
        log = driver.app.main.query_one(LogPane)
        assert ["•" in log.draw(number, 60).text for number in range(len(texts))] == [True, False]
        assert [line.plain[:12].rstrip() for line in log.lines] == ["10:00:00  •", ""]
        assert [line.plain[13:] for line in log.lines] == texts


@pytest.mark.parametrize("key", ["?", ",", "ctrl+p", "enter"])
async def test_nothing_lies_on_what_was_just_opened(key: str) -> None:
    async with Driver(1).open() as driver:
        driver.app.say("something", "warning")
        await driver.press(key)
        assert driver.app.screen is not driver.app.main
        assert driver.toasts() == []


async def test_what_is_below_the_settings_takes_the_new_size_too() -> None:
    async with Driver(1).open(120, 40) as driver:
        await driver.press("s")
        await driver.end("r0")
        await driver.press(",")
        assert driver.pilot
        for size in ((80, 24), (120, 40)):
            await driver.pilot.resize_terminal(*size)
            await driver.settle()
            below = driver.app.main.table.border_title
            await driver.press("escape")
            assert below == driver.app.main.table.border_title
            await driver.press(",")


# The palette.


async def test_the_palette_says_why_an_action_does_nothing_now() -> None:
    async with Driver(1).open() as driver:
        await driver.press("ctrl+p")
        options = {str(name): option for name, option in palette(driver).items()}
        assert options["Pause"] == "p  not now: nothing is running"
        assert options["Start all"] == "S  start all"
        assert options["Sync"] == "s  sync the marked repos, or the selected one"
        assert {"Settings", "Theme"} <= options.keys()


@pytest.mark.parametrize(
    ("typed", "found"),
    [
        ("run now", ["Pick"]),
        ("log in", ["Login"]),
        ("leave", ["Quit", "Interrupt"]),
        ("search", ["Filter"]),
        ("Fewer", ["Lower limit"]),
        ("do the rest", ["Finish last run"]),
        ("pause", ["Pause"]),
        ("mark", ["Mark", "Mark all", "Sync", "Retry", "Clear", "Export digest"]),
    ],
)
async def test_the_palette_finds_by_title_and_then_by_the_words_of_footer_and_help(
    typed: str, found: list[str]
) -> None:
    async with Driver(1).open() as driver:
        await driver.press("ctrl+p", *("space" if letter == " " else letter for letter in typed))
        await driver.until(lambda: driver.palette() == found)


def palette(driver: Driver) -> dict[str, str]:
    from textual.command import CommandList

    hits = [option.hit for option in driver.app.screen.query_one(CommandList).options]
    return {str(hit.text or hit.prompt): str(hit.help) for hit in hits}


async def test_what_remembers_nothing_says_so() -> None:
    async with Driver(1, forgetful="A demo").open() as driver:
        await driver.press(",")
        assert about(driver).splitlines()[-1] == "A demo remembers nothing."
