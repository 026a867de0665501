from tui.git.fingerprint import Fingerprint
from tui.git.inspect import RepoStatus
from tui.store.looks import Look, Looks

LOOK = Look(Fingerprint(b".git/HEAD", b".", b"\xff", b"digest"), RepoStatus(behind=2))


def seen(file):
    looks = Looks(file)
    looks.put(file.parent / "a", LOOK)
    looks.save()


def test_what_was_seen_is_found_again(tmp_path):
    seen(tmp_path / "cache/looks.msgpack")

    assert Looks(tmp_path / "cache/looks.msgpack").get(tmp_path / "cache/a") == LOOK


def test_a_cache_that_cannot_be_written_costs_only_time(tmp_path):
    (tmp_path / "file").touch()
    (tmp_path / "looks.msgpack").mkdir()
    for file in (tmp_path / "file/looks.msgpack", tmp_path / "looks.msgpack"):
        seen(file)
        assert Looks(file).get(file.parent / "a") is None
