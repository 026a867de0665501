"""What the app looks like: the whole screen, with the clock standing still."""

import os
from collections.abc import Callable
from typing import Any

import pytest
from textual.pilot import Pilot

from tests.kit import scenes
from tests.kit.app_driver import Driver, FrozenClock, repo
from tests.kit.pictures import MIDDLE, SMALL, TINY, WIDE, everywhere, of_sizes
from tests.kit.scenes import Scene, driver
from tui.engine.plan import Plan
from tui.engine.watch import Watch
from tui.git.clean import clean_text
from tui.git.gauge import Progress
from tui.git.outcome import Outcome, Reason, State
from tui.git.repo import Repo


def of_scenes(*of: Scene) -> pytest.MarkDecorator:
    return pytest.mark.parametrize("scene", of, ids=[scene.__name__ for scene in of])


@pytest.fixture
def picture(snap_compare: Any) -> Callable[..., bool]:
    def compare(
        drive: Driver, scene: Scene, size: tuple[int, int] = MIDDLE, theme: str | None = None
    ) -> bool:
        if theme:
            drive.app.wear(theme)
        # A toast is not gone before the picture is taken, however slow the machine.
        drive.app.NOTIFICATION_TIMEOUT = 3600

        async def before(pilot: Pilot[Any]) -> None:
            drive.pilot = pilot
            await scenes.play(drive, scene)

        try:
            return bool(snap_compare(drive.app, terminal_size=size, run_before=before))
        finally:
            drive.engine.cancel_all()
            drive.work.end(*drive.work.running)

    return compare


@everywhere
@of_scenes(
    scenes.running,
    scenes.paused_draining_with_a_pick,
    scenes.mixed_end,
    scenes.zoomed,
    scenes.filtered,
    scenes.nothing_arrived,
    scenes.detail_of_a_failure,
    scenes.detail_of_one_that_timed_out,
    scenes.detail_of_one_that_is_busy,
    scenes.folded,
)
def test_picture(picture: Any, scene: Scene, size: tuple[int, int], theme: str) -> None:
    assert picture(driver(), scene, size, theme)


@everywhere
@of_scenes(
    scenes.palette,
    scenes.palette_searched,
    scenes.quit_dialog,
    scenes.cancel_dialog,
    scenes.log_searched,
    scenes.refused,
    scenes.wrong_filter,
)
def test_picture_of_what_a_key_brings(picture: Any, scene: Scene, size: tuple[int, int], theme: str) -> None:
    assert picture(driver(), scene, size, theme)


def test_picture_of_a_log_that_goes_on_below(picture: Any) -> None:
    assert picture(driver(), scenes.new_below, SMALL)


def test_picture_of_the_first_session(picture: Any) -> None:
    assert picture(driver(greets=True), scenes.newcomer)


@of_sizes(SMALL, TINY)
def test_picture_running_64_slots(picture: Any, size: tuple[int, int]) -> None:
    """At 120×40 it is one of `screenshots/`."""
    assert picture(scenes.crowded(), scenes.running_crowd, size)


def test_picture_running_16_slots(picture: Any) -> None:
    async def scene(drive: Driver) -> None:
        await scenes.running(drive, scenes.NAMES[:16])

    assert picture(driver(limit=16), scene)


@of_sizes(SMALL, WIDE)
def test_picture_size(picture: Any, size: tuple[int, int]) -> None:
    assert picture(driver(), scenes.in_the_middle, size)


@of_scenes(
    scenes.plan,
    scenes.in_the_middle,
    scenes.detail_of_a_fast_forward,
    scenes.help_page,
    scenes.settings_page,
    scenes.palette,
    scenes.quit_dialog,
)
def test_picture_on_a_small_screen(picture: Any, scene: Scene) -> None:
    assert picture(driver(), scene, TINY)


@everywhere
def test_picture_of_a_retry_that_counts_down(picture: Any, size: tuple[int, int], theme: str) -> None:
    assert picture(scenes.retrying(), scenes.backing_off, size, theme)


@everywhere
def test_picture_of_a_job_that_is_slow_to_stop(picture: Any, size: tuple[int, int], theme: str) -> None:
    assert picture(scenes.slow_to_stop(), scenes.stopping, size, theme)


@everywhere
def test_picture_of_an_empty_workspace(picture: Any, size: tuple[int, int], theme: str) -> None:
    assert picture(Driver(0), scenes.newcomer, size, theme)


@everywhere
@of_scenes(scenes.plan, scenes.old_failures, scenes.what_came_before, scenes.in_the_middle)
def test_picture_of_what_is_remembered(picture: Any, scene: Scene, size: tuple[int, int], theme: str) -> None:
    assert picture(scenes.remembering(), scene, size, theme)


@everywhere
@of_scenes(scenes.settings_typing, scenes.settings_refused)
def test_picture_of_the_settings(picture: Any, scene: Scene, size: tuple[int, int], theme: str) -> None:
    assert picture(scenes.with_settings(), scene, size, theme)


@everywhere
@of_scenes(scenes.completing, scenes.sorted_by_behind, scenes.saving_a_view)
def test_picture_of_a_filter_and_its_views(
    picture: Any, scene: Scene, size: tuple[int, int], theme: str
) -> None:
    assert picture(driver(), scene, size, theme)


@of_scenes(
    scenes.in_the_middle,
    scenes.attention,
    scenes.detail_of_a_failure,
    scenes.settings_page,
    scenes.quit_dialog,
)
def test_picture_in_the_colours_of_the_terminal(picture: Any, scene: Scene) -> None:
    drive = driver(preferences=scenes.preferences(theme="ansi-dark"))
    assert picture(drive, scene, SMALL)


@of_sizes(WIDE, MIDDLE, SMALL)
@of_scenes(
    scenes.plan,
    scenes.in_the_middle,
    scenes.queue,
    scenes.attention,
    scenes.worst_first,
    scenes.what_arrived,
    scenes.detail_of_a_fast_forward,
    scenes.help_page,
    scenes.settings_page,
)
def test_picture_in_light(picture: Any, scene: Scene, size: tuple[int, int]) -> None:
    """In dark they are those of `screenshots/`."""
    assert picture(driver(preferences=scenes.preferences(theme="textual-light")), scene, size)


def test_picture_of_an_offer_on_a_small_screen(picture: Any) -> None:
    assert picture(scenes.remembering(), scenes.plan, TINY)


def test_picture_detail_80x24(picture: Any) -> None:
    async def scene(drive: Driver) -> None:
        await scenes.detail_of_a_fast_forward(drive)
        await drive.press("G")

    assert picture(driver(), scene, SMALL)


@of_scenes(scenes.plan, scenes.what_came_before)
def test_picture_of_what_is_remembered_without_color(
    picture: Any, monkeypatch: pytest.MonkeyPatch, scene: Scene
) -> None:
    monkeypatch.setenv("NO_COLOR", "1")
    assert picture(scenes.remembering(), scene)


def test_picture_no_color(picture: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NO_COLOR", "1")
    assert picture(driver(), scenes.in_the_middle)


def test_picture_hostile_names(picture: Any) -> None:
    """Text of a remote is text: no markup, no link, no broken frame."""
    entries = [
        Repo("[red]x[/]", repo("a").path / "[/b]", "https://h/[@click=app.quit]q[/]"),
        Repo("wide/日本語のリポジトリ", repo("b").path),
        Repo("long/" + "a" * 90, repo("c").path),
    ]

    async def scene(drive: Driver) -> None:
        await drive.press("S")
        await drive.running(*(entry.id for entry in entries))
        drive.show("[red]x[/]", Progress("[/phase]", 10, line="[@click=app.quit]press me[/] [bold"))
        drive.show(entries[1].id, Progress("Receiving objects", 50, line="y" * 300))
        outcome = Outcome(
            State.FAILED, Reason.REMOTE_ERROR, "[new branch] [/usr/lib] a[/b", "[link=http://x]"
        )
        await drive.end(entries[2].id, outcome=outcome)
        await drive.press("2")

    assert picture(driver(entries=entries), scene)


@everywhere
def test_picture_of_a_watch_in_its_pause(picture: Any, size: tuple[int, int], theme: str) -> None:
    """The second pass is over; a repo that keeps failing was left out of it and still needs attention."""
    clock = FrozenClock()
    entries = [repo(name) for name in scenes.NAMES[:6]]
    text = (
        "left alone until 12:18, after 3 failures in a row; `synctui sync python/itsdangerous` tries it now"
    )
    held = Outcome(State.SKIPPED, Reason.HELD, text)
    plans = [Plan(tuple(entries), ()), Plan(tuple(entries[:5]), ((entries[5], held),))]
    watch = Watch(lambda: plans.pop(0), 300.0, clock=clock)

    def advance(drive: Driver, seconds: float) -> None:
        for one in (clock, drive.clock):
            one.advance(seconds)

    async def scene(drive: Driver) -> None:
        for ends in ([scenes.FORWARD] * 5 + [scenes.gone(entries[5])], [scenes.CURRENT] * 5):
            await drive.running(*scenes.NAMES[: len(ends)])
            for name, end in zip(scenes.NAMES, ends, strict=False):
                advance(drive, 0.4)
                await drive.end(name, outcome=end)
            await drive.idle()
            advance(drive, 300 if plans else 42)
        await drive.press("2")

    assert picture(driver(entries=entries, limit=6, watch=watch), scene, size, theme)


def test_picture_of_names_of_every_width(picture: Any) -> None:
    """Wide characters, combining marks and bytes that are no UTF-8: the columns stay straight."""
    names = [
        "wide/日本語のリポジトリ",
        "marks/Cafe\u0301 nai\u0308ve",
        clean_text(os.fsdecode(b"bytes/caf\xe9\xff")),
        "plain/ascii",
    ]
    entries = [repo(name) for name in (*names, *(f"{name}-2" for name in names))]

    async def scene(drive: Driver) -> None:
        await drive.press("S")
        await drive.running(*(entry.id for entry in entries))
        for entry in entries[:4]:
            drive.show(entry.id, Progress("Receiving objects", 50, 1 << 20, 1 << 20, "受信中 cafe\u0301 50%"))
            await drive.end(
                f"{entry.id}-2", outcome=scenes.gone(entries[4]) if entry is entries[0] else scenes.FORWARD
            )

    assert picture(driver(entries=entries, limit=8), scene)
