"""The app's own file: what a person set on the screen and wants to find again."""

import os
import tempfile
import tomllib
from pathlib import Path

import tomli_w

from tui.git.clean import clean_text
from tui.store.paths import StateError
from tui.store.settings import JOBS, SettingError


class Memory:
    """`warning` is one line where the file is damaged: it then counts as empty and the next write replaces it."""

    def __init__(self, file: Path) -> None:
        self._file = file
        self.warning = ""
        self._load()

    def jobs(self, workspace: Path) -> int | None:
        """The job limit last set for the workspace; None: none, or one that is not allowed."""
        try:
            return JOBS.check(self._jobs_table(self._load()).get(str(workspace)))
        except SettingError:
            return None

    def set_jobs(self, workspace: Path, jobs: int) -> None:
        """Raises StateError where the file cannot be written; the old one is then still whole."""
        # Read again: another app may have written since. Keys of a newer version stay.
        data = self._load()
        data["jobs"] = self._jobs_table(data) | {str(workspace): jobs}
        _replace(self._file, tomli_w.dumps(data).encode("utf-8", "replace"))

    def _load(self) -> dict[str, object]:
        try:
            return tomllib.loads(self._file.read_text("utf-8"))
        except FileNotFoundError:
            return {}
        except OSError as error:
            self.warning = (
                f"{clean_text(str(self._file))}: cannot be read, so nothing is remembered: {error.strerror}"
            )
        except (ValueError, RecursionError):
            self.warning = f"{clean_text(str(self._file))}: damaged, so nothing is remembered"
        return {}

    @staticmethod
    def _jobs_table(data: dict[str, object]) -> dict[str, object]:
        jobs = data.get("jobs")
        return jobs if isinstance(jobs, dict) else {}


def _replace(file: Path, content: bytes) -> None:
    """Write beside the file and rename, so that a reader or a crash sees the old or the new one whole."""
    try:
        # mkstemp makes it 0600.
        handle, name = tempfile.mkstemp(dir=file.parent, prefix=f".{file.name}.")
        try:
            with os.fdopen(handle, "wb") as stream:
                stream.write(content)
                stream.flush()
                os.fsync(stream.fileno())
            Path(name).replace(file)
        except OSError:
            Path(name).unlink(missing_ok=True)
            raise
    except OSError as error:
        raise StateError(f"{clean_text(str(file))}: cannot be written: {error.strerror}") from error
