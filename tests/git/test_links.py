"""Where paths really lead."""

import os
from pathlib import Path

import pytest

from tui.git.links import Links


@pytest.mark.parametrize(
    "path",
    [
        *(
            "plain",
            "plain/",
            "./plain/.",
            "plain/deeper",
            "plain/../plain",
            "nothing/../plain",
            "no/such/file",
        ),
        *(
            "link",
            "link/deeper",
            "link/..",
            "absolute/deeper",
            "chain/deeper/..",
            "up/plain",
            "dangling/x",
            "",
        ),
    ],
)
def test_it_is_where_the_system_finds_it(tmp_path: Path, path: str) -> None:
    (tmp_path / "plain/deeper").mkdir(parents=True)
    (tmp_path / "link").symlink_to("plain")
    (tmp_path / "absolute").symlink_to(tmp_path / "plain")
    (tmp_path / "chain").symlink_to("link")
    (tmp_path / "plain/back").symlink_to("..")
    (tmp_path / "up").symlink_to("plain/back")
    (tmp_path / "dangling").symlink_to("gone/further")
    whole = f"{tmp_path}/{path}"
    assert Links().real(whole) == os.path.realpath(whole)


def test_a_relative_path_begins_at_the_working_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert Links().real("a/b") == f"{tmp_path}/a/b"


def test_links_in_a_circle_end(tmp_path: Path) -> None:
    (tmp_path / "a").symlink_to("b")
    (tmp_path / "b").symlink_to("a")
    (tmp_path / "self").symlink_to("self/x")
    links = Links()
    assert links.real(tmp_path / "a/c").endswith("/c")
    assert links.real(tmp_path / "self").startswith(str(tmp_path))


def test_the_links_on_the_way_are_told_where_they_are(tmp_path: Path) -> None:
    (tmp_path / "real").mkdir()
    (tmp_path / "one").symlink_to("real")
    (tmp_path / "real/two").symlink_to(tmp_path / "end")
    steps = Links().steps(tmp_path / "one/two/x")
    assert steps == (f"{tmp_path}/one", f"{tmp_path}/real/two", f"{tmp_path}/end/x")


def test_a_folder_is_looked_at_once(tmp_path: Path) -> None:
    (tmp_path / "a").mkdir()
    links = Links()
    assert links.real(tmp_path / "a/x") == f"{tmp_path}/a/x"
    (tmp_path / "a").rmdir()
    (tmp_path / "a").symlink_to("b")
    assert links.real(tmp_path / "a/y") == f"{tmp_path}/a/y"
    assert Links().real(tmp_path / "a/y") == f"{tmp_path}/b/y"
