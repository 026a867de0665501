"""Small files as a whole, with few calls of the system: a run does so a dozen times for each repository."""

import os

_CHUNK = 1 << 14


def read_whole(path: str | os.PathLike[str]) -> bytes:
    """Raises OSError."""
    fd = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    try:
        data = piece = os.read(fd, _CHUNK)
        while len(piece) == _CHUNK:  # a file gives less only at its end
            piece = os.read(fd, _CHUNK)
            data += piece
        return data
    finally:
        os.close(fd)


def write_whole(path: str | os.PathLike[str], data: bytes) -> None:
    """In the place of what is there. Raises OSError."""
    fd = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_CLOEXEC, 0o666)
    try:
        if os.fstat(fd).st_size > len(data):
            os.ftruncate(fd, 0)
        while data:
            data = data[os.write(fd, data) :]
    finally:
        os.close(fd)
