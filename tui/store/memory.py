"""The app's own file: what a person set on the screen and wants to find again."""

import tomllib
from pathlib import Path

import tomli_w

from tui.git.clean import clean_text
from tui.store.kinds import SettingError
from tui.store.paths import StateError, replace_file
from tui.store.settings import JOBS


class Memory:
    """`warning` is one line where the file is damaged, and then the next write replaces it, or cannot be read."""

    def __init__(self, file: Path) -> None:
        self._file = file
        self.warning = ""
        try:
            self._found = self._load()
        except StateError as error:
            self._found, self.warning = {}, f"{error}; nothing is remembered"

    def jobs(self, workspace: Path) -> int | None:
        """The job limit last set for the workspace; None: none, or one that is not allowed."""
        try:
            return JOBS.check(self._jobs_table(self._found).get(str(workspace)))
        except SettingError:
            return None

    def set_jobs(self, workspace: Path, jobs: int) -> None:
        """Raises StateError where the file cannot be read or written; the old one is then still whole."""
        # Read again: another app may have written since. Keys of a newer version stay.
        data = self._load()
        data["jobs"] = self._jobs_table(data) | {str(workspace): jobs}
        replace_file(self._file, tomli_w.dumps(data).encode("utf-8", "replace"))
        self._found = data

    def _load(self) -> dict[str, object]:
        name = clean_text(str(self._file))
        try:
            return tomllib.loads(self._file.read_text("utf-8"))
        except FileNotFoundError:
            return {}
        except OSError as error:
            raise StateError(f"{name}: cannot be read: {error.strerror}") from error
        except (ValueError, RecursionError):
            self.warning = f"{name}: damaged, so nothing is remembered"
            return {}

    @staticmethod
    def _jobs_table(data: dict[str, object]) -> dict[str, object]:
        jobs = data.get("jobs")
        return jobs if isinstance(jobs, dict) else {}
