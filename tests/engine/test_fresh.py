"""Who asks for a repo by name does not ask whether it is fresh."""

from pathlib import Path

from tests.kit.repos import clone, make_remote
from tests.kit.work import events
from tui.engine.engine import Engine
from tui.engine.events import JobEnded
from tui.engine.plan import make_plan
from tui.engine.runner import make_work
from tui.git.outcome import Reason, State
from tui.git.repo import Repo
from tui.git.sync import SyncOptions


def test_a_pick_and_a_retry_go_past_it(tmp_path: Path) -> None:
    remote = make_remote(tmp_path / "remote.git")
    one, two = (Repo(name, clone(remote, tmp_path / name), remote.url) for name in ("one", "two"))
    options = SyncOptions(20, 30, tmp_path / "locks", is_fresh=lambda _: "brought up to date just now")
    engine = Engine(make_work(options, 0), limit=2)
    inbox = engine.subscribe()
    fresh, asked = (State.SKIPPED, Reason.FRESH), (State.UP_TO_DATE, None)

    def ends() -> dict[str, tuple[State, Reason | None]]:
        assert engine.wait_idle(20)
        ended = [event for event in events(inbox) if isinstance(event, JobEnded)]
        return {event.repo.id: (event.outcome.state, event.outcome.reason) for event in ended}

    engine.start([one, two])
    assert ends() == {"one": fresh, "two": fresh}
    engine.retry([one])
    assert ends() == {"one": asked}
    engine.pick([two])
    assert ends() == {"two": asked}


def test_the_limit_counts_what_is_not_fresh() -> None:
    repos = [Repo(name, Path("/nowhere") / name) for name in "abcde"]
    plan = make_plan(repos, limit=2, fresh={"a", "d"})
    assert [repo.id for repo in plan.run] == ["a", "b", "c", "d"]
    assert [repo.id for repo in make_plan(repos, fresh={"a"}).run] == [*"abcde"]
