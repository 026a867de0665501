"""What a failed git has half written goes; what another git writes, or wrote long ago, stays."""

import os
from pathlib import Path

from tests.kit import repos
from tui.git.half_written import remove_half_written


def test_only_what_is_new_and_nobody_has_open_goes(tmp_path: Path) -> None:
    checkout = repos.clone(repos.make_remote(tmp_path / "remote.git", 1), tmp_path / "co")
    packs = checkout / ".git/objects/pack"
    packs.mkdir(exist_ok=True)
    ours, old, theirs = (packs / f"tmp_pack_{name}" for name in ("ours", "old", "theirs"))
    object_ = checkout / ".git/objects/ab/tmp_obj_ours"
    object_.parent.mkdir()
    for file in (ours, old, object_):
        file.touch()
    os.utime(old, (1, 1))
    with theirs.open("w"):
        remove_half_written(checkout, since=2)
    assert [file.exists() for file in (ours, object_, old, theirs)] == [False, False, True, True]


def test_those_of_submodules_go_too(tmp_path: Path) -> None:
    """And of submodules of theirs; a name may hold slashes."""
    checkout = repos.clone(repos.make_remote(tmp_path / "remote.git", 1), tmp_path / "co")
    modules = checkout / ".git/modules"
    packs = [modules / name / "objects/pack" for name in ("lib/part", "lib/part/modules/inner")]
    left = [pack / f"tmp_{kind}_x" for pack in packs for kind in ("pack", "idx", "rev")]
    for file in left:
        file.parent.mkdir(parents=True, exist_ok=True)
        file.touch()
    remove_half_written(checkout, since=2)
    assert [file for file in left if file.exists()] == []
