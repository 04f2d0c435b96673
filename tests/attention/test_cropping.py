"""Where to crop: hand-made densities, an obvious slow search, and laws over many sizes."""

from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from attention.test_hot_spots import blobs
from wepsam.attention import coverage, cropping
from wepsam.attention.cropping import as_aspect, best_crop, crop_box, focal_point, object_position, window

SIZE = (300, 500)  # (height, width)
ASPECTS = ("1:1", "16:9", "4:5", "9:16", "3:1", "1:3")


def noise(seed: int, shape: tuple[int, int] = (30, 50)) -> np.ndarray:
    """A density with a few places of any size, over some noise."""
    rng = np.random.default_rng(seed)
    places = [(*(rng.uniform(0, 1, 2) * shape), rng.uniform(1, 6), rng.uniform(0.2, 1)) for _ in range(4)]
    density = blobs(*places, shape=shape) + 0.2 * rng.random(shape) / np.prod(shape)
    return density / density.sum()


def kept(density: np.ndarray, box: tuple[int, int, int, int], size: tuple[int, int] = SIZE) -> float:
    shares = np.array(box) / [size[1], size[0], size[1], size[0]]
    rows, columns = (coverage.edges(side) for side in density.shape)
    return float((coverage.of_box(shares, rows, columns) * density).sum())


@pytest.mark.parametrize(("column", "left"), [(5, 0), (25, 100), (45, 200), (20, 50)])
def test_a_single_place_is_in_the_middle_of_the_crop_or_at_the_border_of_the_picture(column: int, left: int) -> None:
    density = blobs((15, column - 0.5, 3, 1), shape=(30, 50))
    x0, y0, x1, y1 = crop_box(density, SIZE, "1:1")
    assert (y0, y1, x1 - x0) == (0, 300, 300)
    assert x0 == pytest.approx(left, abs=500 / cropping.STEPS + 1)


def test_the_larger_of_two_places_that_do_not_both_fit_is_kept_whole() -> None:
    density = blobs((15, 6, 2, 1), (15, 43, 2, 2), shape=(30, 50))
    found = best_crop(density, SIZE, "1:1")
    assert found.box[0] < 500 * (43 - 2 * 2) / 50  # two standard deviations
    assert found.box[2] > 500 * (43 + 2 * 2) / 50
    assert found.kept == pytest.approx(2 / 3, abs=0.01)
    assert (len(found.cut), [spot.number for spot in found.left_out]) == (0, [2])


def test_a_hot_spot_is_left_out_rather_than_cut() -> None:
    """The window that holds most cuts the small place on the left in two; a little to the right it is gone."""
    density = blobs((15, 35, 5, 10), (15, 19, 1.5, 0.7), shape=(30, 50))
    places = np.arange(201)
    most = places[np.argmax([kept(density, (x, 0, x + 300, 300)) for x in places])]
    assert 0 < most < 200
    for size in (285, 300, 310, 320):
        found = best_crop(density, SIZE, (size, 300))
        assert found.cut == ()


@pytest.mark.parametrize("seed", range(6))
@pytest.mark.parametrize("aspect", ASPECTS)
def test_nearly_as_much_is_kept_as_a_slow_search_finds(seed: int, aspect: str) -> None:
    density = noise(seed)
    width, height = window(SIZE, aspect)
    best = max(
        kept(density, (x, y, x + width, y + height))
        for x in range(0, 500 - width + 1, 5)
        for y in range(0, 300 - height + 1, 5)
    )
    found = best_crop(density, SIZE, aspect)
    assert found.kept == pytest.approx(kept(density, found.box))
    assert best - 0.12 < found.kept <= 1  # what a family of nested windows, and whole hot spots, may cost


@given(seed=st.integers(0, 50), width=st.integers(60, 900), height=st.integers(60, 900))
def test_no_edge_moves_by_more_than_the_size_changes(seed: int, width: int, height: int) -> None:
    """The next size, a pixel wider: no edge moves further than the window grows, but for rounding to pixels."""
    density = noise(seed)
    one, other = (np.array(crop_box(density, SIZE, (w, height))) for w in (width, width + 1))
    grown = max(abs((one[2:] - one[:2]) - (other[2:] - other[:2])))
    assert abs(one - other).max() <= grown + 1


@pytest.mark.parametrize("seed", range(8))
def test_a_wider_crop_holds_the_narrower_one(seed: int) -> None:
    density = noise(seed)
    boxes = [crop_box(density, SIZE, (width, 300)) for width in range(20, 501, 10)]
    for (x0, _, x1, _), (a, _, b, _) in zip(boxes[1:], boxes[:-1], strict=True):
        assert x0 <= a + 1
        assert b - 1 <= x1


@pytest.mark.parametrize("aspect", ASPECTS)
def test_a_mirrored_density_has_the_mirrored_crop(aspect: str) -> None:
    density = noise(3)
    x0, y0, x1, y1 = crop_box(density, SIZE, aspect)
    mirrored = crop_box(density[:, ::-1], SIZE, aspect)
    assert mirrored == pytest.approx((500 - x1, y0, 500 - x0, y1), abs=1)
    assert focal_point(density[:, ::-1])[0] == pytest.approx(1 - focal_point(density)[0])
    turned = crop_box(density.T, SIZE[::-1], 1 / as_aspect(aspect))
    assert turned == (y0, x0, y1, x1)


@given(
    width=st.integers(1, 4000), height=st.integers(1, 4000),
    aspect=st.fractions(Fraction(1, 50), 50, max_denominator=100),
)  # fmt: skip
def test_a_window_is_the_largest_of_its_aspect(width: int, height: int, aspect: Fraction) -> None:
    w, h = window((height, width), aspect)
    assert w == width or h == height
    assert 1 <= w <= width
    assert 1 <= h <= height
    if w == width:
        assert abs(h - w / aspect) <= 0.5 or h in (1, height)
    if h == height:
        assert abs(w - h * aspect) <= 0.5 or w in (1, width)


def test_exact_windows() -> None:
    assert window((1080, 1920), "16:9") == (1920, 1080)
    assert window((1200, 1600), "1:1") == (1200, 1200)
    assert window((1200, 1600), "16:9") == (1600, 900)
    assert window((1, 1), "16:9") == (1, 1)
    assert window((50, 20_000), "1:1") == (50, 50)
    assert window((630, 1200), 1.91) == (1200, 628)


def test_constant_densities_are_cropped_in_the_middle() -> None:
    density = np.full((9, 16), 1 / 144)
    assert crop_box(density, (90, 160), "1:1") == pytest.approx((35, 0, 125, 90), abs=2)
    assert focal_point(density) == pytest.approx((0.5, 0.5))
    assert best_crop(np.ones((1, 1)), (1, 1), "1:1").box == (0, 0, 1, 1)


def test_the_focal_point_is_in_the_place_of_most_attention() -> None:
    density = blobs((8, 42, 2, 3), (25, 10, 2, 1), shape=(30, 50))
    assert focal_point(density) == pytest.approx((42.5 / 50, 8.5 / 30), abs=0.02)


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("aspect", ASPECTS)
def test_a_browser_shows_the_crop_at_its_object_position(seed: int, aspect: str) -> None:
    """`object-fit: cover` as CSS defines it: scale to cover, then align the percentages of picture and element."""
    found = best_crop(noise(seed), SIZE, aspect)
    width, height = found.box[2] - found.box[0], found.box[3] - found.box[1]
    scale = max(width / 500, height / 300)  # an element of the crop's own size
    percent = [float(part.rstrip("%")) / 100 for part in found.object_position.split()]
    left = percent[0] * (width - 500 * scale)
    top = percent[1] * (height - 300 * scale)
    assert (-left / scale, -top / scale) == pytest.approx(found.box[:2], abs=0.5)


def test_an_object_position_by_hand() -> None:
    assert object_position((50, 0, 350, 300), (300, 500)) == "25% 50%"
    assert object_position((0, 0, 500, 300), (300, 500)) == "50% 50%"
    assert object_position((0, 100, 500, 300), (300, 500)) == "50% 100%"


@given(seed=st.integers(0, 20), low=st.floats(0, 0.8), part=st.floats(0.02, 0.5), width=st.integers(100, 499))
def test_what_has_to_be_kept_is_held_if_it_fits(seed: int, low: float, part: float, width: int) -> None:
    keep = (low, 0.2, min(1.0, low + part), 0.4)
    found = best_crop(noise(seed), SIZE, (width, 300), keep=keep)
    pixels = np.floor(keep[0] * 500), np.ceil(keep[2] * 500)
    if pixels[1] - pixels[0] <= width:
        assert found.box[0] <= pixels[0]
        assert pixels[1] <= found.box[2]
        assert found.keep == pytest.approx(1)
    else:
        assert pixels[0] <= found.box[0]
        assert found.box[2] <= pixels[1]


@pytest.mark.parametrize("aspect", ["0:1", "1:0", "a:b", "", "1:2:3", "-1:1", "nan", "1e9", (1, 2, 3), float("inf"), 0])
def test_what_is_no_aspect_is_refused(aspect: object) -> None:
    with pytest.raises(ValueError, match="expected width:height"):
        as_aspect(aspect)  # type: ignore[arg-type]


@pytest.mark.parametrize("box", [(0, 0, 1), (0.5, 0, 0.5, 1), (2, 2, 3, 3), (0, 0, float("nan"), 1)])
def test_what_is_no_area_to_keep_is_refused(box: tuple[float, ...]) -> None:
    with pytest.raises(ValueError, match="area to keep"):
        cropping.checked_box(box)
