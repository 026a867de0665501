import email.utils
import json
import time

import pytest

from tui.git.output import LineCutter, parse_progress, read_hooks, read_retry_after


def cut(*chunks: bytes) -> list[tuple[bytes, bool]]:
    cutter = LineCutter()
    lines = [line for chunk in chunks for line in cutter.feed(chunk)]
    return [*lines, *cutter.end()]


def test_lines_are_cut_at_cr_and_lf_wherever_the_bytes_are_cut():
    text = b"one\n10%\r20%\r30%, done.\nwindows\r\nrest"
    whole = cut(text)
    assert whole == [
        (b"one", True),
        (b"10%", False),
        (b"20%", False),
        (b"30%, done.", True),
        (b"windows", False),
        (b"windows", True),
        (b"rest", True),
    ]
    assert cut(*(text[at : at + 1] for at in range(len(text)))) == whole


def test_a_line_without_end_does_not_grow_for_ever():
    assert [len(line) for line, _ in cut(*[b"x" * 5000] * 4)] == [8192]
    (line, _), after = cut(b"remote: " + b"x" * 9000, b"fatal: no line of git", b"\n", b"after")
    assert line.startswith(b"remote: x")
    assert after == (b"after", True)


@pytest.mark.parametrize(
    ("line", "parsed"),
    [
        ("Receiving objects:  37% (37/100)", ("Receiving objects", 37, None, None)),
        (
            "Receiving objects:  37% (37/100), 1.20 MiB | 400.00 KiB/s",
            ("Receiving objects", 37, 1_258_291, 409_600),
        ),
        (
            "Receiving objects: 100% (3/3), 222 bytes | 222.00 KiB/s, done.",
            ("Receiving objects", 100, 222, 227_328),
        ),
        ("Receiving objects:   1% (1/99), 2.50 GiB | 1 bytes/s", ("Receiving objects", 1, 2_684_354_560, 1)),
        ("Resolving deltas: 100% (4/4), done.", ("Resolving deltas", 100, None, None)),
        ("remote: Counting objects: 100% (3/3), done.", ("Counting objects", 100, None, None)),
        ("remote: Enumerating objects: 5, done.", ("Enumerating objects", None, None, None)),
        ("Updating files:  50% (1/2)", ("Updating files", 50, None, None)),
    ],
)
def test_progress(line: str, parsed: tuple[str, int | None, int | None, int | None]):
    progress = parse_progress(line)
    assert progress is not None
    assert (progress.phase, progress.percent, progress.bytes, progress.rate) == parsed
    assert progress.line == line


@pytest.mark.parametrize(
    "line",
    [
        "From file:///srv/a",
        " * [new branch]      main       -> origin/main",
        "fatal: repository 'x' not found",
        "remote: Total 3 (delta 0), reused 0 (delta 0), pack-reused 0",
        "error: 5% (1/20)",
    ],
)
def test_other_lines_are_no_progress(line: str):
    assert parse_progress(line) is None


@pytest.mark.parametrize(
    ("value", "seconds"), [(b"30", 30.0), (b" 0 ", 0.0), (b"soon", None), (b"-3", None), (b"1e9", None)]
)
def test_the_wait_in_a_trace_of_curl(value: bytes, seconds: float | None):
    head = b"09:08:00.009466 http.c:684              <= Recv header: "
    trace = head + b"HTTP/2 429\n" + head + b"Retry-After: 7\r\n" + head + b"retry-after: " + value + b"\n"
    assert read_retry_after(trace) == seconds
    assert read_retry_after(head + b"HTTP/1.1 200 OK\n") is None


def test_a_wait_may_be_said_as_a_date():
    date = email.utils.formatdate(time.time() + 100, usegmt=True).encode()
    seconds = read_retry_after(b"<= Recv header: Retry-After: " + date + b"\n")
    assert seconds is not None
    assert 90 < seconds <= 100
    past = email.utils.formatdate(0, usegmt=True).encode()
    assert read_retry_after(b"<= Recv header: Retry-After: " + past + b"\n") == 0.0


def trace(*events: dict[str, object]) -> bytes:
    return b"".join(json.dumps({"sid": "1"} | event).encode() + b"\n" for event in events)


def begins(name: str, **more: object) -> dict[str, object]:
    return {"event": "child_start", "child_class": "hook", "hook_name": name} | more


def test_the_hooks_in_a_trace_of_git():
    ends = {"event": "child_exit", "code": 0}
    fails = {"event": "child_exit", "code": 3}
    assert read_hooks(trace(begins("one"), fails, begins("two"), ends)) == ("", ("one",))
    assert read_hooks(trace(begins("one"), ends, begins("\x1b[31mtwo"))) == ("two", ())
    assert read_hooks(trace(begins("cut"))[:-20]) == ("", ())
    of_hook = {"sid": "1/2"}
    inner = (begins("inner", **of_hook), fails | of_hook)
    assert read_hooks(trace(begins("outer"), *inner, ends)) == ("", ())
    other = {"event": "child_start", "child_class": "pager", "hook_name": "none"}
    assert read_hooks(trace(other, fails)) == ("", ())
