"""The pictures of the README are what the app draws."""

import pytest

from screenshots.take import FOLDER, PICTURES, draw


@pytest.mark.parametrize("name", PICTURES)
async def test_a_picture_is_no_older_than_the_app(name: str) -> None:
    drawn = await draw(name)
    assert drawn == (FOLDER / f"{name}.svg").read_text(), "older than the app: python -m screenshots.take"


def test_every_picture_has_its_scene() -> None:
    assert sorted(path.stem for path in FOLDER.glob("*.svg")) == sorted(PICTURES)
