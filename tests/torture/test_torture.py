"""One case of each end of each part alone, by the installed program: the right end, and nothing lost."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.kit.program import ended, start
from tests.torture import ordinary
from tests.torture.corpus import ALONE, check_end, check_told
from tests.torture.site import Case, Site, write_workspace


@pytest.fixture
def site(case: Case, tmp_path: Path) -> Iterator[Site]:
    site = Site(tmp_path, case.name)
    try:
        case.arrange(site)
        yield site
    finally:
        site.close()


@pytest.mark.parametrize("case", ALONE, ids=lambda case: case.name)
def test_case(case: Case, site: Site, tmp_path: Path, sandbox: Path) -> None:
    before = site.facts()
    write_workspace(tmp_path, [site])
    sync = ("sync", "--ndjson", "--retry", "0", *case.args)
    ran = ended(start(*sync, cwd=tmp_path, env=case.env, prefix=ordinary.PREFIX))
    check_end(case, site, before, ran.finished())
    check_told(ran, sandbox)
    assert ran.code == (0 if case.state in {"synced", "up_to_date", "skipped"} else 1)
