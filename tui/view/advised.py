"""Advice taken apart: its commands, to be copied as they are, and lines that break none of them in the middle."""

import re
import textwrap
from pathlib import Path

from tui.git.advice import advice
from tui.view.board import BoardRow

_WORD = re.compile(r"""(?:\$'(?:\\.|[^'\\])*'|'[^']*'|"[^"]*"|\\.|[^\s'"\\])+""")
_PROGRAMS = frozenset({"git", "synctui", "ssh-keygen", "getent", "ls", "df", "rm", "cat", "ulimit"})
_JOINTS = frozenset({"or", "then"})
_GLUE = "\0"
"""Stands for the blanks of a command, which are no place to break a line."""


def commands(text: str) -> list[str]:
    """The commands that it names, in its order."""
    return [text[start:end] for start, end in _spans(text)]


def pieces(text: str) -> list[tuple[str, str]]:
    """What is said before each command, and the command; the last may be without one."""
    found: list[tuple[str, str]] = []
    last = 0
    for start, end in _spans(text):
        found.append((text[last:start], text[start:end]))
        last = end
    return [*found, (text[last:], "")] if text[last:] else found


def suggestion(row: BoardRow) -> str:
    """What helps a repo, also where its trouble is of before this session; empty where nothing needs doing."""
    if row.troubled and row.trouble:
        return row.trouble.advice or advice(row.trouble.reason, row.repo, row.trouble.message)
    return row.outcome.advice if row.outcome and not row.active else ""


def brief(text: str, root: Path | None = None) -> str:
    """To be read and not to be run: `~` for the home folder, `…` for the folder of the workspace."""
    for folder, sign in ((root, "…"), (Path.home(), "~")):
        if folder and folder != Path("/"):
            text = re.sub(rf"(?<![^\s\0'\"=]){re.escape(str(folder))}(?=/|$|[\s\0'\",;])", sign, text)
    return text


def wrapped(text: str, width: int, root: Path | None = None) -> list[str]:
    """Lines of at most `width` characters; a command is whole on one of them, brief if need be, where it fits."""
    glued = text
    for start, end in _spans(text):  # of the same length, so that the spans stay right
        glued = glued[:start] + glued[start:end].replace(" ", _GLUE) + glued[end:]
    glued = brief(glued)
    if any(len(unit) > width for unit in glued.split(" ")):
        glued = brief(glued, root and Path(brief(str(root))))
    lines = [""]
    for unit in glued.split(" "):
        if lines[-1] and len(lines[-1]) + 1 + len(unit) > width:
            lines.append("")
        lines[-1] += f" {unit}" if lines[-1] else unit
    return [
        part
        for line in lines
        for part in textwrap.wrap(line.replace(_GLUE, " "), max(1, width), break_on_hyphens=False)
    ]


def _spans(text: str) -> list[tuple[int, int]]:
    """Where its commands begin and end.

    One follows, behind the id and some prose, a colon or another command, begins with a program that advice names, and ends at a semicolon
    or where `, or` or `, then` goes on.
    """
    words = list(_WORD.finditer(text))
    spans: list[tuple[int, int]] = []
    begun: int | None = None
    for place, word in enumerate(words):
        before, after = words[max(0, place - 2) : place], words[place + 1 : place + 2]
        if begun is None and place > 1 and word[0] in _PROGRAMS and _may_follow([one[0] for one in before]):
            begun = word.start()
        if begun is None:
            continue
        ends = word[0].endswith(";") or (word[0].endswith(",") and bool(after) and after[0][0] in _JOINTS)
        if ends or not after:
            spans.append((begun, word.end() - ends))
            begun = None
    return spans


def _may_follow(before: list[str]) -> bool:
    if before and before[-1] in _JOINTS:
        before = before[:-1]
        return bool(before) and before[-1].endswith((",", ";"))
    return bool(before) and before[-1].endswith((":", ";"))
