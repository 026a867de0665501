"""The whole corpus in one workspace and one run: no case changes the end of another."""

from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path

import pytest

from tests.kit.processes import processes_with_env
from tests.kit.program import ended, start
from tests.torture import ordinary
from tests.torture.corpus import TOGETHER, check_end, check_told
from tests.torture.facts import Facts
from tests.torture.site import Case, Site, write_workspace

_MARKER = "TORTURE_RUN"


@pytest.mark.timeout(360)  # it is a few hundred tests in one
def test_all_at_once(tmp_path: Path, sandbox: Path) -> None:
    sites = [Site(tmp_path, case.name) for case in TOGETHER]

    def arrange(case: Case, site: Site) -> Facts:
        case.arrange(site)
        return site.facts()

    with ExitStack() as stack:
        for site in sites:
            stack.callback(site.close)
        with ThreadPoolExecutor(4) as pool:
            before = list(pool.map(arrange, TOGETHER, sites))
        write_workspace(tmp_path, sites)
        sync = ("sync", "--ndjson", "--retry", "0", "-j", "8", "--stall-timeout", "20")
        env = {_MARKER: str(tmp_path)}
        ran = ended(start(*sync, cwd=tmp_path, env=env, prefix=ordinary.PREFIX), timeout=240)
        assert processes_with_env(_MARKER, str(tmp_path)) == {}
        ends = ran.finished()
        for case, site, facts in zip(TOGETHER, sites, before, strict=True):
            check_end(case, site, facts, ends)
        check_told(ran, sandbox)
        last = ran.run_finished
        states = Counter(end["state"] for end in ends.values())
        assert {state: n for state, n in last["counts"].items() if n} == states
        assert last["total"] == len(ends) == sum(1 + len(site.others) for site in sites)
        assert (last["exit_code"], ran.code) == (1, 1)
