"""The remote is asked by one request and no git; what a probe is not sure of is left to `git fetch`."""

import os
import socket
import ssl
import subprocess
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from msgspec import structs

from tests.git.conftest import World, commit, git
from tests.kit.git_trace import GitTrace
from tests.torture.servers import Answer, TcpServer, WebServer, silence, status
from tui.demo.server import GitServer
from tui.git.clean import clean_text
from tui.git.files.plain import NotPlain, check_plain
from tui.git.outcome import Action, Outcome, Reason, RefKind, State
from tui.git.probe.ask import git_version
from tui.git.stop import StopSignal


@pytest.fixture
def web(world: World) -> Iterator[WebServer]:
    """Serves the remote of the world, from which `mine` is a clone by HTTP."""
    with WebServer(world.base) as server:
        set_url(world, f"{server.url}/remote.git")
        yield server


def set_url(world: World, url: str) -> None:
    git(world.mine, "config", "remote.origin.url", url)


def sync(world: World) -> Outcome:
    return world.sync(world.repo(url=None))


def probed(outcome: Outcome) -> str:
    """What the notes say of the probe; empty: there was news, or no try."""
    return next((note for note in outcome.notes if "probed" in note), "")


def fetch_fails(place: Path) -> bool:
    return subprocess.run(["git", "fetch"], cwd=place, check=False, capture_output=True).returncode != 0


def test_one_request_and_no_git(world: World, web: WebServer, person: Path) -> None:
    sync(world)  # reads what the person has configured
    trace, web.requests[:] = GitTrace(person), []
    sync(world)
    assert trace.take() == ["config"]  # the trace is a setting too
    web.requests.clear()
    outcome = sync(world)
    assert (trace.take(), web.requests) == ([], ["POST /remote.git/git-upload-pack"])
    assert (outcome.state, outcome.action, outcome.notes) == (State.UP_TO_DATE, Action.NONE, ("probed",))
    assert (outcome.branch, outcome.ahead, outcome.behind) == ("main", 0, 0)
    assert outcome.old == outcome.new == world.head()
    assert outcome.url == f"{web.url}/remote.git"


def test_own_commits_where_nothing_is_new_are_counted_by_one_git(
    world: World, web: WebServer, person: Path
) -> None:
    commit(world.mine, "own.txt")
    trace = GitTrace(person)
    sync(world)
    trace.take()
    outcome = sync(world)
    assert (trace.take(), probed(outcome)) == (["rev-list"], "probed")
    assert (outcome.ahead, outcome.behind) == (1, 0)


def test_news_is_fetched(world: World, web: WebServer) -> None:
    new = world.arrive()
    outcome = sync(world)
    assert (outcome.state, outcome.action, world.head()) == (State.SYNCED, Action.FAST_FORWARD, new)
    assert outcome.notes == ()
    assert probed(sync(world)) == "probed"


def test_a_probe_counts_as_a_fetch(world: World, web: WebServer) -> None:
    """`status`, and everybody else, sees by the time of FETCH_HEAD when the remote was asked."""
    git(world.mine, "fetch", "-q")
    said = world.mine / ".git/FETCH_HEAD"
    text = said.read_text()
    os.utime(said, (0, 0))
    assert probed(sync(world)) == "probed"
    assert (said.read_text(), said.stat().st_mtime > 0) == (text, True)
    said.unlink()
    assert probed(sync(world)) == "probed"
    assert said.read_text() == text


def test_a_dry_run_writes_nothing(world: World, web: WebServer) -> None:
    (world.mine / ".git/FETCH_HEAD").unlink(missing_ok=True)
    outcome = world.sync(world.repo(url=None), structs.replace(world.options, dry_run=True))
    assert outcome.state is State.UP_TO_DATE
    assert not (world.mine / ".git/FETCH_HEAD").exists()


def test_own_commits_and_a_branch_that_is_gone(world: World, web: WebServer) -> None:
    git(world.theirs, "push", "-q", "origin", "HEAD:refs/heads/topic")
    git(world.mine, "fetch", "-q")
    git(world.mine, "checkout", "-q", "-b", "topic", "origin/topic")
    commit(world.mine, "own.txt")
    outcome = sync(world)
    assert (probed(outcome), outcome.state, outcome.ahead) == ("probed", State.UP_TO_DATE, 1)
    git(world.theirs, "push", "-q", "origin", ":topic")
    outcome = sync(world)
    assert (probed(outcome), outcome.reason, outcome.action) == ("probed", Reason.BRANCH_GONE, Action.NONE)


@pytest.mark.parametrize("kind", ["light", "annotated"])
def test_a_tag_of_what_is_here_is_followed(world: World, web: WebServer, kind: str) -> None:
    git(world.theirs, "tag", *(() if kind == "light" else ("-a", "-m", "one")), "v1")
    world.push("origin", "v1")
    outcome = sync(world)
    assert [(ref.name, ref.kind) for ref in outcome.refs] == [("refs/tags/v1", RefKind.TAG)]
    assert (outcome.state, outcome.action, outcome.notes) == (State.SYNCED, Action.FETCH, ())
    assert probed(sync(world)) == "probed"


def test_a_tag_of_what_is_not_here_is_not(world: World, web: WebServer) -> None:
    git(world.theirs, "checkout", "-q", "--detach")
    commit(world.theirs)
    git(world.theirs, "tag", "-a", "-m", "one", "v1")
    world.push("origin", "v1")
    assert probed(sync(world)) == "probed"
    git(world.mine, "config", "remote.origin.tagOpt", "--tags")
    assert [ref.name for ref in sync(world).refs] == ["refs/tags/v1"]


@pytest.mark.parametrize("blank", ["\u00a0", "\u3000", "\u2028", "\x85"])
def test_blanks_of_unicode_are_letters_of_a_name(world: World, web: WebServer, blank: str) -> None:
    name = f"a{blank}b"
    git(world.theirs, "push", "-q", "origin", f"HEAD:refs/heads/{name}")
    assert [ref.name for ref in sync(world).refs] == [f"refs/remotes/origin/{clean_text(name)}"]
    assert probed(sync(world)) == "probed"
    git(world.mine, "checkout", "-q", "-b", name, f"origin/{name}")
    outcome = sync(world)
    assert (probed(outcome), outcome.branch) == ("probed", clean_text(name))
    spec = f"+refs/heads/{name}:refs/remotes/origin/{name}"
    git(world.mine, "config", "--replace-all", "remote.origin.fetch", spec)
    assert probed(sync(world)) == "probed"
    said = world.mine / ".git/FETCH_HEAD"
    text = said.read_bytes()
    git(world.mine, "fetch", "-q")
    assert said.read_bytes() == text


def test_what_is_gone_there_goes_here_on_request(world: World, web: WebServer) -> None:
    git(world.theirs, "push", "-q", "origin", "HEAD:refs/heads/topic")
    git(world.mine, "fetch", "-q")
    git(world.theirs, "push", "-q", "origin", ":topic")
    assert probed(sync(world)) == "probed"
    outcome = world.sync(world.repo(url=None, prune=True))
    assert [(ref.name, ref.kind) for ref in outcome.refs] == [("refs/remotes/origin/topic", RefKind.DELETED)]
    assert probed(world.sync(world.repo(url=None, prune=True))) == "probed"


def test_a_bare_clone_without_a_refspec_is_left_to_git(world: World, web: WebServer) -> None:
    bare = world.base / "bare.git"
    git(world.base, "clone", "-q", "--bare", f"{web.url}/remote.git", str(bare))
    assert probed(world.sync(world.repo(url=None, path=bare))) == "not_probed_refspec"
    git(bare, "config", "remote.origin.fetch", "+refs/*:refs/*")
    assert probed(world.sync(world.repo(url=None, path=bare))) == "probed"


def test_a_linked_worktree_has_a_fetch_head_of_its_own(world: World, web: WebServer) -> None:
    beside = world.base / "beside"
    git(world.mine, "worktree", "add", "-q", "-b", "topic", "--track", str(beside), "origin/main")
    assert probed(world.sync(world.repo(url=None, path=beside))) == "probed"
    said = world.mine / ".git/worktrees/beside/FETCH_HEAD"
    text = said.read_text()
    git(beside, "fetch", "-q")
    assert said.read_text() == text


def test_connections_are_kept_and_shared(world: World) -> None:
    with GitServer(world.base) as server:
        made = count_connections(server)
        set_url(world, f"{server.url}/remote.git")
        for _ in range(5):
            assert probed(sync(world)) == "probed"
        assert len(made) == 1


def test_no_more_connections_than_jobs(world: World, tmp_path: Path) -> None:
    jobs, rounds = 4, 3
    with GitServer(world.base) as server:
        made = count_connections(server)
        set_url(world, f"{server.url}/remote.git")
        worlds = [world.copy(tmp_path / f"copy{number}") for number in range(jobs)]
        for one in worlds:
            set_url(one, f"{server.url}/remote.git")
        ends: list[str] = []

        def work(one: World) -> None:
            ends.extend(probed(sync(one)) for _ in range(rounds))

        threads = [threading.Thread(target=work, args=(one,)) for one in worlds]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert ends == ["probed"] * (jobs * rounds)
        assert len(made) <= jobs


def count_connections(server: GitServer) -> list[object]:
    made: list[object] = []
    process = server.process_request

    def counted(request: socket.socket, address: object) -> None:
        made.append(address)
        process(request, address)

    server.process_request = counted  # type: ignore[method-assign]  # each connection passes here
    return made


def test_a_connection_that_the_server_has_closed_is_made_anew(world: World) -> None:
    with GitServer(world.base) as server:
        made = count_connections(server)
        set_url(world, f"{server.url}/remote.git")
        assert probed(sync(world)) == "probed"
        for connection, thread in list(server._connections.items()):
            connection.shutdown(socket.SHUT_RDWR)
            thread.join()
        assert probed(sync(world)) == "probed"
        assert len(made) == 2


def config(*args: str) -> Callable[[World], object]:
    return lambda world: git(world.mine, "config", *args)


def persons(*args: str) -> Callable[[World], object]:
    return lambda world: git(world.mine, "config", "--global", *args)


def write(name: str, text: str = "") -> Callable[[World], object]:
    def write_it(world: World) -> None:
        path = world.mine / ".git" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)

    return write_it


def gitmodules(key: str) -> Callable[[World], object]:
    return lambda world: git(world.mine, "config", "--file", ".gitmodules", key, "true")


def add(text: str) -> Callable[[World], object]:
    def add_it(world: World) -> None:
        with (world.mine / ".git/config").open("a") as file:
            file.write(text)

    return add_it


def ran(*args: str) -> Callable[[World], object]:
    return lambda world: git(world.mine, *args)


@pytest.mark.parametrize(
    ("disturb", "why"),
    [
        (config("remote.origin.vcs", ""), "remote_setting"),
        (persons("remote.origin.uploadpack", "git-upload-pack"), "remote_setting"),
        (config("remote.origin.proxy", ""), "remote_setting"),
        (config("remote.origin.serverOption", "x"), "remote_setting"),
        (config("--add", "remote.origin.url", "http://127.0.0.1:1/other"), "urls"),
        (config("remote.origin.fetch", "+refs/heads/*:refs/heads/*"), "refspec"),
        (config("remote.origin.fetch", "+refs/*:refs/*"), "refspec"),
        (config("--add", "remote.origin.fetch", "^refs/heads/x"), "refspec"),
        (config("--add", "remote.origin.fetch", "main:refs/remotes/origin/main"), "refspec"),
        (config("--add", "remote.origin.fetch", "+refs/heads/*:refs/remotes/origin/a"), "refspec"),
        (config("--unset", "remote.origin.fetch"), "refspec"),
        (config("fetch.pruneTags", "true"), "prune_tags"),
        (config("remote.origin.prune", "what"), "remote_setting"),
        (config("remote.other.mirror", "what"), "remote_setting"),
        (config("fetch.recurseSubmodules", "on-demand"), "submodules"),
        (config("submodule.recurse", "true"), "submodules"),
        (config("submodule.lib.fetchRecurseSubmodules", "true"), "submodules"),
        (persons("submodule.lib.fetchRecurseSubmodules", "on-demand"), "submodules"),
        (gitmodules("submodule.lib.fetchRecurseSubmodules"), "submodules"),
        (gitmodules("fetch.recurseSubmodules"), "submodules"),
        (config("fetch.writeCommitGraph", "true"), "setting"),
        (write("shallow", "what\n"), "shallow"),
        (config("remote.origin.promisor", "true"), "partial"),
        (config("remote.origin.partialclonefilter", "blob:none"), "partial"),
        (config("remote.origin.followRemoteHEAD", "always"), "remote_head"),
        (config("core.compression", "much"), "setting"),
        (config("fetch.bundleURI", "http://127.0.0.1:1/x"), "setting"),
        (config("protocol.version", "0"), "protocol_setting"),
        (config("protocol.allow", "always"), "protocol_setting"),
        (config("http.proxy", "http://127.0.0.1:1"), "proxy"),
        (config("http.sslVerify", "false"), "http_setting"),
        (config("http.sslCert", "/nowhere"), "http_setting"),
        (config("http.cookieFile", "/nowhere"), "http_setting"),
        (config("http.userAgent", "other"), "http_setting"),
        (config("http.postBuffer", "16k"), "http_setting"),
        (config("http.extraHeader", "Host: elsewhere"), "http_setting"),
        (config("http.http://127.0.0.1/.extraHeader", "X-One: 1"), "http_setting"),
        (config("http.http://*/.sslVerify", "true"), "http_setting"),
        (config("branch.main.merge", "refs/pull/1/head"), "merge"),
        (write("hooks/reference-transaction"), "hook"),
        (config("core.hooksPath", "../remote.git/hooks"), "hook"),
        (config("remote.origin.url", "http://127.0.0.1:99999/remote.git"), "url"),
        (config("remote.origin.url", "http://[::1]/remote.git"), "url"),
        (config("remote.origin.url", "http://127.0.0.1:1/a/../remote.git"), "url"),
    ],
)
def test_what_a_probe_is_not_sure_of(
    world: World, web: WebServer, disturb: Callable[[World], object], why: str
) -> None:
    (world.remote / "hooks").mkdir(exist_ok=True)
    (world.remote / "hooks/reference-transaction").touch()
    disturb(world)
    web.requests.clear()
    assert probed(sync(world)) == f"not_probed_{why}"
    assert not any(one.startswith("POST") for one in web.requests[:1])


@pytest.mark.parametrize(
    "disturb",
    [
        config("remote.origin.tagOpt", "--no-tags"),
        config("remote.origin.tagOpt", "--tags"),
        config("remote.origin.prune", "true"),
        config("remote.origin.pushurl", "http://127.0.0.1:1/other"),
        config("--add", "remote.origin.fetch", "+refs/notes/*:refs/notes/*"),
        config("http.extraHeader", "X-One: 1"),
        config("http.postBuffer", "1000000"),
        config("http.https://example.org/.sslVerify", "false"),
        config("protocol.version", "2"),
        config("fetch.recurseSubmodules", "false"),
        config("submodule.active", "."),
        config("submodule.lib.fetchRecurseSubmodules", "false"),
        gitmodules("submodule.lib.path"),
        add('[remote "origin"]\n\tprune\n'),
        config("core.autocrlf", "input"),
        config("core.compression", "-1"),
        config("push.default", "simple"),
        persons("core.excludesFile", "~/.ignored"),
        config("include.path", "nowhere"),
        config("branch.main.description", 'a "quoted" # text'),
        persons("includeIf.gitdir:/nowhere/.path", "nowhere"),
        ran("fetch", "-q", "--depth=1"),
        ran("pack-refs", "--all"),
        ran("gc", "-q"),
        ran("checkout", "-q", "--detach"),
        ran("worktree", "add", "-q", "../beside"),
        ran("config", "core.repositoryFormatVersion", "1"),
    ],
)
def test_what_it_heeds_or_may_overlook(
    world: World, web: WebServer, disturb: Callable[[World], object]
) -> None:
    disturb(world)
    assert probed(sync(world)) == "probed"


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("core.autocrlf", "what"), ("core.compression", "17"), ("core.logAllRefUpdates", "what"), ("core.abbrev", "1"),
        ("core.attributesFile", "~nobody-of-this-name/x"), ("mailmap.file", "~nobody-of-this-name/x"),
        ("push.default", "what"), ("branch.autoSetupRebase", "what"), ("user.useConfigOnly", "what"),
        ("fetch.recurseSubmodules", "what"), ("http.lowSpeedLimit", "what"), ("transfer.credentialsInUrl", "what"),
        ("http.followRedirects", "what"), ("http.lowSpeedLimit", "true"), ("http.postBuffer", "99999999999999g"),
        ("core.bigFileThreshold", "true"), ("core.packedGitLimit", "yes"), ("core.fileMode", "10g"),
        ("fetch.parallel", "true"), ("submodule.fetchJobs", "true"), ("fetch.prune", "10g"),
        ("remote.origin.push", "refs/heads/*:refs/heads/x"), ("remote.other.fetch", "a:b:c"),
        ("remote.other.push", "refs/heads/x:refs/heads/*"), ("remote.other.fetch", "refs/heads/a..b:refs/x/a"),
        ("remote.other.fetch", "refs/heads/a.lock:refs/x/a"), ("remote.other.push", "refs//a"),
        ("fetch.parallel", "08"), ("core.fileMode", "\u0663"), ("core.compression", "\u0663"), ("core.autocrlf", "fal\u017fe"),
        ("color.advice", "what"), ("color.advice.hint", "what"), ("core.fsmonitor", "~nobody-of-this-name/x"),
        ("commitGraph.generationVersion", "what"), ("commitGraph.readChangedPaths", "what"), ("gc.writeCommitGraph", "what"),
        ("maintenance.auto", "what"), ("http.sslCAInfo", "~nobody-of-this-name/x"), ("core.createObject", "true"),
    ],
)  # fmt: skip
def test_a_setting_with_which_git_ends_is_never_up_to_date(
    world: World, web: WebServer, key: str, value: str
) -> None:
    git(world.mine, "config", key, value)
    outcome = sync(world)
    assert (fetch_fails(world.mine), probed(outcome)[:10]) in {(True, "not_probed"), (True, "")}
    overridden = {"core.fsmonitor", "maintenance.auto"}
    assert outcome.reason is (None if key in overridden else Reason.CONFIG)


@pytest.mark.parametrize("there", ["a..*", ".a*", "*.lock", "/a*", "a@{*", "x~*", "*/", "x.lock/*"])
@pytest.mark.parametrize("spec", ["+refs/heads/{}:refs/remotes/x/*", "+refs/heads/q*:refs/remotes/{}"])
def test_a_refspec_at_which_git_ends_is_never_up_to_date(
    world: World, web: WebServer, there: str, spec: str
) -> None:
    git(world.mine, "config", "--add", "remote.origin.fetch", spec.format(there))
    outcome = sync(world)
    assert (outcome.reason, probed(outcome), fetch_fails(world.mine)) == (
        Reason.CONFIG,
        "not_probed_refspec",
        True,
    )


@pytest.mark.parametrize("place", ["mine/.git/config", "home"])
@pytest.mark.parametrize(
    "text",
    [
        "[core]\n\tuntrackedCache\n",
        "[core]\n\tattributesFile\n",
        "[commitGraph]\n\tgenerationVersion\n",
        "[http]\n\tversion\n",
        "[http]\n\tsslCAInfo\n",
        "[author]\n\tname\n",
        '[branch "other"]\n\tmerge\n',
    ],
)
def test_a_setting_without_its_value_is_never_up_to_date(
    world: World, web: WebServer, person: Path, place: str, text: str
) -> None:
    with (person / ".gitconfig" if place == "home" else world.base / place).open("a") as file:
        file.write(text)
    outcome = sync(world)
    assert (fetch_fails(world.mine), probed(outcome)[:10]) in {(True, "not_probed"), (True, "")}
    assert outcome.reason is Reason.CONFIG


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("remote.origin.push", "HEAD"), ("remote.origin.push", ":"), ("remote.origin.push", "+refs/heads/*:refs/heads/*"),
        ("remote.other.fetch", "+refs/heads/*:refs/remotes/other/*"), ("http.lowSpeedLimit", "1000"),
        ("http.postBuffer", "500m"), ("http.followRedirects", "initial"), ("core.bigFileThreshold", "1g"),
        ("submodule.fetchJobs", "4"), ("core.fileMode", "false"), ("core.untrackedCache", "true"),
        ("commitGraph.generationVersion", "2"), ("maintenance.auto", "false"), ("http.version", "HTTP/1.1"),
    ],
)  # fmt: skip
def test_a_setting_that_git_can_read_is_no_hindrance(
    world: World, web: WebServer, key: str, value: str
) -> None:
    git(world.mine, "config", key, value)
    git(world.mine, "fetch", "-q")
    assert probed(sync(world)) == "probed"


@pytest.mark.parametrize("way", ["config", "gitmodules", "index"])
def test_a_submodule_that_is_to_be_fetched_as_well_is_left_to_git(
    world: World, web: WebServer, way: str
) -> None:
    git(world.base, "clone", "-q", "--bare", str(world.theirs), "lib.git")
    added = ("submodule", "add", "-q", "--name", "lib", f"{web.url}/lib.git", "lib")
    git(world.theirs, *added)
    commit(world.theirs)
    world.push()
    git(world.mine, "pull", "-q")
    git(world.mine, "submodule", "update", "-q", "--init")
    assert probed(sync(world)) == "probed"
    file = () if way == "config" else ("--file", ".gitmodules")
    git(world.mine, "config", *file, "submodule.lib.fetchRecurseSubmodules", "true")
    if way == "index":
        git(world.mine, "add", ".gitmodules")
        (world.mine / ".gitmodules").unlink()
    world.push(str(world.base / "lib.git"), "HEAD:topic")
    assert probed(sync(world)) == "not_probed_submodules"
    git(world.mine, "fetch", "-q")
    assert "origin/topic" in git(world.mine / "lib", "branch", "-r")


@pytest.mark.parametrize("name", ["refs/heads/z", "refs/remotes/origin/bad", "refs/tags/t"])
@pytest.mark.parametrize("text", ["", "0" * 40 + "\n", "what\n"])
def test_a_broken_ref_is_left_to_git(world: World, web: WebServer, name: str, text: str) -> None:
    """Git warns of it where it lists refs, and ends there where it fetches."""
    (world.mine / ".git" / name).write_text(text)
    outcome = sync(world)
    assert (outcome.state, outcome.reason, probed(outcome)) == (
        State.FAILED,
        Reason.CORRUPT,
        "not_probed_refs",
    )


def test_a_branch_that_is_kept_twice_is_left_to_git(world: World, web: WebServer) -> None:
    """FETCH_HEAD says of only one of them that it is for a merge."""
    git(world.mine, "config", "--add", "remote.origin.fetch", "+refs/heads/main:refs/remotes/other/main")
    git(world.mine, "fetch", "-q")
    assert probed(sync(world)) == "not_probed_refspec"


def test_a_tag_of_the_empty_tree_is_news(world: World, web: WebServer) -> None:
    """git has that tree without an object of it."""
    tree = git(world.remote, "hash-object", "-w", "-t", "tree", os.devnull)
    git(world.remote, "tag", "nothing", tree)
    assert [one.name for one in sync(world).refs] == ["refs/tags/nothing"]


def test_names_of_refs_in_another_encoding_are_left_to_git(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    check_plain(world.mine, world.mine / ".git")
    monkeypatch.setattr("tui.git.files.plain.sys.getfilesystemencoding", lambda: "iso8859-1")
    with pytest.raises(NotPlain):
        check_plain(world.mine, world.mine / ".git")


@pytest.mark.parametrize(
    ("variable", "value", "why"),
    [
        ("http_proxy", "http://127.0.0.1:1", "proxy"),
        ("ALL_PROXY", "http://127.0.0.1:1", "proxy"),
        ("GIT_SSL_NO_VERIFY", "1", "environment"),
        ("GIT_HTTP_USER_AGENT", "other", "environment"),
        ("GIT_ALLOW_PROTOCOL", "http:https", "environment"),
        ("GIT_SMART_HTTP", "1", "environment"),
        ("GIT_EXEC_PATH", git(Path("/"), "--exec-path"), "environment"),
        ("GIT_REF_PARANOIA", "1", "environment"),
        ("GIT_DISCOVERY_ACROSS_FILESYSTEM", "1", "environment"),
    ],
)
def test_variables_that_are_for_git_alone(
    world: World, web: WebServer, monkeypatch: pytest.MonkeyPatch, variable: str, value: str, why: str
) -> None:
    monkeypatch.setenv(variable, value)
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    outcome = sync(world)
    assert (outcome.state, probed(outcome)) == (State.UP_TO_DATE, f"not_probed_{why}")


@pytest.mark.parametrize(
    ("variable", "value", "file"),
    [
        ("GIT_CONFIG_GLOBAL", "own.config", "own.config"),
        ("XDG_CONFIG_HOME", "own", "own/git/config"),
        ("HOME", "own", "own/.gitconfig"),
        ("GIT_CONFIG_SYSTEM", "own.config", "own.config"),
    ],
)
def test_settings_of_a_relative_path_are_those_of_the_checkout(
    world: World, web: WebServer, monkeypatch: pytest.MonkeyPatch, variable: str, value: str, file: str
) -> None:
    git(world.theirs, "checkout", "-q", "--orphan", "other")
    commit(world.theirs)
    git(world.theirs, "push", "-q", "origin", "HEAD:refs/tags/v1")
    monkeypatch.setenv(variable, value)
    monkeypatch.delenv("GIT_CONFIG_NOSYSTEM")
    assert probed(sync(world)) == "probed"
    (world.mine / file).parent.mkdir(parents=True, exist_ok=True)
    (world.mine / file).write_text('[remote "origin"]\n\ttagOpt = --tags\n')
    assert [ref.name for ref in sync(world).refs] == ["refs/tags/v1"]


def test_the_ref_of_the_remotes_head_is_made_by_git(
    world: World, web: WebServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """From 2.48 on a fetch makes it where it is missing."""
    git(world.mine, "remote", "set-head", "origin", "--delete")
    for version, said in (((2, 47), "probed"), ((2, 48), "not_probed_remote_head")):
        monkeypatch.setattr("tui.git.probe.ask.git_version", lambda version=version: version)
        assert probed(sync(world)) == said
    git(world.mine, "config", "remote.origin.followRemoteHEAD", "never")
    assert probed(sync(world)) == "probed"
    assert git_version() >= (2, 35)


def test_a_header_that_git_would_send_is_sent(world: World) -> None:
    seen: list[str | None] = []

    def look(handler: object) -> bool:
        seen.append(handler.headers.get("X-One"))  # type: ignore[attr-defined]  # a WebHandler
        return False

    with WebServer(world.base, answer=look) as server:
        set_url(world, f"{server.url}/remote.git")
        git(world.mine, "config", "http.extraHeader", "X-One: two")
        assert probed(sync(world)) == "probed"
    assert seen == ["two"]


@pytest.mark.parametrize("end", ["", "/"])
def test_the_url_is_what_git_makes_of_it(world: World, web: WebServer, end: str) -> None:
    git(world.mine, "config", f"url.{web.url}/.insteadOf", "http://elsewhere.invalid/")
    set_url(world, f"http://elsewhere.invalid/remote.git{end}")
    assert probed(sync(world)) == "probed"


@pytest.mark.parametrize(
    ("answer", "why"),
    [
        (status(401, WWW_Authenticate='Basic realm="x"', times=1), "login"),
        (status(403, times=1), "login"),
        (status(404, times=1), "status"),
        (status(500, times=1), "status"),
        (status(301, Location="http://127.0.0.1:1/elsewhere", times=1), "redirect"),
        (status(200, b"<html>", Content_Type="text/html", times=1), "protocol"),
        *(
            (status(200, body, Content_Type="application/x-git-upload-pack-result", times=1), "protocol")
            for body in (
                b"",
                b"000",
                b"0008ERR ",
                b"0000more",
                b"fffe" + b"a" * 40,
                b"003d" + b"a" * 40 + b" refs/heads/main\n",
                b"0004" * 3,
            )
        ),
        (status(200, b"0000", Content_Type="application/x-git-upload-pack-result", times=1), "nothing_heard"),
    ],
)
def test_answers_that_are_no_list_of_refs(world: World, answer: Answer, why: str) -> None:
    with WebServer(world.base, answer=answer) as server:
        set_url(world, f"{server.url}/remote.git")
        outcome = sync(world)
        assert (outcome.state, probed(outcome)) == (State.UP_TO_DATE, f"not_probed_{why}")
        assert server.requests[1].startswith("GET /remote.git/info/refs")


@pytest.mark.parametrize(("code", "reason"), [(429, Reason.RATE_LIMITED), (503, Reason.REMOTE_ERROR)])
def test_a_server_that_has_too_many_is_asked_once(world: World, code: int, reason: Reason) -> None:
    with WebServer(world.base, answer=status(code, Retry_After="7")) as server:
        set_url(world, f"{server.url}/remote.git")
        outcome = sync(world)
        assert (outcome.state, outcome.reason, outcome.retry_after) == (State.FAILED, reason, 7)
        said = f"unable to access '{server.url}/remote.git/': The requested URL returned error: {code}"
        assert (outcome.message, outcome.action) == (f"{said} (it asks to wait 7 s)", Action.FETCH)
        assert len(server.requests) == 1
        (world.mine / ".git/hooks/reference-transaction").touch()  # git's own words are the same
        again = sync(world)
        assert (again.message, again.reason, again.retry_after) == (outcome.message, reason, 7)


def test_a_stop_ends_a_probe_at_once(world: World) -> None:
    stop = StopSignal()

    def talk(connection: socket.socket) -> None:
        connection.recv(65536)
        stop.set(Reason.USER)
        silence(connection)

    with TcpServer(talk) as server:
        set_url(world, f"http://127.0.0.1:{server.port}/remote.git")
        outcome = world.sync(world.repo(url=None), stop=stop)
        assert (outcome.state, outcome.reason) == (State.CANCELLED, Reason.USER)
        assert outcome.message == "stopped in fetch (Connecting)"
        assert len(server.connections) == 1


def test_a_name_that_cannot_be_one_is_left_to_git(world: World) -> None:
    set_url(world, f"http://{'a' * 70}.invalid/remote.git")
    outcome = sync(world)
    assert (outcome.state, outcome.reason) == (State.FAILED, Reason.DNS)
    assert probed(outcome) == "not_probed_network"


def test_a_stop_ends_a_search_for_a_name(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    stop, searched = StopSignal(), threading.Event()

    def search(*_: object) -> socket.socket:
        stop.set(Reason.QUIT)
        searched.wait(20)
        raise OSError

    monkeypatch.setattr("socket.create_connection", search)
    set_url(world, "http://example.invalid/remote.git")
    outcome = world.sync(world.repo(url=None), stop=stop)
    searched.set()
    assert (outcome.state, outcome.reason) == (State.CANCELLED, Reason.QUIT)


def test_silence_is_left_to_git(world: World) -> None:
    def talk(connection: socket.socket) -> None:
        connection.recv(65536)
        silence(connection)

    with TcpServer(talk) as server:
        set_url(world, f"http://127.0.0.1:{server.port}/remote.git")
        outcome = world.sync(world.repo(url=None), structs.replace(world.options, stall_timeout=0.4))
        assert (outcome.state, outcome.reason) == (State.TIMED_OUT, Reason.STALLED)
        assert probed(outcome) == "not_probed_timeout"


def test_damage_to_a_pack_is_left_to_git(world: World, web: WebServer) -> None:
    (pack,) = (world.mine / ".git/objects/pack").glob("*.pack")
    data = bytearray(pack.read_bytes())
    data[12 + 20] ^= 0x55  # of the first object, the newest commit
    pack.chmod(0o644)
    pack.write_bytes(data)
    outcome = sync(world)
    assert (outcome.state, probed(outcome)) == (State.FAILED, "not_probed_objects")


def make_loose(world: World) -> Path:
    """The file of the commit that HEAD is on."""
    (pack,) = (world.mine / ".git/objects/pack").glob("*.pack")
    packed = world.base / "packed"
    pack.rename(packed)
    pack.with_suffix(".idx").unlink()
    with packed.open("rb") as file:
        subprocess.run(["git", "unpack-objects", "-q"], cwd=world.mine, stdin=file, check=True)
    head = world.head()
    loose = world.mine / ".git/objects" / head[:2] / head[2:]
    loose.chmod(0o644)
    return loose


def test_damage_to_an_object_is_left_to_git(world: World, web: WebServer) -> None:
    loose = make_loose(world)
    assert probed(sync(world)) == "probed"
    loose.write_bytes(b"")
    assert probed(sync(world)) == "not_probed_objects"


@pytest.mark.parametrize("damage", [lambda data: data + b"more", lambda data: data[:-2]])
def test_an_object_of_another_length_is_left_to_git(
    world: World, web: WebServer, damage: Callable[[bytes], bytes]
) -> None:
    loose = make_loose(world)
    assert probed(sync(world)) == "probed"
    loose.write_bytes(damage(loose.read_bytes()))
    outcome = sync(world)
    assert (outcome.reason, probed(outcome), fetch_fails(world.mine)) == (
        Reason.CORRUPT,
        "not_probed_objects",
        True,
    )


def test_a_replacement_that_is_missing_is_left_to_git(world: World, web: WebServer) -> None:
    (world.mine / ".git/refs/replace").mkdir()
    (world.mine / ".git/refs/replace" / world.head()).write_text("1" * 40 + "\n")
    outcome = sync(world)
    assert (outcome.reason, probed(outcome), fetch_fails(world.mine)) == (
        Reason.CORRUPT,
        "not_probed_objects",
        True,
    )


@pytest.mark.parametrize(
    "damage",
    [
        lambda data: data.removesuffix(b"\n"),
        lambda data: data + b"\n",
        lambda data: data + b"# more\n",
        lambda data: b"#" + data,
    ],
)
def test_packed_refs_at_which_git_ends_are_left_to_it(
    world: World, web: WebServer, damage: Callable[[bytes], bytes]
) -> None:
    git(world.mine, "pack-refs", "--all")
    assert probed(sync(world)) == "probed"
    packed = world.mine / ".git/packed-refs"
    packed.write_bytes(damage(packed.read_bytes()))
    outcome = sync(world)
    assert (outcome.state, outcome.reason, fetch_fails(world.mine)) == (State.FAILED, Reason.CORRUPT, True)


@pytest.mark.parametrize("damaged", ["mine", "beside"])
@pytest.mark.parametrize("synced", ["mine", "beside"])
def test_a_worktree_at_an_object_that_is_missing_is_left_to_git(
    world: World, web: WebServer, damaged: str, synced: str
) -> None:
    git(world.mine, "worktree", "add", "-q", "-b", "topic", "--track", "../beside", "origin/main")
    git_dirs = {"mine": world.mine / ".git", "beside": world.mine / ".git/worktrees/beside"}
    (git_dirs[damaged] / "HEAD").write_text("1" * 40 + "\n")
    outcome = world.sync(world.repo(url=None, path=world.base / synced))
    assert (outcome.state, outcome.reason, fetch_fails(world.base / synced)) == (
        State.FAILED,
        Reason.CORRUPT,
        True,
    )


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Of 127.0.0.1, made by itself; the key is beside it."""
    file = tmp_path_factory.mktemp("tls") / "certificate.pem"
    command = "openssl req -x509 -nodes -days 2 -subj /CN=localhost -newkey ec -pkeyopt ec_paramgen_curve:prime256v1"
    more = (
        "-addext",
        "subjectAltName=IP:127.0.0.1",
        "-keyout",
        str(file.with_name("key.pem")),
        "-out",
        str(file),
    )
    subprocess.run([*command.split(), *more], check=True, capture_output=True)
    return file


@pytest.mark.parametrize("way", ["http.sslCAInfo", "GIT_SSL_CAINFO"])
def test_https_with_authorities_of_the_persons_own(
    world: World, certificate: Path, monkeypatch: pytest.MonkeyPatch, way: str
) -> None:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, certificate.with_name("key.pem"))
    with GitServer(world.base) as server:
        server.socket = context.wrap_socket(server.socket, server_side=True)
        made = count_connections(server)
        set_url(world, f"https://127.0.0.1:{server.server_address[1]}/remote.git")
        outcome = sync(world)
        assert (outcome.reason, probed(outcome)) == (Reason.TLS, "not_probed_network")
        made.clear()
        if way.isupper():
            monkeypatch.setenv(way, str(certificate))
        else:
            git(world.mine, "config", way, str(certificate))
        assert [probed(sync(world)) for _ in range(3)] == ["probed"] * 3
        assert len(made) == 1
        monkeypatch.setenv("HOME", str(certificate.parent))  # in the setting alone `~` is that
        for value in ("", "~/certificate.pem"):
            monkeypatch.setenv("GIT_SSL_CAINFO", value)
            outcome = sync(world)
            assert (outcome.state, probed(outcome)) == (State.FAILED, "not_probed_http_setting")
