import os
import shlex
import subprocess

import pytest

from tui.git.clean import clean_text, shell_word
from tui.git.repo import public_url

WALES = "\U0001f3f4\U000e0067\U000e0062\U000e0077\U000e006c\U000e0073\U000e007f"


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
        ("left\u202eright\u2066", "left\ufffdright\ufffd"),
        ("a\u061cb\u200ec\u200fd\u202ae\u2069f\ufeffg", "a\ufffdb\ufffdc\ufffdd\ufffde\ufffdf\ufffdg"),
        ("pay\u200bpal \u2060x\u00ad\u3164", "pay\ufffdpal \ufffdx\ufffd\ufffd"),
        ("pay\u200dpal\ufe0f", "pay\ufffdpal\ufffd"),
        (
            "\U0001f469\u200d\U0001f4bb \u26a0\ufe0f \u0645\u06cc\u200c\u062e",
            "\U0001f469\u200d\U0001f4bb \u26a0\ufe0f \u0645\u06cc\u200c\u062e",
        ),
        # Hidden behind what is no ASCII, but needs none of it.
        ("caf\xe9\u200d\xe9 \xe9\ufe0f \u65e5\U000e0041", "caf\xe9\ufffd\xe9 \xe9\ufffd \u65e5\ufffd"),
        ("\u0645\u200c \U0001f469\u200d\u200d\U0001f4bb", "\u0645\ufffd \U0001f469\ufffd\ufffd\U0001f4bb"),
        ("\xa9\ufe0f \u26a0\ufe0f\ufe0f", "\xa9\ufe0f \u26a0\ufe0f\ufffd"),
        (f"{WALES} \U0001f3f4\U000e0067", f"{WALES} \U0001f3f4\ufffd"),
        ("a\tb", "a       b"),
        ("one\ntwo\r\nthree\u2028four", "one two three\ufffdfour"),
        ("one\rtwo", "one two"),
        ("one\vtwo\fthree\u2029four", "one two three\ufffdfour"),
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
    "\uffa0\ufff9\ufffb\U000e0041\U000e0100\u061c\u200e\u202a\u202e\u2066\u2069\ufeff\u2028\u2029\u2065\U0001d173",
)
def test_what_cannot_be_seen_is_shown_as_such(sign: str):
    assert clean_text(f"main{sign}") == "main\ufffd"


@pytest.mark.parametrize("word", ["plain", "it's $(x) here", "gr\xfcn \u65e5\u672c", ""])
def test_a_word_of_the_shell_is_quoted_as_usual(word: str):
    assert shell_word(word) == shlex.quote(word)


@pytest.mark.parametrize(
    ("word", "quoted"),
    [
        ("proj\u202e", r"$'proj\xe2\x80\xae'"),
        ("it's\\\u200bx", r"$'it\'s\\\xe2\x80\x8bx'"),
        ("caf\udce9", r"$'caf\xe9'"),
        ("a\nb\x1b[31m\t", r"$'a\x0ab\x1b[31m\x09'"),
        ("\U0001f469\u200d\u26a0\ufe0f", "$'\U0001f469\\xe2\\x80\\x8d\u26a0\\xef\\xb8\\x8f'"),
        ("\u3164\xa0\u2028", r"$'\xe3\x85\xa4\xc2\xa0\xe2\x80\xa8'"),
    ],
)
def test_what_may_not_be_shown_stands_in_a_command_by_its_bytes(word: str, quoted: str):
    assert shell_word(word) == quoted
    assert clean_text(quoted) == quoted
    said = subprocess.run(["bash", "-c", f"printf %s {quoted}"], capture_output=True, check=True).stdout
    assert said == os.fsencode(word)


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
