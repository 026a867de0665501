"""Which objects a repository has, read from its files in this process."""

import contextlib
import hashlib
import mmap
import os
import re
import struct
import zlib
from collections.abc import Iterable

from tui.git.files.plain import NotPlain

_LOOSE = re.compile(rb"(?:commit|tree|blob|tag) \d+\0")
_FANOUT = struct.Struct(">256I")
_NUMBER = struct.Struct(">I")
_LONG = struct.Struct(">Q")
_ID = 20
"""Bytes of an object id; a repository with longer ones is not plain."""
_HEADER = 8
_NAMES = _HEADER + 256 * 4
_FAR = 0x80000000
_MOST = 1 << 24
"""Bytes of a loose object that is looked at."""
_OFS_DELTA, _REF_DELTA = 6, 7


def missing_objects(folder: str, names: Iterable[str]) -> set[str]:
    """Those of the names that are not below this `objects` folder; the others are checked as far as damage shows.

    Raises NotPlain where one is there and damaged or cannot be read, or other folders have objects for this one too.
    """
    if os.path.lexists(f"{folder}/info/alternates"):
        raise NotPlain
    try:
        missing = {name for name in names if not _is_loose(folder, name)}
        packs = _packs(folder) if missing else ()
        for pack in packs:
            # One at a time: there may be many, and each takes two open files.
            with contextlib.closing(_Pack(pack)) as opened:
                missing = {name for name in missing if not opened.holds(bytes.fromhex(name))}
            if not missing:
                break
    except (OSError, ValueError, struct.error, zlib.error) as error:
        raise NotPlain from error
    return missing


def _is_loose(folder: str, name: str) -> bool:
    try:
        with open(f"{folder}/{name[:2]}/{name[2:]}", "rb") as file:  # noqa: PTH123 - names are strings here
            unpacker = zlib.decompressobj()
            data = unpacker.decompress(file.read(_MOST))
    except FileNotFoundError:
        return False
    if not unpacker.eof or unpacker.unused_data or not _LOOSE.match(data):
        raise NotPlain
    if hashlib.sha1(data, usedforsecurity=False).hexdigest() != name:
        raise NotPlain
    return True


def _packs(folder: str) -> list[str]:
    """Without the ends of their names."""
    try:
        names = os.listdir(f"{folder}/pack")  # noqa: PTH208 - names are wanted
    except FileNotFoundError:
        return []
    return [f"{folder}/pack/{name.removesuffix('.idx')}" for name in names if name.endswith(".idx")]


class _Pack:
    """A pack and its index of version 2. Format: git's `gitformat-pack`."""

    def __init__(self, stem: str) -> None:
        with contextlib.ExitStack() as opened:
            self._index = _map(f"{stem}.idx", opened)
            self._pack = _map(f"{stem}.pack", opened)
            index, pack = self._index, self._pack
            if index[:_HEADER] != b"\xfftOc\0\0\0\x02" or pack[:4] != b"PACK":
                raise NotPlain
            self._fanout = _FANOUT.unpack_from(index, _HEADER)
            self._count = self._fanout[-1]
            if _NUMBER.unpack_from(pack, 8)[0] != self._count or pack[-_ID:] != index[-2 * _ID : -_ID]:
                raise NotPlain
            self._files = opened.pop_all()

    def close(self) -> None:
        self._files.close()

    def holds(self, name: bytes) -> bool:
        low, high = self._fanout[name[0] - 1] if name[0] else 0, self._fanout[name[0]]
        while low < high:
            middle = (low + high) // 2
            at = _NAMES + middle * _ID
            found = self._index[at : at + _ID]
            if found == name:
                self._check(middle)
                return True
            low, high = (middle + 1, high) if found < name else (low, middle)
        return False

    def _check(self, number: int) -> None:
        """Raises NotPlain where the bytes of the object are not those that were written."""
        checks = _NAMES + self._count * _ID
        offsets = checks + self._count * 4
        offset = _NUMBER.unpack_from(self._index, offsets + number * 4)[0]
        if offset & _FAR:
            offset = _LONG.unpack_from(self._index, offsets + self._count * 4 + (offset ^ _FAR) * 8)[0]
        at = offset
        kind = self._pack[at] >> 4 & 7
        at = self._past_number(at)
        if kind == _OFS_DELTA:
            at = self._past_number(at)
        elif kind == _REF_DELTA:
            at += _ID
        unpacker, length = zlib.decompressobj(), 4096
        while not unpacker.eof and at < len(self._pack):
            unpacker.decompress(self._pack[at : at + length])
            at += length
        at = min(at, len(self._pack)) - len(unpacker.unused_data)
        check = _NUMBER.unpack_from(self._index, checks + number * 4)[0]
        if not unpacker.eof or zlib.crc32(self._pack[offset:at]) != check:
            raise NotPlain

    def _past_number(self, at: int) -> int:
        while self._pack[at] & 0x80:
            at += 1
        return at + 1


def _map(path: str, opened: contextlib.ExitStack) -> mmap.mmap:
    fd = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    try:
        return opened.enter_context(mmap.mmap(fd, 0, access=mmap.ACCESS_READ))
    finally:
        os.close(fd)
