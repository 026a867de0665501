import os
import subprocess
from pathlib import Path

import pytest

from tui.cli.workspace import scan_command
from tui.store.config import ConfigError, load_workspace
from tui.store.scan import ScanResult, remote_url, scan


def git(*args, cwd=None):
    subprocess.run(["git", *map(str, args)], cwd=cwd, check=True, capture_output=True)


def repo(path: Path) -> Path:
    (path / ".git").mkdir(parents=True)
    return path


def names(result: ScanResult, folder: Path) -> list[str]:
    return [str(path.relative_to(folder)) for path in result.repos]


def test_finds_work_trees_bare_repos_and_git_files(tmp_path):
    git("init", "-q", tmp_path / "b/plain")
    git("init", "-q", "--bare", tmp_path / "a.git")
    (tmp_path / "c/linked").mkdir(parents=True)
    (tmp_path / "c/linked/.git").write_text("gitdir: ../../b/plain/.git\n")
    (tmp_path / "nothing/HEAD").mkdir(parents=True)
    git("init", "-q", "--separate-git-dir", tmp_path / "d.git", tmp_path / "e")

    assert names(scan(tmp_path), tmp_path) == ["a.git", "b/plain", "c/linked", "e"]


def test_does_not_enter_a_found_repo_nor_node_modules(tmp_path):
    repo(tmp_path / "outer/inner")
    repo(tmp_path / "outer")
    repo(tmp_path / "web/node_modules/dep")
    repo(tmp_path / "odd/.GIT/dep")

    assert names(scan(tmp_path), tmp_path) == ["outer"]


def test_symlinked_folders_and_loops_are_not_followed(tmp_path):
    repo(tmp_path / "here/real")
    repo(tmp_path / "elsewhere/other")
    (tmp_path / "here/link").symlink_to(tmp_path / "elsewhere")
    (tmp_path / "here/loop").symlink_to(tmp_path / "here")

    assert names(scan(tmp_path / "here"), tmp_path / "here") == ["real"]


def test_a_folder_that_is_a_repo_is_the_only_one(tmp_path):
    repo(tmp_path / "sub")
    repo(tmp_path)

    assert scan(tmp_path) == ScanResult((tmp_path,), 0, False)


def test_depth_is_bounded(tmp_path):
    repo(tmp_path / "1/2/3")
    repo(tmp_path / "1/2/x/4")

    assert names(scan(tmp_path, max_depth=3), tmp_path) == ["1/2/3"]


def test_the_number_of_folders_is_bounded_and_said(tmp_path):
    for name in "abcd":
        repo(tmp_path / name)

    assert (names(scan(tmp_path, max_folders=3), tmp_path), scan(tmp_path, max_folders=3).truncated) == (
        ["a", "b"],
        True,
    )
    assert (names(scan(tmp_path, max_folders=5), tmp_path), scan(tmp_path, max_folders=5).truncated) == (
        ["a", "b", "c", "d"],
        False,
    )


def test_excluded_names_and_paths_are_skipped_at_any_depth_in_their_case(tmp_path):
    for name in ("a/__extern/x", "__extern/y", "b/c/z", "c/z", "Skip/s"):
        repo(tmp_path / name)

    found = scan(tmp_path, exclude=["__extern", "b/c", "skip"])

    assert names(found, tmp_path) == ["Skip/s", "c/z"]


def test_nested_looks_into_work_trees_but_not_into_git_dirs_and_bare_repos(tmp_path):
    repo(tmp_path / "top/sub/inner")
    repo(tmp_path / "top")
    repo(tmp_path / "top/.git/modules/m")
    git("init", "-q", "--bare", tmp_path / "bare.git")
    repo(tmp_path / "bare.git/worktrees/w")

    assert names(scan(tmp_path, nested=True), tmp_path) == ["bare.git", "top", "top/sub/inner"]


def deny(monkeypatch, folder):
    """Root may read everything, so the refusal is the listing's."""
    listing = os.scandir

    def refuse(path):
        if Path(path) == folder:
            raise PermissionError(13, "Permission denied", str(path))
        return listing(path)

    monkeypatch.setattr(os, "scandir", refuse)


def test_unreadable_folders_are_counted_and_said(tmp_path, monkeypatch):
    repo(tmp_path / "good")
    repo(tmp_path / "secret/hidden")
    deny(monkeypatch, tmp_path / "secret")

    workspace = load_workspace(None, tmp_path, {})

    assert [entry.id for entry in workspace.repos] == ["good"]
    assert workspace.warnings == (f"{tmp_path}: 1 folder could not be read, repos in there are missing",)


def test_the_command_counts_and_says_them_too(tmp_path, monkeypatch, capsys):
    repo(tmp_path / "good")
    repo(tmp_path / "secret/hidden")
    deny(monkeypatch, tmp_path / "secret")

    with pytest.raises(SystemExit) as ended:
        scan_command.main([str(tmp_path)])

    assert ended.value.code == 0
    assert capsys.readouterr() == (
        f'[workspaces."{tmp_path}"]\ngood = {{}}\n',
        f"synctui: {tmp_path}: 1 folder could not be read; repos in there are missing\n",
    )


def test_an_unreadable_start_is_an_error(tmp_path, monkeypatch):
    deny(monkeypatch, tmp_path)

    with pytest.raises(ConfigError) as caught:
        load_workspace(None, tmp_path, {})

    assert str(caught.value) == f"{tmp_path}: cannot be scanned: Permission denied"


def test_scanned_repos_have_id_url_and_host(tmp_path):
    git("init", "-q", tmp_path / "Web/My Site")
    git("remote", "add", "origin", "git@github.com:me/site.git", cwd=tmp_path / "Web/My Site")
    git("init", "-q", tmp_path / "Web/my-site")

    workspace = load_workspace(None, tmp_path, {})

    assert [
        (entry.id, entry.path, entry.url, entry.host, entry.clone, entry.error) for entry in workspace.repos
    ] == [
        ("web/my-site", tmp_path / "Web/My Site", "git@github.com:me/site.git", "github.com", False, ""),
        ("web/my-site-2", tmp_path / "Web/my-site", None, "local", False, ""),
    ]
    assert (workspace.path, workspace.scanned, workspace.settings, workspace.warnings) == (
        tmp_path,
        True,
        {},
        (),
    )


def test_in_a_repo_it_alone_is_the_workspace(tmp_path):
    git("init", "-q", tmp_path / "Alone")

    assert [(r.id, r.path) for r in load_workspace(None, tmp_path / "Alone", {}).repos] == [
        ("alone", tmp_path / "Alone")
    ]


def test_an_empty_folder_has_no_repos(tmp_path):
    assert load_workspace(None, tmp_path, {}).repos == ()


@pytest.mark.parametrize(
    "url",
    ["https://h/a.git", "git@h:a b.git", "/srv/with # hash", 'quo"te\\back', "ssh://h/;semi", "file:///a=b"],
)
def test_the_url_is_what_git_says(tmp_path, url):
    git("init", "-q", tmp_path)
    git("config", "remote.origin.url", url, cwd=tmp_path)

    assert remote_url(tmp_path) == url


def test_the_remote_of_the_branch_comes_first_then_origin_then_the_only_one(tmp_path):
    git("init", "-q", "-b", "feature/x", tmp_path)
    git("remote", "add", "fork", "https://h/fork", cwd=tmp_path)
    assert remote_url(tmp_path) == "https://h/fork"

    git("remote", "add", "other", "https://h/other", cwd=tmp_path)
    assert remote_url(tmp_path) is None

    git("remote", "add", "origin", "https://h/origin", cwd=tmp_path)
    assert remote_url(tmp_path) == "https://h/origin"

    git("config", "branch.feature/x.remote", "other", cwd=tmp_path)
    assert remote_url(tmp_path) == "https://h/other"


def test_a_linked_worktree_and_a_bare_repo_have_their_url(tmp_path):
    git("init", "-q", tmp_path / "main")
    git("remote", "add", "origin", "https://h/a", cwd=tmp_path / "main")
    git(
        "-c",
        "user.name=a",
        "-c",
        "user.email=a@b",
        "commit",
        "-q",
        "--allow-empty",
        "-m",
        "one",
        cwd=tmp_path / "main",
    )
    git("worktree", "add", "-q", tmp_path / "tree", cwd=tmp_path / "main")
    git("clone", "-q", "--bare", tmp_path / "main", tmp_path / "bare.git")

    assert remote_url(tmp_path / "tree") == "https://h/a"
    assert remote_url(tmp_path / "bare.git") == str(tmp_path / "main")


def test_a_broken_repo_has_no_url_and_a_fifo_is_not_waited_for(tmp_path):
    repo(tmp_path / "empty")
    repo(tmp_path / "fifo")
    os.mkfifo(tmp_path / "fifo/.git/config")
    repo(tmp_path / "noise")
    (tmp_path / "noise/.git/config").write_bytes(b'[remote "origin"\nurl = x\n\xff\x00[]=\n')

    assert [remote_url(tmp_path / name) for name in ("empty", "fifo", "noise", "missing")] == [None] * 4
