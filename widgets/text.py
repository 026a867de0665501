"""Text fitted to terminal cells: wide characters count two, combining ones none."""

import re
from typing import Literal

from rich.cells import cell_len, set_cell_size

_LONG_WORD = 24
"""Of one with more characters the beginning tells more than nothing."""

_BETWEEN = " ,:;"
"""What leads from one word to the next."""

_TO_THE_HOST = re.compile(r"\S*://[^/]*")
"""Of a word that is a URL, up to the end of its host."""
_BEHIND_A_SLASH = re.compile(r"(?<=/)(?=[^/])")

Align = Literal["left", "right", "center"]


def cut_end(text: str, width: int) -> str:
    """The text within `width` cells, its end replaced by "…" when it is longer.

    No word is cut but a very long one, no host within a URL, and no number is left without what it counts.
    """
    if cell_len(text) <= width:
        return text
    if width <= 0:
        return ""
    kept = set_cell_size(text, width - 1)
    least = len(kept) // 3
    blank = kept.rfind(" ")
    word = text[blank + 1 :].partition(" ")[0]
    of_word = len(kept) - blank - 1
    if (to_host := _TO_THE_HOST.match(word)) and of_word < to_host.end():  # half a host would be another one
        kept = kept[: blank + 1]
    elif of_word < len(word) <= _LONG_WORD and blank >= least:
        kept = kept[:blank]
    kept = kept.rstrip(_BETWEEN)
    blank = kept.rfind(" ")
    if kept[blank + 1 :].isdigit() and blank >= least:
        kept = kept[:blank].rstrip(_BETWEEN)
    return f"{kept}…"


def cut_middle(text: str, width: int) -> str:
    """The text within `width` cells, its middle replaced by "…" when it is longer."""
    if cell_len(text) <= width:
        return text
    if width <= 0:
        return ""
    tail_width = (width - 1) // 2
    return f"{set_cell_size(text, width - 1 - tail_width).rstrip()}…{_tail(text, tail_width)}"


def at_slashes(text: str, width: int) -> str:
    """The text with breaks in what is longer than a line, a path say: behind its slashes, and so in no name."""

    def broken(word: re.Match[str]) -> str:
        lines = [""]
        for part in _BEHIND_A_SLASH.split(word[0]):
            if lines[-1] and cell_len(lines[-1] + part) > width:
                lines.append("")
            lines[-1] += part
        return "\n".join(lines)

    return re.sub(r"\S+", broken, text)


def fit(text: str, width: int, align: Align = "left") -> str:
    """The text in exactly `width` cells, cut at the end or padded with blanks."""
    text = cut_end(text, width)
    room = max(0, width - cell_len(text))
    left = {"left": 0, "right": room, "center": room // 2}[align]
    return f"{' ' * left}{text}{' ' * (room - left)}"


def _tail(text: str, width: int) -> str:
    start = len(text)
    while start and cell_len(text[start - 1 :]) <= width:
        start -= 1
    # A combining mark at the cut would sit on the "…".
    while start < len(text) and (cell_len(text[start]) == 0 or text[start] == " "):
        start += 1
    return text[start:]
