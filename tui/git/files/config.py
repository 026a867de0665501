"""git's settings, read in this process: a repository's own file here, the person's once for all repositories."""

import os
import re
import threading
from collections.abc import Iterable, Iterator
from pathlib import Path

from tui.git.checkup import NoAnswer, ask
from tui.git.env import OPTIONS, git_env
from tui.git.files.plain import NotPlain
from tui.git.files.whole import read_whole
from tui.git.inspect import files_of_settings
from tui.git.remote import LIST_CONFIG, OWN_SCOPES, Setting, parse_config
from tui.git.tree import INCLUDE

_VARIABLES = (
    *("HOME", "XDG_CONFIG_HOME", "GIT_CONFIG_GLOBAL", "GIT_CONFIG_SYSTEM", "GIT_CONFIG_NOSYSTEM"),
    *("GIT_CONFIG_COUNT", "GIT_CONFIG_KEY_0", "GIT_CONFIG_VALUE_0"),
)
"""Of the environment: on these it depends what counts for the person."""
_PATHS = ("HOME", "XDG_CONFIG_HOME", "GIT_CONFIG_GLOBAL", "GIT_CONFIG_SYSTEM")
"""Those of them that name a file or a folder."""
# Blanks are git's: none of those that only Unicode knows.
_SECTION = re.compile(r'[ \t]*\[([A-Za-z0-9-]+)(?:[ \t]+"((?:[^"\\]|\\["\\])*)")?\][ \t]*(?:[#;].*)?')
_VARIABLE = re.compile(r"[ \t]*([A-Za-z][A-Za-z0-9-]*)[ ]*=[ ]*(.*)")
_NOTHING = re.compile(r"[ \t]*(?:[#;].*)?")
# As git writes them: in quotes as a whole or not at all. What becomes of a tab depends on its version.
_QUOTED = re.compile(r'"((?:[^"\\\t\v\f]|\\["\\nt])*)" *')
_BARE = re.compile(r'((?:[^"\\#;\t\v\f]|\\["\\nt])*)')
_ESCAPED = re.compile(r"\\(.)")
_ESCAPES = {"n": "\n", "t": "\t", '"': '"', "\\": "\\"}


def read_settings(git_dir: Path, *, bare: bool) -> tuple[Setting, ...]:
    """What LIST_CONFIG says in the repository. Raises NotPlain where git has to be asked."""
    everywhere = read_everywhere()
    if bare and any(one.key == "safe.barerepository" for one in everywhere):
        raise NotPlain
    file = f"{git_dir}/config"
    try:
        text = read_whole(file).decode("utf-8", "surrogateescape")
    except OSError as error:
        raise NotPlain from error
    own = tuple(Setting("local", key, value, f"file:{file}") for key, value in parse_file(text))
    if any(INCLUDE.fullmatch(one.key) or one.key.startswith("extensions.") for one in own):
        raise NotPlain
    if any(one.key == "core.repositoryformatversion" and one.value not in {"0", "1"} for one in own):
        raise NotPlain
    # Later ones win.
    said = [one for one in everywhere if one.scope == "command"]
    return (*(one for one in everywhere if one.scope != "command"), *own, *said)


def read_everywhere() -> tuple[Setting, ...]:
    """What counts for the person in every folder. Raises NotPlain where git has to be asked."""
    if any(path and not path.startswith("/") for path in map(os.environ.get, _PATHS)):  # in each another file
        raise NotPlain
    everywhere = persons.read()
    if any(INCLUDE.fullmatch(one.key) and one.key != "include.path" for one in everywhere):
        raise NotPlain  # it depends on the repository what counts
    return everywhere


def parse_file(text: str) -> Iterator[tuple[str, str]]:
    """The settings of a file in order. Raises NotPlain for what git writes in no file itself."""
    if "\r" in text or "\0" in text or text.startswith("\ufeff"):
        raise NotPlain
    section = ""
    for line in text.split("\n"):
        if match := _VARIABLE.fullmatch(line):
            if not section:
                raise NotPlain
            yield section + match[1].lower(), _value(match[2])
        elif match := _SECTION.fullmatch(line):
            section = match[1].lower() + "."
            if match[2] is not None:
                section += re.sub(r"\\(.)", r"\1", match[2]) + "."
        elif not _NOTHING.fullmatch(line):
            raise NotPlain


def _value(text: str) -> str:
    match = _QUOTED.fullmatch(text) or _BARE.fullmatch(text.rstrip(" "))
    if match is None:
        raise NotPlain
    value = match[1]
    return _ESCAPED.sub(lambda escaped: _ESCAPES[escaped[1]], value) if "\\" in value else value


class _Persons:
    """The settings that count outside of any repository; git lists them once, and again when a file has changed."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._files: tuple[str, ...] = ()
        self._stamp: object = None
        self._settings: tuple[Setting, ...] = ()

    def read(self) -> tuple[Setting, ...]:
        """Raises NotPlain where git does not list them."""
        with self._lock:
            if self._stamp is None or self._stamp != _stamp(self._files):
                self._stamp = None
                listed = parse_config(_list())
                self._settings = tuple(one for one in listed if one.scope not in OWN_SCOPES)
                self._files = _files(self._settings)
                self._stamp = _stamp(self._files)
            return self._settings


persons = _Persons()
"""Of this process."""


def _list() -> bytes:
    top = Path("/")
    try:
        answer = ask("git", *OPTIONS, "-C", str(top), *LIST_CONFIG, env=git_env(top))
    except (NoAnswer, OSError) as error:
        raise NotPlain from error
    if answer.code:
        raise NotPlain
    return os.fsencode(answer.out)


def _stamp(files: Iterable[str]) -> object:
    """Changes with what the settings may come from."""
    return [os.environ.get(name) for name in _VARIABLES], [_file_stamp(file) for file in files]


def _files(settings: tuple[Setting, ...]) -> tuple[str, ...]:
    """Where the settings may come from, there or not."""
    home = Path(os.environ.get("HOME", "/"))
    own_folder = Path(os.environ.get("XDG_CONFIG_HOME") or home / ".config")
    usual = [str(home / ".gitconfig"), str(own_folder / "git/config"), "/etc/gitconfig"]
    usual += filter(None, map(os.environ.get, ("GIT_CONFIG_GLOBAL", "GIT_CONFIG_SYSTEM")))
    return tuple({*usual, *(files_of_settings(Path("/"), settings) or ())})


def _file_stamp(file: str) -> tuple[int, ...]:
    try:
        found = os.stat(file)  # noqa: PTH116 - for every repo: a third of the time of Path's
    except OSError:
        return ()
    return found.st_mtime_ns, found.st_ctime_ns, found.st_size, found.st_ino
