"""What is told from a photograph and what is not, on pictures that the rule has not learned from."""

from __future__ import annotations

import io
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageDraw

import wepsam
from learn import alterations, drawn
from wepsam import kinds
from wepsam.kinds import KINDS, kind, looks_like, measures, without_border

SEED = 9000  # learn.kinds draws with others


def share_of(expected: str, pictures: list[np.ndarray]) -> float:
    return float(np.mean([kind(picture) == expected for picture in pictures]))


def many(draw: Callable[[np.random.Generator], np.ndarray], count: int = 20) -> list[np.ndarray]:
    return [draw(np.random.default_rng(SEED + k)) for k in range(count)]


# ---- photographs


@pytest.mark.parametrize("name", ["astronaut", "camera", "chelsea", "coffee", "motorcycle_left", "rocket", "ihc"])
def test_photographs_are_photographs_whatever_happened_to_them(pictures: Path, name: str) -> None:
    (path,) = pictures.glob(f"{name}.*")
    assert looks_like(path) == "photograph"
    picture = wepsam.read_image(path)
    for change, alter in alterations.PHOTOGRAPHS.items():
        assert kind(alter(picture, np.random.default_rng(1))) == "photograph", change


def test_pictures_of_nothing_are_not_warned_of(paint: Callable[..., np.ndarray]) -> None:
    y, x = np.mgrid[:300, :400]
    noise = np.random.default_rng(0).integers(0, 256, (300, 400, 3), dtype=np.uint8)
    for level in (0, 128, 255):
        assert kind(np.full((300, 400, 3), level, np.uint8)) == "photograph"
    for ramp in (x * 255 // 399, y * 255 // 299, (x + y) * 255 // 698):
        assert kind(np.repeat(ramp[..., None], 3, axis=2).astype(np.uint8)) == "photograph"
    assert kind(noise) == "photograph"
    assert kind(paint(0, 300, 400)) == "photograph"
    for shape in ((1, 1), (1, 500), (500, 1), (23, 23), (10, 3000)):
        assert kind(np.resize(noise, (*shape, 3))) == "photograph"


# ---- pages and charts


def test_drawn_pages_and_charts_are_called_what_they_are() -> None:
    assert share_of("web page", many(drawn.web_page)) >= 0.9
    assert share_of("chart", many(drawn.chart)) >= 0.8
    assert share_of("page of text", many(drawn.text_page)) >= 0.8
    for draw in (drawn.web_page, drawn.chart, drawn.text_page):
        assert share_of("photograph", many(draw)) <= 0.05


@pytest.mark.parametrize("change", sorted(alterations.PAGES))
def test_they_are_known_after_what_happens_to_screenshots(change: str) -> None:
    for draw in (drawn.web_page, drawn.chart, drawn.text_page):
        altered = [alterations.PAGES[change](page, np.random.default_rng(2)) for page in many(draw, 10)]
        assert share_of("photograph", altered) <= 0.2, draw.__name__


def test_a_page_with_photographs_is_a_web_page(pictures: Path) -> None:
    photographs = [wepsam.read_image(pictures / f"{name}.png") for name in ("astronaut", "coffee", "chelsea")]
    assert share_of("web page", many(lambda rng: drawn.web_page(rng, photographs))) >= 0.8


def test_charts_of_matplotlib() -> None:
    """Charts of another program than those of learn/."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    rng, charts = np.random.default_rng(0), []
    for form in ("plot", "scatter", "bar", "hist"):
        figure = Figure(figsize=(6.4, 4.8))
        canvas, axes = FigureCanvasAgg(figure), figure.subplots()
        values = rng.normal(size=30)
        getattr(axes, form)(*(() if form == "hist" else (np.arange(30),)), values)
        axes.set_title("a chart")
        axes.grid(form == "plot")
        canvas.draw()
        charts.append(np.asarray(canvas.buffer_rgba())[..., :3])
    assert all(kind(np.ascontiguousarray(chart)) == "chart" for chart in charts)


# ---- measures


def test_measures_of_a_line_by_hand() -> None:
    """A black bar from top to bottom on a gentle ramp, which is no border."""
    picture = np.repeat(np.repeat(np.arange(100, 160, dtype=np.uint8)[:, None, None], 80, axis=1), 3, axis=2)
    picture[:, 40:50] = 0
    measured = measures(picture)
    assert measured is not None
    # Lines of 16 pixels end in 43 rows of the two columns of steps, of 59x79 pixels with neighbors.
    assert measured["vertical lines"] ** 2 == pytest.approx(2 * 43 / (59 * 79))
    assert measured["straight vertical lines"] == measured["vertical lines"]
    assert measured["horizontal lines"] == measured["straight horizontal lines"] == 0
    assert measured["most frequent color"] ** 2 == pytest.approx(10 / 80)
    assert measured["flat"] ** 2 == pytest.approx(77 / 79)
    assert measured["colorful"] == 0
    turned = measures(picture.transpose(1, 0, 2))
    assert turned is not None
    assert turned["horizontal lines"] > 0.1
    assert turned["vertical lines"] == 0
    assert all(0 <= value <= 1 for value in measured.values())


def test_borders_are_taken_off_one_in_another() -> None:
    inner = np.random.default_rng(0).integers(0, 256, (50, 70, 3), dtype=np.uint8)
    framed = np.pad(inner, ((9, 9), (0, 0), (0, 0)))
    framed = np.pad(framed, ((4, 4), (6, 6), (0, 0)), constant_values=255)
    found = without_border(framed)
    assert found.shape[0] >= 46
    assert found.shape[1] >= 66
    np.testing.assert_array_equal(without_border(inner), inner)
    assert without_border(np.zeros((40, 40, 3), np.uint8)).size == 0


def test_a_large_picture_is_measured_like_a_small_one() -> None:
    page = drawn.web_page(np.random.default_rng(SEED))
    large = np.repeat(np.repeat(page, 4, axis=0), 4, axis=1)
    one, other = measures(page), measures(large)
    assert one is not None
    assert other is not None
    assert {name: round(value, 1) for name, value in one.items()} == pytest.approx(other, abs=0.15)
    assert kind(large) == kind(page) == "web page"


def test_any_source_that_can_be_read(tmp_path: Path) -> None:
    page = Image.fromarray(drawn.web_page(np.random.default_rng(SEED)))
    buffer = io.BytesIO()
    page.save(buffer, "JPEG", quality=80)
    page.save(tmp_path / "page.png")
    for source in (page, np.asarray(page), buffer.getvalue(), tmp_path / "page.png", str(tmp_path / "page.png")):
        assert looks_like(source) == "web page"
    with pytest.raises(wepsam.ImageError):
        looks_like(tmp_path / "none.png")
    ImageDraw.Draw(page)  # the picture is still open


def test_the_card_has_a_number_for_each_kind_and_measure() -> None:
    measured = measures(np.random.default_rng(0).integers(0, 256, (50, 70, 3), dtype=np.uint8))
    assert measured is not None
    assert [*kinds.card()["rule"]] == ["drawn", *KINDS[2:]]
    for numbers in kinds.card()["rule"].values():
        assert [*numbers] == ["constant", *measured]


def test_the_fit_finds_what_differs_and_allows_few_alarms() -> None:
    """The first measure tells photographs from the rest, the next two name a kind each, the last says nothing."""
    from learn.kinds import SETS, fit, rates

    rng, names = np.random.default_rng(3), ["drawn", "axes", "text", "nothing"]
    centers = {
        ("photograph", SETS[0]): (0.2, 0.2, 0.2, 0.5),
        ("web page", "web"): (0.8, 0.2, 0.2, 0.5),
        ("chart", "chart"): (0.8, 0.8, 0.2, 0.5),
        ("page of text", "page of text"): (0.8, 0.2, 0.8, 0.5),
    }
    groups = {group: (rng.normal(at, 0.08, (400, 4)), rng.normal(at, 0.08, (400, 4))) for group, at in centers.items()}
    rules = [fit({group: halves[half] for group, halves in groups.items()}, names) for half in (0, 1)]
    for rule in rules:
        assert rule["drawn"]["drawn"] > 5 * abs(rule["drawn"]["nothing"])
        assert rule["chart"]["axes"] > 5 * abs(rule["chart"]["nothing"])
    found = rates(groups, names, rules)
    assert 0 < 800 - found[SETS[0]]["called"]["photograph"] <= 0.025 * 800
    assert found["web"]["called"]["web page"] >= 0.98 * 800
    assert found["chart"]["called"]["chart"] >= 0.9 * 800
    assert found["page of text"]["called"]["page of text"] >= 0.9 * 800


# ---- rates


@pytest.mark.parametrize(
    "name", ["photos", "photos224", "osie", "eyecrowd", "dut_omron", "salicon", "sjtu", "emod", "scene"]
)
def test_few_photographs_are_warned_of(shared: Path, name: str) -> None:
    paths = sorted((shared / "data" / name).rglob("*.jpg"))
    some = np.random.default_rng(0).permutation(len(paths))[:200]
    assert np.mean([looks_like(paths[i]) != "photograph" for i in some]) <= 0.02


def test_nearly_all_web_pages_are_warned_of(shared: Path) -> None:
    pages = [wepsam.read_image(path) for path in sorted((shared / "data" / "web").glob("*.jpg"))]
    assert share_of("web page", pages) >= 0.9
    for change, alter in alterations.PAGES.items():
        altered = [alter(page, np.random.default_rng(3)) for page in pages]
        assert share_of("photograph", altered) <= 0.1, change
