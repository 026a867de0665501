import os
import subprocess
import sys
from pathlib import Path

import pytest_textual_snapshot
from textual import constants

REPORT = """
import pytest_textual_snapshot
import tests.conftest
from textual import constants, filter
print(constants.DEFAULT_THEME, constants.TEXTUAL_ANIMATIONS, filter.DIM_FACTOR)
"""


def test_git_and_the_program_see_an_empty_home(sandbox: Path) -> None:
    assert Path.home() == sandbox
    assert list(sandbox.iterdir()) == []
    listed = subprocess.run(
        ["git", "config", "--list"], cwd=sandbox, capture_output=True, text=True, check=True
    )
    assert listed.stdout == ""
    assert [name for name in os.environ if name.startswith("SYNCTUI_")] == []
    assert constants.TEXTUAL_ANIMATIONS == "none"


def test_textual_forgets_the_person_even_when_it_was_imported_first() -> None:
    theirs = {"TEXTUAL_THEME": "nord", "TEXTUAL_DIM_FACTOR": "10", "TEXTUAL_ANIMATIONS": "full"}
    ran = subprocess.run(
        [sys.executable, "-c", REPORT],
        env={**os.environ, **theirs},
        capture_output=True,
        text=True,
        check=True,
    )
    assert ran.stdout == "textual-dark none 0.66\n"


def test_class_names_of_a_picture_do_not_depend_on_its_content() -> None:
    picture = pytest_textual_snapshot.SVGImageExtension()
    assert picture.file_extension == "svg"
    assert picture.serialize('<g class="terminal-31415-r1">') == '<g class="terminal-0-r1">'
