"""What `/` finds."""

from pathlib import Path

from msgspec import structs

from tests.kit.app_driver import repo
from tui.engine.completion import Completer
from tui.engine.selection import Facts
from tui.git.outcome import State
from tui.view.board import BoardRow, Stage
from tui.view.finding import find

ROWS = [
    BoardRow(repo("python/flask", tags=("web",)), State.FAILED),
    BoardRow(repo("python/click"), State.SYNCED),
    BoardRow(repo("tools/flask-tools", host="git.example.org"), State.FAILED),
]


def found(text: str, *, typing: bool = False) -> tuple[list[str], str]:
    completer = Completer([row.repo for row in ROWS])
    rows, wrong = find(ROWS, text, facts, completer, typing=typing)
    return [row.repo.id for row in rows], wrong


def facts(row: BoardRow) -> Facts:
    return Facts(state=row.state, behind=row.repo.id == "python/click")


def test_words_are_parts_of_the_id_and_all_must_hold() -> None:
    assert found("FLASK") == (["python/flask", "tools/flask-tools"], "")
    assert found("flask py") == (["python/flask"], "")
    assert found("") == ([row.repo.id for row in ROWS], "")


def test_predicates_narrow_what_the_words_leave() -> None:
    assert found("flask state:failed host:github.com") == (["python/flask"], "")
    assert found("tag:web") == (["python/flask"], "")
    assert found("behind") == (["python/click"], "")
    assert found("-state:failed") == (["python/click"], "")
    assert found("-behind -tag:web") == (["tools/flask-tools"], "")


def test_a_glob_a_path_and_what_is_negated_mean_what_they_mean_on_the_command_line() -> None:
    assert found("python/*") == (["python/flask", "python/click"], "")
    assert found("FL*") == (["python/flask", "tools/flask-tools"], "")
    assert found("-python/*") == (["tools/flask-tools"], "")
    assert found("-tools flask") == (["python/flask"], "")
    assert found("/home/ada/work/python") == (["python/flask", "python/click"], "")
    assert found("/home/*/flask") == (["python/flask"], "")


def test_a_predicate_that_nothing_can_follow_says_so() -> None:
    completer = Completer([ROWS[1].repo])
    for text in ("tag:", "-tag:", "click tag:"):
        assert find(ROWS, text, facts, completer) == ([], "no tags in this workspace")


def test_what_is_half_typed_means_all_that_it_can_become() -> None:
    everything = [row.repo.id for row in ROWS]
    for text in ("-", "state:", "-tag:", "flask -"):
        assert found(text) == (found("flask")[0] if "flask" in text else everything, "")
    assert found("sta", typing=True) == found("-beh", typing=True) == (everything, "")
    assert (found("sta"), found("-beh")) == (([], ""), (everything, ""))  # now it is a name
    assert found("stay") == ([], "")
    assert found("state:f") == (["python/flask", "tools/flask-tools"], "")
    assert found("-state:sy") == (["python/flask", "tools/flask-tools"], "")
    assert found("host:git.") == (["tools/flask-tools"], "")
    assert found("tag:w") == (["python/flask"], "")
    assert found("tag:x") == ([], "")


def test_nothing_found_and_wrong_words_are_told_apart() -> None:
    assert found("nowhere") == ([], "")
    rows, wrong = found("state:borken")
    assert rows == []
    assert wrong.startswith('no such state (did you mean "blocked"?); allowed: synced, ')


def test_states_that_have_not_ended_are_words_where_the_screen_shows_them() -> None:
    rows = [*ROWS, BoardRow(repo("web/vite"), Stage.RUNNING), BoardRow(repo("web/astro"), Stage.QUEUED)]
    completer = Completer([row.repo for row in rows], (Stage.QUEUED, Stage.RUNNING, *State))
    shown, wrong = find(rows, "-state:failed state:running", facts, completer)
    assert ([row.repo.id for row in shown], wrong) == (["web/vite"], "")
    assert completer.words("state:q") == ["state:queued"]
    assert find(rows, "state:planned", facts, completer) == (
        [],
        f"no such state; allowed: queued, running, {', '.join(State)}",
    )


def test_a_word_of_a_kind_that_there_is_not_says_which_there_are() -> None:
    allowed = "allowed: state:, tag:, host:, behind, dirty, stale"
    assert found("foo:bar") == found("flask -foo:") == ([], f"no such word; {allowed}")
    assert found("tags:web") == ([], f'no such word (did you mean "tag"?); {allowed}')


def test_a_folder_may_have_a_colon_in_its_name() -> None:
    rows = [*ROWS, BoardRow(structs.replace(repo("c-d"), path=Path("/home/ada/work/c:d")), State.SYNCED)]
    completer = Completer([row.repo for row in rows])
    assert find(rows, "c:d", facts, completer) == ([rows[-1]], "")
    assert find(rows, "flask c:d", facts, completer) == ([], "")
