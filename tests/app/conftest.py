import pytest


@pytest.fixture(autouse=True)
def every_program(monkeypatch: pytest.MonkeyPatch) -> None:
    """What the footer offers does not depend on the machine."""
    monkeypatch.setattr("tui.app.outside.which", lambda name: name)
