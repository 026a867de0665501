"""Ends the git children of a synctui that is gone without a word, as after a kill -9."""

import contextlib
import subprocess
import threading
from pathlib import Path

from tui.git.group import group_lives

_SCRIPT = """
soon= later= folders=
while read -r sign group; do
    case $sign in
        soon) soon="$soon $group" ;;
        later) later="$later $group" ;;
        folder) folders="$folders $group" ;;
        gone)
            left=; for one in $soon; do [ "$one" = "$group" ] || left="$left $one"; done; soon=$left
            left=; for one in $later; do [ "$one" = "$group" ] || left="$left $one"; done; later=$left ;;
    esac
done
end() {  # groups, tenths of a second that they have after TERM
    for group in $1; do kill -s TERM -- "-$group" 2>/dev/null; done
    wait_for "$1" "$2"
    for group in $1; do kill -s KILL -- "-$group" 2>/dev/null; done
}
wait_for() {
    tenths=$2
    for group in $1; do
        while [ "$tenths" -gt 0 ] && kill -s 0 -- "-$group" 2>/dev/null; do
            sleep 0.1
            tenths=$((tenths - 1))
        done
    done
}
end "$soon" 20
wait_for "$later" 30
end "$later" 20
for one in $folders; do rm -rf -- "$one"; done
"""
"""Reads which process groups and folders there are until nobody is left to tell. One that moves HEAD is given time."""


class Watchdog:
    """A shell that is started with the first group and lives until the pipe to it closes.

    Where there is no shell, or somebody ended it, the next synctui finds what was left (`aftermath.py`).
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._shell: subprocess.Popen[bytes] | None = None
        self._watched: set[int] = set()

    def watch(self, group: int, *, patiently: bool) -> None:
        self._watched.add(group)
        self._tell(f"{'later' if patiently else 'soon'} {group}\n")

    def remove_at_end(self, folder: Path) -> None:
        """`folder`: without blanks in its name."""
        self._tell(f"folder {folder}\n")

    def forget(self, group: int) -> None:
        self._watched.discard(group)
        self._tell(f"gone {group}\n")

    def stop(self) -> None:
        """It ends what is still watched, without us. A later group starts it anew."""
        with self._lock:
            shell, self._shell = self._shell, None
        if shell is None or shell.stdin is None:
            return
        with contextlib.suppress(OSError):
            shell.stdin.close()
        # A copy: jobs that were given up may still come and go.
        if not any(map(group_lives, list(self._watched))):  # it has nothing left to do
            with contextlib.suppress(subprocess.TimeoutExpired):
                shell.wait(1)

    def _tell(self, text: str) -> None:
        with self._lock, contextlib.suppress(OSError):
            if self._shell is None:
                self._shell = subprocess.Popen(
                    ["sh", "-c", _SCRIPT],
                    bufsize=0,
                    stdin=subprocess.PIPE,
                    stdout=subprocess.DEVNULL,
                    stderr=subprocess.DEVNULL,
                    start_new_session=True,
                    cwd="/",
                )
            assert self._shell.stdin is not None  # noqa: S101  narrows the type: it is a pipe
            self._shell.stdin.write(text.encode())


watchdog = Watchdog()
"""The one of this process."""
