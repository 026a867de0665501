"""What `/` finds."""

from tests.kit.app_driver import repo
from tui.engine.selection import Facts
from tui.git.outcome import State
from tui.view.board import BoardRow
from tui.view.finding import find

ROWS = [
    BoardRow(repo("python/flask", tags=("web",)), State.FAILED),
    BoardRow(repo("python/click"), State.SYNCED),
    BoardRow(repo("tools/flask-tools", host="git.example.org"), State.FAILED),
]


def found(text: str) -> tuple[list[str], str]:
    rows, wrong = find(ROWS, text, lambda row: Facts(state=row.state, behind=row.repo.id == "python/click"))
    return [row.repo.id for row in rows], wrong


def test_words_are_parts_of_the_id_and_all_must_hold() -> None:
    assert found("FLASK") == (["python/flask", "tools/flask-tools"], "")
    assert found("flask py") == (["python/flask"], "")
    assert found("") == ([row.repo.id for row in ROWS], "")


def test_predicates_narrow_what_the_words_leave() -> None:
    assert found("flask state:failed host:github.com") == (["python/flask"], "")
    assert found("tag:web") == (["python/flask"], "")
    assert found("behind") == (["python/click"], "")
    assert found("-state:failed") == (["python/click"], "")


def test_nothing_found_and_wrong_words_are_told_apart() -> None:
    assert found("nowhere") == ([], "")
    rows, wrong = found("state:borken")
    assert rows == []
    assert wrong.startswith("`state:borken`: no such state; allowed are synced, ")
