"""The tables of the pages are those of the program and of the tests. `python -m tests.test_readme` writes them anew."""

import re
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.torture.corpus import CASES, PARTS
from tui.app.actions import key_table
from tui.store.entry import ALLOWED
from tui.store.settings import SETTINGS

README = Path(__file__).parent.parent / "README.md"
PROMISES = Path(__file__).parent / "torture/README.md"


def settings_table() -> str:
    rows = [
        f"| `{setting.flag}` | `{setting.variable}` | `{setting.key}` | {setting.help} | {setting.default_text} |"
        for setting in SETTINGS.values()
    ]
    return "\n".join(["| flag | variable | key | does | default |", "| --- | --- | --- | --- | --- |", *rows])


def entry_table() -> str:
    rows = [f"| `{option}` | {allowed} |" for option, allowed in ALLOWED.items()]
    return "\n".join(["| option | takes |", "| --- | --- |", *rows])


def cases_table() -> str:
    rows = []
    for part in PARTS:
        file = f"{part.__name__.rpartition('.')[2]}.py"
        rows.append(f"| [{file}]({file}) | {(part.__doc__ or '').strip()} | {len(part.CORPUS)} |")
    ends = len({(case.state, case.reason) for case in CASES})
    rows.append(f"| **together** | **{ends} different ends** | **{len(CASES)}** |")
    return "\n".join(["| file | what | cases |", "| --- | --- | --- |", *rows])


Table = Callable[[], str]
TABLES: dict[tuple[Path, str], Table] = {
    (README, "keys"): key_table,
    (README, "settings"): settings_table,
    (README, "entry"): entry_table,
    (PROMISES, "cases"): cases_table,
}


def section(name: str) -> re.Pattern[str]:
    return re.compile(rf"(?<=<!-- {name} -->\n).*?(?=<!-- /{name} -->)", re.DOTALL)


@pytest.mark.parametrize(("page", "name"), TABLES, ids=lambda value: getattr(value, "name", value))
def test_the_table_is_that_of_the_program(page: Path, name: str) -> None:
    found = section(name).search(page.read_text())
    assert found is not None
    assert found[0] == TABLES[page, name]() + "\n", "write it anew: python -m tests.test_readme"


def test_every_file_that_a_page_names_is_there() -> None:
    for page in (README, PROMISES):
        named = re.findall(r"\]\(([^)#:]+)\)", page.read_text())
        assert named
        for name in named:
            assert (page.parent / name).is_file(), name


def test_every_test_that_the_promises_name_is_there() -> None:
    """In backquotes: a path from the top, or a file beside the page."""
    named = re.findall(r"`([a-z_/0-9]+\.py)`", PROMISES.read_text())
    assert named
    for name in named:
        assert (README.parent / name).is_file() or (PROMISES.parent / name).is_file(), name


if __name__ == "__main__":
    for (page, name), table in TABLES.items():
        text = section(name).sub(lambda _, table=table: table() + "\n", page.read_text())
        page.write_text(text)
