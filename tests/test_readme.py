"""The tables of the README are those of the program. `python -m tests.test_readme` writes them anew."""

import re
from collections.abc import Callable
from pathlib import Path

import pytest

from tui.app.actions import key_table
from tui.store.entry import ALLOWED
from tui.store.settings import SETTINGS

README = Path(__file__).parent.parent / "README.md"


def settings_table() -> str:
    rows = [
        f"| `{setting.flag}` | `{setting.variable}` | `{setting.key}` | {setting.help} | {setting.default_text} |"
        for setting in SETTINGS.values()
    ]
    return "\n".join(["| flag | variable | key | does | default |", "| --- | --- | --- | --- | --- |", *rows])


def entry_table() -> str:
    rows = [f"| `{option}` | {allowed} |" for option, allowed in ALLOWED.items()]
    return "\n".join(["| option | takes |", "| --- | --- |", *rows])


TABLES: dict[str, Callable[[], str]] = {"keys": key_table, "settings": settings_table, "entry": entry_table}


def section(name: str) -> re.Pattern[str]:
    return re.compile(rf"(?<=<!-- {name} -->\n).*?(?=<!-- /{name} -->)", re.DOTALL)


@pytest.mark.parametrize("name", TABLES)
def test_the_table_is_that_of_the_program(name: str) -> None:
    found = section(name).search(README.read_text())
    assert found is not None
    assert found[0] == TABLES[name]() + "\n"


def test_every_picture_of_the_readme_is_there() -> None:
    pictures = re.findall(r"!\[[^]]*\]\(([^)]+)\)", README.read_text())
    assert pictures
    for picture in pictures:
        assert (README.parent / picture).is_file(), picture


if __name__ == "__main__":
    text = README.read_text()
    for name, table in TABLES.items():
        text = section(name).sub(lambda _, table=table: table() + "\n", text)
    README.write_text(text)
