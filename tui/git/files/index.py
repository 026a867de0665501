"""What the index says of files without a look at them. Format: git's `gitformat-index`."""

import struct
from pathlib import Path

from tui.git.files.plain import NotPlain
from tui.git.files.whole import read_whole

_HEADER = struct.Struct(">4sII")
_FLAGS = struct.Struct(">60xH")
"""After the times, the mode, the size and the object id of an entry."""
_NAME = 62
_ASSUMED, _EXTENDED, _LENGTH = 0x8000, 0x4000, 0xFFF
_VERSIONS = frozenset({2, 3})
"""Those in which each entry tells where the next one begins."""
_MOST = 20_000
"""Entries; of more git tells faster."""


def assumes_unchanged(git_dir: Path) -> bool:
    """Whether git is told not to look at a file. Raises NotPlain where git has to be asked."""
    try:
        index = read_whole(f"{git_dir}/index")
        kind, version, count = _HEADER.unpack_from(index)
        if kind != b"DIRC" or version not in _VERSIONS or count > _MOST:
            raise NotPlain
        at = _HEADER.size
        for _ in range(count):
            (flags,) = _FLAGS.unpack_from(index, at)
            if flags & _ASSUMED:
                return True
            name = at + _NAME + (2 if flags & _EXTENDED else 0)
            length = flags & _LENGTH
            if length == _LENGTH:  # and longer
                length = index.index(b"\0", name) - name
            at += (name + length - at + 8) & ~7  # filled up with one to eight NULs
    except (OSError, ValueError, struct.error) as error:
        raise NotPlain from error
    # The rest of a split index is in another file.
    if index.find(b"link", at, len(index) - 20) >= 0:
        raise NotPlain
    return False
