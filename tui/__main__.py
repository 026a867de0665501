"""The console script: whatever the world around it does, it ends with a line and not with a traceback."""

import os
import sys
from pathlib import Path

from tui import cli


def main() -> None:
    for name in ("stdin", "stdout", "stderr"):
        if getattr(sys, name) is None:  # closed by whoever started us
            setattr(sys, name, open(os.devnull, "r+"))  # noqa: PTH123, SIM115  a device, open to the end
    try:
        Path.home()
    except RuntimeError:  # a user whom the system does not know, as in a container
        sys.stderr.write("synctui: there is no home folder; set HOME\n")
        sys.exit(2)
    try:
        try:
            cli.main()
        finally:
            sys.stdout.flush()
    except OSError as error:
        with open(os.devnull, "wb") as nothing:  # noqa: PTH123  a device
            os.dup2(nothing.fileno(), sys.stdout.fileno())  # the flush at exit would fail as well
        where = f": {error.filename}" if error.filename else ""
        sys.stderr.write(f"synctui: {error.strerror or error}{where}\n")
        sys.exit(1)


if __name__ == "__main__":
    main()
