"""How stale a repo is, and since when."""

import pytest
from msgspec.structs import replace

from tui.store.past import Failure, Past, Staleness, last_success, staleness

HOUR = 3600.0
FAILED = Failure("failed", "auth", 300.0, 300.0, 1, 1)


@pytest.mark.parametrize(
    ("hours", "expected"),
    [
        (None, "unknown"),
        (-1, "unknown"),
        (-0.001, "unknown"),
        (0, "fresh"),
        (23.9, "fresh"),
        (23.999, "fresh"),
        (24, "stale"),
        (71.9, "stale"),
        (71.999, "stale"),
        (72, "severe"),
        (10_000, "severe"),
    ],
)
def test_each_class_begins_at_its_hour(hours: float | None, expected: str) -> None:
    age = None if hours is None else hours * HOUR
    assert staleness(age, 24 * HOUR, 72 * HOUR) is Staleness(expected)


@pytest.mark.parametrize(
    ("past", "last_fetch", "cloned", "expected"),
    [
        (Past(), None, None, None),
        (Past(), None, 50.0, 50.0),  # cloned, and nobody has fetched since
        (Past(), 500.0, None, 500.0),  # never synced by us, but fetched by hand
        (
            Past(last_success=100.0, last_end=100.0),
            None,
            None,
            100.0,
        ),  # a failed fetch left no trace of its own
        (Past(last_success=100.0, last_end=100.0), None, 50.0, 100.0),
        (Past(last_success=100.0, last_end=100.0), None, 150.0, 150.0),  # cloned anew
        (Past(last_success=100.0, last_end=100.0), 99.0, 10.0, 99.0),
        (Past(last_success=100.0, last_end=100.0), 50.0, 60.0, 50.0),  # an old copy was put back
        (Past(last_success=100.0, last_end=100.0), 700.0, 10.0, 700.0),  # by hand, later
        (
            Past(last_success=100.0, last_end=300.0, failure=FAILED),
            299.0,
            10.0,
            100.0,
        ),  # fetched, then blocked
        (Past(last_success=None, last_end=300.0, failure=FAILED), 299.0, None, None),
        (Past(last_end=300.0, failure=FAILED, last_fetch=200.0), None, 10.0, 200.0),  # by hand, before it
        (Past(last_end=300.0, last_fetch=200.0), None, None, 200.0),  # by hand, then cancelled
        (Past(last_end=900.0, failure=FAILED), 700.0, 10.0, 700.0),  # by hand, after it, then busy
        (Past(last_success=None, last_end=300.0, failure=FAILED), 299.0, 10.0, 10.0),
        (
            Past(last_success=100.0, last_end=300.0, failure=FAILED),
            900.0,
            10.0,
            900.0,
        ),  # by hand, after the failure
    ],
)
def test_the_last_success_is_the_last_time_that_the_remote_told_all(
    past: Past, last_fetch: float | None, cloned: float | None, expected: float | None
) -> None:
    assert last_success(past, last_fetch, cloned) == expected


def test_a_failure_is_open_until_it_is_acknowledged() -> None:
    assert not Past().is_open
    assert Past(failure=FAILED).is_open
    assert not Past(failure=replace(FAILED, acknowledged=True)).is_open
