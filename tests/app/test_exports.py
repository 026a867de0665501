"""What the app writes to files: where, told how, and never over another."""

from pathlib import Path
from threading import Event

import pytest
from msgspec import structs
from textual.widgets._toast import Toast

from tests.kit.app_driver import Driver
from tests.kit.work import NOT_FOUND, SYNCED
from tui.git.contents import Contents, Diffstat, Title
from tui.git.outcome import Outcome, State
from tui.store import exports
from tui.store.paths import StateError, exports_folder, home_short
from tui.view.arrivals import Arrival
from widgets.text import at_slashes
from widgets.tone import Tone

NOON = 1_795_255_200.0


async def test_w_writes_the_lines_that_are_shown_and_tells_and_copies_the_path() -> None:
    async with Driver(3, limit=3).open() as driver:
        await driver.press("w")
        assert driver.toasts() == ["the log is empty"]
        await driver.press("S")
        await driver.running("r0", "r1", "r2")
        driver.clock.advance(1.5)
        await driver.end("r0", outcome=Outcome(State.UP_TO_DATE))
        await driver.end("r1", outcome=NOT_FOUND)
        await driver.end("r2")
        await driver.idle()
        await driver.press("z", "w", "w")
        second, first = sorted(exports_folder().iterdir())
        lines = first.read_text().splitlines()
        assert lines[0] == "── run of 10:00, 3 repos ──"
        assert [line.split("  ")[:4] for line in lines[1:3]] == [
            ["10:00:01", "✗", "r1", "failed"],
            ["10:00:01", "✓", "r2", "synced"],
        ]
        assert second.read_text().splitlines() == [
            *lines,
            f"10:00:01  •  4 lines written to {home_short(first)}",
        ]
        assert driver.app.clipboard == str(second)
        assert driver.toasts()[1:] == [
            f"4 lines written to exports/{first.name}; the path is copied",
            f"5 lines written to exports/{second.name}; the path is copied",
        ]
        assert driver.app.main.log_lines[-1].text == f"5 lines written to {home_short(second)}"


async def test_what_is_told_of_a_file_covers_no_more_than_three_lines_of_a_small_terminal() -> None:
    arrivals = {"r0": Arrival("r0", NOON, "main", 2, (), cloned=False, taken=(("1" * 40, "2" * 40),))}
    async with Driver(1, contents=told, arrivals=lambda _since: arrivals).open(80, 24) as driver:
        await driver.until(lambda: driver.app.desk.arrived)
        for _ in range(2):  # the second file of a second has a longer name
            driver.app.commands.export_screenshot()
            driver.app.commands.export_log()
            driver.app.commands.export_digest()
            await driver.until(lambda: driver.app.commands._digest.is_finished)
        await driver.until(lambda: len([text for text in driver.toasts() if "exports/" in text]) == 6)
        await driver.settle()
        assert {toast.content_size.height for toast in driver.app.screen.query(Toast)} <= {1, 2, 3}


def test_a_file_has_the_moment_in_its_name_and_is_of_the_person_alone() -> None:
    file = exports.export("log", ".txt", ["a"], NOON)
    assert file == exports_folder() / "log-20261121-100000.txt"
    modes = [place.stat().st_mode & 0o777 for place in (file, file.parent, file.parent.parent)]
    assert modes == [0o600, 0o700, 0o700]


def test_no_file_is_written_over_another_nor_through_a_link(tmp_path: Path) -> None:
    outside = tmp_path / "outside"
    exports_folder().mkdir(parents=True)
    (exports_folder() / "log-20261121-100000.txt").symlink_to(outside)
    second = exports.export("log", ".txt", ["a"], NOON)
    third = exports.export("log", ".txt", ["b"], NOON)
    assert (second.name, third.name) == ("log-20261121-100000-2.txt", "log-20261121-100000-3.txt")
    assert (second.read_text(), third.read_text(), outside.exists()) == ("a\n", "b\n", False)


def test_what_a_remote_says_is_clean_in_the_file() -> None:
    file = exports.export("log", ".txt", ["\x1b[31mred\x1b[0m\nhttps://u:secret@h/x\u202e"], NOON)
    assert file.read_text() == "red https://h/x\ufffd\n"


def test_a_folder_that_cannot_be_made_is_told() -> None:
    exports_folder().parent.mkdir(parents=True)
    exports_folder().touch()
    with pytest.raises(StateError, match="no usable state folder: File exists"):
        exports.export("log", ".txt", [], NOON)


# The screenshot of the palette.


async def take_screenshot(driver: Driver) -> None:
    await driver.press(":", *"screenshot")
    await driver.until(lambda: driver.palette()[:1] == ["Screenshot"])
    await driver.press("enter")
    await driver.until(driver.toasts)


async def test_a_screenshot_goes_where_all_exports_go() -> None:
    async with Driver(2).open() as driver:
        await take_screenshot(driver)
        (file,) = exports_folder().iterdir()
        assert file.name == "screen-20261121-100000.svg"
        assert "2&#160;repos&#160;planned" in file.read_text()
        assert file.read_text().endswith("</svg>\n")
        assert driver.app.clipboard == str(file)
        (toast,) = driver.toasts()
        assert toast == f"a picture of the screen written to exports/{file.name}; the path is copied"


@pytest.mark.parametrize("width", [60, 120])
async def test_a_toast_breaks_a_long_path_behind_its_slashes(width: int) -> None:
    folder = f"/srv{'/a-long-name' * 6}"
    async with Driver(2).open(width) as driver:
        driver.app.say(f"written to {folder}")
        await driver.settle()
        toast = driver.app.screen.query_one(Toast)
        told = at_slashes(f"written to {folder}", toast.content_size.width)
        assert (str(toast.render()), "/\n" in told) == (told, True)


async def test_or_says_why_it_does_not() -> None:
    exports_folder().parent.mkdir(parents=True)
    exports_folder().touch()
    async with Driver(2).open() as driver:
        await take_screenshot(driver)
        (toast,) = driver.toasts()
        assert toast.endswith("no usable state folder: File exists")


# The digest.

FORWARD = structs.replace(SYNCED, branch="main", old="1" * 40, new="2" * 40, commits=2, received=1_500)


def told(path: Path, old: str | None, new: str) -> Contents:
    return Contents((Title(new, "Ada", f"{path.name} {old[:1]}..{new[:1]}"),), Diffstat(1, 2, 3))


async def test_arrived_tells_the_commits_and_shift_w_writes_them_as_markdown() -> None:
    async with Driver(3, limit=3, contents=told).open() as driver:
        await driver.press("W")
        assert driver.toasts() == ["nothing has arrived since 20 Nov 10:00"]
        await driver.press("S")
        await driver.running("r0", "r1", "r2")
        await driver.end("r1", outcome=FORWARD)
        await driver.press("4")
        await driver.until(lambda: (driver.app.tick(), driver.app.desk.contents)[1])
        await driver.press("4")
        assert [row.cells[0] for row in driver.app.main.table.rows[1:]] == [
            "r1",
            ("    1 file +2 -3 on main", Tone.NOTE),
            ("    2222222 Ada: r1 1..2", Tone.NOTE),
            ("    and 1 commit more", Tone.NOTE),
        ]
        await driver.press("W")
        await driver.until(lambda: len(driver.toasts()) == 3)
        (file,) = exports_folder().iterdir()
        assert file.name == "arrived-20261121-100000.md"
        assert file.read_text().splitlines()[:3] == [
            r"# What arrived in \~/work, in this session",
            "",
            "## r1",
        ]
        assert "main, 2 commits, 1.5 kB, 1 file +2 -3" in file.read_text()
        assert "- `2222222` r1 1..2 (Ada)" in file.read_text()
        assert driver.app.clipboard == str(file)
        assert driver.toasts()[2] == f"1 repo, 2 commits written to exports/{file.name}; the path is copied"


async def test_an_export_is_told_at_once_and_there_is_one_at_a_time() -> None:
    gate = Event()

    def slow(path: Path, old: str, new: str) -> Contents:
        gate.wait()
        return told(path, old, new)

    arrivals = {"r0": Arrival("r0", NOON, "main", 2, (), cloned=False, taken=(("1" * 40, "2" * 40),))}
    async with Driver(1, contents=slow, arrivals=lambda _since: arrivals).open() as driver:
        await driver.until(lambda: driver.app.desk.arrived)
        await driver.press("W", "W")
        assert driver.toasts() == [
            "writing what arrived: 1 repo, 2 commits…",
            "what arrived is being written already",
        ]
        gate.set()
        await driver.until(lambda: len(driver.toasts()) == 3)
        (file,) = exports_folder().iterdir()
        assert driver.toasts()[2] == f"1 repo, 2 commits written to exports/{file.name}; the path is copied"


async def test_nothing_is_read_that_nobody_looks_at_and_nothing_twice() -> None:
    asked: list[str] = []

    def counted(path: Path, old: str, new: str) -> Contents:
        asked.append(path.name)
        return told(path, old, new)

    arrivals = {
        f"r{n}": Arrival(f"r{n}", NOON, "main", 2, (), cloned=False, taken=(("1" * 40, "2" * 40),))
        for n in range(25)
    }
    driver = Driver(25, contents=counted, arrivals=lambda _since: arrivals)
    async with driver.open() as driver:
        await driver.until(lambda: driver.app.desk.arrived)
        await driver.settle()
        assert asked == []
        await driver.press("4")
        await driver.until(lambda: (driver.app.tick(), len(driver.app.desk.contents) == 20)[1])
        await driver.press("G")
        await driver.until(lambda: (driver.app.tick(), len(driver.app.desk.contents) == 21)[1])
        assert asked == [f"r{n}" for n in (*range(24, 4, -1), 0)]
