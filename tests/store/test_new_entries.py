"""How entries get into a file that a person wrote: behind it, and so that nothing else in it changes."""

import tomllib
from pathlib import Path

import pytest

from tui.store import new_entries
from tui.store.config import ConfigError, parse_workspace, read_workspace
from tui.store.new_entries import NewEntry, add_to_file, checked, toml, unlisted

URL = {"url": "https://h/x"}


def add(folder: Path, before: str, *names: str, options: dict[str, object] | None = None) -> str:
    """What stands behind the text `before` once entries are added to the folder `co`."""
    file = folder / "synctui.toml"
    file.write_text(before)
    old = read_workspace(file).repos
    entries = [NewEntry(folder / "co", name, URL | (options or {})) for name in names]
    added = add_to_file(file, entries)
    repos = read_workspace(file).repos
    assert {repo.path for repo in added} == {entry.path for entry in entries}
    assert [repo.error for repo in added] == [""] * len(names)
    assert [repo for repo in repos if repo not in added] == list(old)
    text = file.read_text()
    assert text.startswith(before)
    return text.removeprefix(before)


def test_the_last_table_goes_on(tmp_path):
    assert add(tmp_path, '[workspaces."co"]\na = "https://h/a"', "c", "b d") == (
        '\n"b d" = "https://h/x"\nc = "https://h/x"\n'
    )


def test_a_table_that_is_closed_gets_tables(tmp_path):
    before = '[workspaces."co"]\na = "https://h/a"\n[settings]\njobs = 3\n'
    assert add(tmp_path, before, "c", "b/d", options={"tags": ["x", "y"]}) == (
        '\n[workspaces.co."b/d"]\nurl = "https://h/x"\ntags = ["x", "y"]\n'
        '\n[workspaces.co.c]\nurl = "https://h/x"\ntags = ["x", "y"]\n'
    )


def test_the_table_of_an_entry_does_not_swallow_the_next(tmp_path):
    before = '[workspaces."co".a]\nurl = "https://h/a"\n'
    assert add(tmp_path, before, "path") == '\n[workspaces.co]\npath = "https://h/x"\n'
    assert add(tmp_path, before + '[workspaces."co".b]\n', "branch", options={"branch": "main"}) == (
        '\n[workspaces.co]\nbranch = { url = "https://h/x", branch = "main" }\n'
    )


def test_a_folder_in_braces_is_named_in_other_words(tmp_path):
    assert add(tmp_path, '[workspaces]\n"co" = { a = "https://h/a" }\n', "b") == (
        '\n[workspaces."co/."]\nb = "https://h/x"\n'
    )


def test_no_other_entry_gets_another_id(tmp_path):
    before = '[workspaces."co"]\na = "https://h/a"\n[workspaces."other/co"]\nb = "https://h/b"\n'
    assert add(tmp_path, before, "b") == '\n[workspaces."co/."]\nb = "https://h/x"\n'
    assert [repo.id for repo in read_workspace(tmp_path / "synctui.toml").repos] == ["co/a", "co/b", "co/b-2"]


def test_a_folder_that_is_not_there_yet_gets_its_heading(tmp_path):
    table = f'[workspaces."{tmp_path}/co"]\nb = "https://h/x"\n'
    assert add(tmp_path, "", "b") == table
    assert add(tmp_path, "[settings]\njobs = 2 # few", "b") == f"\n\n{table}"


@pytest.mark.parametrize("before", ["workspaces = {}\n", 'workspaces = { "co" = { a = "https://h/a" } }\n'])
def test_what_cannot_be_added_to_stays_as_it_is_and_the_line_is_given(tmp_path, before):
    with pytest.raises(ConfigError) as caught:
        add(tmp_path, before, "b")
    assert str(caught.value).endswith('put it there by hand: b = "https://h/x"')
    assert (tmp_path / "synctui.toml").read_text() == before


def test_a_mistake_of_the_person_elsewhere_is_left_alone(tmp_path):
    before = '[workspaces."co"]\na = { ulr = "https://h/a" }\n'
    assert add(tmp_path, before, "b") == 'b = "https://h/x"\n'


def test_every_value_comes_back(tmp_path):
    options = {"url": 'https://h/"q"', "depth": 2, "enabled": False, "tags": ["ä", "b"], "branch": "x'y"}
    entries = [NewEntry(tmp_path, name, options) for name in ('q"uote', "ünder", "a.b", "-x")]
    assert tomllib.loads(toml(entries)) == {
        "workspaces": {str(tmp_path): {entry.name: options for entry in entries}}
    }


def test_of_paths_that_lead_to_one_repository_the_first_is_taken(tmp_path):
    (tmp_path / "a/.git").mkdir(parents=True)
    (tmp_path / "b").symlink_to(tmp_path / "a")
    entries = [NewEntry(tmp_path, name, {}) for name in ("b", "a", "missing", "missing")]

    new, notes = unlisted(entries, ())

    assert [entry.name for entry in new] == ["a", "missing"]
    assert notes == [f"{tmp_path}/b: is {tmp_path}/a", f"{tmp_path}/missing: is {tmp_path}/missing"]


def test_a_path_as_url_is_meant_from_where_the_entry_comes_from(tmp_path):
    good, _, refused = checked([NewEntry(tmp_path, "a", {"url": "srv/a.git"})], tmp_path / "list.yaml")
    assert ([entry.options["url"] for entry in good], refused) == ([f"{tmp_path}/srv/a.git"], [])


def test_what_somebody_else_writes_meanwhile_is_not_lost(tmp_path, monkeypatch):
    file = tmp_path / "synctui.toml"
    file.write_text("")

    def while_reading(content, file):
        file.write_text("# by somebody else")
        return parse_workspace(content, file)

    monkeypatch.setattr(new_entries, "parse_workspace", while_reading)
    with pytest.raises(ConfigError) as caught:
        add_to_file(file, [NewEntry(tmp_path, "a", URL)])
    assert str(caught.value) == f"{file}: changed at this moment by somebody else; try again"
    assert file.read_text() == "# by somebody else"
