"""Advice as it is shown and as it is copied."""

from pathlib import Path

import pytest

from tui.git.advice import advice
from tui.git.outcome import Reason
from tui.git.repo import Repo
from tui.view.advised import brief, commands, pieces, wrapped

WITHOUT = {
    Reason.FRESH,
    Reason.DISABLED,
    Reason.HELD,
    Reason.USER,
    Reason.SIGNAL,
    Reason.FAIL_FAST,
    Reason.QUIT,
}
REASONS = [reason for reason in Reason if reason not in WITHOUT]


@pytest.fixture
def repo(tmp_path: Path) -> Repo:
    path = tmp_path / "a flask, or then; git"
    path.mkdir()
    return Repo("python/flask", path, "https://github.com/ada/flask.git", root=tmp_path)


@pytest.mark.parametrize("reason", REASONS)
def test_all_advice_names_commands_that_are_found_whole(reason: Reason, repo: Repo) -> None:
    text = advice(reason, repo)
    found = commands(text)
    assert found, text
    rest = text
    for command in found:
        assert command in rest
        rest = rest.replace(command, "@", 1)
    words = rest.replace("git is at work", "").replace("install git", "").split()
    assert not {"git", "synctui", "ls", "cat", "rm"}.intersection(words), rest
    assert "".join(prose + command for prose, command in pieces(text)) == text


def test_the_commands_of_an_advice_in_their_order(repo: Repo) -> None:
    here = f"git -C '{repo.path}'"
    assert commands(advice(Reason.DIVERGED, repo)) == [f"{here} rebase", f"{here} merge"]
    assert commands(advice(Reason.DIRTY, repo)) == [f"{here} stash", "synctui sync python/flask"]
    assert commands(advice(Reason.AUTH, repo, about="it's, then git x")) == [
        "git config --global credential.helper cache",
        "git ls-remote https://github.com/ada/flask.git",
    ]
    assert commands(advice(Reason.RATE_LIMITED, repo)) == ["synctui sync python/flask"]
    assert commands("r: look at it") == commands("") == []


@pytest.mark.parametrize("reason", REASONS)
def test_a_command_is_broken_only_where_no_line_holds_it(reason: Reason, repo: Repo) -> None:
    text = advice(reason, repo)
    width = max(len(brief(command, repo.root)) for command in commands(text)) + 1
    lines = wrapped(text, width, repo.root)
    assert all(len(line) <= width for line in lines)
    for command in commands(text):
        assert any(shown in line for line in lines for shown in (command, brief(command, repo.root))), lines
    assert all(len(line) <= 20 for line in wrapped(text, 20, repo.root)), "and none is lost off the screen"


def test_paths_are_brief_to_be_read(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", "/home/ada")
    assert brief("git -C /home/ada/w/flask log") == "git -C ~/w/flask log"
    assert brief("git -C '/home/ada/w/a b' log", Path("/home/ada/w")) == "git -C '…/a b' log"
    assert brief("cd /home/adam; ls /mnt/home/ada /home/ada") == "cd /home/adam; ls /mnt/home/ada ~"
    assert brief("ls /a/b", Path("/")) == "ls /a/b"
