"""Filter with completion, sort orders and saved views, from the keys to the file."""

from functools import partial
from pathlib import Path
from typing import Any

import pytest
from textual.widgets import Input

from tests.kit.app_driver import Driver, repo
from tests.widgets.host import screen
from tui.app.actions import BY_NAME, USUAL_KEYS, help_groups
from tui.app.keymap import Keymap
from tui.app.views import Left, View, Views
from tui.engine.survey import StatusRow
from tui.git.inspect import RepoStatus
from tui.git.outcome import Action, Outcome, State
from tui.store.memory import Memory
from tui.store.paths import StateError

ENTRIES = [
    repo("web/shop", tags=("web",)),
    repo("libs/core", "git.example.org"),
    repo("web/blog", tags=("web", "wiki")),
]
BEHIND = {"web/shop": 2, "libs/core": 9, "web/blog": 2}


def survey(repos: Any, on_row: Any, _stop: Any) -> None:
    for entry in repos:
        dirty = entry.id == "web/blog"
        on_row(StatusRow(entry, RepoStatus("main", behind=BEHIND[entry.id], ahead=0, dirty=dirty)))


def driver(**options: Any) -> Driver:
    return Driver(ENTRIES, survey=survey, **options)


async def surveyed(drive: Driver) -> None:
    await drive.until(lambda: drive.app.tick() or len(drive.app.desk.looks) == len(ENTRIES))
    await drive.settle()


def rows(drive: Driver) -> list[str]:
    return [row.key for row in drive.app.main.table.rows]


def text(drive: Driver) -> str:
    return drive.app.main.query_one(Input).value


def head(drive: Driver) -> str:
    return drive.app.main.table.render_line(0).text


# Completion.


async def test_tab_takes_what_is_suggested_and_then_the_next() -> None:
    async with driver().open() as drive:
        await surveyed(drive)
        await drive.press("/", *"tag:w")
        assert rows(drive) == ["web/shop", "web/blog"]
        took = []
        for key in ("tab", "tab", "tab", "shift+tab"):
            await drive.press(key)
            took.append((text(drive), rows(drive)))
        web, wiki = ("tag:web", ["web/shop", "web/blog"]), ("tag:wiki", ["web/blog"])
        assert took == [web, wiki, web, wiki]
        await drive.press("space", *"-di", "right")
        assert (text(drive), rows(drive)) == ("tag:wiki -dirty", [])
        assert drive.app.main.focused is drive.app.main.query_one(Input)


async def test_the_words_of_an_empty_line_are_offered_one_after_the_other() -> None:
    async with driver().open() as drive:
        await drive.press("/")
        assert "tab completes" in drive.app.main.query_one(Input).placeholder
        took = []
        for _ in range(7):
            await drive.press("tab")
            took.append(text(drive))
        assert took == ["state:", "tag:", "host:", "behind", "dirty", "stale", "state:"]


async def test_a_search_of_the_log_is_no_filter_and_completes_nothing() -> None:
    async with driver().open() as drive:
        await drive.press("S")
        await drive.until(lambda: drive.board.run)
        await drive.settle()
        drive.app.main.set_focus(drive.app.main._log)
        await drive.press("/", *"st", "tab", "right")
        assert (text(drive), drive.app.main.query_one(Input).placeholder) == ("st", "")


# Sorting.


async def test_equal_ones_keep_the_order_of_the_workspace_in_both_directions() -> None:
    async with driver().open(200, 40) as drive:
        await surveyed(drive)
        await drive.press("o", "o", "o", "o")
        assert rows(drive) == ["libs/core", "web/shop", "web/blog"]
        assert "behind▼" in head(drive)
        await drive.press("O")
        assert rows(drive) == ["web/shop", "web/blog", "libs/core"]
        assert "behind▲" in head(drive)
        assert "by behind ▲" in str(drive.app.main.table.border_subtitle)


async def test_a_click_on_a_heading_sorts_and_another_one_turns_it_round() -> None:
    async with driver().open(200, 40) as drive:
        await surveyed(drive)
        table = drive.app.main.table
        assert drive.pilot is not None
        seen = []
        for title in ("repo", "repo", "behind", "changes"):
            await drive.pilot.click(table, offset=(1 + head(drive).index(title), 1))
            await drive.settle()
            seen.append((title, rows(drive)))
        assert seen == [
            ("repo", ["libs/core", "web/blog", "web/shop"]),
            ("repo", ["web/shop", "web/blog", "libs/core"]),
            ("behind", ["libs/core", "web/shop", "web/blog"]),
            ("changes", ["web/blog", "web/shop", "libs/core"]),
        ]
        assert drive.app.main.table is table


async def test_a_list_shows_the_column_by_which_it_is_sorted_however_narrow() -> None:
    async with driver().open(80, 24) as drive:
        await drive.press("S")
        await drive.running("libs/core", "web/shop")
        before = head(drive)
        await drive.press("3", *"ooooo")
        assert ("ahead" in before, "ahead▼" in head(drive)) == (False, True)
    async with driver().open(120, 40) as drive:
        await drive.press("S")
        await drive.running("libs/core", "web/shop")
        await drive.press("3", *"ooo")
        assert "success▼" in head(drive)


async def test_what_arrived_in_this_session_is_a_column_to_sort_by() -> None:
    async with driver(limit=3).open(240, 40) as drive:
        await surveyed(drive)
        await drive.press("S")
        await drive.running(*(entry.id for entry in ENTRIES))
        fetched = Outcome(State.SYNCED, action=Action.FETCH, commits=12, received=34_500)
        await drive.end("web/blog", outcome=fetched)
        await drive.end("libs/core", outcome=Outcome(State.UP_TO_DATE))
        await drive.press("3", *"oooooooo")
        assert rows(drive) == ["web/blog", "web/shop", "libs/core"]
        assert "arrived▼" in head(drive)
        cells = {row.key: row.cells[7] for row in drive.app.main.table.rows}
        assert cells == {"web/blog": "12", "web/shop": "", "libs/core": ""}
        await drive.press("o")
        assert rows(drive) == ["web/blog", "web/shop", "libs/core"]
        assert "size▼" in head(drive)
        cells = {row.key: row.cells[8] for row in drive.app.main.table.rows}
        assert cells == {"web/blog": "34.5 kB", "web/shop": "", "libs/core": ""}
        await drive.press("4")
        assert drive.app.main.table.rows[1].cells[:3] == ("web/blog", "12 commits", "34.5 kB")
        await drive.press("enter")
        assert "34.5 kB" in "\n".join(screen(drive.app))


async def test_of_many_sorted_repos_only_those_on_the_screen_are_made() -> None:
    async with Driver([repo(f"r{number:04}") for number in range(2_500)]).open() as drive:
        await drive.press("o", "O")
        table = drive.app.main.table
        assert table.keys[:2] == ["r2499", "r2498"]
        assert len(table.sheet.made) < 50


# Views.


async def test_a_view_is_filter_tab_and_order_and_comes_back_with_its_number() -> None:
    kept: dict[int, object] = {}
    async with driver(views=Views(keep=kept.__setitem__)).open() as drive:
        await surveyed(drive)
        await drive.press("5")
        assert drive.toasts() == ["view 5 is empty: filter and sort, then ctrl+s 5 saves that"]
        await drive.press("/", *"tag:web", "ctrl+s", "7")
        await drive.press("enter", "o", "ctrl+s", "5", "escape", "o", "2")
        assert kept == {
            7: {"words": "tag:web", "tab": "repos", "sort": "", "descending": False},
            5: {"words": "tag:web", "tab": "repos", "sort": "repo", "descending": False},
        }
        await drive.press("5")
        assert rows(drive) == ["web/blog", "web/shop"]
        assert (text(drive), drive.app.main.focused) == ("tag:web", drive.app.main.table)
        await drive.press("7")
        assert rows(drive) == ["web/shop", "web/blog"]
        assert drive.toasts() == ["view 5 saved: Repos /tag:web, by repo ▲; 5 shows it"]


async def test_an_order_that_there_is_not_any_more_is_that_of_the_workspace() -> None:
    views = Views({"8": {"words": "", "tab": "repos", "sort": "colour", "descending": True}})
    async with driver(views=views).open() as drive:
        await drive.press("8")
        assert rows(drive) == [entry.id for entry in ENTRIES]
        assert "by" not in str(drive.app.main.table.border_subtitle)


async def test_a_view_without_words_clears_the_filter_and_nothing_is_saved_without_a_number() -> None:
    kept: dict[int, object] = {}
    views = Views({"6": {"words": "", "tab": "attention", "sort": ""}}, kept.__setitem__)
    async with driver(views=views).open() as drive:
        await drive.press("/", *"web", "enter", "6")
        assert (text(drive), drive.app.main.view.tab) == ("", "attention")
        await drive.press("ctrl+s", "escape", "ctrl+s", "n", "ctrl+s", "enter")
        assert kept == {}


async def test_the_help_and_the_palette_tell_what_a_view_is() -> None:
    views = Views({"5": {"words": "behind", "tab": "repos", "sort": "behind", "descending": True}})
    async with driver(views=views).open() as drive:
        now = drive.app.situation()
        told = [(row.keys, row.what, row.refused) for group in help_groups(now) for row in group.rows]
        assert ("5", "saved view 5: Repos /behind, by behind ▼", "") in told
        assert [refused[:15] for keys, _, refused in told if keys == "6"] == ["view 6 is empty"]
        await drive.press("ctrl+p", *"view 5")
        await drive.until(lambda: drive.palette() == ["Show view 5"])


async def test_a_view_has_the_key_that_the_person_gave_it() -> None:
    keys = Keymap({**USUAL_KEYS.by_action, "show_view_5": ("P",), "save_view": ("E",)})
    async with driver(keys=keys).open() as drive:
        await drive.press("P")
        assert drive.toasts() == ["view 5 is empty: filter and sort, then E 5 saves that"]
        await drive.press("E", "5", "P")
        assert drive.toasts() == ["view 5 saved: Repos; P shows it"]


async def test_a_view_that_cannot_be_kept_is_said_and_counts_for_this_session() -> None:
    def keep(_number: int, _view: object) -> None:
        raise StateError("memory.toml: cannot be written")

    async with driver(views=Views(keep=keep)).open() as drive:
        await drive.press("ctrl+s", "5")
        assert drive.toasts() == ["memory.toml: cannot be written; view 5 counts for this session"]
        assert BY_NAME["show_view_5"].refuse(drive.app.situation()) is None


@pytest.mark.parametrize(
    "value",
    [
        7,
        {},
        {"words": 1, "tab": "repos", "sort": ""},
        {"words": "", "tab": "nowhere", "sort": ""},
        {"words": "", "tab": [], "sort": ""},
        {"words": "", "tab": "repos", "sort": None},
    ],
)
def test_what_is_remembered_and_is_no_view_is_none(value: object) -> None:
    assert Views({"5": value, "4": {"words": "", "tab": "repos", "sort": ""}}).get(5) is None
    assert Views({"4": {"words": "", "tab": "repos", "sort": ""}}).get(4) is None


def test_a_view_is_found_again_by_the_next_session(tmp_path: Path) -> None:
    file, here = tmp_path / "memory.toml", Path("/srv/synctui.toml")
    view = View("tag:web -dirty", "repos", "behind", descending=True)
    Views(keep=lambda number, kept: Memory(file).save_view(here, number, kept)).save(9, view)
    assert Views(Memory(file).views(here)).get(9) == view


# How the screen was left.


class Kept:
    """What one session after the other leaves in a file."""

    def __init__(self, folder: Path) -> None:
        self.file, self.here = folder / "memory.toml", Path("/srv/synctui.toml")

    @property
    def is_new(self) -> bool:
        return Memory(self.file).is_new

    def __call__(self, entries: Any = ENTRIES) -> Driver:
        memory = Memory(self.file)
        left = Left.of(memory.left(self.here))
        return Driver(entries, survey=survey, left=left, leave=partial(memory.leave, self.here))


async def test_marks_tab_and_order_are_there_again_and_the_filter_is_not(tmp_path: Path) -> None:
    session = Kept(tmp_path)
    async with session().open() as drive:
        await drive.press("o", "O", "space", "/", *"blog", "enter", "2", "q")
    async with session().open() as drive:
        assert (drive.app.main.view, drive.app.desk.marks) == (
            View("", "attention", "repo", descending=True),
            {"web/shop"},
        )
        assert "nothing needs attention" in "\n".join(screen(drive.app))
        await drive.press("3")
        assert rows(drive) == ["web/shop", "web/blog", "libs/core"]
        assert str(drive.app.main.table.border_subtitle) == " 1 marked · by repo ▼ "
        await drive.press("escape", "q")
    async with session().open() as drive:
        assert (drive.app.main.view.tab, drive.app.desk.marks) == ("repos", set())


async def test_who_changes_nothing_of_it_leaves_no_file(tmp_path: Path) -> None:
    async with Kept(tmp_path)().open() as drive:
        await drive.press("/", *"web", "enter", "space", "escape", "escape", "q")
    assert Kept(tmp_path).is_new


async def test_a_session_of_some_repos_leaves_the_marks_of_the_others(tmp_path: Path) -> None:
    session = Kept(tmp_path)
    async with session().open() as drive:
        await drive.press("a", "q")
    async with session(ENTRIES[1:]).open() as drive:
        assert drive.app.desk.marks == {"libs/core", "web/blog"}
        await drive.press("space", "q")
    async with session().open() as drive:
        assert drive.app.desk.marks == {"web/shop", "web/blog"}


async def test_how_it_is_left_that_cannot_be_kept_is_said_at_the_end(
    capsys: pytest.CaptureFixture[str],
) -> None:
    def leave(_left: object) -> None:
        raise StateError("memory.toml: cannot be written")

    async with driver(leave=leave).open() as drive:
        await drive.press("2", "q")
    drive.app.tell()
    assert capsys.readouterr().err == "synctui: memory.toml: cannot be written\n"


@pytest.mark.parametrize(
    ("value", "left"),
    [
        (None, Left()),
        ([], Left()),
        ({"tab": "nowhere", "sort": "", "marks": "web/shop"}, Left()),
        (
            {"tab": "queue", "sort": "behind", "marks": ["a", 7, []]},
            Left(View(sort="behind"), frozenset("a")),
        ),
        ({"tab": [], "marks": ["a"], "words": "x"}, Left(marks=frozenset("a"))),
        ({"tab": "repos", "sort": "behind", "words": 7}, Left(View(sort="behind"))),
    ],
)
def test_of_how_it_was_left_what_is_odd_does_not_count(value: object, left: Left) -> None:
    assert Left.of(value) == left


async def test_a_filter_knows_what_runs_and_what_waits() -> None:
    async with Driver(3, limit=1).open() as driver:
        await driver.press("S")
        await driver.running("r0")
        await driver.press("slash", *"state:queued")
        assert driver.app.main.table.keys == ["r1", "r2"]
        await driver.press("escape", "slash", *"state:run", "tab", "enter")
        assert driver.app.main.view.words == "state:running"
        assert driver.app.main.table.keys == ["r0"]
