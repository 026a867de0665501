from tui.git.inspect import RepoStatus
from tui.store.looks import Look, Looks


def seen(file):
    looks = Looks(file)
    looks.put(file.parent / "a", Look("print", RepoStatus(behind=2, ignored=("x",))))
    looks.save()


def test_what_was_seen_is_found_again(tmp_path):
    seen(tmp_path / "cache/looks.json")

    assert Looks(tmp_path / "cache/looks.json").get(tmp_path / "cache/a") == Look(
        "print", RepoStatus(behind=2, ignored=("x",))
    )


def test_a_cache_that_cannot_be_written_costs_only_time(tmp_path):
    (tmp_path / "file").touch()
    (tmp_path / "looks.json").mkdir()
    for file in (tmp_path / "file/looks.json", tmp_path / "looks.json"):
        seen(file)
        assert Looks(file).get(file.parent / "a") is None
