"""The one door for foreign text: what git, remotes, branches and files say, made safe to show."""

import re

_ANSI = re.compile(
    r"\x1b\[[0-?]*[ -/]*[@-~]"  # CSI
    r"|\x1b[PX^_\]].*?(?:\x07|\x1b\\|$)"  # OSC and the other strings, up to their end
    r"|\x1b[ -/]*[0-~]?"
    r"|\x9b[0-?]*[ -/]*[@-~]",
    re.DOTALL,
)
_BREAKS = re.compile(r"[\n\v\f\r\x85\u2028\u2029]+")
_CONTROLS = re.compile(
    "[\x00-\x1f\x7f-\x9f"
    "\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069"  # marks and overrides that turn the text's direction
    "\ufeff]"
)
_SURROGATES = re.compile("[\ud800-\udfff]")
_WEB_USER = re.compile(r"(https?://)[^/\s'\"]+@", re.IGNORECASE)
_SECRET_PARAMETER = re.compile(
    r"([?&;][\w.-]*(?:token|passw(?:or)?d|pwd|secret|api_?key|signature|auth|jwt)=)[^&;#\s'\"]+",
    re.IGNORECASE,
)
_URL_SECRET = re.compile(r"(://)[^/\s'\":@]*:[^/\s'\"]*@")


def clean_text(text: bytes | str) -> str:
    """One line without control codes, escape sequences, direction overrides and URL credentials.

    Bytes are read as UTF-8; what is not, and the stand-ins of undecodable file names, become U+FFFD.
    """
    text = text.decode("utf-8", "replace") if isinstance(text, bytes) else _SURROGATES.sub("\ufffd", text)
    line = _ANSI.sub("", text).expandtabs(8)
    line = _CONTROLS.sub("", _BREAKS.sub(" ", line)).rstrip()
    if "://" in line:
        line = _URL_SECRET.sub(r"\1", _WEB_USER.sub(r"\1", line))
    return without_secret_parameters(line)


def without_secret_parameters(text: str) -> str:
    """The text with `***` for the values of URL parameters that log in, as `?access_token=…`."""
    return _SECRET_PARAMETER.sub(r"\1***", text) if "?" in text else text
