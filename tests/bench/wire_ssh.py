"""The ssh side of `tests.bench.wire`: the system's own sshd, as it comes, and an ssh that finds it."""

import os
import shutil
import socket
import subprocess
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from tests.kit.processes import wait_until

_SSHD = "/usr/sbin/sshd"


def is_there() -> bool:
    return os.access(_SSHD, os.X_OK) and shutil.which("ssh") is not None


def lay(folder: Path) -> Mapping[str, str]:
    """Keys, and an `ssh` that uses them and no setting of the person's; returns variables for whoever is to find it."""
    (folder / "bin").mkdir(parents=True)
    for key in ("host_key", "key"):
        subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", str(folder / key)], check=True)
    shutil.copy(folder / "key.pub", folder / "authorized_keys")
    known = (folder / "host_key.pub").read_text()
    (folder / "known_hosts").write_text(f"bench {known}")
    (folder / "config").write_text(
        f"IdentityFile {folder}/key\nUserKnownHostsFile {folder}/known_hosts\nHostKeyAlias bench\nBatchMode yes\n"
    )
    program = folder / "bin/ssh"
    program.write_text(f'#!/bin/sh\nexec {shutil.which("ssh")} -F {folder}/config "$@"\n')
    program.chmod(0o755)
    return {"PATH": f"{folder / 'bin'}:{os.environ['PATH']}"}


@contextmanager
def sshd(folder: Path) -> Iterator[int]:
    """Its port. But for its keys and where it writes nothing is set: MaxStartups, MaxSessions are as it has them."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    options = {
        "ListenAddress": "127.0.0.1",
        "HostKey": folder / "host_key",
        "AuthorizedKeysFile": folder / "authorized_keys",
        "PidFile": "none",
        "StrictModes": "no",  # the folder is a temporary one
        "SetEnv": f"HOME={folder}",  # what the person's shell reads at its start may take longer than git
    }
    if os.geteuid() == 0:
        Path("/run/sshd").mkdir(exist_ok=True)
    (folder / "sshd_config").write_text("".join(f"{name} {value}\n" for name, value in options.items()))
    log = (folder / "sshd.log").open("wb")
    server = subprocess.Popen(
        [_SSHD, "-D", "-e", "-p", str(port), "-f", str(folder / "sshd_config")], stderr=log
    )
    try:
        wait_until(lambda: _answers(port), f"sshd answers: {(folder / 'sshd.log').read_text()}")
        yield port
    finally:
        server.terminate()
        server.wait()
        log.close()


def _answers(port: int) -> bool:
    with socket.socket() as one:
        return one.connect_ex(("127.0.0.1", port)) == 0
