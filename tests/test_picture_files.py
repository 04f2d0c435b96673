"""Files in every state of health: orientation, bounds, damage, strange paths, threads."""

from __future__ import annotations

import io
import os
import struct
import sys
import threading
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from helpers import HTML
from picture_samples import DEEP, READERS, SHALLOW, chunk, encoded, exif, png, ramp, refusal
from wepsam.images import MAX_PIXELS, ImageError, image_size, read_image

pytestmark = pytest.mark.filterwarnings("error")  # no warning of Pillow's reaches the user


# By the EXIF standard: which edges of what one sees are the stored picture's first row and first column.
STORED: dict[int, Callable[[np.ndarray], np.ndarray]] = {
    1: lambda seen: seen,
    2: lambda seen: seen[:, ::-1],  # top, right
    3: lambda seen: seen[::-1, ::-1],  # bottom, right
    4: lambda seen: seen[::-1],  # bottom, left
    5: lambda seen: seen.swapaxes(0, 1),  # left, top
    6: lambda seen: seen.swapaxes(0, 1)[::-1],  # right, top
    7: lambda seen: seen.swapaxes(0, 1)[::-1, ::-1],  # right, bottom
    8: lambda seen: seen.swapaxes(0, 1)[:, ::-1],  # left, bottom
}


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "WEBP", "TIFF"])
@pytest.mark.parametrize("orientation", STORED)
def test_all_orientations(kind: str, orientation: int, tmp_path: Path) -> None:
    stored = np.ascontiguousarray(STORED[orientation](ramp(40, 64)))
    options = {
        "PNG": {},
        "TIFF": {"compression": "tiff_lzw"},
        "WEBP": {"lossless": True},
        "JPEG": {"quality": 95},
    }
    data = encoded(stored, kind, exif=exif(orientation), **options[kind])  # type: ignore[arg-type]
    path = tmp_path / "a"
    path.write_bytes(data)
    for make in (lambda: data, lambda: path, lambda: Image.open(io.BytesIO(data))):
        assert image_size(make()) == (40, 64)
        error = np.abs(read_image(make()).astype(int) - ramp(40, 64))
        assert error.mean() < 3 if kind == "JPEG" else error.max() == 0
    picture = Image.open(io.BytesIO(data))
    assert read_image(picture).shape[:2] == image_size(picture) == (40, 64)
    half = read_image(data, smallest=20)
    assert half.shape == ((20, 32, 3) if kind == "JPEG" else (40, 64, 3))


def test_deep_pixels_are_turned_too() -> None:
    data = encoded(Image.fromarray(DEEP), exif=exif(6))
    assert image_size(data) == (9, 1)
    np.testing.assert_array_equal(read_image(data)[:, 0, 0], SHALLOW)


@pytest.mark.parametrize("orientation", [0, 9, 65535])
def test_impossible_orientations_count_as_upright(orientation: int) -> None:
    data = encoded(ramp(), exif=exif(orientation))
    np.testing.assert_array_equal(read_image(data), ramp())
    assert image_size(data) == (24, 36)


def test_broken_exif_is_not_a_broken_picture() -> None:
    for junk in (
        b"Exif\0\0",
        b"Exif\0\0II*\0\xff\xff\xff\xff",
        b"Exif\0\0MM\0*\0\0\0\x08\0\x01\x01\x12\0\x03",
        b"x",
    ):
        for kind in ("PNG", "WEBP"):
            data = encoded(ramp(), kind, exif=junk, **({"lossless": True} if kind == "WEBP" else {}))
            np.testing.assert_array_equal(read_image(data), ramp())
            assert image_size(data) == (24, 36)


def test_png_with_exif_behind_the_pixels() -> None:
    rows = b"".join(b"\0" + row.tobytes() for row in ramp())
    data = png(36, 24, 8, 2, rows, late=chunk(b"eXIf", exif(6).tobytes()[6:]))
    assert image_size(data) == (36, 24)
    np.testing.assert_array_equal(read_image(data), np.rot90(ramp(), -1))
    picture = Image.open(io.BytesIO(data))
    assert image_size(picture) == (36, 24) == read_image(picture).shape[:2]


def test_the_size_comes_without_decoding() -> None:
    for kind in ("PNG", "JPEG", "BMP", "TIFF"):
        picture = Image.open(io.BytesIO(encoded(ramp(), kind)))
        assert image_size(picture) == (24, 36)
        assert picture._im is None


def test_too_many_pixels_are_refused_before_decoding(tmp_path: Path) -> None:
    for width, height in ((50_000, 50_000), (2**31 - 1, 2**31 - 1), (MAX_PIXELS + 1, 1)):
        path = tmp_path / "bomb.png"
        path.write_bytes(png(width, height, 8, 2, b""))
        for function in READERS:
            message = refusal(str(path), path, function)
            assert "160,000,000" in message
            assert "max_pixels" in message
    gif = b"GIF89a" + struct.pack("<HHBBB", 65535, 65535, 0, 0, 0)
    gif += b"!\xf9\x04\x08\0\0\0\0" + b"," + struct.pack("<HHHHB", 0, 0, 65535, 65535, 0) + b"\x02\x01\0\0;"
    assert "max_pixels" in refusal("<bytes>", gif)


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "TIFF", "GIF", "WEBP", "BMP"])
def test_the_bound_is_exact_and_can_be_moved(kind: str, monkeypatch: pytest.MonkeyPatch) -> None:
    data = encoded(ramp(5, 7), kind)
    picture = Image.open(io.BytesIO(data))
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", 3)  # Pillow's own bound neither helps nor hinders
    assert read_image(data, max_pixels=35).shape == (5, 7, 3)
    assert read_image(data).shape == (5, 7, 3)
    for source in (data, picture):
        for function in READERS:
            assert "34" in refusal("<bytes>" if source is data else "<picture>", source, function, max_pixels=34)
    assert Image.MAX_IMAGE_PIXELS == 3


def test_with_smallest_the_bound_counts_what_is_decoded() -> None:
    data = encoded(ramp(400, 400), "JPEG")
    assert read_image(data, smallest=50, max_pixels=2500).shape == (50, 50, 3)
    refusal("<bytes>", data, smallest=51, max_pixels=2500)
    # All coefficients of a progressive JPEG are kept in memory at full size.
    refusal("<bytes>", encoded(ramp(400, 400), "JPEG", progressive=True), smallest=50, max_pixels=2500)


@pytest.mark.parametrize(
    ("content", "word"),
    [
        (b"", "empty"),
        (HTML, "<!DOCTYPE html>"),
        (b"\xff", "begins with"),
        (b"\xff\xd8\xff", "begins with"),
        (b"\0\0\0\x18ftypheic\0\0\0\0heic", "HEIC"),
        (encoded(ramp(), "JPEG2000"), "JPEG"),
        (b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\n", "JPEG"),
        (png(0, 5, 8, 2, b""), "<bytes>"),
        (b"P6 0 5 255\n", "begins with"),
        (b"P6 5 5 70000\n", "<bytes>"),
    ],
)
def test_not_a_picture(content: bytes, word: str, tmp_path: Path) -> None:
    path = tmp_path / "page.jpg"
    path.write_bytes(content)
    for function in READERS:
        assert word in refusal("<bytes>", content, function)
        refusal(str(path), path, function)


def test_paths_that_are_not_files(tmp_path: Path) -> None:
    for function in READERS:
        assert "folder" in refusal(str(tmp_path), tmp_path, function)
        assert "No such file" in refusal(str(tmp_path / "a.png"), tmp_path / "a.png", function)
        (tmp_path / "dangling.png").unlink(missing_ok=True)
        (tmp_path / "dangling.png").symlink_to("nowhere.png")
        assert "No such file" in refusal(str(tmp_path / "dangling.png"), tmp_path / "dangling.png", function)
        refusal(r"'a\x00b.png'", "a\0b.png", function)
    if hasattr(os, "mkfifo"):
        os.mkfifo(tmp_path / "pipe.png")
        assert "regular" in refusal(str(tmp_path / "pipe.png"), tmp_path / "pipe.png")


@pytest.mark.skipif(os.name == "nt" or os.geteuid() == 0, reason="root may read everything")
def test_unreadable_file(tmp_path: Path) -> None:
    path = tmp_path / "a.png"
    path.write_bytes(encoded(ramp()))
    path.chmod(0)
    assert "Permission denied" in refusal(str(path), path)


def test_a_name_with_a_newline_stays_one_line(tmp_path: Path) -> None:
    path = tmp_path / "a\nb.jpg"
    path.write_bytes(HTML)
    assert r"a\nb.jpg" in refusal(ascii(str(path)), path)


ENCODINGS: dict[str, dict[str, Any]] = {
    "PNG": {},
    "JPEG": {},
    "JPEG progressive": {"progressive": True},
    "GIF": {},
    "WEBP": {},
    "AVIF": {},
    "TIFF": {},
    "TIFF lzw": {"compression": "tiff_lzw"},
    "TIFF jpeg": {"compression": "jpeg"},
    "BMP": {},
    "PPM": {},
}


def read_or_refuse(data: bytes, function: Callable[..., Any] = read_image) -> Any:
    """What the function returns, or None if it refuses in one line."""
    try:
        return function(data, max_pixels=1_000_000)
    except ImageError as error:
        message = str(error)
    assert message.startswith("<bytes>: ")
    assert len(message.splitlines()) == 1
    return None


@pytest.mark.parametrize("name", ENCODINGS)
def test_truncated_files_are_refused_or_whole(name: str, capfd: pytest.CaptureFixture[str]) -> None:
    data = encoded(ramp(64, 96), name.split()[0], exif=exif(6), **ENCODINGS[name])
    whole = read_image(data)
    cuts = {*range(1, 40, 3), *(len(data) * k // 12 for k in range(1, 12)), *range(len(data) - 12, len(data))}
    refusals = 0
    for cut in sorted(cuts):
        pixels = read_or_refuse(data[:cut])
        refusals += pixels is None
        if pixels is not None:
            np.testing.assert_array_equal(pixels, whole)  # all that was cut off is the end mark
    assert refusals >= len(cuts) - 12
    if not name.startswith("TIFF") or sys.platform != "win32":  # there libtiff is out of reach
        assert capfd.readouterr() == ("", "")


@pytest.mark.parametrize("name", ENCODINGS)
def test_damaged_files_are_pictures_or_one_line(name: str, capfd: pytest.CaptureFixture[str]) -> None:
    rng = np.random.default_rng(0)
    whole = np.frombuffer(encoded(ramp(32, 48), name.split()[0], exif=exif(8), **ENCODINGS[name]), np.uint8)
    for trial in range(60):
        damaged = whole.copy()
        places = rng.integers(len(whole) if trial % 2 else min(200, len(whole)), size=1 + trial % 5)
        damaged[places] = rng.integers(256, size=len(places))
        for function in READERS:
            read_or_refuse(damaged.tobytes(), function)
    if not name.startswith("TIFF") or sys.platform != "win32":  # there libtiff is out of reach
        assert capfd.readouterr() == ("", "")


def test_random_bytes() -> None:
    rng = np.random.default_rng(0)
    for length in (1, 3, 16, 100, 5000):
        for _ in range(20):
            refusal("<bytes>", rng.bytes(length))


def test_an_interrupt_is_not_an_image_error(monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupt(*_: object) -> None:
        raise KeyboardInterrupt

    data = encoded(ramp())
    monkeypatch.setattr(Image.Image, "load", interrupt)
    with pytest.raises(KeyboardInterrupt):
        read_image(data)


@pytest.mark.parametrize("error", [MemoryError(), SyntaxError("two\nlines"), struct.error("x"), EOFError()])
def test_whatever_pillow_raises_is_an_image_error(error: Exception, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object) -> None:
        raise error

    data = encoded(ramp())
    monkeypatch.setattr(Image.Image, "load", fail)
    refusal("<bytes>", data)


def test_threads_leave_pillow_and_the_warning_filters_as_they_were() -> None:
    limit, filters = Image.MAX_IMAGE_PIXELS, list(warnings.filters)
    sources = [encoded(ramp(64, 64), kind) for kind in ("JPEG", "PNG", "TIFF", "GIF")]
    failures: list[Exception] = []

    def work() -> None:
        try:
            for _ in range(10):
                for source in sources:
                    read_image(source)
                    image_size(source)
        except Exception as error:
            failures.append(error)

    threads = [threading.Thread(target=work) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not failures
    assert limit == Image.MAX_IMAGE_PIXELS
    assert filters == list(warnings.filters)
