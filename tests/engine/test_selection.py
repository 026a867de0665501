from pathlib import Path

import pytest

from tui.engine.selection import Facts, SelectionError, own_named, select
from tui.git.repo import Repo

ROOT = Path("/work/all")
REPOS = [
    Repo("web/shop", ROOT / "web/shop", "https://a.example/shop.git", tags=("js",)),
    Repo("web/blog", ROOT / "web/blog", "git@b.example:blog.git", tags=("js", "old")),
    Repo("libs/core", ROOT / "libs/core", "https://a.example/core.git"),
    Repo("libs/old core", ROOT / "libs/old core", "/srv/git/core"),
]
FACTS = {
    "web/shop": Facts(state="failed", behind=True, dirty=False),
    "web/blog": Facts(state="synced", behind=False, dirty=True),
    "libs/core": Facts(state="failed", behind=True, dirty=True, stale=True),
}


def chosen(*words: str) -> list[str]:
    return [repo.id for repo in select(REPOS, words, lambda repo: FACTS.get(repo.id, Facts()))]


@pytest.mark.parametrize(
    ("words", "ids"),
    [
        ([], ["web/shop", "web/blog", "libs/core", "libs/old core"]),
        (["web/shop"], ["web/shop"]),
        (["blog"], ["web/blog"]),
        (["web/*"], ["web/shop", "web/blog"]),
        (["*core", "blog"], ["web/blog", "libs/core", "libs/old core"]),
        (["/work/all/libs"], ["libs/core", "libs/old core"]),
        (["/work/all/web/shop/"], ["web/shop"]),
        (["/work/*/web/*"], ["web/shop", "web/blog"]),
        (["libs/old core"], ["libs/old core"]),
        (["tag:js"], ["web/shop", "web/blog"]),
        (["tag:js", "-tag:old"], ["web/shop"]),
        (["tag:js -tag:old"], ["web/shop"]),
        (["host:a.example"], ["web/shop", "libs/core"]),
        (["host:*.example"], ["web/shop", "web/blog", "libs/core"]),
        (["host:local"], ["libs/old core"]),
        (["state:failed"], ["web/shop", "libs/core"]),
        (["state:failed", "libs/*"], ["libs/core"]),
        (["behind", "dirty"], ["libs/core"]),
        (["-dirty"], ["web/shop", "libs/old core"]),
        (["stale"], ["libs/core"]),
        (["web/*", "-web/blog"], ["web/shop"]),
    ],
)
def test_words_choose_in_workspace_order(words: list[str], ids: list[str]) -> None:
    assert chosen(*words) == ids


@pytest.mark.parametrize("word", ["nothing", "web/none", "/elsewhere", "tag:none", "host:c.example"])
def test_a_word_that_matches_nothing_is_named(word: str) -> None:
    with pytest.raises(SelectionError, match=word):
        chosen(word)


def test_one_word_of_two_that_matches_nothing_is_named() -> None:
    with pytest.raises(SelectionError, match="`none`"):
        chosen("web/shop", "none")


def test_a_state_that_does_not_exist_names_those_that_do() -> None:
    with pytest.raises(SelectionError, match=r"`state:broken`.*synced, up_to_date, skipped"):
        chosen("state:broken")


def test_a_kind_of_word_that_does_not_exist_names_those_that_do() -> None:
    with pytest.raises(SelectionError) as caught:
        chosen("-hots:a.example")
    assert str(caught.value) == (
        '`-hots:a.example`: no such word (did you mean "host"?);'
        " allowed: state:, tag:, host:, behind, dirty, stale"
    )


def test_a_relative_path_and_a_link_find_the_repo(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "real").mkdir()
    (tmp_path / "link").symlink_to("real")
    repos = [Repo("x", tmp_path / "real")]
    monkeypatch.chdir(tmp_path)
    assert select(repos, ["./real"]) == repos
    assert select(repos, ["./link"]) == repos
    assert select(repos, ["."]) == repos


def test_an_empty_workspace_selects_nothing_without_a_word() -> None:
    assert select([], []) == []


@pytest.mark.parametrize(
    ("words", "ids"),
    [
        (["Web/SHOP"], ["web/shop"]),
        (["*CORE", "-OLD*"], ["libs/core"]),
        (["/WORK/all/Libs"], ["libs/core", "libs/old core"]),
        (["Libs/Old Core"], ["libs/old core"]),
        (["tag:JS", "-Blog"], ["web/shop"]),
    ],
)
def test_upper_and_lower_case_differ_unless_asked_otherwise(words: list[str], ids: list[str]) -> None:
    assert [repo.id for repo in select(REPOS, words, ignore_case=True)] == ids
    with pytest.raises(SelectionError):
        chosen(*words)


def test_a_folder_whose_name_no_id_can_spell_is_found_by_it() -> None:
    repos = [Repo("w/-", ROOT / "日本語"), Repo("w/-2", ROOT / "Привет"), *REPOS]
    assert [repo.id for repo in select(repos, ["日本語"])] == ["w/-"]
    assert [repo.id for repo in select(repos, ["П*"])] == ["w/-2"]
    assert own_named(repos, ["日本語"]) == {"w/-"}
