"""In which order the repos of a run begin."""

import statistics
from collections.abc import Mapping, Sequence
from typing import Literal

from tui.git.repo import Repo

Order = Literal["longest", "stalest", "config"]
_REMEMBERED = 5
"""Syncs whose median is what the next one is expected to take: one slow day is no habit."""


def expected(durations: Sequence[float]) -> float | None:
    """Seconds that a sync is expected to take, given those before, newest first; None: nobody knows."""
    return statistics.median(durations[:_REMEMBERED]) if durations else None


def ordered(
    repos: Sequence[Repo],
    order: Order,
    durations: Mapping[str, Sequence[float]],
    successes: Mapping[str, float | None],
) -> list[Repo]:
    """`durations` in seconds, newest first, and `successes` in seconds since the epoch, both by repo id.

    Longest first: what takes long and begins last would have one slot work while all others are done. What
    nobody knows comes before the rest, as the clone that it often is; equals keep their order.
    """
    if order == "longest":
        return sorted(repos, key=lambda repo: -(expected(durations.get(repo.id, ())) or float("inf")))
    if order == "stalest":
        return sorted(repos, key=lambda repo: successes.get(repo.id) or 0.0)
    return list(repos)
