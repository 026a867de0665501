import pytest
from textual import events

import widgets.log_pane
from tests.widgets.host import Host, lines
from widgets.log_pane import LogLine, LogPane
from widgets.tone import Tone


def line(number, tone=Tone.SYNCED, detail="", **facts):
    return LogLine(f"r{number}", tone, ("12:00:01", f"repo-{number}", tone.word, detail, "1.2 s"), **facts)


def batch(*numbers):
    return [line(number) for number in numbers]


def names(pane):
    """The repos whose lines are visible."""
    return [word for text in lines(pane) for word in text.split() if word.startswith("repo-")]


async def appended(pilot, pane, content):
    pane.append(content)
    await pilot.pause()


async def test_columns_are_aligned_and_notices_stand_between():
    app = Host(LogPane())
    async with app.run_test(size=(80, 5)) as pilot:
        await appended(
            pilot,
            app.widget,
            [
                line(1, detail="a1b2c3d → d4e5f6a"),
                line(22, Tone.UP_TO_DATE),
                LogLine("", Tone.NOTE, text="limit 6 → 8 [/b]"),
                line(3, Tone.FAILED, detail="auth: [red]no[/] [/key]"),
            ],
        )
        assert lines(app.widget) == [
            " 12:00:01 ✓ repo-1     synced     a1b2c3d → d4e5f6a                      1.2 s",
            " 12:00:01 = repo-22    up to date                                        1.2 s",
            "          • limit 6 → 8 [/b]",
            " 12:00:01 ✗ repo-3     failed     auth: [red]no[/] [/key]                1.2 s",
            "",
        ]


async def test_narrow_panes_leave_out_the_seconds_then_time_then_detail():
    app = Host(LogPane())
    async with app.run_test(size=(61, 3)) as pilot:
        await appended(pilot, app.widget, [line(1, Tone.FAILED, detail="auth: no key")])
        assert lines(app.widget)[0] == " 12:00 ✗ repo-1     failed     auth: no key           1.2 s"
        await pilot.resize_terminal(52, 3)
        await pilot.pause()
        assert lines(app.widget)[0] == " ✗ repo-1     failed     auth: no key        1.2 s"
        await pilot.resize_terminal(36, 3)
        await pilot.pause()
        assert lines(app.widget)[0] == " ✗ repo-1     failed         1.2 s"


async def test_long_and_wide_names_keep_the_columns():
    pane = LogPane()
    pane.fit_repos(300)
    app = Host(pane)
    async with app.run_test(size=(80, 3)) as pilot:
        content = [
            LogLine("a", Tone.SYNCED, ("12:00:01", "group/" + "x" * 300, "synced", "[/b]" * 90, "1.2 s")),
            LogLine("b", Tone.SYNCED, ("12:00:01", "日本語リポジトリ" * 9, "synced", "日本" * 60, "1.2 s")),
        ]
        await appended(pilot, app.widget, content)
        assert lines(app.widget) == [
            " 12:00:01 ✓ group/xxxxx…xxxxxxxxxxx synced     [/b][/b][/b][/b][/b][/b]… 1.2 s",
            " 12:00:01 ✓ 日本語リポ…リポジトリ   synced     日本日本日本日本日本日本… 1.2 s",
            "",
        ]
        assert [app.widget.render_line(y).cell_length for y in range(3)] == [79, 79, 79]


async def test_what_comes_later_moves_no_column_and_the_message_has_what_the_duration_leaves():
    pane = LogPane()
    pane.fit_repos(16)
    app = Host(pane)
    async with app.run_test(size=(80, 4)) as pilot:
        await appended(pilot, app.widget, [ended("a", "9 commits  3f2c1d0..9ab8c7d  main", "1.2 s")])
        before = lines(app.widget)[0]
        await appended(pilot, app.widget, [ended("group/longer-one", "x" * 99, "12 m 05 s")])
        assert lines(app.widget)[:2] == [
            before,
            " 12:00:01 ✓ group/longer-one synced     xxxxxxxxxxxxxxxxxxxxxxxxxxx… 12 m 05 s",
        ]
        assert before == " 12:00:01 ✓ a                synced     9 commits  3f2c1d0..9ab8c7d      1.2 s"


def ended(repo, detail, duration):
    return LogLine(repo, Tone.SYNCED, ("12:00:01", repo, "synced", detail, duration))


async def test_200_jobs_give_200_lines_in_finish_order():
    app = Host(LogPane())
    async with app.run_test(size=(80, 20)) as pilot:
        for start in range(0, 200, 7):
            app.widget.append(batch(*range(start, min(200, start + 7))))
        await pilot.pause()
        seen = []
        for top in range(0, 200, 20):
            app.widget.jump_to(top)
            await pilot.pause()
            seen += names(app.widget)
        assert seen == [f"repo-{number}" for number in range(200)]


async def test_it_follows_its_end():
    app = Host(LogPane())
    async with app.run_test(size=(80, 5)) as pilot:
        await appended(pilot, app.widget, batch(*range(50)))
        assert names(app.widget) == [f"repo-{number}" for number in range(45, 50)]
        await appended(pilot, app.widget, batch(50, 51))
        assert names(app.widget) == [f"repo-{number}" for number in range(47, 52)]
        assert app.heard == []


async def test_lines_that_came_before_the_first_layout_are_followed_too():
    pane = LogPane()
    pane.append(batch(*range(50)))
    app = Host(pane)
    async with app.run_test(size=(80, 5)):
        assert names(pane) == [f"repo-{number}" for number in range(45, 50)]


async def test_scrolled_up_nothing_moves_and_the_new_lines_are_counted():
    app = Host(LogPane())
    async with app.run_test(size=(80, 5)) as pilot:
        await appended(pilot, app.widget, batch(*range(50)))
        app.widget.focus()
        await pilot.press("k", "k")
        before = names(app.widget)
        assert app.widget.follow is False
        await appended(pilot, app.widget, batch(*range(50, 62)))
        assert names(app.widget) == before
        assert app.widget.new_below == 12
        await pilot.press("G")
        await pilot.pause()
        assert app.widget.follow is True
        assert names(app.widget) == [f"repo-{number}" for number in range(57, 62)]


async def test_the_wheel_ends_following_and_the_end_begins_it_again():
    app = Host(LogPane())
    async with app.run_test(size=(80, 5)) as pilot:
        await appended(pilot, app.widget, batch(*range(50)))
        await pilot._post_mouse_events([events.MouseScrollUp], LogPane)
        await pilot.pause()
        before = names(app.widget)
        await appended(pilot, app.widget, batch(50))
        assert (app.widget.follow, app.widget.new_below, names(app.widget)) == (False, 1, before)
        await pilot._post_mouse_events([events.MouseScrollDown], LogPane, times=5)
        await pilot.pause()
        assert (app.widget.follow, app.widget.new_below) == (True, 0)
        assert names(app.widget)[-1] == "repo-50"


async def test_follow_can_be_set_from_outside():
    app = Host(LogPane())
    async with app.run_test(size=(80, 5)) as pilot:
        await appended(pilot, app.widget, batch(*range(50)))
        app.widget.follow = False
        await appended(pilot, app.widget, batch(50, 51))
        assert names(app.widget)[-1] != "repo-51"
        assert app.widget.new_below == 2
        app.widget.follow = True
        assert names(app.widget)[-1] == "repo-51"


async def test_a_rule_with_nothing_below_it_gives_way_to_the_next() -> None:
    def rule(text: str) -> LogLine:
        return LogLine("", Tone.NOTE, text=text, rule=True)

    dull, news = LogLine("a", Tone.UP_TO_DATE, interesting=False), LogLine("b", Tone.FAILED)
    app = Host(LogPane())
    async with app.run_test(size=(80, 10)):
        log = app.widget
        log.only_interesting = True
        log.search("pass")
        for batch in ([rule("pass 1"), dull], [rule("pass 2"), dull, rule("pass 3")], [news, rule("pass 4")]):
            log.append(batch)
        told = ["pass 3", "", "pass 4"]
        assert ([line.text for line in log.lines], log.found) == (told, 2)
        log.only_interesting = False
        assert (len(log.lines), log.found) == (7, 4)
        log.only_interesting = True
        assert ([line.text for line in log.lines], log.found) == (told, 2)


async def test_only_interesting_lines_and_all_of_them_again():
    app = Host(LogPane())
    async with app.run_test(size=(80, 6)) as pilot:
        await appended(pilot, app.widget, [line(number, interesting=number % 3 == 0) for number in range(30)])
        app.widget.only_interesting = True
        await pilot.pause()
        assert names(app.widget) == [f"repo-{number}" for number in (12, 15, 18, 21, 24, 27)]
        await appended(pilot, app.widget, [line(30), line(31, interesting=False)])
        assert names(app.widget)[-1] == "repo-30"
        app.widget.only_interesting = False
        await pilot.pause()
        assert names(app.widget) == [f"repo-{number}" for number in range(26, 32)]


async def test_the_line_under_the_cursor_stays_in_its_place_when_others_are_left_out():
    app = Host(LogPane())
    async with app.run_test(size=(80, 6)) as pilot:
        await appended(pilot, app.widget, [line(number, interesting=number % 3 == 0) for number in range(90)])
        app.widget.move_cursor(45)
        await pilot.pause()
        place = names(app.widget).index("repo-45")
        app.widget.only_interesting = True
        await pilot.pause()
        assert app.widget.highlighted == "r45"
        assert names(app.widget).index("repo-45") == place


async def test_search_counts_marks_and_steps_around():
    app = Host(LogPane())
    async with app.run_test(size=(80, 8)) as pilot:
        await appended(pilot, app.widget, batch(*range(30)))
        assert app.widget.search("REPO-1") == 11
        assert app.widget.search("[/b") == 0
        assert app.widget.search("repo-2") == 11
        assert app.widget.position == "11/11"
        app.widget.move_cursor(1)
        assert app.widget.position == "11"
        app.widget.find_next()
        assert app.widget.highlighted == "r2"
        assert app.widget.position == "1/11"
        app.widget.find_next()
        assert app.widget.highlighted == "r20"
        app.widget.find_previous()
        app.widget.find_previous()
        assert app.widget.highlighted == "r29"
        await pilot.pause()
        marked = [
            segment.text
            for y in range(8)
            for segment in app.widget.render_line(y)
            if segment.style is not None and segment.style.underline
        ]
        assert marked == ["repo-2"] * 8
        assert names(app.widget) == [f"repo-{number}" for number in range(22, 30)]
        assert app.widget.search("") == 0


async def test_lines_that_come_and_lines_that_are_left_out_are_counted_by_the_search():
    app = Host(LogPane())
    async with app.run_test(size=(80, 8)) as pilot:
        await appended(pilot, app.widget, [line(number, interesting=number % 2 == 0) for number in range(10)])
        assert app.widget.search("repo") == 10
        app.widget.only_interesting = True
        app.widget.move_cursor(1)
        assert app.widget.position == "2/5"
        await appended(pilot, app.widget, batch(10, 11))
        app.widget.find_previous()
        app.widget.find_previous()
        assert (app.widget.position, app.widget.highlighted) == ("7/7", "r11")
        app.widget.clear()
        assert app.widget.position == "0"


async def test_a_rule_parts_what_was_before_from_what_follows():
    app = Host(LogPane())
    async with app.run_test(size=(40, 5)) as pilot:
        rule = LogLine("", Tone.NOTE, text="run of 14:02, 40 repos", rule=True)
        await appended(pilot, app.widget, [line(1), rule, line(2)])
        assert lines(app.widget)[1] == " ── run of 14:02, 40 repos ────────────"
        assert [one.plain for one in app.widget.lines] == [
            "12:00:01  ✓  repo-1  synced  1.2 s",
            "── run of 14:02, 40 repos ──",
            "12:00:01  ✓  repo-2  synced  1.2 s",
        ]
        await pilot.resize_terminal(20, 5)
        await pilot.pause()
        assert lines(app.widget)[1] == " ── run of 14:02…"


async def test_lines_are_selected_with_the_mouse():
    app = Host(LogPane())
    async with app.run_test(size=(80, 5)) as pilot:
        wide = LogLine("b", Tone.SYNCED, ("12:00:01", "日本語", "synced", "", "1.2 s"))
        await appended(pilot, app.widget, [*batch(*range(50)), wide, line(51)])
        await pilot.mouse_down(LogPane, offset=(12, 1))
        await pilot.hover(LogPane, offset=(18, 2))
        await pilot.mouse_up(LogPane, offset=(18, 2))
        text = app.screen.get_selected_text()
        assert [line.split() for line in text.splitlines()] == [
            ["repo-48", "synced", "1.2", "s"],
            ["12:00:01", "✓", "repo-49"],
        ]
        await appended(pilot, app.widget, batch(52))
        selected = [
            segment.text
            for y in range(5)
            for segment in app.widget.render_line(y)
            if segment.style
            and segment.style.bgcolor == app.widget.get_component_rich_style("log-pane--selection").bgcolor
        ]
        assert "".join(selected).startswith("repo-48")
        assert "".join(selected).endswith("✓ repo-49")


@pytest.mark.parametrize(("theme", "is_reversed"), [("textual-dark", False), ("ansi-dark", True)])
async def test_selected_text_keeps_its_colours_and_is_seen_without_any(theme, is_reversed):
    app = Host(LogPane())
    app.theme = theme
    async with app.run_test(size=(80, 5)) as pilot:
        await appended(pilot, app.widget, batch(1, 2))
        app.widget.focus()
        await pilot.pause()
        before = app.widget.render_line(1)
        await pilot.mouse_down(LogPane, offset=(0, 1))
        await pilot.hover(LogPane, offset=(60, 1))
        await pilot.mouse_up(LogPane, offset=(60, 1))
        after = app.widget.render_line(1)
        assert colours(after.crop(0, 60)) == colours(before.crop(0, 60))
        assert {bool(style.reverse) for style in styles(after.crop(0, 60))} == {is_reversed}
        backgrounds = {style.bgcolor for style in styles(before)}
        assert {style.bgcolor in backgrounds for style in styles(after.crop(0, 60))} == {is_reversed}


def styles(strip):
    return [segment.style for segment in strip]


def colours(strip):
    return [(text, segment.style.color) for segment in strip for text in segment.text]


async def test_old_lines_go_in_blocks_without_sliding_the_reader(monkeypatch):
    monkeypatch.setattr(widgets.log_pane, "LIMIT", 100)
    app = Host(LogPane())
    async with app.run_test(size=(80, 5)) as pilot:
        await appended(pilot, app.widget, batch(*range(110)))
        assert len(app.widget.lines) == 110
        app.widget.move_cursor(50)
        await pilot.pause()
        before = names(app.widget)
        await appended(pilot, app.widget, batch(110))
        assert len(app.widget.lines) == 100
        assert app.widget.lines[0].key == "r11"
        assert names(app.widget) == before
        assert app.widget.highlighted == "r50"


async def test_a_search_begins_at_its_line_though_old_lines_go(monkeypatch):
    monkeypatch.setattr(widgets.log_pane, "LIMIT", 100)
    app = Host(LogPane())
    async with app.run_test(size=(80, 5)) as pilot:
        await appended(pilot, app.widget, batch(*range(110)))
        app.widget.move_cursor(50)
        app.widget.begin_search()
        await appended(pilot, app.widget, batch(110))
        app.widget.search("repo-5")
        app.widget.find_nearest()
        assert app.widget.highlighted == "r50"


async def test_a_double_click_opens_jobs_but_no_notices():
    app = Host(LogPane())
    async with app.run_test(size=(80, 5)) as pilot:
        await appended(pilot, app.widget, [line(1), line(2), LogLine("", Tone.NOTE, text="paused")])
        await pilot.double_click(LogPane, offset=(5, 2))
        await pilot.double_click(LogPane, offset=(5, 0))
        assert [message.key for message in app.heard if isinstance(message, LogPane.Opened)] == ["r1"]


async def test_an_empty_log_says_what_to_do():
    app = Host(LogPane(empty="press S to start"))
    async with app.run_test(size=(40, 5)):
        assert lines(app.widget)[2].strip() == "press S to start"
