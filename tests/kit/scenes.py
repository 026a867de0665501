"""What happens in the app before a picture of it is taken; the clock stands still, so that it is always the same."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any
from unittest.mock import patch

from tests.kit.app_driver import Driver, repo
from tests.kit.work import Retrying, SlowToStop
from tui.engine.plan import make_plan
from tui.engine.survey import StatusRow
from tui.git.advice import advice, busy_advice
from tui.git.arrived import Commit
from tui.git.contents import Contents, Diffstat, Title
from tui.git.failure import classify
from tui.git.gauge import Progress
from tui.git.holder import Holder
from tui.git.inspect import RepoStatus
from tui.git.outcome import Action, Outcome, Reason, RefChange, RefKind, State
from tui.git.process import Exit
from tui.git.repo import Repo
from tui.store.entry import Slugs, entry_repo
from tui.store.history import CutOff
from tui.store.past import Failure, Past
from tui.store.preferences import Preferences
from tui.store.settings import MAX_JOBS, Settings, resolve
from tui.view.arrivals import Arrival
from tui.view.board import BoardRow
from tui.view.lines import detail

Scene = Callable[[Driver], Awaitable[None]]

OLD, NEW = "3f2c1d0" + "0" * 33, "9ab8c7d" + "0" * 33

NAMES = (
    "python/flask",
    "python/click",
    "python/jinja",
    "python/werkzeug",
    "python/markupsafe",
    "python/itsdangerous",
    "tools/ripgrep",
    "tools/fd",
    "tools/bat",
    "tools/delta",
    "tools/lazygit",
    "tools/tmux",
    "web/astro",
    "web/vite",
    "web/svelte",
    "notes/journal",
    "notes/recipes",
    "infra/ansible",
    "infra/terraform",
    "infra/dotfiles",
)
CROWD = tuple(f"{name}{part}" for part in ("", "-docs", "-site", "-data") for name in NAMES)


def entry(name: str) -> Repo:
    return repo(name, "git.example.org" if name.startswith("infra/") else "github.com")


DISABLED = repo("archive/old-site", enabled=False)
WORK = repo(".").path
WRONG = entry_repo(
    "blog",
    {"url": "https://github.com/ada/blog.git", "brnch": "main"},
    root=WORK / "web",
    section="~/work/web",
    real_root=str(WORK / "web"),
    file=WORK / "synctui.toml",
    slugs=Slugs(),
    taken={},
    folders={},
)
SETTLED = make_plan([DISABLED, WRONG]).settled

FORWARD = Outcome(
    State.SYNCED,
    action=Action.FAST_FORWARD,
    branch="main",
    old=OLD,
    new=NEW,
    commits=3,
    received=18_400,
    refs=(
        RefChange("refs/remotes/origin/main", OLD, NEW, RefKind.FORWARD),
        RefChange("refs/tags/v2.1.0", None, NEW, RefKind.TAG),
    ),
)
CLONED = Outcome(State.SYNCED, action=Action.CLONE, branch="main", new=NEW, commits=812, received=2_400_000)
CURRENT = Outcome(State.UP_TO_DATE)


def trouble(of: Repo, state: State, reason: Reason, message: str, **known: Any) -> Outcome:
    """With the advice that the program gives where the repo is cloned."""
    with patch("tui.git.advice._is_there", return_value=True):
        return Outcome(state, reason, message, advice(reason, of, message), **known)


def failed(of: Repo, *lines: str) -> Outcome:
    """git said so."""
    failure = classify(Exit(128, b"", lines), network=True)
    return trouble(of, State.FAILED, failure.reason, failure.message, output_tail=lines)


def auth(of: Repo) -> Outcome:
    return failed(of, f"fatal: could not read Username for 'https://{of.host}': terminal prompts disabled")


def gone(of: Repo) -> Outcome:
    return failed(of, "remote: Repository not found.", f"fatal: repository '{of.url}/' not found")


def diverged(of: Repo) -> Outcome:
    message = "main has 2 of its own and is 5 behind"
    return trouble(of, State.BLOCKED, Reason.DIVERGED, message, ahead=2, behind=5)


AUTH = auth(entry("python/jinja"))
GONE = gone(entry("tools/fd"))
DIVERGED = diverged(entry("notes/journal"))
STALLED = trouble(
    entry("tools/delta"),
    State.TIMED_OUT,
    Reason.STALLED,
    "no byte moved for 60 s in fetch (Receiving objects)",
)
BUSY = Outcome(
    State.BUSY,
    message=str(Holder(4242, "ada-laptop", "synctui watch", 180)),
    advice=busy_advice(entry("tools/bat")),
)

COMMITS = [
    Commit(NEW, "Grace Hopper", 1_795_000_000.0, "Find the moth before it finds the relay", 3, 41, 7),
    Commit("51d" + "2" * 37, "Ada Lovelace", 1_794_990_000.0, "Count with cards, not with beads", 1, 12, 0),
    Commit("77e" + "3" * 37, "Edsger Dijkstra", 1_794_980_000.0, "Leave the structure, take the jump out", 8, 90, 120),
]  # fmt: skip


CONTENTS = Contents(tuple(Title(one.id, one.author, one.subject) for one in COMMITS), Diffstat(11, 143, 127))


NOON = 1_795_255_200.0
"""10:00 UTC, when the clock stands still."""
MISSING = "python/werkzeug"
"""Not cloned before a run."""
FETCHED = {name: NOON - 3_600 * (number * 5 + 1) for number, name in enumerate([*NAMES, DISABLED.id])}
SYNCED_BEFORE = {
    name: Past("up_to_date", last_end=at, last_success=at) for name, at in FETCHED.items() if name != MISSING
}


_HEARD = frozenset({State.SYNCED, State.UP_TO_DATE, State.BLOCKED})


def checkouts(
    rows: Callable[[], Mapping[str, BoardRow]] = dict, past: Mapping[str, Past] = SYNCED_BEFORE
) -> Callable[[Any, Any, Any], None]:
    """How they look: some are behind until the remote was heard. One dirty, one missing."""
    seen: dict[str, int] = {}

    def survey(repos: Any, on_row: Any, _stop: Any) -> None:
        for entry in repos:
            number = seen.setdefault(entry.id, len(seen))
            row = rows().get(entry.id)
            heard = row if row and row.end and row.end.outcome.state in _HEARD else None
            if error := "not cloned" if entry.id == MISSING and not heard else entry.error:
                on_row(StatusRow(entry, RepoStatus(error=error)))
                continue
            status = RepoStatus(
                branch="main",
                ahead=2 if entry.id == "notes/journal" else 0,
                behind=(heard.end.outcome.behind or 0) if heard else (0, 3, 0, 12)[number % 4],
                dirty=entry.id == "infra/dotfiles",
                last_fetch=heard.ended_at if heard else past.get(entry.id, Past()).last_end,
            )
            on_row(StatusRow(entry, status))

    return survey


HISTORY = [
    ("✓", "2026-11-20 14:05:11", "synced", "1.4 s", detail(FORWARD)),
    ("✗", "2026-11-19 14:05:09", "failed", "0.4 s", detail(AUTH)),
    ("=", "2026-11-18 14:05:02", "up to date", "0.3 s", ""),
    ("▲", "2026-11-17 14:05:00", "blocked", "0.8 s", detail(DIVERGED)),
    ("✓", "2026-11-16 14:04:58", "synced", "12.4 s", detail(CLONED)),
]


def preferences(**remembered: object) -> Preferences:
    """The defaults on two cores, but for what is remembered."""
    return Preferences(lambda kept: resolve({}, {}, {}, len(NAMES), 2, remembered=kept), remembered)


def driver(**options: Any) -> Driver:
    options.setdefault("entries", [entry(name) for name in NAMES])
    settings = options.setdefault("preferences", preferences()).settings
    options.setdefault("limit", settings.jobs)
    past = options.setdefault("past", SYNCED_BEFORE)
    drive = Driver(
        settled=SETTLED,
        survey=checkouts(lambda: drive.board.rows, past),
        arrived=lambda _path, _old, _new: COMMITS,
        contents=lambda _path, _old, _new: CONTENTS,
        jobs_source=settings.source["jobs"],
        history=lambda _repo_id: HISTORY,
        **options,
    )
    return drive


async def play(drive: Driver, scene: Scene) -> None:
    """The scene, in an app that has looked at every repo; the jobs that it leaves running go on."""
    if drive.app.desk.player is None:  # a recording has no repos to look at
        await surveyed(drive)
    await scene(drive)
    await drive.settle()


async def surveyed(drive: Driver) -> None:
    drive.app.tick()
    await drive.until(lambda: (drive.app.tick(), len(drive.app.desk.looks) == len(drive.board.rows))[1])
    await drive.settle()


async def running(drive: Driver, names: Sequence[str] = NAMES[:4]) -> None:
    await drive.press("S")
    await drive.running(*names)
    drive.clock.advance(4.2)
    phases = [
        Progress("Receiving objects", 62, 18_400_000, 2_300_000, "Receiving objects:  62% (744/1200)", moved=1_004.0),
        Progress("Counting objects", 8, None, None, "remote: Counting objects:   8% (41/512)", moved=1_004.0),
        Progress("Resolving deltas", 97, None, None, "Resolving deltas:  97% (388/400)", moved=1_004.0),
        Progress("", None, None, None, "", moved=1_000.0),
    ]  # fmt: skip
    for number, name in enumerate(names):
        drive.show(name, phases[number % 4])


def crowded() -> Driver:
    """As many at once as there can be, and some more that wait."""
    return driver(entries=[entry(name) for name in CROWD], limit=MAX_JOBS)


async def running_crowd(drive: Driver) -> None:
    await running(drive, CROWD[:MAX_JOBS])


async def in_the_middle(drive: Driver) -> None:
    """Six have ended, four run: one of them is stalled."""
    await drive.press("S")
    await drive.running(*NAMES[:4])
    for name, outcome, seconds in (
        ("python/flask", FORWARD, 1.4),
        ("python/click", CURRENT, 0.3),
        ("python/jinja", AUTH, 0.4),
        ("python/werkzeug", CLONED, 3.0),
        ("python/markupsafe", CURRENT, 0.2),
        ("python/itsdangerous", FORWARD, 0.9),
    ):
        drive.clock.advance(seconds)
        await drive.end(name, outcome=outcome)
    await drive.running(*NAMES[6:10])
    drive.clock.advance(14.0)
    moved = drive.clock.monotonic()
    drive.show(
        "tools/ripgrep",
        Progress("Receiving objects", 34, 9_000_000, 1_100_000, "Receiving objects:  34% (510/1500)", moved=moved),
    )  # fmt: skip
    drive.show(
        "tools/fd", Progress("Resolving deltas", 71, line="Resolving deltas:  71% (71/100)", moved=moved)
    )
    drive.show(
        "tools/bat",
        Progress("Counting objects", 3, line="remote: Counting objects:   3% (12/391)", moved=moved - 12),
    )
    drive.show(
        "tools/delta",
        Progress("Compressing objects", 88, line="remote: Compressing objects:  88% (212/240)", moved=moved),
    )
    await drive.settle()


async def mixed_end(drive: Driver) -> None:
    special = {
        "python/jinja": AUTH,
        "tools/fd": GONE,
        "tools/bat": BUSY,
        "tools/delta": STALLED,
        "notes/journal": DIVERGED,
        "python/flask": FORWARD,
        "tools/lazygit": FORWARD,
        MISSING: CLONED,
    }
    await drive.press("S")
    stalled = "tools/delta"
    for number, name in enumerate([*(name for name in NAMES if name != stalled), stalled]):
        await drive.until(lambda name=name: drive.state(name) == "running")
        elapsed = drive.clock.now() - drive.board.rows[name].started
        drive.clock.advance(64.0 - elapsed if name == stalled else 0.3 + number % 3)
        await drive.end(name, outcome=special.get(name, CURRENT))
    await drive.idle()
    await surveyed_again(drive)


async def surveyed_again(drive: Driver) -> None:
    await drive.until(lambda: (drive.app.tick(), not drive.app.lookout.due and not drive.app.lookout.busy)[1])


async def plan(drive: Driver) -> None:
    await drive.press("j", "space", "space")


async def paused_draining_with_a_pick(drive: Driver) -> None:
    await in_the_middle(drive)
    await drive.press("1", "G", "t")
    await drive.running(*NAMES[6:10], "infra/dotfiles")
    await drive.press("p", "-", "-")


async def queue(drive: Driver) -> None:
    await in_the_middle(drive)
    await drive.press("1", "j")


async def attention(drive: Driver) -> None:
    await mixed_end(drive)
    await drive.press("2")


async def zoomed(drive: Driver) -> None:
    """Repos, with all its columns."""
    await mixed_end(drive)
    await drive.press("3", "Z")


async def folded(drive: Driver) -> None:
    await attention(drive)
    await drive.press("g", "enter")


RETRYING = "python/jinja"


def retrying() -> Driver:
    return driver(work=Retrying(RETRYING))


async def backing_off(drive: Driver) -> None:
    """One waits before it tries again, and so its host has a job less."""
    begun = [*NAMES[:2], NAMES[3], "infra/ansible"]
    await drive.press("S")
    await asyncio.to_thread(drive.work.wait_running, *begun)
    wanted = {*begun, RETRYING}
    await drive.until(lambda: (drive.app.tick(), {row.repo.id for row in drive.board.running} == wanted)[1])
    drive.clock.advance(8.0)
    for name in begun:
        drive.show(name, Progress("Receiving objects", 41, 6_000_000, 800_000, moved=drive.clock.monotonic()))


def slow_to_stop() -> Driver:
    return driver(work=SlowToStop())


async def stopping(drive: Driver) -> None:
    await in_the_middle(drive)
    await drive.press(*"jjjjjj", "x")
    await drive.until(lambda: drive.state("tools/ripgrep") == "stopping")


async def filtered(drive: Driver) -> None:
    await mixed_end(drive)
    await drive.press("/", *"tools state:up_to_date")


async def completing(drive: Driver) -> None:
    """What the word can become stands dim behind the cursor."""
    await mixed_end(drive)
    await drive.press("3", "/", *"tools -state:up")


async def sorted_by_behind(drive: Driver) -> None:
    await mixed_end(drive)
    await drive.press(*"oooo")


async def worst_first(drive: Driver) -> None:
    """Before a run, what is furthest behind on top."""
    await drive.press(*"oooo", "g")


async def saving_a_view(drive: Driver) -> None:
    await drive.press("/", *"python", "enter", "o", "ctrl+s", "5", "o", "o", "ctrl+s")


async def detail_of_a_fast_forward(drive: Driver) -> None:
    await drive.press("enter", "s")
    await drive.running("python/flask")
    drive.show(
        "python/flask",
        Progress("Receiving objects", 100),
        "remote: Enumerating objects: 24, done.",
        "From https://github.com/ada/flask",
        "   3f2c1d0..9ab8c7d  main       -> origin/main",
        " * [new tag]         v2.1.0     -> v2.1.0",
    )
    drive.clock.advance(1.4)
    await drive.end("python/flask", outcome=FORWARD)
    await drive.idle()
    await drive.until(lambda: all(drive.app.screen.query_one(part).display for part in ("#commits", "#past")))


async def detail_of_a_failure(drive: Driver) -> None:
    await drive.press("j", "j", "enter", "s")
    await drive.running("python/jinja")
    await drive.end("python/jinja", outcome=AUTH)
    await drive.idle()


async def detail_of_one_that_timed_out(drive: Driver) -> None:
    await _detail_after_a_run(drive, "tools/delta")


async def detail_of_one_that_is_busy(drive: Driver) -> None:
    await _detail_after_a_run(drive, "tools/bat")


async def _detail_after_a_run(drive: Driver, name: str) -> None:
    await mixed_end(drive)
    await drive.press(*"j" * NAMES.index(name), "enter")
    await drive.until(lambda: drive.app.screen.query_one("#past").display)


async def help_page(drive: Driver) -> None:
    await drive.press("?")


async def quit_dialog(drive: Driver) -> None:
    await in_the_middle(drive)
    await drive.press("q")


async def cancel_dialog(drive: Driver) -> None:
    await in_the_middle(drive)
    await drive.press("X")


async def palette(drive: Driver) -> None:
    await drive.press("j", ":")
    await drive.until(drive.palette)


async def palette_searched(drive: Driver) -> None:
    await in_the_middle(drive)
    await drive.press(":", *"limit")
    await drive.until(lambda: drive.palette()[:2] == ["Raise limit", "Lower limit"])


async def log_searched(drive: Driver) -> None:
    await mixed_end(drive)
    await drive.press("tab", "tab", "/", *"failed", "enter", "n")


async def new_below(drive: Driver) -> None:
    """Three have ended since the person went up in the log."""
    await in_the_middle(drive)
    await drive.press("tab", "tab", "k", "k")
    await drive.end(*NAMES[6:9], outcome=CURRENT)
    # A host of which one is stalled goes last.
    await drive.running("tools/delta", "infra/ansible", "infra/terraform", "tools/lazygit")


async def refused(drive: Driver) -> None:
    await drive.press("p")


async def wrong_filter(drive: Driver) -> None:
    await mixed_end(drive)
    await drive.press("/", *"state:nonsense")


async def newcomer(drive: Driver) -> None:
    """Nothing was pressed yet."""


async def replay_in_the_middle(drive: Driver) -> None:
    """Paused; what is played is a recording of twenty repos."""
    await drive.press("p", ">", ".")


async def settings_page(drive: Driver) -> None:
    """Every layer has its say; the cursor is on what the file fixes."""
    await drive.press(",", "down", "down")


async def settings_refused(drive: Driver) -> None:
    """The time that was typed is none."""
    await drive.press(",", "down", "down", "down", "enter", *["backspace"] * 3, *"10 weeks", "enter")


async def settings_typing(drive: Driver) -> None:
    await drive.press(",", "down", "down", "down", "enter", *["backspace"] * 3, *"45 s")


def with_settings() -> Driver:
    def resolved(remembered: Mapping[str, object]) -> Settings:
        file = {"stall_timeout": 30, "order": "stalest"}
        return resolve({"jobs": 4}, {"SYNCTUI_RETRY": "0"}, file, 20, 4, remembered=remembered)

    remembered = {"stale_after": 12 * 3600.0, "theme": "textual-light"}
    return driver(preferences=Preferences(resolved, remembered, file_name="~/work/synctui.toml"))


# What is remembered.

PAST = {
    "tools/fd": Past(
        "failed",
        "not_found",
        GONE.message,
        last_success=NOON - 9 * 86_400,
        last_end=NOON - 2 * 86_400,
        failure=Failure("failed", "not_found", NOON - 4 * 86_400, NOON - 2 * 86_400, 3, 3),
    ),
    "web/astro": Past(
        "failed",
        "auth",
        AUTH.message,
        last_success=FETCHED["web/astro"],
        last_end=NOON - 7_200,
        failure=Failure("failed", "auth", NOON - 7_200, NOON - 7_200, 1, 1),
    ),
    "notes/journal": Past(
        "blocked",
        "diverged",
        DIVERGED.message,
        last_success=FETCHED["notes/journal"],
        last_end=NOON - 90_000,
        failure=Failure("blocked", "diverged", NOON - 190_000, NOON - 90_000, 5, 5, acknowledged=True),
    ),
}
CUT_OFF = CutOff(NOON - 2_700, NAMES[-7:])
DURATIONS = {name: [20.0 + number % 5 * 12, 35.0, 18.0, 50.0] for number, name in enumerate(NAMES[:-4])}
CAME = {
    "tools/lazygit": Arrival(
        "tools/lazygit", NOON - 50_000, "master", 14, (), cloned=False, taken=((OLD, NEW),), received=73_100
    ),
    "web/svelte": Arrival("web/svelte", NOON - 3_600, "main", 812, (), cloned=True, received=2_400_000),
    "python/jinja": Arrival(
        "python/jinja",
        NOON - 3_000,
        "main",
        3,
        (
            RefChange("refs/remotes/origin/main", OLD, NEW, RefKind.FORWARD),
            RefChange("refs/remotes/origin/rewrite", OLD, NEW, RefKind.FORCED),
            RefChange("refs/remotes/origin/3.1.x", OLD, None, RefKind.DELETED),
            *(RefChange(f"refs/tags/3.2.{number}", None, NEW, RefKind.TAG) for number in range(6)),
        ),
        cloned=False,
        taken=((OLD, NEW),),
        received=9_700,
    ),
}


def remembering() -> Driver:
    """As after a week: failures that stand, a run that was cut off, what came today, what a sync takes."""
    came = {name: Past("synced", last_end=one.at, last_success=one.at) for name, one in CAME.items()}
    return driver(
        past={**SYNCED_BEFORE, **PAST, **came},
        cut_off=CUT_OFF,
        durations=DURATIONS,
        arrivals=lambda _since: CAME,
    )


async def old_failures(drive: Driver) -> None:
    await drive.press("2")


async def what_came_before(drive: Driver) -> None:
    await drive.until(lambda: drive.app.desk.arrived)
    await drive.press("4")
    await read(drive)


async def what_arrived(drive: Driver) -> None:
    await mixed_end(drive)
    await drive.press("4")
    await read(drive)


async def read(drive: Driver) -> None:
    """All that arrived is told with its commits."""
    desk = drive.app.desk
    await drive.until(lambda: (drive.app.tick(), all(map(desk.content, desk.arrived.values())))[1])
    drive.app.main.redraw()


async def nothing_arrived(drive: Driver) -> None:
    await drive.press("4")
