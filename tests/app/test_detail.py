"""The detail of a repo in its important states, and other programs in its folder."""

import contextlib
import itertools
import subprocess
import threading
from collections.abc import Callable
from pathlib import Path
from shutil import which
from typing import Any

import pytest
from msgspec import structs
from textual.pilot import Pilot
from textual.widgets import Static

from tests.kit import scenes
from tests.kit.app_driver import Driver, repo
from tests.kit.pictures import everywhere
from tests.kit.recorded import simple
from tests.kit.replayed import Replay
from tests.kit.work import NOT_FOUND, SYNCED
from tui.app.detail_screen import DetailScreen
from tui.engine.survey import StatusRow
from tui.git.arrived import Commit
from tui.git.gauge import Progress
from tui.git.holder import Holder
from tui.git.inspect import NOT_CLONED, RepoStatus
from tui.git.outcome import Action, Outcome, Reason, RefChange, RefKind, State
from tui.git.repo import Repo
from tui.store.past import Failure, Past
from widgets.tone import Tone

CLEAN = RepoStatus(
    branch="main", head="a" * 40, upstream="origin/main", ahead=0, behind=0, dirty=False, untracked=0
)
DIRTY = Outcome(
    State.BLOCKED,
    Reason.DIRTY,
    "local changes would be overwritten: README.md",
    "r0: local changes are in the way: git -C /w/r0 stash, then synctui sync r0",
)
NOON = scenes.NOON


class Looks:
    """What the survey sees of every repo, and how often it was asked for which."""

    def __init__(self, status: RepoStatus = CLEAN, holder: Holder | None = None) -> None:
        self.status = status
        self.holder = holder
        self.asked: list[str] = []

    def __call__(self, repos: Any, on_row: Any, _stop: Any) -> None:
        for entry in repos:
            self.asked.append(entry.id)
            on_row(StatusRow(entry, self.status, self.holder))


def text(driver: Driver, name: str) -> str:
    """What a section shows, a line a row, blanks in the middle made one; empty where it is not shown."""
    section = driver.app.screen.query_one(f"#{name}", Static)
    if not section.display:
        return ""
    lines = (" ".join(section.render_line(y).text.split()) for y in range(section.size.height))
    return "\n".join(line for line in lines if line)


async def looked(driver: Driver, times: int, looks: Looks) -> None:
    await driver.until(lambda: driver.app.tick() or len(looks.asked) >= times)
    await driver.settle()


# The sections.


async def test_a_repo_that_never_ran_tells_its_working_copy() -> None:
    looks = Looks(
        structs.replace(CLEAN, ahead=2, behind=5, dirty=True, untracked=3, stashes=1, in_progress="rebase")
    )
    async with Driver(1, survey=looks).open() as driver:
        await looked(driver, 1, looks)
        await driver.press("enter")
        await looked(driver, 2, looks)
        assert text(driver, "facts").startswith("state ○ planned\npath /nowhere/r0")
        assert text(driver, "copy").splitlines() == [
            "working copy",
            "branch main, follows origin/main",
            "commits 2 ahead, 5 behind",
            "changes tracked files are changed, 3 untracked",
            "stashes 1",
            "unfinished rebase",
            "a run would be blocked: a rebase is in progress",
        ]
        assert [text(driver, name) for name in ("trouble", "commits", "refs", "past")] == [""] * 4
        assert {"!", "L", "e"} <= set(driver.hints())


async def test_a_heading_is_one_line_over_a_short_section() -> None:
    async with Replay(simple("a")).open() as replay:
        await replay.press("enter")
        assert text(replay, "copy").splitlines() == [
            "working copy",
            "the recording says nothing of it up to here",
        ]


async def test_what_is_wrong_has_its_commands_numbered() -> None:
    looks = Looks()
    async with Driver(1, survey=looks).open() as driver:
        await driver.press("s")
        await driver.running("r0")
        await driver.end("r0", outcome=DIRTY)
        looks.status = structs.replace(CLEAN, dirty=True)
        await driver.press("enter")
        await driver.idle()
        assert text(driver, "trouble").splitlines() == [
            "what is wrong; c copies a command, again the next one",
            "dirty local changes would be overwritten: README.md",
            "since just now",
            "advice local changes are in the way:",
            "1 git -C /w/r0 stash",
            "then",
            "2 synctui sync r0",
        ]
        await driver.press("c", "c")
        assert driver.app.clipboard == "synctui sync r0"


async def test_what_a_login_mends_says_so_before_any_command() -> None:
    auth = Outcome(
        State.FAILED,
        Reason.AUTH,
        "no login",
        "r0: let git keep it: git config credential.helper cache",
    )
    async with Driver([repo("r0", "git.example")]).open() as driver:
        await driver.press("s")
        await driver.running("r0")
        await driver.end("r0", outcome=auth)
        await driver.press("enter")
        assert text(driver, "trouble").splitlines()[1:] == [
            "auth no login",
            "since just now",
            "advice i logs in at git.example, once for this session",
            "or let git keep it:",
            "1 git config credential.helper cache",
        ]


async def test_a_failure_of_earlier_runs_says_since_when() -> None:
    failure = Failure("failed", "not_found", NOON - 4 * 86_400, NOON - 7_200, 3, 3)
    past = {"r0": Past("failed", "not_found", "no such repository", failure=failure)}
    async with Driver(1, past=past).open() as driver:
        await driver.press("enter")
        assert text(driver, "trouble").splitlines()[1:3] == [
            "not found no such repository",
            "since 3 times, first 4 d ago, last 2 h ago",
        ]


async def test_a_retry_tells_the_attempt_before_and_shows_its_output_as_that() -> None:
    looks = Looks()
    failed = Outcome(State.FAILED, Reason.NOT_FOUND, "no such repository.", output_tail=("fatal: not found",))
    async with Driver(2, limit=1, survey=looks).open() as driver:
        await driver.press("S")
        await driver.running("r0")
        await driver.end("r0", outcome=failed)
        await driver.running("r1")
        await driver.press("enter")
        await looked(driver, 2, looks)
        said = driver.app.screen.query_one("#said")
        assert "commits neither ahead nor behind, as last fetched" in text(driver, "copy")
        assert (said.border_title, said.display) == ("output of git", True)
        await driver.press("r")
        assert "before failed: not found: no such repository, after 0.0 s" in text(driver, "facts")
        assert (said.border_title, said.display) == ("output of git of the attempt before", True)
        await driver.end("r1", outcome=SYNCED)
        await driver.running("r0")
        assert "before failed: not found: no such repository, after 0.0 s" in text(driver, "facts")
        assert text(driver, "output") == ""
        assert said.border_title == "output of git"
        await driver.end("r0", outcome=SYNCED)
        await driver.idle()
        assert text(driver, "facts").splitlines()[:2] == ["state ✓ synced", "attempt 2"]
        assert "before failed: not found: no such repository, after 0.0 s" in text(driver, "facts")


def inks(driver: Driver, name: str, *words: str) -> list[tuple[str, Any, bool]]:
    """The colour of each of these in a section, and whether it is bold, from the top."""
    section = driver.app.screen.query_one(f"#{name}", Static)
    return [
        (part, segment.style and segment.style.color, bool(segment.style and segment.style.bold))
        for y in range(section.size.height)
        for segment in section.render_line(y)
        if (part := segment.text.strip()) in words
    ]


def plain(driver: Driver) -> Any:
    """The colour of text."""
    return driver.app.screen.query_one("#facts", Static).rich_style.color


async def test_states_have_the_colours_that_they_have_in_the_lists() -> None:
    past = [
        ("✗", "2026-11-20 10:00:00", "failed", "1.0 s", "not found"),
        ("▲", "2026-11-19 10:00:00", "blocked", "1.0 s", "diverged"),
    ]
    async with Driver(1, survey=Looks(), history=lambda _repo_id: past).open() as driver:
        await driver.press("S")
        await driver.running("r0")
        await driver.end("r0", outcome=NOT_FOUND)
        await driver.idle()
        await driver.press("enter")
        await driver.until(lambda: text(driver, "past"))
        seen = set()
        for theme in ("textual-dark", "textual-light"):
            driver.app.theme = theme
            await driver.settle()  # all is styled anew
            await driver.settle()  # and drawn
            red, orange = (
                driver.app.main.table.ink(tone.css_class).color for tone in (Tone.FAILED, Tone.BLOCKED)
            )
            assert inks(driver, "facts", "✗ failed") == [("✗ failed", red, True)]
            assert inks(driver, "past", "✗", "▲", "failed", "blocked", "not found") == [
                ("✗", red, True),
                ("failed", red, True),
                ("not found", plain(driver), False),
                ("▲", orange, False),
                ("blocked", orange, False),
            ]
            seen.add(red)
        assert len(seen) == 2


async def test_without_colours_states_are_as_the_text(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NO_COLOR", "1")
    async with Driver(1, survey=Looks()).open() as driver:
        await driver.press("S")
        await driver.running("r0")
        await driver.end("r0", outcome=NOT_FOUND)
        await driver.idle()
        await driver.press("enter")
        assert inks(driver, "facts", "✗ failed") == [("✗ failed", plain(driver), False)]


async def test_a_wrong_entry_says_every_mistake_of_it() -> None:
    wrong = repo("bad", error="`brnch` is not an option\n`depth` takes a number")
    end = Outcome(State.FAILED, Reason.CONFIG, wrong.error, "correct the entry of bad")
    async with Driver(0, settled=[(wrong, end)]).open() as driver:
        await driver.press("enter")
        assert "config `brnch` is not an option\n`depth` takes a number" in text(driver, "trouble")
        await driver.press("r")
        assert driver.toasts()[-1] == "the entry of bad in the workspace file is wrong: correct it first"


async def test_what_is_disabled_missing_or_being_cloned_is_told() -> None:
    disabled = repo("off", enabled=False)
    settled = [(disabled, Outcome(State.SKIPPED, Reason.DISABLED, "disabled in the workspace file"))]
    looks = Looks(RepoStatus(error=NOT_CLONED))
    async with Driver(1, survey=looks, settled=settled).open() as driver:
        await driver.press("enter")
        await looked(driver, 3, looks)
        assert text(driver, "copy") == "working copy\nnot cloned: there is no such folder"
        await driver.press("s")
        await driver.running("r0")
        assert text(driver, "copy") == "working copy\nnot there yet: it is being cloned"
        await driver.press("]")
        assert text(driver, "facts").startswith("state – skipped")
        assert "result disabled" in text(driver, "facts")


async def test_a_folder_that_has_gone_is_missed_as_soon_as_it_is_cloned_again() -> None:
    looks = Looks()
    async with Driver(1, survey=looks).open() as driver:
        await driver.press("enter")
        await looked(driver, 2, looks)
        assert "branch main" in text(driver, "copy")
        looks.status = RepoStatus(error=NOT_CLONED)
        await driver.press("s")
        await driver.running("r0")
        await looked(driver, 3, looks)
        assert text(driver, "copy") == "working copy\nnot there yet: it is being cloned"


async def test_a_look_that_began_before_the_end_says_nothing_after_it() -> None:
    """A clone is over while a look finds that there is nothing yet."""
    begun, may_tell, told = itertools.count(1), threading.Event(), threading.Event()

    def survey(entries: Any, on_row: Any, _stop: Any) -> None:
        is_slow = next(begun) == 2
        if is_slow:
            may_tell.wait(30)
        on_row(StatusRow(entries[0], RepoStatus(error=NOT_CLONED) if is_slow else CLEAN))
        if is_slow:
            told.set()

    driver = Driver(1, survey=survey)
    async with driver.open():
        await driver.until(lambda: driver.app.tick() or driver.app.desk.looks)
        await driver.press("s")
        await driver.running("r0")
        await driver.press("enter")
        driver.clock.advance(1)
        await driver.end("r0", outcome=SYNCED)
        may_tell.set()
        await driver.until(told.is_set)
        await driver.settle()
        assert "branch main" in text(driver, "copy")


async def test_who_holds_the_repo_is_told() -> None:
    looks = Looks(holder=Holder(4242, "ada-laptop", "git gc", 180.0))
    async with Driver(1, survey=looks).open() as driver:
        await driver.press("enter")
        await looked(driver, 2, looks)
        assert "held by pid 4242 on ada-laptop (git gc) for 3 m" in text(driver, "copy").replace(
            "holder ", ""
        )


async def test_the_output_follows_until_it_is_scrolled_up() -> None:
    async with Driver(1).open(80, 24) as driver:
        await driver.press("s", "enter")
        await driver.running("r0")
        driver.show("r0", Progress(), *(f"line {number}" for number in range(50)))
        await driver.settle()
        said = driver.app.screen.query_one("#said")
        assert said.scroll_y == said.max_scroll_y > 0
        await driver.press("tab", "k", "k")
        top = said.scroll_y
        assert top < said.max_scroll_y
        driver.show("r0", Progress(), "one more")
        await driver.settle()
        assert said.scroll_y == top
        assert str(said.border_title) == "output of git, scrolled up: G follows again"
        await driver.press("G")
        driver.show("r0", Progress(), "and one more")
        await driver.settle()
        assert said.scroll_y == said.max_scroll_y


async def test_brackets_go_through_the_list_and_take_its_cursor_along() -> None:
    asked: list[str] = []
    looks = Looks()
    async with Driver(3, survey=looks, history=lambda repo_id: asked.append(repo_id) or []).open() as driver:
        await driver.press("enter", "]", "]", "]")
        assert driver.toasts() == ["r2 is the last of the list"]
        screen = driver.app.screen
        assert isinstance(screen, DetailScreen)
        assert (screen.repo_id, str(screen.query_one("#page").border_title)) == ("r2", "r2")
        await driver.until(lambda: asked[-1:] == ["r2"])
        await driver.press("[", "escape")
        assert driver.app.highlighted() == "r1"
        await driver.press("]")
        assert driver.toasts()[-1] == "only in the detail of a repo"


async def test_what_arrived_at_another_repo_is_not_shown_in_this_one() -> None:
    def arrived(path: Path, _old: str, _new: str) -> list[Commit]:
        return [Commit("c" * 40, "Ada", 0, f"of {path.name}", 1, 2, 3)]

    came = Outcome(
        State.SYNCED,
        old="a" * 40,
        new="b" * 40,
        commits=1,
        refs=(RefChange("refs/tags/v1", None, "b" * 40, RefKind.TAG),),
    )
    async with Driver(2, limit=2, arrived=arrived).open() as driver:
        await driver.press("S")
        await driver.running("r0", "r1")
        await driver.end("r0", outcome=came)
        await driver.end("r1", outcome=SYNCED)
        await driver.press("enter")
        await driver.until(lambda: driver.app.screen.query_one("#commits").display)
        await driver.settle()
        assert text(driver, "commits") == "1 commit arrived\nccccccc Ada of r0 1 file +2 -3"
        assert text(driver, "refs") == "1 ref changed\ntag refs/tags/v1 bbbbbbb"
        await driver.press("]")
        assert text(driver, "commits") == text(driver, "refs") == ""


async def test_what_a_clone_and_what_is_not_merged_brought_is_listed() -> None:
    def arrived(_path: Path, old: str | None, new: str) -> list[Commit]:
        return [Commit(new, "Ada", 0, f"after {old[:1] if old else 'nothing'}", 1, 2, 3)]

    cloned = Outcome(State.SYNCED, action=Action.CLONE, new="b" * 40, commits=1)
    kept = RefChange("refs/remotes/origin/main", "c" * 40, "d" * 40, RefKind.FORWARD)
    diverged = Outcome(State.BLOCKED, Reason.DIVERGED, "diverged", branch="main", refs=(kept,))
    async with Driver(2, limit=2, arrived=arrived).open() as driver:
        await driver.press("S")
        await driver.running("r0", "r1")
        await driver.end("r0", outcome=cloned)
        await driver.end("r1", outcome=diverged)
        await driver.press("enter")
        await driver.until(lambda: driver.app.screen.query_one("#commits").display)
        await driver.settle()
        assert text(driver, "commits") == "1 commit arrived\nbbbbbbb Ada after nothing 1 file +2 -3"
        await driver.press("]")
        await driver.until(lambda: driver.app.screen.query_one("#commits").display)
        await driver.settle()
        assert (
            text(driver, "commits") == "1 commit arrived, not merged here\nddddddd Ada after c 1 file +2 -3"
        )


# Other programs.


@pytest.fixture
def here(tmp_path: Path) -> Repo:
    return Repo("r0", tmp_path)


def lend(
    driver: Driver, monkeypatch: pytest.MonkeyPatch, code: int = 0, do: Callable[[], object] = int
) -> None:
    """Any program is there, and does this."""

    def run(words: list[str], **_options: Any) -> "subprocess.CompletedProcess[str]":
        do()
        return subprocess.CompletedProcess(words, code)

    monkeypatch.setattr(driver.app, "suspend", contextlib.nullcontext)
    monkeypatch.setattr(subprocess, "run", run)


async def test_what_was_blocked_and_is_clean_after_a_program_says_r_retries(
    here: Repo, monkeypatch: pytest.MonkeyPatch
) -> None:
    looks = Looks(structs.replace(CLEAN, dirty=True))
    async with Driver([here], survey=looks).open() as driver:
        await driver.press("s")
        await driver.running("r0")
        await driver.end("r0", outcome=DIRTY)
        await driver.idle()
        await driver.press("2")
        lend(driver, monkeypatch)
        await driver.press("!")
        await driver.until(lambda: driver.app.tick() or driver.app.desk.looked_at)
        await driver.settle()
        assert driver.app.main.table.rows[-1].cells[1] == DIRTY.message, "nothing has been mended"

        def begin_rebase() -> None:
            looks.status = structs.replace(CLEAN, branch=None, upstream=None, in_progress="rebase")

        lend(driver, monkeypatch, do=begin_rebase)
        driver.app.desk.looked_at.clear()
        await driver.press("!")
        await driver.until(lambda: driver.app.tick() or driver.app.desk.looked_at)
        await driver.settle()
        assert driver.app.main.table.rows[-1].cells[1] == DIRTY.message, "it is not done with"

        def mend() -> None:
            looks.status = CLEAN

        lend(driver, monkeypatch, do=mend)
        driver.app.desk.looked_at.clear()
        await driver.press("L")
        await driver.until(lambda: driver.app.tick() or driver.app.desk.looked_at)
        await driver.settle()
        assert [row.cells[1:] for row in driver.app.main.table.rows] == [
            ("r retries these",),
            ("clean now: r retries",),
        ], "the advice is gone"
        await driver.press("enter")
        assert "clean now: r retries" in text(driver, "trouble")
        await driver.press("r")
        await driver.running("r0")
        driver.clock.advance(1)
        await driver.end("r0", outcome=DIRTY)
        await driver.idle()
        await driver.press("escape")
        assert driver.app.main.table.rows[-1].cells[1] == DIRTY.message, "that look was before this end"


@pytest.mark.parametrize(("code", "told"), [(3, "ended with exit code 3"), (-9, "was ended by SIGKILL")])
async def test_an_exit_of_a_program_that_is_no_success_is_told(
    here: Repo, monkeypatch: pytest.MonkeyPatch, code: int, told: str
) -> None:
    monkeypatch.setenv("SHELL", "/bin/fake")
    async with Driver([here]).open() as driver:
        lend(driver, monkeypatch, code)
        await driver.press("!", "L")
        assert driver.toasts() == [f"fake {told}", f"lazygit {told}"]


async def test_a_ctrl_c_in_a_shell_is_nothing_to_tell(here: Repo, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SHELL", "/bin/fake")
    async with Driver([here]).open() as driver:
        lend(driver, monkeypatch, 130)
        await driver.press("!")
        assert driver.toasts() == []


@pytest.mark.parametrize(
    ("key", "variable", "value", "told"),
    [
        ("!", "SHELL", "/no/such-shell", "/no/such-shell was not found; $SHELL names it"),
        ("e", "EDITOR", "no-such-editor -w", "no-such-editor was not found; $EDITOR names it"),
        ("e", "VISUAL", "vim 'x", "$VISUAL cannot be read: No closing quotation"),
        ("L", "PATH", "/nowhere", "lazygit was not found; it is at github.com/jesseduffield/lazygit"),
        ("e", "PATH", "/nowhere", "vi was not found; set $EDITOR"),
    ],
)
async def test_a_program_that_is_not_there_is_one_line(
    here: Repo, monkeypatch: pytest.MonkeyPatch, key: str, variable: str, value: str, told: str
) -> None:
    for name in ("VISUAL", "EDITOR"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv(variable, value)
    monkeypatch.setattr("tui.app.outside.which", which)
    async with Driver([here]).open() as driver:
        await driver.press(key)
        assert driver.toasts() == [told]


async def test_a_folder_that_has_gone_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = tmp_path / "r0"
    folder.mkdir()
    looks = Looks()
    async with Driver([Repo("r0", folder)], survey=looks).open() as driver:
        await looked(driver, 1, looks)
        lend(driver, monkeypatch, do=folder.rmdir)
        await driver.press("!", "!")
        assert driver.toasts() == [f"r0: its folder is gone: {folder}"] * 2


# Pictures.


async def running(drive: Driver) -> None:
    await drive.press("s", "enter")
    await drive.running("python/flask")
    drive.show(
        "python/flask",
        Progress("Receiving objects", 62, 18_400_000, 2_300_000, "Receiving objects:  62%", moved=1_000.0),
        *(f"remote: Submodule {number} of 30" for number in range(1, 31)),
    )
    drive.clock.advance(4.2)


async def blocked(drive: Driver) -> None:
    await drive.press("s")
    await drive.running("python/flask")
    await drive.end(
        "python/flask", outcome=structs.replace(DIRTY, advice=DIRTY.advice.replace("r0", "python/flask"))
    )
    await drive.idle()
    await drive.press("enter")


async def never_ran(drive: Driver) -> None:
    await drive.press("G", "k", "k", "enter")


async def wrong_entry(drive: Driver) -> None:
    await drive.press("G", "enter")


async def heading(drive: Driver) -> None:
    await scenes.mixed_end(drive)
    await drive.press("2", "g")


@everywhere
@pytest.mark.parametrize(
    "scene", [running, blocked, never_ran, wrong_entry, heading], ids=lambda scene: scene.__name__
)
def test_picture_of_the_detail(
    snap_compare: Any, scene: scenes.Scene, size: tuple[int, int], theme: str
) -> None:
    drive = scenes.driver()
    drive.app.wear(theme)

    async def before(pilot: Pilot[Any]) -> None:
        drive.pilot = pilot
        await scenes.play(drive, scene)
        await drive.until(lambda: drive.app.tick() or (scene is heading or drive.app.desk.looked_at))
        await drive.until(lambda: scene is heading or drive.app.screen.query_one("#past").display)
        await drive.settle()

    try:
        assert snap_compare(drive.app, terminal_size=size, run_before=before)
    finally:
        drive.engine.cancel_all()


async def test_a_limit_changed_where_none_is_shown_is_told() -> None:
    async with Driver(2, limit=6).open() as driver:
        await driver.press("-")
        assert driver.toasts() == []
        await driver.press("enter", "-", "+")
        assert driver.toasts() == ["limit 5 → 4", "limit 4 → 5"]
