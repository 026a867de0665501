"""Saved views: filter, tab and sort order under a number; and how the screen was left."""

from collections.abc import Callable, Mapping

from msgspec import Struct, structs

VIEW_NUMBERS = range(5, 10)
TABS = ("queue", "attention", "repos", "arrived")


class View(Struct, frozen=True):
    words: str = ""
    """Of the filter."""
    tab: str = "repos"
    sort: str = ""
    """A column of Repos; empty: workspace order."""
    descending: bool = False

    @property
    def order(self) -> str:
        """`by behind ▼`; empty for workspace order."""
        return f"by {self.sort} {'▼' if self.descending else '▲'}" if self.sort else ""

    @property
    def told(self) -> str:
        """`Repos /tag:web dirty, by behind ▼`."""
        what = f"{self.tab.title()} /{self.words}" if self.words else self.tab.title()
        return f"{what}, {self.order}" if self.order and self.tab == "repos" else what


class Left(Struct, frozen=True):
    """How the person left the screen."""

    view: View = View()
    """Without words."""
    marks: frozenset[str] = frozenset()
    """Ids of repos."""

    @classmethod
    def of(cls, remembered: object) -> "Left":
        """What is `remembered` may be damaged: what is none counts as nothing."""
        if not isinstance(remembered, Mapping):
            return cls()
        marks = remembered.get("marks")
        found = filter(lambda mark: isinstance(mark, str), marks if isinstance(marks, list) else ())
        view = _read({**remembered, "words": ""}) or View()
        if view.tab == "queue":  # at a start nothing is queued
            view = View(sort=view.sort, descending=view.descending)
        return cls(view, frozenset(found))

    @property
    def kept(self) -> dict[str, object]:
        view = self.view
        return {
            "tab": view.tab,
            "sort": view.sort,
            "descending": view.descending,
            "marks": sorted(self.marks),
        }


class Views:
    """`keep` may raise StateError."""

    def __init__(
        self,
        remembered: Mapping[str, object] | None = None,
        keep: Callable[[int, Mapping[str, object]], None] = lambda _number, _view: None,
    ) -> None:
        """What is `remembered` may be damaged: what is no view is none."""
        self._views = {
            number: view
            for number in VIEW_NUMBERS
            if (view := _read((remembered or {}).get(str(number)))) is not None
        }
        self._keep = keep

    def get(self, number: int) -> View | None:
        return self._views.get(number)

    def save(self, number: int, view: View) -> None:
        """Raises StateError where it cannot be kept; it counts for this session all the same."""
        self._views[number] = view
        self._keep(number, structs.asdict(view))


def _read(value: object) -> View | None:
    if not isinstance(value, Mapping):
        return None
    words, tab, sort = value.get("words"), value.get("tab"), value.get("sort")
    if not isinstance(words, str) or not isinstance(sort, str) or tab not in TABS:
        return None
    return View(" ".join(words.split()), str(tab), sort, value.get("descending") is True)
