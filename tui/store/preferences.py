"""The settings as they count now, and what a person changes of them while the app runs."""

from collections.abc import Callable, Mapping

from tui.store.paths import StateError
from tui.store.settings import SETTINGS, Layer, Settings, resolve


def _defaults(remembered: Mapping[str, object]) -> Settings:
    return resolve({}, {}, {}, 1, 1, remembered=remembered)


class Preferences:
    """`settings` is another object after each change; whoever asks it at the start of a job has the new one."""

    def __init__(
        self,
        resolved: Callable[[Mapping[str, object]], Settings] = _defaults,
        remembered: Mapping[str, object] | None = None,
        keep: Callable[[str, object | None], None] = lambda _key, _value: None,
        file_name: str = "the workspace file",
    ) -> None:
        """`resolved` gives the settings for what is remembered; `keep` may raise StateError.

        `file_name` is what people know the workspace file as.
        """
        self._resolved = resolved
        self._remembered = dict(remembered or {})
        self._keep = keep
        self._file_name = file_name
        self.settings = resolved(self._remembered)
        self.changed: set[str] = set()
        """Keys of what was set in this session."""
        self.unkept: dict[str, str] = {}
        """Why what was set last could not be kept, by key."""

    def set(self, key: str, value: object | None) -> None:
        """Counts at once where no layer above says otherwise, and is kept; None is the default again.

        Raises StateError where it cannot be kept; it counts all the same.
        """
        self.changed.add(key)
        if value is None:
            self._remembered.pop(key, None)
        else:
            self._remembered[key] = value
        self.settings = self._resolved(self._remembered)
        self.unkept.pop(key, None)
        try:
            self._keep(key, value)
        except StateError as error:
            self.unkept[key] = str(error)
            raise

    def fixed_by(self, key: str) -> str:
        """The flag, the variable or the file that decides it whatever is remembered; empty where none does."""
        match self.settings.source[key]:
            case Layer.FLAG:
                return SETTINGS[key].flag
            case Layer.VARIABLE:
                return SETTINGS[key].variable
            case Layer.FILE:
                return self._file_name
            case _:
                return ""
