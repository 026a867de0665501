"""One repo, in order: lock, look, clone or fetch, decide, fast-forward, submodules."""

import os
from contextlib import suppress
from pathlib import Path

from msgspec import structs

from tui.git.advice import busy_advice
from tui.git.clean import clean_text
from tui.git.clone import clone
from tui.git.decide import Facts, Move, decide
from tui.git.env import carries_login, login_env
from tui.git.failure import Ended, classify_os_error
from tui.git.fetch import check_listing, fetch
from tui.git.files.config import read_settings
from tui.git.files.plain import NotPlain, check_plain
from tui.git.files.refs import read_refs
from tui.git.forecast import foresee_move, foresee_signature
from tui.git.gauge import Gauge
from tui.git.hooks import keep_the_tree_out
from tui.git.inspect import branch_in_progress, common_dir_of, git_dir_of, in_progress
from tui.git.links import Links
from tui.git.lock import LockUnsupported, RepoBusy, RepoLock, check_free
from tui.git.move import Checkout, check_work_tree, fast_forward_others, head_state, move_head
from tui.git.outcome import DRY_RUN, UNCERTAIN, Action, Outcome, Reason, State
from tui.git.pin import foreseen_pin, pinned_commit
from tui.git.place import check_place, check_surroundings, is_vacant, what_is_there
from tui.git.probe.ask import Probe
from tui.git.process import Deadlines, GitRunner
from tui.git.received import received
from tui.git.refs import LIST_REFS, Refs, only_branch, parse_refs
from tui.git.remote import LIST_CONFIG, Remote, Setting, choose_remote, parse_config
from tui.git.repo import Repo
from tui.git.room import check_room
from tui.git.standing import standing_of
from tui.git.stop import StopSignal
from tui.git.submodules import foresee_submodules, update_submodules
from tui.git.turn import turn
from tui.git.work import SyncOptions, Work

__all__ = ["SyncOptions", "sync_repo"]


def sync_repo(
    repo: Repo, options: SyncOptions, stop: StopSignal, gauge: Gauge, began: float | None = None
) -> Outcome:
    """Brings one repo up to date and says what that did.

    `began`, on the monotonic clock, is when the first attempt did: the timeout is that of all attempts.
    Whatever git, the disk or the repository do is in the outcome; nothing of it is raised.
    """
    stall = options.stall_timeout if repo.stall_timeout is None else repo.stall_timeout
    total = options.timeout if repo.timeout is None else repo.timeout
    runner = GitRunner(repo.path, stop, Deadlines(stall, total, began), gauge)
    runner.deadlines.end += gauge.waited
    work = Work(repo, options, runner)
    turn.take()
    try:
        links = Links()
        check_place(repo, links)
        if options.dry_run:  # writes nothing, not even a lock file
            work.note(DRY_RUN)
            check_free(options.lock_dir, repo.path)
            return _sync(work)
        with RepoLock(options.lock_dir, repo.path, work.wait_for, links) as lock:
            runner.on_child = lock.note_child
            runner.on_move = lock.note_move
            return _sync(work)
    except Ended as end:
        return work.outcome(end.state, end=end)
    except RepoBusy as busy:
        return Outcome(State.BUSY, message=str(busy), advice=busy_advice(repo), notes=tuple(work.notes))
    except LockUnsupported as error:
        return work.outcome(State.FAILED, end=Ended(State.FAILED, Reason.PERMISSION, clean_text(str(error))))
    except OSError as error:
        failure = classify_os_error(error)
        return work.outcome(State.FAILED, end=Ended(State.FAILED, failure.reason, failure.message))
    finally:
        turn.give()


def _check_stale(work: Work) -> None:
    """Ended where nobody needs to ask: another process may have brought it up to date in the meantime."""
    if fresh := work.options.is_fresh(work.repo):
        raise Ended(State.SKIPPED, Reason.FRESH, fresh)


def _sync(work: Work) -> Outcome:
    path = work.repo.path
    try:
        git_dir = git_dir_of(path)
        vacant = git_dir is None and is_vacant(path)
    except PermissionError as error:
        raise Ended(State.FAILED, Reason.CORRUPT, clean_text(f"cannot be read: {error.filename}")) from error
    links = Links()  # anew: who held the repo may have changed them
    common = common_dir_of(git_dir) if git_dir else None
    check_surroundings(work.repo, git_dir, common, links, work.git)
    if vacant:
        return _clone(work)
    if git_dir is None or common is None:
        raise Ended(State.FAILED, Reason.NOT_A_REPOSITORY, f"at its path is {what_is_there(path)}")
    if not os.access(git_dir, os.R_OK | os.X_OK):
        raise Ended(State.FAILED, Reason.CORRUPT, clean_text(f"its git dir cannot be read: {git_dir}"))
    return _Update(work, git_dir).run(common, links)


def _clone(work: Work) -> Outcome:
    if work.repo.timeout is None:
        work.git.deadlines = Deadlines(work.git.deadlines.stall, 0)
    update = _Update(work, work.repo.path / ".git")
    return clone(work, update.record_clone) or update.finish_clone()


class _Update:
    """The steps on a repository that is there."""

    def __init__(self, work: Work, git_dir: Path) -> None:
        self.work = work
        self.git_dir = git_dir
        self.bare = git_dir == work.repo.path
        self.specs: tuple[str, ...] = ()
        """What to fetch instead of the configured refspecs."""
        self._plain: tuple[Setting, ...] | None = None
        """What is configured, where the refs can be read from their files."""
        self._listed_by_git = False

    def run(self, common: Path, links: Links) -> Outcome:
        work = self.work
        settings, before = self._read()
        checkout = self._look(before)
        keep_the_tree_out(work, settings, self.git_dir, links)
        remote = self._remote(checkout, settings)
        _check_stale(work)  # of what is there, and is what the entry means
        check_room(work)
        work.url = remote.url
        entry = work.repo.url or ""
        # A clone of ours keeps the login out of its configuration; the entry has it.
        is_entrys = carries_login(entry) and not carries_login(remote.url)
        work.git.env = login_env(entry) if is_entrys else login_env(remote.location, remote.url)
        if work.options.dry_run:
            return self._forecast(before, checkout, remote)
        probe = Probe(work, self.git_dir, common, remote, settings, before, self._listed_by_git, self.bare)
        fetched = probe.run() or fetch(work, self.git_dir, remote, self.specs, before, self._refs)
        after = fetched.refs
        self._settle(before, after, checkout, remote, fetched.branches)
        if work.options.all_branches and not self._fetch_only:
            fast_forward_others(work, after, checkout.branch)
        submodules = 0
        if self._has_submodules:
            submodules = update_submodules(work, work.old)
        if work.action is Action.FAST_FORWARD:
            return work.outcome(State.SYNCED, _count(work.commits, "new commit"))
        if work.refs:
            return work.outcome(State.SYNCED, f"{_count(len(work.refs), 'ref')} changed")
        if submodules:
            return work.outcome(State.SYNCED, f"{_count(submodules, 'submodule')} updated")
        if fetched.unkept:
            return work.outcome(
                State.SYNCED, f"fetched, and kept in FETCH_HEAD alone: {remote.name} has no refspec"
            )
        work.action = Action.NONE
        return work.outcome(State.UP_TO_DATE)

    def record_clone(self) -> None:
        """Checks the pinned commit out and writes down what came, while the clone is not yet in its place."""
        work = self.work
        refs = self._refs_of_clone()
        if work.repo.rev is not None:
            target = pinned_commit(work, refs, work.repo.remote or "origin")
            move_head(work, Checkout(branch=None, head=None), Move.DETACH, target)
            checkout = Checkout(None, target, detached=True)
        else:
            checkout = self._look(refs)
        work.action = Action.CLONE
        work.old, work.new = None, checkout.head
        if checkout.head is None:
            work.note("unborn")
            return
        work.received = received(work.git.place / ".git", 0.0)  # not yet in its place
        work.commits = int(work.word("rev-list", "--count", checkout.head))
        if checkout.branch is not None:
            work.ahead = work.behind = 0

    def finish_clone(self) -> Outcome:
        if self.work.repo.submodules:
            update_submodules(self.work, None)
        return self.work.outcome(State.SYNCED, "cloned")

    @property
    def _fetch_only(self) -> bool:
        return self.work.options.fetch_only or self.work.repo.strategy == "fetch"

    @property
    def _has_submodules(self) -> bool:
        return self.work.repo.submodules and not self.bare and not self._fetch_only

    @property
    def _is_pinned(self) -> bool:
        return self.work.repo.rev is not None and not self._fetch_only and not self.bare

    def _look(self, refs: Refs) -> Checkout:
        work = self.work
        checkout = head_state(work, refs)
        if checkout.branch is None and not self.bare:
            held = refs.branch(branch_in_progress(self.git_dir))
            if held is not None:
                checkout = Checkout(held.name, held.commit, detached=True)
        work.old = work.new = checkout.head
        work.branch = _short(checkout.branch)
        return checkout

    def _read(self) -> tuple[tuple[Setting, ...], Refs]:
        """What is configured, and the refs: from their files, or by git where those are not plain."""
        try:
            check_plain(self.work.repo.path, self.git_dir)
            self._plain = read_settings(self.git_dir, bare=self.bare)
        except NotPlain:
            refs = self._refs()
            return parse_config(self.work.read(*LIST_CONFIG)), refs
        self.work.plain = self.git_dir
        return self._plain, self._refs()

    def _refs(self) -> Refs:
        if self._plain is not None:
            with suppress(NotPlain):
                return read_refs(self.git_dir, self._plain)
        self._listed_by_git = True
        return parse_refs(self.work.read(*LIST_REFS))

    def _refs_of_clone(self) -> Refs:
        place = self.work.git.place
        git_dir = place / ".git"
        try:
            check_plain(place, git_dir)
            return read_refs(git_dir, read_settings(git_dir, bare=False))
        except NotPlain:
            return parse_refs(self.work.read(*LIST_REFS))

    def _remote(self, checkout: Checkout, settings: tuple[Setting, ...]) -> Remote:
        if not self.bare and any(one.key == "core.worktree" for one in settings):
            check_work_tree(self.work)
        remote = choose_remote(self.work.repo, settings, checkout.branch)
        if self.bare and not remote.specs:
            self.specs = self._branch_specs()
            return structs.replace(remote, specs=self.specs)
        if not remote.is_kept:
            self.work.note("no_refspec")
        return remote

    def _branch_specs(self) -> tuple[str, ...]:
        """What to fetch into a clone made with `--bare`, which has no refspec: its branches, forward only.

        Not those of its worktrees: git would refuse them all.
        """
        trees = self.work.read("worktree", "list", "--porcelain").decode("utf-8", "surrogateescape")
        taken = [line.removeprefix("branch ") for line in trees.splitlines() if line.startswith("branch ")]
        if taken:
            self.work.note("checked_out")
        return ("refs/heads/*:refs/heads/*", *(f"^{branch}" for branch in taken))

    def _settle(
        self, before: Refs, after: Refs, checkout: Checkout, remote: Remote, remote_refs: set[str]
    ) -> None:
        """Decides what becomes of HEAD, and does it; Ended when a person is needed."""
        work = self.work
        upstream = self._upstream(before, checkout)
        target = after.ids.get(upstream or "")
        source = remote.source(upstream or "")
        # Where it was current before, it is most likely to be moved: what has to be known for that comes in one look.
        was_current = checkout.head is not None and checkout.head == before.ids.get(upstream or "")
        standing = None
        if was_current and target not in {None, checkout.head} and not self._fetch_only:
            standing = standing_of(work)
        if standing and standing.distance and standing.head == checkout.head:
            ahead, behind = standing.distance
        else:
            ahead, behind = self._distance(checkout.head, target)
        pin = pinned_commit(work, after, remote.name) if self._is_pinned else None
        decision = decide(
            Facts(
                head=checkout.head,
                branch=checkout.branch,
                bare=self.bare,
                upstream=upstream,
                gone=target is None or (source is not None and source not in remote_refs),
                ahead=ahead,
                behind=behind,
                rewritten=bool(ahead) and self._is_rewritten(before, checkout, target or "", behind),
                in_progress=in_progress(self.git_dir),
                pin=pin,
                own_commits=pin is not None and self._has_own_commits(checkout),
                fetch_only=self._fetch_only,
            )
        )
        for note in decision.notes:
            work.note(note)
        if target is not None and not self.bare and pin is None:
            work.ahead, work.behind = ahead, behind
        if decision.blocked is not None:
            only = only_branch(remote_refs)
            raise Ended(State.BLOCKED, decision.blocked, clean_text(decision.message), about=only)
        if decision.move is not Move.NONE:
            move_head(work, checkout, decision.move, pin or target or "", commits=behind, standing=standing)

    def _upstream(self, refs: Refs, checkout: Checkout) -> str | None:
        branch = None if self.bare else refs.branch(checkout.branch)
        return branch.upstream if branch is not None else None

    def _distance(self, head: str | None, target: str | None) -> tuple[int, int]:
        """Ahead and behind."""
        if head is None or target is None or head == target:
            return 0, 0
        ahead, behind = self.work.word("rev-list", "--left-right", "--count", f"{head}...{target}").split()
        return int(ahead), int(behind)

    def _is_rewritten(self, before: Refs, checkout: Checkout, target: str, behind: int) -> bool:
        """Whether all that HEAD has was the upstream's before the remote took it back and has `target` now.

        What was pushed from here is ours still, although it was the upstream's for a while.
        """
        work = self.work
        head = checkout.head or ""
        upstream = self._upstream(before, checkout) or ""
        old = before.ids.get(upstream)
        # Of what is ahead of the target nothing can be in it.
        if old is not None and old != target and work.attempt("merge-base", "--is-ancestor", head, old).ok:
            known = True
        else:
            fork = work.attempt("merge-base", "--fork-point", upstream, head) if behind else None
            known = fork is not None and fork.ok and fork.stdout.decode().strip() == head
        if not known:
            return False
        ahead = set(work.word("rev-list", head, f"^{target}").split())
        log = work.attempt("log", "-g", "--format=%H %gs", upstream, "--")
        pushed = {
            line.split(" ", 1)[0]
            for line in log.stdout.decode("utf-8", "replace").splitlines()
            if line.endswith(" update by push")
        }
        return not ahead & pushed

    def _has_own_commits(self, checkout: Checkout) -> bool:
        if checkout.branch is not None or checkout.head is None:
            return False
        args = ("--branches", "--tags", "--remotes")
        return bool(self.work.read("rev-list", "-n1", checkout.head, "--not", *args))

    def _forecast(self, before: Refs, checkout: Checkout, remote: Remote) -> Outcome:
        """What a run would do, from the remote's list of refs; writes nothing."""
        work = self.work
        work.git.ssh_url = remote.ssh_url
        listing = work.ask_remote("ls-remote", "--quiet", "--", remote.name)
        check_listing(remote, before, listing)
        lines = listing.stdout.decode("utf-8", "surrogateescape").splitlines()
        theirs = {name: commit for commit, _, name in (line.partition("\t") for line in lines)}
        there = {kept: commit for name, commit in theirs.items() if (kept := remote.tracking(name))}
        pin = foreseen_pin(work, theirs) if self._is_pinned else None
        stale = any(before.ids.get(name) != commit for name, commit in there.items())
        if not remote.is_kept:
            asked = {theirs[name] for name in ("HEAD", checkout.branch) if name in theirs}
            stale = not all(work.attempt("cat-file", "-e", commit).ok for commit in asked)
        upstream = self._upstream(before, checkout)
        is_ours = remote.source(upstream or "") is not None
        target = (there if is_ours else before.ids).get(upstream or "")
        is_known = target is None or work.attempt("cat-file", "-e", target).ok
        ahead, behind = self._distance(checkout.head, target if is_known else before.ids.get(upstream or ""))
        decision = decide(
            Facts(
                head=checkout.head,
                branch=checkout.branch,
                bare=self.bare,
                upstream=upstream,
                gone=target is None,
                ahead=ahead,
                behind=behind or int(not is_known),
                rewritten=is_known
                and bool(ahead)
                and self._is_rewritten(before, checkout, target or "", behind),
                in_progress=in_progress(self.git_dir),
                pin=pin,
                own_commits=pin is not None and self._has_own_commits(checkout),
                fetch_only=self._fetch_only,
            )
        )
        for note in decision.notes:
            work.note(note)
        if upstream is not None and is_known:
            work.ahead, work.behind = ahead, behind
        if decision.blocked is not None:
            message = clean_text(f"would be blocked: {decision.message}")
            raise Ended(State.BLOCKED, decision.blocked, message, about=only_branch(theirs))
        if decision.move is not Move.NONE:
            return self._foresee_move(decision.move, checkout.head, pin or target or "")
        if stale:
            work.action = Action.FETCH
            return work.outcome(State.SYNCED, "would fetch")
        if self._has_submodules and (number := foresee_submodules(work)):
            work.note(UNCERTAIN)
            what = _count(number, "submodule")
            return work.outcome(State.SYNCED, f"would update {what}, unless local changes are in the way")
        return work.outcome(State.UP_TO_DATE, "nothing new")

    def _foresee_move(self, move: Move, head: str | None, target: str) -> Outcome:
        work = self.work
        work.action = Action.FAST_FORWARD
        doubt = foresee_signature(work, target) if move is Move.FAST_FORWARD else ""
        doubt += foresee_move(work, self.git_dir, head, target)
        if self._has_submodules and (work.repo.path / ".gitmodules").is_file():
            doubt += ", and its submodules unless local changes are in the way"
        if doubt:
            work.note(UNCERTAIN)
        if work.skips_hook:
            work.note("hook_skipped")
        match move:
            case Move.FAST_FORWARD:
                text = f"would fast-forward {work.branch}"
            case Move.FOLLOW_REWRITE:
                work.note("forced_update")
                text = f"would put {work.branch} on its rewritten upstream"
            case _:
                text = f"would check out {work.repo.rev}"
        return work.outcome(State.SYNCED, clean_text(text + doubt))


def _short(ref: str | None) -> str | None:
    return clean_text(ref.removeprefix("refs/heads/")) if ref is not None else None


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"
