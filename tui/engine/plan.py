"""What a run is going to do, before anything is started."""

from collections.abc import Collection, Iterable, Mapping

from msgspec import Struct

from tui.git.outcome import Outcome, Reason, State
from tui.git.repo import Repo


class Plan(Struct, frozen=True):
    run: tuple[Repo, ...]
    settled: tuple[tuple[Repo, Outcome], ...]
    """Repos whose end is known without asking anybody; they are counted and told."""

    @property
    def total(self) -> int:
        return len(self.run) + len(self.settled)


def make_plan(
    repos: Iterable[Repo],
    *,
    git_found: bool = True,
    limit: int | None = None,
    held: Mapping[str, str] | None = None,
    fresh: Collection[str] = (),
) -> Plan:
    """`limit` counts the repos that really run, after the settled and the fresh ones; the rest is left out of the
    run.

    `held` says why a repo is left alone for a while, by repo id. `fresh`: ids of repos that need not be asked for
    now. They stay in the run, since that may have changed once it is their turn.
    """
    run: list[Repo] = []
    settled: list[tuple[Repo, Outcome]] = []
    for repo in repos:
        if outcome := known_end(repo, git_found=git_found):
            settled.append((repo, outcome))
        elif held and repo.id in held:
            settled.append((repo, Outcome(State.SKIPPED, Reason.HELD, held[repo.id])))
        else:
            run.append(repo)
    if limit is not None:
        wanted = {repo.id for repo in [repo for repo in run if repo.id not in fresh][:limit]}
        run = [repo for repo in run if repo.id in wanted or repo.id in fresh]
    return Plan(tuple(run), tuple(settled))


def known_end(repo: Repo, *, git_found: bool = True) -> Outcome | None:
    """The end of a repo that must not be run; None: it may be."""
    if repo.error:
        advice = f"correct the entry of {repo.id} in the workspace file: synctui list {repo.id}"
        return Outcome(State.FAILED, Reason.CONFIG, repo.error, advice)
    if not repo.enabled:
        return Outcome(State.SKIPPED, Reason.DISABLED, "disabled in the workspace file")
    if not git_found:
        return Outcome(
            State.FAILED,
            Reason.GIT_MISSING,
            "git was not found",
            f"install git, then `synctui sync {repo.id}`",
        )
    return None
