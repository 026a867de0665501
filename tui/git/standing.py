"""How a working copy stands before a move: to its branch, and its branch to the upstream."""

from msgspec import Struct

from tui.git.work import Work

_STATUS = (
    *("status", "--porcelain=v2", "-z", "--branch", "--ahead-behind"),
    *("--untracked-files=no", "--ignore-submodules=dirty", "--no-renames"),
)


class Standing(Struct, frozen=True):
    head: str
    """Its commit."""
    distance: tuple[int, int] | None
    """Ahead and behind; None: it has no upstream."""
    dirty: bool
    deletes: bool
    """A file is missing that git has not been told of, as far as git looks."""


def standing_of(work: Work) -> Standing:
    head, distance = "", None
    changes: list[bytes] = []
    for record in work.read(*_STATUS).split(b"\0"):
        if not record.startswith(b"# "):
            changes.append(record[:4])
        elif record.startswith(b"# branch.oid "):
            head = record.split(b" ")[2].decode()
        elif record.startswith(b"# branch.ab "):
            ahead, behind = record.split(b" ")[2:4]
            distance = int(ahead), -int(behind)
    changes = [change for change in changes if change]
    return Standing(head, distance, bool(changes), any(change.endswith(b"D") for change in changes))
