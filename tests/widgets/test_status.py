import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec import structs

from tests.widgets.host import Host, lines, screen
from widgets.overall_bar import OverallBar, shares
from widgets.status_pane import LaneView, StatusPane, StatusView
from widgets.tone import Tone

ENDED = {Tone.SYNCED: 12, Tone.UP_TO_DATE: 17, Tone.FAILED: 2, Tone.BLOCKED: 1, Tone.SKIPPED: 3}
COUNTS = {**ENDED, Tone.RUNNING: 6, Tone.QUEUED: 20}
BAR = [
    Tone.SYNCED,
    Tone.UP_TO_DATE,
    Tone.SKIPPED,
    Tone.BLOCKED,
    Tone.BUSY,
    Tone.FAILED,
    Tone.TIMED_OUT,
    Tone.CANCELLED,
    Tone.RUNNING,
    Tone.QUEUED,
]


async def test_the_bar_reads_without_colour():
    app = Host(OverallBar())
    async with app.run_test(size=(61 + 20, 3)) as pilot:
        app.widget.show(COUNTS)
        await pilot.pause()
        assert lines(app.widget) == ["█" * 12 + "▆" * 17 + "▂" * 3 + "▲" + "✗" * 2 + "▒" * 6 + "╌" * 20]


@pytest.mark.parametrize(
    ("width", "left", "told"),
    [
        (48, "", "█" * 14 + "╌" * 14),
        (48, "about 25 s (5–25)", "█" * 14 + "╌" * 14 + "  about 25 s (5–25)"),
        (48, "about 2 min (40 s–4 min)", "█" * 14 + "╌" * 14 + "  about 2 min"),
        (30, "about 5 s", "█" * 5 + "╌" * 5 + "  about 5 s"),
        (29, "about 5 s", "█" * 15 + "╌" * 14),
    ],
)
async def test_the_bar_has_one_length_whatever_is_said_beside_it(width: int, left: str, told: str) -> None:
    app = Host(OverallBar())
    async with app.run_test(size=(width, 3)) as pilot:
        app.widget.show({Tone.SYNCED: 10, Tone.QUEUED: 10}, left)
        await pilot.pause()
        assert lines(app.widget) == [told]


async def test_the_bar_of_nothing_is_empty():
    app = Host(OverallBar())
    async with app.run_test(size=(10, 3)):
        assert lines(app.widget) == ["╌" * 10]


@given(st.dictionaries(st.sampled_from(BAR), st.integers(0, 10_000)), st.integers(0, 80))
def test_the_bar_is_full_and_hides_no_state(counts, width):
    cells = shares(counts, width)
    known = [tone for tone in BAR if counts.get(tone)]
    assert list(cells) == known[:width]
    assert sum(cells.values()) == (width if known else 0)
    assert [tone for tone, count in cells.items() if count < 1] == []


async def test_the_pane_shows_facts_counts_and_the_busiest_lanes():
    app = Host(StatusPane())
    async with app.run_test(size=(48, 20)) as pilot:
        lanes = [
            LaneView("idle.example", 0, 4, 0),
            LaneView("github.com", 4, 4, 12),
            LaneView("[/b].example", 2, 4, 0, "next in 3 s"),
        ]
        app.widget.show(StatusView(COUNTS, "6→3 draining", "3.4 MiB/s", lanes))
        await pilot.pause()
        assert screen(app) == [
            "█████▆▆▆▆▆▆▆▂▲✗▒▒▒╌╌╌╌╌╌╌╌",
            "done 35/61  jobs 6→3 draining  3.4 MiB/s",
            "✓ synced        12  ✗ failed         2",
            "= up to date    17  ⊗ timed out      0",
            "– skipped        3  ⊘ cancelled      0",
            "▲ blocked        1  ▶ running        6",
            "◆ busy           0  ◇ queued        20",
            "[/b].example  2/4   0 waiting  next in 3 s",
            "github.com    4/4  12 waiting",
            "idle.example  0/4   0 waiting",
        ]


@pytest.mark.parametrize(
    ("width", "told", "backing_off"),
    [
        (
            78,
            [
                "done 35/61  jobs 6/8           1.2 MB/s       ✓ 12 synced  = 17 up to date",
                "▶  6 running  ◇ 20 queued  – 3 skipped  ▲ 1 blocked  ✗ 2 failed",
                "a.example 2/4  b.example 0/4  github.com 4/4  gitlab.com 3/16   +1 more host",
            ],
            "github.com 4/4  held.example 0/1 backs off 9 s  +3 more hosts",
        ),
        (
            60,
            [
                "done 35/61  jobs 6/8           1.2 MB/s       ✓ 12  = 17",
                "▶  6 running  ◇ 20 queued  – 3  ▲ 1 blocked  ✗ 2 failed",
                "github.com 4/4  gitlab.com 3/16   +3 more hosts",
            ],
            "held.example 0/1 backs off 9 s  +4 more hosts",
        ),
        (
            40,
            [
                "done 35/61  jobs 6/8  1.2 MB/s",
                "✓ 12  = 17  ▶  6  ◇ 20  – 3  ▲ 1  ✗ 2",
                "github.com 4/4  +4 more hosts",
            ],
            "held.example 0/1 backs off 9 s",
        ),
    ],
)
async def test_a_compact_pane_has_two_lines_with_as_many_words_as_fit_and_one_for_the_lanes(
    width: int, told: list[str], backing_off: str
) -> None:
    lanes = [
        LaneView("github.com", 4, 4, 12),
        LaneView("gitlab.com", 3, 16, 12),
        LaneView("a.example", 2, 4, 1),
        LaneView("b.example", 0, 4, 1),
    ]
    held = LaneView("held.example", 0, 4, 0)
    app = Host(StatusPane())
    async with app.run_test(size=(width, 20)) as pilot:
        app.widget.show(StatusView(COUNTS, "6/8", "1.2 MB/s", [*lanes, held]))
        app.widget.compact = 1
        await pilot.pause()
        assert screen(app)[1:] == told
        held = structs.replace(held, limit=1, note="backs off 9 s")
        app.widget.show(StatusView(COUNTS, "6/8", "1.2 MB/s", [*lanes, held]))
        await pilot.pause()
        assert screen(app)[3] == backing_off


async def test_hosts_side_by_side_take_as_many_lines_whatever_is_said_of_them() -> None:
    app = Host(StatusPane())
    async with app.run_test(size=(40, 20)) as pilot:
        app.widget.compact = 3
        seen = []
        for note in ("", "backs off 41 s"):
            lanes = [LaneView(f"host-{n}.example", n, 8, 3, note * (n == 1)) for n in range(4)]
            app.widget.show(StatusView(COUNTS, "6/8", lanes=lanes))
            await pilot.pause()
            assert app.widget.size.height == 6
            seen.append(screen(app)[3:])
    assert seen == [
        ["host-0.example 0/8  host-1.example 1/8", "host-2.example 2/8  host-3.example 3/8"],
        [
            "host-0.example 0/8",
            "host-1.example 1/8 backs off 41 s",
            "host-2.example 2/8  host-3.example 3/8",
        ],
    ]


async def test_what_the_facts_say_moves_no_count() -> None:
    app = Host(StatusPane())
    async with app.run_test(size=(78, 20)) as pilot:
        app.widget.compact = 1
        places = set()
        for jobs, rate in (("6/8", "1.2 MB/s"), ("6/8", ""), ("6→3 draining", "0 B/s")):
            app.widget.show(StatusView(COUNTS, jobs, rate))
            await pilot.pause()
            places.add(screen(app)[1].index("✓ 12 synced"))
            assert app.widget.size.height == 4
    assert places == {46}


async def test_in_a_run_what_comes_first_keeps_its_place_and_a_new_trouble_takes_words_until_the_end() -> (
    None
):
    steps = [
        ((0, 0, 0, 0, 0, 40), "=  0 up to date  ▶  0 running  ◇ 40 queued"),
        ((4, 1, 0, 0, 6, 29), "=  4 up to date  ▶  6 running  ◇ 29 queued  – 1 skipped"),
        ((4, 1, 1, 0, 6, 28), "▶  6 running  ◇ 28 queued  – 1  ▲ 1 blocked"),
        ((4, 1, 1, 1, 6, 27), "▶  6 running  ◇ 27 queued  – 1  ▲ 1 blocked  ✗ 1 failed"),
        ((15, 2, 2, 2, 6, 13), "▶  6 running  ◇ 13 queued  – 2  ▲ 2 blocked  ✗ 2 failed"),
        ((33, 2, 2, 2, 1, 0), "▶  1 running  ◇  0 queued  – 2  ▲ 2 blocked  ✗ 2 failed"),
        ((34, 2, 2, 2, 0, 0), "= 34 up to date  – 2 skipped  ▲ 2 blocked  ✗ 2 failed"),
    ]
    states = (Tone.UP_TO_DATE, Tone.SKIPPED, Tone.BLOCKED, Tone.FAILED, Tone.RUNNING, Tone.QUEUED)
    app = Host(StatusPane())
    async with app.run_test(size=(60, 20)) as pilot:
        app.widget.compact = 1
        seen = []
        for counts, _ in steps:
            app.widget.show(StatusView(dict(zip(states, counts, strict=True)), "6→3 draining", "102.4 kB/s"))
            await pilot.pause()
            seen.append(screen(app)[2])
    assert seen == [told for _, told in steps]


async def test_a_pane_with_room_again_has_all_its_lines() -> None:
    app = Host(StatusPane())
    async with app.run_test(size=(40, 20)) as pilot:
        app.widget.show(StatusView(COUNTS, "6/8", lanes=[LaneView("github.com", 4, 4, 12)]))
        app.widget.compact = 1
        await pilot.pause()
        assert len(screen(app)) == 4
        app.widget.compact = 0
        await pilot.pause()
        assert len(screen(app)) == 8


async def test_a_compact_pane_keeps_every_count() -> None:
    app = Host(StatusPane())
    async with app.run_test(size=(24, 20)) as pilot:
        app.widget.show(StatusView(COUNTS, "6/8"))
        app.widget.compact = 1
        await pilot.pause()
        assert screen(app)[2:] == ["✓ 12  = 17  ▶  6  ◇ 20", "– 3  ▲ 1  ✗ 2"]


@pytest.mark.parametrize(
    ("height", "told"),
    [
        (7, []),
        (8, ["host-0 1/4  host-1 1/4  +7 more hosts"]),
        (
            10,
            [
                "host-0 1/4  host-1 1/4  host-2 1/4  host-3 1/4",
                "host-4 1/4  host-5 1/4  host-6 1/4  host-7 1/4",
                "host-8 1/4",
            ],
        ),
        (16, [f"host-{number}  1/4  0 waiting" for number in range(9)]),
    ],
)
async def test_as_many_lanes_are_shown_as_find_room(height: int, told: list[str]) -> None:
    app = Host(StatusPane())
    async with app.run_test(size=(48, height)) as pilot:
        app.widget.show(StatusView(ENDED, "0/8", lanes=[LaneView(f"host-{n}", 1, 4, 0) for n in range(9)]))
        await pilot.pause()
        assert screen(app)[7:] == told


@pytest.mark.parametrize("theme", ["textual-dark", "textual-light", "ansi-dark", "ansi-light"])
async def test_a_new_theme_recolours_what_stands(theme):
    pictures = []
    for themes in (["dracula", theme], [theme]):
        app = Host(StatusPane())
        async with app.run_test(size=(48, 20)) as pilot:
            app.theme = themes[0]
            await pilot.pause()
            app.widget.show(StatusView(COUNTS, "6/8"))
            await pilot.pause()
            app.theme = themes[-1]
            await pilot.pause()
            pictures.append(app.export_screenshot(simplify=True))
    assert pictures[0] == pictures[1]
