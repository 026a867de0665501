"""Take the pictures of the README anew: `python -m screenshots.take`, in the environment of the tests."""

import asyncio
import re
from collections.abc import Callable, Mapping
from pathlib import Path

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

Taken = tuple[Callable[[], Driver], scenes.Scene]

_SCENES: Mapping[str, Taken] = {
    "plan": (scenes.driver, scenes.plan),
    "running": (scenes.driver, scenes.in_the_middle),
    "attention": (scenes.driver, scenes.attention),
    "repos": (scenes.remembering, scenes.worst_first),
    "arrived": (scenes.driver, scenes.what_arrived),
    "detail": (scenes.driver, scenes.detail_of_a_fast_forward),
    "help": (scenes.driver, scenes.help_page),
    "settings": (scenes.with_settings, scenes.settings_page),
    "replay": (lambda: Replay(in_the_middle()), scenes.replay_in_the_middle),
}
_SIZES: Mapping[tuple[int, int], tuple[str, ...]] = {
    (120, 40): tuple(_SCENES),
    (80, 24): ("plan", "running", "attention", "arrived", "detail", "settings"),
    (200, 60): ("running",),
}
PICTURES = {f"{name}-{size[0]}x{size[1]}": (name, size) for size, names in _SIZES.items() for name in names}


async def draw(picture: str) -> str:
    """The picture of that name as SVG, the same on every machine."""
    name, size = PICTURES[picture]
    driver, scene = _SCENES[name]
    async with driver().open(*size) as drive:
        await scenes.play(drive, scene)
        svg = _NEEDLESS.sub("", drive.app.export_screenshot(title="synctui"))
        return svg.replace("&#160;", "\N{NO-BREAK SPACE}")


def main() -> None:
    for picture in PICTURES:
        path = FOLDER / f"{picture}.svg"
        path.write_text(asyncio.run(draw(picture)))
        print(path)


if __name__ == "__main__":
    main()
