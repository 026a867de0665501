import pytest

from tui.store.kinds import SettingError
from tui.store.settings import JOBS, SETTINGS, Layer, Settings, crowding, resolve

FILE = "/w/synctui.toml"
JOBS_ALLOWED = "a whole number from 1 to 64"
SECONDS_ALLOWED = "seconds from 0 to 86400, or like 90s, 5m, 1h; 0 turns it off"


def parse_flag(key, text):
    return SETTINGS[key].kind.parse(text)


def settled(flags=None, environ=None, file=None, repos=100, cores=8, **more) -> Settings:
    return resolve(flags or {}, environ or {}, file or {}, repos, cores, file_name=FILE, **more)


def test_the_table_and_the_record_have_the_same_keys():
    fields = [*Settings.__struct_fields__]

    assert fields == [*SETTINGS, "source", "warnings"]


@pytest.mark.parametrize(
    ("flag", "variable", "file", "remembered", "jobs", "layer"),
    [
        (5, "4", 3, 2, 5, Layer.FLAG),
        (None, "4", 3, 2, 4, Layer.VARIABLE),
        (None, None, 3, 2, 3, Layer.FILE),
        (None, None, None, 2, 2, Layer.REMEMBERED),
        (None, None, None, None, 8, Layer.DEFAULT),
        (5, None, None, None, 5, Layer.FLAG),
        (None, " 4 ", None, 2, 4, Layer.VARIABLE),
        (None, "", 3, None, 3, Layer.FILE),
        (None, "foo", 3, 2, 3, Layer.FILE),
        (None, "0", "3", 2, 2, Layer.REMEMBERED),
        (None, "65", True, None, 8, Layer.DEFAULT),
    ],
)
def test_each_layer_beats_the_next(flag, variable, file, remembered, jobs, layer):
    settings = settled(
        {"jobs": flag},
        {} if variable is None else {"SYNCTUI_JOBS": variable},
        {} if file is None else {"jobs": file},
        remembered={"jobs": remembered},
    )

    assert (settings.jobs, settings.source["jobs"]) == (jobs, layer)


@pytest.mark.parametrize("key", SETTINGS)
def test_every_setting_is_read_from_every_layer(key):
    texts = {
        "color": ("always", "never", "auto"),
        "stall_timeout": ("7", "8", 60.0),
        "timeout": ("7", "8", 600.0),
        "jobs": ("7", "6", 8),
        "host_jobs": ("7", "6", 8),
        "start_delay": ("7", "8", 0.0),
        "min_free": ("1GiB", "8", 0),
        "retry": ("7", "6", 2),
        "limit": ("7", "6", None),
        "order": ("stalest", "config", "longest"),
        "lock_wait": ("7", "8", 0.0),
        "theme": ("nord", "ansi-dark", None),
        "min_age": ("7", "8", 0.0),
        "every": ("7", "8", 900.0),
        "window": ("22:00-06:00", "9:00 - 17:30", None),
        "stale_after": ("7", "8", 86400.0),
        "severe_after": ("7", "8", 259200.0),
    }
    one, two, default = texts.get(key, ("true", "false", False))
    first, second = parse_flag(key, one), parse_flag(key, two)
    variable = f"SYNCTUI_{key.upper()}"

    def winner(settings):
        return getattr(settings, key), settings.source[key]

    assert winner(settled({key: first}, {variable: two})) == (first, "flag")
    assert winner(settled({}, {variable: one}, {key: second})) == (first, "variable")
    assert winner(settled({}, {}, {key: first})) == (first, "file")
    assert winner(settled()) == (default, "default")


@pytest.mark.parametrize(
    ("repos", "cores", "jobs"),
    [(100, 8, 8), (100, 2, 4), (100, 1, 2), (3, 8, 3), (0, 8, 1), (100, None, 8), (5, None, 5), (1, 1, 1)],
)
def test_default_jobs(repos, cores, jobs):
    settings = settled(repos=repos, cores=cores)

    assert (settings.jobs, settings.host_jobs) == (jobs, jobs)


def test_host_jobs_follow_jobs_until_set():
    assert settled({"jobs": 20}).host_jobs == 20
    assert settled({"jobs": 20}, {"SYNCTUI_HOST_JOBS": "3"}).host_jobs == 3


def test_explicit_jobs_are_not_clamped_to_repos_or_cores():
    assert settled({"jobs": 16}, repos=2, cores=2).jobs == 16


@pytest.mark.parametrize(
    "text", ["0", "-3", "foo", "1.5", "4x", "65", "1_0", "", " ", "٣", "9" * 5000, "0x8", "true"]
)
def test_jobs_refuse(text):
    with pytest.raises(SettingError, match=f"is not allowed; allowed: {JOBS_ALLOWED}"):
        parse_flag("jobs", text)


@pytest.mark.parametrize(("text", "jobs"), [("1", 1), ("64", 64), (" 8 ", 8), ("008", 8)])
def test_jobs_take(text, jobs):
    assert parse_flag("jobs", text) == jobs


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("0", 0.0),
        ("90", 90.0),
        ("90s", 90.0),
        ("5m", 300.0),
        ("1h", 3600.0),
        ("0.5", 0.5),
        (" 2 M ", 120.0),
        ("24h", 86400.0),
    ],
)
def test_times_take(text, seconds):
    assert parse_flag("timeout", text) == seconds


@pytest.mark.parametrize("text", ["-1", "5d", "m", "", "nan", "inf", "25h", "1h30m", "1e3"])
def test_times_refuse(text):
    with pytest.raises(SettingError) as caught:
        parse_flag("timeout", text)

    assert str(caught.value) == f'"{text}" is not allowed; allowed: {SECONDS_ALLOWED}'


@pytest.mark.parametrize(
    ("text", "size"),
    [
        ("0", 0),
        ("4096", 4096),
        ("10b", 10),
        ("500MB", 500_000_000),
        ("500M", 500 << 20),
        ("1.5GiB", 3 << 29),
        (" 2 tib ", 2 << 40),
    ],
)
def test_sizes_take(text, size):
    assert parse_flag("min_free", text) == size
    assert settled(file={"min_free": text}).min_free == size


@pytest.mark.parametrize("value", ["-1", "1PB", "GiB", "1e3", "1 G iB", "2000TB", "", 1.5, True, -1])
def test_sizes_refuse(value):
    (warning,) = settled(file={"min_free": value}).warnings

    assert "min_free ignored: " in warning
    assert warning.endswith(
        "is not allowed; allowed: bytes from 0 to 1000000000000000, or like 500MB, 1.5GiB; 0 turns it off"
    )


@pytest.mark.parametrize("word", ["1", "true", "YES", "on", " True "])
def test_switches_on(word):
    assert settled({}, {"SYNCTUI_FAIL_FAST": word}).fail_fast is True


@pytest.mark.parametrize("word", ["0", "false", "No", "off"])
def test_switches_off(word):
    settings = settled({}, {"SYNCTUI_FAIL_FAST": word}, {"fail_fast": True})

    assert (settings.fail_fast, settings.source["fail_fast"]) == (False, Layer.VARIABLE)


@pytest.mark.parametrize(
    ("environ", "file", "warning"),
    [
        ({"SYNCTUI_JOBS": "foo"}, {}, f'SYNCTUI_JOBS ignored: "foo" is not allowed; allowed: {JOBS_ALLOWED}'),
        (
            {"SYNCTUI_RETRY": "-1"},
            {},
            'SYNCTUI_RETRY ignored: "-1" is not allowed; allowed: a whole number from 0 to 100',
        ),
        (
            {"SYNCTUI_COLOR": "red\x1b[2J"},
            {},
            'SYNCTUI_COLOR ignored: "red" is not allowed; allowed: auto, always, never',
        ),
        (
            {"SYNCTUI_QUIET": "maybe"},
            {},
            'SYNCTUI_QUIET ignored: "maybe" is not allowed; allowed: true or false (1, 0, yes, no, on, off in a variable)',
        ),
        ({}, {"jobs": "8"}, f'{FILE}: [settings] jobs ignored: "8" is not allowed; allowed: {JOBS_ALLOWED}'),
        (
            {},
            {"jobs": True},
            f"{FILE}: [settings] jobs ignored: true is not allowed; allowed: {JOBS_ALLOWED}",
        ),
        (
            {},
            {"jobs": 16**5000},
            f"{FILE}: [settings] jobs ignored: a huge number is not allowed; allowed: {JOBS_ALLOWED}",
        ),
        (
            {},
            {"timeout": float("nan")},
            f"{FILE}: [settings] timeout ignored: nan is not allowed; allowed: {SECONDS_ALLOWED}",
        ),
        (
            {},
            {"quiet": 1},
            f"{FILE}: [settings] quiet ignored: 1 is not allowed; allowed: true or false (1, 0, yes, no, on, off in a variable)",
        ),
        (
            {},
            {"color": ["a"]},
            f"{FILE}: [settings] color ignored: a list is not allowed; allowed: auto, always, never",
        ),
        (
            {},
            {"job": 3},
            f'{FILE}: [settings] unknown key "job" (did you mean "jobs"?); allowed: {", ".join(SETTINGS)}',
        ),
    ],
)
def test_a_bad_value_is_one_warning_and_the_default_counts(environ, file, warning):
    settings = settled({}, environ, file)

    assert settings.warnings == (warning,)
    assert {key for key, layer in settings.source.items() if layer != Layer.DEFAULT} == set()


def test_a_bad_value_shadowed_by_a_flag_is_not_worth_a_warning():
    assert settled({"jobs": 3}, {"SYNCTUI_JOBS": "foo"}).warnings == ()


@pytest.mark.parametrize(("jobs", "submodule_jobs"), [(16, 1), (4, 4), (8, 2), (32, 0)])
def test_not_crowded(jobs, submodule_jobs):
    assert crowding(jobs, submodule_jobs) is None


def test_crowded_says_formula_and_values():
    text = "jobs × submodule jobs = 6 × 3 = 18 > 16: lower --jobs or git's submodule.fetchJobs"

    assert crowding(6, 3) == text
    assert settled({"jobs": 6}, submodule_jobs=3).warnings == (text,)


def test_many_jobs_are_warned_of():
    text = "jobs = 33 > 32: a host may refuse so many; see --host-jobs"
    assert settled({"jobs": 33}).warnings == (text,)
    assert settled({"jobs": 32}).warnings == ()


def test_names_of_a_setting():
    setting = SETTINGS["host_jobs"]

    assert (setting.variable, setting.flag, setting.default_text) == (
        "SYNCTUI_HOST_JOBS",
        "--host-jobs",
        "jobs",
    )
    assert [SETTINGS[key].default_text for key in ("stall_timeout", "retry", "quiet", "limit")] == [
        "60",
        "2",
        "false",
        "all",
    ]
    assert setting.kind == JOBS


@pytest.mark.parametrize(
    ("text", "shown"), [("22:00-06:00", "22:00-06:00"), (" 9:05 – 17:30 ", "09:05-17:30")]
)
def test_hours_of_the_day_take(text, shown):
    assert str(parse_flag("window", text)) == shown


@pytest.mark.parametrize(
    "text", ["", "22-6", "24:00-06:00", "22:60-06:00", "06:00-06:00", "22:00", "٢٢:00-06:00"]
)
def test_hours_of_the_day_refuse(text):
    with pytest.raises(SettingError, match="is not allowed; allowed: a span of the day like 22:00-06:00"):
        parse_flag("window", text)


@pytest.mark.parametrize("text", ["0", "0.5s", "-1"])
def test_an_interval_is_a_second_at_least(text):
    with pytest.raises(SettingError, match="allowed: seconds from 1 to"):
        parse_flag("every", text)


def test_limits_of_staleness_that_change_places_are_warned_of():
    assert settled({"stale_after": 200.0, "severe_after": 200.0}).warnings == ()
    assert settled({"stale_after": 201.0, "severe_after": 200.0}).warnings == (
        "severe_after is shorter than stale_after: nothing is stale, only severe",
    )
