"""Runs a command without the powers of root: `python ordinary.py COMMAND…`.

Without them the mode bits of files count for root as for everybody, so that a read-only folder is one in a
container too. For an ordinary user it changes nothing.
"""

import ctypes
import os
import sys

PREFIX = (sys.executable, "-IS", __file__)
"""In front of a command of a test."""

_PR_CAPBSET_DROP = 24
_LAST_CAPABILITY = 63

if __name__ == "__main__":
    libc = ctypes.CDLL(None)
    for capability in range(_LAST_CAPABILITY + 1):
        libc.prctl(_PR_CAPBSET_DROP, capability, 0, 0, 0)  # what may not be dropped is not there
    os.execvp(sys.argv[1], sys.argv[1:])
