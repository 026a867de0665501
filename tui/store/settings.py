"""The settings of a run: flag beats variable beats file beats remembered beats default, and which one won."""

import datetime as dt
import difflib
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Literal, Protocol

from tui.git.clean import clean_text
from tui.store.window import Window

MAX_JOBS = 64
MAX_SECONDS = 86400.0
CROWDED = 16
"""Transfers at a time above which servers and links suffer."""
MAX_AGE = 10 * 365 * 86400.0
_UNITS = {"": 1, "s": 1, "m": 60, "h": 3600, "d": 86400}
_SHOWN = 40
"""Characters of a foreign value that a one-line message has room for."""


class SettingError(ValueError):
    """A value that a setting does not take; the text names the value and what is allowed."""


class Layer(StrEnum):
    FLAG = "flag"
    VARIABLE = "variable"
    FILE = "file"
    REMEMBERED = "remembered"
    DEFAULT = "default"


class Kind(Protocol):
    """What a setting takes. `parse` reads text, `check` a TOML value; both raise SettingError."""

    @property
    def allowed(self) -> str: ...

    def parse(self, text: str) -> object: ...

    def check(self, value: object) -> object: ...


@dataclass(frozen=True, slots=True)
class Whole:
    least: int
    most: int

    @property
    def allowed(self) -> str:
        return f"a whole number from {self.least} to {self.most}"

    def parse(self, text: str) -> int:
        if not re.fullmatch(r"-?[0-9]{1,9}", text.strip()):
            raise _refusal(text, self)
        return self._within(int(text), text)

    def check(self, value: object) -> int:
        if isinstance(value, bool) or not isinstance(value, int):
            raise _refusal(value, self)
        return self._within(value, value)

    def _within(self, number: int, given: object) -> int:
        if not self.least <= number <= self.most:
            raise _refusal(given, self)
        return number


@dataclass(frozen=True, slots=True)
class Seconds:
    """A length of time in seconds, also written `90s`, `5m`, `1h`, `3d`."""

    most: float = MAX_SECONDS
    zero: str = "; 0 turns it off"
    """What nought means, for people."""
    least: float = 0.0

    @property
    def allowed(self) -> str:
        days = ", 3d" if self.most > MAX_SECONDS else ""
        return f"seconds from {self.least:.0f} to {self.most:.0f}, or like 90s, 5m, 1h{days}{self.zero}"

    def parse(self, text: str) -> float:
        match = re.fullmatch(r"([0-9]{1,9}(?:\.[0-9]{1,9})?) ?([smhd]?)", text.strip(), re.IGNORECASE)
        if not match:
            raise _refusal(text, self)
        return self._within(float(match[1]) * _UNITS[match[2].lower()], text)

    def check(self, value: object) -> float:
        if isinstance(value, str):
            return self.parse(value)
        if isinstance(value, bool) or not isinstance(value, int | float):
            raise _refusal(value, self)
        return self._within(value, value)

    def _within(self, seconds: float, given: object) -> float:
        # Written so that nan, which compares with nothing, is refused too.
        if not self.least <= seconds <= self.most:
            raise _refusal(given, self)
        return float(seconds)


@dataclass(frozen=True, slots=True)
class Switch:
    allowed: str = "true or false (1, 0, yes, no, on, off in a variable)"

    def parse(self, text: str) -> bool:
        word = text.strip().lower()
        if word in {"1", "true", "yes", "on"}:
            return True
        if word in {"0", "false", "no", "off"}:
            return False
        raise _refusal(text, self)

    def check(self, value: object) -> bool:
        if not isinstance(value, bool):
            raise _refusal(value, self)
        return value


@dataclass(frozen=True, slots=True)
class Choice:
    words: tuple[str, ...]

    @property
    def allowed(self) -> str:
        return ", ".join(self.words)

    def parse(self, text: str) -> str:
        word = text.strip().lower()
        if word not in self.words:
            raise _refusal(text, self)
        return word

    def check(self, value: object) -> str:
        if not isinstance(value, str):
            raise _refusal(value, self)
        return self.parse(value)


@dataclass(frozen=True, slots=True)
class HoursOfDay:
    """A span of the local day, also across midnight."""

    allowed: str = "a span of the day like 22:00-06:00"

    def parse(self, text: str) -> Window:
        match = re.fullmatch(r"(\d{1,2}):(\d\d) ?[-–] ?(\d{1,2}):(\d\d)", text.strip(), re.ASCII)
        try:
            if not match:
                raise _refusal(text, self)
            hour, minute, until_hour, until_minute = map(int, match.groups())
            window = Window(dt.time(hour, minute), dt.time(until_hour, until_minute))
        except ValueError:
            raise _refusal(text, self) from None
        if window.start == window.end:
            raise _refusal(text, self)
        return window

    def check(self, value: object) -> Window:
        if isinstance(value, Window):
            return value
        if not isinstance(value, str):
            raise _refusal(value, self)
        return self.parse(value)


@dataclass(frozen=True, slots=True)
class Setting:
    """`key` is its name in the file; flag and variable follow from it. `default` None: see `default_text`."""

    key: str
    kind: Kind
    default: object
    help: str
    computed: str = ""
    """How a person is told a default that is not a plain value."""

    @property
    def variable(self) -> str:
        return f"SYNCTUI_{self.key.upper()}"

    @property
    def flag(self) -> str:
        return f"--{self.key.replace('_', '-')}"

    @property
    def default_text(self) -> str:
        if self.computed:
            return self.computed
        return f"{self.default:g}" if isinstance(self.default, float) else str(self.default).lower()


JOBS = Whole(1, MAX_JOBS)
SECONDS = Seconds()
_AGE = Seconds(MAX_AGE, "")
_PAUSE = Seconds(MAX_AGE, "", least=1.0)
_SWITCH = Switch()


def parse_age(text: str) -> float:
    """Seconds. Raises SettingError."""
    return _AGE.parse(text)


SETTINGS: Mapping[str, Setting] = {
    setting.key: setting
    for setting in (
        Setting("jobs", JOBS, None, "repos synced at a time", "min(8, 2 × cores, repos)"),
        Setting("host_jobs", JOBS, None, "repos of one host synced at a time", "jobs"),
        Setting("dry_run", _SWITCH, False, "say what would be done, write nothing"),
        Setting("fail_fast", _SWITCH, False, "start nothing after the first failure"),
        Setting(
            "stall_timeout",
            SECONDS,
            60.0,
            "give up after so long without a byte; doubled for picks and retries",
        ),
        Setting(
            "timeout",
            SECONDS,
            600.0,
            "give up on a repo after so long, all attempts together; a clone has no limit unless set",
        ),
        Setting("retry", Whole(0, 100), 2, "further attempts after a failure that may pass"),
        Setting("failed", _SWITCH, False, "only what failed and has neither succeeded nor been acknowledged"),
        Setting("resume", _SWITCH, False, "only what the last run was to do and did not end"),
        Setting("min_age", _AGE, 0.0, "skip what was brought up to date so shortly ago"),
        Setting(
            "every", _PAUSE, 900.0, "the next pass begins so long after the end of the one before", "15m"
        ),
        Setting("window", HoursOfDay(), None, "passes begin only in these hours, like 22:00-06:00", "always"),
        Setting(
            "order",
            Choice(("longest", "stalest", "config")),
            "longest",
            "what begins first: what took longest, what is stalest, or as in the file; one job at a time keeps"
            " that of the file",
        ),
        Setting("fetch_only", _SWITCH, False, "fetch, move no branch"),
        Setting("all_branches", _SWITCH, False, "fast-forward every local branch, not only the current one"),
        Setting("no_clone", _SWITCH, False, "skip what is not cloned yet"),
        Setting(
            "limit", Whole(1, 1_000_000), None, "only the first so many repos that are not skipped", "all"
        ),
        Setting("ndjson", _SWITCH, False, "one JSON event a line on stdout"),
        Setting("json", _SWITCH, False, "one JSON document at the end"),
        Setting("progress", _SWITCH, False, "add progress events to --ndjson"),
        Setting("quiet", _SWITCH, False, "only what changed or failed"),
        Setting("verbose", _SWITCH, False, "the output of git as well"),
        Setting("color", Choice(("auto", "always", "never")), "auto", "colour the output"),
        Setting("exit_zero", _SWITCH, False, "exit 0 where the exit code would be 1"),
        Setting("stale_after", _AGE, 24 * 3600.0, "a repo is stale so long after its last success", "24h"),
        Setting("severe_after", _AGE, 72 * 3600.0, "... and severely stale after so long", "72h"),
    )
}


@dataclass(frozen=True, slots=True)
class Settings:
    """The settings that count for a run. `limit` None: no limit. Times are seconds, 0: off."""

    jobs: int
    host_jobs: int
    dry_run: bool
    fail_fast: bool
    stall_timeout: float
    timeout: float
    retry: int
    failed: bool
    resume: bool
    min_age: float
    every: float
    window: Window | None
    order: Literal["longest", "stalest", "config"]
    fetch_only: bool
    all_branches: bool
    no_clone: bool
    limit: int | None
    ndjson: bool
    json: bool
    progress: bool
    quiet: bool
    verbose: bool
    color: Literal["auto", "always", "never"]
    exit_zero: bool
    stale_after: float
    severe_after: float
    source: Mapping[str, Layer]
    """The layer that won, for every key."""
    warnings: tuple[str, ...]
    """One line for each value that was ignored."""


def default_jobs(repos: int, cores: int | None) -> int:
    """`cores` None: unknown, counts as 4."""
    # 8 is politeness to hosts that count connections, not a figure of the processor.
    return max(1, min(8, 2 * (cores or 4), repos))


def resolve(
    flags: Mapping[str, object],
    environ: Mapping[str, str],
    file: Mapping[str, object],
    repos: int,
    cores: int | None,
    *,
    file_name: str = "",
    remembered: Mapping[str, object] | None = None,
    submodule_jobs: int = 0,
) -> Settings:
    """Decide every setting. Never raises for foreign values: a bad one is a warning and the next layer counts.

    `flags` holds parsed values, None where the flag was not given; `file` the `[settings]` of the file
    that `file_name` names in warnings. `remembered` is what the app keeps of its own and passes in.
    `submodule_jobs` is git's submodule.fetchJobs, 0 where no repo of the run has submodules.
    """
    values: dict[str, Any] = {}
    source: dict[str, Layer] = {}
    warnings = [_unknown(key, file_name) for key in file if key not in SETTINGS]
    for key, setting in SETTINGS.items():
        check = setting.kind.check
        layers: tuple[tuple[Layer, object, Callable[[Any], object], str], ...] = (
            (Layer.FLAG, flags.get(key), check, setting.flag),
            # An empty variable is one that is not set, as most programs have it.
            (
                Layer.VARIABLE,
                environ.get(setting.variable, "").strip() or None,
                setting.kind.parse,
                setting.variable,
            ),
            (Layer.FILE, file.get(key), check, f"{clean_text(file_name)}: [settings] {key}"),
            (Layer.REMEMBERED, (remembered or {}).get(key), check, f"remembered {key}"),
        )
        values[key], source[key] = _default(key, values, repos, cores), Layer.DEFAULT
        for layer, given, read, name in layers:
            if given is None:
                continue
            try:
                values[key], source[key] = read(given), layer
                break
            except SettingError as error:
                warnings.append(f"{name} ignored: {error}")
    warnings += filter(None, [crowding(values["jobs"], submodule_jobs)])
    if values["severe_after"] < values["stale_after"]:
        warnings.append("severe_after is shorter than stale_after: nothing is stale, only severe")
    return Settings(**values, source=source, warnings=tuple(warnings))


def _default(key: str, values: Mapping[str, object], repos: int, cores: int | None) -> object:
    if key == "jobs":
        return default_jobs(repos, cores)
    return values["jobs"] if key == "host_jobs" else SETTINGS[key].default


def crowding(jobs: int, submodule_jobs: int) -> str | None:
    """The warning that so many transfers at a time are too many, None where they are not."""
    transfers = jobs * submodule_jobs
    if transfers <= CROWDED:
        return None
    return (
        f"jobs × submodule jobs = {jobs} × {submodule_jobs} = {transfers} > {CROWDED}:"
        " lower --jobs or git's submodule.fetchJobs"
    )


def shown(value: object) -> str:
    """A foreign TOML value as a message may show it: clean, short, on one line."""
    if isinstance(value, str):
        text = clean_text(value)
        return f'"{text[: _SHOWN - 1]}…"' if len(text) > _SHOWN else f'"{text}"'
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, int):
        # Python refuses to print an integer of more than 4300 digits.
        return str(value) if abs(value) < 10**15 else "a huge number"
    if isinstance(value, float):
        return str(value)
    if isinstance(value, list | dict):
        return "a list" if isinstance(value, list) else "a table"
    return "a date or time"


def nearest(word: str, known: Mapping[str, object]) -> str:
    """` (did you mean "url"?)`, or nothing where no known word is near."""
    near = difflib.get_close_matches(word, known, 1)
    return f' (did you mean "{near[0]}"?)' if near else ""


def _unknown(key: str, file_name: str) -> str:
    return (
        f"{clean_text(file_name)}: [settings] unknown key {shown(key)}{nearest(key, SETTINGS)};"
        f" allowed: {', '.join(SETTINGS)}"
    )


def _refusal(value: object, kind: Kind) -> SettingError:
    return SettingError(f"{shown(value)} is not allowed; allowed: {kind.allowed}")
