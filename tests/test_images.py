"""Reading, resizing and writing pictures: all sources give the same pixels."""

from __future__ import annotations

import io
import os
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from picture_samples import READERS, encoded, ramp, refusal
from wepsam.images import image_size, is_drawn, read_image, resize, save_image

pytestmark = pytest.mark.filterwarnings("error")  # no warning of Pillow's reaches the user


def test_all_sources_give_the_same_pixels(tmp_path: Path) -> None:
    path = tmp_path / "a.png"
    path.write_bytes(encoded(ramp()))
    for source in (
        path,
        str(path),
        path.read_bytes(),
        Image.fromarray(ramp()),
        Image.open(io.BytesIO(path.read_bytes())),
        ramp(),
    ):
        pixels = read_image(source)
        assert pixels.dtype == np.uint8
        assert pixels.flags.c_contiguous
        assert pixels.flags.writeable
        np.testing.assert_array_equal(pixels, ramp())
        assert image_size(source) == (24, 36)


def test_the_content_counts_not_the_name(tmp_path: Path) -> None:
    path = tmp_path / "a.jpg"
    path.write_bytes(encoded(ramp()))
    np.testing.assert_array_equal(read_image(path), ramp())


def test_other_sources_are_refused() -> None:
    for function in READERS:
        assert "expected a path" in refusal("<list>", [1, 2], function)
        assert "expected a path" in refusal("<NoneType>", None, function)


@pytest.mark.parametrize("kind", ["GIF", "WEBP", "PNG", "TIFF"])
def test_animations_give_their_first_frame(kind: str) -> None:
    first, second = (Image.new("RGB", (8, 6), color) for color in ("red", "blue"))
    options = {"lossless": True} if kind == "WEBP" else {}
    data = encoded(first, kind, save_all=True, append_images=[second], **options)
    assert Image.open(io.BytesIO(data)).is_animated  # type: ignore[attr-defined]
    np.testing.assert_array_equal(read_image(data), np.asarray(first))
    assert image_size(data) == (6, 8)


@pytest.mark.parametrize("size", [(1, 1), (1, 9), (9, 1)])
def test_tiny_pictures(size: tuple[int, int]) -> None:
    pixels = np.full((*size, 3), 77, np.uint8)
    for kind in ("PNG", "JPEG", "GIF", "TIFF", "BMP", "WEBP", "PPM"):
        for smallest in (None, 1, 500):
            answer = read_image(encoded(pixels, kind), smallest=smallest)
            assert answer.shape == pixels.shape
            assert np.abs(answer.astype(int) - 77).max() <= 1


def test_phone_pictures_with_a_second_picture_inside() -> None:
    """MPO, a JPEG followed by its depth map or the other eye: read, and drafted, as the JPEG that it is."""
    first, second = Image.fromarray(ramp(80, 120)), Image.new("RGB", (60, 40), "blue")
    data = encoded(first, "MPO", save_all=True, append_images=[second], quality=95)
    assert np.abs(read_image(data).astype(int) - ramp(80, 120)).mean() < 3
    assert read_image(data, smallest=20).shape == (20, 30, 3)


def test_smallest_decodes_less_but_never_too_little() -> None:
    data = encoded(ramp(200, 333), "JPEG", quality=95)
    for smallest in (1, 24, 25, 26, 49, 50, 51, 99, 100, 101, 199, 200, 201, 10_000):
        pixels = read_image(data, smallest=smallest)
        scale = max(s for s in (1, 2, 4, 8) if 200 // s >= smallest or s == 1)
        assert pixels.shape == (200 // scale, -(-333 // scale), 3)
        assert min(pixels.shape[:2]) >= min(smallest, 200)
        expected = resize(ramp(200, 333), (pixels.shape[0], pixels.shape[1]))
        assert np.abs(pixels.astype(int) - expected).mean() < 3


def test_smallest_leaves_a_callers_picture_alone() -> None:
    picture = Image.open(io.BytesIO(encoded(ramp(200, 333), "JPEG")))
    assert read_image(picture, smallest=10).shape == (200, 333, 3)
    assert picture.size == (333, 200)


def test_smallest_must_be_a_number_of_pixels() -> None:
    with pytest.raises(ValueError, match="smallest=0"):
        read_image(ramp(), smallest=0)


def test_resize() -> None:
    image = ramp(40, 60)
    np.testing.assert_array_equal(resize(image, (40, 60)), image)
    assert resize(image, (10, 7)).shape == (10, 7, 3)
    assert resize(image[..., 0], (80, 7)).shape == (80, 7)
    np.testing.assert_array_equal(resize(np.full((1, 1), 9, np.uint8), (3, 5)), 9)
    stripes = np.tile(np.array([[0, 255]], np.uint8), (40, 30))
    assert np.abs(resize(stripes, (10, 6)).astype(int) - 127.5).max() < 4  # antialiased: stripes turn gray


@pytest.mark.parametrize("shape", [(10, 70), (70, 10), (33, 41), (90, 130), (10, 10)])
def test_large_pictures_are_resized_to_the_same_pixels(shape: tuple[int, int], monkeypatch: pytest.MonkeyPatch) -> None:
    image = np.random.default_rng(0).integers(0, 256, (60, 80, 3), dtype=np.uint8)
    whole = resize(image, shape)
    monkeypatch.setattr("wepsam._picture_pixels.STRIP", 100)
    np.testing.assert_array_equal(resize(image, shape), whole)


@pytest.mark.parametrize("suffix", [".png", ".tif", ".bmp", ".PNG"])
def test_save_image(suffix: str, tmp_path: Path) -> None:
    path = tmp_path / f"a{suffix}"
    for image in (ramp(), ramp()[..., 0], ramp()[:, ::2]):
        save_image(path, image)
        np.testing.assert_array_equal(read_image(path), image if image.ndim == 3 else np.dstack([image] * 3))
    assert os.listdir(tmp_path) == [path.name]


@pytest.mark.parametrize("strip", [1, 400, 1 << 21])
def test_pngs_are_read_by_others(strip: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whole, with their checksums, as gray and as color, whatever is packed at a time."""
    monkeypatch.setattr("wepsam._picture_pixels.STRIP", strip)
    color = np.random.default_rng(0).integers(0, 256, (37, 53, 3), dtype=np.uint8)
    for image, mode in ((color, "RGB"), (color[..., 0], "L"), (color[:1, :1], "RGB")):
        for drawn in (False, True):
            save_image(tmp_path / "a.png", image, drawn=drawn)
            with Image.open(tmp_path / "a.png") as picture:
                picture.verify()
            with Image.open(tmp_path / "a.png") as picture:
                assert (picture.mode, picture.info.get("Software")) == (mode, "wepsam" if drawn else None)
                np.testing.assert_array_equal(np.asarray(picture), image)


@pytest.mark.parametrize("suffix", [".png", ".jpg"])
def test_a_picture_says_that_it_was_drawn(suffix: str, tmp_path: Path) -> None:
    for image in (ramp(), ramp()[..., 0]):
        save_image(tmp_path / f"a{suffix}", image, drawn=True)
        save_image(tmp_path / f"b{suffix}", image)
        assert [is_drawn(tmp_path / f"{name}{suffix}") for name in "ab"] == [True, False]
        os.replace(tmp_path / f"a{suffix}", tmp_path / "a.txt")
        assert is_drawn(tmp_path / "a.txt")  # by its content


def test_save_image_refuses(tmp_path: Path) -> None:
    def save(path: Path, image: np.ndarray | None = None) -> None:
        save_image(path, ramp() if image is None else image)

    assert ".png" in refusal(str(tmp_path / "a.xyz"), tmp_path / "a.xyz", save)
    assert ".png" in refusal(str(tmp_path / "a"), tmp_path / "a", save)
    assert "No such file" in refusal(str(tmp_path / "no/a.png"), tmp_path / "no/a.png", save)
    long = np.zeros((1, 65_501), np.uint8)
    assert "at most 65,500 pixels a side" in refusal(str(tmp_path / "a.jpg"), tmp_path / "a.jpg", save, image=long)
    save_image(tmp_path / "a.jpg", long[:, 1:])
    (tmp_path / "a.jpg").unlink()
    for image in (ramp() / 255.0, ramp()[None], ramp()[..., :2], ramp()[:0]):
        assert "uint8" in refusal(str(tmp_path / "a.png"), tmp_path / "a.png", save, image=image)
    (tmp_path / "b.png").mkdir()
    refusal(str(tmp_path / "b.png"), tmp_path / "b.png", save)
    assert os.listdir(tmp_path) == ["b.png"]
