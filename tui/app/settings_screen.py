"""The preferences of the person, each with where it comes from; what is changed counts at once and is remembered."""

from collections.abc import Callable, Sequence

from tui.app.desk import Desk
from tui.app.refusals import NOTHING_RUNS
from tui.store.kinds import Choice, Kind, SettingError, Whole
from tui.store.settings import PREFERENCES, SETTINGS, Layer
from widgets.form_screen import FormRow, FormScreen

_WHEN = {
    "jobs": "at once",
    "host_jobs": "for what starts next",
    "stall_timeout": "for jobs that start from now on",
    "timeout": "for jobs that start from now on",
    "retry": "for jobs that start from now on",
    "order": "when the next run begins",
    "stale_after": "at once",
    "severe_after": "at once",
    "theme": "at once",
}
_OF_A_RUN = frozenset({"jobs", "host_jobs", "stall_timeout", "timeout", "retry", "order"})
_LIVE = frozenset({"jobs", "theme"})
"""What other keys of the app change too, for this session, whatever fixes it."""
_FEW = 5
_UNITS = {3600: "h", 60: "m", 1: "s"}

Change = Callable[[str, object | None], None]


class SettingsScreen(FormScreen):
    def __init__(self, desk: Desk, change: Change) -> None:
        super().__init__("Settings")
        self._desk = desk
        self._change_to = change

    def rows(self) -> Sequence[FormRow]:
        return [self._row(key) for key in PREFERENCES]

    def submit(self, key: str, text: str) -> str:
        try:
            value = SETTINGS[key].kind.parse(text)
        except SettingError as error:
            return str(error)
        return self._out_of_order(key, value) or self._take(key, value)

    def step(self, key: str, by: int) -> str:
        kind = SETTINGS[key].kind
        value = self._value(key)
        if isinstance(kind, Choice):
            words = kind.words
            here = words.index(str(value)) if value in words else 0
            self._change_to(key, words[(here + by) % len(words)])
        elif isinstance(kind, Whole) and isinstance(value, int):
            return self.submit(key, str(value + by))
        else:
            return "enter edits it"
        return ""

    def reset(self, key: str) -> str:
        return self._out_of_order(key, SETTINGS[key].default) or self._take(key, None)

    def _take(self, key: str, value: object | None) -> str:
        self._change_to(key, value)
        return ""

    def _out_of_order(self, key: str, age: object) -> str:
        """Why not: a repo is stale before it is severely so."""
        settings = self._desk.session.preferences.settings
        stale, severe = settings.stale_after, settings.severe_after
        if key == "stale_after" and isinstance(age, float) and age > severe:
            return f"{written(age)} is longer than severe after; allowed: up to {written(severe)}"
        if key == "severe_after" and isinstance(age, float) and age < stale:
            return f"{written(age)} is shorter than stale after; allowed: {written(stale)} or longer"
        return ""

    def _row(self, key: str) -> FormRow:
        setting, preferences = SETTINGS[key], self._desk.session.preferences
        value, fixed_by = self._value(key), preferences.fixed_by(key)
        source = preferences.settings.source[key]
        beyond = bool(fixed_by) and value != (getattr(preferences.settings, key))
        forgets = "A replay" if self._desk.player else self._desk.session.forgetful
        text = written(value)
        what = f"{setting.help[0].upper()}{setting.help[1:]}."
        allowed = f"Allowed: {_allowed(setting.kind)}. Default: {_default(key)}."
        fixed = ""
        if self._desk.player and key in _OF_A_RUN:
            fixed = NOTHING_RUNS
        elif fixed_by and key not in _LIVE:
            fixed = f"fixed for this session: {_how_to_change(source, fixed_by, key)}"
        if forgets:
            kept = f"{forgets} remembers nothing."
        elif fixed_by:
            # The folder of the file would take more room than a small screen has.
            kept = f"Remembered, but a start with {fixed_by.rpartition('/')[2]} takes that again."
        elif key in preferences.unkept:
            kept = f"Not remembered: {preferences.unkept[key]}."
        else:
            kept = f"Remembered for {'this workspace' if key == 'jobs' else 'all workspaces'}."
        told = [f"{what} A change counts {_WHEN[key]}.", allowed, kept]
        if fixed:  # what is allowed would take its room on a small screen
            told = [what, f"{fixed[0].upper()}{fixed[1:]}."]
        return FormRow(
            key,
            key.replace("_", " "),
            "off" if text == "0" and "off" in setting.kind.allowed else text,
            "this session"
            if beyond or key in preferences.unkept or (forgets and key in preferences.changed)
            else _origin(source, fixed_by),
            text,
            "\n".join(told),
            fixed,
            steps=_steps(setting.kind, value),
        )

    def _value(self, key: str) -> object:
        """The one that counts at this moment."""
        preferences = self._desk.session.preferences
        if key == "jobs" or (key == "host_jobs" and preferences.settings.source[key] is Layer.DEFAULT):
            return self._desk.engine.snapshot().limit
        return self.app.theme if key == "theme" else getattr(preferences.settings, key)


def written(value: object) -> str:
    """As a person would write it: `90s`, `10m`, `24h`, `8`, `longest`."""
    if not isinstance(value, float) or not value:
        return f"{value:g}" if isinstance(value, float) else str(value)
    unit = next((unit for unit in _UNITS if not value % unit), 1)
    return f"{value / unit:g}{_UNITS[unit]}"


def _steps(kind: Kind, value: object) -> bool:
    return isinstance(kind, Choice) or (isinstance(kind, Whole) and isinstance(value, int))


def _origin(source: Layer, fixed_by: str) -> str:
    return source if not fixed_by or source is Layer.FILE else f"{source} {fixed_by}"


def _allowed(kind: Kind) -> str:
    if isinstance(kind, Choice) and len(kind.words) > _FEW:
        return f"one of {len(kind.words)}, ← → shows each"
    return kind.allowed


def _default(key: str) -> str:
    setting = SETTINGS[key]
    return setting.computed or written(setting.default)


def _how_to_change(source: Layer, name: str, key: str) -> str:
    match source:
        case Layer.FLAG:
            return f"start without {name} to set it here"
        case Layer.VARIABLE:
            return f"unset {name} to set it here"
        case _:
            return f"{key} of {name} wins over what is set here, change it there"
