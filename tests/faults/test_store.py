"""A store that fails before the first fetch stops the run with one line; one that fails later costs no repo its result."""

import errno
import os
import posix
import pwd
import resource
import shutil
import sqlite3
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import pytest

from tests.faults.injected import Site, Watch, fault_at, no_room, sites_of
from tests.kit import repos
from tests.kit.program import Ran, Workspace
from tests.torture.facts import facts, lost
from tui import __main__ as program
from tui.git.outcome import Outcome, State
from tui.git.repo import Repo
from tui.store.history import History
from tui.store.memory import Memory
from tui.store.paths import StateError, database_file, log_file, make_state_folders, state_folder

START = Watch("store", inner=False)
"""Sees the main thread, which does all that is before the first job."""
ALL = Watch("store", inner=False, threads=True)
SYSTEM_ERRORS = (errno.EIO, errno.EACCES, errno.ENOSPC)
DATABASE_ERRORS = (
    (sqlite3.OperationalError, "database is locked"),
    (sqlite3.OperationalError, "disk I/O error"),
    (sqlite3.OperationalError, "database or disk is full"),
    (sqlite3.DatabaseError, "database disk image is malformed"),
)
NAMES = ("behind", "dirty", "missing")
FRAME = 24 + 4096
"""Bytes that a changed page takes in the write-ahead log: a header and the page, each a write of its own."""
SHARED_MEMORY = 32 * 1024
"""Bytes of the file with which SQLite begins to use the log."""


def errors_at(site: Site) -> list[tuple[Exception, str]]:
    """What may happen there, with the words for it."""
    if site.callee in {"connect", "execute", "fetchall"}:
        return [(kind(text), text) for kind, text in DATABASE_ERRORS]
    return [(OSError(number, os.strerror(number)), os.strerror(number)) for number in SYSTEM_ERRORS]


@dataclass
class Ground:
    """Repos with something to get: one as it was cloned, one with a person's own files, one not there yet."""

    workspace: Workspace
    run: Callable[..., Ran]
    """The program with these arguments, in this process."""

    def renew(self) -> None:
        for remote in self.workspace.remotes.values():
            repos.add_commits(remote)
        shutil.rmtree(self.workspace.checkout("missing"), ignore_errors=True)
        self.before = {name: facts(self.workspace.checkout(name)) for name in NAMES}

    def check_untouched(self) -> None:
        assert {name: facts(self.workspace.checkout(name)) for name in NAMES} == self.before
        assert not self.workspace.checkout("missing").exists()
        assert not list(self.workspace.folder.glob("co/*/.git/FETCH_HEAD"))

    def check_synced(self, ran: Ran) -> None:
        """The run ended, its sums add up, each repo is whole and at the tip, and nothing of the person is lost."""
        assert (ran.code, ran.run_finished["exit_code"]) == (0, 0)
        assert ran.run_finished["total"] == sum(ran.run_finished["counts"].values()) == len(NAMES)
        assert {repo: end["state"] for repo, end in ran.finished().items()} == {
            f"co/{name}": "synced" for name in NAMES
        }
        assert len(ran.err.splitlines()) == 1, ran.err
        for name, remote in self.workspace.remotes.items():
            checkout = self.workspace.checkout(name)
            after = facts(checkout)
            assert after.tip == remote.head
            assert after.mine == self.before[name].mine
            assert lost(self.before[name], after, checkout) == []
            assert repos.git(checkout, "fsck", "--no-dangling", "--no-progress") == ""


@pytest.fixture
def ground(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Ground:
    workspace = Workspace(tmp_path / "w")
    workspace.add("behind", "dirty")
    workspace.add("missing", cloned=False)
    (workspace.checkout("dirty") / "own").write_text("mine\n")
    monkeypatch.chdir(workspace.folder)

    def run(*args: str) -> Ran:
        monkeypatch.setattr(sys, "argv", ["synctui", *args])
        with pytest.raises(SystemExit) as ended:
            program.main()
        out, err = capsys.readouterr()
        return Ran(ended.value.code, out, err)  # type: ignore[arg-type]  # always a number

    ground = Ground(workspace, run)
    ground.renew()
    return ground


def notices(ran: Ran) -> list[tuple[str, str]]:
    return [(event["level"], event["text"]) for event in ran.events if event["event"] == "notice"]


def kept(ran: Ran) -> int:
    """How many results of the run are in the database, which must be whole."""
    with History.open(database_file()) as history:
        of_run = "SELECT count(*) FROM results WHERE run = ?"
        [[count]] = history._database.execute(of_run, (ran.run_finished["run"],))
        return int(count)


def is_of_log(site: Site) -> bool:
    return site.caller.startswith("logs.py")


def no_state() -> None:
    shutil.rmtree(state_folder(), ignore_errors=True)


def old_state() -> None:
    """With a folder that was made under another umask."""
    no_state()
    make_state_folders()
    state_folder().chmod(0o755)
    History.open(database_file()).__exit__()


def test_a_fault_at_any_call_before_the_first_fetch(ground: Ground) -> None:
    known: set[Site] = set()
    for prepare, select in ((no_state, ()), (old_state, ()), (old_state, ("-state:synced",))):
        args = ("sync", "--ndjson", "--no-clone", *select)
        prepare()
        sites = [
            site
            for site in sites_of(START, partial(ground.run, *args))
            if site not in known and not is_of_log(site)
        ]
        known.update(sites)
        ground.renew()
        for path in ground.workspace.folder.glob("co/*/.git/FETCH_HEAD"):
            path.unlink()
        for site in sites:
            for error, words in errors_at(site):
                prepare()
                with fault_at(START, site, error) as hit:
                    ran = ground.run(*args)
                assert hit == [site]
                assert (ran.code, ran.out) == (2, ""), (str(site), ran)
                [line] = ran.err.splitlines()
                assert line.startswith((f"synctui: {state_folder()}", f"synctui: {ground.workspace.folder}/"))
                assert words in line
                make_state_folders()
                History.open(database_file()).__exit__()
        ground.check_untouched()
    assert len(known) > 20


def test_a_user_whom_the_system_does_not_know(ground: Ground, monkeypatch: pytest.MonkeyPatch) -> None:
    def unknown(_uid: int) -> None:
        raise KeyError

    monkeypatch.setattr(pwd, "getpwuid", unknown)
    monkeypatch.delenv("HOME")
    ran = ground.run("sync")
    assert (ran.code, ran.out, ran.err) == (2, "", "synctui: there is no home folder; set HOME\n")


def test_a_fault_at_any_call_in_mid_run(ground: Ground) -> None:
    ground.run("sync", "--ndjson")  # so that there is something to be read at the start
    ground.renew()
    at_start = sites_of(START, lambda: ground.run("sync", "--ndjson"))
    ground.renew()
    sites = [
        site
        for site in sites_of(ALL, lambda: ground.run("sync", "--ndjson", "-j", "1"))
        if site not in at_start and not is_of_log(site)
    ]
    assert {site.callee for site in sites} == {"execute", "fetchall"}
    assert len(sites) > 5

    of_the_run = 0
    faults = [(site, *error_and_words) for site in sites for error_and_words in errors_at(site)]
    for site, error, words in faults:
        ground.renew()
        # One job: of several threads one may write what the others have, and the fault is in each thread once.
        with fault_at(ALL, site, error) as hit:
            ran = ground.run("sync", "--ndjson", "-j", "1")
        ground.check_synced(ran)
        [(level, text)] = notices(ran)
        assert (level, words in text) == ("error", True)
        assert hit == [site]
        if text.startswith(f"this run is not remembered: {database_file()}: "):
            of_the_run += 1
            assert kept(ran) == len(NAMES)
            continue
        assert text.startswith(f"results are not remembered: {database_file()}: ")
        assert kept(ran) == len(NAMES) - 1, str(site)
    assert of_the_run > 0


def test_a_fault_at_any_call_that_writes_the_log_of_the_run(ground: Ground) -> None:
    ground.run("sync", "--ndjson")  # so that there is an older log to be dropped or not
    ground.renew()
    sites = [site for site in sites_of(ALL, lambda: ground.run("sync", "--ndjson")) if is_of_log(site)]
    assert {"open", "write", "Path.glob", "Path.stat"} <= {site.callee for site in sites}
    said = 0
    for n, site in enumerate(sites):
        error, words = errors_at(site)[n % len(SYSTEM_ERRORS)]
        ground.renew()
        with fault_at(ALL, site, error) as hit:
            ran = ground.run("sync", "--ndjson")
        assert site in hit
        ground.check_synced(ran)
        assert kept(ran) == len(NAMES)
        if notices(ran):  # an older log that cannot be dropped costs nothing
            [(level, text)] = notices(ran)
            file = log_file(ran.run_finished["run"])
            whole = f"this run has no whole log: {file}: cannot be written: {words}"
            assert (level, text) == ("error", whole), str(site)
            said += 1
    assert said == 2, "of the opening and of the writing"


def test_no_room_for_the_log_of_the_run(ground: Ground, tmp_path: Path) -> None:
    """What is in it is whole lines."""
    whole = log_file(ground.run("sync", "--ndjson").run_finished["run"]).read_text()
    for size in range(0, len(whole), 40):
        ground.renew()
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr("tui.store.logs.os.write", partial(write_up_to, size))
            ran = ground.run("sync", "--ndjson")
        ground.check_synced(ran)
        [(level, text)] = notices(ran)
        file = log_file(ran.run_finished["run"])
        assert (level, text) == (
            "error",
            f"this run has no whole log: {file}: cannot be written: No space left on device",
        )
        assert file.stat().st_size <= size
        assert file.read_text()[-1:] in {"", "\n"}


def write_up_to(size: int, fd: int, data: bytes) -> int:
    """As on a disk that has room for a file of so many bytes."""
    if room_left := max(0, size - os.fstat(fd).st_size):
        return posix.write(fd, data[:room_left])
    raise no_room()


def test_a_fault_at_any_call_that_looks_for_repos(ground: Ground) -> None:
    """Without a file: the folder that cannot be listed stops the run, of any other it is said that it is missing."""
    (ground.workspace.folder / "synctui.toml").unlink()
    shutil.move(ground.workspace.remotes["behind"].path, ground.workspace.folder / "co/bare")
    shutil.rmtree(ground.workspace.folder / "remotes")
    all_repos = {"co/bare", "co/behind", "co/dirty"}
    sites = [
        site
        for site in sites_of(START, lambda: ground.run("sync", "--ndjson"))
        if site.caller.startswith("scan.py")
    ]
    assert len(sites) > 5
    stopped = 0
    for n, site in enumerate(sites):
        error, words = errors_at(site)[n % 3]
        with fault_at(START, site, error) as hit:
            ran = ground.run("sync", "--ndjson")
        assert hit == [site]
        if ran.code == 2:
            stopped += 1
            assert (ran.out, ran.err) == (
                "",
                f"synctui: {ground.workspace.folder}: cannot be scanned: {words}\n",
            )
            continue
        found = set(ran.finished())
        assert ran.run_finished["total"] == sum(ran.run_finished["counts"].values()) == len(found)
        *said, _ = ran.err.splitlines()
        assert said == [
            f"synctui: {ground.workspace.folder}: 1 folder could not be read, repos in there are missing"
            for _ in all_repos - found
        ], (str(site), ran.err)
    assert stopped == 2, "listing the folder, and looking at what is in it"


@contextmanager
def room(folder: Path, size: int) -> Iterator[None]:
    """Within the block this process can write no file larger than so, as on a full disk; git can."""
    git = folder / "git"
    git.write_text(f'#!/bin/sh\nulimit -S -f unlimited\nexec {shutil.which("git")} "$@"\n')
    git.chmod(0o755)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PATH", f"{folder}:{os.environ['PATH']}")
        soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
        resource.setrlimit(resource.RLIMIT_FSIZE, (size, hard))
        try:
            yield
        finally:
            resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


@pytest.mark.parametrize("prepare", [no_state, old_state])
def test_no_room_at_any_write_before_the_first_fetch(
    ground: Ground, tmp_path: Path, prepare: Callable[[], None]
) -> None:
    for size in range(0, SHARED_MEMORY, FRAME // 2):
        prepare()
        with room(tmp_path, size):
            ran = ground.run("sync", "--ndjson")
        assert (ran.code, ran.out) == (2, ""), (size, ran)
        [line] = ran.err.splitlines()
        assert line.startswith(f"synctui: {database_file()}: cannot be used: ")
        make_state_folders()
        History.open(database_file()).__exit__()
    ground.check_untouched()


def test_no_room_at_any_write_in_mid_run(ground: Ground, tmp_path: Path) -> None:
    """Without room for the start of a run nothing begins; after that no repo suffers."""
    make_state_folders()
    log = database_file().with_name("synctui.db-wal")
    counts = []
    with History.open(database_file()) as other:  # so that the log stays from run to run
        fill(other, log)
        for frames in range(24):
            ground.renew()
            # What the last one kept would now and then cost another page.
            other._database.execute("DELETE FROM results WHERE workspace <> '/else'")
            with room(tmp_path, log.stat().st_size + frames * FRAME + FRAME // 2):
                # One after the other, or it depends on who writes with whom how many find room.
                ran = ground.run("sync", "--ndjson", "-j", "1")
            if ran.code == 2:
                assert (ran.out, ran.err.count("\n")) == ("", 1)
                assert ran.err.startswith(f"synctui: {database_file()}: cannot be used: ")
                assert counts == []
                continue
            ground.check_synced(ran)
            counts.append(kept(ran))
            texts = [text.partition(": ")[0] for _, text in notices(ran)]
            missing = ["results are not remembered"] * (counts[-1] < len(NAMES))
            assert texts in (missing, [*missing, "this run is not remembered"])
    assert len(counts) < 24, "the first had no room to begin"
    assert counts == sorted(counts)
    assert set(counts) == {0, 1, 2, 3}


def fill(history: History, log: Path) -> None:
    """Until the log is the largest of the files, and so the first that has no room."""
    while log.stat().st_size < SHARED_MEMORY:
        history.record("/else", "earlier", Repo("r", Path("/r")), Outcome(State.SYNCED), 1, 0.0, 1)


def test_a_fault_at_any_call_or_write_of_what_the_app_remembers(tmp_path: Path) -> None:
    """It is told, the old file stays as it is, and nothing is left beside it."""
    here, elsewhere, file = Path("/srv"), Path("/else"), tmp_path / "state/memory.toml"
    file.parent.mkdir()
    Memory(file).set(elsewhere, "jobs", 2)
    old = file.read_bytes()

    def remember() -> None:
        Memory(file).set(here, "jobs", 3)

    sites = sites_of(START, remember)
    assert len(sites) > 5
    file.write_bytes(old)
    for site in sites:
        for error, words in errors_at(site):
            memory = Memory(file)
            with fault_at(START, site, error) as hit, pytest.raises(StateError) as told:
                memory.set(here, "jobs", 3)
            assert hit == [site]
            assert str(told.value).startswith(f"{file}: cannot be ")
            assert words in str(told.value)
            assert (list(file.parent.iterdir()), file.read_bytes()) == ([file], old), str(site)
    for size in range(len(old) + 1):
        with room(tmp_path, size), pytest.raises(StateError, match="cannot be written: File too large"):
            remember()
        assert (list(file.parent.iterdir()), file.read_bytes()) == ([file], old)
    remember()
    assert [Memory(file).settings(path)["jobs"] for path in (here, elsewhere)] == [3, 2]
