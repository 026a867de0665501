"""Values of settings that git can read: it ends at others, whatever they are for."""

import re

_WORD = re.compile("true|false|yes|no|on|off", re.IGNORECASE)
_NUMBER = re.compile(r"(\d{1,10})([kmg]?)", re.IGNORECASE)
_UNITS = {"": 1, "k": 1 << 10, "m": 1 << 20, "g": 1 << 30}
_END = 1 << 31
"""Of what git reads into the smallest of its numbers."""


def is_number(text: str) -> bool:
    match = _NUMBER.fullmatch(text)
    return match is not None and int(match[1]) * _UNITS[match[2].lower()] < _END


def is_bool(text: str) -> bool:
    return _WORD.fullmatch(text) is not None or is_number(text)
