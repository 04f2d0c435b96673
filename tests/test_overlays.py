"""What the pictures must be whatever their beauty: right in size, order, extremes and in what they refuse."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from wepsam.images import ImageError, read_image, save_image
from wepsam.overlays import colorize, colors, contact_sheet, overlay, save_map, save_overlay


def stimulus(height: int = 30, width: int = 50) -> np.ndarray:
    return np.random.default_rng(0).integers(256, size=(height, width, 3), dtype=np.uint8)


def blob(height: int = 30, width: int = 50, x: int = 12, y: int = 15) -> np.ndarray:
    rows, columns = np.mgrid[:height, :width]
    return np.asarray(np.exp(-((rows - y) ** 2 + (columns - x) ** 2) / 40))


def luminance(color: np.ndarray) -> np.ndarray:
    """Relative luminance of sRGB (IEC 61966-2-1)."""
    x = color / 255
    linear = np.where(x <= 0.04045, x / 12.92, ((x + 0.055) / 1.055) ** 2.4)
    return np.asarray(linear @ [0.2126, 0.7152, 0.0722])


def test_the_ramp_rises_evenly_from_dark_to_bright() -> None:
    lightness = 116 * np.cbrt(luminance(colors())) - 16  # CIE L*, but for its toe
    assert lightness[0] < 10
    assert lightness[-1] > 90
    steps = np.diff(lightness[::17])
    assert steps.min() > 3
    assert steps.max() < 9
    assert np.abs(np.diff(colors().astype(int), axis=0)).max() <= 8  # no visible bands
    with pytest.raises(ValueError, match="read-only"):
        colors()[0] = 0


def test_colorize() -> None:
    assert colorize(blob()).shape == (30, 50, 3)
    assert colorize(blob()).dtype == np.uint8
    assert luminance(colorize(blob())).argmax() == 15 * 50 + 12
    np.testing.assert_array_equal(colorize(np.array([[0, 0.5, 1]]))[0], colors()[[0, 128, 255]])
    np.testing.assert_array_equal(colorize(7 * blob() - 3), colorize(blob()))
    np.testing.assert_array_equal(colorize(np.full((2, 3), 5.0)), np.broadcast_to(colors()[0], (2, 3, 3)))
    np.testing.assert_array_equal(colorize(np.array([[-128, 127]], np.int8)), colorize(np.array([[0, 1]])))


@pytest.mark.parametrize("array", [np.zeros((2, 2, 1)), np.zeros(4), np.zeros((0, 4)), np.array([[0, np.nan]])])
def test_no_map_is_refused(array: np.ndarray) -> None:
    with pytest.raises(ValueError, match="expected"):
        colorize(array)


@pytest.mark.parametrize("level", [0, 128, 255])
def test_overlay_glows_at_the_peak_and_subdues_the_rest(level: int) -> None:
    plain = np.full((30, 50, 3), level, np.uint8)
    picture = overlay(plain, blob()).astype(int)
    assert picture.shape == (30, 50, 3)
    peak, far = picture[15, 12], picture[0, 49]
    assert peak[0] - peak[2] > 60  # warm
    assert np.ptp(far) <= 1
    assert abs(far[0] - 0.75 * level) <= 1


def test_overlay_keeps_the_stimulus_readable() -> None:
    """Light and shade survive where the map is highest, in the stimulus' own order of brightness."""
    shades = np.repeat(np.arange(0, 250, 10, dtype=np.uint8)[None, :, None], 3, axis=2)
    steep = np.ones((2, 25))
    steep[0] = 0
    glowing = luminance(overlay(np.repeat(shades, 2, axis=0), steep)[1])
    assert (np.diff(glowing) > 0).all()
    assert glowing[-1] > 2 * glowing[0]


def test_overlay_strength_and_scale() -> None:
    picture, saliency_map = stimulus(), blob()
    np.testing.assert_array_equal(overlay(picture, 9 * saliency_map + 1), overlay(picture, saliency_map))
    before = picture.copy()
    distance = [
        np.abs(overlay(picture, saliency_map, strength=s).astype(float) - colorize(saliency_map))[15, 12].mean()
        for s in (0, 0.5, 1)
    ]
    assert distance[0] > distance[1] > distance[2]
    np.testing.assert_array_equal(picture, before)
    constant = overlay(picture, np.ones((30, 50)))
    np.testing.assert_array_equal(constant, overlay(picture, np.zeros((30, 50)), strength=0))


def test_overlay_refuses() -> None:
    for saliency_map in (blob(31, 50), blob(50, 30), blob()[..., None]):
        with pytest.raises(ValueError, match=r"map \(.*\) on stimulus \(30, 50, 3\)"):
            overlay(stimulus(), saliency_map)
    with pytest.raises(ValueError, match=r"strength=1\.5"):
        overlay(stimulus(), blob(), strength=1.5)


def test_save_map_and_overlay(tmp_path: Path) -> None:
    save_map(tmp_path / "map.png", np.array([[2.0, 3.0], [4.0, 4.0]]))
    np.testing.assert_array_equal(read_image(tmp_path / "map.png")[..., 0], [[0, 128], [255, 255]])
    save_map(tmp_path / "flat.png", np.ones((2, 2)))
    assert not read_image(tmp_path / "flat.png").any()

    save_image(tmp_path / "stimulus.png", stimulus())
    for source in (tmp_path / "stimulus.png", stimulus(), (tmp_path / "stimulus.png").read_bytes()):
        save_overlay(tmp_path / "overlay.png", source, blob())
        np.testing.assert_array_equal(read_image(tmp_path / "overlay.png"), overlay(stimulus(), blob()))
    with pytest.raises(ImageError, match=r"missing\.png: No such file"):
        save_overlay(tmp_path / "overlay.png", tmp_path / "missing.png", blob())


def test_contact_sheet_places_every_picture() -> None:
    plain = [np.full((20, 30, 3), color, np.uint8) for color in ((255, 0, 0), (0, 200, 0), (0, 0, 255))]
    sheet = contact_sheet([plain[:2], [None, plain[2]]], height=40)
    red, green, blue = ((sheet == color).all(axis=2) for color in ((255, 0, 0), (0, 200, 0), (0, 0, 255)))
    assert red.sum() == green.sum() == blue.sum() == 40 * 60
    assert np.argwhere(green)[:, 1].min() > np.argwhere(red)[:, 1].max()
    assert np.argwhere(blue)[:, 0].min() > np.argwhere(green)[:, 0].max()
    assert (np.argwhere(blue).min(axis=0) - np.argwhere(green).min(axis=0))[1] == 0
    assert (sheet == 255).all(axis=2).sum() == sheet[..., 0].size - 3 * 40 * 60
    assert (sheet[0] == 255).all()
    assert (sheet[:, -1] == 255).all()


def test_contact_sheet_takes_any_size_and_kind() -> None:
    odd = [
        np.zeros((1, 1, 3), np.uint8),
        np.zeros((300, 5), np.uint8),
        np.zeros((5, 900, 3), np.uint8),
        blob(),
    ]
    sheet = contact_sheet([odd, odd[:1]], height=32)
    dark = (sheet == 0).all(axis=2)
    assert dark.sum() >= 32 * 32 * 2 + 32 * 1 + 64 * 1
    assert sheet.shape[1] < 32 + 1 + 64 + 54 + 100


def test_contact_sheet_writes_texts() -> None:
    picture = np.zeros((20, 30, 3), np.uint8)
    bare = contact_sheet([[picture]], height=100)
    labelled = contact_sheet([[picture]], height=100, labels=["GBVS"])
    captioned = contact_sheet([[picture]], height=100, captions=[["0.87"]])
    longer = contact_sheet([[picture]], height=100, captions=[["0.87 " * 99]])
    assert labelled.shape[0] > bare.shape[0] < captioned.shape[0]
    assert longer.shape == captioned.shape
    assert labelled.shape[1] == bare.shape[1]
    for sheet in (labelled, captioned, longer):
        assert (sheet[..., 0] < 200).sum() > 100 * 150 + 20  # more ink than the picture
        assert (sheet[[0, -1]] == 255).all()
        assert (sheet[:, [0, -1]] == 255).all()
    dark = contact_sheet([[picture]], labels=["GBVS"], background=(18, 18, 22))
    assert tuple(dark[0, 0]) == (18, 18, 22)
    assert dark.max() > 200


def test_contact_sheet_refuses() -> None:
    picture = stimulus()
    empty: list[list[list[None]]] = [[], [[]], [[None]]]
    for rows in empty:
        with pytest.raises(ValueError, match="at least one picture"):
            contact_sheet(rows)
    with pytest.raises(ValueError, match="1 labels for 2 columns"):
        contact_sheet([[picture, picture]], labels=["a"])
    with pytest.raises(ValueError, match="captions"):
        contact_sheet([[picture, picture]], captions=[["a"]])
    with pytest.raises(ImageError, match="expected"):
        contact_sheet([[picture.astype(np.int64)]])
