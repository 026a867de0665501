"""All cases, and what has to be true after each."""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from tests.kit import repos
from tests.kit.program import Ran
from tests.torture import checkouts, damage, hooks, hostile, kinds, remotes, ssh_remotes, submodules
from tests.torture.facts import Facts, lost
from tests.torture.site import SECRET, Case, Site

PARTS = (checkouts, kinds, submodules, damage, hooks, hostile, remotes, ssh_remotes)
CASES = [case for part in PARTS for case in part.CORPUS]
TOGETHER = [case for case in CASES if not case.env and not case.args]
"""What one workspace and one run can hold."""
_OF_EACH_END = {(case.arrange.__module__, case.state, case.reason): case for case in reversed(TOGETHER)}
ALONE = [case for case in CASES if case not in TOGETHER or case in _OF_EACH_END.values()]
"""What has a run of its own: what needs one, and of the others the first of each end of each part."""


def check_end(case: Case, site: Site, before: Facts, ends: Mapping[str, Mapping[str, Any]]) -> None:
    """The right end of the case and of its other entries, and nothing of the person lost."""
    end = ends[f"co/{case.name}"]
    assert (end["state"], end["reason"]) == (case.state, case.reason), end
    # How the remote was asked is of tests/git/test_probe.py.
    assert {note for note in end["notes"] if "probed" not in note} == case.notes
    others = {str(site.workspace / "co" / place): state for place, (_, state) in site.others.items()}
    assert {end["path"]: end["state"] for end in ends.values() if end["path"] in others} == others
    after = site.facts()
    losses = lost(before, after, site.checkout)
    if "forced_update" in case.notes:  # the branch leaves what only the remote ever made
        losses.remove("not a fast-forward: refs/heads/main")
    assert losses == []
    if case.follows:
        assert repos.head(site.checkout) == site.remote.head
    elif site.lands is not None:
        assert after.tip == site.lands
    else:
        assert (after.head, after.branches, after.index) == (before.head, before.branches, before.index)
    if case.check:
        case.check(site, end)
    assert not site.marker.exists(), "a command of the repository ran"


def check_told(ran: Ran, home: Path) -> None:
    """No escape byte and no secret in what the run says and keeps."""
    assert "\x1b" not in ran.out + ran.err
    told = [ran.out, ran.err, *_texts(home / ".local/state")]
    assert [text for text in told if SECRET in text] == []


def _texts(folder: Path) -> Iterator[str]:
    for path in folder.rglob("*"):
        if path.is_file():
            yield path.read_bytes().decode("latin-1")
