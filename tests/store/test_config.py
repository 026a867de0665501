import os
import threading
from pathlib import Path

import pytest

from tui.git.repo import Repo
from tui.store.config import ConfigError, load_workspace
from tui.store.entry import ALLOWED

REF = ALLOWED["branch"]
URL = ALLOWED["url"]


@pytest.fixture
def folder(tmp_path):
    """Holds the workspace file `synctui.toml` and, in it, the workspace folder `py`."""
    return tmp_path


def load(folder: Path, text: str, **environ: str):
    (folder / "synctui.toml").write_text(text)
    return load_workspace(None, folder, environ)


def entry(folder: Path, text: str) -> Repo:
    """The repo of one entry in the workspace folder `py`."""
    (repo,) = load(folder, f'[workspaces."py"]\n{text}\n').repos
    return repo


def test_the_file_of_the_contract(folder, sandbox):
    workspace = load(
        folder,
        """
        [settings]
        jobs = 8

        [workspaces."~/work/python"]
        flask = "https://github.com/pallets/flask.git"
        click = { url = "git@github.com:pallets/click.git", branch = "main", tags = ["cli"], depth = 1 }

        [workspaces."~/work/pinned"]
        jinja = { url = "https://github.com/pallets/jinja.git", rev = "3.1.4", enabled = false }
        """,
    )

    python, pinned = sandbox / "work/python", sandbox / "work/pinned"
    assert workspace.repos == (
        Repo("python/flask", python / "flask", "https://github.com/pallets/flask.git", python),
        Repo(
            "python/click",
            python / "click",
            "git@github.com:pallets/click.git",
            python,
            branch="main",
            depth=1,
            tags=("cli",),
        ),
        Repo(
            "pinned/jinja",
            pinned / "jinja",
            "https://github.com/pallets/jinja.git",
            pinned,
            rev="3.1.4",
            enabled=False,
        ),
    )
    assert (workspace.path, workspace.scanned) == (folder / "synctui.toml", False)
    assert (workspace.settings, workspace.warnings) == ({"jobs": 8}, ())


def test_every_option_arrives(folder):
    repo = entry(
        folder,
        """[workspaces."py".one]
        url = "https://h/a"
        path = "deep/place"
        branch = "release/1.0"
        rev = "v1.0"
        remote = "fork"
        depth = 3
        filter = "blob:none"
        submodules = true
        strategy = "fetch"
        prune = true
        clone = false
        timeout = "5m"
        stall_timeout = 0
        tags = ["a", "b:c"]
        enabled = false""",
    )

    root = folder / "py"
    assert repo == Repo(
        "py/one",
        root / "deep/place",
        "https://h/a",
        root,
        branch="release/1.0",
        rev="v1.0",
        remote="fork",
        depth=3,
        filter="blob:none",
        submodules=True,
        strategy="fetch",
        prune=True,
        clone=False,
        timeout=300.0,
        stall_timeout=0.0,
        tags=("a", "b:c"),
        enabled=False,
    )


def test_the_documented_options_are_those_that_are_read(folder):
    assert entry(folder, "a = {}").error == ""
    assert [
        key for key in ALLOWED if "unknown key" in entry(folder, f"a = {{ {key} = 1979-05-27 }}").error
    ] == []


class TestSearch:
    @staticmethod
    def write(file: Path, name: str) -> Path:
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(f"[workspaces.w]\n{name} = {{}}\n")
        return file

    @staticmethod
    def ids(*args) -> list[str]:
        return [repo.id for repo in load_workspace(*args).repos]

    def test_each_place_beats_the_next(self, tmp_path, sandbox):
        here = tmp_path / "a/b"
        (here / "scanned/.git").mkdir(parents=True)
        assert self.ids(None, here, {}) == ["scanned"]

        self.write(sandbox / ".config/synctui/config.toml", "xdg")
        assert self.ids(None, here, {}) == ["w/xdg"]

        self.write(tmp_path / "synctui.toml", "above")
        assert self.ids(None, here, {}) == ["w/above"]

        self.write(here / "synctui.toml", "here")
        assert self.ids(None, here, {}) == ["w/here"]

        environ = {"SYNCTUI_CONFIG": str(self.write(tmp_path / "env.toml", "variable"))}
        assert self.ids(None, here, environ) == ["w/variable"]
        assert self.ids(None, here, {"SYNCTUI_CONFIG": ""}) == ["w/here"]

        assert self.ids(self.write(tmp_path / "flag.toml", "flag"), here, environ) == ["w/flag"]

    def test_a_relative_name_is_from_the_current_folder_and_a_tilde_from_home(self, tmp_path, sandbox):
        self.write(tmp_path / "sub/x.toml", "relative")
        self.write(sandbox / "y.toml", "home")

        assert self.ids(Path("sub/x.toml"), tmp_path, {}) == ["w/relative"]
        assert self.ids(None, tmp_path, {"SYNCTUI_CONFIG": "~/y.toml"}) == ["w/home"]

    def test_relative_folders_are_from_the_folder_of_the_file(self, tmp_path):
        file = self.write(tmp_path / "conf/synctui.toml", "r")

        assert load_workspace(file, tmp_path / "other", {}).repos[0].path == tmp_path / "conf/w/r"

    def test_the_label_is_home_short(self, sandbox):
        assert (
            load_workspace(self.write(sandbox / "synctui.toml", "r"), sandbox, {}).label == "~/synctui.toml"
        )


class TestStops:
    @pytest.mark.parametrize(
        ("content", "error"),
        [
            (b"[settings]\njobs = \n", 'not TOML: Invalid value (at line 2, column 8): "jobs"'),
            (b"a = 1\na = 2\n", 'not TOML: Cannot overwrite a value (at line 2, column 6): "a"'),
            (
                b"https://me:secret@x.example/?a=b\n",
                "not TOML: Expected '=' after a key in a key/value pair (at line 1, column 6)",
            ),
            (b"[settings", "not TOML: Expected ']' at the end of a table declaration (at end of document)"),
            (b"# fine\n# \xff\n", "not UTF-8 (at line 2)"),
            (b"a = " + b"[" * 5000, "not TOML: nested too deeply"),
            (b"workspaces = 3", "workspaces = 3; allowed: a table of folders"),
        ],
    )
    def test_a_file_that_cannot_be_read_as_toml(self, folder, content, error):
        (folder / "synctui.toml").write_bytes(content)

        with pytest.raises(ConfigError) as caught:
            load_workspace(None, folder, {})

        assert str(caught.value) == f"{folder}/synctui.toml: {error}"

    def test_a_named_file_that_is_missing(self, folder):
        for config, environ in ((Path("no.toml"), {}), (None, {"SYNCTUI_CONFIG": "no.toml"})):
            with pytest.raises(ConfigError) as caught:
                load_workspace(config, folder, environ)

            assert str(caught.value) == f"{folder}/no.toml: cannot be read: No such file or directory"

    def test_a_found_file_that_cannot_be_read(self, folder):
        (folder / "synctui.toml").symlink_to("gone.toml")
        with pytest.raises(ConfigError, match=r"/synctui\.toml: cannot be read: No such file or directory$"):
            load_workspace(None, folder, {})

        (folder / "synctui.toml").unlink()
        (folder / "synctui.toml").mkdir()
        with pytest.raises(ConfigError, match=r"/synctui\.toml: cannot be read: Is a directory$"):
            load_workspace(None, folder, {})


def test_a_byte_order_mark_is_fine(folder):
    (folder / "synctui.toml").write_bytes(b"\xef\xbb\xbf[workspaces.w]\na = {}\n")

    assert [repo.id for repo in load_workspace(None, folder, {}).repos] == ["w/a"]


@pytest.mark.parametrize(
    ("text", "warning"),
    [
        (
            "[workspace.a]\n[workspaces]\n",
            'unknown key "workspace" (did you mean "workspaces"?); allowed: settings, workspaces',
        ),
        ("zzz = 1\n[workspaces]\n", 'unknown key "zzz"; allowed: settings, workspaces'),
        ("settings = 3\n", "settings = 3 ignored; allowed: a table"),
    ],
)
def test_warnings_of_the_file(folder, text, warning):
    *warnings, lists_no_repo = load(folder, text).warnings
    assert warnings == [f"{folder}/synctui.toml: {warning}"]
    assert "lists no repo" in lists_no_repo


PATH = ALLOWED["path"]
SECONDS = ALLOWED["timeout"]


@pytest.mark.parametrize(
    ("value", "mistake"),
    [
        ("3", f"url = 3; allowed: {URL}"),
        ("[]", f"url = a list; allowed: {URL}"),
        (
            '{ ulr = "https://u:secret@h/a" }',
            f'unknown key "ulr" (did you mean "url"?); allowed: {", ".join(ALLOWED)}',
        ),
        ("{ zzz = 1 }", f'unknown key "zzz"; allowed: {", ".join(ALLOWED)}'),
        ("{ depth = 0 }", "depth = 0; allowed: a whole number from 1"),
        ("{ depth = true }", "depth = true; allowed: a whole number from 1"),
        ("{ depth = 1.0 }", "depth = 1.0; allowed: a whole number from 1"),
        ('{ branch = "-x" }', f'branch = "-x"; allowed: {REF}'),
        ('{ branch = "a\\u001b[2Jb" }', f'branch = "ab"; allowed: {REF}'),
        ('{ branch = "" }', f'branch = ""; allowed: {REF}'),
        ('{ branch = "main:other" }', f'branch = "main:other"; allowed: {REF}'),
        ('{ branch = "+main" , rev = "a..b" }', f'rev = "a..b"; allowed: {REF}'),
        ('{ branch = "main\\n" }', f'branch = "main"; allowed: {REF}'),
        ('{ rev = "--upload-pack=x" }', f'rev = "--upload-pack=x"; allowed: {REF}'),
        ('{ remote = "-o" }', f'remote = "-o"; allowed: {ALLOWED["remote"]}'),
        ('{ remote = "." }', f'remote = "."; allowed: {ALLOWED["remote"]}'),
        ('{ filter = "-x" }', f'filter = "-x"; allowed: {ALLOWED["filter"]}'),
        ('{ strategy = "rebase" }', 'strategy = "rebase"; allowed: ff, fetch'),
        ('{ submodules = "yes" }', 'submodules = "yes"; allowed: true or false'),
        ("{ prune = 1 }", "prune = 1; allowed: true or false"),
        ("{ clone = 0 }", "clone = 0; allowed: true or false"),
        ("{ enabled = [] }", "enabled = a list; allowed: true or false"),
        ("{ timeout = -1 }", f"timeout = -1; allowed: {SECONDS}"),
        ("{ timeout = nan }", f"timeout = nan; allowed: {SECONDS}"),
        ('{ stall_timeout = "soon" }', f'stall_timeout = "soon"; allowed: {SECONDS}'),
        ('{ tags = "a" }', 'tags = "a"; allowed: a list of words without blanks'),
        ('{ tags = ["a b"] }', "tags = a list; allowed: a list of words without blanks"),
        ('{ path = "" }', f"path is empty; allowed: {PATH}"),
        ("{ path = 3 }", f"path = 3; allowed: {PATH}"),
        ('{ path = "../x" }', f'path "../x" leaves the workspace folder; allowed: {PATH}'),
        ('{ path = "a/../../x" }', f'path "a/../../x" leaves the workspace folder; allowed: {PATH}'),
        ('{ path = "/etc" }', f'path "/etc" leaves the workspace folder; allowed: {PATH}'),
        ('{ path = "~root/x" }', f'path "~root/x" leaves the workspace folder; allowed: {PATH}'),
        ('{ path = "a\\u0000b" }', f"path holds control characters; allowed: {PATH}"),
        ('{ path = "a/.git" }', f'path "a/.git" leads into a git dir; allowed: {PATH}'),
        ('{ path = ".Git/x" }', f'path ".Git/x" leads into a git dir; allowed: {PATH}'),
        ('{ path = "git~1/x" }', f'path "git~1/x" leads into a git dir; allowed: {PATH}'),
        (
            '{ path = "/etc", depth = 0 }',
            f'depth = 0; allowed: a whole number from 1\npath "/etc" leaves the workspace folder; allowed: {PATH}',
        ),
    ],
)
def test_a_mistake_is_one_line_that_names_file_entry_key_and_what_is_allowed(folder, value, mistake):
    workspace = load(folder, f'[workspaces."py"]\none = {value}\ntwo = "https://h/two"\n')

    one, two = workspace.repos
    place = f"{folder}/synctui.toml: entry py/one: "
    assert (one.id, one.error.split("\n")) == ("py/one", [place + each for each in mistake.split("\n")])
    assert (two.id, two.error) == ("py/two", "")
    assert workspace.warnings == ()


SHOWN = ", which the process list would show: keep the login in a credential helper of git"


@pytest.mark.parametrize(
    ("url", "problem"),
    [
        ("", "is empty"),
        ("-oProxyCommand=x", "begins with '-'"),
        ("--upload-pack=x", "begins with '-'"),
        ("ext::sh -c touch% /x", 'names the transport "ext"'),
        ("fd::17/a", 'names the transport "fd"'),
        ("http::https://tok:secret@h/a", 'names the transport "http"'),
        ("ftp://tok:secret@h/a", 'names the transport "ftp"'),
        ("me:secret@h://a", "names no transport"),
        ("://h/a", "names no transport"),
        ("HTTPS://h/a", 'names the transport "HTTPS"'),
        ("git+ssh://h/a", 'names the transport "git+ssh"'),
        ("ssh://-oProxyCommand=x/a", "names a host that begins with '-'"),
        ("ssh://%2doProxyCommand=x/a", "names a host that begins with '-'"),
        ("ssh://-oProxyCommand=x@h/a", "names a host that begins with '-'"),
        ("ssh://me@-oProxyCommand=x/a", "names a host that begins with '-'"),
        ("me@-oProxyCommand=x:a", "names a host that begins with '-'"),
        ("me@[-oProxyCommand=x]:a", "names a host that begins with '-'"),
        ("[me@-oProxyCommand=x:22]:a", "names a host that begins with '-'"),
        ("h:-b", "names a path that begins with '-'"),
        ("me@h:--upload-pack=x", "names a path that begins with '-'"),
        ("[h:22]:-b", "names a path that begins with '-'"),
        ("https:///a", "names no host"),
        ("https://[h/a", "names no readable host"),
        ("https://h/a\\nb", "holds control characters"),
        ("https://h/a%0ab", "holds control characters"),
        ("https://h/a%00", "holds control characters"),
        ("https://h/a%c2%9bb", "holds control characters"),
        ("https://h/a?x=y&private_token=secret", f"holds a secret behind '?'{SHOWN}"),
        ("https://me:pass@h?access_token=secret", f"holds a secret behind '?'{SHOWN}"),
        ("http://h/a#secret", f"has a part behind '#'{SHOWN}"),
    ],
)
def test_urls_that_git_must_not_see(folder, url, problem):
    repo = entry(folder, f'one = "{url}"')

    assert repo.error == f"{folder}/synctui.toml: entry py/one: url {problem}; allowed: {URL}"
    assert (repo.url, repo.host) == (None, "local")


@pytest.mark.parametrize(
    ("url", "host"),
    [
        ("https://tok:secret@h.org:8443/a.git", "h.org"),
        ("http://h/a", "h"),
        ("ssh://git@h:22/a", "h"),
        ("git@h:a/b-c", "h"),
        ("h:a", "h"),
        ("git://h/a", "h"),
        ("file:///srv/a.git", "local"),
        ("/srv/a.git", "local"),
        ("https://[::1]:8/a", "::1"),
    ],
)
def test_urls_that_are_fine(folder, url, host):
    repo = entry(folder, f'one = "{url}"')

    assert (repo.error, repo.url, repo.host) == ("", url, host)


def test_a_path_as_url_is_from_the_folder_of_the_file_or_home(folder, sandbox):
    assert entry(folder, 'a = "../mirror/a.git"').url == f"{folder}/../mirror/a.git"
    assert entry(folder, 'a = "~/mirror/a.git"').url == f"{sandbox}/mirror/a.git"
    assert entry(folder, 'a = "./with:colon"').url == f"{folder}/with:colon"


def test_a_link_that_leaves_the_workspace_folder(folder):
    (folder / "py").mkdir()
    (folder / "out").mkdir()
    (folder / "py/away").symlink_to(folder / "out")

    (folder / "py2").mkdir()
    (folder / "py/sibling").symlink_to(folder / "py2")

    for place in ("away", "away/deep", "sibling"):
        assert entry(folder, f'"{place}" = {{}}').error == (
            f"{folder}/synctui.toml: entry py/{place}:"
            f' its name as path "{place}" leaves the workspace folder through a link; allowed: {PATH}'
        )


def test_a_link_that_leads_into_a_git_dir(folder):
    (folder / "py/mine/.git/hooks").mkdir(parents=True)
    (folder / "py/link").symlink_to("mine/.git")

    for place in ("link", "link/hooks", "link/new"):
        assert entry(folder, f'"{place}" = {{}}').error == (
            f"{folder}/synctui.toml: entry py/{place}:"
            f' its name as path "{place}" leads into a git dir; allowed: {PATH}'
        )


def test_a_workspace_folder_in_a_git_dir(folder):
    (folder / "mine/.git").mkdir(parents=True)
    (folder / "link").symlink_to("mine/.git")
    (folder / "kept").mkdir()
    (folder / "other").mkdir()
    (folder / "other/.git").symlink_to(folder / "kept")

    for place in ("mine/.git", "mine/.GIT/hooks", "link", "link/hooks", "other/.git/hooks"):
        (repo,) = load(folder, f'[workspaces."{place}"]\na = {{}}\n').repos
        assert repo.error == (
            f'{folder}/synctui.toml: workspaces."{place}": lies in a git dir; allowed: a folder out of every .git'
        )


def test_a_workspace_folder_that_is_a_link_is_fine(folder):
    (folder / "real").mkdir()
    (folder / "py").symlink_to(folder / "real")

    repo = entry(folder, "a = {}")

    assert (repo.path, repo.error) == (folder / "py/a", "")


def test_two_entries_on_one_path(folder):
    (folder / "py/a").mkdir(parents=True)
    (folder / "py/link").symlink_to("a")
    workspace = load(
        folder,
        f"""
        [workspaces.py]
        a = "https://h/a"
        b = {{ path = "a" }}
        c = {{ path = "./a/" }}
        link = {{}}
        [workspaces."{folder}"]
        again = {{ path = "py/a" }}
        other = {{}}
        [workspaces.whole]
        a = {{ path = "./." }}
        b = {{ path = "." }}
        [workspaces."./py"]
        a = {{}}
        """,
    )

    def twice(
        name: str,
        where: str = "path",
        section: str = "py",
        first: str = '"a" of [workspaces."py"]',
        shared: str = "py/a",
    ) -> str:
        mine = f'"{name.rpartition("/")[2]}" of [workspaces."{section}"]'
        return (
            f"{folder}/synctui.toml: entry {name}: {where}: {first} and {mine} both mean the folder {folder}/{shared};"
            " allowed: one entry a folder"
        )

    assert [repo.error for repo in workspace.repos] == [
        "",
        twice("py/b"),
        twice("py/c"),
        twice("py/link", "its name as path"),
        twice(f"{folder.name}/again", section=str(folder)),
        "",
        "",
        twice("whole/b", section="whole", first='"a" of [workspaces."whole"]', shared="whole"),
        twice("py/a", "its name as path", section="./py"),
    ]


def test_the_workspace_folder_itself_may_be_the_repo(folder):
    repo = entry(folder, 'a = { path = "." }')

    assert (repo.path, repo.error) == (folder / "py", "")


@pytest.mark.parametrize(
    ("name", "slug"),
    [
        ("été", "ete"),
        ("Ångström", "angstrom"),
        ("漢字/プロジェクト", "hanzi/purojiekuto"),
        ("проект", "proekt"),
        ("emoji-🚀-x", "emoji-rocket-x"),
        ("tea & milk", "tea-milk"),
    ],
)
def test_what_is_written_in_another_script_is_in_the_id_as_it_sounds(folder, name: str, slug: str):
    workspace = load(folder, f'[workspaces."w"]\n"{name}" = {{url="https://a/b"}}\n')
    assert [repo.id for repo in workspace.repos] == [f"w/{slug}"]


def test_ids_are_slugs_and_unique(folder):
    workspace = load(
        folder,
        """
        [workspaces."My Work"]
        "Flask Site" = {}
        "flask-site" = {}
        "FLASK SITE" = {}
        "flask-site-2" = {}
        "日本" = {}
        "a/B_c.d" = {}
        "e-2" = {}
        "e" = {}
        "E" = {}
        [workspaces."-x"]
        y = {}
        [workspaces."/"]
        z = {}
        """,
    )

    assert [repo.id for repo in workspace.repos] == [
        "my-work/flask-site",
        "my-work/flask-site-2",
        "my-work/flask-site-3",
        "my-work/flask-site-2-2",
        "my-work/riben",
        "my-work/a/b_c.d",
        "my-work/e-2",
        "my-work/e",
        "my-work/e-3",
        "x/y",
        "z",
    ]


@pytest.mark.parametrize(
    ("line", "error"),
    [
        ("x = 3", 'workspaces."x" = 3; allowed: a table of entries'),
        (
            '"~nobody-here/x" = { a = {} }',
            'workspaces."~nobody-here/x": no such folder can be; allowed: a path, or one from ~',
        ),
        ('"" = { a = {} }', 'workspaces."": no such folder can be; allowed: a path, or one from ~'),
        (
            '"a\\u0000b" = { a = {} }',
            'workspaces."ab": no such folder can be; allowed: a path, or one from ~',
        ),
    ],
)
def test_a_bad_workspace_folder_is_one_row_and_the_others_run(folder, line, error):
    bad, good = load(folder, f"[workspaces]\n{line}\nok = {{ a = {{}} }}\n").repos

    assert bad.error == f"{folder}/synctui.toml: {error}"
    assert (good.id, good.error) == ("ok/a", "")


def test_a_name_with_control_codes_reaches_no_message(folder):
    repo = entry(folder, '"a\\u001b]0;x\\u0007b" = 3')

    assert repo.error == (
        f"{folder}/synctui.toml: entry py/ab: url = 3; allowed: {URL}\n"
        f"{folder}/synctui.toml: entry py/ab: its name as path holds control characters; allowed: {PATH}"
    )
    assert (repo.id, repo.path) == ("py/a-0-x-b", folder / "py/ab")


def test_ten_thousand_entries_cost_one_look_at_the_disk_each(folder, monkeypatch):
    looks = []
    look, here = os.lstat, threading.get_ident()

    def counted(*args, **more):
        if threading.get_ident() == here:  # not of a thread that an earlier test has left
            looks.append(args)
        return look(*args, **more)

    monkeypatch.setattr(os, "lstat", counted)

    lines = "".join(f'r{number} = "https://h/{number}"\n' for number in range(10_000))
    workspace = load(folder, f"[workspaces.py]\n{lines}")

    assert len(workspace.repos) == 10_000
    # The folder's own path is resolved once, the files above it are looked for once.
    assert len(looks) == 10_000 + len((folder / "py").parts) - 1 + 1


def test_an_entry_without_a_url_is_of_the_host_that_its_checkout_asks(folder: Path) -> None:
    config = folder / "py/a/.git/config"
    config.parent.mkdir(parents=True)
    config.write_text('[remote "origin"]\n\turl = https://h.example/a\n[remote "up"]\n\turl = up.example:a\n')
    of_checkout = entry(folder, "a = {}")
    assert (of_checkout.url, of_checkout.host) == (None, "h.example")
    assert entry(folder, 'a = { remote = "up" }').host == "up.example"
    assert entry(folder, 'a = { remote = "gone" }').host == "local"
    assert entry(folder, 'a = "https://other.example/a"').host == "other.example"
    assert entry(folder, "not-there = {}").host == "local"
