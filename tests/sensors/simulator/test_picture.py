"""The drawn front picture: a PNG that anybody opens, that shows the plate as it was read, and says what it is."""

from __future__ import annotations

import io

import numpy as np
import numpy.typing as npt
import pytest
from PIL import Image

from sensors.simulator import picture
from sensors.simulator.picture import HEIGHT, WIDTH, Shot, front
from sensors.simulator.plates import _PROVINCES, _SYMBOLS

Pixels = npt.NDArray[np.uint8]

#: Where the plate is.
TOP, BOTTOM = 237, 299


def opened(shot: Shot) -> Pixels:
    """The picture as another program reads it."""
    image = Image.open(io.BytesIO(front(shot)))
    image.load()
    assert image.format == "PNG"
    return np.asarray(image.convert("RGB"))


def shot(plate: str = "苏Z1A2B3", colour: int = 1, caption: str = "G104-K012 L1", paint: int = 7) -> Shot:
    return Shot(plate, colour, caption, paint)


def test_a_picture_is_a_small_png_of_the_same_bytes_each_time() -> None:
    """Thousands of them pass a demo's link and disk."""
    assert opened(shot()).shape == (HEIGHT, WIDTH, 3)
    assert len(front(shot())) < 20_000
    assert front(shot()) == front(shot())


def test_two_plates_differ_on_the_plate_and_nowhere_else() -> None:
    """The same truck with another plate is the same picture but for that."""
    differs = (opened(shot()) != opened(shot("苏Z1A2B4"))).any(axis=2)
    assert differs.any()
    assert not differs[:TOP].any()
    assert not differs[BOTTOM:].any()


def test_a_plate_that_was_not_read_cannot_be_read_here() -> None:
    """A field of mud; a card must not show what the camera did not say."""
    middle = opened(shot("", 255))[245:290, 230:410]
    assert (middle == picture._MUD).all()


@pytest.mark.parametrize("colour", [0, 1, 2, 3, 4, 5])
def test_a_plate_has_its_colour(colour: int) -> None:
    """Blue, yellow, black, white, green, yellow-green."""
    ground, letters = picture._PLATES[colour]
    plate = opened(shot(colour=colour))[242:294, 225:415].reshape(-1, 3)
    assert (plate == ground).all(axis=1).mean() > 0.5
    assert (plate == letters).all(axis=1).mean() > 0.1


def test_every_letter_of_an_invented_plate_is_drawn() -> None:
    """No province and no symbol falls back to the box."""
    letters = picture._letters()
    assert set(_PROVINCES + bytes(_SYMBOLS).decode()) <= letters.keys()
    drawn = {sign: picture._letter(sign).tobytes() for sign in letters}
    assert len(set(drawn.values())) == len(drawn)
    assert picture._letter("京").tobytes() not in drawn.values()


def test_it_says_that_it_is_simulated() -> None:
    """Across the top, in both scripts; and below where and when."""
    pixels = opened(shot())
    assert (pixels[4:28, 12:180] == picture._LAMP).all(axis=2).sum() > 400
    captions = (opened(shot()) != opened(shot(caption="S340-K005 L2"))).any(axis=2)
    assert captions[HEIGHT - 32 :].any()
    assert not captions[: HEIGHT - 32].any()


def test_a_long_text_ends_at_the_edge() -> None:
    """A site may be called anything."""
    assert opened(shot("苏" * 16, caption="G104-K012 " * 20)).shape == (HEIGHT, WIDTH, 3)
