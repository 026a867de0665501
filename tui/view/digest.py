"""The digest at length: what came to each repo, with its commits, for a list and as Markdown."""

import re
import time
from collections.abc import Iterable, Sequence

from tui.git.contents import Contents
from tui.view.arrivals import Arrival, ref_lines
from tui.view.lines import plural, size

_SHOWN = 5
"""Commits of a repo that a list names; the detail of the repo has the rest."""
_SHORT_ID = 7
_SIGNS = re.compile(r"([\\`*_\[\]<>#|~&!])")
"""What means something in Markdown within a line."""


def diffstat_line(contents: Contents) -> str:
    """`12 files +340 -25`; empty where nobody knows."""
    stat = contents.diffstat
    return f"{plural(stat.files, 'file')} +{stat.insertions} -{stat.deletions}" if stat else ""


def content_lines(arrival: Arrival, contents: Contents) -> list[str]:
    """What its repo tells of an arrival: files, then the newest commits."""
    if contents.error:
        return [contents.error]
    titles = contents.titles[:_SHOWN]
    more = max(arrival.commits, len(contents.titles)) - len(titles)
    files = diffstat_line(contents)
    lines = [
        f"{plural(arrival.commits, 'commit')} on {arrival.branch}"
        if arrival.cloned and arrival.branch
        else "",
        f"{files} on {arrival.branch}" if files and arrival.branch else files,
        *(f"{one.id[:_SHORT_ID]} {one.author}: {one.subject}" for one in titles),
        f"and {plural(more, 'commit')} more" if more > 0 and titles else "",
    ]
    return [line for line in lines if line]


def markdown(title: str, arrived: Iterable[tuple[Arrival, Contents]]) -> list[str]:
    """A page of all of it, a section a repo."""
    sections = [_section(arrival, contents) for arrival, contents in arrived]
    return [f"# {_escaped(title)}", "", *(line for section in sections for line in section)]


def _section(arrival: Arrival, contents: Contents) -> list[str]:
    facts = [
        time.strftime("%Y-%m-%d %H:%M", time.localtime(arrival.at)),
        arrival.branch and _escaped(arrival.branch),
        "cloned" if arrival.cloned else "",
        plural(arrival.commits, "commit") if arrival.commits else "",
        size(arrival.received),
        diffstat_line(contents),
    ]
    lines = [f"## {_escaped(arrival.repo)}", "", ", ".join(fact for fact in facts if fact)]
    refs = [f"- {_bold_if_forced(_escaped(line))}" for line in ref_lines(arrival, most=None)]
    commits = [
        f"- `{one.id[:_SHORT_ID]}` {_escaped(one.subject)} ({_escaped(one.author)})"
        for one in contents.titles
    ]
    more = arrival.commits - len(commits)
    if commits and more > 0:
        commits.append(f"- and {plural(more, 'commit')} more")
    for block in (refs, commits, [_escaped(contents.error)] if contents.error else []):
        lines += ["", *block] if block else []
    return [*lines, ""]


def _bold_if_forced(line: str) -> str:
    return f"**{line}**" if line.startswith("forced:") else line


def _escaped(text: str) -> str:
    return _SIGNS.sub(r"\\\1", text)


def total_line(arrived: Sequence[Arrival]) -> str:
    commits = sum(one.commits for one in arrived)
    return f"{plural(len(arrived), 'repo')}, {plural(commits, 'commit')}"
