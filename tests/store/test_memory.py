import os
import tomllib
from pathlib import Path

import pytest

from tui.store.memory import Memory
from tui.store.paths import StateError, config_file, home_short, make_state_folders, memory_file, state_folder

HERE = Path("/srv/synctui.toml")


def test_a_limit_is_found_again(tmp_path):
    file = tmp_path / "memory.toml"
    Memory(file).set_jobs(HERE, 6)
    Memory(file).set_jobs(Path('/else/"odd"\n'), 2)
    memory = Memory(file)

    assert (
        memory.jobs(HERE),
        memory.jobs(Path('/else/"odd"\n')),
        memory.jobs(Path("/new")),
        memory.warning,
    ) == (6, 2, None, "")
    assert [entry.name for entry in tmp_path.iterdir()] == ["memory.toml"]
    assert file.stat().st_mode & 0o777 == 0o600


def test_without_a_file_nothing_is_remembered(tmp_path):
    memory = Memory(tmp_path / "memory.toml")

    assert (memory.jobs(HERE), memory.warning) == (None, "")


@pytest.mark.parametrize("content", [b"jobs = ", b"\xff\xfe", b"x = " + b"[" * 5000])
def test_a_damaged_file_is_said_ignored_and_replaced(tmp_path, content):
    file = tmp_path / "memory.toml"
    file.write_bytes(content)
    memory = Memory(file)

    assert (memory.jobs(HERE), memory.warning) == (None, f"{file}: damaged, so nothing is remembered")
    memory.set_jobs(HERE, 3)
    assert (Memory(file).jobs(HERE), Memory(file).warning) == (3, "")


@pytest.mark.parametrize("value", ["0", "65", '"8"', "true", "[]"])
def test_a_limit_that_is_not_allowed_is_none(tmp_path, value):
    file = tmp_path / "memory.toml"
    file.write_text(f'[jobs]\n"{HERE}" = {value}\n')

    assert Memory(file).jobs(HERE) is None


def test_what_a_newer_version_keeps_stays(tmp_path):
    file = tmp_path / "memory.toml"
    file.write_text("[marks]\na = [1]\n")
    Memory(file).set_jobs(HERE, 3)

    assert tomllib.loads(file.read_text()) == {"marks": {"a": [1]}, "jobs": {str(HERE): 3}}


def test_a_failed_write_leaves_the_old_file_and_nothing_beside_it(tmp_path, monkeypatch):
    file = tmp_path / "memory.toml"
    Memory(file).set_jobs(HERE, 6)

    def full(_handle):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(StateError) as caught:
        Memory(file).set_jobs(HERE, 7)

    assert str(caught.value) == f"{file}: cannot be written: No space left on device"
    assert (Memory(file).jobs(HERE), list(tmp_path.iterdir())) == (6, [file])


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
