"""The digest with what the repos tell, for the list and as Markdown."""

from msgspec import structs

from tui.git.contents import Contents, Diffstat, Title
from tui.git.outcome import Action, Outcome, RefChange, RefKind, State
from tui.view.arrivals import Arrival, joined, of_outcome
from tui.view.digest import content_lines, markdown, total_line

AT = 1_795_255_200.0
TITLES = tuple(Title(f"{n:07d}" + "0" * 33, "Ada", f"subject {n}") for n in range(7))
REFS = (
    RefChange("refs/remotes/origin/wip", "a", "b", RefKind.FORCED),
    *(RefChange(f"refs/tags/v{n}", None, "b", RefKind.TAG) for n in range(5)),
)
CAME = Arrival("g/r", AT, "main", 9, REFS, cloned=False, taken=(("a", "b"),))


def test_a_list_names_the_newest_commits_and_how_many_more_there_are() -> None:
    assert content_lines(CAME, Contents(TITLES, Diffstat(1, 2, 3))) == [
        "1 file +2 -3 on main",
        *(f"000000{n} Ada: subject {n}" for n in range(5)),
        "and 4 commits more",
    ]
    assert content_lines(structs.replace(CAME, commits=2), Contents(TITLES[:2])) == [
        "0000000 Ada: subject 0",
        "0000001 Ada: subject 1",
    ]
    assert content_lines(CAME, Contents(error="gone")) == ["gone"]
    assert content_lines(CAME, Contents()) == []
    cloned = structs.replace(CAME, cloned=True, commits=812, taken=())
    assert content_lines(cloned, Contents()) == ["812 commits on main"]


def test_the_page_names_all_refs_and_flags_what_was_forced() -> None:
    clone = Arrival("new", AT, None, 812, (), cloned=True)
    page = markdown("What arrived", [(CAME, Contents(TITLES[:1], Diffstat(2, 3, 4))), (clone, Contents())])
    assert page == [
        "# What arrived",
        "",
        "## g/r",
        "",
        "2026-11-21 10:00, main, 9 commits, 2 files +3 -4",
        "",
        "- **forced: wip**",
        "- new tags: v0, v1, v2, v3, v4",
        "",
        "- `0000000` subject 0 (Ada)",
        "- and 8 commits more",
        "",
        "## new",
        "",
        "2026-11-21 10:00, cloned, 812 commits",
        "",
    ]
    assert total_line([CAME, clone]) == "2 repos, 821 commits"


def test_text_of_a_remote_stays_text() -> None:
    title = Title("a" * 40, "*Ann*", "<img src=x> [a](http://b) `c` # d | e")
    page = markdown("T", [(structs.replace(CAME, refs=(), branch="a_b"), Contents((title,)))])
    assert page[4] == r"2026-11-21 10:00, a\_b, 9 commits"
    assert page[6] == r"- `aaaaaaa` \<img src=x\> \[a\](http://b) \`c\` \# d \| e (\*Ann\*)"


def test_the_span_is_that_of_head_or_else_of_its_branch_at_the_remote() -> None:
    main = RefChange("refs/remotes/origin/main", "a", "b", RefKind.FORWARD)
    moved = Outcome(State.SYNCED, action=Action.FAST_FORWARD, branch="main", old="1", new="2", commits=1)
    fetched = structs.replace(moved, action=Action.FETCH, new="1", refs=(*REFS, main))
    cloned = structs.replace(moved, action=Action.CLONE, old=None)
    spans = [one.spans for outcome in (moved, fetched, cloned) if (one := of_outcome("r", outcome, AT))]
    assert spans == [(("1", "2"),), (("a", "b"),), ((None, "2"),)]


def test_spans_that_follow_each_other_are_one() -> None:
    def span(*spans: tuple[str, str]) -> Arrival:
        return structs.replace(CAME, taken=spans)

    assert joined(span(("a", "b")), span(("b", "c"))).spans == (("a", "c"),)
    assert joined(span(("a", "b")), span(("x", "c"))).spans == (("a", "b"), ("x", "c"))


def test_what_a_blocked_fetch_brought_and_a_later_move_took_in_counts_once() -> None:
    fetched = structs.replace(CAME, taken=(), pending=(("a", "b"),), commits=0)
    moved = structs.replace(CAME, taken=(("a", "b"),), commits=2)
    assert (joined(fetched, moved).spans, joined(fetched, moved).commits) == ((("a", "b"),), 2)
    assert joined(fetched, structs.replace(fetched, pending=(("b", "c"),))).spans == (("a", "c"),)
    assert joined(moved, structs.replace(fetched, pending=(("b", "c"),))).spans == (("a", "b"), ("b", "c"))
