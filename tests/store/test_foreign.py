"""The lists of other programs, as entries of ours."""

import json
import subprocess
import tempfile
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tui.store.config import ConfigError, parse_workspace
from tui.store.foreign import ForeignList
from tui.store.new_entries import checked, name_in_url, toml, unlisted

OPTION = st.sampled_from(
    [
        "url",
        "repo",
        "path",
        "rev",
        "version",
        "depth",
        "shallow",
        "tags",
        "branch",
        "sync",
        "remotes",
        "options",
    ]
)


def read(folder: Path, text: str) -> ForeignList:
    """The list with this text, from the folder `cfg`; the current folder is `here`."""
    (folder / "cfg").mkdir(exist_ok=True)
    file = folder / "cfg/list"
    file.write_text(text)
    return ForeignList(file, folder / "here")


def entries(listed: ForeignList) -> dict[str, dict[str, object]]:
    return {f"{entry.folder}: {entry.name}": dict(entry.options) for entry in listed.entries}


def said(lines: list[str], folder: Path) -> list[str]:
    return [line.removeprefix(f"{folder}/cfg/list: ") for line in lines]


def test_vcspull(tmp_path, sandbox):
    listed = read(
        tmp_path,
        """
~/code/:
  flask: git+https://h/flask.git
  2048: https://h/2048.git
  pinned: git+https://h/p.git@v1.0
  hg: hg+https://h/x
  svn: {repo: svn+https://h/x}
  none: {remotes: {up: https://h/up}}
  big:
    repo: git+ssh://git@h/big.git
    remotes: {up: https://h/up}
    shell_command_after: make
    options: {rev: 1.10, depth: 3, pin: true}
./rel: &rel
  a: {url: "git@h:a.git", shallow: true}
  b: {repo: https://h/b, rev: abc, remotes: {origin: https://h/b}}
  c: {remotes: {origin: https://h/c}}
wrong: 3
""",
    )
    home, rel = f"{sandbox}/code", f"{tmp_path}/here/rel"
    assert listed.format == "vcspull"
    assert entries(listed) == {
        f"{home}: flask": {"url": "https://h/flask.git"},
        f"{home}: 2048": {"url": "https://h/2048.git"},
        f"{home}: pinned": {"url": "https://h/p.git", "rev": "v1.0"},
        f"{home}: big": {"url": "ssh://git@h/big.git", "rev": "1.10", "depth": 3},
        f"{rel}: a": {"url": "git@h:a.git", "depth": 1},
        f"{rel}: b": {"url": "https://h/b", "rev": "abc"},
        f"{rel}: c": {"url": "https://h/c"},
    }
    assert said(listed.refused, tmp_path) == [
        '"hg": is of type hg; synctui keeps git alone',
        '"svn": is of type svn; synctui keeps git alone',
        '"none": names no URL',
        '"wrong" is no table of repos',
    ]
    assert said(listed.notes, tmp_path) == [
        'left out: "remotes" of "big"',
        'left out: "shell_command_after" of "big"',
        'left out: "pin" of "big"',
    ]


def test_json_of_vcspull_with_tabs(tmp_path):
    listed = read(tmp_path, json.dumps({"/w": {"x": {"repo": "git+https://h/x", "rev": None}}}, indent="\t"))
    assert entries(listed) == {"/w: x": {"url": "https://h/x"}}


def test_mani(tmp_path):
    subprocess.run(["git", "init", "-q", str(tmp_path / "cfg/local")], check=True)
    listed = read(
        tmp_path,
        """
import: [other.yaml]
projects:
  pinto: {path: frontend/pinto, url: "git@h:pinto", desc: one, tags: [dev, web], branch: next, sync: false}
  plain: {url: https://h/plain, tags: one, desc: two}
  outside: {path: /srv/out, url: https://h/o}
  local:
  nothing: {path: .}
""",
    )
    base = f"{tmp_path}/cfg"
    assert listed.format == "mani"
    assert entries(listed) == {
        f"{base}: pinto": {
            "url": "git@h:pinto",
            "tags": ["dev", "web"],
            "branch": "next",
            "enabled": False,
            "path": "frontend/pinto",
        },
        f"{base}: plain": {"url": "https://h/plain", "tags": ["one"]},
        "/srv: out": {"url": "https://h/o"},
        f"{base}: local": {},
    }
    assert said(listed.refused, tmp_path) == [f'"nothing": names no URL, and {base} is no git repository']
    assert said(listed.notes, tmp_path) == [
        'left out: "import" of the file',
        'left out: "desc" of "pinto", "plain"',
    ]


def test_repos_of_vcs2l(tmp_path):
    versions = {"a": "main", "b": "1.10", "c": "v2-rc", "d": "0123456789abcdef", "e": "humble"}
    lines = [f"  src/{name}: {{type: git, url: https://h/x, version: {at}}}" for name, at in versions.items()]
    text = "\n".join(
        ["repositories:", *lines, "  hg: {type: hg, url: https://h/x}", "  empty:", "  f: {type: git}"]
    )
    listed = read(tmp_path, text)
    keys = {"a": "branch", "b": "rev", "c": "rev", "d": "rev", "e": "branch"}
    assert entries(listed) == {
        f"{tmp_path}/here: src/{name}": {"url": "https://h/x", keys[name]: at}
        for name, at in versions.items()
    }
    assert said(listed.refused, tmp_path) == [
        '"hg": is of type "hg"; synctui keeps git alone',
        '"empty": has no type',
        '"f": names no URL',
    ]


def test_gita_and_its_freeze(tmp_path):
    checkout = tmp_path / "my, repo"
    subprocess.run(["git", "init", "-q", str(checkout)], check=True)
    subprocess.run(["git", "-C", str(checkout), "remote", "add", "origin", "https://h/x"], check=True)
    listed = read(
        tmp_path, f'"{checkout}",r,,\n{tmp_path}/gone,g,,\nhttps://h/f.git,f,/srv/f\n,n,/srv/n\nodd\n'
    )
    assert listed.format == "gita"
    assert entries(listed) == {
        f"{tmp_path}: my, repo": {"url": "https://h/x"},
        "/srv: f": {"url": "https://h/f.git"},
    }
    assert [line.partition('": ')[2] for line in listed.refused] == [
        f"names no URL, and {tmp_path}/gone cannot be looked at: No such file or directory",
        "names no URL",
        "no line of gita: neither PATH,NAME nor URL,NAME,PATH",
    ]


def test_a_list_of_urls(tmp_path):
    listed = read(
        tmp_path, "# mine\n\nhttps://h/one.git\ngit@h:two\nssh://git@h/a/three/\nnot a url\nhttps://h/\n"
    )
    assert [(entry.name, entry.options["url"]) for entry in listed.entries] == [
        ("one", "https://h/one.git"),
        ("two", "git@h:two"),
        ("three", "ssh://git@h/a/three/"),
    ]
    assert said(listed.refused, tmp_path) == ['"not a url": is no URL', '"https://h/": names no repository']


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "is of no format that can be read"),
        ("hello world", "is of no format that can be read"),
        ("[1, 2]", "is of no format that can be read"),
        ("a: 1\nb: 2", "is of no format that can be read"),
        ("a: [b\n", "cannot be read as YAML or JSON at line 2: "),
        ("a: b: c", "cannot be read as YAML or JSON at line 1: "),
        (
            "w:\n  x: https://h/x\n  x: https://h/y\n",
            'cannot be read as YAML or JSON at line 3: "x" stands twice',
        ),
        ('{"w": {"x": "u", "x": "v"}}', 'cannot be read as YAML or JSON at line 1: "x" stands twice'),
        ("w: !!python/object/apply:os.system ['false']", "cannot be read as YAML or JSON at line 1: "),
        ("w: !!int x", "cannot be read as YAML or JSON: "),
        ("a: " + "[" * 5000, ""),
        ("[" * 100_000, ""),
        ("\x00", "cannot be read as YAML or JSON: "),
    ],
)
def test_what_is_no_list_is_one_line(tmp_path, text, says):
    with pytest.raises(ConfigError) as caught:
        read(tmp_path, text)
    message = str(caught.value)
    assert message.startswith(f"{tmp_path}/cfg/list: {says}")
    assert "\n" not in message


def test_odd_shapes_are_refused_entry_by_entry(tmp_path):
    listed = read(
        tmp_path,
        "w:\n  a: 3\n  b: [x]\n  c: {repo: [x]}\n  d: {repo: https://h/d, remotes: 3}\n  ? [k]\n  : v\n".replace(
            "  ? [k]\n  : v\n", ""
        ),
    )
    assert (entries(listed), len(listed.refused)) == ({f"{tmp_path}/here/w: a": {"url": "3"}}, 3)


@pytest.mark.parametrize(
    ("url", "name"),
    [
        ("https://h/a/b.git", "b"),
        ("https://h/a/b/", "b"),
        ("git@h:b", "b"),
        ("h:a/b.git/", "b"),
        ("file:///srv/b/.git", "b"),
    ],
)
def test_the_name_in_a_url_is_that_of_git_clone(url, name):
    assert name_in_url(url) == name


WORD = st.sampled_from(
    [
        "",
        ".",
        "..",
        "/",
        "~",
        "~x",
        "a\x00b",
        "\ud800",
        "a\nb",
        "$HOME/x",
        "git+https://h/x",
        "https://u:p@[",
        "-",
        "a/b",
    ]
) | st.text(max_size=8)
VALUE = st.recursive(
    WORD | st.none() | st.booleans() | st.integers() | st.floats(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(WORD | OPTION, inner, max_size=4),
    max_leaves=6,
)
LISTS = (
    st.dictionaries(WORD, st.dictionaries(WORD, WORD | st.dictionaries(OPTION, VALUE)), min_size=1)
    | st.fixed_dictionaries({"projects": st.dictionaries(WORD, st.dictionaries(OPTION, VALUE))})
    | st.fixed_dictionaries(
        {
            "repositories": st.dictionaries(
                WORD, st.fixed_dictionaries({"type": st.just("git"), "url": WORD, "version": VALUE})
            )
        }
    )
)


@settings(max_examples=150, deadline=None)
@given(LISTS.map(json.dumps) | st.lists(WORD, max_size=4).map("\n".join) | st.lists(WORD).map(",".join))
def test_whatever_a_list_holds_what_comes_out_is_a_workspace(text):
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        try:
            (folder / "cfg").mkdir()
            (folder / "cfg/list").write_bytes(text.encode("utf-8", "surrogatepass"))
            listed = ForeignList(folder / "cfg/list", folder / "here")
        except ConfigError as error:
            assert "\n" not in str(error)  # noqa: PT017  it may also be a list
            return
        new, notes = unlisted(listed.entries, ())
        good, more, refused = checked(new, folder / "cfg/list")
        assert not any("\n" in line for line in (*listed.notes, *listed.refused, *notes, *more, *refused))
        if good:
            made = parse_workspace(toml(good).encode(), folder / "synctui.toml")
            assert {repo.path for repo in made.repos} == {entry.path for entry in good}
            assert [repo.error for repo in made.repos] == [""] * len(good)
