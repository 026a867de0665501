"""Values of settings that git can read: it ends at others, whatever they are for."""

import re

_WORDS = frozenset({"true", "false", "yes", "no", "on", "off"})
_NUMBER = re.compile("(0|[1-9][0-9]{0,9})([kmgKMG]?)")
"""With a nought before it git reads it as octal."""
_UNITS = {"": 1, "k": 1 << 10, "m": 1 << 20, "g": 1 << 30}
_END = 1 << 31
"""Of what git reads into the smallest of its numbers."""


def is_number(text: str) -> bool:
    match = _NUMBER.fullmatch(text)
    return match is not None and int(match[1]) * _UNITS[match[2].lower()] < _END


def is_bool(text: str) -> bool:
    return text.lower() in _WORDS or is_number(text)
