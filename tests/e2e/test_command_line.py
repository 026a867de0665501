"""What is typed wrong is one line, and `-` negates a word of SELECT."""

from pathlib import Path

import pytest

from tests.kit.program import Workspace, synctui

_ALLOWED = "is not allowed; allowed:"
MISTAKES = {
    "--colr": ("app", "no such option: --colr (did you mean --color or --order?)"),
    "sync --retri 1": ("sync", "no such option: --retri (did you mean --retry or --order?)"),
    "status -Z": ("status", "no such option: -Z"),
    "status -Zx": ("status", "no such option: -Z (to leave out `Zx`, write `-- -Zx`)"),
    "-i tag:web -beta": ("app", "no such option: -b (to leave out `beta`, write `-- -beta`)"),
    "sync -xq -j 2 -vault": ("sync", "no such option: -a (to leave out `vault`, write `-- -vault`)"),
    "log -web/x": ("log", "no such option: -w"),
    "sync --\x1b[31mtell\nall": ("sync", "no such option: --tell all"),
    "sync -j zero": (
        "sync",
        f"invalid value for '-j' / '--jobs': \"zero\" {_ALLOWED} a whole number from 1 to 64",
    ),
    "sync --color blue": (
        "sync",
        f"invalid value for '--color': \"blue\" {_ALLOWED} auto, always, never",
    ),
    "watch --every 5x": (
        "watch",
        f"invalid value for '--every': \"5x\" {_ALLOWED} seconds from 1 to 315360000, or like 90s, 5m, 1h, 3d",
    ),
    "list --config": ("list", "option '--config' requires an argument"),
    "sync --quiet=3": ("sync", "option '--quiet' does not take a value"),
    "sync --json --ndjson": ("sync", "--json and --ndjson exclude each other"),
    "ack": ("ack", "which repos? `synctui ack state:failed` takes all that failed last"),
    "add": ("add", "missing argument 'URL|PATH'"),
    "doctor all": ("doctor", "got unexpected extra argument (all)"),
    "config a b": ("config", "got unexpected extra arguments (a b)"),
    "unlock a b": ("unlock", "got unexpected extra argument (b)"),
}


@pytest.mark.parametrize("typed", MISTAKES)
def test_a_mistake_is_one_line_that_says_where_to_look(tmp_path: Path, typed: str) -> None:
    command, said = MISTAKES[typed]
    ran = synctui(*typed.split(" "), cwd=tmp_path)
    assert (ran.code, ran.out) == (2, "")
    assert ran.err == f"synctui: {said}; see `synctui {command} --help`\n"


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    workspace = Workspace(tmp_path)
    for name in ("infra", "lib", "web-1", "web-2"):
        workspace.entry(name, '{ url = "https://a.example/x.git", tags = ["all"] }')
    return workspace


@pytest.mark.parametrize(
    ("words", "left"),
    [
        (("tag:all", "-web-*"), ["co/infra", "co/lib"]),
        (("-*/web-?", "-[lm]ib"), ["co/infra"]),
        (("-[iw]*",), ["co/lib"]),
        (("-i", "-INFRA*", "*"), ["co/lib", "co/web-1", "co/web-2"]),
        (("--", "-co/web-1", "-lib"), ["co/infra", "co/web-2"]),
        (("-./co/infra", "-c", "synctui.toml", "--", "*", "-lib"), ["co/web-1", "co/web-2"]),
    ],
    ids=" ".join,
)
def test_a_name_is_negated(workspace: Workspace, words: tuple[str, ...], left: list[str]) -> None:
    ran = synctui("list", *words, cwd=workspace.folder)
    assert [line.split()[0] for line in ran.out.splitlines()] == left
    assert (ran.code, ran.err) == (0, "")


def test_a_short_option_keeps_its_value(workspace: Workspace) -> None:
    ran = synctui("list", "-c/nowhere/x", cwd=workspace.folder)
    assert (ran.code, ran.out) == (2, "")
    assert ran.err == "synctui: /nowhere/x: cannot be read: No such file or directory\n"
    ran = synctui("sync", "-j4/x", cwd=workspace.folder)
    assert "'-j' / '--jobs': \"4/x\" is not allowed" in ran.err


def test_the_value_of_an_option_is_no_word(workspace: Workspace) -> None:
    for flag in ("-c", "--config"):
        ran = synctui("list", flag, "-no/file", cwd=workspace.folder)
        assert (ran.code, ran.out) == (2, "")
        assert ran.err == f"synctui: {workspace.folder}/-no/file: cannot be read: No such file or directory\n"
