"""What the person has written out of the app: a file each, which nobody but them drops."""

import itertools
import os
import time
from collections.abc import Iterable
from pathlib import Path

from tui.git.clean import clean_text
from tui.store.paths import StateError, exports_folder, make_private, state_folder


def export(name: str, suffix: str, lines: Iterable[str], at: float) -> Path:
    """Write the lines to a new file named after the moment `at`, seconds since the epoch. Raises StateError."""
    folder = exports_folder()
    for place in (state_folder(), folder):  # nothing else of a replay makes the first
        make_private(place)
    stem = f"{name}-{time.strftime('%Y%m%d-%H%M%S', time.localtime(at))}"
    content = "".join(f"{clean_text(line)}\n" for line in lines).encode()
    for number in itertools.count(1):
        file = folder / f"{stem}{f'-{number}' if number > 1 else ''}{suffix}"
        try:
            fd = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
            with os.fdopen(fd, "wb") as stream:
                stream.write(content)
        except FileExistsError:
            continue
        except OSError as error:
            raise StateError(f"{clean_text(str(file))}: cannot be written: {error.strerror}") from error
        break
    return file
