"""`ls-refs` of git's protocol v2: the question, and what the answer says. Format: git's `gitprotocol-v2`."""

import re
from collections.abc import Iterable

from msgspec import Struct, field

from tui.git.probe.unsure import Unsure

_FLUSH = b"0000"
_DELIMITER = b"0001"
_LENGTH = 4
_REF = re.compile(r"([0-9a-f]{40}) ([^\x00-\x20\x7f]+)((?: [^\x00-\x20\x7f]+)*)")
"""Blanks that only Unicode knows are letters of a name like any other."""


class Heard(Struct, frozen=True):
    """The refs of a remote in its own order."""

    ids: dict[str, str] = field(default_factory=dict)
    """Full name -> object id."""
    peeled: dict[str, str] = field(default_factory=dict)
    """Of annotated tags: full name -> what they lead to."""


def question(prefixes: Iterable[str]) -> bytes:
    lines = (_packet("peel"), *(_packet(f"ref-prefix {prefix}") for prefix in prefixes))
    return b"".join((_packet("command=ls-refs"), _DELIMITER, *lines, _FLUSH))


def _packet(line: str) -> bytes:
    data = line.encode("utf-8", "surrogateescape") + b"\n"
    return b"%04x%b" % (len(data) + _LENGTH, data)


def read_answer(answer: bytes) -> Heard:
    """Raises Unsure for anything but a whole and sound list."""
    heard = Heard()
    at = 0
    while (length := answer[at : at + _LENGTH]) != _FLUSH:
        try:
            end = at + int(length, 16)
        except ValueError:
            raise Unsure("protocol") from None
        if not at + _LENGTH < end <= len(answer):
            raise Unsure("protocol")
        _take(answer[at + _LENGTH : end], heard)
        at = end
    if answer[at:] != _FLUSH:
        raise Unsure("protocol")
    return heard


def _take(line: bytes, heard: Heard) -> None:
    match = _REF.fullmatch(line.decode("utf-8", "surrogateescape").removesuffix("\n"))
    if match is None or match[2] in heard.ids:
        raise Unsure("protocol")
    heard.ids[match[2]] = match[1]
    for attribute in match[3].split(" "):
        name, _, value = attribute.partition(":")
        if name == "peeled":
            heard.peeled[match[2]] = value
