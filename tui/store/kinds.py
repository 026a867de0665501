"""What a setting or an option takes, and how a value that it does not take is refused."""

import datetime as dt
import re
from collections.abc import Collection
from typing import Protocol

from msgspec import Struct

from tui.git.clean import clean_text
from tui.store.window import Window

MAX_SECONDS = 86400.0
MAX_BYTES = 10**15
_UNITS = {"": 1, "s": 1, "m": 60, "h": 3600, "d": 86400}
_SHOWN = 40
"""Characters of a foreign value that a one-line message has room for."""


class SettingError(ValueError):
    """A value that a setting does not take; the text names the value and what is allowed."""


class Kind(Protocol):
    """What a setting takes. `parse` reads text, `check` a TOML value; both raise SettingError."""

    @property
    def allowed(self) -> str: ...

    def parse(self, text: str) -> object: ...

    def check(self, value: object) -> object: ...


class Whole(Struct, frozen=True):
    least: int
    most: int

    @property
    def allowed(self) -> str:
        return f"a whole number from {self.least} to {self.most}"

    def parse(self, text: str) -> int:
        if not re.fullmatch(r"-?[0-9]{1,9}", text.strip()):
            raise _refusal(text, self)
        return self._within(int(text), text)

    def check(self, value: object) -> int:
        if isinstance(value, bool) or not isinstance(value, int):
            raise _refusal(value, self)
        return self._within(value, value)

    def _within(self, number: int, given: object) -> int:
        if not self.least <= number <= self.most:
            raise _refusal(given, self)
        return number


class Seconds(Struct, frozen=True):
    """A length of time in seconds, also written `90s`, `5m`, `1h`, `3d`."""

    most: float = MAX_SECONDS
    zero: str = "; 0 turns it off"
    """What nought means, for people."""
    least: float = 0.0

    @property
    def allowed(self) -> str:
        days = ", 3d" if self.most > MAX_SECONDS else ""
        return f"seconds from {self.least:.0f} to {self.most:.0f}, or like 90s, 5m, 1h{days}{self.zero}"

    def parse(self, text: str) -> float:
        match = re.fullmatch(r"([0-9]{1,9}(?:\.[0-9]{1,9})?) ?([smhd]?)", text.strip(), re.IGNORECASE)
        if not match:
            raise _refusal(text, self)
        return self._within(float(match[1]) * _UNITS[match[2].lower()], text)

    def check(self, value: object) -> float:
        if isinstance(value, str):
            return self.parse(value)
        if isinstance(value, bool) or not isinstance(value, int | float):
            raise _refusal(value, self)
        return self._within(value, value)

    def _within(self, seconds: float, given: object) -> float:
        # Written so that nan, which compares with nothing, is refused too.
        if not self.least <= seconds <= self.most:
            raise _refusal(given, self)
        return float(seconds)


class Size(Struct, frozen=True):
    """A number of bytes, also written `500MB` or `1.5GiB`; `500M` are of 1024, as with most programs."""

    allowed: str = f"bytes from 0 to {MAX_BYTES}, or like 500MB, 1.5GiB; 0 turns it off"

    def parse(self, text: str) -> int:
        match = re.fullmatch(
            r"([0-9]{1,16}(?:\.[0-9]{1,9})?) ?(?:([kmgt])(i?b)?|b)?", text.strip(), re.IGNORECASE | re.ASCII
        )
        if not match:
            raise _refusal(text, self)
        number, prefix, end = (part.lower() if part else "" for part in match.groups())
        unit = (1000 if end == "b" else 1024) ** " kmgt".index(prefix) if prefix else 1
        return self._within(round(float(number) * unit), text)

    def check(self, value: object) -> int:
        if isinstance(value, str):
            return self.parse(value)
        if isinstance(value, bool) or not isinstance(value, int):
            raise _refusal(value, self)
        return self._within(value, value)

    def _within(self, size: int, given: object) -> int:
        if not 0 <= size <= MAX_BYTES:
            raise _refusal(given, self)
        return size


class Switch(Struct, frozen=True):
    allowed: str = "true or false (1, 0, yes, no, on, off in a variable)"

    def parse(self, text: str) -> bool:
        word = text.strip().lower()
        if word in {"1", "true", "yes", "on"}:
            return True
        if word in {"0", "false", "no", "off"}:
            return False
        raise _refusal(text, self)

    def check(self, value: object) -> bool:
        if not isinstance(value, bool):
            raise _refusal(value, self)
        return value


class Choice(Struct, frozen=True):
    words: tuple[str, ...]

    @property
    def allowed(self) -> str:
        return ", ".join(self.words)

    def parse(self, text: str) -> str:
        word = text.strip().lower()
        if word not in self.words:
            raise _refusal(text, self)
        return word

    def check(self, value: object) -> str:
        if not isinstance(value, str):
            raise _refusal(value, self)
        return self.parse(value)


class HoursOfDay(Struct, frozen=True):
    """A span of the local day, also across midnight."""

    allowed: str = "a span of the day like 22:00-06:00"

    def parse(self, text: str) -> Window:
        match = re.fullmatch(r"(\d{1,2}):(\d\d) ?[-–] ?(\d{1,2}):(\d\d)", text.strip(), re.ASCII)
        try:
            if not match:
                raise _refusal(text, self)
            hour, minute, until_hour, until_minute = map(int, match.groups())
            window = Window(dt.time(hour, minute), dt.time(until_hour, until_minute))
        except ValueError:
            raise _refusal(text, self) from None
        if window.start == window.end:
            raise _refusal(text, self)
        return window

    def check(self, value: object) -> Window:
        if isinstance(value, Window):
            return value
        if not isinstance(value, str):
            raise _refusal(value, self)
        return self.parse(value)


def shown(value: object) -> str:
    """A foreign TOML value as a message may show it: clean, short, on one line."""
    if isinstance(value, str):
        text = clean_text(value)
        return f'"{text[: _SHOWN - 1]}…"' if len(text) > _SHOWN else f'"{text}"'
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, int):
        # Python refuses to print an integer of more than 4300 digits.
        return str(value) if abs(value) < 10**15 else "a huge number"
    if isinstance(value, float):
        return str(value)
    if isinstance(value, list | dict):
        return "a list" if isinstance(value, list) else "a table"
    return "a date or time"


def nearest(word: str, known: Collection[str], kind: str = "") -> str:
    """` (did you mean "url"?)`, or nothing where no known word is near; `kind` stands before the word."""
    from difflib import get_close_matches  # noqa: PLC0415 - slow to import, and only a mistake needs it

    near = get_close_matches(word, known, 1)
    return f' (did you mean {kind}"{near[0]}"?)' if near else ""


def _refusal(value: object, kind: Kind) -> SettingError:
    return SettingError(f"{shown(value)} is not allowed; allowed: {kind.allowed}")
