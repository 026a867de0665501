"""Styles of component classes for widgets that draw line by line."""

from functools import lru_cache
from typing import TYPE_CHECKING

from rich.style import Style
from textual.widget import Widget


def ink(widget: Widget, name: str) -> Style:
    """The component class without its background, to be laid over the background of the line."""
    return _without_background(widget.get_component_rich_style(name))


if TYPE_CHECKING:
    _Base = Widget
else:
    _Base = object  # a base that is a widget would take the place of the other one's rules


class SteadyStyle(_Base):
    """Works its own style out once for all its lines: Textual does it for each, from all its ancestors."""

    _steady: Style | None = None

    @property
    def rich_style(self) -> Style:
        if self._steady is None:
            self._steady = super().rich_style
        return self._steady

    def notify_style_update(self) -> None:
        super().notify_style_update()
        self._steady = None


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
