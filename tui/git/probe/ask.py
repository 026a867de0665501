"""Asks a remote by HTTP whether it has anything new, without a git."""

import contextlib
import math
import os
import re
import signal
import time
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn

from msgspec import Struct

from tui.git.checkup import NoAnswer, ask
from tui.git.env import carries_login
from tui.git.fetch import Fetched
from tui.git.files.objects import missing_objects
from tui.git.files.plain import NotPlain, read_head
from tui.git.files.refs import read_ids
from tui.git.files.whole import write_whole
from tui.git.gauge import Progress
from tui.git.hooks import hooks_folder
from tui.git.outcome import NOT_PROBED, PROBED, Action
from tui.git.output import seconds_to_wait
from tui.git.probe.compare import Kept, fetch_head, kept, objects_of_tags
from tui.git.probe.manner import Manner, manner_of
from tui.git.probe.rules import Wanted, wanted
from tui.git.probe.unsure import Unsure
from tui.git.probe.wire import Heard, question, read_answer
from tui.git.process import Exit
from tui.git.refs import Refs
from tui.git.remote import Remote, Setting
from tui.git.work import Work

if TYPE_CHECKING:
    from tui.git.probe.pool import Answer

_PATIENCE = 10.0
"""Seconds; what takes longer is left to git, which has the person's limits."""
_FOLLOWS_HEAD = (2, 48)
"""From this git on a fetch makes the ref of the remote's HEAD where it is missing."""
_HEADERS = (
    ("User-Agent", "git/2.0 (synctui)"),
    ("Accept", "application/x-git-upload-pack-result"),
    ("Accept-Encoding", "gzip"),
    ("Content-Type", "application/x-git-upload-pack-request"),
    ("Git-Protocol", "version=2"),
)
_EMPTY_TREE = "4b825dc642cb6eb9a060e54bf8d69288fbee4904"
"""git has it without an object."""
_OK = 200
_UNAUTHORIZED = 401
_STATUS = {401: "login", 403: "login", 407: "proxy"} | dict.fromkeys((301, 302, 303, 307, 308), "redirect")
_BUSY = frozenset({429, 503})


class Probe(Struct, frozen=True):
    """One repository and what is known of it. `before`: its refs, `listed_by_git` where their files were not read."""

    work: Work
    git_dir: Path
    common: Path
    remote: Remote
    settings: tuple[Setting, ...]
    before: Refs
    listed_by_git: bool
    bare: bool

    def run(self) -> Fetched | None:
        """What a fetch that brings nothing says; None: it has to be run. Ended when the job was stopped."""
        if not self.remote.location.startswith(("http://", "https://")):
            return None
        try:
            refs = self._compare()
        except Unsure as unsure:
            self.work.note(NOT_PROBED + unsure.why)
            return None
        if refs is None:
            return None
        self.work.note(PROBED)
        branches = {one.there for one in refs if one.there.startswith("refs/heads/")}
        return Fetched(self.before, branches, unkept=False)

    def _compare(self) -> tuple[Kept, ...] | None:
        """All that the remote has and is kept here, with nothing to bring; else None."""
        asked = self._wanted()
        heard = self._ask(manner_of(self.remote, self.settings), asked)
        refs = kept(asked.specs, heard)
        if refs is None or self._is_news(refs):
            return None
        if not refs:
            raise Unsure("nothing_heard")
        try:
            objects = f"{self.common}/objects"
            if missing_objects(objects, {*self.before.ids.values(), *_detached_heads(self.common)}):
                raise Unsure("objects")
            tags = objects_of_tags(heard, self.before.ids) if asked.follows_tags else set()
            if _EMPTY_TREE in tags or (tags and missing_objects(objects, tags) != tags):
                return None
        except NotPlain:
            raise Unsure("objects") from None
        try:
            text = fetch_head(refs, asked, self.remote.location)
            write_whole(f"{self.git_dir}/FETCH_HEAD", text.encode("utf-8", "surrogateescape"))
        except OSError:
            raise Unsure("fetch_head") from None
        return refs

    def _wanted(self) -> Wanted:
        git, remote, common = self.work.git, self.remote, self.common
        if git.gauge.attempt > 1:  # a server in trouble is not asked twice
            raise Unsure("retry")
        if git.env or carries_login(self.work.repo.url or ""):
            raise Unsure("login")
        asked = wanted(remote, self.settings, self.work.repo.path, self.git_dir, common, bare=self.bare)
        if self.listed_by_git:  # which leaves out those that a fetch would end at
            try:
                read_ids(common)
            except NotPlain:
                raise Unsure("refs") from None
        # That of a transaction of refs runs also where nothing is changed, and may refuse.
        if git.hooks and not git.has_no_hooks:
            hooks = hooks_folder(self.work.repo.path, common, self.settings)
            if os.path.lexists(f"{hooks}/reference-transaction"):
                raise Unsure("hook")
        if not os.path.lexists(f"{common}/refs/remotes/{remote.name}/HEAD") and self._follows_head():
            raise Unsure("remote_head")
        return asked

    def _is_news(self, refs: tuple[Kept, ...]) -> bool:
        """Whether a ref would be made, moved or taken away."""
        ids, there = self.before.ids, {one.there for one in refs}
        if any(ids.get(one.here) != one.commit for one in refs):
            return True
        sources = map(self.remote.source, ids) if self.remote.prunes else ()
        return any(source and source not in there for source in sources)

    def _follows_head(self) -> bool:
        said = [
            one.value for one in self.settings if one.key == f"remote.{self.remote.name}.followremotehead"
        ]
        return said[-1:] != ["never"] and git_version() >= _FOLLOWS_HEAD

    def _ask(self, manner: Manner, asked: Wanted) -> Heard:
        self.work.git.gauge.show(Progress("Connecting"))
        prefixes = dict.fromkeys([spec.prefix for spec in asked.specs] + ["refs/tags/"] * asked.follows_tags)
        try:
            answer = self._post(manner, question(prefixes))
        except OSError as error:
            self._heed_stop()
            raise Unsure("timeout" if isinstance(error, TimeoutError) else "network") from error
        self._heed_stop()
        if answer.status in _BUSY:
            self._fail(answer.status, answer.retry_after)
        if answer.status != _OK:
            raise Unsure(_STATUS.get(answer.status, "status"))
        if answer.kind != "application/x-git-upload-pack-result":
            raise Unsure("protocol")
        return read_answer(answer.body)

    def _post(self, manner: Manner, body: bytes) -> "Answer":
        """With the login that the server wants, where one is known without a question to the person."""
        from tui.git.probe.login import logins  # noqa: PLC0415 - slow to import, and not every run asks by HTTP
        from tui.git.probe.pool import pool  # noqa: PLC0415 - as above

        git, server = self.work.git, manner.server
        path = f"{manner.path}git-upload-pack"
        has_own = any(name.lower() == "authorization" for name, _ in manner.headers)
        login = None if has_own else logins.known(server, self.settings)
        while True:
            own = [("Authorization", login.authorization)] if login else []
            headers = [*_HEADERS, *manner.headers, *own]
            answer = pool.post(server, path, headers, body, git.stop, self._patience())
            if login is not None and answer.status == _OK:
                logins.approve(server, git)
            if answer.status != _UNAUTHORIZED or has_own:
                return answer
            if login is not None:
                logins.reject(server, login, git)
                return answer
            login = logins.ask(server, self.settings, answer.logins, git)

    def _patience(self) -> float:
        limits = self.work.git.deadlines
        stall = limits.stall / 2 if limits.stall > 0 else math.inf
        return max(0.0, min(_PATIENCE, stall, limits.end - time.monotonic()))

    def _fail(self, status: int, retry_after: str | None) -> NoReturn:
        """Ended as by a fetch, which would only be one more request to a server that has too many."""
        line = (
            f"fatal: unable to access '{self.remote.location}/': The requested URL returned error: {status}"
        )
        self.work.action = Action.FETCH
        self.work.git.tail.append(line)
        self.work.git.gauge.keep(line)
        wait = seconds_to_wait(retry_after) if retry_after else None
        self.work.fail(Exit(128, b"", (line,), retry_after=wait), network=True)

    def _heed_stop(self) -> None:
        if reason := self.work.git.stop.reason:
            self.work.heed(Exit(-signal.SIGTERM, b"", ended_by=reason, phase="Connecting"), "fetch")


def _detached_heads(common: Path) -> set[str]:
    """The commits of all worktrees, the main one too. Raises NotPlain where one of them cannot be read."""
    folders = [os.fspath(common)]
    with contextlib.suppress(FileNotFoundError):
        folders += [entry.path for entry in os.scandir(f"{common}/worktrees")]
    return {commit for _, commit in map(read_head, folders) if commit}


@lru_cache(maxsize=1)
def git_version() -> tuple[int, ...]:
    """Raises Unsure where git does not say it."""
    try:
        said = re.search(r"(\d+)\.(\d+)", ask("git", "version").out)
    except (NoAnswer, OSError):
        said = None
    if said is None:
        raise Unsure("git")
    return int(said[1]), int(said[2])
