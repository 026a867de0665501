"""What Repos says of a repo between its end and the next look at its folder."""

from typing import Any

from tests.kit.app_driver import Driver
from tui.engine.survey import StatusRow
from tui.git.holder import Holder
from tui.git.inspect import NOT_CLONED, RepoStatus
from tui.git.outcome import DRY_RUN, Action, Outcome, Reason, State

OURS = Holder(4242, "ada-laptop", "synctui", 3.0)
OLD = RepoStatus(branch="main", head="a" * 40, ahead=0, behind=7, dirty=False, untracked=0, stashes=0)
COLUMNS = ("success", "behind", "ahead", "branch", "last error")


class OneLook:
    """A survey that sees all once, held by us, and nothing after that."""

    def __init__(self, **statuses: RepoStatus) -> None:
        self._statuses = statuses

    def __call__(self, repos: Any, on_row: Any, _stop: Any) -> None:
        for entry in repos:
            if status := self._statuses.pop(entry.id, None):
                on_row(StatusRow(entry, status, OURS))


def told(driver: Driver) -> list[tuple[str, ...]]:
    """The columns of each repo."""
    table = driver.app.main.table
    places = [[column.key for column in table.sheet.columns].index(name) for name in COLUMNS]
    cells = [[row.cells[place] for place in places] for row in table.rows]
    return [tuple(cell if isinstance(cell, str) else cell[0].strip() for cell in row) for row in cells]


async def test_it_is_what_its_end_says() -> None:
    ends = {
        "r0": Outcome(State.SYNCED, action=Action.CLONE, branch="main", new="b" * 40, ahead=0, behind=0),
        "r1": Outcome(State.UP_TO_DATE, branch="main", ahead=0, behind=0),
        "r2": Outcome(State.BLOCKED, Reason.DIVERGED, "diverged", branch="main", ahead=2, behind=5),
        "r3": Outcome(State.FAILED, Reason.NETWORK, "no route to host"),
        "r4": Outcome(
            State.SYNCED, None, "would fast-forward", branch="main", ahead=0, behind=0, notes=(DRY_RUN,)
        ),
    }
    survey = OneLook(r0=RepoStatus(error=NOT_CLONED), r1=OLD, r2=OLD, r3=OLD, r4=OLD)
    async with Driver(5, limit=5, survey=survey).open(200, 60) as driver:
        await driver.until(lambda: (driver.app.tick(), len(driver.app.desk.looks) == 5)[1])
        await driver.press("S")
        await driver.running(*ends)
        for name, outcome in ends.items():
            await driver.end(name, outcome=outcome)
        await driver.idle()
        assert told(driver) == [
            ("now fresh", "0", "0", "main", ""),
            ("now fresh", "0", "0", "main", ""),
            ("never", "5", "2", "main", "blocked/diverged: diverged, just now"),
            ("never", "7", "", "main", "failed/network: no route to host, just now"),
            ("never", "7", "0", "main", ""),
        ]
