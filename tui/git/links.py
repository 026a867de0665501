"""Where paths really lead."""

import os
from collections.abc import Iterator

_MOST = 40  # as the kernel has it


class Links:
    """Of one moment: each folder on the way to the paths that are asked for is looked at once.

    A path that does not exist leads where it would. Links that lead round in a circle count as files.
    """

    def __init__(self) -> None:
        self._known: dict[str, tuple[str, ...]] = {"/": ("/",)}

    def real(self, path: str | os.PathLike[str]) -> str:
        return self.steps(path)[-1]

    def steps(self, path: str | os.PathLike[str]) -> tuple[str, ...]:
        """Each link on the way, where it really is, and the end."""
        text = os.fspath(path)
        # Not `abspath`: what `..` means depends on where the folder before it leads.
        return self._steps(text if text.startswith("/") else os.path.join(os.getcwd(), text), _MOST)  # noqa: PTH109, PTH118 - text is what a path costs least in

    def _steps(self, path: str, left: int) -> tuple[str, ...]:
        """`left`: how many links may still be on the way."""
        if (known := self._known.get(path)) is not None:
            return known
        folder, _, name = path.rpartition("/")
        *links, parent = self._steps(folder or "/", left)
        left -= len(links)
        here = parent.rpartition("/")[0] or "/" if name == ".." else f"{parent.rstrip('/')}/{name}"
        if name in {"", "."}:
            steps = (*links, parent)
        elif name == ".." or left <= 0 or (target := _target(here)) is None:
            steps = (*links, here)
        else:
            led = target if target.startswith("/") else f"{parent}/{target}"
            steps = (*links, here, *self._steps(led, left - 1))
        self._known[path] = steps
        return steps


def _target(path: str) -> str | None:
    """What a link says; None: it is none."""
    try:
        return os.readlink(path)  # noqa: PTH115 - as above
    except OSError:
        return None


def is_in(path: str, folder: str) -> bool:
    """Whether it is that folder or below it; both are real paths."""
    return path == folder or path.startswith(f"{folder.rstrip('/')}/")


def above(path: str) -> Iterator[str]:
    """The folders that a real path lies in, from the nearest on."""
    while path != "/":
        path = path.rpartition("/")[0] or "/"
        yield path
