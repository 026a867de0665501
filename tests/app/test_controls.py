"""Each control once, through its key, in the running app over a real engine."""

import signal
from functools import partial

import pytest
from textual.widgets import OptionList, Static

from tests.kit.app_driver import Driver, repo
from tests.kit.work import NOT_FOUND, SYNCED, GatedWork, SlowToStop
from tui.engine.shutdown import Ending
from tui.engine.slots import PRIORITY_SLOT
from tui.git.outcome import Outcome, Reason, State
from tui.store.settings import crowding
from widgets.dialogs import ConfirmDialog

NEVER_STARTED = {f"r{n}": "planned" for n in range(6)}


async def test_it_opens_on_the_plan_and_starts_nothing() -> None:
    async with Driver(6).open() as driver:
        assert driver.states() == NEVER_STARTED
        assert driver.work.started == []
        plan = str(driver.app.main.query_one("#plan").content)
        assert plan == ("6 repos planned, 2 at a time. Press S to start all.")


async def test_with_start_the_run_begins_at_once() -> None:
    async with Driver(3, start=True).open() as driver:
        await driver.running("r0", "r1")
        assert not driver.app.main.query_one("#plan").display


async def test_s_syncs_the_selected_one_and_shift_s_the_rest() -> None:
    async with Driver(3).open() as driver:
        await driver.press("j", "s")
        await driver.running("r1")
        await driver.press("S")
        await driver.running("r0", "r1")
        assert driver.states() == {"r0": "running", "r1": "running", "r2": "queued"}


async def test_shift_s_after_the_run_runs_everything_again() -> None:
    async with Driver(2, work=GatedWork(ends_at_once=SYNCED)).open() as driver:
        await driver.press("S")
        await driver.idle()
        await driver.press("S")
        await driver.until(lambda: driver.work.started == ["r0", "r1", "r0", "r1"])
        await driver.idle()
        assert [line.key for line in driver.log()] == ["r0", "r1", "r0", "r1"]


async def test_marked_ones_are_synced_together_and_marked_no_longer() -> None:
    async with Driver(4).open() as driver:
        await driver.press("space", "j", "space")
        assert driver.app.desk.marks == {"r0", "r2"}
        await driver.press("s")
        await driver.running("r0", "r2")
        assert driver.app.desk.marks == set()


@pytest.mark.parametrize("key", ["s", "r", "t"])
async def test_of_the_marked_ones_only_those_run_that_may(key: str) -> None:
    wrong = [repo(f"wrong{n}", error="`brnch` is not an option") for n in range(2)]
    off = repo("off", enabled=False)
    settled = [(one, Outcome(State.FAILED, Reason.CONFIG)) for one in wrong]
    settled += [(off, Outcome(State.SKIPPED, Reason.DISABLED))]
    work = GatedWork(ends_at_once=SYNCED)
    async with Driver(2, settled=settled, limit=9, work=work).open() as driver:
        await driver.press("S")  # a retry is of what has ended
        await driver.idle()
        await driver.press("a", key)
        await driver.until(lambda: len(driver.work.started) == 4)
        await driver.idle()
        assert driver.work.started == ["r0", "r1", "r0", "r1"]
        assert driver.toasts()[-1] == "3 not run: 2 config, 1 disabled"
        assert driver.app.desk.marks == set()


async def test_a_marks_all_that_are_shown_and_then_none() -> None:
    async with Driver(4).open() as driver:
        await driver.press("a")
        assert driver.app.desk.marks == {"r0", "r1", "r2", "r3"}
        await driver.press("a")
        assert driver.app.desk.marks == set()


async def test_plus_fills_the_new_slots_at_once() -> None:
    async with Driver(6, limit=2).open() as driver:
        await driver.press("S")
        await driver.running("r0", "r1")
        await driver.press("+", "=")
        await driver.running("r0", "r1", "r2", "r3")
        assert driver.slots() == ["r0", "r1", "r2", "r3"]
        assert driver.remembered == [3, 4]


async def test_minus_drains_and_never_kills() -> None:
    async with Driver(6, limit=3).open() as driver:
        await driver.press("S")
        await driver.running("r0", "r1", "r2")
        await driver.press("-", "-")
        assert driver.work.running == ["r0", "r1", "r2"]
        assert driver.app.main.query_one("#slots").border_title == "Slots 3→1 draining"
        assert "draining" in driver.header()
        await driver.end("r0", "r1")
        assert driver.work.running == ["r2"]
        assert driver.states()["r3"] == "queued"
        await driver.end("r2")
        await driver.running("r3")
        assert driver.remembered == [2, 1]


async def test_the_plan_says_where_the_limit_is_from_until_it_is_changed_by_hand() -> None:
    async with Driver(6, limit=3, jobs_source="file").open() as driver:

        def plan() -> str:
            return str(driver.app.main.query_one("#plan").content).partition(".")[0]

        assert plan() == "6 repos planned, 3 at a time (from the workspace file)"
        await driver.press("+")
        assert plan() == "6 repos planned, 4 at a time (changed here)"


async def test_the_limit_stays_within_1_and_64() -> None:
    async with Driver(1, limit=1).open() as driver:
        await driver.press("-")
        assert driver.toasts() == ["one job at a time is the least; p pauses"]
    async with Driver(1, limit=64).open() as driver:
        await driver.press("+")
        assert driver.toasts() == ["64 jobs at a time is the most"]
        assert driver.remembered == []


async def test_a_limit_that_is_raised_beyond_what_servers_bear_is_warned_of_once() -> None:
    driver = Driver(1, limit=7, crowding=partial(crowding, submodule_jobs=2))
    async with driver.open():
        await driver.press("+")
        assert driver.toasts() == []
        await driver.press("+")
        warning = "jobs × submodule jobs = 9 × 2 = 18 > 16: lower --jobs or git's submodule.fetchJobs"
        assert driver.toasts() == [warning]
        await driver.press("+", "-")
        assert driver.toasts() == [warning]


async def test_p_starts_nothing_new_until_p() -> None:
    async with Driver(4, limit=2).open() as driver:
        await driver.press("S")
        await driver.running("r0", "r1")
        await driver.press("p")
        assert "PAUSED" in driver.header()
        await driver.end("r0", "r1")
        assert driver.work.started == ["r0", "r1"]
        await driver.press("p")
        await driver.running("r2", "r3")
        assert "PAUSED" not in driver.header()


async def test_x_cancels_a_queued_one() -> None:
    async with Driver(3, limit=1).open() as driver:
        await driver.press("S")
        await driver.running("r0")
        await driver.press("G", "x")
        assert driver.states() == {"r0": "running", "r1": "queued", "r2": "cancelled"}
        assert [line.key for line in driver.log()] == ["r2"]


async def test_x_aborts_a_running_one() -> None:
    async with Driver(3, limit=2).open() as driver:
        await driver.press("S")
        await driver.running("r0", "r1")
        await driver.press("x")
        await driver.running("r1", "r2")
        assert driver.state("r0") == "cancelled"
        assert driver.board.rows["r0"].outcome.reason is Reason.USER


async def test_x_on_a_job_that_is_slow_to_die_shows_it_as_stopping() -> None:
    async with Driver(2, limit=1, work=SlowToStop()).open() as driver:
        await driver.press("S")
        await driver.running("r0")
        await driver.press("x")
        assert driver.states() == {"r0": "stopping", "r1": "queued"}
        await driver.end("r0", outcome=Outcome(State.CANCELLED, Reason.USER))
        assert driver.state("r0") == "cancelled"
        await driver.end("r1")


async def test_shift_x_asks_and_then_cancels_everything() -> None:
    async with Driver(4, limit=2).open() as driver:
        await driver.press("S")
        await driver.running("r0", "r1")
        await driver.press("X", "n")
        assert driver.work.running == ["r0", "r1"]
        await driver.press("X", "y")
        await driver.idle()
        assert set(driver.states().values()) == {"cancelled"}


async def test_d_cancels_the_queue_and_lets_the_running_end() -> None:
    async with Driver(4, limit=2).open() as driver:
        await driver.press("S")
        await driver.running("r0", "r1")
        await driver.press("d")
        assert driver.states() == {
            "r0": "running",
            "r1": "running",
            "r2": "cancelled",
            "r3": "cancelled",
        }
        assert driver.toasts() == ["2 repos taken out of the queue, and cancelled"]
        await driver.end("r0", "r1")
        await driver.idle()
        assert driver.work.started == ["r0", "r1"]


async def test_r_runs_a_failed_one_again_in_the_same_run() -> None:
    async with Driver(2, limit=2).open() as driver:
        await driver.press("S")
        await driver.running("r0", "r1")
        await driver.end("r0", outcome=NOT_FOUND)
        assert driver.state("r0") == "failed"
        await driver.press("r")
        await driver.running("r0", "r1")
        await driver.end("r0", "r1")
        await driver.idle()
        finished = driver.board.finished
        assert (finished.total, finished.counts[State.SYNCED], finished.counts[State.FAILED]) == (2, 2, 0)
        assert [(line.key, line.cells[2]) for line in driver.log()] == [
            ("r0", "failed"),
            ("r0", "synced"),
            ("r1", "synced"),
        ]


async def test_shift_r_retries_all_that_need_attention() -> None:
    async with Driver(3, limit=3).open() as driver:
        await driver.press("S")
        await driver.running("r0", "r1", "r2")
        await driver.end("r0", "r2", outcome=NOT_FOUND)
        await driver.end("r1")
        await driver.idle()
        await driver.press("R")
        await driver.running("r0", "r2")


async def test_t_runs_one_now_while_all_slots_hang() -> None:
    async with Driver(5, limit=2).open() as driver:
        await driver.press("S")
        await driver.running("r0", "r1")
        await driver.press("G", "t")
        await driver.running("r0", "r1", "r4")
        assert driver.board.rows["r4"].slot == PRIORITY_SLOT
        assert driver.app.main.query_one("#slots").border_title == "Slots 2/2 +1 now"


async def test_what_is_done_already_is_said_and_not_done_twice() -> None:
    async with Driver(2, limit=1).open() as driver:
        await driver.press("S")
        await driver.running("r0")
        await driver.press("s")
        assert driver.toasts() == ["r0 is already running"]
        await driver.press("t")
        assert driver.toasts() == ["r0 is already running"]
        await driver.press("j", "s")
        assert driver.toasts() == ["r1 is already queued"]
        for _ in range(5):  # as of a key that is held down
            driver.app.action_act("sync")
        await driver.press("s")
        assert driver.toasts() == ["r1 is already queued"]
        assert driver.work.started == ["r0"]


@pytest.mark.parametrize(
    ("key", "why"),
    [
        ("x", "r0 is not running: nothing to cancel"),
        ("r", "r0 has not run yet"),
        ("R", "nothing needs attention"),
        ("X", "nothing is running"),
        ("d", "nothing is queued"),
        ("p", "nothing is running"),
        ("!", "r0 is not cloned yet"),
    ],
)
async def test_a_refused_key_says_why(key: str, why: str) -> None:
    async with Driver(2).open() as driver:
        await driver.press(key)
        assert driver.toasts() == [why]
        assert driver.work.started == []


async def test_disabled_and_wrong_entries_are_refused_by_name() -> None:
    off = repo("off", enabled=False)
    wrong = repo("wrong", error="`brnch` is not an option")
    settled = [
        (off, Outcome(State.SKIPPED, Reason.DISABLED, "disabled")),
        (wrong, Outcome(State.FAILED, Reason.CONFIG, wrong.error)),
    ]
    async with Driver(0, settled=settled).open() as driver:
        for keys, why in (
            ("s", "off is disabled in the workspace file"),
            ("jt", "the entry of wrong in the workspace file is wrong: correct it first"),
            ("R", "the entry of wrong in the workspace file is wrong: correct it first"),
        ):
            await driver.press(*keys)
            assert driver.toasts() == [why]


async def test_settled_entries_are_told_once_with_the_first_start() -> None:
    off = repo("off", enabled=False)
    settled = [(off, Outcome(State.SKIPPED, Reason.DISABLED, "disabled"))]
    async with Driver(1, settled=settled).open() as driver:
        assert driver.states() == {"r0": "planned", "off": "skipped"}
        await driver.press("S")
        await driver.running("r0")
        await driver.end("r0")
        await driver.idle()
        assert [line.key for line in driver.log()] == ["off", "r0"]
        assert driver.board.finished.total == 2


async def test_two_hundred_that_end_at_once_are_in_the_log_once_each_in_finish_order() -> None:
    driver = Driver(200, limit=16, work=GatedWork(ends_at_once=SYNCED))
    async with driver.open():
        order = driver.engine.subscribe()
        await driver.press("S")
        await driver.idle()
        from tui.engine.events import JobEnded

        finished = [
            record.event.repo.id for record in order.drain(9_999) if isinstance(record.event, JobEnded)
        ]
        logged = [line.key for line in driver.log()]
        assert len(logged) == 200
        assert len(set(logged)) == 200
        assert logged == finished


async def test_a_run_of_sixteen_has_sixteen_threads_at_work() -> None:
    async with Driver(20, limit=16).open() as driver:
        await driver.press("S")
        await driver.running(*(f"r{n}" for n in range(16)))
        assert driver.work.peak == 16


async def test_whatever_the_work_raises_is_a_failed_repo_and_the_app_stays() -> None:
    async with Driver(1).open() as driver:
        await driver.press("S")
        await driver.running("r0")
        await driver.end("r0", outcome=RuntimeError("[/red] broken"))
        await driver.idle()
        assert driver.state("r0") == "failed"
        assert driver.board.rows["r0"].outcome.reason is Reason.INTERNAL


# Leaving.


async def test_q_without_jobs_leaves_at_once() -> None:
    async with Driver(1).open() as driver:
        await driver.press("q")
        assert driver.app.return_value == Ending(0)


async def test_q_with_jobs_asks_and_stay_stays() -> None:
    async with Driver(2, limit=1).open() as driver:
        await driver.press("S")
        await driver.running("r0")
        await driver.press("q")
        assert isinstance(driver.app.screen, ConfirmDialog)
        await driver.press("s")
        assert driver.app.screen is driver.app.main
        assert driver.app.return_value is None
        assert driver.work.running == ["r0"]


async def test_what_leaving_asks_follows_the_run_and_waits_for_an_answer_beyond_its_end() -> None:
    async with Driver(3, limit=2).open() as driver:
        await driver.press("S")
        await driver.running("r0", "r1")
        await driver.press("ctrl+c")
        body = driver.app.screen.query_one("#body", Static)
        assert str(body.content) == "2 jobs running, 1 queued."
        offered = ["w  wait for the run to end, then leave", "a  abort what runs and leave", "s  stay"]
        assert choices(driver) == offered
        await driver.end("r0")
        await driver.running("r1", "r2")
        assert str(body.content) == "2 jobs running."
        await driver.end("r1")
        assert str(body.content) == "1 job running."
        await driver.end("r2", outcome=NOT_FOUND)
        await driver.idle()
        assert (str(body.content), choices(driver)) == ("Nothing runs any more.", ["q  leave", "s  stay"])
        await driver.press("enter")
        assert driver.app.screen is driver.app.main
        assert driver.work.started == ["r0", "r1", "r2"]
        assert driver.app.return_value is None


def choices(driver: Driver) -> list[str]:
    return [str(option.prompt) for option in driver.app.screen.query_one(OptionList).options]


async def test_who_is_asked_beyond_the_end_of_the_run_leaves_by_what_is_offered_then_alone() -> None:
    async with Driver(1).open() as driver:
        await driver.press("S")
        await driver.running("r0")
        await driver.press("q")
        await driver.end("r0", outcome=NOT_FOUND)
        await driver.idle()
        await driver.press("w", "a")
        assert isinstance(driver.app.screen, ConfirmDialog)
        await driver.press("q")
        assert driver.app.return_value == Ending(1)


async def test_to_cancel_once_nothing_runs_does_nothing() -> None:
    async with Driver(1).open() as driver:
        await driver.press("S")
        await driver.running("r0")
        await driver.press("X")
        assert isinstance(driver.app.screen, ConfirmDialog)
        await driver.end("r0")
        await driver.idle()
        assert choices(driver) == ["n  go on"]
        await driver.press("y")
        assert isinstance(driver.app.screen, ConfirmDialog)
        await driver.press("n")
        assert driver.app.screen is driver.app.main
        assert (driver.state("r0"), driver.app.return_value) == ("synced", None)


async def test_where_nothing_was_found_n_says_how_to_search() -> None:
    async with Driver(1).open() as driver:
        await driver.press("n")
        assert driver.toasts() == ["no match in the log: / in it searches"]
        await driver.press("s")
        await driver.end("r0")
        await driver.idle()
        await driver.press("tab", "tab", "/", *"synced", "enter", "N")
        assert driver.toasts() == []


async def test_wait_leaves_when_the_run_is_over() -> None:
    async with Driver(2, limit=1).open() as driver:
        await driver.press("S")
        await driver.running("r0")
        await driver.press("q", "w")
        assert "leaves when the run is over" in driver.header()
        await driver.end("r0")
        await driver.running("r1")
        assert driver.app.return_value is None
        await driver.end("r1", outcome=NOT_FOUND)
        await driver.until(lambda: driver.app.return_value)
        assert driver.app.return_value == Ending(1)


async def test_stay_takes_the_wait_back() -> None:
    async with Driver(1).open() as driver:
        await driver.press("S")
        await driver.running("r0")
        await driver.press("q", "w", "q", "s")
        assert "leaves" not in driver.header()
        await driver.end("r0")
        await driver.idle()
        assert driver.app.return_value is None


async def test_who_waits_for_a_paused_queue_resumes_it() -> None:
    async with Driver(2, limit=1).open() as driver:
        await driver.press("S")
        await driver.running("r0")
        await driver.press("p", "q")
        assert "the queue is paused" in str(driver.app.screen.query_one("#body").content)
        await driver.press("w")
        await driver.end("r0")
        await driver.running("r1")
        await driver.end("r1")
        await driver.until(lambda: driver.app.return_value)
        assert driver.app.return_value == Ending(0)


async def test_abort_stops_everything_and_leaves() -> None:
    async with Driver(4, limit=2).open() as driver:
        await driver.press("S")
        await driver.running("r0", "r1")
        await driver.press("q", "a")
        await driver.until(lambda: driver.app.return_value)
        assert driver.app.return_value == Ending(1)
        assert driver.work.running == []
        assert {row.outcome.reason for row in driver.board.rows.values()} == {Reason.QUIT}


async def test_ctrl_c_twice_aborts_and_dies_by_sigint() -> None:
    async with Driver(4, limit=2).open() as driver:
        await driver.press("S")
        await driver.running("r0", "r1")
        await driver.press("ctrl+c")
        assert isinstance(driver.app.screen, ConfirmDialog)
        await driver.press("ctrl+c")
        await driver.until(lambda: driver.app.return_value)
        assert driver.app.return_value == Ending(1, signal.SIGINT)
        assert driver.work.running == []


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
async def test_a_signal_stops_everything_and_is_handed_on(number: signal.Signals) -> None:
    async with Driver(2, limit=1).open() as driver:
        await driver.press("S")
        await driver.running("r0")
        signal.raise_signal(number)
        await driver.until(lambda: driver.app.return_value)
        assert driver.app.return_value == Ending(1, number)
        assert driver.board.rows["r1"].outcome.reason is Reason.SIGNAL


async def test_the_exit_code_is_that_of_the_last_state_of_each_repo() -> None:
    async with Driver(2, limit=2).open() as driver:
        await driver.press("S")
        await driver.running("r0", "r1")
        await driver.end("r0", outcome=NOT_FOUND)
        await driver.end("r1")
        await driver.idle()
        await driver.press("R")
        await driver.running("r0")
        await driver.end("r0")
        await driver.idle()
        await driver.press("q")
        assert driver.app.return_value == Ending(0)


async def test_a_paused_run_says_first_how_it_goes_on() -> None:
    async with Driver(4, limit=2).open(80, 24) as driver:
        await driver.press("S")
        await driver.running("r0", "r1")
        await driver.press("1")
        assert driver.hints()[0] != "p"
        await driver.press("p")
        assert driver.hints()[0] == "p"
