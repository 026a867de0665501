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
            lines = [*workspace.warnings, *chosen.warnings, *(repo.error for repo in workspace.repos)]
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
