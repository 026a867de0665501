"""git's files, read in this process, say what git says of them; or git is asked."""

import os
import string
import subprocess
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.git.conftest import World, commit, git
from tui.git.files.config import parse_file, persons, read_settings
from tui.git.files.objects import missing_objects
from tui.git.files.plain import NotPlain, check_plain
from tui.git.files.refs import read_refs
from tui.git.gauge import Gauge
from tui.git.process import Deadlines, GitRunner
from tui.git.refs import LIST_REFS, parse_refs
from tui.git.remote import LIST_CONFIG, parse_config
from tui.git.stop import StopSignal

_QUICK = settings(
    max_examples=60, deadline=None, derandomize=True, database=None, suppress_health_check=list(HealthCheck)
)


def listed(file: Path) -> list[tuple[str, str]] | None:
    """What git makes of the file; None: it refuses it."""
    ran = subprocess.run(["git", "config", "-z", "--list", "--file", file], capture_output=True, check=False)
    if ran.returncode:
        return None
    words = ran.stdout.decode("utf-8", "surrogateescape").split("\0")[:-1]
    return [word.partition("\n")[::2] for word in words]


def parsed(file: Path) -> list[tuple[str, str]] | None:
    try:
        return list(parse_file(file.read_bytes().decode("utf-8", "surrogateescape")))
    except NotPlain:
        return None


@_QUICK
@given(
    value=st.text(alphabet=string.printable + "é", max_size=12),
    name=st.text(alphabet='ab/."#\\ ]', min_size=1, max_size=6),
)
def test_what_git_writes_is_read(tmp_path: Path, value: str, name: str) -> None:
    file = tmp_path / "config"
    file.unlink(missing_ok=True)
    value = value.replace("\0", "")
    subprocess.run(["git", "config", "--file", file, f"branch.{name}.Key", value], check=True)
    if not set(value) & set("\t\v\f\r"):
        assert parsed(file) == [(f"branch.{name}.key", value)] == listed(file)
    else:
        assert parsed(file) in (None, listed(file))


@_QUICK
@given(
    lines=st.lists(
        st.one_of(
            st.sampled_from(
                ["[core]", '[Remote "A b"]', "[x.y]", '[x "a\\"b"] # c', "key = value", "\tKey=v ; c", "bare", "a = b \\", 'a = "b c" d',
                 'a = "b # c"', "# c", "; c", "", "a = b\tc", "a=", "[core] a = b", "a = 'b'", "  a  =  b  ", "1a = b", "[core", "a-b = \\\\"]
            ),
            st.text(alphabet='[]ab="\\#; \t\n', max_size=8),
        ),
        max_size=6,
    )
)  # fmt: skip
def test_what_anybody_wrote_is_read_as_by_git_or_not_at_all(tmp_path: Path, lines: list[str]) -> None:
    file = tmp_path / "config"
    file.write_text("\n".join(lines))
    said = parsed(file)
    assert said is None or said == listed(file)


@pytest.fixture
def runner(world: World) -> GitRunner:
    return GitRunner(world.mine, StopSignal(), Deadlines(20, 30), Gauge())


def test_settings_are_those_that_git_lists(world: World, runner: GitRunner, person: Path) -> None:
    for key, value in (
        ("include.path", "more"),
        ("branch.main.description", 'one "two" # three'),
        ("a.b", ""),
    ):
        git(world.mine, "config", "--global" if key == "include.path" else "--local", key, value)
    (person / "more").write_text("[user]\n\tname = Bob\n")
    check(world, runner)
    (person / "more").write_text("[user]\n\tname = Robert\n")
    check(world, runner)
    git(world.mine, "config", "--global", "core.pager", "less")
    check(world, runner)


def check(world: World, runner: GitRunner) -> None:
    said = read_settings(world.mine / ".git", bare=False)
    git_says = parse_config(runner.run(*LIST_CONFIG).stdout)
    assert [(one.scope, one.key, one.value) for one in said] == [
        (one.scope, one.key, one.value) for one in git_says
    ]
    refs = read_refs(world.mine / ".git", said)
    assert refs == parse_refs(runner.run(*LIST_REFS).stdout)


def test_the_persons_settings_are_read_once(monkeypatch: pytest.MonkeyPatch) -> None:
    persons.read()
    monkeypatch.setattr("tui.git.files.config.ask", None)
    assert persons.read()
    monkeypatch.setenv("GIT_CONFIG_COUNT", "0")
    with pytest.raises(TypeError):
        persons.read()


def test_refs_are_those_that_git_lists(world: World, runner: GitRunner) -> None:
    mine = world.mine
    git(mine, "branch", "topic/one")
    git(mine, "branch", "--track", "local", "main")
    git(mine, "tag", "-a", "-m", "t", "v1")
    check(world, runner)
    git(mine, "pack-refs", "--all")
    commit(mine)
    git(mine, "tag", "v2")
    git(mine, "symbolic-ref", "refs/tags/v3", "refs/tags/v2")
    git(mine, "branch", "-D", "-q", "topic/one")
    (mine / ".git/refs/heads/x.lock").touch()
    check(world, runner)
    git(mine, "checkout", "-q", "--detach")
    check(world, runner)
    git(mine, "checkout", "-q", "--orphan", "fresh")
    check(world, runner)
    assert list((mine / ".git/refs/heads").iterdir())


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("refs/heads/broken", ""),
        ("refs/heads/short", "abc\n"),
        ("refs/heads/zero", "0" * 40 + "\n"),
        ("refs/heads/a..b", "a" * 40 + "\n"),
        ("refs/heads/HEAD", "a" * 40 + "\n"),
        ("packed-refs", "what\n"),
        ("HEAD", "nothing\n"),
        ("HEAD", "ref: heads/main\n"),
        ("config", '[remote "x"]\n\tfetch = ^refs/heads/a\n'),
        ("config", "[extensions]\n\tnoop = true\n"),
        ("config", "[core]\n\trepositoryFormatVersion = 2\n"),
        ("config", "[include]\n\tpath = x\n"),
        ("commondir", "../.git\n"),
        ("worktrees/x/HEAD", "ref: refs/heads/main\n"),
        ("reftable/x", ""),
        ("config.worktree", ""),
    ],
)  # fmt: skip
def test_what_is_not_plain(world: World, name: str, text: str) -> None:
    git_dir = world.mine / ".git"
    (git_dir / name).parent.mkdir(parents=True, exist_ok=True)
    (git_dir / name).write_text(text)

    def read() -> None:
        check_plain(world.mine, git_dir)
        read_refs(git_dir, read_settings(git_dir, bare=False))

    with pytest.raises(NotPlain):
        read()


def test_what_belongs_to_somebody_else_is_not_plain(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    check_plain(world.mine, world.mine / ".git")
    monkeypatch.setattr(os, "geteuid", lambda: 12345)
    with pytest.raises(NotPlain):
        check_plain(world.mine, world.mine / ".git")


def test_objects_in_packs_and_loose(world: World) -> None:
    world.arrive(30)
    git(world.mine, "fetch", "-q")
    git(world.mine, "gc", "-q")  # with deltas
    commit(world.mine)
    names = {line.split()[0] for line in git(world.mine, "rev-list", "--objects", "--all").split("\n")}
    others = {"0" * 40, "f" * 40, "8" * 40}
    assert missing_objects(world.mine / ".git/objects", names) == set()
    assert missing_objects(world.mine / ".git/objects", names | others) == others
    (world.mine / ".git/objects/info/alternates").write_text("/elsewhere\n")
    with pytest.raises(NotPlain):
        missing_objects(world.mine / ".git/objects", names)
