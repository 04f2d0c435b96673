"""Black and white of 32-bit gray: by the type and the bulk of the values, and never by one pixel."""

import logging
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from picture_samples import encoded
from wepsam import _picture_pixels
from wepsam.images import read_image

RNG = np.random.default_rng(0)
PICTURE = np.rint(np.clip(RNG.gamma(3, 30, (60, 80)), 0, 255)).astype(np.uint8)  # of 8 bits; the mean is about 90


def gray(values: np.ndarray) -> np.ndarray:
    """Through a file, as 8 bits."""
    return read_image(encoded(Image.fromarray(values), "TIFF"))[..., 0]


def spotted(values: np.ndarray, *spots: float) -> np.ndarray:
    values = values.copy()
    values.ravel()[: len(spots)] = spots
    return values


@pytest.mark.parametrize("white", [1, 255, 65535])
@pytest.mark.parametrize("spots", [(), (1.004,), (1e6, -3), (np.nan, np.inf, -np.inf), (1.3,) * 100])
def test_a_few_pixels_of_a_float_picture_do_not_change_the_others(white: int, spots: tuple[float, ...]) -> None:
    values = spotted(PICTURE.astype(np.float32) * np.float32(white / 255), *(white * s for s in spots))
    seen = gray(values)
    np.testing.assert_array_equal(seen.ravel()[len(spots) :], PICTURE.ravel()[len(spots) :])
    clipped = np.nan_to_num(np.array(spots), nan=0, posinf=1, neginf=0).clip(0, 1) * 255
    np.testing.assert_allclose(seen.ravel()[: len(spots)], clipped, atol=1)


@pytest.mark.parametrize("spots", [(), (256,), (70000, -1), (2_000_000_000,)])
def test_integers_of_8_bits_are_not_black(spots: tuple[int, ...]) -> None:
    seen = gray(spotted(PICTURE.astype(np.int32), *spots))
    np.testing.assert_array_equal(seen.ravel()[len(spots) :], PICTURE.ravel()[len(spots) :])


def test_integers_of_16_bits_and_of_none() -> None:
    np.testing.assert_array_equal(gray(PICTURE.astype(np.int32) * 257), PICTURE)
    for scale in (16, 1_000_000):  # 12 bits; 28 bits: stretched
        seen = gray(PICTURE.astype(np.int32) * scale)
        assert np.corrcoef(seen.ravel(), PICTURE.ravel())[0, 1] > 0.999
        assert seen.max() == 255
    mask = (PICTURE > 90).astype(np.int32)
    np.testing.assert_array_equal(gray(mask), mask * 255)


def test_unsigned_integers_keep_their_sign() -> None:
    """Pillow reads the upper half of uint32 as negative numbers."""
    values = PICTURE.astype(np.uint32) * np.uint32(0x01010101)
    data = bytearray(encoded(Image.fromarray(values.view(np.int32)), "TIFF"))
    entry = data.index(b"\x53\x01\x03\x00\x01\x00\x00\x00")  # SampleFormat: 2 is signed, 1 unsigned
    data[entry + 8] = 1
    seen = read_image(bytes(data))[..., 0]
    assert np.corrcoef(seen.ravel(), PICTURE.ravel())[0, 1] > 0.999


def test_formats_that_say_what_is_white_are_believed() -> None:
    dark = np.minimum(PICTURE, 200).astype(">u2")  # of 65535
    pgm = b"P5 80 60 65535\n" + dark.tobytes()
    assert read_image(pgm).max() <= 1


def test_an_outlier_does_not_set_the_range_either() -> None:
    values = spotted(PICTURE.astype(np.float32) - 100, 1e9)  # a picture around 0 is stretched
    seen = gray(values)
    assert np.corrcoef(seen.ravel()[1:], PICTURE.ravel()[1:])[0, 1] > 0.999
    assert seen[1:].std() > 25


def test_what_was_assumed_is_said(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    Image.fromarray(spotted(PICTURE / np.float32(255), 1.004)).save(tmp_path / "a.tif")
    with caplog.at_level(logging.INFO, "wepsam"):
        read_image(tmp_path / "a.tif")
    assert len(caplog.messages) == 1
    assert "a.tif: 32-bit gray, taken as 0 for black and 1 for white, 0.02% of the pixels clipped" in caplog.messages[0]


def test_strips_give_the_same_pixels(monkeypatch: pytest.MonkeyPatch) -> None:
    pictures = [PICTURE / np.float32(300), PICTURE.astype(np.int32) - 30, PICTURE.astype(np.float32) * 7]
    whole = [gray(values.astype(values.dtype)) for values in pictures]
    monkeypatch.setattr(_picture_pixels, "STRIP", 500)
    for values, expected in zip(pictures, whole, strict=True):
        np.testing.assert_array_equal(gray(values), expected)
