"""Saved views: filter, tab and sort order under a number."""

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
