from pathlib import Path

import pytest

from tui.engine.completion import Completer
from tui.git.repo import Repo

COMPLETER = Completer(
    [
        Repo("web/shop", Path("/w/shop"), "https://b.example/shop.git", tags=("js", "web")),
        Repo("web/blog", Path("/w/blog"), "git@a.example:blog.git", tags=("js-old",)),
    ]
)


@pytest.mark.parametrize(
    ("begun", "words"),
    [
        ("", ["state:", "tag:", "host:", "behind", "dirty", "stale"]),
        ("s", ["state:", "stale"]),
        ("-s", ["-state:", "-stale"]),
        ("dirty", []),
        ("tag:", ["tag:js", "tag:js-old", "tag:web"]),
        ("tag:js", ["tag:js-old"]),
        ("-host:", ["-host:a.example", "-host:b.example"]),
        ("state:t", ["state:timed_out"]),
        ("state:x", []),
        ("nothing:", []),
        ("web", []),
    ],
)
def test_a_word_becomes_what_select_knows(begun: str, words: list[str]) -> None:
    assert COMPLETER.words(begun) == words


def test_an_id_is_completed_from_its_beginning() -> None:
    assert COMPLETER.ids("web/s") == ["web/shop"]
    assert COMPLETER.ids("shop") == []
