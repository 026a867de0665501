"""Submodules: filled, and moved to the commits that are recorded for them as far as nothing of the person is lost."""

import contextlib
import os
import re
import subprocess
from pathlib import Path
from typing import NoReturn

from msgspec import Struct, structs

from tui.git.clean import clean_text
from tui.git.decide import Move, with_article
from tui.git.env import login_env, submodule_login_env, without_login
from tui.git.failure import Ended
from tui.git.hooks import keep_the_tree_out
from tui.git.inspect import git_dir_of, in_progress
from tui.git.move import check_work_tree, head_state, move_head
from tui.git.outcome import Reason, State
from tui.git.process import Exit
from tui.git.refs import LIST_REFS, parse_refs
from tui.git.remote import LIST_CONFIG, Remote, Setting, choose_remote, parse_config, rewritten
from tui.git.repo import Repo
from tui.git.work import Work

_NOT_THERE = re.compile(r"not our ref|unadvertised object|couldn't find remote ref")


class _Module(Struct, frozen=True):
    name: str
    path: str
    recorded: str
    """The commit that the index has for it."""


def update_submodules(work: Work, old: str | None) -> int:
    """How many were filled or moved; `old` is what HEAD was before this run.

    One that the person has moved away from the recorded commit stays, with a note. Raises Ended for the
    first that cannot be brought there, when all the others are.
    """
    modules = _modules(work)
    empty = [module for module in modules if not _is_filled(work, module)]
    ends: list[Ended] = []
    done = 0
    if empty:
        try:
            _fill(work, empty)
        except Ended as end:
            ends.append(end)
        done += sum(_is_filled(work, module) for module in empty)
    for module in modules:
        if not _is_filled(work, module):
            continue
        sub = _work_in(work, module)
        try:
            git_dir = git_dir_of(sub.repo.path) or sub.repo.path
            keep_the_tree_out(sub, parse_config(sub.read(*LIST_CONFIG)), git_dir)
            known = sub.attempt("rev-parse", "--verify", "--quiet", "HEAD")
            head = known.stdout.decode().strip()
            if module in empty:  # it is where it belongs, or cannot be brought there
                done += update_submodules(sub, None)
                continue
            sub.git.env = login_env(_url(work, module)) or sub.git.env
            if head != module.recorded and _follow(sub, module.recorded, _recorded(work, old, module)):
                done += 1
            done += update_submodules(sub, head)
        except Ended as end:
            ends.append(_about(module, end, sub.repo))
    if ends:
        raise ends[0]
    return done


def foresee_submodules(work: Work) -> int:
    """How many `update_submodules` would fill or move if nothing were in the way, as HEAD is."""
    number = 0
    for module in _modules(work):
        if not _is_filled(work, module):
            number += 1
            continue
        sub = _work_in(work, module)
        head = _text(sub.attempt("rev-parse", "--verify", "--quiet", "HEAD").stdout).strip()
        if head != module.recorded and module.recorded in _visited(sub):
            sub.note("submodule_moved")
        elif head != module.recorded:
            number += 1
        number += foresee_submodules(sub)
    return number


def _modules(work: Work) -> list[_Module]:
    """None while a merge or the like is in progress: what is recorded may be about to change."""
    git_dir = git_dir_of(work.repo.path)
    if git_dir is None or in_progress(git_dir) or not (work.repo.path / ".gitmodules").is_file():
        return []
    listing = work.attempt("config", "-z", "--file", ".gitmodules", "--get-regexp", r"^submodule\..*\.path$")
    pairs = (entry.partition("\n")[::2] for entry in _text(listing.stdout).split("\0") if entry)
    names = {path: key.removeprefix("submodule.").removesuffix(".path") for key, path in pairs if path}
    if not names:
        return []
    modules = []
    for entry in _text(work.read("ls-files", "-s", "-z", "--", *map(_literal, names))).split("\0"):
        mode_commit_stage, _, path = entry.partition("\t")
        is_module = mode_commit_stage.startswith("160000 ") and mode_commit_stage.endswith(" 0")
        # git makes a folder for each: where there is none, the person has deleted it.
        if path in names and is_module and os.path.lexists(work.repo.path / path):
            modules.append(_Module(names[path], path, mode_commit_stage.split(" ")[1]))
    return modules


def _is_filled(work: Work, module: _Module) -> bool:
    with contextlib.suppress(OSError):
        return git_dir_of(work.repo.path / module.path) is not None
    return True  # it is there, and cannot be read


def _work_in(work: Work, module: _Module) -> Work:
    repo = Repo(work.repo.id, work.repo.path / module.path)
    return Work(
        repo,
        work.options,
        structs.replace(work.git, place=repo.path, hooks=True, has_no_hooks=False),
        notes=work.notes,
    )


def _url(work: Work, module: _Module) -> str:
    """With the password that it may have, which no clone of ours has."""
    return _text(work.attempt("config", "--get", f"submodule.{module.name}.url").stdout).strip()


def _recorded(work: Work, commit: str | None, module: _Module) -> str:
    return _text(work.attempt("rev-parse", "--verify", "--quiet", f"{commit}:{module.path}").stdout).strip()


def _fill(work: Work, modules: list[_Module]) -> None:
    """Clones them, several at a time if the person's configuration says so."""
    work.ask_remote("submodule", "--quiet", "init")
    configured = parse_config(work.read(*LIST_CONFIG))
    settings = {one.key: one.value for one in configured}
    wanted = [one for one in modules if settings.get(f"submodule.{one.name}.update") != "none"]
    for module in wanted:
        _keep_what_was_left(work, module)
    if not wanted:
        return
    urls = {one.path: settings.get(f"submodule.{one.name}.url", "") for one in wanted}
    logins = {one.path: _login(one, urls[one.path], configured) for one in wanted}
    alone = [[one] for one in wanted if logins[one.path]]
    together = [one for one in wanted if not logins[one.path]]
    ends: list[Ended] = []
    for batch in [*alone, together] if together else alone:
        try:
            _update(work, batch, logins[batch[0].path])
        except Ended as end:
            ends.append(end)
    if not ends:
        return
    for module in wanted:
        _empty_again(work.repo.path / module.path)
    failed = next((one for one in wanted if not _is_filled(work, one)), None)
    if failed is None:
        raise ends[0]
    raise _about(failed, ends[0], Repo(work.repo.id, work.repo.path / failed.path, urls[failed.path] or None))


def _login(module: _Module, url: str, settings: tuple[Setting, ...]) -> dict[str, str]:
    asked = without_login(url)
    location = rewritten(asked, settings)
    return submodule_login_env(module.name, location, asked) or submodule_login_env(module.name, url, asked)


def _update(work: Work, modules: list[_Module], login: dict[str, str]) -> None:
    # --checkout: else it does what `submodule.NAME.update` says, which may be a command.
    options = ("--checkout", "--progress", "--", *(_literal(one.path) for one in modules))
    git = structs.replace(work.git, env=work.git.env | login)
    exit_ = work.run(git.run, "submodule", "update", *options)
    work.heed(exit_, "submodule")
    if not exit_.ok:
        _fail(work, exit_)


def _empty_again(folder: Path) -> None:
    """Takes git's link away where no file came after it: without it all would look deleted by the person."""
    with contextlib.suppress(OSError):
        if [path.name for path in folder.iterdir()] == [".git"] and (folder / ".git").is_file():
            (folder / ".git").unlink()


def _keep_what_was_left(work: Work, module: _Module) -> None:
    """Ended when the submodule was emptied by the person and its git dir has their commits."""
    git_dir = git_dir_of(work.repo.path)
    kept = git_dir / "modules" / module.name if git_dir else None
    if kept is None or not (kept / "HEAD").is_file():
        return
    sub = Work(
        Repo(work.repo.id, kept), work.options, structs.replace(work.git, place=kept, has_no_hooks=False)
    )
    try:
        keep_the_tree_out(sub, parse_config(sub.read(*LIST_CONFIG)), kept)
        _remote(sub, None)  # git may fetch from it
    except Ended as danger:
        raise _about(module, danger, sub.repo) from None
    head = sub.attempt("rev-parse", "--verify", "--quiet", "HEAD")
    commit = head.stdout.decode().strip()
    if head.ok and commit != module.recorded and _is_own(sub, commit, _visited(sub)):
        end = Ended(State.BLOCKED, Reason.DIVERGED, "what it was emptied of has commits that no branch holds")
        raise _about(module, end, sub.repo)


def _follow(sub: Work, recorded: str, was: str) -> bool:
    """Moves HEAD of a submodule to the recorded commit; False: it stays where the person has put it.

    `was` is the commit that was recorded before this run.
    """
    checkout = head_state(sub, parse_refs(sub.read(*LIST_REFS)))
    head = checkout.head or ""
    visited = _visited(sub)
    if head != was and recorded in visited:  # it has been there, and was taken away
        sub.note("submodule_moved")
        return False
    check_work_tree(sub)
    _fetch(sub, checkout.branch, recorded)
    if head == was:
        own = _is_own(sub, head, visited)
    else:
        own = bool(sub.attempt("rev-list", "-n1", head, "--not", "--remotes", "--tags").stdout)
    if own:
        if sub.attempt("merge-base", "--is-ancestor", recorded, head).ok:
            sub.note("submodule_moved")
            return False
        raise Ended(State.BLOCKED, Reason.DIVERGED, "it has commits that its remote does not have")
    git_dir = git_dir_of(sub.repo.path)
    if git_dir is not None and (begun := in_progress(git_dir)):
        raise Ended(State.BLOCKED, Reason.IN_PROGRESS, f"{with_article(begun)} is in progress")
    move_head(sub, checkout, Move.DETACH, recorded)
    return True


def _visited(sub: Work) -> dict[str, list[str]]:
    """What HEAD's reflog says: the commits that HEAD was on, and how it came there."""
    visited: dict[str, list[str]] = {}
    for line in _text(sub.attempt("log", "-g", "--format=%H %gs", "HEAD", "--").stdout).splitlines():
        commit, _, how = line.partition(" ")
        visited.setdefault(commit, []).append(how)
    return visited


def _is_own(sub: Work, head: str, visited: dict[str, list[str]]) -> bool:
    """Whether HEAD holds commits of the person that no ref has.

    A commit that came by its id alone, as those of shallow submodules do, is on no ref either: git has
    checked it out, and nobody has made it here.
    """
    everywhere = ("--branches", "--remotes", "--tags")
    if not sub.attempt("rev-list", "-n1", head, "--not", *everywhere).stdout:
        return False
    return not all(how.startswith(("checkout: ", "clone: ")) for how in visited.get(head, [""]))


def _fetch(sub: Work, branch: str | None, recorded: str) -> None:
    """Has the recorded commit here, fetched by its id if no branch of the remote leads to it."""
    if _is_whole(sub, recorded):
        return
    remote = _remote(sub, branch)
    sub.git.env = login_env(remote.location, remote.url) or sub.git.env
    sub.git.ssh_url = remote.ssh_url
    options = ("--progress", "--no-recurse-submodules", "--no-prune", "--", remote.name)
    sub.ask_remote("fetch", *options)
    if _is_whole(sub, recorded):
        return
    exit_ = sub.attempt("fetch", *options, recorded)
    if not exit_.ok:
        _fail(sub, exit_)


def _fail(work: Work, exit_: Exit) -> NoReturn:
    """Of a fetch of the recorded commit by its id."""
    if any(_NOT_THERE.search(line) for line in exit_.lines):
        raise Ended(State.FAILED, Reason.REV_MISSING, "its remote does not have the recorded commit")
    work.fail(exit_, network=True)


def _remote(sub: Work, branch: str | None) -> Remote:
    try:
        return choose_remote(sub.repo, parse_config(sub.read(*LIST_CONFIG)), branch)
    except Ended as end:
        if end.state is not State.SKIPPED:
            raise
        raise Ended(State.FAILED, Reason.CONFIG, end.message) from None


def _is_whole(sub: Work, commit: str) -> bool:
    """Whether a ref leads to it: a commit that is here may have come with a fetch that was cut off after it."""
    found = sub.attempt("rev-list", "-n1", commit, "--not", "--all")
    return found.ok and not found.stdout


def _about(module: _Module, end: Ended, repo: Repo) -> Ended:
    """The same of a submodule, which it names."""
    message = clean_text(f"submodule {module.path}: {end.message}")
    return Ended(end.state, end.reason, message, end.retry_after, end.repo or repo, end.about)


def _literal(path: str) -> str:
    return f":(literal){path}"


def _text(output: bytes) -> str:
    return output.decode("utf-8", "surrogateescape")


def submodule_jobs() -> int:
    """How many submodules of a repo git fetches at a time, as the person's configuration has it."""
    try:
        answer = subprocess.run(
            ["git", "config", "--type=int", "--get", "submodule.fetchJobs"],
            capture_output=True,
            check=True,
            timeout=10,
            stdin=subprocess.DEVNULL,
            cwd="/",  # in no repository: its own configuration is not the others'
        )
        jobs = int(answer.stdout)
    except (OSError, ValueError, subprocess.SubprocessError):  # none set, or one that git refuses too
        return 1
    return jobs or os.cpu_count() or 1  # 0: git takes the number of cores
