"""The demo's server, asked by the real git."""

import gzip
import http.client
import os
import re
import signal
import subprocess
import threading
import time
from collections.abc import Iterator
from http import HTTPStatus
from pathlib import Path

import pytest

from tests.kit import repos
from tests.kit.processes import children_of, wait_until
from tests.kit.repos import Remote
from tui.demo.server import GitServer, Manner

PROTOCOLS = pytest.mark.parametrize("version", ["0", "1", "2"])


@pytest.fixture
def remote(tmp_path: Path) -> Remote:
    return repos.make_remote(tmp_path / "srv/web/shop.git", commits=3)


@pytest.fixture
def server(remote: Remote, tmp_path: Path) -> Iterator[GitServer]:
    with GitServer(tmp_path / "srv") as server:
        yield server


def start(*args: str, cwd: Path, version: str = "2") -> "subprocess.Popen[str]":
    return subprocess.Popen(
        ["git", "-c", f"protocol.version={version}", *args],
        cwd=cwd,
        env={**os.environ, "GIT_TERMINAL_PROMPT": "0", "LC_ALL": "C"},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
    )


def run(*args: str, cwd: Path, version: str = "2") -> tuple[int, str]:
    job = start(*args, cwd=cwd, version=version)
    return job.wait(), job.communicate()[0]


def upload_packs() -> list[str]:
    return [line for line in children_of(os.getpid()).values() if "upload-pack --stateless-rpc" in line]


def connections() -> list[threading.Thread]:
    return [thread for thread in threading.enumerate() if "process_request_thread" in thread.name]


@PROTOCOLS
def test_every_protocol_lists_clones_and_fetches(
    server: GitServer, remote: Remote, tmp_path: Path, version: str
) -> None:
    url = f"{server.url}/web/shop.git"
    assert run("ls-remote", url, "refs/heads/main", cwd=tmp_path, version=version) == (
        0,
        f"{remote.head}\trefs/heads/main\n",
    )
    assert run("clone", "--quiet", url, "shop", cwd=tmp_path, version=version) == (0, "")
    assert repos.head(tmp_path / "shop") == remote.head
    new = repos.add_commits(remote, 2)
    assert run("fetch", "--quiet", cwd=tmp_path / "shop", version=version) == (0, "")
    assert repos.git(tmp_path / "shop", "rev-parse", "@{u}") == new
    assert upload_packs() == []


def test_a_request_of_many_haves_comes_compressed(server: GitServer, remote: Remote, tmp_path: Path) -> None:
    checkout = repos.clone(remote, tmp_path / "shop", url=f"{server.url}/web/shop.git")
    repos.add_commits(checkout, 100)
    new = repos.add_commits(remote, 1)
    code, text = run("fetch", "--quiet", cwd=checkout)
    assert (code, text) == (0, "")
    assert repos.git(checkout, "rev-parse", "@{u}") == new


@pytest.mark.parametrize("way", ["length", "gzip", "chunked"])
def test_every_way_of_a_body_is_understood(server: GitServer, remote: Remote, way: str) -> None:
    body = b"0014command=ls-refs\n0001" + b"001bref-prefix refs/heads/\n" + b"0000"
    headers = {"Git-Protocol": "version=2"}
    if way == "gzip":
        body, headers["Content-Encoding"] = gzip.compress(body), "gzip"
    client = http.client.HTTPConnection(*server.server_address)
    pieces = iter([body[:7], body[7:]]) if way == "chunked" else body
    client.request("POST", "/web/shop.git/git-upload-pack", pieces, headers, encode_chunked=way == "chunked")
    answer = client.getresponse()
    assert answer.read() == f"003d{remote.head} refs/heads/main\n0000".encode()
    assert answer.getheader("Content-Type") == "application/x-git-upload-pack-result"
    client.close()


def test_one_repository_can_ask_for_a_login_and_takes_any(server: GitServer, tmp_path: Path) -> None:
    server.manners["web/shop.git"] = Manner(locked=True)
    helper = ["-c", "credential.helper=!printf 'username=a\\npassword=b\\n' #"]
    code, text = run(*helper, "ls-remote", f"{server.url}/web/shop.git", cwd=tmp_path)
    assert code == 0
    assert "refs/heads/main" in text
    code, text = run("ls-remote", f"{server.url}/web/shop.git", cwd=tmp_path)
    assert code == 128
    assert text == f"fatal: could not read Username for '{server.url}': terminal prompts disabled\n"


@pytest.mark.parametrize("name", ["web/none.git", "web", "..", "../srv/web/none.git"])
def test_what_is_not_there_is_not_found(server: GitServer, tmp_path: Path, name: str) -> None:
    code, text = run("ls-remote", f"{server.url}/{name}", cwd=tmp_path)
    assert code == 128
    assert re.fullmatch(r"(?s).*fatal: repository '.*' not found\n", text)


def test_a_repository_beside_the_root_is_not_served(server: GitServer, tmp_path: Path) -> None:
    repos.make_remote(tmp_path / "secret.git")
    client = http.client.HTTPConnection(*server.server_address)
    for path in ("/../secret.git", "/%2e%2e/secret.git", f"/{tmp_path}/secret.git"):
        client.request("GET", f"{path}/info/refs?service=git-upload-pack")
        answer = client.getresponse()
        answer.read()
        assert answer.status == HTTPStatus.NOT_FOUND
    client.close()


def test_a_push_is_forbidden(server: GitServer, remote: Remote, tmp_path: Path) -> None:
    checkout = repos.clone(remote, tmp_path / "shop", url=f"{server.url}/web/shop.git")
    old = remote.head
    repos.commit_locally(checkout)
    code, text = run("push", cwd=checkout)
    assert code == 128
    assert "The requested URL returned error: 403" in text
    assert remote.head == old


def test_a_failing_remote_is_fine_after_its_times(server: GitServer, remote: Remote, tmp_path: Path) -> None:
    server.manners["web/shop.git"] = Manner(status=HTTPStatus.SERVICE_UNAVAILABLE, times=2)
    seen = [run("ls-remote", "--quiet", f"{server.url}/web/shop.git", "HEAD", cwd=tmp_path) for _ in range(3)]
    error = f"fatal: unable to access '{server.url}/web/shop.git/': The requested URL returned error: 503\n"
    assert seen == [(128, error), (128, error), (0, f"{remote.head}\tHEAD\n")]


def test_a_paced_clone_shows_its_percent_move(server: GitServer, tmp_path: Path) -> None:
    remote = repos.make_remote(tmp_path / "srv/big.git")
    noise = {f"data/{number:03}": os.urandom(2_000).hex() for number in range(60)}
    repos.add_commits(remote, 1, files=noise)
    server.manners["big.git"] = Manner(rate=200_000)
    started = time.monotonic()
    code, text = run("clone", "--progress", f"{server.url}/big.git", cwd=tmp_path)
    assert code == 0
    percents = [int(number) for number in re.findall(r"Receiving objects: +(\d+)%", text)]
    assert percents == sorted(percents)
    assert percents[-1] == 100
    assert len(set(percents)) > 20
    # 120 kB of random data at that rate; faster means that nothing was paced.
    assert time.monotonic() - started > 120_000 / 200_000 * 0.9


def test_close_ends_a_hanging_and_a_slow_client_at_once(
    server: GitServer, remote: Remote, tmp_path: Path
) -> None:
    server.manners["web/shop.git"] = Manner(hangs=True)
    slow = repos.make_remote(tmp_path / "srv/slow.git")
    repos.add_commits(slow, 1, files={"noise": os.urandom(200_000).hex()})
    late = repos.make_remote(tmp_path / "srv/late.git")
    server.manners |= {"slow.git": Manner(rate=1_000), "late.git": Manner(latency=3_600)}
    jobs = [
        start("clone", f"{server.url}/{name}.git", cwd=tmp_path) for name in ("web/shop", "slow", late.name)
    ]
    wait_until(lambda: len(connections()) == 3 and len(upload_packs()) == 1, "all three are being served")
    server.close()
    assert [job.wait() for job in jobs] == [128, 128, 128]
    for job in jobs:
        job.communicate()
    assert children_of(os.getpid()) == {}
    assert connections() == []
    server.close()


def test_a_client_that_leaves_is_forgotten(server: GitServer, remote: Remote, tmp_path: Path) -> None:
    server.manners["web/shop.git"] = Manner(hangs=True)
    job = start("ls-remote", f"{server.url}/web/shop.git", cwd=tmp_path)
    wait_until(lambda: len(connections()) == 1, "the client is there")
    os.killpg(job.pid, signal.SIGKILL)  # git alone would leave its helper connected
    job.communicate()
    wait_until(lambda: connections() == [], "the connection is gone")
