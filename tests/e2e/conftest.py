"""What most tests from outside begin with."""

from pathlib import Path

import pytest

from tests.kit.program import Workspace


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    return Workspace(tmp_path / "w")


@pytest.fixture
def state(sandbox: Path) -> Path:
    """The folder of everything that is remembered."""
    return sandbox / ".local/state/synctui"
