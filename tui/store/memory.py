"""The app's own file: what a person set on the screen and wants to find again."""

import tomllib
from collections.abc import Mapping
from itertools import count
from pathlib import Path

import tomli_w

from tui.git.clean import clean_text
from tui.store.paths import StateError, replace_file
from tui.store.settings import PREFERENCES

_GREETED = "greeted"
_DAMAGED = (ValueError, RecursionError)
"""What reading a file raises that is no TOML."""


class Memory:
    """The job limit, the saved views and how the screen was left, of each workspace; of all the other preferences.

    `warning` is one line where the file is damaged, and then the next write keeps it aside, or cannot be read.
    """

    def __init__(self, file: Path) -> None:
        self._file = file
        self._name = clean_text(str(file))
        self.warning = ""
        try:
            self._found = self._load()
        except StateError as error:
            self._found, self.warning = {}, f"{error}; nothing is remembered"
        except _DAMAGED:
            self._found = {}
            kept = f"the next change keeps it as {clean_text(self._aside().name)}"
            self.warning = f"{self._name}: damaged, so nothing is remembered; {kept}"
        self.is_new = not self._found and not self.warning
        """Nothing has ever been kept for this person."""

    def settings(self, workspace: Path) -> dict[str, object]:
        """What was last set, by setting, as it stands: no value has been checked."""
        settings, jobs = _table(self._found, "settings"), _table(self._found, "jobs")
        found = {key: settings[key] for key in PREFERENCES if key in settings and key != "jobs"}
        return found | ({"jobs": jobs[str(workspace)]} if str(workspace) in jobs else {})

    def set(self, workspace: Path, key: str, value: object | None) -> None:
        """None forgets it. Raises StateError where the file cannot be read or written; the old one is whole."""
        table, entry = ("jobs", str(workspace)) if key == "jobs" else ("settings", key)
        data = self._to_change()
        entries = {name: kept for name, kept in _table(data, table).items() if name != entry}
        data[table] = entries if value is None else entries | {entry: value}
        self._write(data)

    def views(self, workspace: Path) -> dict[str, object]:
        """What was last saved, by number, as it stands."""
        return _table(_table(self._found, "views"), str(workspace))

    def save_view(self, workspace: Path, number: int, view: Mapping[str, object]) -> None:
        """Raises StateError where the file cannot be read or written; the old one is whole."""
        data = self._to_change()
        views = _table(data, "views")
        of_workspace = _table(views, str(workspace)) | {str(number): dict(view)}
        self._write(data | {"views": views | {str(workspace): of_workspace}})

    def left(self, workspace: Path) -> object:
        """How the screen was left last, as it stands."""
        return _table(self._found, "left").get(str(workspace))

    def leave(self, workspace: Path, left: Mapping[str, object]) -> None:
        """Raises StateError where the file cannot be read or written; the old one is whole."""
        data = self._to_change()
        self._write(data | {"left": _table(data, "left") | {str(workspace): dict(left)}})

    def greet(self) -> None:
        """The person has been here. Raises StateError."""
        self._write(self._to_change() | {_GREETED: True})

    def _write(self, data: dict[str, object]) -> None:
        replace_file(self._file, tomli_w.dumps(data).encode("utf-8", "replace"))
        self._found = data

    def _to_change(self) -> dict[str, object]:
        """What is in the file now, for another app may have written since; one that is damaged is kept aside first."""
        try:
            return self._load()
        except _DAMAGED:
            try:
                self._file.rename(self._aside())
            except OSError as error:
                raise StateError(f"{self._name}: cannot be kept aside: {error.strerror}") from error
            return {}

    def _aside(self) -> Path:
        """Where a damaged file is kept, beside those of before."""
        names = (f"{self._file.name}.damaged{number or ''}" for number in count())
        return next(file for name in names if not (file := self._file.with_name(name)).exists())

    def _load(self) -> dict[str, object]:
        """Raises StateError, and one of _DAMAGED."""
        try:
            return tomllib.loads(self._file.read_text("utf-8"))
        except FileNotFoundError:
            return {}
        except OSError as error:
            raise StateError(f"{self._name}: cannot be read: {error.strerror}") from error


def _table(data: dict[str, object], name: str) -> dict[str, object]:
    table = data.get(name)
    return table if isinstance(table, dict) else {}
