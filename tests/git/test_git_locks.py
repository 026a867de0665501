"""What is said of git's own lock files."""

from pathlib import Path

from tests.kit.repos import clone, make_remote
from tui.git.git_locks import explain_git_locks


def test_the_command_names_a_file_by_its_bytes(tmp_path: Path) -> None:
    """A name that only looks like another must not have the wrong file removed."""
    checkout = clone(make_remote(tmp_path / "r.git"), tmp_path / "proj\u202e")
    lock = checkout / ".git/index.lock"
    lock.touch()
    [there, helps] = explain_git_locks(checkout)
    assert there.startswith(f"git's own lock {tmp_path}/proj\ufffd/.git/index.lock is there for ")
    assert helps.endswith(f"rm $'{tmp_path}/proj\\xe2\\x80\\xae/.git/index.lock'")
