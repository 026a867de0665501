"""The states a person can see: a glyph, a word and a colour each, so that none of them rests on colour alone."""

from enum import StrEnum


class Tone(StrEnum):
    PLANNED = "planned"
    QUEUED = "queued"
    RUNNING = "running"
    STALLED = "stalled"
    RETRYING = "retrying"
    STOPPING = "stopping"
    SYNCED = "synced"
    UP_TO_DATE = "up_to_date"
    SKIPPED = "skipped"
    BLOCKED = "blocked"
    BUSY = "busy"
    FAILED = "failed"
    TIMED_OUT = "timed_out"
    CANCELLED = "cancelled"
    NOTE = "note"

    @property
    def glyph(self) -> str:
        """One cell wide."""
        return _LOOKS[self][0]

    @property
    def word(self) -> str:
        """At most ten cells wide."""
        return self.value.replace("_", " ")

    @property
    def css_class(self) -> str:
        """The component class that colours it in widgets made with `tone_css`."""
        return f"tone--{self.value.replace('_', '-')}"


# One cell in every terminal, and in DejaVu Sans Mono; no emoji, whose width terminals disagree on.
_LOOKS = {
    Tone.PLANNED: ("○", "$text-muted"),
    Tone.QUEUED: ("◇", "$text-muted"),
    Tone.RUNNING: ("▶", "$text-primary"),
    Tone.STALLED: ("▷", "$text-warning"),
    Tone.RETRYING: ("↻", "$text-warning"),
    Tone.STOPPING: ("■", "$text-warning"),
    Tone.SYNCED: ("✓", "$text-success"),
    Tone.UP_TO_DATE: ("=", "$text-muted"),
    Tone.SKIPPED: ("–", "$text-muted"),
    Tone.BLOCKED: ("▲", "$text-warning"),
    Tone.BUSY: ("◆", "$text-warning"),
    Tone.FAILED: ("✗", "$text-error"),
    Tone.TIMED_OUT: ("⊗", "$text-error"),
    Tone.CANCELLED: ("⊘", "$text-muted"),
    Tone.NOTE: ("•", "$text-muted"),
}

TONE_CLASSES = frozenset(tone.css_class for tone in Tone)


def tone_css(widget: str) -> str:
    """The rules that colour the component classes of all tones in the widget class of that name."""
    rules = [f"{widget} > .{tone.css_class} {{ color: {_LOOKS[tone][1]}; }}" for tone in Tone]
    # Without colour red is a middling grey: trouble must not look less urgent than the rest.
    rules += [
        f"{widget} > .{tone.css_class} {{ text-style: bold; }}" for tone in (Tone.FAILED, Tone.TIMED_OUT)
    ]
    muted = [tone.css_class for tone in Tone if _LOOKS[tone][1] == "$text-muted"]
    return "\n".join(rules) + muted_css(widget, *muted)


def muted_css(widget: str, *classes: str) -> str:
    """The rules that dim component classes where a theme of terminal colours has no muted colour."""
    return "\n".join(f"{widget}:ansi > .{name} {{ text-style: dim; }}" for name in classes)
