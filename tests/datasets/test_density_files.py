"""What is a density, and what only looks like one."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from dataset_files import blob, save
from helpers import Paint, Write, refused
from wepsam import maps
from wepsam.colormaps import colors
from wepsam.datasets import Sample, color_values, open_dataset
from wepsam.datasets.density_files import read_map
from wepsam.evaluation import fingerprints

SIZE = (90, 120)


@pytest.fixture
def density() -> np.ndarray:
    """(H, W) float64, 1 at its peak."""
    found = maps.density(np.array([(40.0, 30), (80, 60)]), SIZE, 9.0)
    return found / found.max()


def dots(radius: float) -> np.ndarray:
    """20 white dots."""
    y, x = np.mgrid[:90, :120]
    places = np.random.default_rng(0).normal((60, 45), (15, 10), (20, 2))
    marked = np.any([(x - a) ** 2 + (y - b) ** 2 <= radius**2 for a, b in np.round(places)], axis=0)
    return np.uint8(255) * marked


@pytest.mark.parametrize("suffix", [".png", ".jpg", ".bmp", ".tif"])
def test_gray_is_read(suffix: str, density: np.ndarray, tmp_path: Path, write: Write) -> None:
    gray = np.rint(255 * density).astype(np.uint8)
    for kind, picture in (("gray", gray), ("color", np.dstack([gray] * 3))):
        path = write(tmp_path / f"{kind}{suffix}", picture)
        np.testing.assert_allclose(read_map(path), gray, atol=8 if suffix == ".jpg" else 0)


def test_gray_with_an_opaque_alpha_and_gray_palettes_are_read(density: np.ndarray, tmp_path: Path) -> None:
    gray = Image.fromarray(np.rint(255 * density).astype(np.uint8))
    for mode in ("LA", "RGBA", "P"):
        gray.convert(mode).save(tmp_path / f"{mode}.png")
        np.testing.assert_array_equal(read_map(tmp_path / f"{mode}.png"), np.asarray(gray))


@pytest.mark.parametrize("ramp", ["viridis", "magma", "ember"])
@pytest.mark.parametrize("suffix", [".png", ".jpg"])
def test_colors_are_refused(
    ramp: str, suffix: str, density: np.ndarray, tmp_path: Path, paint: Paint, write: Write
) -> None:
    heat = colors(ramp)[np.rint(255 * density).astype(int)]
    picture = paint(0, *SIZE)
    alone, over = write(tmp_path / f"a{suffix}", heat), write(tmp_path / f"b{suffix}", heat // 2 + picture // 2)
    refused(lambda: read_map(alone), alone, "looks like a heat map in colors", "expected gray")
    refused(lambda: read_map(over), over, "looks like a heat map", "expected gray")


@pytest.mark.parametrize("ramp", ["jet", "hot", "viridis", "viridis_r", "turbo", "ember"])
@pytest.mark.parametrize("suffix", [".png", ".jpg", ".bmp"])
def test_colors_are_read_by_the_name_of_their_color_map(
    ramp: str, suffix: str, density: np.ndarray, tmp_path: Path, paint: Paint, write: Write
) -> None:
    table = color_values.ramp(ramp).astype(np.uint8)
    for number in range(3):
        write(tmp_path / "images" / f"{number}.png", paint(number, *SIZE))
        write(tmp_path / "maps" / f"{number}{suffix}", table[np.rint(255 * density).astype(int)])
    data = open_dataset(f"mine:maps:{ramp}={tmp_path}")
    error = np.abs(data[0].density() - density / density.sum()) / data[0].density().max()
    assert error.max() < (0.15 if suffix == ".jpg" else 0.01)
    assert error.mean() < 0.02
    assert fingerprints.truth(data) != fingerprints.truth(open_dataset(f"mine:maps={tmp_path}"))
    advice = [] if suffix == ".jpg" else ["NAME:maps:jet=FOLDER"]  # JPEG gives it more colors than a color map has
    refused(open_dataset(f"mine:maps={tmp_path}")[0].density, "looks like a heat map", *advice)


def test_other_colors_than_those_that_were_named_are_refused(
    density: np.ndarray, tmp_path: Path, paint: Paint, write: Write
) -> None:
    jet = color_values.ramp("jet").astype(np.uint8)[np.rint(255 * density).astype(int)]
    alone, over = write(tmp_path / "a.png", jet), write(tmp_path / "b.png", jet // 2 + paint(0, *SIZE) // 2)
    refused(lambda: read_map(alone, "hot"), alone, "is not drawn in the colors of hot: ", "% of its pixels")
    refused(lambda: read_map(over, "jet"), over, "is not drawn in the colors of jet: ")
    alpha = write(tmp_path / "c.png", np.dstack([jet, np.full(SIZE, 9, np.uint8)]))
    refused(lambda: read_map(alpha, "jet"), alpha, "a map drawn as transparency")
    write(tmp_path / "images" / "a.png", paint(0, *SIZE))
    write(tmp_path / "maps" / "a.png", jet)
    refused(lambda: open_dataset(f"mine:maps:jett={tmp_path}"), "no color map 'jett'", "jet")
    refused(lambda: open_dataset(f"mine:csv:jet={tmp_path}"), "a color map is for density maps: mine:maps:jet=FOLDER")


@pytest.mark.parametrize("mode", ["1", "L", "P", "RGB", "LA"])
def test_a_density_with_too_many_pixels_is_one_line(mode: str, tmp_path: Path) -> None:
    """A PNG of some kilobytes, which would take gigabytes."""
    path = tmp_path / "a.png"
    Image.new(mode, (8192, 8193)).save(path)
    refused(lambda: read_map(path), path, "more than 67,108,864 pixels, which no map has")


def test_what_is_no_file_is_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "a.png")
    refused(lambda: read_map(tmp_path / "a.png"), "a.png", "not a regular file")
    (tmp_path / "b.png").mkdir()
    refused(lambda: read_map(tmp_path / "b.png"), "b.png", "Is a directory")


def test_a_map_in_the_transparency_is_refused(density: np.ndarray, tmp_path: Path, write: Write) -> None:
    alpha = np.rint(255 * density).astype(np.uint8)
    for name, color in (("red", (255, 0, 0)), ("white", (255, 255, 255))):
        path = write(tmp_path / f"{name}.png", np.dstack([np.full((*SIZE, 3), color, np.uint8), alpha]))
        refused(lambda path=path: read_map(path), path, "a map drawn as transparency")  # type: ignore[misc]


@pytest.mark.parametrize("radius", [0, 1.5, 3])
@pytest.mark.parametrize("suffix", [".png", ".jpg"])
def test_points_are_refused(radius: float, suffix: str, tmp_path: Path, write: Write) -> None:
    path = write(tmp_path / f"points{suffix}", dots(radius))
    refused(lambda: read_map(path), path, "looks like a map of points", "NAME:points=FOLDER")


@pytest.mark.parametrize("sigma", [1.0, 2, 5, 20, 60])
def test_densities_of_any_sigma_are_not_points(sigma: float, tmp_path: Path, write: Write) -> None:
    for count in (1, 3, 30):
        points = np.random.default_rng(count).uniform((10, 10), (110, 80), (count, 2))
        found = maps.density(points, SIZE, sigma)
        read_map(write(tmp_path / f"{count}.png", np.rint(255 * found / found.max()).astype(np.uint8)))


def test_a_few_pixels_above_white_are_clipped(
    density: np.ndarray, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """32-bit files do not say what is white: the bulk of the values does."""
    unit = density.astype(np.float32)
    for name, scale, kind in (("unit", 1, np.float32), ("int", 255, np.int32), ("wide", 65535, np.int32)):
        values = (unit * scale).astype(kind)
        clean = values.astype(float)
        path = tmp_path / f"{name}.tif"
        Image.fromarray(values).save(path)
        np.testing.assert_array_equal(read_map(path), clean)
        assert not caplog.records
        values[3, 4] = 300 * scale
        Image.fromarray(values).save(path)
        clean[3, 4] = scale
        np.testing.assert_array_equal(read_map(path), clean)
        assert f"{path}: {scale} is taken for white; 1 pixels above it are clipped" in caplog.text
        caplog.clear()


def test_a_float_density_of_any_scale_keeps_its_peak(density: np.ndarray, tmp_path: Path) -> None:
    for scale in (1e-4, 2.5, 400, 1e6):
        Image.fromarray((density * scale).astype(np.float32)).save(tmp_path / "a.tif")
        np.testing.assert_allclose(read_map(tmp_path / "a.tif"), density * scale, rtol=1e-6)


def test_what_no_density_has(density: np.ndarray, tmp_path: Path) -> None:
    for value, words in ((np.nan, "NaN or infinite"), (-np.inf, "NaN or infinite")):
        spoilt = density.astype(np.float32)
        spoilt[5, 5] = value
        Image.fromarray(spoilt).save(tmp_path / "a.tif")
        refused(lambda: read_map(tmp_path / "a.tif"), "a.tif", words)
    Image.fromarray(np.log(density + 1e-9).astype(np.float32)).save(tmp_path / "b.tif")
    refused(lambda: read_map(tmp_path / "b.tif"), "b.tif", "smallest value is", "log-density")
    path = save(tmp_path / "c.mat", I=density - 0.5)
    refused(lambda: read_map(path), path, "smallest value is -0.5")


def test_a_transposed_density_is_refused(tmp_path: Path, paint: Paint, write: Write) -> None:
    shapes = {"same": SIZE, "small": (45, 60), "square": (64, 64), "turned": (120, 90), "half": (60, 45)}
    for name, shape in shapes.items():
        write(tmp_path / "images" / f"{name}.png", paint(0, *SIZE))
        write(tmp_path / "maps" / f"{name}.png", blob(shape, 20, 30))
    by_id = {sample.id: sample for sample in open_dataset(f"mine={tmp_path}")}
    for name in ("same", "small", "square"):
        assert by_id[name].density().shape == SIZE
    for name in ("turned", "half"):
        refused(by_id[name].density, f"{name}.png is", "its picture 120x90", "looks transposed")


@pytest.mark.parametrize("scale", [1e300, 1e-60])
def test_the_scale_of_a_density_does_not_matter(scale: float, density: np.ndarray, tmp_path: Path) -> None:
    path = save(tmp_path / "a.mat", I=(density[::2, ::2] * scale))
    found = Sample("a", tmp_path / "a.png", SIZE, density_path=path).density()
    np.testing.assert_allclose(found, maps.to_density(maps.enlarge(density[::2, ::2], SIZE)), rtol=1e-4, atol=1e-12)
