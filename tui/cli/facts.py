"""What the predicates of SELECT ask about the repos."""

import os
import time
from collections.abc import Callable

from tui.cli.asked import Asked, past_of
from tui.engine.selection import Facts
from tui.engine.survey import StatusRow, survey
from tui.git.repo import Repo
from tui.git.stop import StopSignal
from tui.store.config import Workspace
from tui.store.looks import Looks
from tui.store.past import Past, Staleness
from tui.store.paths import looks_file
from tui.store.settings import resolve
from tui.view.dashboard import Dashboard, Thresholds


def facts_for(workspace: Workspace, asked: Asked, predicates: set[str]) -> Callable[[Repo], Facts]:
    """Of these predicates alone. Raises StateError."""
    past = past_of(workspace) if predicates & {"state", "stale"} else {}
    settings = resolve(asked.flags, os.environ, workspace.settings, 0, None)
    rows: list[StatusRow] = []
    if predicates & {"behind", "dirty", "stale"}:
        looks = Looks(looks_file())
        survey(workspace.repos, rows.append, StopSignal(), looks)
        if not settings.dry_run:
            looks.save()
    seen = {row.repo.id: row for row in rows}
    thresholds = Thresholds(settings.stale_after, settings.severe_after)
    now = time.time()

    def facts(repo: Repo) -> Facts:
        of_repo, row = past.get(repo.id, Past()), seen.get(repo.id)
        return Facts(
            of_repo.state,
            behind=row is not None and bool(row.status.behind),
            dirty=row is not None and bool(row.status.dirty),
            stale=row is not None
            and Dashboard(row, of_repo, thresholds, now).staleness is not Staleness.FRESH,
        )

    return facts
