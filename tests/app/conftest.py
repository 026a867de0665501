import pytest


@pytest.fixture(autouse=True)
def has_lazygit(monkeypatch: pytest.MonkeyPatch) -> None:
    """What the footer offers does not depend on the machine."""
    monkeypatch.setattr("tui.app.footer.has_lazygit", lambda: True)
