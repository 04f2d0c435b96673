"""A page is its screens put together, without a trace of them."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

import wepsam
from helpers import Paint, tiny_weights
from wepsam.attention import scores, screens
from wepsam.attention.screens import Screens, Viewport

SEEN_THROUGH = Viewport(128, 80)


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> wepsam.Predictor:
    path = tmp_path_factory.mktemp("weights") / "tiny.onnx"
    tiny_weights(path, aspect=True)
    return wepsam.load(path, threads=1)


def center(stimulus: np.ndarray) -> np.ndarray:
    """A model that expects all looks around the middle of what it sees."""
    height, width = stimulus.shape[:2]
    y, x = (np.arange(height)[:, None] + 0.5) / height, (np.arange(width) + 0.5) / width
    values = np.exp(-((y - 0.5) ** 2 + (x - 0.5) ** 2) / (2 * 0.22**2))
    return np.asarray(values / values.sum())


def test_a_page_of_two_screens_is_both_put_together(model: wepsam.Predictor, paint: Paint) -> None:
    """At its ends a page has the density of the first and of the last screen; in between, of all that show a row."""
    page = paint(3, 160, 128)
    found = wepsam.attend(page, model=model, viewport=(128, 80))
    first, last = (model.low_resolution(page[part]) for part in (slice(0, 80), slice(80, 160)))
    height = len(first)
    assert found.density.shape == (2 * height, first.shape[1])
    assert found.density.sum() == pytest.approx(1)
    end = height // 4
    unit = found.density[0, 0] / first[0, 0]
    np.testing.assert_allclose(found.density[:end], unit * first[:end], rtol=1e-9)
    np.testing.assert_allclose(found.density[-end:], unit * last[-end:], rtol=1e-9)
    looks = [page[top : top + 80] for top in (0, 20, 40, 60, 80)]  # a quarter of a screen apart
    grid = Screens.of(2, height)
    assert len(grid.tops) == 5
    slow, sums = np.zeros(found.density.shape), np.zeros((2 * height, 1))
    for top, look in zip(grid.tops, looks, strict=True):
        for row in range(height):
            weight = np.sin(np.pi * (row + 0.5) / height) ** 2
            slow[top + row] += weight * model.low_resolution(look)[row]
            sums[top + row] += weight
    slow /= sums
    assert np.abs(found.density - slow / slow.sum()).max() < 0.02 * found.density.max()


def test_no_seam_is_left() -> None:
    """Of a model that sees nothing but the middle of a screen, a long page keeps only left and right."""
    density, page = screens.read(center, np.zeros((80 * 12, 128, 3), np.uint8), SEEN_THROUGH)
    rows = density.sum(axis=1) * len(density)
    inside = rows[page.height : -page.height]
    assert np.ptp(inside) < 0.03
    assert np.abs(np.diff(rows)).max() < 0.05
    assert rows[0] < 0.3 * inside.mean()
    columns = density.sum(axis=0)
    np.testing.assert_allclose(columns, center(np.zeros((80, 128, 3))).sum(axis=0), rtol=1e-6)


def test_each_screen_gets_the_same() -> None:
    density, page = screens.read(center, np.zeros((80 * 10, 128, 3), np.uint8), SEEN_THROUGH)
    shares = [density[top : top + page.height].sum() for top in range(page.height, 9 * page.height, page.height)]
    assert shares == pytest.approx([shares[0]] * len(shares), rel=0.02)


@pytest.mark.parametrize("length", [81, 100, 119, 161, 200, 333, 1000])
def test_any_length(length: int) -> None:
    looks: list[int] = []

    def look(screen: np.ndarray) -> np.ndarray:
        looks.append(len(screen))
        return center(screen)

    density, page = screens.read(look, np.zeros((length, 128, 3), np.uint8), SEEN_THROUGH)
    assert density.sum() == pytest.approx(1)
    assert np.isfinite(density).all()
    assert len(density) == page.rows == pytest.approx(length, abs=1)
    assert len(set(looks)) == 1
    assert len(looks) <= 4 * length / 80


def test_a_page_that_fits_is_seen_at_once(model: wepsam.Predictor, paint: Paint) -> None:
    for shape in ((80, 128), (60, 128), (50, 900), (1, 1)):
        page = paint(1, *shape)
        found = wepsam.attend(page, model=model, viewport="1280x1280" if shape == (1, 1) else SEEN_THROUGH)
        np.testing.assert_array_equal(found.density, wepsam.attend(page, model=model).density)
        assert found.screens == 1
        assert not any("screens" in line for line in found.warnings)


def test_all_numbers_are_of_the_composed_density(model: wepsam.Predictor, paint: Paint) -> None:
    page = paint(4, 400, 128)
    areas = [{"label": "top", "box": [0, 0, 1, 0.2]}, {"label": "left", "box": [0, 0, 0.5, 1]}]
    found = wepsam.attend(page, areas, model=model, viewport="128x80", seconds=3)
    top, left = found.areas
    rows, columns = found.density.shape
    assert top.share == pytest.approx(found.density[: rows // 5].sum(), abs=1e-9)
    assert left.share == pytest.approx(found.density[:, : columns // 2].sum(), abs=1e-9)
    assert top.center_share == pytest.approx(found.alone[: rows // 5].sum(), abs=1e-9)
    assert top.center_share < 0.2  # the upper end is never in the middle of a screen
    assert found.scores.focus_50 == scores.focus(found.density, 0.5)
    assert found.scores.centeredness == scores.centeredness(found.density, found.alone)
    assert found.map.shape == (400, 128)
    assert found.screens == 5
    assert found.group.seconds == 15  # 3 for each screen
    assert found.as_dict()["viewport"] == [128, 80]
    assert sum("5.0 screens of 128x80, each looked at equally long" in line for line in found.warnings) == 1


def test_places_are_counted_in_the_size_of_a_screen() -> None:
    """An even page of five screens has five times the places of one screen."""
    one, five = np.full((50, 80), 1 / 4000), np.full((250, 80), 1 / 20000)
    assert scores.places(five, (400, 128), 5) == pytest.approx(5 * scores.places(one, (80, 128)), rel=0.01)


def test_a_long_picture_is_told_about_the_viewport(model: wepsam.Predictor, paint: Paint) -> None:
    assert any("--viewport 1280x800" in line for line in wepsam.attend(paint(1, 260, 100), model=model).warnings)
    assert not any("viewport" in line for line in wepsam.attend(paint(1, 250, 100), model=model).warnings)


@pytest.mark.parametrize(
    "wrong", ["1280", "0x5", "-1x800", "1280x800x2", (1280,), (0, 800), (1.5, 2), (True, 1), "ax b", 7]
)
def test_no_viewport(wrong: object, model: wepsam.Predictor, paint: Paint) -> None:
    with pytest.raises(
        ValueError, match="expected WIDTHxHEIGHT of 1 to 100,000 pixels a side, such as 1280x800"
    ) as error:
        wepsam.attend(paint(1), model=model, viewport=wrong)  # type: ignore[arg-type]
    assert "\n" not in str(error.value)


def test_a_page_of_too_many_screens_is_refused(model: wepsam.Predictor) -> None:
    with pytest.raises(ValueError, match="640 screens of 1280x800, expected at most 200"):
        wepsam.attend(np.zeros((20000, 50, 3), np.uint8), model=model, viewport=(1280, 800))


def test_ways_to_write_a_viewport() -> None:
    assert screens.viewport(" 1280 x 800 ") == screens.viewport((1280, 800)) == Viewport(1280, 800)
    assert screens.viewport(None) is None
    assert Viewport(1280, 800).screens((8000, 2560)) == 5  # two pixels of the picture for one of the page


def test_real_pages(shared: Path) -> None:
    """Three web pages one below the other: each has its part, and none of the joints shows as a line."""
    pages = [wepsam.read_image(shared / "data" / "web" / f"page00{n}.jpg", shape=(800, 1280)) for n in (3, 4, 5)]
    found = wepsam.attend(
        np.concatenate(pages), model=wepsam.load(threads=1, quality="fast", warn=False), viewport="1280x800"
    )
    thirds = [part.sum() for part in np.array_split(found.density, 3)]
    assert min(thirds) > 0.2
    rows = found.density.sum(axis=1)
    steps = np.abs(np.diff(rows)) / rows.mean()
    assert steps.max() < 0.5
