"""What came between two commits, in short."""

from tests.git.conftest import World, commit, git
from tui.git.contents import Contents, Diffstat, Title, contents, joined


def test_titles_and_what_changed_on_the_whole(world: World):
    old = world.head()
    commit(world.theirs, "b.txt", "one\ntwo\n", "adds \x1b[31mb")
    commit(world.theirs, "c.txt", "c\n", "adds c")
    new = commit(world.theirs, "b.txt", "one\n", "drops a line")
    came = contents(world.theirs, old, new)
    assert [(one.author, one.subject) for one in came.titles] == [
        ("Ann", "drops a line"),
        ("Ann", "adds c"),
        ("Ann", "adds b"),
    ]
    assert came.titles[0].id == new
    assert (came.diffstat, came.error) == (Diffstat(2, 2, 0), "")


def test_of_a_clone_the_newest_commits_are_told(world: World):
    for number in range(12):
        new = commit(world.theirs, "b.txt", f"{number}\n", f"commit {number}")
    came = contents(world.theirs, None, new)
    assert [one.subject for one in came.titles] == [f"commit {number}" for number in range(11, 1, -1)]
    assert (came.diffstat, came.error) == (None, "")


def test_what_cannot_be_read_is_said(world: World):
    came = contents(world.mine, "0" * 39 + "1", world.head())
    assert came == Contents(error=came.error)
    assert "bad object" in came.error
    assert contents(world.mine / "gone", "a", "b").error


def test_a_partial_clone_asks_its_remote_for_nothing(world: World, tmp_path):
    old = world.head()
    new = commit(world.theirs, "b.txt", "one\n", "adds b")
    git(world.theirs, "config", "uploadpack.allowFilter", "true")
    part = tmp_path / "part"
    url = f"file://{world.theirs}"
    git(
        tmp_path,
        "-c",
        "protocol.file.allow=always",
        "clone",
        "-q",
        "--no-checkout",
        "--filter=blob:none",
        url,
        str(part),
    )
    came = contents(part, old, new)
    assert ([one.subject for one in came.titles], came.diffstat, came.error) == (["adds b"], None, "")


def test_two_spans_are_told_as_one_the_newest_first():
    first = Contents((Title("a", "Ann", "one"),), Diffstat(1, 2, 3))
    then = Contents((Title("b", "Bob", "two"),), Diffstat(4, 5, 6))
    assert joined([first, then]) == Contents((then.titles[0], first.titles[0]), Diffstat(5, 7, 9))
    assert joined([first, Contents()]).diffstat is None
    assert joined([first, Contents(error="gone")]).error == "gone"
