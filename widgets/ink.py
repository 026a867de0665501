"""Styles of component classes for widgets that draw line by line."""

from functools import lru_cache

from rich.style import Style
from textual.widget import Widget


def ink(widget: Widget, name: str) -> Style:
    """The component class without its background, to be laid over the background of the line."""
    return _without_background(widget.get_component_rich_style(name))


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
