"""The one door for foreign text: what git, remotes, branches and files say, made safe to show."""

import os
import re
import shlex
from pathlib import Path

_ANSI = re.compile(
    r"\x1b\[[0-?]*[ -/]*[@-~]"  # CSI
    r"|\x1b[PX^_\]].*?(?:\x07|\x1b\\|$)"  # OSC and the other strings, up to their end
    r"|\x1b[ -/]*[0-~]?"
    r"|\x9b[0-?]*[ -/]*[@-~]",
    re.DOTALL,
)
_BREAKS = re.compile(r"[\n\v\f\r\x85]+")
_CONTROLS = re.compile("[\x00-\x1f\x7f-\x9f]")
_TURNS = "\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069\ufeff"  # the text's direction
_UNSEEN = (
    "\xad\u034f\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b\u2028\u2029\u2060-\u2065\u206a-\u206f\u3164\uffa0"
    "\ufff0-\ufffb\U0001bca0-\U0001bca3\U0001d173-\U0001d17a"
)
_JOINERS = "\u200c\u200d"
_VARIANTS = "\ufe00-\ufe0f\U000e0100-\U000e01ef"
_INVISIBLE = re.compile(
    # The flags of England, Scotland and Wales.
    "(?P<kept>\U0001f3f4[\U000e0020-\U000e007e]+\U000e007f)"
    f"|[{_TURNS}{_UNSEEN}]"
    # Scripts and emoji that need these have them behind, or between, characters of their own.
    f"|(?<![^\x00-\u05ff{_JOINERS}])[{_JOINERS}]|[{_JOINERS}](?![^\x00-\u05ff{_JOINERS}])"
    f"|(?<![^\x00-\xa8\xaa-\xad\xaf-\u05ff{_JOINERS}{_VARIANTS}])[{_VARIANTS}]"
    "|[\U000e0000-\U000e00ff\U000e01f0-\U000e0fff]"
)
_ANY_UNSEEN = re.compile(f"[{_UNSEEN}{_VARIANTS}]")
_SURROGATES = re.compile("[\ud800-\udfff]")
_WEB_USER = re.compile(r"(https?://)[^/\s'\"]+@", re.IGNORECASE)
_SECRET_PARAMETER = re.compile(
    r"([?&;#][\w.-]*(?:token|passw(?:or)?d|pwd|secret|api_?key|signature|auth|jwt)=)[^&;#\s'\"]+",
    re.IGNORECASE,
)
_URL_SECRET = re.compile(r"://([^/\s'\":@]*):[^/\s'\"]*@")
_FRAGMENT = re.compile(r"('[a-z+]+://[^\s'#]*|://[^\s'\"#]*\.git/?)#[^\s'\"]+")


def clean_text(text: bytes | str) -> str:
    """One line without control codes, escape sequences and URL credentials.

    Bytes are read as UTF-8; what is not, the stand-ins of undecodable file names, and what cannot be seen, or
    turns the text's direction, and would make two names look alike become U+FFFD.
    """
    text = text.decode("utf-8", "replace") if isinstance(text, bytes) else _SURROGATES.sub("\ufffd", text)
    line = _ANSI.sub("", text).expandtabs(8)
    line = _CONTROLS.sub("", _BREAKS.sub(" ", line)).rstrip(" ")
    if not line.isascii():
        line = _INVISIBLE.sub(lambda found: found["kept"] or "\ufffd", line)
    return without_url_secrets(line)


def shell_word(text: str) -> str:
    """The text, as `os.fsdecode` gives it, as one word of a command for bash or zsh.

    What may not be shown raw stands in it by its bytes, as in the C language.
    """
    if not any(map(_is_hidden, text)):
        return shlex.quote(text)
    return "$'" + "".join(map(_escaped, text)) + "'"


def _is_hidden(sign: str) -> bool:
    return not sign.isprintable() or _ANY_UNSEEN.match(sign) is not None


def _escaped(sign: str) -> str:
    if _is_hidden(sign):
        return "".join(f"\\x{byte:02x}" for byte in os.fsencode(sign))
    return f"\\{sign}" if sign in "\\'" else sign


def without_url_secrets(text: str) -> str:
    """The text with its URLs as they may be shown: the user alone, of http(s) not even that: it is often a token.

    `***` stands for the values of parameters that log in, as `?access_token=…`, and for a repository's fragment,
    which means nothing to git.
    """
    if "://" in text:
        text = _URL_SECRET.sub(_user_alone, _WEB_USER.sub(r"\1", text))
        text = _FRAGMENT.sub(r"\1#***", text)
    return _SECRET_PARAMETER.sub(r"\1***", text) if "=" in text else text


def names_secret(text: str) -> bool:
    """Whether a part of a URL holds parameters that log in."""
    return _SECRET_PARAMETER.search(text) is not None


def _user_alone(login: re.Match[str]) -> str:
    return f"://{login[1]}@" if login[1] else "://"


def pasted(path: Path) -> str:
    """What is pasted may be run: a path with a line break or the like is copied as a word of the shell."""
    text = str(path)
    return text if text.isprintable() else shell_word(text)
