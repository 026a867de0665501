import pytest
from textual import events
from textual.content import Content

from tests.widgets.host import Host, lines
from widgets.line_table import Column, LineTable, Sheet, TableRow
from widgets.tone import Tone

COLUMNS = (Column("repo", "Repo"), Column("state", "State", 10), Column("behind", "Behind", 6, "right"))


def row(number, **facts):
    return TableRow(f"r{number}", (f"repo-{number}", ("✓ synced", Tone.SYNCED), str(number)), **facts)


def group(title):
    return TableRow(title, (title,), group=True)


def rows(*numbers):
    return [row(number) for number in numbers]


async def shown(pilot, table, content):
    table.show(content)
    await pilot.pause()


async def test_columns_are_aligned_and_marks_shown():
    app = Host(LineTable(Sheet(COLUMNS)))
    async with app.run_test(size=(46, 6)) as pilot:
        await shown(pilot, app.widget, [group("auth (1)"), row(1), row(2, marked=True), row(300)])
        assert lines(app.widget) == [
            "   Repo                   State       Behind",
            " auth (1)",
            "   repo-1                 ✓ synced         1",
            " ● repo-2                 ✓ synced         2",
            "   repo-300               ✓ synced       300",
            "",
        ]


async def test_the_cursor_row_has_a_sign_of_its_own_when_focused():
    app = Host(LineTable(Sheet(COLUMNS)))
    async with app.run_test(size=(46, 4)) as pilot:
        app.widget.focus()
        await shown(pilot, app.widget, rows(1, 2))
        assert [line[:9].rstrip() for line in lines(app.widget)] == ["   Repo", "▌  repo-1", "   repo-2", ""]


@pytest.mark.parametrize(
    ("width", "header"),
    [
        (80, "   Repo" + " " * 53 + "State       Behind"),
        (37, "   Repo          State       Behind"),
        (30, "   Repo           State"),
        (20, "   Repo"),
    ],
)
async def test_columns_without_room_are_left_out_whole(width, header):
    app = Host(LineTable(Sheet(COLUMNS)))
    async with app.run_test(size=(width, 4)) as pilot:
        await shown(pilot, app.widget, rows(1))
        assert lines(app.widget)[0] == header


async def test_hostile_text_is_shown_as_it_is_and_keeps_the_columns():
    app = Host(LineTable(Sheet(COLUMNS)))
    async with app.run_test(size=(46, 5)) as pilot:
        names = ["[/b] [red]x[/]", "日本語リポジトリ日本語リポジトリ", "x" * 300]
        await shown(
            pilot, app.widget, [TableRow(name, (name, ("[/nope]", Tone.FAILED), "1")) for name in names]
        )
        assert lines(app.widget)[1:4] == [
            "   [/b] [red]x[/]         [/nope]          1",
            "   日本語リポジトリ日本…  [/nope]          1",
            "   xxxxxxxxxxxxxxxxxxxx…  [/nope]          1",
        ]
        assert [app.widget.render_line(y).cell_length for y in range(4)] == [45] * 4


async def test_an_empty_table_says_so():
    app = Host(LineTable(Sheet(COLUMNS, empty="nothing [waits]")))
    async with app.run_test(size=(46, 6)) as pilot:
        await shown(pilot, app.widget, [])
        assert lines(app.widget)[3] == " " * 15 + "nothing [waits]"
        assert app.widget.highlighted is None
        app.widget.focus()
        await pilot.press("j", "G")
        assert app.heard == []


async def test_the_cursor_stays_on_its_row_when_rows_come_and_go():
    app = Host(LineTable(Sheet(COLUMNS)))
    async with app.run_test(size=(46, 8)) as pilot:
        await shown(pilot, app.widget, rows(1, 2, 3, 4))
        app.widget.focus()
        await pilot.press("j", "j")
        assert app.widget.highlighted == "r3"
        await shown(pilot, app.widget, rows(3, 1, 9))
        assert app.widget.highlighted == "r3"
        await shown(pilot, app.widget, rows(7, 8, 1, 3, 9))
        assert app.widget.highlighted == "r3"
        await shown(pilot, app.widget, rows(7, 8, 1))
        assert app.widget.highlighted == "r1"


async def test_the_view_does_not_jump_under_a_reader():
    app = Host(LineTable(Sheet(COLUMNS)))
    async with app.run_test(size=(46, 6)) as pilot:
        await shown(pilot, app.widget, rows(*range(100)))
        app.widget.highlight("r50")
        app.widget.move_cursor(48)
        before = lines(app.widget)[1:]
        assert [line.split()[-4] for line in before] == [
            "repo-46",
            "repo-47",
            "repo-48",
            "repo-49",
            "repo-50",
        ]
        await shown(pilot, app.widget, rows(200, 201, *range(10, 100)))
        assert lines(app.widget)[1:] == before


async def test_group_rows_are_passed_over():
    app = Host(LineTable(Sheet(COLUMNS)))
    async with app.run_test(size=(46, 12)) as pilot:
        await shown(
            pilot, app.widget, [group("auth"), row(1), group("dns"), group("hook"), row(2), group("end")]
        )
        app.widget.focus()
        assert app.widget.highlighted == "r1"
        await pilot.press("down")
        assert app.widget.highlighted == "r2"
        await pilot.press("down")
        assert app.widget.highlighted == "r2"
        await pilot.press("up", "up")
        assert app.widget.highlighted == "r1"
        await pilot.click(LineTable, offset=(5, 3))
        assert app.widget.highlighted == "r1"


@pytest.mark.parametrize(
    ("keys", "key"),
    [
        ("j", "r1"),
        ("G", "r9999"),
        ("end,home", "r0"),
        ("G,g,down", "r1"),
        ("ctrl+d", "r10"),
        ("ctrl+d,ctrl+d,ctrl+u", "r10"),
        ("pagedown,pagedown", "r40"),
        ("pagedown,pageup,k", "r0"),
    ],
)
async def test_keys_move_through_ten_thousand_rows(keys, key):
    app = Host(LineTable(Sheet(COLUMNS)))
    async with app.run_test(size=(46, 21)) as pilot:
        await shown(pilot, app.widget, rows(*range(10_000)))
        app.widget.focus()
        await pilot.press(*keys.split(","))
        assert app.widget.highlighted == key
        assert sum(line.startswith("▌") for line in lines(app.widget)) == 1


async def test_the_last_row_is_visible_at_the_end():
    app = Host(LineTable(Sheet(COLUMNS)))
    async with app.run_test(size=(46, 6)) as pilot:
        await shown(pilot, app.widget, rows(*range(10_000)))
        app.widget.focus()
        await pilot.press("G")
        assert [line.split()[-4] for line in lines(app.widget)[1:]] == [
            f"repo-{n}" for n in range(9_995, 10_000)
        ]


async def test_the_wheel_scrolls_without_moving_the_cursor():
    app = Host(LineTable(Sheet(COLUMNS)))
    async with app.run_test(size=(46, 6)) as pilot:
        await shown(pilot, app.widget, rows(*range(100)))
        await pilot._post_mouse_events([events.MouseScrollDown], LineTable, times=2)
        await pilot.pause()
        assert lines(app.widget)[1].split()[0] != "repo-0"
        assert app.widget.highlighted == "r0"


async def test_a_click_selects_and_a_double_click_opens():
    app = Host(LineTable(Sheet(COLUMNS)))
    async with app.run_test(size=(46, 6)) as pilot:
        table = app.widget
        await shown(pilot, table, rows(*range(100)))
        await pilot.click(LineTable, offset=(5, 0))
        assert table.highlighted == "r0"
        await pilot.click(LineTable, offset=(5, 3))
        assert table.highlighted == "r2"
        await pilot.double_click(LineTable, offset=(5, 4))
        assert app.heard == [LineTable.Opened("r3")]


async def test_only_rows_that_changed_are_painted_again(monkeypatch):
    app = Host(LineTable(Sheet(COLUMNS)))
    async with app.run_test(size=(46, 6)) as pilot:
        await shown(pilot, app.widget, rows(*range(100)))
        painted = []
        monkeypatch.setattr(app.widget, "refresh", lambda *regions, **_: painted.extend(regions or ["all"]))
        changed = rows(*range(100))
        changed[2] = row(2, marked=True)
        changed[50] = row(50, marked=True)
        app.widget.show(changed)
        assert [region.y for region in painted] == [3]


async def test_only_rows_in_view_are_made():
    app = Host(LineTable(Sheet(COLUMNS)))
    made = []

    def make(index):
        made.append(index)
        return row(index)

    async with app.run_test(size=(46, 6)) as pilot:
        app.widget.show_lazily([f"r{number}" for number in range(10_000)], make)
        await pilot.pause()
        assert set(made) == set(range(5))
        app.widget.move_cursor(9_999)
        await pilot.pause()
        assert app.widget.highlighted == "r9999"
        assert set(made) == {*range(5), *range(9_995, 10_000)}


async def test_a_new_title_is_drawn_without_the_rows():
    app = Host(LineTable(Sheet(COLUMNS)))
    async with app.run_test(size=(46, 6)) as pilot:
        app.widget.styles.border = ("round", "white")
        await shown(pilot, app.widget, rows(1, 2))
        drawn = []
        draw = app.widget.draw
        app.widget.draw = lambda index, width: drawn.append(index) or draw(index, width)
        app.widget.entitle(Content("Queue 7"))
        await pilot.pause()
        assert "Queue 7" in app.export_screenshot(simplify=True).replace("&#160;", " ")
        assert not drawn


LONG = "group/subgroup/project-of-a-long-name"
WIDE = (
    Column("repo", "Repo", 20, most=len(LONG), gives=8, cut_middle=True),
    Column("state", "State", 10),
    Column("age", "Age", 8, spare=2),
    Column("error", "Error", spare=1, least=14),
)


@pytest.mark.parametrize(
    ("width", "sorted_by", "line"),
    [
        (106, "", f"   {LONG}  ✓ synced    now       timed out: no byte came"),
        (59, "", "   group/subgr…a-long-name  ✓ synced    timed out: no…"),
        (46, "", "   group/…g-name  ✓ synced    timed out: no…"),
        (30, "", "   group/…g-name  ✓ synced"),
        (26, "", "   group/subg…-long-name"),
        (46, "age", "   group/sub…long-name  ✓ synced    now"),
        (40, "age", "   group/…g-name  ✓ synced    now"),
    ],
)
async def test_a_name_is_cut_in_its_middle_grows_where_there_is_room_and_gives_way(width, sorted_by, line):
    app = Host(LineTable(Sheet(WIDE)))
    async with app.run_test(size=(width, 3)) as pilot:
        app.widget.show_order(sorted_by, descending=False)
        cells = (LONG, ("✓ synced", Tone.SYNCED), "now", "timed out: no byte came")
        await shown(pilot, app.widget, [TableRow("a", cells)])
        assert lines(app.widget)[1] == line
