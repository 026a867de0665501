"""Whenever a probe says that there is nothing new, a real fetch after it changes nothing."""

from collections.abc import Iterator

import pytest
from hypothesis import HealthCheck, Phase, given, seed, settings

from tests.git.probe_cases import Case, cases
from tests.git.probe_ground import Ground
from tui.git.outcome import PROBED

_CASES = 50
"""`python -m tests.bench.probe --cases 2000` checks so many."""


@pytest.fixture(scope="module")
def ground(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Ground]:
    made = Ground.make(tmp_path_factory.mktemp("ground"))
    with made.server:
        yield made
    assert made.counts[PROBED] >= _CASES // 2, made.counts


@seed(1)
@settings(
    max_examples=_CASES,
    deadline=None,
    database=None,
    phases=[Phase.generate],
    suppress_health_check=list(HealthCheck),
)
@given(case=cases())
def test_nothing_is_nothing(ground: Ground, case: Case) -> None:
    ground.check(case)
