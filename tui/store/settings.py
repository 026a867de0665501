"""The settings of a run: flag beats variable beats file beats remembered beats default, and which one won."""

from collections.abc import Callable, Mapping
from enum import StrEnum
from typing import Any, Literal

from msgspec import Struct

from tui.git.clean import clean_text
from tui.store.kinds import (
    Choice,
    HoursOfDay,
    Kind,
    Seconds,
    SettingError,
    Size,
    Switch,
    Whole,
    nearest,
    shown,
)
from tui.store.window import Window

MAX_JOBS = 64
MANY_JOBS = 32
"""More at a time are taken for a mistake by some hosts."""
CROWDED = 16
"""Transfers at a time above which servers and links suffer."""
MAX_AGE = 10 * 365 * 86400.0
PREFERENCES = (
    "jobs",
    "host_jobs",
    "stall_timeout",
    "timeout",
    "retry",
    "order",
    "stale_after",
    "severe_after",
    "theme",
)
"""The settings that a person changes in the app, which remembers them."""
THEMES = (
    "textual-dark",
    "textual-light",
    "ansi-dark",
    "ansi-light",
    "atom-one-dark",
    "atom-one-light",
    "catppuccin-frappe",
    "catppuccin-latte",
    "catppuccin-macchiato",
    "catppuccin-mocha",
    "dracula",
    "flexoki",
    "gruvbox",
    "monokai",
    "nord",
    "rose-pine",
    "rose-pine-dawn",
    "rose-pine-moon",
    "solarized-dark",
    "solarized-light",
    "tokyo-night",
)
"""Those of Textual; the ansi ones have the colours of the terminal."""


class Layer(StrEnum):
    FLAG = "flag"
    VARIABLE = "variable"
    FILE = "file"
    REMEMBERED = "remembered"
    DEFAULT = "default"


class Setting(Struct, frozen=True):
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
_WAIT = Seconds(zero="")
_SWITCH = Switch()


def parse_age(text: str) -> float:
    """Seconds. Raises SettingError."""
    return _AGE.parse(text)


SETTINGS: Mapping[str, Setting] = {
    setting.key: setting
    for setting in (
        Setting("jobs", JOBS, None, "repos synced at a time", "min(8, 2 × cores, repos)"),
        Setting("host_jobs", JOBS, None, "repos of one host synced at a time", "jobs"),
        Setting(
            "start_delay",
            SECONDS,
            0.0,
            "seconds between two starts on one host; a pick does not wait",
        ),
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
        Setting(
            "lock_wait", _WAIT, 0.0, "wait so long for a repo that another synctui holds before it is busy"
        ),
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
        Setting("min_free", Size(), 0, "start no repo with less room than this on its disk, like 1GiB"),
        Setting("ndjson", _SWITCH, False, "one JSON event a line on stdout"),
        Setting("json", _SWITCH, False, "one JSON document at the end"),
        Setting("progress", _SWITCH, False, "add progress events to --ndjson"),
        Setting("quiet", _SWITCH, False, "only what changed or failed"),
        Setting("verbose", _SWITCH, False, "the output of git as well"),
        Setting("color", Choice(("auto", "always", "never")), "auto", "colour the output"),
        Setting("exit_zero", _SWITCH, False, "exit 0 where the exit code would be 1"),
        Setting("stale_after", _AGE, 24 * 3600.0, "a repo is stale so long after its last success", "24h"),
        Setting("severe_after", _AGE, 72 * 3600.0, "... and severely stale after so long", "72h"),
        Setting(
            "theme",
            Choice(THEMES),
            None,
            "colours of the app; those that begin with ansi are the terminal's own",
            THEMES[0],
        ),
    )
}


class Settings(Struct, frozen=True):
    """The settings that count for a run. `limit` None: no limit. `theme` None: Textual's own default.

    Times are seconds, sizes are bytes, 0: off.
    """

    jobs: int
    host_jobs: int
    start_delay: float
    dry_run: bool
    fail_fast: bool
    stall_timeout: float
    timeout: float
    retry: int
    lock_wait: float
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
    min_free: int
    ndjson: bool
    json: bool
    progress: bool
    quiet: bool
    verbose: bool
    color: Literal["auto", "always", "never"]
    exit_zero: bool
    stale_after: float
    severe_after: float
    theme: str | None
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
    if transfers > CROWDED:
        return (
            f"jobs × submodule jobs = {jobs} × {submodule_jobs} = {transfers} > {CROWDED}:"
            " lower --jobs or git's submodule.fetchJobs"
        )
    return (
        f"jobs = {jobs} > {MANY_JOBS}: a host may refuse so many; see --host-jobs"
        if jobs > MANY_JOBS
        else None
    )


def _unknown(key: str, file_name: str) -> str:
    return (
        f"{clean_text(file_name)}: [settings] unknown key {shown(key)}{nearest(key, SETTINGS)};"
        f" allowed: {', '.join(SETTINGS)}"
    )
