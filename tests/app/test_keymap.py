"""The person's own keys: what counts of their file, and what is said of the rest."""

import tomllib
from pathlib import Path

import pytest

from tui.app.actions import ACTIONS, USUAL_KEYS, keys_toml
from tui.app.keymap import KEPT, MOVES, Keymap, load


@pytest.fixture
def file(sandbox: Path) -> Path:
    return sandbox / "keys.toml"


def read(file: Path, text: str) -> tuple[Keymap, tuple[str, ...]]:
    file.write_text(text)
    return load(file, USUAL_KEYS)


def changed(keys: Keymap) -> dict[str, tuple[str, ...]]:
    return {name: of for name, of in keys.by_action.items() if of != USUAL_KEYS.by_action[name]}


def test_without_a_file_the_usual_keys_count(file: Path) -> None:
    assert load(file, USUAL_KEYS) == (USUAL_KEYS, ())


@pytest.mark.parametrize(
    ("entry", "keys"),
    [
        ('pick = "P"', ("P",)),
        ('pick = ["P", "ctrl+T"]', ("P", "ctrl+t")),
        ('pick = "F5"', ("f5",)),
        ('pick = "Alt+x"', ("alt+x",)),
        ('pick = "PageUp"', None),
        ('pick = "ö"', ("ö",)),
        ('pick = ";"', (";",)),
        ("pick = []", ()),
        ('quit = "Q"', ("Q",)),
        ('open_detail = "v"', ("v", "enter")),
    ],
)
def test_a_key_of_the_person_takes_the_place_of_the_usual_ones(
    file: Path, entry: str, keys: tuple[str, ...] | None
) -> None:
    name = entry.partition(" ")[0]
    found, wrong = read(file, entry)
    assert (found.by_action[name], len(wrong)) == (
        (keys, 0) if keys is not None else (USUAL_KEYS.by_action[name], 1)
    )


def test_two_actions_may_change_places(file: Path) -> None:
    found, wrong = read(file, 'pick = "x"\ncancel = "t"\n')
    assert (changed(found), wrong) == ({"pick": ("x",), "cancel": ("t",)}, ())


@pytest.mark.parametrize(
    ("entry", "line"),
    [
        ('pikc = "P"', '"pikc" is no action (did you mean "pick"?); `synctui config --keys` lists them'),
        ('"\\u001b[31m" = "P"', '"" is no action; `synctui config --keys` lists them'),
        ("pick = 3", "pick = 3: allowed: a key or a list of keys; it stays t"),
        ('pick = ["P", 3]', 'pick = ["P", 3]: allowed: a key or a list of keys; it stays t'),
        (
            'pick = "hyper+t"',
            (
                'pick = "hyper+t": "hyper+t" is no key; '
                "allowed: a character, space, tab, f1 and the like, with ctrl+ or alt+ before it; it stays t"
            ),
        ),
        ('pick = "x"', 'pick = "x": x is the key of cancel; it stays t'),
        ('pick = "j"', 'pick = "j": j moves in the lists; it stays t'),
        ('pick = "ctrl+i"', 'pick = "ctrl+i": tab is the key of next_pane; it stays t'),
        ('pick = "esc"', 'pick = "esc": esc is the key of clear; it stays t'),
        ("quit = []", "quit = []: needs a key; it stays q ctrl+q"),
        ("help = []", "help = []: needs a key; it stays ? F1"),
        ("interrupt = []", "interrupt = []: needs a key; it stays ctrl+c"),
    ],
)
def test_what_is_wrong_is_one_line_and_the_usual_key_stays(file: Path, entry: str, line: str) -> None:
    assert read(file, entry) == (USUAL_KEYS, (f"~/keys.toml: {line}",))


def test_of_two_that_want_one_key_the_first_has_it_and_what_is_right_counts(file: Path) -> None:
    found, wrong = read(file, 'pick = "P"\nsort = "P"\nshell = ";"\n')
    assert changed(found) == {"pick": ("P",), "shell": (";",)}
    assert wrong == ('~/keys.toml: sort = "P": P is the key of pick; it stays o',)


def test_a_key_that_is_free_only_where_another_entry_counts_is_not_free(file: Path) -> None:
    found, wrong = read(file, 'cancel = "j"\npick = "x"\n')
    assert found == USUAL_KEYS
    assert wrong == (
        '~/keys.toml: cancel = "j": j moves in the lists; it stays x',
        '~/keys.toml: pick = "x": x is the key of cancel; it stays t',
    )


@pytest.mark.parametrize(
    ("content", "line"),
    [
        (b"pick = ", "not TOML: Invalid value (at end of document); the usual keys count"),
        (b"\xff", "not TOML: 'utf-8' codec can't decode byte 0xff in position 0: invalid start byte; the usual keys count"),
    ],
)  # fmt: skip
def test_a_file_that_cannot_be_read_is_one_line(file: Path, content: bytes, line: str) -> None:
    file.write_bytes(content)
    assert load(file, USUAL_KEYS) == (USUAL_KEYS, (f"~/keys.toml: {line}",))


def test_a_folder_in_its_place_is_one_line(file: Path) -> None:
    file.mkdir()
    line = "~/keys.toml: cannot be read: Is a directory; the usual keys count"
    assert load(file, USUAL_KEYS) == (USUAL_KEYS, (line,))


def test_what_is_printed_to_start_from_is_read_as_what_it_says(file: Path) -> None:
    mine, wrong = read(file, 'pick = ["P", "ctrl+t"]\nlazygit = []\nshell = "\\\\"\nhelp = "\\""\n')
    assert not wrong
    text = keys_toml(mine)
    assert list(tomllib.loads(text)) == [action.name for action in ACTIONS]
    assert read(file, text) == (mine, ())


def test_the_usual_keys_are_right(file: Path) -> None:
    assert read(file, keys_toml(USUAL_KEYS)) == (USUAL_KEYS, ())
    assert all(KEPT[name] in USUAL_KEYS.by_action[name] for name in KEPT)
    assert not MOVES & {key for keys in USUAL_KEYS.by_action.values() for key in keys}


def test_an_action_without_a_key_is_told_by_its_name() -> None:
    keys = Keymap({**USUAL_KEYS.by_action, "show_attention": ()})
    assert (keys.first("show_attention"), keys.first("clear")) == ("ctrl+p show attention", "esc")


def test_the_example_of_the_readme_is_right(file: Path) -> None:
    page = (Path(__file__).parent.parent.parent / "README.md").read_text()
    example = page.partition("<!-- keys.toml -->\n```toml\n")[2].partition("```")[0]
    found, wrong = read(file, example)
    assert (sorted(changed(found)), wrong) == (["drain", "lazygit", "pick"], ())
