"""Take the pictures of the README anew: `python -m screenshots.take`, in the environment of the tests."""

import asyncio
import re
from collections.abc import Mapping
from pathlib import Path

import tests.conftest  # noqa: F401  a picture does not depend on the terminal and the settings of the person
from tests.kit import scenes

FOLDER = Path(__file__).parent
PICTURES: Mapping[str, scenes.Scene] = {
    "plan": scenes.plan,
    "running": scenes.in_the_middle,
    "attention": scenes.attention,
    "detail": scenes.detail_of_a_fast_forward,
}
_FONT = re.compile(r"@font-face \{.*?\}\s*", re.DOTALL)
"""A page that shows the picture is not to load a font from elsewhere."""


async def draw(name: str) -> str:
    """The picture of that name as SVG, the same on every machine."""
    async with scenes.driver().open(120, 40) as drive:
        await scenes.play(drive, PICTURES[name])
        return _FONT.sub("", drive.app.export_screenshot(title="synctui"))


def main() -> None:
    for name in PICTURES:
        path = FOLDER / f"{name}.svg"
        path.write_text(asyncio.run(draw(name)))
        print(path)


if __name__ == "__main__":
    main()
