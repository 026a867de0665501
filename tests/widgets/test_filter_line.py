import pytest

from tests.widgets.host import Host, screen
from widgets.filter_line import FilterLine


async def test_typing_submitting_and_leaving():
    app = Host(FilterLine("filter [/b]"))
    async with app.run_test(size=(50, 5)) as pilot:
        line = app.widget
        assert screen(app) == []
        line.open("ta")
        await pilot.press("g", "enter")
        line.show_count("12 of [/40]")
        await pilot.pause()
        assert line.text == "tag"
        assert screen(app)[0].split() == ["filter", "[/b]", "tag", "12", "of", "[/40]"]
        await pilot.press("escape")
        assert (line.text, line.display) == ("", False)
        assert [type(message) for message in app.heard] == [
            FilterLine.Changed,
            FilterLine.Submitted,
            FilterLine.Cancelled,
        ]
        assert app.heard[1] == FilterLine.Submitted("tag")


async def test_opening_again_starts_with_the_text_that_is_given():
    app = Host(FilterLine("filter"))
    async with app.run_test(size=(50, 5)) as pilot:
        app.widget.open("old")
        app.widget.close()
        app.widget.open("host:x")
        await pilot.press("y")
        assert app.heard == [FilterLine.Changed("host:xy")]


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("", "/ no such state; allowed: queued…"),
        ("state_bogus", "/ state_bogus no such state; allowed…"),
        ("a" * 17, "/ aaaaaaaaaaaaaaaaa no such state…"),
        ("a" * 22 + "bcd", "/ aaaaaaaaaaaaaaaaaaabcd no such state…"),
    ],
)
async def test_what_is_typed_stays_whole_in_one_line_with_a_long_message(text: str, shown: str) -> None:
    app = Host(FilterLine("/"))
    async with app.run_test(size=(42, 8)) as pilot:
        app.widget.open()
        app.widget.show_count("no such state; allowed: queued, running")
        await pilot.press(*text)
        await pilot.pause()
        assert [" ".join(line.split()) for line in screen(app)] == [shown]
        await pilot.resize_terminal(130, 8)
        await pilot.pause()
        assert screen(app)[0].split("  ")[-1].strip() == "no such state; allowed: queued, running"
