"""Every case alone, by the installed program: the right end, and nothing lost."""

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.kit import repos
from tests.kit.program import ended, start
from tests.torture import checkouts, damage, hostile, kinds, ordinary, remotes, ssh_remotes, submodules
from tests.torture.facts import lost
from tests.torture.site import SECRET, Case, Site, write_workspace

CASES = [
    *checkouts.CORPUS,
    *damage.CORPUS,
    *hostile.CORPUS,
    *kinds.CORPUS,
    *remotes.CORPUS,
    *ssh_remotes.CORPUS,
    *submodules.CORPUS,
]

_SYNC = ("sync", "--ndjson", "--retry", "0")
_ORDINARY = (sys.executable, "-IS", ordinary.__file__)


@pytest.fixture
def site(case: Case, tmp_path: Path) -> Iterator[Site]:
    site = Site(tmp_path, case.name)
    try:
        case.arrange(site)
        yield site
    finally:
        site.close()


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_case(case: Case, site: Site, tmp_path: Path, sandbox: Path) -> None:
    before = site.facts()
    write_workspace(tmp_path, [site])
    ran = ended(start(*_SYNC, *case.args, cwd=tmp_path, env=case.env, prefix=_ORDINARY))
    ends = ran.finished()
    end = ends.pop(f"co/{case.name}")
    assert (end["state"], end["reason"]) == (case.state, case.reason), end
    assert set(end["notes"]) == case.notes
    assert [other["state"] for other in ends.values()] == [state for _, state in site.others.values()]
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
    assert "\x1b" not in ran.out + ran.err
    told = [ran.out, ran.err, *_texts(sandbox / ".local/state")]
    assert [text for text in told if SECRET in text] == []
    assert ran.code == (0 if case.state in {"synced", "up_to_date", "skipped"} else 1)


def _texts(folder: Path) -> Iterator[str]:
    for path in folder.rglob("*"):
        if path.is_file():
            yield path.read_bytes().decode("latin-1")
