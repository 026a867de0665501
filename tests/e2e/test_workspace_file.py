"""scan, add and import: the workspace file as they make it, and as the rest of the program reads it."""

import json
import os
import tomllib
from pathlib import Path

import pytest

from tests.kit.program import Ran, synctui
from tests.kit.repos import add_commits, clone, git, make_remote


def repo(path: Path, url: str = "") -> Path:
    path.mkdir(parents=True)
    git(path, "init", "-q")
    if url:
        git(path, "remote", "add", "origin", url)
    return path


def notes(ran: Ran) -> list[str]:
    assert "Traceback" not in ran.err
    return [line.removeprefix("synctui: ") for line in ran.err.splitlines()]


def only_line(ran: Ran) -> str:
    assert ran.code == 2
    assert ran.out == ""
    (line,) = notes(ran)
    return line


def test_what_a_scan_writes_is_what_a_sync_does(tmp_path: Path) -> None:
    made = {
        name: make_remote(tmp_path / f"srv/{name.replace('/', '-')}.git") for name in ("a", "x/b", "x/y/c")
    }
    for name, remote in made.items():
        clone(remote, tmp_path / "work" / name)
    add_commits(made["x/b"], 1)

    ran = synctui("scan", "work", "--write", cwd=tmp_path)

    ids = ["work/a", "work/x/b", "work/x/y/c"]
    assert (ran.code, [line.split()[0] for line in ran.out.splitlines()]) == (0, ids)
    assert notes(ran) == [f"{tmp_path}/synctui.toml: 3 repos added"]
    listing = synctui("list", cwd=tmp_path).out.splitlines()
    assert [line.split() for line in listing] == [
        [f"work/{name}", f"{tmp_path}/work/{name}", remote.url] for name, remote in made.items()
    ]
    plan = json.loads(synctui("sync", "--dry-run", "--json", cwd=tmp_path).out)
    assert {one["repo"]: one["state"] for one in plan["repos"]} == {
        "work/a": "up_to_date",
        "work/x/b": "synced",
        "work/x/y/c": "up_to_date",
    }


def test_a_scan_prints_sorted_toml_and_touches_nothing(tmp_path: Path) -> None:
    repo(tmp_path / "w/z", "https://h/z.git")
    repo(tmp_path / "w/a b", "git@h:a.git")
    repo(tmp_path / "w/none")

    first, second = (synctui("scan", "w", cwd=tmp_path) for _ in range(2))

    assert first == second
    assert (first.code, first.err) == (0, "")
    assert first.out == (
        f'[workspaces."{tmp_path}/w"]\n"a b" = "git@h:a.git"\nnone = {{}}\nz = "https://h/z.git"\n'
    )
    assert list(tmp_path.iterdir()) == [tmp_path / "w"]


def test_a_second_scan_adds_only_what_is_new_and_names_the_rest(tmp_path: Path) -> None:
    repo(tmp_path / "w/one", "https://h/one")
    synctui("scan", "w", "--write", cwd=tmp_path)
    before = (tmp_path / "synctui.toml").read_bytes()

    again = synctui("scan", "w", "--write", cwd=tmp_path)
    repo(tmp_path / "w/two", "https://h/two")
    git(tmp_path / "w/one", "commit", "-q", "--allow-empty", "-m", "one")
    git(tmp_path / "w/one", "worktree", "add", "-q", str(tmp_path / "w/a-tree"))
    third = synctui("scan", "w", "--write", cwd=tmp_path)

    listed = f"{tmp_path}/w/one: is `w/one`, which is listed"
    assert (again.code, again.out) == (0, "")
    assert notes(again) == [listed, f"{tmp_path}/synctui.toml: nothing to add"]
    assert third.out == f"w/two  {tmp_path}/w/two\n"
    assert notes(third) == [
        listed,
        f"{tmp_path}/w/a-tree: left out: the same repository as `w/one`, which is listed",
        f"{tmp_path}/synctui.toml: 1 repo added",
    ]
    assert (tmp_path / "synctui.toml").read_bytes() == before + b'two = "https://h/two"\n'


def test_excluded_folders_symlinks_and_repos_in_repos_are_left_out(tmp_path: Path) -> None:
    for name in ("keep", "keep/inner", "x/__extern/gone", "a/b/gone", "a/stays", "Old"):
        repo(tmp_path / "w" / name)
    (tmp_path / "w/loop").symlink_to(tmp_path / "w")

    def found(*flags: str) -> list[str]:
        ran = synctui("scan", "w", *flags, cwd=tmp_path)
        return sorted(tomllib.loads(ran.out)["workspaces"][f"{tmp_path}/w"])

    assert found("--exclude", "__extern", "--exclude", "a/b", "--exclude", "old") == [
        "Old",
        "a/stays",
        "keep",
    ]
    assert found("--nested", "--exclude", "[ax_O]*") == ["keep", "keep/inner"]


def test_a_scan_of_a_repo_and_of_what_is_in_it(tmp_path: Path) -> None:
    repo(tmp_path / "w/top")
    repo(tmp_path / "w/top/inner")

    assert synctui("scan", "w/top", cwd=tmp_path).out == f'[workspaces."{tmp_path}/w"]\ntop = {{}}\n'
    assert synctui("scan", ".", "--nested", cwd=tmp_path / "w/top").out == (
        f'[workspaces."{tmp_path}/w"]\ntop = {{}}\n"top/inner" = {{}}\n'
    )


def test_no_login_and_no_url_that_may_not_be_used_gets_into_the_file(tmp_path: Path) -> None:
    repo(tmp_path / "w/login", "https://me:hunter2@h/a.git")
    repo(tmp_path / "w/query", "https://h/b?private_token=hunter2")
    repo(tmp_path / "w/helper", "ext::sh -c hunter2")
    repo(tmp_path / "w/near", "../other")

    ran = synctui("scan", "w", "--write", cwd=tmp_path)

    table = tomllib.loads((tmp_path / "synctui.toml").read_text())["workspaces"][f"{tmp_path}/w"]
    assert table == {"login": "https://h/a.git", "query": {}, "helper": {}, "near": {}}
    assert "hunter2" not in ran.out + ran.err
    assert notes(ran) == [
        f'{tmp_path}/w/helper: stands without its URL, which names the transport "ext"',
        f"{tmp_path}/w: entry login: the login in its URL is left out; keep it in a credential helper of git",
        f"{tmp_path}/w/near: stands without its URL, which is a path as seen from the checkout",
        (
            f"{tmp_path}/w/query: stands without its URL, which holds a secret behind '?', which the process list would"
            " show: keep the login in a credential helper of git"
        ),
        f"{tmp_path}/synctui.toml: 4 repos added",
    ]


def test_words_of_select_are_in_any_case_where_that_is_asked_for(tmp_path: Path) -> None:
    repo(tmp_path / "W/Flask", "https://h/flask")
    listed = synctui("list", "-i", "FLASK", cwd=tmp_path)
    assert (listed.code, listed.out) == (0, f"w/flask  {tmp_path}/W/Flask  https://h/flask\n")
    assert synctui("list", "FLASK", cwd=tmp_path).code == 2


def test_a_scan_says_what_it_could_not_do(tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    (tmp_path / "file").write_text("")
    empty = synctui("scan", "empty", cwd=tmp_path)
    assert (empty.code, empty.out, notes(empty)) == (0, "", [f"{tmp_path}/empty: no git repo in here"])
    assert only_line(synctui("scan", "file", cwd=tmp_path)) == (
        f"{tmp_path}/file: cannot be scanned: Not a directory"
    )
    assert only_line(synctui("scan", "gone", cwd=tmp_path)) == (
        f"{tmp_path}/gone: cannot be scanned: No such file or directory"
    )
    assert only_line(synctui("scan", "empty", "--exclude", "", cwd=tmp_path)) == (
        "invalid value for --exclude: an empty glob leaves out nothing; see `synctui scan --help`"
    )


def test_names_that_no_workspace_file_can_hold_are_named(tmp_path: Path) -> None:
    repo(tmp_path / "w/good")
    (tmp_path / "w" / os.fsdecode(b"b\xff") / ".git").mkdir(parents=True)
    (tmp_path / "w/two\nlines/.git").mkdir(parents=True)

    ran = synctui("scan", "w", cwd=tmp_path)

    assert (ran.code, ran.out) == (1, f'[workspaces."{tmp_path}/w"]\ngood = {{}}\n')
    assert notes(ran) == [
        f"{tmp_path}/w: {tmp_path}/w/b\ufffd: not UTF-8, which a workspace file has to be",
        (
            f"{tmp_path}/w: entry w/two lines: its name as path holds control characters; allowed: a relative path that"
            " stays in the workspace folder and out of every .git"
        ),
    ]


def test_add_keeps_every_byte_the_mode_and_the_link(tmp_path: Path) -> None:
    (tmp_path / "dots").mkdir()
    real = tmp_path / "dots/repos.toml"
    old = '\ufeff# mine\r\n[workspaces."co"]\r\na = "https://h/a"\r\n[settings]\r\njobs = 3 # few'.encode()
    real.write_bytes(old)
    real.chmod(0o640)
    (tmp_path / "synctui.toml").symlink_to(real)

    ran = synctui("add", "https://me@h/team/b.git/", cwd=tmp_path)

    assert (ran.code, ran.out) == (0, f"{tmp_path.name}/b  {tmp_path}/b\n")
    assert real.read_bytes() == old + (
        f'\r\n\r\n[workspaces."{tmp_path}"]\r\nb = "https://h/team/b.git/"\r\n'.encode()
    )
    assert real.stat().st_mode & 0o7777 == 0o640
    assert (tmp_path / "synctui.toml").is_symlink()
    assert notes(ran) == [
        f"{tmp_path}/synctui.toml: entry b: the login in its URL is left out; keep it in a credential helper of git",
        f"{tmp_path}/synctui.toml: 1 repo added",
    ]


def test_add_makes_the_file_that_is_named_with_the_umask_of_the_person(tmp_path: Path) -> None:
    checkout = repo(tmp_path / "co/mine", "https://h/mine.git")
    ran = synctui("add", "co/mine", "-c", "my.toml", cwd=tmp_path)
    assert ran.code == 0
    assert (
        tmp_path / "my.toml"
    ).read_text() == f'[workspaces."{checkout.parent}"]\nmine = "https://h/mine.git"\n'
    mask = os.umask(0)
    os.umask(mask)
    assert (tmp_path / "my.toml").stat().st_mode & 0o777 == 0o666 & ~mask
    assert not (tmp_path / "synctui.toml").exists()


def test_add_refuses_with_one_line_and_leaves_the_file(tmp_path: Path) -> None:
    repo(tmp_path / "co/a", "https://h/a")
    repo(tmp_path / "else/co/a")
    (tmp_path / "plain").mkdir()
    (tmp_path / "link").symlink_to("co")
    synctui("add", "co/a", cwd=tmp_path)
    file = tmp_path / "synctui.toml"
    before = file.read_bytes()

    def said(*args: str) -> str:
        line = only_line(synctui("add", *args, cwd=tmp_path))
        assert file.read_bytes() == before
        return line

    assert said("co/a") == f"{tmp_path}/co/a: already listed as co/a"
    assert said("link/a") == f"{tmp_path}/link/a: already listed as co/a"
    assert said("else/co/a") == (f"co/a is already the id of {tmp_path}/co/a; choose another with --name")
    assert said("plain") == f"{tmp_path}/plain: no git repository is at exactly this path"
    assert said("gone") == "gone: neither a folder that is there nor a URL"
    assert said("https://h/") == "https://h/: names no repository; give it a name with --name"
    assert said("ext::sh").startswith(f"{file}: entry {tmp_path.name}/sh: url names the transport")
    assert said("https://h/x?token=hunter2", "--name", "x").startswith(
        f"{file}: entry {tmp_path.name}/x: url holds a secret behind '?'"
    )
    assert said("https://h/x", "--name", "../x").startswith(
        f'{file}: entry {tmp_path.name}/../x: its name as path "../x" leaves the workspace folder'
    )
    taken = synctui("add", "else/co/a", "--name", "b", cwd=tmp_path)
    assert taken.out == f"co/b  {tmp_path}/else/co/a\n"


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"a = [", "not TOML: "),
        (b"# \xff", "not UTF-8 (at line 1)"),
        (b"workspaces = {}\n", "no entry can be appended to workspaces."),
    ],
)
def test_add_leaves_a_file_that_it_cannot_add_to(tmp_path: Path, content: bytes, says: str) -> None:
    (tmp_path / "synctui.toml").write_bytes(content)
    assert only_line(synctui("add", "https://h/a", cwd=tmp_path)).startswith(
        f"{tmp_path}/synctui.toml: {says}"
    )
    assert (tmp_path / "synctui.toml").read_bytes() == content


def test_add_says_where_it_cannot_write(tmp_path: Path) -> None:
    (tmp_path / "folder.toml").mkdir()
    (tmp_path / "broken.toml").symlink_to("nowhere/x.toml")

    def said(file: str) -> str:
        return only_line(synctui("add", "https://h/a", "-c", file, cwd=tmp_path))

    assert said("folder.toml") == f"{tmp_path}/folder.toml: cannot be read: Is a directory"
    assert said("broken.toml") == f"{tmp_path}/broken.toml: cannot be read: No such file or directory"
    assert said("no/x.toml") == f"{tmp_path}/no/x.toml: cannot be written: No such file or directory"


def test_import_prints_and_writes_and_says_what_it_could_not_take(tmp_path: Path) -> None:
    (tmp_path / "in").mkdir()
    (tmp_path / "in/my.repos").write_text(
        "repositories:\n"
        "  src/a: {type: git, url: https://h/a.git, version: main}\n"
        "  src/b: {type: hg, url: https://h/b}\n"
    )
    table = f'[workspaces."{tmp_path}"]\n"src/a" = {{ url = "https://h/a.git", branch = "main" }}\n'
    said = [
        f"{tmp_path}/in/my.repos: read as .repos of vcs2l or vcstool",
        f'{tmp_path}/in/my.repos: "src/b": is of type "hg"; synctui keeps git alone',
    ]

    printed = synctui("import", "in/my.repos", cwd=tmp_path)
    written = synctui("import", "in/my.repos", "--write", cwd=tmp_path)
    again = synctui("import", "in/my.repos", "--write", cwd=tmp_path)

    assert (printed.code, printed.out, notes(printed)) == (1, table, said)
    assert (written.code, written.out) == (1, f"{tmp_path.name}/src/a  {tmp_path}/src/a\n")
    assert notes(written) == [*said, f"{tmp_path}/synctui.toml: 1 repo added"]
    assert notes(again)[2:] == [
        f"{tmp_path}/src/a: is `{tmp_path.name}/src/a`, which is listed",
        f"{tmp_path}/synctui.toml: nothing to add",
    ]
    assert (tmp_path / "synctui.toml").read_text() == table


def test_import_of_what_is_no_list_is_one_line(tmp_path: Path) -> None:
    (tmp_path / "prose").write_text("hello world\n")
    (tmp_path / "hg.repos").write_text("repositories:\n  b: {type: hg, url: https://h/b}\n")
    assert only_line(synctui("import", "gone", cwd=tmp_path)) == (
        f"{tmp_path}/gone: cannot be read: No such file or directory"
    )
    assert only_line(synctui("import", ".", cwd=tmp_path)) == f"{tmp_path}: cannot be read: Is a directory"
    assert only_line(synctui("import", "prose", cwd=tmp_path)).startswith(
        f"{tmp_path}/prose: is of no format that can be read; these can: vcspull, mani"
    )
    nothing = synctui("import", "hg.repos", cwd=tmp_path)
    assert (nothing.code, nothing.out, notes(nothing)[-1]) == (
        2,
        "",
        f"{tmp_path}/hg.repos: nothing in it can be taken",
    )
