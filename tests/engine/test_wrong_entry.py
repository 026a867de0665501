"""What the workspace file has wrong is never run, whoever asks for it."""

from pathlib import Path

from tests.kit.repos import add_commits, clone, head, make_remote
from tests.kit.work import events
from tui.engine.engine import Engine
from tui.engine.events import JobEnded
from tui.engine.runner import make_work
from tui.git.outcome import Reason, State
from tui.git.repo import Repo
from tui.git.sync import SyncOptions


def test_no_git_is_run_for_it(tmp_path: Path) -> None:
    remote = make_remote(tmp_path / "remote.git")
    checkout = clone(remote, tmp_path / "one")
    was = head(checkout)
    add_commits(remote)
    wrong = Repo("one", checkout, remote.url, error='unknown key "strategi"')
    engine = Engine(make_work(SyncOptions(20, 30, tmp_path / "locks"), 0), limit=2)
    inbox = engine.subscribe()
    for command in (engine.start, engine.retry, engine.pick):
        command([wrong])
        assert engine.wait_idle(20)
    ends = [event.outcome for event in events(inbox) if isinstance(event, JobEnded)]
    assert [(end.state, end.reason, end.message) for end in ends] == [
        (State.FAILED, Reason.CONFIG, wrong.error)
    ] * 3
    assert (head(checkout), (checkout / ".git/FETCH_HEAD").exists()) == (was, False)
