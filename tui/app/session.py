"""What the command line hands to the app."""

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from msgspec import Struct, field

from tui.app.actions import USUAL_KEYS
from tui.app.keymap import Keymap
from tui.app.views import Left, Views
from tui.engine.engine import Engine, Spawn
from tui.engine.plan import Plan
from tui.engine.survey import StatusRow, survey
from tui.engine.watch import Watch
from tui.git.arrived import Commit, arrived
from tui.git.contents import Contents, contents
from tui.git.repo import Repo
from tui.git.stop import StopSignal
from tui.store.history import CutOff
from tui.store.past import Past
from tui.store.preferences import Preferences
from tui.view.arrivals import Arrival
from tui.view.dashboard import Thresholds

Survey = Callable[[Sequence[Repo], Callable[[StatusRow], None], StopSignal], object]
"""Looks at repos and hands over what it sees, until it is stopped."""


class Session(Struct, frozen=True):
    """`engine` makes the engine, given the way in which its jobs become workers of the app."""

    engine: Callable[[Spawn], Engine]
    repos: tuple[Repo, ...]
    """In workspace order."""
    plan: Plan
    workspace: str = ""
    """Its name for people."""
    start: bool = False
    """Begin the run at once; otherwise the app opens on the plan."""
    dry_run: bool = False
    forgetful: str = ""
    """What it is that remembers nothing beyond its end, as `A dry run`; empty for what remembers."""
    jobs_source: str = ""
    """The layer that set the job limit: flag, variable, file, remembered or default."""
    host_jobs: int | None = None
    """The limit of one host; None: that of all."""
    crowding: Callable[[int], str | None] = lambda _jobs: None
    """Why so many jobs are too many, if they are."""
    preferences: Preferences = field(default_factory=Preferences)
    keys: Keymap = USUAL_KEYS
    views: Views = field(default_factory=Views)
    left: Left = Left()
    """How the session before was left."""
    leave: Callable[[Mapping[str, object]], None] = lambda _left: None
    """Keeps for the next one how this one is left. May raise StateError."""
    warnings: Sequence[str] = ()
    """What the person's own files have wrong, a line each."""
    greets: bool = False
    """It is the first session of this person."""
    in_order: Callable[[Sequence[Repo]], Sequence[Repo]] = tuple
    """As a run of these repos would begin now."""
    watch: Watch | None = None
    """Where runs repeat."""
    past: Mapping[str, Past] = field(default_factory=dict)
    """What became of each repo before this session, by repo id."""
    recall: Callable[[], Mapping[str, Past]] | None = None
    """The same as it is now. May raise StateError. None: nothing of this session is kept."""
    acknowledge: Callable[[Sequence[str]], Sequence[str]] = lambda _repo_ids: ()
    """Takes note of the failures of these repos; those that had an open one. May raise StateError."""
    cut_off: CutOff | None = None
    """The run before this session, if it did not come to its end."""
    arrivals: Callable[[float], Mapping[str, Arrival]] = lambda _since: {}
    """What came since then, seconds since the epoch, the newest last. May raise StateError."""
    durations: Mapping[str, Sequence[float]] = field(default_factory=dict)
    """Seconds that the latest syncs of each repo took, by repo id, newest first."""
    survey: Survey = survey
    history: Callable[[str], Sequence[tuple[str, ...]]] = lambda _repo_id: ()
    """What became of a repo, the cells of a row for each result, newest first. May raise StateError."""
    arrived: Callable[[Path, str | None, str], Sequence[Commit]] = arrived
    """What came to the checkout from one commit to another."""
    contents: Callable[[Path, str | None, str], Contents] = contents
    """The same in short."""

    @property
    def thresholds(self) -> Thresholds:
        settings = self.preferences.settings
        return Thresholds(settings.stale_after, settings.severe_after)
