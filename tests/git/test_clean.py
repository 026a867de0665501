import pytest

from tui.git.clean import clean_text
from tui.git.repo import public_url


@pytest.mark.parametrize(
    ("text", "clean"),
    [
        (b"plain", "plain"),
        ("grün 日本 🎉", "grün 日本 🎉"),
        (b"caf\xe9", "caf\ufffd"),
        ("caf\udce9", "caf\ufffd"),
        ("half \ud83d", "half \ufffd"),
        ("\x1b[31mred\x1b[0m", "red"),
        ("\x1b]0;title\x07text", "text"),
        ("\x1b]8;;http://x\x1b\\link\x1b]8;;\x1b\\", "link"),
        ("\x1b]52;c;never ended", ""),
        ("a\x1b]0;two\nlines\x07b", "ab"),
        ("a\x1bPdevice\x1b\\b\x1bXstring\x07c\x1b^private\x1b\\d\x1b_program\x07e", "abcde"),
        ("\x1bcreset \x1b(B", "reset"),
        (b"\xc2\x9b31mC1", "C1"),
        ("a\x00b\x07c\x7fd\x85e", "abcd e"),
        ("no\x84 C1\x9d", "no C1"),
        ("left\u202eright\u2066", "leftright"),
        ("a\u061cb\u200ec\u200fd\u202ae\u2069f\ufeffg", "abcdefg"),
        ("pay\u200bpal \u2060x\u00ad\u3164", "pay\ufffdpal \ufffdx\ufffd\ufffd"),
        ("pay\u200dpal\ufe0f", "pay\ufffdpal\ufffd"),
        (
            "\U0001f469\u200d\U0001f4bb \u26a0\ufe0f \u0645\u06cc\u200c\u062e",
            "\U0001f469\u200d\U0001f4bb \u26a0\ufe0f \u0645\u06cc\u200c\u062e",
        ),
        ("a\tb", "a       b"),
        ("one\ntwo\r\nthree\u2028four", "one two three four"),
        ("one\rtwo", "one two"),
        ("one\vtwo\fthree\u2029four", "one two three four"),
        ("  indented  ", "  indented"),
        ("[bold]markup[/]", "[bold]markup[/]"),
        ("get https://ann:se@cret@h.org/x now", "get https://h.org/x now"),
        ("'https://TOKEN@h.org/x'", "'https://h.org/x'"),
        ("HTTP://TOKEN@h.org/x", "HTTP://h.org/x"),
        ("ssh://git@h.org/x", "ssh://git@h.org/x"),
        ("ssh://git:secret@h.org/x", "ssh://git@h.org/x"),
        ("ssh://:secret@h.org/x", "ssh://h.org/x"),
        ("https://ann:sec#ret@h.org/x", "https://h.org/x"),
        ("'https://h.org/x#secret/info/refs'", "'https://h.org/x#***'"),
        ("From https://h.org/x.git#secret", "From https://h.org/x.git#***"),
        ("see https://h.org/help#token for more", "see https://h.org/help#token for more"),
        ("https://h.org/x#access_token=secret", "https://h.org/x#access_token=***"),
        ("git://:secret@h.org/x", "git://h.org/x"),
        ("https://h.org/a@b", "https://h.org/a@b"),
        (
            "'https://h.org/x.git?access_token=SECRET&a=b/info/refs'",
            "'https://h.org/x.git?access_token=***&a=b/info/refs'",
        ),
        ("https://h.org/x?a=b&Private_Token=SECRET now", "https://h.org/x?a=b&Private_Token=*** now"),
        ("is it token=5? yes", "is it token=5? yes"),
    ],
)
def test_clean_text(text: bytes | str, clean: str):
    assert clean_text(text) == clean


@pytest.mark.parametrize(
    "sign",
    "\xad\u034f\u115f\u1160\u17b4\u17b5\u180b\u180f\u200b\u200c\u200d\u2060\u2064\u206a\u206f\u3164\ufe00\ufe0f"
    "\uffa0\ufff9\ufffb\U000e0041\U000e0100",
)
def test_what_cannot_be_seen_is_shown_as_such(sign: str):
    assert clean_text(f"main{sign}") == "main\ufffd"


@pytest.mark.parametrize(
    "name",
    [
        "token",
        "access-token",
        "passwd",
        "password",
        "pwd",
        "secret",
        "apikey",
        "api_key",
        "signature",
        "auth",
        "JWT",
    ],
)
@pytest.mark.parametrize("mark", "?&;")
def test_a_parameter_that_logs_in(name: str, mark: str):
    assert clean_text(f"https://h.org/x?a{mark}{name}=hush#end") == f"https://h.org/x?a{mark}{name}=***#end"


@pytest.mark.parametrize(
    ("url", "public"),
    [
        ("https://ann:hush@h.org/x", "https://h.org/x"),
        ("https://TOKEN@h.org:8443/x?a=b", "https://h.org:8443/x?a=b"),
        ("https://ann:hu#sh@h.org/x", "https://h.org/x"),
        ("https://ann:hu?sh@h.org/x", "https://h.org/x"),
        ("https://ann:it's hush@h.org/x", "https://h.org/x"),
        ("https://h.org/x#hush", "https://h.org/x#***"),
        ("https://h.org/x?token=hush#hush", "https://h.org/x?token=***#***"),
        ("ssh://git:hush@h.org:22/x", "ssh://git@h.org:22/x"),
        ("ssh://git@h.org/x", "ssh://git@h.org/x"),
        ("git@h.org:x#y", "git@h.org:x#y"),
        ("file:///srv/x", "file:///srv/x"),
        ("https://[half/x", "https://[half/x"),
        (None, None),
    ],
)
def test_a_url_as_it_may_be_shown(url: str | None, public: str | None):
    assert public_url(url) == public
