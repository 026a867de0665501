"""One bar for the whole run, a segment for each state."""

from collections.abc import Mapping

from textual.widget import Widget

from widgets.tone import Tone


class OverallBar(Widget):
    def show(self, counts: Mapping[Tone, int]) -> None:
        """Draws the final states, RUNNING and QUEUED (what remains)."""
