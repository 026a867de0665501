"""Hosts that take so many at a time and no more, and what that costs the others."""

import threading
from collections.abc import Callable
from itertools import takewhile
from pathlib import Path

import pytest

from tests.kit import repos
from tests.kit.program import Workspace, ended, start
from tests.torture import servers
from tests.torture.servers import Answer, WebHandler, WebServer, status

HOLDS = 0.1
"""Seconds for which each request is held, so that many meet."""


class Few:
    """Takes so many requests at a time and turns the rest away."""

    def __init__(self, most: int, turn_away: Callable[[WebHandler], object]) -> None:
        self.places = threading.Semaphore(most)
        self.turn_away = turn_away
        self.turned_away = 0

    def __call__(self, handler: WebHandler) -> bool:
        if not self.places.acquire(blocking=False):
            self.turned_away += 1
            self.turn_away(handler)
            return True
        handler.server.closing.wait(HOLDS)
        self.places.release()
        return False


def checkouts(workspace: Workspace, server: WebServer, *names: str, host: str = "127.0.0.1") -> None:
    """Current ones of repositories at the server, which is called so."""
    for name in names:
        remote = repos.make_remote(server.root / f"{name}.git")
        url = f"http://{host}:{server.port}/{name}.git"
        repos.clone(remote, workspace.checkout(name), url=url)
        workspace.entry(name, f'"{url}"')


@pytest.mark.parametrize(
    "turn_away",
    [
        lambda handler: handler.reply(429),
        lambda handler: handler.reply(503),
        lambda handler: servers.reset(handler.connection),
    ],
    ids=["429", "503", "reset"],
)
def test_32_jobs_at_a_host_that_takes_3_lose_nothing(
    tmp_path: Path, turn_away: Callable[[WebHandler], object]
) -> None:
    few = Few(3, turn_away)
    with WebServer(tmp_path / "remotes", answer=few) as server:
        workspace = Workspace(tmp_path)
        checkouts(workspace, server, *(f"r{number:02}" for number in range(30)))
        ran = ended(start("sync", "--ndjson", "-j", "32", cwd=workspace.folder))
    assert few.turned_away > 0
    ends = {end["state"] for end in ran.finished().values()}
    assert (ran.code, len(ran.finished()), ends) == (0, 30, {"up_to_date"})


@pytest.mark.parametrize("answer", [status(429), status(429, Retry_After="1"), status(500)])
def test_no_other_host_waits_for_one_in_trouble(tmp_path: Path, answer: Answer) -> None:
    with (
        WebServer(tmp_path / "bad", answer=answer) as bad,
        WebServer(tmp_path / "good") as good,
    ):
        workspace = Workspace(tmp_path)
        checkouts(workspace, bad, *(f"bad{number}" for number in range(4)))
        checkouts(workspace, good, *(f"good{number}" for number in range(4)), host="localhost")
        sync = ("sync", "--ndjson", "--order", "config", "-j", "3", "--retry", "1")
        ran = ended(start(*sync, cwd=workspace.folder))
    states = {repo.removeprefix("co/"): end["state"] for repo, end in ran.finished().items()}
    assert states == {f"bad{n}": "failed" for n in range(4)} | {f"good{n}": "up_to_date" for n in range(4)}
    first = takewhile(lambda name: name.startswith("good"), states)
    assert len(list(first)) == 4, "none has waited until one of the others gave up"
