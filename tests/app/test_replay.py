"""A recorded run in the app: the same screens, and nothing behind them but the recording."""

from collections.abc import Callable
from typing import Any

import pytest
from textual.pilot import Pilot
from textual.widgets import Static

from tests.kit import scenes
from tests.kit.app_driver import Driver, repo
from tests.kit.pictures import TINY, everywhere
from tests.kit.recorded import Recorder, finished, in_the_middle, simple, started
from tests.kit.replayed import Replay
from tui.app.actions import ACTIONS, help_groups
from tui.app.settings_screen import SettingsScreen
from tui.engine.events import JobEnded, JobStarted, Notice, QueuePaused
from tui.engine.shutdown import Ending
from tui.git.outcome import Outcome, Reason, State
from widgets.log_pane import LogPane
from widgets.slot_grid import SlotGrid

NOTHING_RUNS = "this is a replay: nothing runs"


def drawn(replay: Replay) -> str:
    """All that is on the screen."""
    lines = replay.app.screen._compositor.render_strips()
    return "".join(segment.text for line in lines for segment in line)


async def test_it_plays_by_itself_on_the_screens_of_a_run() -> None:
    async with Replay(simple("a", "b", "c", progress=True)).open() as replay:
        assert replay.states() == {"a": "running", "b": "queued", "c": "queued"}
        assert replay.slots() == ["a", None]
        assert replay.header().split("  ", 1)[0] == "synctui"
        assert replay.header().endswith("replay 1×  0:00 / 0:03")
        await replay.after(1.2)
        assert replay.states() == {"a": "up_to_date", "b": "running", "c": "queued"}
        assert [line.cells[:2] for line in replay.log()] == [("10:00:01", "a")]
        await replay.after(2)
        assert replay.header().endswith("replay over  0:03 / 0:03")
        assert [line.key for line in replay.log()] == ["a", "b", "c"]


async def test_the_keys_of_the_player() -> None:
    async with Replay(simple(*(f"r{n}" for n in range(40)))).open() as replay:
        await replay.press("+", "+", "+")
        assert "replay 10×" in replay.header()
        await replay.press("p")
        await replay.after(5)
        assert "replay paused  0:00 / 0:40" in replay.header()
        await replay.press(">")
        assert "0:10 / 0:40" in replay.header()
        assert len(replay.log()) == 10
        await replay.press(".")
        assert replay.state("r10") == "up_to_date"
        await replay.press("p", "-")
        await replay.after(1)
        assert "replay 5×  0:16 / 0:40" in replay.header()
        assert [line.key for line in replay.log()] == [f"r{n}" for n in range(16)]


async def test_going_back_shows_what_was_and_not_what_came_after() -> None:
    async with Replay(simple(*(f"r{n}" for n in range(30)))).open() as replay:
        await replay.press("p", ">", ">", "<")
        assert [line.key for line in replay.log()] == [f"r{n}" for n in range(10)]
        assert sorted(replay.app.desk.looks) == [f"r{n}" for n in range(10)]
        assert replay.board.counts["queued"] == 19
        await replay.press("0")
        assert replay.log() == []
        assert replay.app.main.query_one(LogPane).follow
        assert replay.state("r0") == "running"
        await replay.press("p")
        await replay.after(2)
        assert [line.key for line in replay.log()] == ["r0", "r1"]


async def test_a_jump_shows_all_that_was() -> None:
    """More records at once than a run has between two frames."""
    async with Replay(simple(*(f"r{n:04}" for n in range(3_000)))).open(80, 24) as replay:
        assert replay.board.counts["queued"] == 2_999
        replay.app.commands._seek(2_990)
        replay.app.tick()
        assert replay.board.counts["up_to_date"] == 2_990


async def test_the_keys_of_a_run_say_that_this_is_none() -> None:
    async with Replay(simple("a", "b")).open() as replay:
        for key in ("S", "s", "space", "a", "x", "r", "t", "R", "A", "u", "X", "d", "i", "!", "e", "L"):
            replay.app.clear_notifications()
            await replay.press(key)
            assert replay.toasts() == [NOTHING_RUNS], key
        assert replay.states() == {"a": "running", "b": "queued"}
        assert not replay.app.desk.marks


async def test_attention_names_no_key_that_only_a_run_has() -> None:
    auth = Outcome(State.FAILED, Reason.AUTH, "no login", "a: log in once", url="https://git.example/***")
    record = Recorder()
    record.tell(0, started(), JobStarted(repo("a", "git.example"), 1, 0, pick=False))
    record.tell(1, JobEnded(repo("a", "git.example"), 1, auth, 0, 0, 1_000))
    async with Replay(record).open() as replay:
        await replay.after(1.5)
        await replay.press("2")
        rows = replay.app.main.table.rows
        shown = [cell if isinstance(cell, str) else cell[0] for row in rows for cell in row.cells]
        assert shown == ["✗ failed: auth at git.example  1", "→ a: log in once", "a", "no login"]


async def test_settings_of_a_run_are_fixed_and_those_of_the_app_are_not() -> None:
    async with Replay(simple("a", "b")).open() as replay:
        before = replay.board.limit, replay.app.theme

        def about() -> list[str]:
            return str(replay.app.screen.query_one("#about", Static).content).splitlines()

        await replay.press(",")
        fixed = []
        for _ in range(9):
            await replay.press("right", "enter")
            fixed.append(about()[0] == f"✗ {NOTHING_RUNS}")
            if not fixed[-1]:
                await replay.press("escape")
            told = about()[-1]
            await replay.press("down")
        assert fixed == [True] * 6 + [False] * 3
        assert told == "A replay remembers nothing."
        screen = replay.app.screen
        assert isinstance(screen, SettingsScreen)
        assert [row.origin for row in screen.rows()] == ["default"] * 8 + ["this session"]
        assert (replay.board.limit, replay.app.theme) == (before[0], "textual-light")
        assert before[1] != "textual-light"


async def test_every_action_has_its_method() -> None:
    async with Replay(simple("a")).open() as replay:
        doers = (replay.app.commands, replay.app.main)
        missing = [
            action.name
            for action in ACTIONS
            if not any(hasattr(doer, name) for doer in doers for name in (action.name, f"do_{action.name}"))
        ]
        assert missing == []


async def test_what_does_nothing_at_an_end_says_so() -> None:
    async with Replay(simple("a")).open() as replay:
        await replay.press("-")
        assert replay.toasts()[-1] == "1× is the slowest; p pauses, . steps"
        await replay.press(*["+"] * 7)
        assert replay.toasts()[-1] == "100× is the fastest"
        await replay.after(1)
        assert replay.hints() == ["<", "0", "enter", "tab", "o", "/", "Z"]
        for key in ("p", ".", ">", "+", "-"):
            await replay.press(key)
            assert replay.toasts()[-1] == "the replay is over; 0 plays it again, < goes back"


async def test_in_a_run_there_is_nothing_to_play() -> None:
    async with Driver().open() as driver:
        for key in (".", "<", ">", "0"):
            driver.app.clear_notifications()
            await driver.press(key)
            assert driver.toasts() == ["only in a replay"], key


async def test_a_recording_without_progress_has_slots_that_do_not_stall() -> None:
    record = Recorder()
    record.tell(0, started(), JobStarted(repo("slow"), 1, 0, pick=False))
    record.tell(60, Notice("info", "a minute later"))
    async with Replay(record).open() as replay:
        await replay.press("p", ">", ">")
        (view,) = [view for view in replay.app.main.query_one(SlotGrid)._slots if view]
        assert (view.phase, view.badge, view.elapsed) == ("running", "", "20.0 s")


async def test_on_the_smallest_screen_the_header_leaves_out_what_finds_no_room() -> None:
    async with Replay(in_the_middle()).open(40, 12) as replay:
        await replay.press("p")
        told = "replay paused  0:00 / 0:20"
        assert replay.header() == f"{'synctui…':{38 - len(told)}}{told}"
    async with Replay(in_the_middle(), cut=-8).open(40, 12) as replay:
        await replay.after(3600)
        assert replay.header() == f"{'replay over, cut off  0:17 / 0:17':>38}"


async def test_a_run_that_was_cut_off_says_so_and_stands_still() -> None:
    async with Replay(simple("a", "b", "c", progress=True), cut=-3).open() as replay:
        await replay.after(5)
        assert replay.header().endswith("replay over, cut off  0:02 / 0:02")
        last = replay.app.main.query_one(LogPane).lines[-1]
        assert last.text == "the recording ends here: the run was cut off"
        assert replay.states() == {"a": "up_to_date", "b": "up_to_date", "c": "running"}
        assert ("cut off here" in drawn(replay), "B/s" in drawn(replay)) == (True, False)
        await replay.press("<")
        assert ("cut off here" in drawn(replay), "B/s" in drawn(replay)) == (False, True)


async def test_of_a_recording_that_names_no_repo_none_is_counted() -> None:
    async with Replay(simple("a", "b", "c"), cut=1).open(80, 20) as replay:
        assert replay.header().endswith("replay over, cut off  0:00 / 0:00")
        assert "0/0" not in drawn(replay)
        await replay.press("3")
        assert "the recording names no repo" in drawn(replay)


async def test_a_repo_of_which_only_the_queue_tells_is_at_no_host() -> None:
    async with Replay(simple("a", "b", "c", progress=True), cut=-8).open() as replay:
        await replay.after(5)
        assert replay.states() == {"a": "running", "b": "queued", "c": "queued"}
        assert list(replay.board.hosts) == ["github.com"]
        assert replay.app.main._listing.completer.words("host:") == ["host:github.com"]
        await replay.press("1", "G", "enter")
        await replay.settle()
        text = drawn(replay)
        assert ("(not recorded)" in text, " url " in text) == (True, False)
        assert "the recording says nothing of it up to here" in text


async def test_what_was_said_is_in_the_log_and_in_no_toast() -> None:
    record = simple("a")
    record.tell(1, QueuePaused(True), Notice("warning", "[/red] the server sighs"))
    async with Replay(record).open() as replay:
        await replay.after(2)
        assert "PAUSED" in replay.header()
        assert replay.app.main.query_one(LogPane).lines[-1].text == "[/red] the server sighs"
        assert replay.toasts() == []


async def test_how_old_a_success_is_stays_blank_where_the_recording_has_none() -> None:
    record = Recorder()
    blocked = Outcome(State.BLOCKED, Reason.DIVERGED, "diverged", branch="main", ahead=2, behind=5)
    offline = Outcome(State.FAILED, Reason.NETWORK, "no route to host")
    record.tell(0, started(3, jobs=2))
    for at, (name, end) in enumerate(
        [("a", Outcome(State.UP_TO_DATE)), ("b", blocked), ("c", scenes.FORWARD), ("a", offline)], 1
    ):
        record.tell(at - 1, JobStarted(repo(name), 1, 0, pick=False))
        record.tell(at, JobEnded(repo(name), 1, end, 0, 0, 1_000))
    record.tell(4, finished({State.SYNCED: 1, State.BLOCKED: 1, State.FAILED: 1}, seconds=4))
    async with Replay(record).open(200, 40) as replay:

        def told() -> list[tuple[str, str]]:
            cells = {row.key: row.cells[2] for row in replay.app.main.table.rows}
            return [(key, cell if isinstance(cell, str) else cell[0].strip()) for key, cell in cells.items()]

        await replay.press("3", "p", ">")
        assert told() == [("a", "now fresh"), ("b", ""), ("c", "now fresh")]
        await replay.press("/", *"stale", "enter")
        assert told() == []
        await replay.press("escape", "0")
        assert told() == [("a", ""), ("b", ""), ("c", "")]


async def test_the_detail_says_what_is_not_recorded() -> None:
    async with Replay(in_the_middle()).open() as replay:
        await replay.press("p", ">", "enter")
        text = drawn(replay)
        assert "not recorded: the messages of the commits, what git said, earlier results" in text
        assert "3 commits  3f2c1d0..9ab8c7d  main" in text
        assert "working copy after the sync, as it was recorded" in text


async def test_leaving_is_no_failure_and_tells_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    async with Replay(in_the_middle()).open() as replay:
        await replay.press("p", ">", "q")
        assert replay.app.return_value == Ending(0)
    replay.app._tell_summary()
    assert capsys.readouterr().out == ""


async def test_help_and_palette_begin_with_the_keys_of_the_replay() -> None:
    async with Replay(simple("a")).open() as replay:
        assert help_groups(replay.app.situation())[0].title == "Replay"
        await replay.press(":")
        await replay.pilot.app.workers.wait_for_complete()
        await replay.settle()
        assert replay.palette()[:4] == ["Help", "Step", "Back", "Forward"]
    async with Driver().open() as driver:
        assert "Replay" not in [group.title for group in help_groups(driver.app.situation())]


@pytest.fixture
def picture(snap_compare: Any) -> Callable[..., bool]:
    def compare(replay: Replay, *keys: str, size: tuple[int, int], theme: str = "textual-dark") -> bool:
        replay.app.wear(theme)

        async def before(pilot: Pilot[Any]) -> None:
            replay.pilot = pilot
            await replay.settle()
            await replay.press("p", *keys)

        return bool(snap_compare(replay.app, terminal_size=size, run_before=before))

    return compare


@everywhere
def test_picture_replay_in_the_middle(picture: Any, size: tuple[int, int], theme: str) -> None:
    assert picture(Replay(in_the_middle()), ">", ".", size=size, theme=theme)


@everywhere
@pytest.mark.parametrize("cut", [None, -8], ids=["whole", "cut_off"])
def test_picture_replay_over(picture: Any, cut: int | None, size: tuple[int, int], theme: str) -> None:
    assert picture(Replay(in_the_middle(), cut=cut), ">", ">", size=size, theme=theme)


def test_picture_replay_on_a_small_screen(picture: Any) -> None:
    assert picture(Replay(in_the_middle()), ">", size=TINY)
