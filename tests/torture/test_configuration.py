"""Workspace files that are wrong, by the installed program: one clear line, nothing run, and the others go on."""

import re
from pathlib import Path

import pytest

from tests.kit import repos
from tests.kit.program import synctui
from tests.torture.remotes import LOGIN
from tests.torture.servers import WebServer, status
from tests.torture.site import MARKER, SECRET

PATHS = "a relative path that stays in the workspace folder and out of every .git"
URLS = "https://, http://, ssh://, git://, file://, host:path or a path"
# TOML of an entry `bad`, the key that is wrong, and what its line says is allowed.
WRONG = [
    ("3", "url", URLS),
    ("true", "url", URLS),
    ('{ url = "REMOTE", depth = "deep" }', "depth", "a whole number from 1"),
    ('{ url = "REMOTE", tags = "web" }', "tags", "a list of words without blanks"),
    ('{ url = "REMOTE", enabled = "no" }', "enabled", "true or false"),
    ('{ url = "REMOTE", strategy = "rebase" }', "strategy", "ff, fetch"),
    ('{ url = "REMOTE", timeout = -1 }', "timeout", "seconds from 0 to 86400, or like 90s, 5m, 1h"),
    ('{ ulr = "REMOTE" }', "ulr", "url, path, branch, rev"),
    ('{ url = "REMOTE", command = "touch MARKER" }', "command", "url, path, branch, rev"),
    ('{ url = "REMOTE", path = "good" }', "path", "one entry a folder"),
    ('{ url = "REMOTE", path = "./x/../good" }', "path", PATHS),
    ('{ url = "REMOTE", path = "../out" }', "path", PATHS),
    ('{ url = "REMOTE", path = "OUT" }', "path", PATHS),
    ('{ url = "REMOTE", path = "link/repo" }', "path", PATHS),
    ('{ url = "REMOTE", path = "good/.git/hooks" }', "path", PATHS),
    ('{ url = "REMOTE", path = "new/.GIT::$INDEX_ALLOCATION" }', "path", PATHS),
    ('{ url = "REMOTE", path = "~root/repo" }', "path", PATHS),
    ('{ url = "REMOTE", path = "~/repo" }', "path", PATHS),
    ('"-uREMOTE"', "url", URLS),
    ('"--upload-pack=touch MARKER"', "url", URLS),
    ('"ext::sh -c touch% MARKER"', "url", URLS),
    ('"fd::17"', "url", URLS),
    ('"ssh://-oProxyCommand=touch%20MARKER/x"', "url", URLS),
    ('{ url = "REMOTE", branch = "--upload-pack=touch MARKER" }', "branch", "the name of a git ref"),
    ('{ url = "REMOTE", filter = "--upload-pack=touch MARKER" }', "filter", "a filter of git"),
    ('"https://u:SECRET@h.example\\n/x"', "url", URLS),
    ('"ftp://u:SECRET@h.example/x"', "url", URLS),
    ('"https://h.example/x.git?private_token=SECRET"', "url", URLS),
    ('"https://h.example/x.git#SECRET"', "url", URLS),
    ('{ ulr = "https://u:SECRET@h.example/x" }', "ulr", "url, path, branch, rev"),
    ('{ url = "REMOTE", rev = "https://u:SECRET@h.example/x" }', "rev", "the name of a git ref"),
]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Holds `good`'s remote, the workspace folder `co`, and in that a link which leads out of it."""
    repos.make_remote(tmp_path / "good.git", 2)
    (tmp_path / "out").mkdir()
    (tmp_path / "co").mkdir()
    (tmp_path / "co/link").symlink_to(tmp_path / "out")
    return tmp_path


def write(folder: Path, entries: str, *, name: str = "co") -> Path:
    remote = (folder / "good.git").as_uri()
    text = entries.replace("REMOTE", remote).replace("SECRET", SECRET).replace("OUT", str(folder / "out"))
    file = folder / "synctui.toml"
    file.write_text(f'[workspaces."{name}"]\n{text}\n'.replace("MARKER", str(folder / MARKER)))
    return file


def nothing_happened(folder: Path) -> None:
    assert list((folder / "out").iterdir()) == []
    assert not (folder / MARKER).exists()


def test_every_wrong_entry_is_one_clear_line_and_the_good_one_runs(folder: Path, sandbox: Path) -> None:
    bad = {f"bad{number:02}": wrong for number, wrong in enumerate(WRONG)}
    file = write(
        folder, 'good = "REMOTE"\n' + "\n".join(f"{name} = {toml}" for name, (toml, *_) in bad.items())
    )
    ran = synctui("sync", "--ndjson", cwd=folder)
    assert ran.code == 1
    ends = ran.finished()
    assert ends.pop("co/good")["state"] == "synced"
    assert repos.head(folder / "co/good") == repos.head(folder / "good.git", "main")
    assert sorted(ends) == [f"co/{name}" for name in bad]
    for name, (_, key, allowed) in bad.items():
        end = ends[f"co/{name}"]
        assert (end["state"], end["reason"]) == ("failed", "config"), end
        line = end["message"]
        assert line.startswith(f"{file}: entry co/{name}: "), line
        assert re.search(rf'(: |"){key}\b', line), line
        assert f"; allowed: {allowed}" in line
        assert "\n" not in line
    nothing_happened(folder)
    assert sorted(path.name for path in (folder / "co").iterdir()) == ["good", "link"]
    state = b"".join(path.read_bytes() for path in (sandbox / ".local/state").rglob("*") if path.is_file())
    assert SECRET not in ran.out + ran.err
    assert SECRET.encode() not in state
    counts = ran.run_finished["counts"]
    assert (counts["failed"], counts["synced"], ran.run_finished["total"]) == (len(bad), 1, len(bad) + 1)


def test_for_people_it_is_one_line_too(folder: Path) -> None:
    file = write(folder, 'good = "REMOTE"\nbad = { ulr = "REMOTE" }')
    ran = synctui("sync", cwd=folder)
    lines = [line for line in ran.out.splitlines() if "unknown key" in line]
    assert {line.split(maxsplit=4)[1] for line in lines} == {"co/bad"}
    assert f'{file}: entry co/bad: unknown key "ulr" (did you mean "url"?); allowed: url, ' in lines[0]
    assert (ran.code, ran.err) == (1, "")


@pytest.mark.parametrize("command", [("sync",), ("sync", "-n"), ("sync", "--ndjson"), ("list",), ("config",)])
@pytest.mark.parametrize(
    ("content", "problem"),
    [
        (b"[settings\njobs = 3\n", "not TOML: "),
        (b'[workspaces.co]\ngood = "REMOTE"\ngood = "REMOTE"\n', "not TOML: "),
        (b'[workspaces.co]\ngood = "REMOTE"\n# \xff\xfe\n', "not UTF-8 (at line 3)"),
        (b"PK\x03\x04\x00\x00\x1b[31m", "not TOML: "),
        (b"workspaces = 3\n", "workspaces = 3; allowed: a table of folders"),
        (None, "cannot be read: Is a directory"),
    ],
    ids=["table", "twice", "bytes", "archive", "type", "folder"],
)
def test_a_file_that_cannot_be_read_stops_before_anything_is_fetched(
    folder: Path, command: tuple[str, ...], content: bytes | None, problem: str
) -> None:
    file = folder / "synctui.toml"
    if content is None:
        file.mkdir()
    else:
        file.write_bytes(content.replace(b"REMOTE", (folder / "good.git").as_uri().encode()))
    ran = synctui(*command, cwd=folder)
    assert (ran.code, ran.out) == (2, "")
    (line,) = ran.err.splitlines()
    assert line.startswith(f"synctui: {file}: {problem}")
    assert "\x1b" not in line
    assert [path.name for path in (folder / "co").iterdir()] == ["link"]


def test_a_file_that_was_named_and_is_not_there(folder: Path) -> None:
    for args, env in ((("-c", "no.toml"), {}), ((), {"SYNCTUI_CONFIG": "no.toml"})):
        ran = synctui("sync", *args, cwd=folder, env=env)
        assert (ran.code, ran.out) == (2, "")
        assert ran.err == f"synctui: {folder}/no.toml: cannot be read: No such file or directory\n"


def test_an_empty_file_is_an_empty_workspace_and_no_scan(folder: Path) -> None:
    repos.clone(repos.Remote(folder / "good.git"), folder / "co/found")
    (folder / "synctui.toml").write_bytes(b"")
    ran = synctui("sync", "--ndjson", cwd=folder)
    assert (ran.code, ran.run_finished["total"]) == (0, 0)
    says = f'{folder}/synctui.toml: lists no repo; below [workspaces."FOLDER"] add a line: NAME = "URL"'
    assert ran.err.splitlines()[0] == f"synctui: {says}"


def test_a_folder_without_repos_is_named(folder: Path) -> None:
    (folder / "none").mkdir()
    ran = synctui("sync", cwd=folder / "none")
    says = f"{folder}/none: no git repo in this folder, and no synctui.toml here or above that lists some"
    assert (ran.code, ran.err) == (0, f"synctui: {says}\n")


def test_what_the_file_says_beside_the_entries_is_a_warning(folder: Path) -> None:
    file = write(folder, 'good = "REMOTE"')
    file.write_text(f'colour = 1\n[settings]\njobs = "many"\njbos = 3\n{file.read_text()}')
    ran = synctui("sync", "--ndjson", cwd=folder)
    assert ran.code == 0
    assert ran.err.splitlines()[:3] == [
        f'synctui: {file}: unknown key "colour"; allowed: settings, workspaces',
        f'synctui: {file}: [settings] unknown key "jbos" (did you mean "jobs"?); allowed: '
        + ran.err.splitlines()[1].rpartition("allowed: ")[2],
        f'synctui: {file}: [settings] jobs ignored: "many" is not allowed; allowed: a whole number from 1 to 64',
    ]


def test_a_password_in_a_url_is_used_and_never_shown(folder: Path, sandbox: Path) -> None:
    with WebServer(folder, answer=status(401, **LOGIN)) as server:
        url = f"{server.url}/good.git".replace("://", f"://ann:{SECRET}@")
        write(folder, f'good = "{url}"')
        told = ""
        for command in (
            "sync",
            "sync -v",
            "sync --ndjson",
            "sync --json",
            "sync -n",
            "list",
            "config --show",
        ):
            ran = synctui(*command.split(), cwd=folder, env={"SYNCTUI_RETRY": "0"})
            assert ran.code == ("sync" in command), ran
            told += ran.out + ran.err
        assert [login for login in server.logins if login] != []
    state = b"".join(path.read_bytes() for path in (sandbox / ".local/state").rglob("*") if path.is_file())
    assert SECRET not in told
    assert SECRET.encode() not in state


def test_ten_thousand_entries(folder: Path) -> None:
    off = "".join(
        f'r{number} = {{ url = "https://h.invalid/{number}", enabled = false }}\n' for number in range(9_999)
    )
    write(folder, f'good = "REMOTE"\n{off}')
    ran = synctui("sync", "--ndjson", cwd=folder)
    last = ran.run_finished
    assert (ran.code, last["total"]) == (0, 10_000)
    assert (last["counts"]["synced"], last["counts"]["skipped"]) == (1, 9_999)
    assert len(ran.finished()) == 10_000
    listed = synctui("list", cwd=folder).out.splitlines()
    assert len(listed) == 10_000


def test_ten_thousand_wrong_entries_are_ten_thousand_lines(folder: Path) -> None:
    bad = "".join(f'r{number} = "ext::sh -c touch% MARKER"\n' for number in range(9_999))
    write(folder, f'good = "REMOTE"\n{bad}')
    ran = synctui("sync", cwd=folder)
    assert ran.code == 1
    # Each once as it ends and once in the summary's list, at most.
    named = {line.split()[1] for line in ran.out.splitlines() if 'transport "ext"' in line}
    assert len(named) == 9_999
    nothing_happened(folder)
