"""Of the states: their tones, and which come first in lists."""

from tui.git.outcome import State
from tui.view.board import Stage
from widgets.tone import Tone

WORST_FIRST = [State.FAILED, State.TIMED_OUT, State.BLOCKED, State.BUSY, State.CANCELLED]
"""The states that need a person, as lists order them."""


def tone_of(state: Stage | State) -> Tone:
    return Tone(state.value)
