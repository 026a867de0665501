import pytest

from tests.git.conftest import World, commit, git
from tui.git.arrived import arrived


def test_the_commits_that_came(world: World, monkeypatch: pytest.MonkeyPatch):
    old = world.head()
    first = commit(world.theirs, "b.txt", "one\ntwo\n", "adds \x1b[31mb")
    git(world.theirs, "commit", "-q", "--allow-empty", "-m", "nothing")
    second = git(world.theirs, "rev-parse", "HEAD")
    (world.theirs / "c.txt").write_text("c\n")
    third = commit(world.theirs, "b.txt", "one\n", "drops a line")
    came = arrived(world.theirs, old, third)
    assert [(one.id, one.subject, one.files, one.insertions, one.deletions) for one in came] == [
        (third, "drops a line", 1, 0, 1),
        (second, "nothing", 0, 0, 0),
        (first, "adds b", 1, 2, 0),
    ]
    assert {one.author for one in came} == {"Ann"}
    assert came[0].date == int(git(world.theirs, "log", "-1", "--format=%ct"))
    assert [one.id for one in arrived(world.theirs, None, third)] == [third, second, first, old]
    monkeypatch.setattr("tui.git.arrived.COMMITS_SHOWN", 1)
    assert [one.id for one in arrived(world.theirs, None, third)] == [third]


def test_what_cannot_be_read_is_said(world: World):
    with pytest.raises(ValueError, match="bad object"):
        arrived(world.mine, "0" * 39 + "1", world.head())
