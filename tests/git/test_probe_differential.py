"""Whenever a probe says that there is nothing new, a real fetch after it changes nothing."""

from collections.abc import Iterator

import pytest
from hypothesis import HealthCheck, Phase, given, settings

from tests.git.probe_cases import Case, Ground, cases
from tui.git.outcome import PROBED

_CASES = 60
"""`python -m tests.bench.probe --cases 2000` checks so many."""


@pytest.fixture(scope="module")
def ground(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Ground]:
    made = Ground.make(tmp_path_factory.mktemp("ground"))
    with made.server:
        yield made
    assert made.counts[PROBED] >= _CASES // 6, made.counts


@settings(
    max_examples=_CASES,
    deadline=None,
    derandomize=True,
    database=None,
    phases=[Phase.generate],
    suppress_health_check=list(HealthCheck),
)
@given(case=cases())
def test_nothing_is_nothing(ground: Ground, case: Case) -> None:
    ground.check(case)
