"""Counts of the final states, kept apart from the jobs so that each can prove the other."""

from collections import Counter

from tui.git.outcome import SUCCESS_STATES, Outcome, State


class Tally:
    """A repo counts once, by its last state: a retry takes its earlier end back."""

    def __init__(self) -> None:
        self._counts: Counter[State] = Counter()
        self.commits = 0
        """Commits that arrived in every attempt; a retry takes none of them back."""

    def ended(self, outcome: Outcome) -> None:
        self._counts[outcome.state] += 1
        self.commits += outcome.commits

    def reopened(self, outcome: Outcome) -> None:
        self._counts[outcome.state] -= 1

    @property
    def counts(self) -> dict[State, int]:
        """Every state, zeros present."""
        return {state: self._counts[state] for state in State}

    @property
    def total(self) -> int:
        return self._counts.total()

    @property
    def success(self) -> bool:
        return all(state in SUCCESS_STATES for state, count in self._counts.items() if count)
