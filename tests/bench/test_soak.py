"""The soak, in short: nothing piles up. The long one is `python -m tests.bench.soak`."""

from pathlib import Path

from tests.bench.soak import soak


def test_every_pass_leaves_the_threads_and_the_files_of_the_first(tmp_path: Path) -> None:
    held = list(soak(tmp_path, passes=12, count=8))
    # The child is the shell that watches over the gits.
    assert {(one.threads, one.descriptors, one.children) for one in held} == {
        (held[0].threads, held[0].descriptors, 1)
    }
