"""Where git writes down what it does, for us alone."""

import contextlib
import os
import sys
import tempfile
from collections.abc import Iterator
from typing import IO


@contextlib.contextmanager
def trace() -> Iterator[tuple[IO[bytes], str]]:
    """A file for git to write to, and its path. Where the system can, it is in memory: a kill leaves nothing."""
    if sys.platform == "linux":
        with os.fdopen(os.memfd_create("synctui"), "rb") as file:
            yield file, f"/proc/{os.getpid()}/fd/{file.fileno()}"
    else:
        with tempfile.NamedTemporaryFile(prefix="synctui-") as named:
            yield named, named.name
