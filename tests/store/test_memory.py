import os
import tomllib
from pathlib import Path

import pytest

from tui.store.memory import Memory
from tui.store.paths import StateError, config_file, home_short, make_state_folders, memory_file, state_folder
from tui.store.settings import Layer, resolve

HERE = Path("/srv/synctui.toml")


def test_what_was_set_is_found_again(tmp_path):
    file = tmp_path / "memory.toml"
    Memory(file).set(HERE, "jobs", 6)
    Memory(file).set(Path('/else/"odd"\n'), "jobs", 2)
    Memory(file).set(HERE, "theme", "nord")
    Memory(file).set(HERE, "timeout", 90.0)
    memory = Memory(file)

    assert [memory.settings(path) for path in (HERE, Path('/else/"odd"\n'), Path("/new"))] == [
        {"timeout": 90.0, "theme": "nord", "jobs": 6},
        {"timeout": 90.0, "theme": "nord", "jobs": 2},
        {"timeout": 90.0, "theme": "nord"},
    ]
    assert (memory.warning, memory.is_new) == ("", False)
    memory.set(HERE, "timeout", None)
    memory.set(HERE, "jobs", None)
    assert Memory(file).settings(HERE) == {"theme": "nord"}


def test_without_a_file_nothing_is_remembered_until_the_person_is_greeted(tmp_path):
    memory = Memory(tmp_path / "memory.toml")

    assert (memory.settings(HERE), memory.warning, memory.is_new) == ({}, "", True)
    memory.greet()
    assert not Memory(tmp_path / "memory.toml").is_new


@pytest.mark.parametrize("content", [b"jobs = ", b"\xff\xfe", b"x = " + b"[" * 5000])
def test_a_damaged_file_is_said_ignored_and_kept_aside_before_a_new_one(tmp_path, content):
    file, aside = tmp_path / "memory.toml", tmp_path / "memory.toml.damaged"
    file.write_bytes(content)
    memory = Memory(file)

    kept = "the next change keeps it as memory.toml.damaged"
    damaged = f"{file}: damaged, so nothing is remembered; {kept}"
    assert (memory.settings(HERE), memory.warning, memory.is_new) == ({}, damaged, False)
    assert (file.read_bytes(), aside.exists()) == (content, False)
    memory.set(HERE, "jobs", 3)
    memory.set(HERE, "retry", 1)
    assert (Memory(file).settings(HERE), Memory(file).warning) == ({"jobs": 3, "retry": 1}, "")
    assert (aside.read_bytes(), sorted(tmp_path.iterdir())) == (content, [file, aside])


def test_what_is_damaged_again_is_kept_beside_the_older_one(tmp_path):
    file = tmp_path / "memory.toml"
    for number in range(3):
        file.write_text(f"damage {number}")
        Memory(file).greet()

    aside = {path.name: path.read_text() for path in tmp_path.glob("*.damaged*")}
    assert aside == {
        "memory.toml.damaged": "damage 0",
        "memory.toml.damaged1": "damage 1",
        "memory.toml.damaged2": "damage 2",
    }


@pytest.mark.parametrize("value", ["0", "65", '"8"', "true", "[]"])
def test_a_value_that_is_not_allowed_is_a_warning_and_the_default_counts(tmp_path, value):
    file = tmp_path / "memory.toml"
    file.write_text(f'[jobs]\n"{HERE}" = {value}\n')
    settings = resolve({}, {}, {}, 3, 4, remembered=Memory(file).settings(HERE))

    assert (settings.jobs, settings.source["jobs"]) == (3, Layer.DEFAULT)
    assert [line.partition(":")[0] for line in settings.warnings] == ["remembered jobs ignored"]


@pytest.mark.parametrize("damaged", ["jobs = 3", "settings = []"])
def test_a_table_that_is_none_counts_as_empty(tmp_path, damaged):
    file = tmp_path / "memory.toml"
    file.write_text(damaged)

    assert Memory(file).settings(HERE) == {}


def test_what_a_newer_version_keeps_stays_and_no_other_setting_counts(tmp_path):
    file = tmp_path / "memory.toml"
    file.write_text("[marks]\na = [1]\n[settings]\nfont = 3\ndry_run = true\n")
    memory = Memory(file)
    assert memory.settings(HERE) == {}
    memory.set(HERE, "jobs", 3)
    memory.set(HERE, "retry", 1)

    assert tomllib.loads(file.read_text()) == {
        "marks": {"a": [1]},
        "jobs": {str(HERE): 3},
        "settings": {"font": 3, "dry_run": True, "retry": 1},
    }


def test_a_failed_write_leaves_the_old_file_and_nothing_beside_it(tmp_path, monkeypatch):
    file = tmp_path / "memory.toml"
    Memory(file).set(HERE, "jobs", 6)

    def full(_handle):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(StateError) as caught:
        Memory(file).set(HERE, "jobs", 7)

    assert str(caught.value) == f"{file}: cannot be written: No space left on device"
    assert (Memory(file).settings(HERE), list(tmp_path.iterdir())) == ({"jobs": 6}, [file])


def test_an_unreadable_file_is_said(tmp_path):
    (tmp_path / "memory.toml").mkdir()

    memory = Memory(tmp_path / "memory.toml")

    assert memory.warning == f"{tmp_path}/memory.toml: cannot be read: Is a directory; nothing is remembered"


def test_folders_of_the_state_are_private(sandbox):
    state = sandbox / ".local/state/synctui"
    state.mkdir(parents=True, mode=0o755)

    assert (state_folder(), memory_file()) == (state, state / "memory.toml")
    make_state_folders()
    assert [folder.stat().st_mode & 0o777 for folder in (state, state / "locks")] == [0o700, 0o700]
    assert config_file() == sandbox / ".config/synctui/config.toml"


def test_a_file_where_the_state_folder_should_be_is_named(sandbox):
    state = sandbox / ".local/state/synctui"
    state.parent.mkdir(parents=True)
    state.write_text("")

    with pytest.raises(StateError) as caught:
        make_state_folders()

    assert str(caught.value) == f"{state}: no usable state folder: File exists"


def test_home_is_short(sandbox):
    assert [home_short(path) for path in (sandbox, sandbox / "a/b", Path("/x"))] == ["~", "~/a/b", "/x"]


def test_how_it_was_left_is_that_of_a_workspace_and_leaves_the_rest_alone(tmp_path):
    file = tmp_path / "memory.toml"
    Memory(file).set(HERE, "jobs", 6)
    Memory(file).leave(HERE, {"tab": "queue", "marks": ["a", "b"]})
    Memory(file).leave(Path("/else"), {"tab": "repos"})
    Memory(file).leave(HERE, {"tab": "arrived", "marks": []})
    memory = Memory(file)

    assert memory.left(HERE) == {"tab": "arrived", "marks": []}
    assert (memory.left(Path("/else")), memory.left(Path("/new"))) == ({"tab": "repos"}, None)
    assert memory.settings(HERE) == {"jobs": 6}


def test_views_are_those_of_a_workspace_and_leave_the_rest_alone(tmp_path):
    file = tmp_path / "memory.toml"
    Memory(file).set(HERE, "jobs", 6)
    view = {"words": 'tag:web "odd"', "tab": "repos", "sort": "behind", "descending": True}
    Memory(file).save_view(HERE, 5, {**view, "words": ""})
    Memory(file).save_view(HERE, 5, view)
    Memory(file).save_view(HERE, 9, view)
    Memory(file).save_view(Path("/else"), 5, {**view, "tab": "queue"})
    memory = Memory(file)

    assert memory.views(HERE) == {"5": view, "9": view}
    assert memory.views(Path("/else")) == {"5": {**view, "tab": "queue"}}
    assert memory.views(Path("/new")) == {}
    assert memory.settings(HERE) == {"jobs": 6}
