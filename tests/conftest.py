"""Every test runs in a home of its own, and pictures do not depend on the terminal of the person."""

import gc
import importlib
import os
import re
import signal
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

_FOREIGN = re.compile(
    r"^(SYNCTUI_|TEXTUAL_(?!SNAPSHOT_TEMPDIR)|GIT_|XDG_|SSH_ASKPASS|NO_COLOR|FORCE_COLOR|CLICOLOR|COLORTERM|COLUMNS|LINES|ESCDELAY"
    r"|EDITOR|VISUAL|PAGER|LANGUAGE|LC_ALL|.*_proxy$|PYTHONUNBUFFERED$|TMUX$"
    r"|PYTHONDONTWRITEBYTECODE$)",  # with it each of a thousand starts of the program compiles it anew
    re.IGNORECASE,
)

# Who starts the tests in the background of a script, or by nohup, has them ignore these; so would all they start.
signal.signal(signal.SIGHUP, signal.SIG_DFL)
signal.signal(signal.SIGINT, signal.default_int_handler)
signal.signal(signal.SIGQUIT, signal.SIG_DFL)
for _name in [name for name in os.environ if _FOREIGN.match(name)]:
    del os.environ[_name]
os.environ["TEXTUAL_ANIMATIONS"] = "none"
os.environ["TZ"] = "UTC"
time.tzset()
if "textual.constants" in sys.modules:
    # The snapshot plugin imports Textual before this file runs, and Textual reads its variables on import.
    _constants = importlib.reload(sys.modules["textual.constants"])
    sys.modules["textual.filter"].DIM_FACTOR = _constants.DIM_FACTOR  # type: ignore[attr-defined]  # it copies this one by name

import pytest_textual_snapshot  # noqa: E402  # only after the variables are gone

from tests.kit.gate import SshStub  # noqa: E402  # as above
from tui.git.ssh_master import ssh_masters  # noqa: E402  # as above
from tui.git.watchdog import watchdog  # noqa: E402  # as above


class Picture(pytest_textual_snapshot.SVGImageExtension):
    """An SVG whose class names do not change with its content: the difference of two shows what changed."""

    file_extension = "svg"

    def serialize(self, data: Any, **options: Any) -> Any:
        return re.sub(r"terminal-\d+-", "terminal-0-", str(super().serialize(data, **options)))


pytest_textual_snapshot.SVGImageExtension = Picture


def pytest_collection_finish() -> None:
    """A quarter of the time of a test of the app goes to collections that look at modules and tests again."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(20_000, 20, 20)


@pytest.fixture(autouse=True)
def sandbox(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The home of this test, empty: no git identity, no ssh keys, no state of synctui."""
    home = tmp_path_factory.mktemp("home")
    monkeypatch.setenv("HOME", str(home))
    monkeypatch.setenv("XDG_CONFIG_HOME", str(home / ".config"))
    monkeypatch.setenv("XDG_STATE_HOME", str(home / ".local/state"))
    monkeypatch.setenv("XDG_DATA_HOME", str(home / ".local/share"))
    monkeypatch.setenv("XDG_CACHE_HOME", str(home / ".cache"))
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", str(home / ".gitconfig"))
    monkeypatch.setenv("GIT_CONFIG_NOSYSTEM", "1")
    return home


@pytest.fixture
def ssh_stub(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[SshStub]:
    """An ssh of our own for every git of this test; what is left of it afterwards is killed."""
    with SshStub(tmp_path / "ssh-stub") as stub:
        for name, value in stub.env().items():
            monkeypatch.setenv(name, value)
        yield stub


@pytest.fixture(autouse=True)
def unwatched() -> Iterator[None]:
    """What a test ran in this process is watched no longer than that test."""
    yield
    ssh_masters.close()
    watchdog.stop()
