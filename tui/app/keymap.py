"""The keys in force: the usual ones, but for those that the person's own file gives to an action."""

import re
import tomllib
from collections.abc import Mapping
from pathlib import Path

import tomli_w
from msgspec import Struct

from tui.git.clean import clean_text
from tui.store.kinds import nearest, shown
from tui.store.paths import home_short

Keys = tuple[str, ...]

ESSENTIAL = frozenset({"quit", "interrupt", "help"})
"""No one is to be caught in the app."""
KEPT = {"open_detail": "enter", "next_pane": "tab", "clear": "escape"}
"""Lists, panes and dialogs have these keys of their own; the actions may have more."""
MOVES = frozenset(
    [
        "j",
        "k",
        "h",
        "l",
        "g",
        "G",
        "up",
        "down",
        "left",
        "right",
        "home",
        "end",
        "pageup",
        "pagedown",
        "ctrl+d",
        "ctrl+u",
        "shift+tab",
    ]
)
_NAMED = MOVES | {
    "space",
    "backspace",
    "enter",
    "tab",
    "escape",
    "delete",
    "insert",
    *(f"f{n}" for n in range(1, 25)),
}
# A terminal sends the same for both.
_SAME = {
    "esc": "escape",
    "return": "enter",
    "ctrl+i": "tab",
    "ctrl+m": "enter",
    "ctrl+[": "escape",
    "ctrl+h": "backspace",
}
_MODIFIERS = re.compile(r"((?:(?:ctrl|alt|shift)\+)*)(.+)", re.IGNORECASE | re.DOTALL)
_ALLOWED = "a character, space, tab, f1 and the like, with ctrl+ or alt+ before it"
_SHOWN = {"escape": "esc"}


class Keymap(Struct, frozen=True):
    """The keys of each action, by its name, as a person writes them."""

    by_action: Mapping[str, Keys]

    def shown(self, name: str) -> list[str]:
        return [_shown(key) for key in self.by_action[name]]

    def first(self, name: str) -> str:
        """What a text tells to press; an action without a key is in the palette."""
        keys = self.shown(name)
        return keys[0] if keys else f"{self.first('palette')} {name.replace('_', ' ')}"

    def action(self, shown_key: str) -> str | None:
        return next((name for name in self.by_action if shown_key in self.shown(name)), None)

    def bound(self, name: str) -> list[str]:
        """As Textual is told, which takes a comma for the end of a key."""
        return ["comma" if key == "," else key for key in self.by_action[name]]

    @property
    def priority(self) -> frozenset[str]:
        """The keys that work whatever has the focus, also a line in which text is typed."""
        ways_out = (key for name in ("quit", "interrupt", "suspend") for key in self.by_action[name])
        return frozenset(key for key in ways_out if key.startswith("ctrl+"))

    def toml(self, helps: Mapping[str, str]) -> str:
        """All of them as a file to start from."""
        entries = {name: f"{name} = {_toml(keys)}" for name, keys in self.by_action.items()}
        width = max(map(len, entries.values()))
        return "".join(f"{entry.ljust(width)}  # {helps[name]}\n" for name, entry in entries.items())


def load(file: Path, usual: Keymap) -> tuple[Keymap, tuple[str, ...]]:
    """The keys in force, and a line for each entry that does not count; its action keeps the usual keys."""
    name = clean_text(home_short(file))
    try:
        data = tomllib.loads(file.read_bytes().decode("utf-8-sig"))
    except FileNotFoundError:
        return usual, ()
    except OSError as error:
        return usual, (f"{name}: cannot be read: {error.strerror}; the usual keys count",)
    except (ValueError, RecursionError) as error:
        return usual, (f"{name}: not TOML: {clean_text(str(error))}; the usual keys count",)
    wanted: dict[str, Keys] = {}
    wrong: list[str] = []
    for action, value in data.items():
        try:
            wanted[action] = _read(action, value, usual)
        except ValueError as error:
            wrong.append(str(error))
    while clash := _clash(wanted, usual):
        action, why = clash
        del wanted[action]
        wrong.append(f"{action} = {_written(data[action])}: {why}; {_stays(action, usual)}")
    return Keymap({**usual.by_action, **wanted}), tuple(f"{name}: {line}" for line in wrong)


def _read(action: str, value: object, usual: Keymap) -> Keys:
    """Raises ValueError with the line that tells why the entry does not count."""
    if action not in usual.by_action:
        known = nearest(action, usual.by_action)
        raise ValueError(f"{shown(action)} is no action{known}; `synctui config --keys` lists them")
    given = [value] if isinstance(value, str) else value
    entry = f"{action} = {_written(value)}"
    if not isinstance(given, list) or not all(isinstance(key, str) for key in given):
        raise ValueError(f"{entry}: allowed: a key or a list of keys; {_stays(action, usual)}")
    keys: list[str] = []
    for text in given:
        key = _key(text)
        if key is None:
            raise ValueError(
                f"{entry}: {shown(text)} is no key; allowed: {_ALLOWED}; {_stays(action, usual)}"
            )
        keys.append(key)
    if action in KEPT:
        keys.append(KEPT[action])
    if action in ESSENTIAL and not keys:
        raise ValueError(f"{entry}: needs a key; {_stays(action, usual)}")
    return tuple(dict.fromkeys(keys))


def _key(text: str) -> str | None:
    """Under the name that it is bound by; None: no terminal sends it."""
    if text == " ":
        return "space"
    match = _MODIFIERS.fullmatch(text)
    if match is None:
        return None
    modifiers, base = match[1].lower(), match[2]
    is_character = len(base) == 1
    base = base if is_character and "ctrl" not in modifiers else base.lower()
    base = base if modifiers else _SAME.get(base, base)
    key = _SAME.get(f"{modifiers}{base}", f"{modifiers}{base}")
    if is_character and not modifiers:
        return key if base.isprintable() else None
    if is_character:
        return key if base.isascii() and base.isalnum() and "shift+" not in modifiers else None
    return key if base in _NAMED or key in _NAMED else None


def _clash(wanted: dict[str, Keys], usual: Keymap) -> tuple[str, str] | None:
    """The last entry of the file that takes a key of another action or of the lists, and why not."""
    in_force = {**usual.by_action, **wanted}
    for action in reversed(wanted):
        for key in wanted[action]:
            if key in MOVES:
                return action, f"{_shown(key)} moves in the lists"
            others = [other for other, keys in in_force.items() if other != action and key in keys]
            if others:
                return action, f"{_shown(key)} is the key of {others[0]}"
    return None


def _stays(action: str, usual: Keymap) -> str:
    return f"it stays {' '.join(usual.shown(action))}"


def _shown(key: str) -> str:
    return _SHOWN.get(key, key.upper() if re.fullmatch(r"f\d+", key) else key)


def _toml(keys: Keys) -> str:
    """A string, or a list of strings on one line."""
    texts = [tomli_w.dumps({"": key}).partition(" = ")[2].strip() for key in keys]
    return texts[0] if len(texts) == 1 else f"[{', '.join(texts)}]"


def _written(value: object) -> str:
    if isinstance(value, list):
        return f"[{', '.join(map(shown, value))}]"
    return shown(value)
