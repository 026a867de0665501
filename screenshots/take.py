"""Take the pictures of the README anew: `python -m screenshots.take`, in the environment of the tests."""

import asyncio
import re
from collections.abc import Callable, Mapping
from pathlib import Path
from unittest.mock import patch

import tests.conftest  # noqa: F401  a picture does not depend on the terminal and the settings of the person
from tests.kit import scenes
from tests.kit.app_driver import Driver
from tests.kit.recorded import in_the_middle
from tests.kit.replayed import Replay

FOLDER = Path(__file__).parent
_NEEDLESS = re.compile(
    r"@font-face \{.*?\}\s*"  # a page that shows the picture is not to load a font from elsewhere
    r"|<clipPath id=\"[^\"]*-line-\d+\">.*?</clipPath>\s*"  # every line fits
    r"| clip-path=\"url\([^)]*-line-\d+\)\""
    r"|\bterminal-\d+-",  # an image has its names for itself
    re.DOTALL,
)
_RECT = '<rect fill="{}" x="{}" y="{}" width="{}" height="24.65" shape-rendering="crispEdges"/>'
_ALIKE = re.compile(
    _RECT.format(r"(#\w+)", r"([\d.]+)", r"([\d.]+)", r"[\d.]+")
    + r"(?:\s*"
    + _RECT.format(r"\1", r"[\d.]+", r"\3", r"[\d.]+")
    + ")+"
)

Taken = tuple[Callable[[], Driver], scenes.Scene]

_SCENES: Mapping[str, Taken] = {
    "plan": (scenes.driver, scenes.plan),
    "running": (scenes.driver, scenes.in_the_middle),
    "queue": (scenes.driver, scenes.queue),
    "attention": (scenes.driver, scenes.attention),
    "repos": (scenes.remembering, scenes.worst_first),
    "arrived": (scenes.driver, scenes.what_arrived),
    "detail": (scenes.driver, scenes.detail_of_a_fast_forward),
    "help": (scenes.driver, scenes.help_page),
    "settings": (scenes.with_settings, scenes.settings_page),
    "replay": (lambda: Replay(in_the_middle()), scenes.replay_in_the_middle),
}
_SIZES = ((80, 24), (120, 40), (200, 60))
PICTURES: Mapping[str, tuple[Taken, tuple[int, int]]] = {
    f"{name}-{width}x{height}": (taken, (width, height))
    for name, taken in _SCENES.items()
    for width, height in _SIZES
} | {"crowded-120x40": ((scenes.crowded, scenes.running_crowd), (120, 40))}


async def draw(picture: str) -> str:
    """The picture of that name as SVG, the same on every machine."""
    (driver, scene), size = PICTURES[picture]
    # What help and footer offer does not depend on the programs of the machine.
    with patch("tui.app.outside.which", lambda name: name):
        async with driver().open(*size) as drive:
            await scenes.play(drive, scene)
            svg = _NEEDLESS.sub("", drive.app.export_screenshot(title="synctui"))
    return _ALIKE.sub(_joined, svg).replace("&#160;", "\N{NO-BREAK SPACE}")


def _joined(ground: re.Match[str]) -> str:
    """One rectangle for pieces of a line that are of one colour: most of an SVG are rectangles."""
    fill, x, y = ground[1], ground[2], ground[3]
    last, width = re.findall(r'x="([\d.]+)" y="[\d.]+" width="([\d.]+)"', ground[0])[-1]
    return _RECT.format(fill, x, y, f"{float(last) + float(width) - float(x):g}")


def main() -> None:
    for picture in PICTURES:
        path = FOLDER / f"{picture}.svg"
        path.write_text(asyncio.run(draw(picture)))
        print(path)


if __name__ == "__main__":
    main()
