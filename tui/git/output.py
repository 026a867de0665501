"""What git says while it works: bytes into lines, lines into progress, its trace into hooks."""

import json
import re
import time
from collections.abc import Iterator

from tui.git.clean import clean_text
from tui.git.gauge import Progress

_LONGEST_LINE = 8192
_UNITS = {"bytes": 1, "KiB": 1 << 10, "MiB": 1 << 20, "GiB": 1 << 30, "TiB": 1 << 40}
_PROGRESS = re.compile(
    r"^(?:remote: *)?(?P<phase>[A-Z][A-Za-z -]*?): +(?:(?P<percent>\d+)% \(\d+/\d+\)|\d+)"
    r"(?:, (?P<bytes>[\d.]+) (?P<unit>bytes|[KMGT]iB)"
    r"(?: \| (?P<rate>[\d.]+) (?P<rate_unit>bytes|[KMGT]iB)/s)?)?(?:, done\.?|$)"
)


def parse_progress(line: str) -> Progress | None:
    """None for a line that is no progress."""
    match = _PROGRESS.match(line)
    if match is None:
        return None
    return Progress(
        phase=match["phase"],
        percent=int(match["percent"]) if match["percent"] else None,
        bytes=_size(match["bytes"], match["unit"]),
        rate=_size(match["rate"], match["rate_unit"]),
        line=line,
    )


def _size(number: str | None, unit: str | None) -> int | None:
    return int(float(number) * _UNITS[unit]) if number and unit else None


_RETRY_AFTER = re.compile(rb"<= Recv header: retry-after: *([^\r\n]+)", re.IGNORECASE)


def read_retry_after(trace: bytes) -> float | None:
    """Seconds that the last answer in a trace of curl asks to wait; None: it does not say."""
    said = [match[1].decode("ascii", "replace").strip() for match in _RETRY_AFTER.finditer(trace)]
    return seconds_to_wait(said[-1]) if said else None


def seconds_to_wait(retry_after: str) -> float | None:
    """What a header of that name asks for; None: it cannot be read."""
    if retry_after.isdecimal():
        return float(retry_after)
    import email.utils  # noqa: PLC0415  slow to import, and hardly ever needed

    try:
        return max(0.0, email.utils.parsedate_to_datetime(retry_after).timestamp() - time.time())
    except ValueError:
        return None


_GIT_TYPE = re.compile(rb"<= Recv header: content-type: *application/x-git-", re.IGNORECASE)


def read_git_answered(trace: bytes) -> bool:
    """Whether any answer in a trace of curl is of git's own kind; so it is where there is none."""
    return b"<= Recv header" not in trace or _GIT_TYPE.search(trace) is not None


class LineCutter:
    """Cuts bytes at CR and LF; gives each line and whether it stays (LF) or is overwritten (CR).

    Of a line that is too long the beginning counts.
    """

    def __init__(self) -> None:
        self._rest = b""
        self._overwritten = b""

    def feed(self, data: bytes) -> Iterator[tuple[bytes, bool]]:
        *parts, rest = re.split(rb"([\r\n])", self._rest + data)
        for text, end in zip(parts[::2], parts[1::2], strict=True):
            stays = end == b"\n"
            # CR LF is one end of a line, not an overwritten line and an empty one.
            yield (text or self._overwritten if stays else text), stays
            self._overwritten = b"" if stays else text
        # Its end would look like a line of its own, and might be a remote's that plays git.
        self._rest = rest[:_LONGEST_LINE]

    def end(self) -> Iterator[tuple[bytes, bool]]:
        if self._rest:
            yield self._rest, True
            self._rest = b""


def read_hooks(trace: bytes) -> tuple[str, tuple[str, ...]]:
    """The hook that runs (empty: none) and those that failed, from git's own trace2 events."""
    running = ""
    failed: list[str] = []
    for line in trace.splitlines():
        if b'"child_' not in line:  # there are many, and each would have to be read as a whole
            continue
        try:
            event = json.loads(line)
        except ValueError:  # cut off when git was killed
            continue
        if "/" in event.get("sid", ""):  # of a git that a hook started
            continue
        if event.get("event") == "child_start" and event.get("child_class") == "hook":
            running = clean_text(event.get("hook_name", ""))
        elif event.get("event") == "child_exit" and running:
            if event.get("code"):
                failed.append(running)
            running = ""
    return running, tuple(failed)
