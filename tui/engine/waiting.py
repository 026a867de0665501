"""The queue: picks first, then the bulk in order; a job that may not run now is passed over."""

from collections import OrderedDict
from collections.abc import Callable, Collection, Iterator
from typing import Literal

from tui.engine.job import Job

Way = Literal["up", "down", "top", "bottom"]


class Waiting:
    """Bulk jobs lie in one line a host, so that a full host costs nothing to pass over."""

    def __init__(self) -> None:
        self._picks: OrderedDict[str, Job] = OrderedDict()
        self._bulk: dict[str, OrderedDict[str, Job]] = {}
        self._rank: dict[str, int] = {}
        self._next_rank = 0

    def __len__(self) -> int:
        return len(self._rank)

    def __contains__(self, job_id: str) -> bool:
        return job_id in self._rank

    def __iter__(self) -> Iterator[Job]:
        """In the order in which they would start if nothing held them back."""
        yield from self._picks.values()
        bulk = [job for line in self._bulk.values() for job in line.values()]
        yield from sorted(bulk, key=lambda job: self._rank[job.id])

    def ids(self) -> list[str]:
        """In the same order; cheap, since a screen asks all the time."""
        bulk = sorted(
            self._rank.keys() - self._picks.keys() if self._picks else self._rank, key=self._rank.__getitem__
        )
        return [*self._picks, *bulk]

    def add(self, job: Job) -> None:
        self._rank[job.id] = self._next_rank
        self._next_rank += 1
        if job.pick:
            self._picks[job.id] = job
        else:
            self._bulk.setdefault(job.repo.host, OrderedDict())[job.id] = job

    def remove(self, job: Job) -> None:
        del self._rank[job.id]
        if self._picks.pop(job.id, None) is None:
            line = self._bulk[job.repo.host]
            del line[job.id]
            if not line:
                del self._bulk[job.repo.host]

    def move(self, job_ids: Collection[str], way: Way) -> None:
        """By one place or to the end; picks stay ahead of the bulk. Several keep their order among themselves."""
        picks = _moved(list(self._picks.values()), job_ids, way)
        bulk = _moved([job for job in self if job.id not in self._picks], job_ids, way)
        self._picks = OrderedDict((job.id, job) for job in picks)
        for line in self._bulk.values():
            line.clear()
        for job in bulk:
            self._bulk[job.repo.host][job.id] = job
        self._rank = {job.id: rank for rank, job in enumerate((*picks, *bulk))}
        self._next_rank = len(self._rank)

    def hosts(self, may_run: Callable[[Job], bool]) -> Iterator[str]:
        """Those of which a bulk job may run."""
        return (host for host, line in self._bulk.items() if any(may_run(job) for job in line.values()))

    def pick_hosts(self, may_run: Callable[[Job], bool]) -> Iterator[str]:
        """The same for the picks."""
        return (job.repo.host for job in self._picks.values() if may_run(job))

    def first_pick(self, may_run: Callable[[Job], bool]) -> Job | None:
        return next((job for job in self._picks.values() if may_run(job)), None)

    def first_bulk(
        self,
        host_is_open: Callable[[str], bool],
        may_run: Callable[[Job], bool],
        goes_last: Callable[[str], bool],
    ) -> Job | None:
        """The earliest of the first eligible job of each host that is open, of one that goes last only where all do."""
        heads = (
            next((job for job in line.values() if may_run(job)), None)
            for host, line in self._bulk.items()
            if host_is_open(host)
        )
        ranked = sorted((job for job in heads if job), key=lambda job: self._rank[job.id])
        return next((job for job in ranked if not goes_last(job.repo.host)), ranked[0] if ranked else None)


def _moved(jobs: list[Job], job_ids: Collection[str], way: Way) -> list[Job]:
    if way in {"down", "bottom"}:
        return _moved(jobs[::-1], job_ids, "up" if way == "down" else "top")[::-1]
    if way == "top":
        return sorted(jobs, key=lambda job: job.id not in job_ids)
    for place in range(1, len(jobs)):
        if jobs[place].id in job_ids and jobs[place - 1].id not in job_ids:
            jobs[place - 1 : place + 1] = jobs[place], jobs[place - 1]
    return jobs
