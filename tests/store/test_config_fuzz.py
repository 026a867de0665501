import random
import re
import tempfile
from pathlib import Path

import tomli_w
from hypothesis import given, settings
from hypothesis import strategies as st

from tui.git.repo import Repo
from tui.store.config import ConfigError, load_workspace
from tui.store.entry import ALLOWED
from tui.store.settings import SETTINGS, resolve

HUGE = "@huge@"
"""Stands for a number that Python cannot print, so neither tomli-w nor a report of hypothesis could."""
NASTY = st.sampled_from(
    [
        "",
        "-",
        "..",
        "/",
        "~",
        "~x",
        "a\x00b",
        "\x1b[2J",
        "a\nb",
        "https://u:p@[",
        "ext::x",
        "x" * 5000,
        "\u202e",
        "é",
        "://",
        "::",
    ]
)
TEXT = NASTY | st.text(st.characters(codec="utf-8"), max_size=20)
SCALAR = TEXT | st.integers(-(2**80), 2**80) | st.floats() | st.booleans() | st.datetimes() | st.dates()
VALUE = st.recursive(
    SCALAR, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXT, inner, max_size=3), max_leaves=5
)
ENTRY = VALUE | st.dictionaries(st.sampled_from(list(ALLOWED)) | TEXT, VALUE, max_size=5)
DATA = st.fixed_dictionaries(
    {},
    optional={
        "settings": VALUE | st.dictionaries(st.sampled_from(list(SETTINGS)) | TEXT, VALUE, max_size=4),
        "workspaces": VALUE
        | st.dictionaries(TEXT, VALUE | st.dictionaries(TEXT, ENTRY, max_size=4), max_size=3),
        "other": VALUE,
    },
)
CONTROLS = re.compile(r"[\x00-\x1f\x7f-\x9f\u202e]")


def checked(content: bytes) -> None:
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "synctui.toml"
        file.write_bytes(content)
        try:
            workspace = load_workspace(file, file.parent, {})
        except ConfigError as error:
            lines = [str(error)]
        else:
            chosen = resolve({}, {}, workspace.settings, len(workspace.repos), 4, file_name=str(file))
            lines = [
                *workspace.warnings,
                *chosen.warnings,
                *(line for repo in workspace.repos for line in repo.error.split("\n")),
            ]
            ids = [repo.id for repo in workspace.repos]
            assert len(set(ids)) == len(ids)
            assert [name for name in ids if not re.fullmatch(r"[a-z0-9._/-]+", name)] == []
            assert [repo for repo in workspace.repos if not repo.error and leaves(repo)] == []
    assert [line for line in lines if CONTROLS.search(line)] == []


def leaves(repo: Repo) -> bool:
    assert repo.root is not None
    return ".." in repo.path.parts or not repo.path.is_relative_to(repo.root)


@settings(max_examples=50, deadline=None)
@given(DATA)
def test_any_toml_gives_repos_or_clear_errors(data):
    checked(tomli_w.dumps(data).encode().replace(f'"{HUGE}"'.encode(), b"0x" + b"f" * 5000))


@settings(max_examples=100, deadline=None)
@given(st.binary(max_size=60))
def test_any_bytes_give_repos_or_one_line(content):
    checked(content)


SOUND = b"""
[settings]
jobs = 8
stall_timeout = "90s"
color = "always"

[workspaces."~/work/python"]
flask = "https://github.com/pallets/flask.git"
click = { url = "git@github.com:pallets/click.git", branch = "main", tags = ["cli"], depth = 1 }
local = { url = "/srv/a.git", path = "deep/place", rev = "v1", remote = "fork", strategy = "fetch" }

[workspaces."pinned".jinja]
url = "ssh://git@h.example/jinja.git"
filter = "blob:none"
timeout = 3.5
enabled = false
"""
SHREDS = [
    b"\xff",
    b"",
    b"\0",
    b"\x1b[2J",
    b"\n",
    b"\r",
    "\u202e".encode(),
    b"9" * 5000,
    b"\\u001b",
    b"1979-05-27",
]
SHREDS += b"- .. / ~ ' \" = [ ] { } # , ext:: true nan".split()


def damaged(chance: random.Random) -> bytes:
    """The file after one to four accidents: a piece of it is overwritten by something, or by another piece."""
    content = SOUND
    for _ in range(chance.randint(1, 4)):
        start = chance.randrange(len(content) + 1)
        end = start + chance.choice((0, 1, 1, 5, 40, 400))
        other = chance.randrange(len(SOUND))
        put = chance.choice((*SHREDS, bytes([chance.randrange(256)]), SOUND[other : other + 60]))
        content = content[:start] + put + content[end:]
    return content


def test_ten_thousand_damaged_files_give_repos_or_clear_errors():
    for number in range(10_000):
        content = damaged(random.Random(number))
        try:
            checked(content)
        except Exception as error:
            raise AssertionError(f"file {number}: {content!r}") from error
