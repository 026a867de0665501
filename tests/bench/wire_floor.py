"""The floor of `tests.bench.wire`: one bare request a repo on connections that stay open, nothing of it compared.

`python -m tests.bench.wire_floor URL JOBS` reads the names of the repos from its standard input. With
`SSL_CERT_FILE` set it trusts that certificate.
"""

import http.client
import sys
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from urllib.parse import urlsplit

_LS_REFS = b"0014command=ls-refs\n00010009peel\n000csymrefs\n001bref-prefix refs/heads/\n001aref-prefix refs/tags/\n0000"
_HEADERS = {"Git-Protocol": "version=2", "Content-Type": "application/x-git-upload-pack-request"}


def ask(url: str, names: Sequence[str]) -> None:
    place = urlsplit(url)
    kind = http.client.HTTPSConnection if place.scheme == "https" else http.client.HTTPConnection
    connection = kind(str(place.hostname), place.port)
    for name in names:
        connection.request("POST", f"/{name}.git/git-upload-pack", _LS_REFS, _HEADERS)
        assert connection.getresponse().read().endswith(b"0000")


if __name__ == "__main__":
    address, jobs, repos = sys.argv[1], int(sys.argv[2]), sys.stdin.read().split("\0")
    with ThreadPoolExecutor(jobs) as pool:
        list(pool.map(lambda at: ask(address, repos[at::jobs]), range(jobs)))
