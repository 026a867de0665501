import pytest
from msgspec import structs
from textual.geometry import Region

from tests.widgets.host import Host, lines, strips
from widgets.slot_grid import SlotGrid, SlotView
from widgets.tone import Tone

FLASK = SlotView(
    key="flask",
    title="pallets/flask",
    phase="receiving",
    percent=50,
    rate="1.2 MiB/s",
    elapsed="0:07",
    line="remote: Counting objects",
    tone=Tone.RUNNING,
    age=7.0,
)


def slot(number, **facts):
    known = {"key": f"k{number}", "title": f"repo-{number}", "age": float(number)}
    return structs.replace(FLASK, **known | facts)


def hosted(*slots, priority=None, max_rows=12, crowded_rows=None):
    grid = SlotGrid()
    grid.make_room(max_rows, crowded_rows or max_rows)
    grid.show(slots, priority, 0)
    return Host(grid)


async def test_a_cell_says_everything_about_its_job():
    app = hosted(FLASK)
    async with app.run_test(size=(60, 10)):
        assert lines(app.widget) == [
            " ◐ 1 pallets/flask                                     0:07",
            "   receiving  ━━━━━━━━╌╌╌╌╌╌╌╌  50% 1.2 MiB/s  remote…",
        ]


async def test_the_last_line_of_git_gets_the_room_that_is_left():
    app = hosted(structs.replace(FLASK, percent=None))
    async with app.run_test(size=(60, 10)):
        assert lines(app.widget)[1] == "   receiving  1.2 MiB/s  remote: Counting objects"


async def test_a_countdown_is_whole_before_a_line_of_git():
    waits = structs.replace(
        FLASK, phase="retry 1/2 in 12 s", percent=None, rate="", line="no byte moved for 8 s"
    )
    app = hosted(waits)
    async with app.run_test(size=(40, 10)):
        assert lines(app.widget)[1] == "   retry 1/2 in 12 s  no byte moved…"
    app = hosted(waits, max_rows=2)
    async with app.run_test(size=(40, 10)):
        assert lines(app.widget)[0] == " ◐ 1 pallets/flask    retry 1/2 in 12 s"


async def test_idle_stalled_and_picked_cells_read_without_colour():
    app = hosted(
        None,
        slot(2, tone=Tone.STALLED, badge="stalled", rate="", line="", percent=None),
        priority=slot(3, pick=True),
    )
    async with app.run_test(size=(80, 20)):
        assert lines(app.widget) == [
            " · 1 idle                                ▷ 2 repo-2                stalled 0:07",
            "                                           receiving",
            " ◐ ★ now repo-3                    0:07",
            "   receiving  ━━━━╌╌╌╌╌  50% 1.2 MiB/s",
        ]


async def test_no_cell_moves_when_a_job_ends_or_the_priority_slot_is_used():
    jobs = [slot(number) for number in range(1, 6)]
    app = hosted(*jobs)
    async with app.run_test(size=(120, 40)) as pilot:
        grid = app.widget
        before = strips(grid)
        grid.show([jobs[0], None, *jobs[2:]], None, 0)
        await pilot.pause()
        without = strips(grid)
        assert [line[:40] + line[80:] for line in without] == [line[:40] + line[80:] for line in before]
        assert without[0][40:80].rstrip() == " · 2 idle"
        grid.show(jobs, slot(9, pick=True), 0)
        await pilot.pause()
        assert [line[:80] for line in strips(grid)[2:4]] == [line[:80] for line in before[2:4]]
        assert strips(grid)[:2] == before[:2]
        assert strips(grid)[2][80:].rstrip() == " ◐ ★ now repo-9                    0:07"


async def test_a_lower_limit_makes_no_cell_taller_and_moves_none():
    jobs = [slot(number) for number in range(1, 7)]
    app = hosted(*jobs, max_rows=9)
    async with app.run_test(size=(80, 24)) as pilot:
        grid = app.widget
        before = strips(grid)
        assert len(before) == 3
        grid.show(jobs[:5], None, 0)
        await pilot.pause()
        assert strips(grid) == [*before[:2], before[2][:40].ljust(80)]
        grid.show([None] * 5, None, 0)
        grid.show(jobs[:5], None, 0)
        await pilot.pause()
        assert len(strips(grid)) == 3, "the run goes on"
        grid.show(jobs[:5], None, 0, began=1.0)
        await pilot.pause()
        assert len(strips(grid)) == 6


@pytest.mark.parametrize(
    ("width", "max_rows", "height", "shown"),
    [(118, 18, 18, "python/m…afe-docs"), (198, 28, 16, "python/markupsafe-docs")],
)
async def test_of_64_slots_a_wider_terminal_shows_more_of_the_names(width, max_rows, height, shown):
    jobs = [slot(number, title="python/markupsafe-docs") for number in range(64)]
    app = hosted(*jobs, max_rows=max_rows)
    async with app.run_test(size=(width, 60)):
        drawn = lines(app.widget)
        name = next(word for word in drawn[0].split() if word.startswith("python"))
        assert (len(drawn), name) == (height, shown)


@pytest.mark.parametrize(
    ("width", "max_rows"), [(60, 40), (90, 40), (60, 12)], ids=["cells", "columns", "list"]
)
async def test_no_number_moves_when_a_lower_limit_has_fewer_digits(width, max_rows):
    jobs = [slot(number) for number in range(1, 11)]
    app = hosted(*jobs, max_rows=max_rows)
    async with app.run_test(size=(width, 40)) as pilot:
        before = lines(app.widget)
        assert before[0].startswith(" ◐  1 repo-1 ")
        app.widget.show([*jobs[:8], None], None, 0)
        await pilot.pause()
        assert [line for line in lines(app.widget) if "repo-1 " in line] == [before[0]]
        assert next(line for line in lines(app.widget) if "idle" in line).endswith("·  9 idle")


async def test_what_ends_leaves_its_line_also_the_last_and_the_priority_slot():
    jobs = [slot(number) for number in range(1, 7)]
    app = hosted(*jobs)
    async with app.run_test(size=(120, 40)) as pilot:
        heights = []
        for slots, priority in ((jobs, slot(9, pick=True)), (jobs, None), ([None] * 6, None)):
            app.widget.show(slots, priority, 0)
            await pilot.pause()
            heights.append(app.widget.size.height)
        assert heights == [6, 6, 6]
        assert [line.split() for line in lines(app.widget)] == [
            ["·", "1", "idle", "·", "2", "idle", "·", "3", "idle"],
            [],
            ["·", "4", "idle", "·", "5", "idle", "·", "6", "idle"],
            [],
            [],
            [],
        ]
        for began, height in ((0.0, 6), (1.0, 4)):
            app.widget.show(jobs, None, 0, began=began)
            await pilot.pause()
            assert app.widget.size.height == height


async def test_between_runs_one_cell_is_enough_and_each_run_takes_its_own_room():
    jobs = [slot(number) for number in range(1, 7)]
    app = hosted(*jobs)
    async with app.run_test(size=(120, 40)) as pilot:
        for slots, began, height in (
            (jobs, 1.0, 4),
            ([None] * 6, 1.0, 4),
            ([None] * 6, 0.0, 2),
            ([None] * 3, 2.0, 2),
            (jobs[:3], 2.0, 2),
        ):
            app.widget.show(slots, None, 0, began=began)
            await pilot.pause()
            assert app.widget.size.height == height


async def test_the_priority_slot_takes_a_row_of_its_own_when_all_are_full():
    jobs = [slot(number) for number in range(1, 7)]
    app = hosted(*jobs)
    async with app.run_test(size=(120, 40)) as pilot:
        before = strips(app.widget)
        app.widget.show(jobs, slot(9, pick=True), 0)
        await pilot.pause()
        assert strips(app.widget)[:4] == before
        assert len(strips(app.widget)) == 6


async def test_hostile_text_is_shown_as_it_is_and_never_breaks_the_columns():
    hostile = slot(1, line="[/b] " + "x" * 300, percent=None)
    app = hosted(
        structs.replace(hostile, title="[red]x[/] [/b] [@click=app.quit]go[/]"),
        structs.replace(hostile, title="日本語リポジトリ" * 9),
        structs.replace(
            hostile, title="e\u0301" * 60, phase="[/nope]" * 9, rate="[x]" * 30, elapsed="1:02:03"
        ),
    )
    async with app.run_test(size=(120, 40)):
        grid = app.widget
        assert [grid.render_line(y).cell_length for y in range(2)] == [120, 120]
        assert lines(grid) == [
            " ◐ 1 [red]x[/] [/b]…app.quit]go[/] 0:07  ◐ 2 日本語リポジト…本語リポジトリ 0:07  ◐ 3 "
            + "e\u0301" * 13
            + "…"
            + "e\u0301" * 12
            + " 1:02:03",
            "   receiving  1.2 MiB/s  [/b] xxxxxxxx… " * 2 + "   [/nope][/nope][/nope][/nope][/nope…",
        ]


@pytest.mark.parametrize(
    ("slots", "width", "max_rows", "height"),
    [
        (1, 80, 12, 2),
        (4, 80, 12, 4),
        (4, 80, 9, 4),
        (4, 80, 8, 2),
        (8, 80, 12, 4),
        (8, 60, 12, 8),
        (4, 160, 20, 2),
        (16, 120, 20, 12),
        (8, 40, 6, 6),
    ],
)
async def test_the_height_follows_slots_width_and_the_rows_it_may_take(slots, width, max_rows, height):
    app = hosted(*[slot(number) for number in range(slots)], max_rows=max_rows)
    async with app.run_test(size=(width, 40)):
        assert app.widget.size.height == height


async def test_cells_shrink_to_one_line_before_any_is_left_out():
    app = hosted(*[slot(number) for number in range(1, 9)], slot(9, percent=None), max_rows=10)
    async with app.run_test(size=(60, 20)):
        assert lines(app.widget) == [
            *[
                f" ◐ {number} repo-{number}                                50%         0:07"
                for number in range(1, 9)
            ],
            " ◐ 9 repo-9                               receiving    0:07",
        ]


async def test_in_one_line_the_name_has_the_same_room_whatever_its_job_does():
    job = structs.replace(FLASK, title="tools/log-viewer", percent=None)
    stages = [
        {"phase": "connecting", "elapsed": "10.8 s"},
        {"phase": "connecting", "elapsed": "1 m 05 s"},
        {"percent": 5, "elapsed": "1 m 05 s"},
        {"percent": 100},
        {"badge": "stalled", "tone": Tone.STALLED, "elapsed": "59.9 s"},
        {"badge": "try 2 stalled", "tone": Tone.STALLED, "elapsed": "59.9 s"},
        {"phase": "retry 1/2 in 12 s", "tone": Tone.RETRYING},
    ]
    app = hosted(*[structs.replace(job, **stage) for stage in stages], max_rows=8)
    async with app.run_test(size=(38, 20)):
        assert lines(app.widget) == [
            " ◐ 1 tools/l…viewer connecting 10.8 s",
            " ◐ 2 tools/l…viewer connecting",
            " ◐ 3 tools/l…viewer   5%     1 m 05 s",
            " ◐ 4 tools/l…viewer 100%         0:07",
            " ▷ 5 tools/l…viewer stalled    59.9 s",
            " ▷ 6 tools/l…viewer stalled    59.9 s",
            " ↻ 7 tools/l…viewer retry 1/2 in 12 s",
        ]


async def test_64_slots_on_40_lines_show_the_longest_running_and_count_the_rest():
    jobs = [slot(number) if number % 16 else None for number in range(1, 65)]
    app = hosted(*jobs, max_rows=20)
    async with app.run_test(size=(120, 40)) as pilot:
        shown = lines(app.widget)
        assert len(shown) == 20
        assert shown[0][:11] == " ◐ repo-63 "
        assert shown[-1] == "  +3 more"
        titles = [line[start:].split()[1] for line in shown[:-1] for start in (0, 40, 80)]
        assert titles == [f"repo-{number}" for number in range(63, 3, -1) if number % 16][:57]
        app.widget.show(jobs, slot(99, pick=True), 0)
        await pilot.pause()
        now = lines(app.widget)
        assert now[:-2] == shown[:-2]
        assert now[-2][:80] == shown[-2][:80]
        assert now[-2][80:98] == " ◐ ★ now repo-99  ", "in place of the shortest-running"
        assert now[-1] == "  +4 more"


async def test_slots_without_a_job_are_counted_where_no_job_is_left_out_and_no_line_comes_or_goes():
    jobs = [slot(number) for number in range(1, 9)]
    app = hosted(*jobs[:6], None, None, max_rows=6)
    async with app.run_test(size=(40, 12)) as pilot:
        for count, said in ((6, "  +1 more"), (5, "  +3 idle"), (1, "  +3 idle"), (7, "  +2 more")):
            app.widget.show([*jobs[:count], *[None] * (8 - count)], None, 0)
            await pilot.pause()
            assert app.widget.size.height == 6
            assert lines(app.widget)[-1] == said
            assert painted(app)[5].rstrip() == said


def painted(app):
    """What is on the screen, not what would be drawn."""
    return [strip.text for strip in app.screen._compositor.render_strips()]


async def test_only_what_changed_is_painted_again(monkeypatch):
    jobs = [slot(number) for number in range(1, 7)]
    app = hosted(*jobs)
    async with app.run_test(size=(120, 40)):
        painted = []
        monkeypatch.setattr(app.widget, "refresh", lambda *regions, **_: painted.extend(regions))
        app.widget.show(jobs, None, 0)
        assert painted == []
        app.widget.show([*jobs[:4], None, jobs[5]], None, 0)
        assert painted == [Region(40, 2, 40, 2)]
        painted.clear()
        app.widget.show([*jobs[:4], None, jobs[5]], None, 1)
        assert painted == [Region(x + 1, y, 1, 1) for x, y in [(0, 0), (40, 0), (80, 0), (0, 2), (80, 2)]]
        assert lines(app.widget)[0][1] == "◓"


async def test_to_be_measured_changes_nothing():
    app = hosted(*(slot(number) for number in range(20)))
    async with app.run_test(size=(120, 20)) as pilot:
        grid = app.query_one(SlotGrid)
        await pilot.press("G")
        before = dict(vars(grid))
        heights = [grid.get_content_height(app.size, app.size, width) for width in (120, 250, 40)]
        assert (heights, vars(grid)) == ([7, 7, 12], before)


async def test_a_single_slot_does_not_move_for_a_second_one():
    app = hosted(slot(1))
    async with app.run_test(size=(120, 40)) as pilot:
        before = lines(app.widget)[0].rstrip()
        app.widget.show([slot(1)], slot(2), 0)
        await pilot.pause()
        assert lines(app.widget)[0].startswith(before)


async def test_keys_move_between_cells():
    app = hosted(slot(1), slot(2), None, slot(4), slot(5), slot(6))
    async with app.run_test(size=(120, 40)) as pilot:
        app.widget.focus()
        went = []
        for key in ("l", "j", "k", "right", "left", "h", "h", "G", "g"):
            await pilot.press(key)
            went.append(app.widget.highlighted)
        assert went == ["k2", "k5", "k2", None, "k2", "k1", "k1", "k6", "k1"]


async def test_a_click_selects_and_a_double_click_opens():
    app = hosted(slot(1), slot(2), None, slot(4), slot(5), slot(6))
    async with app.run_test(size=(120, 40)) as pilot:
        await pilot.click(SlotGrid, offset=(50, 3))
        assert app.widget.highlighted == "k5"
        await pilot.double_click(SlotGrid, offset=(50, 3))
        assert app.heard == [SlotGrid.Opened("k5")]
        await pilot.click(SlotGrid, offset=(90, 1))
        assert app.widget.highlighted is None


async def test_the_cursor_survives_fewer_slots():
    app = hosted(*[slot(number) for number in range(1, 9)])
    async with app.run_test(size=(120, 40)) as pilot:
        app.widget.focus()
        await pilot.press("G")
        app.widget.show([slot(1), slot(2)], None, 0)
        await pilot.pause()
        assert app.widget.highlighted == "k2"
        assert lines(app.widget)[0].index("▌") == 40


async def test_what_finds_no_room_with_two_lines_each_leaves_the_others_more_room():
    jobs = [slot(number) for number in range(1, 9)]
    for count, shown in ((1, 1), (3, 3), (6, 3), (8, 3)):
        app = hosted(*jobs[:count], max_rows=7, crowded_rows=4)
        async with app.run_test(size=(40, 12)):
            assert sum("repo-" in line for line in lines(app.widget)) == shown


async def test_where_not_all_fit_what_works_is_shown_before_what_waits_to_try_again():
    jobs = [slot(number) for number in range(1, 9)]
    app = hosted(*jobs, max_rows=6)
    async with app.run_test(size=(40, 12)):
        grid = app.widget
        assert titles(grid) == ["repo-8", "repo-7", "repo-6", "repo-5", "repo-4"]
        waiting = [structs.replace(job, tone=Tone.RETRYING) for job in jobs]
        grid.show([*jobs[:4], *waiting[4:]], None, 0)
        assert titles(grid) == ["repo-8", "repo-3", "repo-2", "repo-1", "repo-4"]
        grid.show([*waiting[:4], *jobs[4:]], None, 0)
        assert titles(grid) == ["repo-8", "repo-7", "repo-6", "repo-5", "repo-4"]


def titles(grid):
    """Of the jobs that are shown, one on each line."""
    return [line.split()[1] for line in lines(grid) if "repo-" in line]


async def test_where_not_all_fit_a_job_keeps_its_cell_and_what_ends_gives_it_to_the_longest_running():
    jobs = [slot(number) for number in range(1, 9)]
    app = hosted(*jobs, max_rows=6)
    async with app.run_test(size=(40, 12)) as pilot:
        grid = app.widget
        grid.focus()
        await pilot.press("j")
        assert titles(grid) == ["repo-8", "repo-7", "repo-6", "repo-5", "repo-4"]
        grid.show([*jobs[:5], slot(10, age=0.0), *jobs[6:]], None, 0)
        assert titles(grid) == ["repo-8", "repo-7", "repo-3", "repo-5", "repo-4"], (
            "the next job of its slot waits"
        )
        grid.show([*jobs[:5], None, jobs[6], None], None, 0)
        assert titles(grid) == ["repo-2", "repo-7", "repo-3", "repo-5", "repo-4"]
        assert grid.highlighted == "k7"
        grid.show([jobs[0], jobs[1], None, jobs[3], None, None, jobs[6], None], None, 0)
        await pilot.pause()
        assert [line[:10].rstrip() for line in lines(grid)[:5]] == [
            " ◐ repo-2",
            "▌◐ repo-7",
            " · idle",
            " ◐ repo-1",
            " ◐ repo-4",
        ], "and their numbers, in no order, are left out"
        grid.show([jobs[0], jobs[1], None, jobs[3], slot(11, age=0.0), None, jobs[6], None], None, 0)
        assert titles(grid) == ["repo-2", "repo-7", "repo-11", "repo-1", "repo-4"]


async def test_where_not_all_fit_those_that_began_together_stand_in_their_order():
    app = hosted(*[slot(number, age=0.6 + number / 1e5) for number in range(1, 9)], max_rows=6)
    async with app.run_test(size=(40, 12)):
        assert titles(app.widget) == ["repo-1", "repo-2", "repo-3", "repo-4", "repo-5"]


async def test_the_cursor_goes_with_its_job_where_all_is_laid_out_anew():
    app = hosted(*[slot(number) for number in range(1, 9)], max_rows=6)
    async with app.run_test(size=(40, 12)) as pilot:
        app.widget.focus()
        await pilot.press("j")
        app.widget.make_room(5, 5)
        assert app.widget.highlighted == "k7"
        await pilot.resize_terminal(120, 12)
        await pilot.pause()
        app.widget.make_room(1, 1)
        assert app.widget.highlighted == "k7"


async def test_before_the_first_job_all_is_one_cell_and_what_takes_no_job_is_closed():
    app = hosted(None, None, None, None)
    async with app.run_test(size=(80, 20)) as pilot:
        assert lines(app.widget) == [" · all 4 idle", ""]
        app.widget.show([slot(1), None, None, None], None, 0, closed=2)
        await pilot.pause()
        drawn = " ".join(lines(app.widget))
        assert [word for word in ("2 idle", "3 closed", "4 closed") if word in drawn] == [
            "2 idle",
            "3 closed",
            "4 closed",
        ]


async def test_a_marked_job_has_its_mark():
    app = hosted(slot(1, marked=True), slot(2))
    async with app.run_test(size=(80, 20)):
        assert ["● repo-1" in lines(app.widget)[0], "● repo-2" in lines(app.widget)[0]] == [True, False]
