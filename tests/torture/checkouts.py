"""What a person may have left in a working copy, and what becomes of it."""

from tests.kit import repos
from tests.torture.site import Corpus, Site
from tui.git.outcome import Reason, State

CORPUS = Corpus()


@CORPUS.case(State.UP_TO_DATE, follows=True)
def current(site: Site) -> None:
    site.clone()


@CORPUS.case(State.SYNCED, follows=True)
def behind(site: Site) -> None:
    site.clone()
    site.arrive(3)


@CORPUS.case(State.UP_TO_DATE)
def ahead(site: Site) -> None:
    repos.commit_locally(site.clone())


@CORPUS.case(State.BLOCKED, Reason.DIVERGED)
def diverged(site: Site) -> None:
    repos.commit_locally(site.clone())
    site.arrive(2)


@CORPUS.case(State.SYNCED, notes={"dirty"}, follows=True)
def dirty_elsewhere_while_behind(site: Site) -> None:
    site.arrive(files={"notes.txt": "theirs\n"})
    site.clone()
    site.write("notes.txt")
    site.arrive(2)


@CORPUS.case(State.BLOCKED, Reason.DIRTY, notes={"dirty"})
def dirty_where_it_changes(site: Site) -> None:
    site.clone()
    site.write("rev")
    site.arrive()
