"""Styles of component classes for widgets that draw line by line."""

from functools import lru_cache
from typing import TYPE_CHECKING

from rich.style import Style
from textual.widget import Widget

if TYPE_CHECKING:
    _Base = Widget
else:
    _Base = object  # a base that is a widget would take the place of the other one's rules


class SteadyStyle(_Base):
    """Works its styles out once for all its lines: Textual does it for each, from all its ancestors."""

    _steady: Style | None = None
    _inks: dict[str, Style] | None = None

    @property
    def rich_style(self) -> Style:
        if self._steady is None:
            self._steady = super().rich_style
        return self._steady

    def notify_style_update(self) -> None:
        super().notify_style_update()
        self._steady = self._inks = None

    def ink(self, name: str) -> Style:
        """The component class without its background, to be laid over the background of the line."""
        if self._inks is None:
            self._inks = {}
        if (style := self._inks.get(name)) is None:
            style = self._inks[name] = _without_background(self.get_component_rich_style(name))
        return style


@lru_cache(maxsize=256)
def _without_background(style: Style) -> Style:
    # "auto" colours exist only in the whole style: the partial one of Textual leaves them out.
    return Style(
        color=style.color,
        bold=style.bold,
        dim=style.dim,
        italic=style.italic,
        underline=style.underline,
        reverse=style.reverse,
    )
