"""At which sizes and in which themes the snapshots are taken."""

from collections.abc import Callable

import pytest

TINY, SMALL, MIDDLE, WIDE = (40, 12), (80, 24), (120, 40), (200, 60)


def of_sizes(*sizes: tuple[int, int]) -> pytest.MarkDecorator:
    return pytest.mark.parametrize("size", sizes, ids=[f"{width}x{height}" for width, height in sizes])


def everywhere(test: Callable[..., None]) -> Callable[..., None]:
    """At three sizes, in two themes."""
    of_themes = pytest.mark.parametrize("theme", ["textual-dark", "textual-light"], ids=["dark", "light"])
    marked: Callable[..., None] = of_themes(of_sizes(WIDE, MIDDLE, SMALL)(test))
    return marked
