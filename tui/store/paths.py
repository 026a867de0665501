"""Where the files of synctui live. The XDG variables count on every platform."""

import os
import tempfile
from pathlib import Path

from platformdirs.unix import Unix

from tui.git.clean import clean_text

_DIRS = Unix("synctui", appauthor=False)


class StateError(Exception):
    """The state folder or a file in it cannot be used; the text is one line that names it."""


def config_file() -> Path:
    """The workspace file of the person, used where no folder above holds one; it need not exist."""
    return _DIRS.user_config_path / "config.toml"


def keys_file() -> Path:
    """The keys of the person; the file need not exist."""
    return _DIRS.user_config_path / "keys.toml"


def state_folder() -> Path:
    """The folder of everything synctui writes for itself; it need not exist."""
    return _DIRS.user_state_path


def locks_folder() -> Path:
    return state_folder() / "locks"


def memory_file() -> Path:
    """What the app remembers; the file need not exist."""
    return state_folder() / "memory.toml"


def database_file() -> Path:
    """What became of the repos; the file need not exist."""
    return state_folder() / "synctui.db"


def log_file(run: str) -> Path:
    """What the run of this id said; the file need not exist."""
    return state_folder() / "logs" / f"{run}.log"


def exports_folder() -> Path:
    """What the person had written out of the app; it need not exist."""
    return state_folder() / "exports"


def looks_file() -> Path:
    """What was last seen of the checkouts, kept only to be faster; the file need not exist."""
    return _DIRS.user_cache_path / "looks.msgpack"


def make_state_folders() -> None:
    """Make the state folder and that of the locks, with mode 0700. Raises StateError."""
    for folder in (state_folder(), locks_folder()):
        make_private(folder)


def replace_file(file: Path, content: bytes, mode: int = 0o600) -> None:
    """Write beside the file and rename, so that a reader or a crash sees the old or the new one whole.

    Raises StateError.
    """
    try:
        handle, name = tempfile.mkstemp(dir=file.parent, prefix=f".{file.name}.")
        try:
            with os.fdopen(handle, "wb") as stream:
                os.fchmod(handle, mode)
                stream.write(content)
                stream.flush()
                os.fsync(stream.fileno())
            Path(name).replace(file)
        except OSError:
            Path(name).unlink(missing_ok=True)
            raise
    except OSError as error:
        raise StateError(f"{clean_text(str(file))}: cannot be written: {error.strerror}") from error


def home_short(path: Path) -> str:
    """The path with the home folder written as `~`."""
    home = Path.home()
    if path == home:
        return "~"
    return f"~/{path.relative_to(home)}" if path.is_relative_to(home) else str(path)


def make_private(folder: Path) -> None:
    """Make the folder, or an older one again, one of the person alone: mode 0700. Raises StateError."""
    name = clean_text(str(folder))
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        # An older folder, or one made under another umask, may be open to others.
        if folder.stat().st_mode & 0o777 != 0o700:  # noqa: PLR2004 - the mode that is promised
            folder.chmod(0o700)
    except OSError as error:
        raise StateError(f"{name}: no usable state folder: {error.strerror}") from error
    if not os.access(folder, os.R_OK | os.W_OK | os.X_OK):
        raise StateError(f"{name}: no usable state folder: not writable")
