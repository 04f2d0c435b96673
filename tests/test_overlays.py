"""What the pictures must be whatever their beauty: right in size, order, extremes and in what they refuse."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from helpers import luminance
from wepsam.colormaps import colors
from wepsam.images import ImageError, read_image, save_image
from wepsam.overlays import colorize, contact_sheet, legend, overlay, save_map, save_overlay


def stimulus(height: int = 30, width: int = 50) -> np.ndarray:
    return np.random.default_rng(0).integers(256, size=(height, width, 3), dtype=np.uint8)


def blob(height: int = 30, width: int = 50, x: int = 12, y: int = 15) -> np.ndarray:
    rows, columns = np.mgrid[:height, :width]
    return np.asarray(np.exp(-((rows - y) ** 2 + (columns - x) ** 2) / 40))


def test_colorize() -> None:
    assert colorize(blob()).shape == (30, 50, 3)
    assert colorize(blob()).dtype == np.uint8
    assert luminance(colorize(blob())).argmax() == 15 * 50 + 12
    np.testing.assert_array_equal(colorize(np.array([[0, 0.5, 1]]))[0], colors()[[0, 128, 255]])
    np.testing.assert_array_equal(colorize(7 * blob() - 3), colorize(blob()))
    np.testing.assert_array_equal(colorize(np.full((2, 3), 5.0)), np.broadcast_to(colors()[0], (2, 3, 3)))
    np.testing.assert_array_equal(colorize(np.array([[-128, 127]], np.int8)), colorize(np.array([[0, 1]])))
    np.testing.assert_array_equal(colorize(np.array([[0, 1]]), colors="viridis")[0], colors("viridis")[[0, 255]])


def test_limits_put_several_maps_on_one_scale() -> None:
    colored = colorize(np.array([[-1.0, 0.0, 2.0, 4.0, 9.0]]), limits=(0, 4))[0]
    np.testing.assert_array_equal(colored, colors()[[0, 0, 128, 255, 255]])
    flat = np.full((2, 3), 4.0)
    np.testing.assert_array_equal(colorize(flat, limits=(0, 4)), np.broadcast_to(colors()[255], (2, 3, 3)))
    assert (overlay(np.zeros((2, 3, 3), np.uint8), flat, limits=(0, 4)) > 0).any()


@pytest.mark.parametrize("array", [np.zeros((2, 2, 1)), np.zeros(4), np.zeros((0, 4)), np.array([[0, np.nan]])])
def test_no_map_is_refused(array: np.ndarray) -> None:
    with pytest.raises(ValueError, match="expected"):
        colorize(array)


@pytest.mark.parametrize("level", [0, 128, 255])
def test_overlay_glows_at_the_peak(level: int) -> None:
    plain = np.full((30, 50, 3), level, np.uint8)
    picture = overlay(plain, blob()).astype(int)
    assert picture.shape == (30, 50, 3)
    peak = picture[15, 12]
    assert peak[0] - peak[2] > 60  # warm
    assert np.abs(peak - level).max() > 60


BRANDS = [(255, 255, 255), (255, 0, 128), (0, 82, 204), (29, 185, 84), (24, 24, 27)]


@pytest.mark.parametrize("color", BRANDS)
@pytest.mark.parametrize("ramp", ["ember", "viridis", "gray_r"])
def test_white_stays_white_and_colors_stay_what_they_are_where_nobody_looks(color: tuple[int, ...], ramp: str) -> None:
    page = np.empty((30, 50, 3), np.uint8)
    page[:] = color
    saliency_map = blob() * (blob() > 1e-3)
    glowing = overlay(page, saliency_map, colors=ramp, strength=1)
    np.testing.assert_array_equal(glowing[saliency_map <= 0.03], page[saliency_map <= 0.03])
    # A tenth of the largest saliency, which is most of a page, changes a color hardly.
    low = overlay(page, np.where(saliency_map == saliency_map.max(), 1, 0.1))[0, 0].astype(int)
    assert np.abs(low - color).max() <= 26
    assert (glowing[15, 12] != color).any()


def test_the_glow_is_seen_on_white_and_on_dark_pages() -> None:
    for level in (255, 20):
        picture = overlay(np.full((30, 50, 3), level, np.uint8), blob()).astype(int)
        for value in (0.3, 0.6, 0.9):  # of the largest saliency
            place = np.unravel_index(np.abs(blob() - value).argmin(), (30, 50))
            assert np.abs(picture[place] - level).max() > 40


def test_overlay_keeps_the_stimulus_readable() -> None:
    """Light and shade survive where the map is highest, in the stimulus' own order of brightness."""
    shades = np.repeat(np.arange(0, 250, 10, dtype=np.uint8)[None, :, None], 3, axis=2)
    steep = np.ones((2, 25))
    steep[0] = 0
    glowing = luminance(overlay(np.repeat(shades, 2, axis=0), steep)[1])
    assert (np.diff(glowing) > 0).all()
    assert glowing[-1] > 2 * glowing[0]


def slow_overlay(picture: np.ndarray, saliency_map: np.ndarray, strength: float, ramp: str) -> np.ndarray:
    """The formula of the overlay in floats, for a map in [0, 1]."""
    x = np.clip((saliency_map - 0.03) / (0.35 - 0.03), 0, 1)[..., None]
    luma = picture.astype(float) @ [0.299, 0.587, 0.114]
    color = colors(ramp)[np.rint(64 + 171 * saliency_map).astype(int)] * (0.75 + 0.35 / 255 * luma[..., None])
    return np.asarray(np.clip(picture + strength * x * x * (3 - 2 * x) * (color - picture), 0, 255))


@pytest.mark.parametrize("strength", [0.0, 0.3, 0.75, 1.0])
@pytest.mark.parametrize("ramp", ["ember", "gray_r"])
def test_overlay_is_its_formula(strength: float, ramp: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Within the rounding to 8 bits, on any colors, whatever is computed at a time."""
    rng = np.random.default_rng(0)
    picture = rng.integers(0, 256, (40, 60, 3), dtype=np.uint8)
    saliency_map = np.rint(255 * blob(40, 60) * rng.random((40, 60))) / 255
    saliency_map[7], saliency_map[8, 9], saliency_map[:, -1] = 0, 1, 0
    for strip in (1, 500, 1 << 16):
        monkeypatch.setattr("wepsam.overlays.STRIP", strip)
        drawn = overlay(picture, saliency_map, strength=strength, colors=ramp)
        assert np.abs(drawn - slow_overlay(picture, saliency_map, strength, ramp)).max() < 2


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
    for untouched in (overlay(picture, np.ones((30, 50))), overlay(picture, saliency_map, strength=0)):
        np.testing.assert_array_equal(untouched, picture)


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


@pytest.mark.parametrize("width", [1, 9, 60, 120, 500, 4000])
@pytest.mark.parametrize("strength", [None, 0.75])
def test_legend_fits_any_width(width: int, strength: float | None) -> None:
    strip = legend(width, "0", "12.9", "times the average", strength=strength)
    assert strip.shape[1] == width
    assert 20 <= strip.shape[0] <= 80
    assert (strip[[0, -1]] == 255).all()  # nothing is cut at the top or the bottom
    if width > 100:
        assert (strip[:, -1] == 255).all()
        ink = (strip < 100).any(axis=(0, 2))
        assert ink[: width // 3].any()


def test_legend_shows_the_colors_of_the_overlay() -> None:
    strip = legend(500, "0", "1", "", strength=0.75)
    row = strip[len(strip) // 2].astype(int)
    expected = overlay(np.full((1, 2, 3), 255, np.uint8), np.array([[0.0, 1.0]]))[0, 1]
    assert np.abs(row - expected).sum(axis=1).min() <= 6
    assert not (legend(500, "0", "1", "") == legend(500, "0", "1", "", colors="viridis")).all()


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
    labeled = contact_sheet([[picture]], height=100, labels=["GBVS"])
    captioned = contact_sheet([[picture]], height=100, captions=[["0.87"]])
    longer = contact_sheet([[picture]], height=100, captions=[["0.87 " * 99]])
    assert labeled.shape[0] > bare.shape[0] < captioned.shape[0]
    assert longer.shape == captioned.shape
    assert labeled.shape[1] == bare.shape[1]
    for sheet in (labeled, captioned, longer):
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
