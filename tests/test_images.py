"""Every kind of picture that people have, in every state of health, made here with Pillow or by hand."""

from __future__ import annotations

import io
import os
import struct
import threading
import warnings
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import ExifTags, Image, ImageCms

from wepsam.images import (
    MAX_PIXELS,
    ImageError,
    image_size,
    read_image,
    resize,
    save_image,
)
from wepsam.sources import find_images

pytestmark = pytest.mark.filterwarnings("error")  # no warning of Pillow's reaches the user

READERS: list[Callable[..., Any]] = [read_image, image_size]


def ramp(height: int = 24, width: int = 36) -> np.ndarray:
    """Smooth, colored, without any symmetry."""
    y, x = np.mgrid[0 : 1 : height * 1j, 0 : 1 : width * 1j]
    color: np.ndarray = np.rint(255 * np.stack([x, y, (1 - x) * (1 - y) ** 2], axis=-1))
    return color.astype(np.uint8)


def encoded(picture: Image.Image | np.ndarray, kind: str = "PNG", **options: Any) -> bytes:
    file = io.BytesIO()
    (Image.fromarray(picture) if isinstance(picture, np.ndarray) else picture).save(file, kind, **options)
    return file.getvalue()


def chunk(kind: bytes, data: bytes = b"") -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def png(width: int, height: int, depth: int, color: int, rows: bytes, *more: bytes, late: bytes = b"") -> bytes:
    """A PNG by hand: chunks `more` in front of the pixels, `late` behind them."""
    header = struct.pack(">IIBBBBB", width, height, depth, color, 0, 0, 0)
    pixels = chunk(b"IDAT", zlib.compress(rows))
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + b"".join(more) + pixels + late + chunk(b"IEND")


def refused(name: str, source: Any, function: Callable[..., Any] = read_image, **options: Any) -> str:
    """The message, which is one line and begins with the name."""
    with pytest.raises(ImageError) as caught:
        function(source, **options)
    message = str(caught.value)
    assert message.startswith(f"{name}: ")
    assert len(message.splitlines()) == 1
    assert len(message) > len(name) + 8
    return message


# ---- kinds of sources


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


def test_arrays() -> None:
    rgb = ramp()
    gray = rgb[..., 0]
    as_rgb = np.repeat(gray[..., None], 3, axis=2)
    np.testing.assert_array_equal(read_image(gray), as_rgb)
    np.testing.assert_array_equal(read_image(gray[..., None]), as_rgb)
    np.testing.assert_array_equal(read_image(rgb.astype(np.uint16) * 257), rgb)
    np.testing.assert_array_equal(read_image(np.array([[0, 128, 129, 65535]], np.uint16))[0, :, 0], [0, 0, 1, 255])
    for kind in (np.float16, np.float32, np.float64):
        np.testing.assert_allclose(read_image((rgb / 255).astype(kind)), rgb, atol=0)
    np.testing.assert_array_equal(read_image(np.array([[True, False]]))[0, :, 1], [255, 0])
    np.testing.assert_array_equal(read_image(rgb[:, ::-1]), rgb[:, ::-1])
    half = np.concatenate([rgb, np.full((24, 36, 1), 128, np.uint8)], axis=2)
    np.testing.assert_allclose(read_image(half), rgb * (128 / 255) + 127, atol=1)
    np.testing.assert_allclose(read_image(half / 255.0), rgb * (128 / 255) + 127, atol=1)


@pytest.mark.parametrize(
    "array",
    [
        np.zeros(5, np.uint8),
        np.zeros((2, 3, 2), np.uint8),
        np.zeros((2, 3, 5), np.uint8),
        np.zeros((1, 2, 3, 3), np.uint8),
        np.zeros((0, 3), np.uint8),
        np.zeros((3, 0, 3), np.float32),
        np.zeros((3, 3), np.int64),
        np.zeros((3, 3), complex),
        np.zeros((3, 3), object),
    ],
)
def test_other_arrays_are_refused(array: np.ndarray) -> None:
    for function in READERS:
        message = refused("<array>", array, function)
        assert str(array.shape) in message
        assert str(array.dtype) in message
        assert "(H, W, 3)" in message


@pytest.mark.parametrize("value", [-0.01, 1.01, 255.0, np.nan, np.inf])
def test_floats_outside_0_to_1_are_refused(value: float) -> None:
    assert "[0, 1]" in refused("<array>", np.array([[0.5, value]]))


def test_other_sources_are_refused() -> None:
    for function in READERS:
        assert "expected a path" in refused("<list>", [1, 2], function)
        assert "expected a path" in refused("<NoneType>", None, function)


# ---- kinds of pixels


@pytest.mark.parametrize("kind", ["PNG", "TIFF", "BMP", "PPM", "WEBP"])
def test_lossless_color(kind: str) -> None:
    options = {"lossless": True} if kind == "WEBP" else {}
    data = encoded(ramp(), kind, **options)
    np.testing.assert_array_equal(read_image(data), ramp())
    assert image_size(data) == (24, 36)


@pytest.mark.parametrize("kind", ["JPEG", "WEBP", "AVIF"])
def test_lossy_color(kind: str) -> None:
    error = read_image(encoded(ramp(), kind, quality=95)).astype(int) - ramp()
    assert np.abs(error).mean() < 3


@pytest.mark.parametrize("mode", ["L", "1", "P", "YCbCr", "HSV", "CMYK", "RGBX"])
def test_modes_convert_as_pillow_says(mode: str) -> None:
    picture = Image.fromarray(ramp()).convert(mode)
    np.testing.assert_array_equal(read_image(picture), np.asarray(picture.convert("RGB")))


@pytest.mark.parametrize("mode", ["L", "1", "P"])
@pytest.mark.parametrize("kind", ["PNG", "TIFF", "GIF", "BMP"])
def test_gray_palette_and_bits_in_files(mode: str, kind: str) -> None:
    picture = Image.fromarray(ramp()).convert(mode)
    np.testing.assert_array_equal(read_image(encoded(picture, kind)), np.asarray(picture.convert("RGB")))


def transparent_pictures() -> dict[str, Any]:
    """Red, opaque on the left and invisible on the right, in every form that carries it."""
    rgba = np.zeros((4, 6, 4), np.uint8)
    rgba[..., 0] = 255
    rgba[:, :3, 3] = 255
    picture = Image.fromarray(rgba)
    palette = Image.new("P", (6, 4), 0)
    palette.putpalette([255, 0, 0, 0, 0, 255])
    palette.paste(1, (3, 0, 6, 4))
    color = Image.new("RGB", (6, 4), (255, 0, 0))
    color.paste((0, 0, 255), (3, 0, 6, 4))
    return {
        "RGBA png": encoded(picture),
        "RGBA tiff": encoded(picture, "TIFF"),
        "RGBA webp": encoded(picture, "WEBP", lossless=True),
        "RGBA picture": picture,
        "RGBa picture": picture.convert("RGBa"),
        "P, one transparent index": encoded(palette, transparency=1),
        "P, alpha for each index": encoded(palette, transparency=b"\xff\x00"),
        "P gif": encoded(palette, "GIF", transparency=1),
        "RGB, transparent color": encoded(color, transparency=(0, 0, 255)),
        "PA picture": picture.convert("PA"),
    }


@pytest.mark.parametrize("form", transparent_pictures())
def test_transparent_color_shows_white(form: str) -> None:
    pixels = read_image(transparent_pictures()[form])
    np.testing.assert_array_equal(pixels[:, :3], np.broadcast_to([255, 0, 0], (4, 3, 3)))
    np.testing.assert_array_equal(pixels[:, 3:], 255)


def test_transparent_gray_shows_white() -> None:
    gray = np.array([[0, 100, 200]], np.uint8)
    la = Image.merge("LA", [Image.fromarray(gray), Image.fromarray(np.array([[255, 0, 128]], np.uint8))])
    for source in (la, encoded(la), la.convert("La")):
        np.testing.assert_allclose(read_image(source)[0, :, 0], [0, 255, 227], atol=1)
    np.testing.assert_array_equal(read_image(encoded(gray, transparency=100))[0, :, 1], [0, 255, 200])
    deep = png(3, 1, 16, 0, b"\0" + struct.pack(">3H", 0, 25700, 51400), chunk(b"tRNS", struct.pack(">H", 25700)))
    np.testing.assert_array_equal(read_image(deep)[0, :, 2], [0, 255, 200])


DEEP = np.array([[0, 128, 129, 255, 256, 25700, 65406, 65407, 65535]], np.uint16)
SHALLOW = [0, 0, 1, 1, 1, 100, 254, 255, 255]


def test_16_bit_gray() -> None:
    picture = Image.fromarray(DEEP)
    assert picture.mode == "I;16"
    big_endian = Image.frombytes("I;16B", picture.size, DEEP.astype(">u2").tobytes())
    integers = Image.fromarray(DEEP.astype(np.int32))
    sources: list[Any] = [picture, big_endian, integers, encoded(picture), encoded(big_endian, "TIFF")]
    sources += [
        encoded(picture, "TIFF"),
        encoded(picture, "TIFF", compression="tiff_lzw"),
        encoded(picture, "PPM"),
    ]
    for source in sources:
        np.testing.assert_array_equal(read_image(source)[0, :, 0], SHALLOW)


def test_16_bit_color_keeps_its_high_byte() -> None:
    """Pillow decodes these at 8 bits and so decides; a 16-bit gray with alpha likewise."""
    values = np.array([0, 255, 256, 25700, 65535, 32767], ">u2")
    np.testing.assert_array_equal(read_image(png(2, 1, 16, 2, b"\0" + values.tobytes())).ravel(), values >> 8)
    with_alpha = np.array([25700, 65535, 25700, 0], ">u2")
    pixels = read_image(png(2, 1, 16, 4, b"\0" + with_alpha.tobytes()))
    np.testing.assert_array_equal(pixels[0], [[100] * 3, [255] * 3])


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ([0, 0.5, 1], [0, 128, 255]),
        ([0.2, 0.2, 0.2], [51, 51, 51]),
        ([0, 100, 255], [0, 100, 255]),
        ([0, 25700, 65535], [0, 100, 255]),
        ([-1, 0, 3], [0, 64, 255]),
        ([0, 1e6, 4e6], [0, 64, 255]),
        ([-5, -5, -5], [0, 0, 0]),
        ([np.nan, 0.5, 1], [0, 128, 255]),
        ([-np.inf, 0.5, np.inf], [0, 128, 255]),
    ],
)
def test_32_bit_floats(values: list[float], expected: list[int]) -> None:
    picture = Image.fromarray(np.array([values], np.float32))
    for source in (picture, encoded(picture, "TIFF")):
        np.testing.assert_array_equal(read_image(source)[0, :, 0], expected)


def test_32_bit_integers_and_no_numbers() -> None:
    for values, expected in (
        ([0, 10, 255], [0, 0, 1]),
        ([-100, 0, 300], [0, 64, 255]),
        ([70000, 70000], [0, 0]),
    ):
        pixels = read_image(encoded(Image.fromarray(np.array([values], np.int32)), "TIFF"))
        np.testing.assert_array_equal(pixels[0, :, 0], expected)
    assert "finite" in refused("<picture>", Image.fromarray(np.full((2, 2), np.nan, np.float32)))


def test_cmyk_jpeg_of_both_conventions() -> None:
    """Adobe stores CMYK inverted and marks it so; Pillow takes files without the mark for Adobe's too."""
    cmyk = Image.new("CMYK", (8, 8), (0, 255, 255, 0))
    data = encoded(cmyk, "JPEG", quality=100)
    mark = data.index(b"\xff\xee\x00\x0eAdobe")
    for source in (data, data[:mark] + data[mark + 16 :], encoded(cmyk, "TIFF"), cmyk):
        np.testing.assert_allclose(read_image(source), np.broadcast_to([255, 0, 0], (8, 8, 3)), atol=3)


def test_lab() -> None:
    color = ramp() // 2 + 60
    to_lab = ImageCms.buildTransform(ImageCms.createProfile("sRGB"), ImageCms.createProfile("LAB"), "RGB", "LAB")
    lab = ImageCms.applyTransform(Image.fromarray(color), to_lab)
    assert lab is not None
    for source in (lab, encoded(lab, "TIFF")):
        assert np.abs(read_image(source).astype(int) - color).mean() < 1


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


# ---- orientation

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


def exif(orientation: int) -> Image.Exif:
    tags = Image.Exif()
    tags[ExifTags.Base.Orientation] = orientation
    return tags


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


# ---- smallest and max_pixels


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


def test_too_many_pixels_are_refused_before_decoding(tmp_path: Path) -> None:
    for width, height in ((50_000, 50_000), (2**31 - 1, 2**31 - 1), (MAX_PIXELS + 1, 1)):
        path = tmp_path / "bomb.png"
        path.write_bytes(png(width, height, 8, 2, b""))
        for function in READERS:
            message = refused(str(path), path, function)
            assert "160,000,000" in message
            assert "max_pixels" in message
    gif = b"GIF89a" + struct.pack("<HHBBB", 65535, 65535, 0, 0, 0)
    gif += b"!\xf9\x04\x08\0\0\0\0" + b"," + struct.pack("<HHHHB", 0, 0, 65535, 65535, 0) + b"\x02\x01\0\0;"
    assert "max_pixels" in refused("<bytes>", gif)


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "TIFF", "GIF", "WEBP", "BMP"])
def test_the_bound_is_exact_and_can_be_moved(kind: str, monkeypatch: pytest.MonkeyPatch) -> None:
    data = encoded(ramp(5, 7), kind)
    picture = Image.open(io.BytesIO(data))
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", 3)  # Pillow's own bound neither helps nor hinders
    assert read_image(data, max_pixels=35).shape == (5, 7, 3)
    assert read_image(data).shape == (5, 7, 3)
    for source in (data, picture):
        for function in READERS:
            assert "34" in refused("<bytes>" if source is data else "<picture>", source, function, max_pixels=34)
    assert Image.MAX_IMAGE_PIXELS == 3


def test_with_smallest_the_bound_counts_what_is_decoded() -> None:
    data = encoded(ramp(400, 400), "JPEG")
    assert read_image(data, smallest=50, max_pixels=2500).shape == (50, 50, 3)
    refused("<bytes>", data, smallest=51, max_pixels=2500)
    # All coefficients of a progressive JPEG are kept in memory at full size.
    refused("<bytes>", encoded(ramp(400, 400), "JPEG", progressive=True), smallest=50, max_pixels=2500)


# ---- broken files

HTML = b"<!DOCTYPE html><html><body>404 Not Found</body></html>"


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
        assert word in refused("<bytes>", content, function)
        refused(str(path), path, function)


def test_paths_that_are_not_files(tmp_path: Path) -> None:
    for function in READERS:
        assert "folder" in refused(str(tmp_path), tmp_path, function)
        assert "No such file" in refused(str(tmp_path / "a.png"), tmp_path / "a.png", function)
        (tmp_path / "dangling.png").unlink(missing_ok=True)
        (tmp_path / "dangling.png").symlink_to("nowhere.png")
        assert "No such file" in refused(str(tmp_path / "dangling.png"), tmp_path / "dangling.png", function)
        refused(r"'a\x00b.png'", "a\0b.png", function)
    if hasattr(os, "mkfifo"):
        os.mkfifo(tmp_path / "pipe.png")
        assert "regular" in refused(str(tmp_path / "pipe.png"), tmp_path / "pipe.png")


@pytest.mark.skipif(os.name == "nt" or os.geteuid() == 0, reason="root may read everything")
def test_unreadable_file(tmp_path: Path) -> None:
    path = tmp_path / "a.png"
    path.write_bytes(encoded(ramp()))
    path.chmod(0)
    assert "Permission denied" in refused(str(path), path)


def test_a_name_with_a_newline_stays_one_line(tmp_path: Path) -> None:
    path = tmp_path / "a\nb.jpg"
    path.write_bytes(HTML)
    assert r"a\nb.jpg" in refused(ascii(str(path)), path)


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
    if not name.startswith("TIFF"):  # libtiff complains to stderr on its own, out of Pillow's and our reach
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
    if not name.startswith("TIFF"):  # libtiff complains to stderr on its own, out of Pillow's and our reach
        assert capfd.readouterr() == ("", "")


def test_random_bytes() -> None:
    rng = np.random.default_rng(0)
    for length in (1, 3, 16, 100, 5000):
        for _ in range(20):
            refused("<bytes>", rng.bytes(length))


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
    refused("<bytes>", data)


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


# ---- resize, find, save


def test_resize() -> None:
    image = ramp(40, 60)
    np.testing.assert_array_equal(resize(image, (40, 60)), image)
    assert resize(image, (10, 7)).shape == (10, 7, 3)
    assert resize(image[..., 0], (80, 7)).shape == (80, 7)
    np.testing.assert_array_equal(resize(np.full((1, 1), 9, np.uint8), (3, 5)), 9)
    stripes = np.tile(np.array([[0, 255]], np.uint8), (40, 30))
    assert np.abs(resize(stripes, (10, 6)).astype(int) - 127.5).max() < 4  # antialiased: stripes turn gray


def touch(path: Path) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.touch()
    return path


def test_find_images_in_folders(tmp_path: Path) -> None:
    expected = [touch(tmp_path / name) for name in ("B.JPG", "a.png", "c/a.webp", "c/d/e.tiff", "z.jpeg")]
    for name in ("notes.txt", ".hidden.jpg", ".git/x.png", "c/.thumbnails/y.jpg", "c/readme.md", "jpg"):
        touch(tmp_path / name)
    assert find_images([tmp_path]) == expected
    assert find_images(tmp_path) == find_images(str(tmp_path)) == expected
    assert find_images(iter([expected[2], tmp_path])) == [expected[2], *expected[:2], *expected[3:]]
    assert find_images([]) == []
    (tmp_path / "empty").mkdir()
    assert find_images([tmp_path / "empty"]) == []


def test_find_images_keeps_files_as_given(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    touch(tmp_path / "b.strange")
    touch(tmp_path / "a.jpg")
    touch(tmp_path / ".hidden" / "c.png")
    monkeypatch.chdir(tmp_path)
    assert find_images(["b.strange", "a.jpg", "./a.jpg", tmp_path / "a.jpg"]) == [
        Path("b.strange"),
        Path("a.jpg"),
    ]
    assert find_images(".hidden") == [Path(".hidden/c.png")]


def test_find_images_in_lists(tmp_path: Path) -> None:
    a, b = touch(tmp_path / "pictures/a b.jpg"), touch(tmp_path / "pictures/ü.png")
    other = touch(tmp_path / "other.raw")
    lines = "\ufeff# from the camera\r\n\r\npictures/ü.png\r\n  pictures/a b.jpg  \n"
    lines += f"../{tmp_path.name}/other.raw\npictures\n"
    path = tmp_path / "list.TXT"
    path.write_text(lines, encoding="utf-8", newline="")
    assert find_images(path) == [b, a, tmp_path / ".." / tmp_path.name / "other.raw"]
    path.write_text(str(other), encoding="utf-8")
    assert find_images([path]) == [other]
    path.write_text("a.jpg\n", encoding="utf-8")
    assert "no such file" in refused(str(tmp_path / "a.jpg"), [path], find_images)


@pytest.mark.parametrize("name", ["a.jpg", "folder", "list.txt"])
def test_find_images_names_what_is_missing(name: str, tmp_path: Path) -> None:
    assert "no such file or folder" in refused(str(tmp_path / name), [tmp_path / name], find_images)


def test_find_images_survives_link_loops(tmp_path: Path) -> None:
    touch(tmp_path / "x/a.jpg")
    touch(tmp_path / "y/b.jpg")
    (tmp_path / "x/self").symlink_to(".")
    (tmp_path / "x/up").symlink_to("..")
    (tmp_path / "y/x").symlink_to("../x")
    found = find_images(tmp_path)
    assert sorted(path.name for path in found) == ["a.jpg", "b.jpg"]
    (tmp_path / "elsewhere").symlink_to("y")
    assert [path.name for path in find_images(tmp_path / "elsewhere")] == ["b.jpg", "a.jpg"]


@pytest.mark.parametrize("suffix", [".png", ".tif", ".bmp", ".PNG"])
def test_save_image(suffix: str, tmp_path: Path) -> None:
    path = tmp_path / f"a{suffix}"
    for image in (ramp(), ramp()[..., 0], ramp()[:, ::2]):
        save_image(path, image)
        np.testing.assert_array_equal(read_image(path), image if image.ndim == 3 else np.dstack([image] * 3))
    assert os.listdir(tmp_path) == [path.name]


def test_save_image_refuses(tmp_path: Path) -> None:
    def save(path: Path, image: np.ndarray | None = None) -> None:
        save_image(path, ramp() if image is None else image)

    assert ".png" in refused(str(tmp_path / "a.xyz"), tmp_path / "a.xyz", save)
    assert ".png" in refused(str(tmp_path / "a"), tmp_path / "a", save)
    assert "No such file" in refused(str(tmp_path / "no/a.png"), tmp_path / "no/a.png", save)
    for image in (ramp() / 255.0, ramp()[None], ramp()[..., :2]):
        assert "uint8" in refused(str(tmp_path / "a.png"), tmp_path / "a.png", save, image=image)
    (tmp_path / "b.png").mkdir()
    refused(str(tmp_path / "b.png"), tmp_path / "b.png", save)
    assert os.listdir(tmp_path) == ["b.png"]
