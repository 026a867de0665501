"""Has git ask the person on the terminal."""

import contextlib
import os
import subprocess
from pathlib import Path

from tui.git import keyring
from tui.git.env import config_env, user_of, without_login


def log_in(url: str, folder: Path) -> bool:
    """Runs git on the terminal for that URL, and keeps in memory what the person types; True: the server let us in.

    What git tells its helpers then comes to us through a pipe: no file and no process of ours keeps it.
    """
    asked = without_login(url)
    reading, writing = os.pipe()
    tell = f"""!f() {{ test "$1" = store && {{ cat; echo; }} >/dev/fd/{writing}; }}; f"""
    settings = [("credential.helper", tell)]
    if user := user_of(url):  # such a URL the person has not rewritten
        settings += [("credential.username", user), (f"url.{asked}.insteadOf", asked)]
    else:
        settings += _without_rewritten_password(asked, folder)
    try:
        done = subprocess.run(
            ["git", "ls-remote", "-q", "--", asked, "HEAD"],
            cwd=folder,
            env=os.environ | config_env(settings),
            pass_fds=[writing],
            stdout=subprocess.DEVNULL,  # git asks on the terminal itself
            check=False,
        )
        # Not up to its end: a helper that stays, as git's cache does, holds the other end open.
        os.set_blocking(reading, False)
        with contextlib.suppress(
            BlockingIOError
        ):  # nothing came: the server wants no login, or not one like this
            keyring.keep(os.read(reading, 65536))
    finally:
        os.close(reading)
        os.close(writing)
    return done.returncode == 0


def _without_rewritten_password(asked: str, folder: Path) -> list[tuple[str, str]]:
    """A password that the person's `insteadOf` puts into the URL was refused, and would show in the process list."""
    command = ["git", "ls-remote", "--get-url", "--", asked]
    location = subprocess.run(command, cwd=folder, capture_output=True, check=False).stdout.decode().strip()
    clean = without_login(location)
    return [] if clean == location else [(f"url.{clean}.insteadOf", asked)]
