import pytest

from tests.widgets.host import Host, lines
from widgets.hint_bar import Hint, HintBar

HINTS = [Hint("s", "sync"), Hint("space", "mark"), Hint("r", "retry", enabled=False), Hint("[/b]", "日本")]
LAST = [Hint("q", "quit"), Hint("?", "more")]


@pytest.mark.parametrize(
    ("width", "line"),
    [
        (60, " s sync  space mark  r retry  [/b] 日本  q quit  ? more"),
        (54, " s sync  space mark  r retry  q quit  ? more"),
        (44, " s sync  space mark  q quit  ? more"),
        (34, " s sync  r retry  q quit  ? more"),
        (24, " s sync  q quit  ? more"),
        (18, " q quit  ? more"),
    ],
)
async def test_what_finds_no_room_is_left_out_whole_but_for_the_last(width, line):
    app = Host(HintBar())
    async with app.run_test(size=(width, 3)) as pilot:
        app.widget.show(HINTS, *LAST)
        await pilot.pause()
        assert lines(app.widget) == [line]


async def test_a_click_presses_the_hint_unless_it_is_off():
    app = Host(HintBar())
    async with app.run_test(size=(60, 3)) as pilot:
        app.widget.show(HINTS, *LAST)
        await pilot.pause()
        for x in (0, 10, 22, 32, 42, 50, 58):
            await pilot.click(HintBar, offset=(x, 0))
        assert [message.key for message in app.heard] == ["s", "space", "[/b]", "q", "?"]
