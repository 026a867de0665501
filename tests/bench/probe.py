"""Thousands of random remotes, clones and settings: `python -m tests.bench.probe --cases 2000`.

Each time that a probe says that there is nothing new, a real fetch after it must change nothing.
"""

# ruff: noqa: T201  it prints its figures

import argparse
import os
import random
import tempfile
from pathlib import Path

from hypothesis import HealthCheck, Phase, given, seed, settings

from tests.git.probe_cases import Case, cases
from tests.git.probe_ground import Ground


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--cases", type=int, default=2000)
    parser.add_argument("--seed", type=int, default=random.randrange(1 << 32))
    asked = parser.parse_args()
    print(f"seed {asked.seed}", flush=True)
    with tempfile.TemporaryDirectory() as folder:
        os.environ.update(HOME=folder, GIT_CONFIG_NOSYSTEM="1")
        for name in [name for name in os.environ if name.startswith(("XDG_", "GIT_CONFIG_G"))]:
            del os.environ[name]
        (Path(folder) / ".gitconfig").write_text("[user]\n\tname = Robin\n\temail = robin@example.org\n")
        ground = Ground.make(Path(folder) / "ground")

        @seed(asked.seed)
        @settings(
            max_examples=asked.cases,
            deadline=None,
            database=None,
            phases=[Phase.generate],
            suppress_health_check=list(HealthCheck),
        )
        @given(case=cases())
        def check(case: Case) -> None:
            ground.check(case)

        with ground.server:
            try:
                check()
            finally:
                print(f"{ground.number} cases played", flush=True)
        print("none of them wrong")
        for said, count in ground.counts.most_common():
            print(f"{count:7} {said}")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
