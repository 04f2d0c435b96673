"""Every kind of pixel that people have: color, gray, palettes, transparency, 16 and 32 bits."""

from __future__ import annotations

import struct
from typing import Any

import numpy as np
import pytest
from PIL import Image, ImageCms

from picture_samples import DEEP, READERS, SHALLOW, chunk, encoded, png, ramp, refusal
from wepsam.images import image_size, read_image

pytestmark = pytest.mark.filterwarnings("error")  # no warning of Pillow's reaches the user


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
        message = refusal("<array>", array, function)
        assert str(array.shape) in message
        assert str(array.dtype) in message
        assert "(H, W, 3)" in message


def test_the_order_of_bytes_does_not_matter() -> None:
    for kind in ("u2", "f2", "f4", "f8"):
        values = (ramp().astype(np.float64) / 255 * (65535 if kind == "u2" else 1)).astype(kind)
        for order in "<>":
            np.testing.assert_array_equal(read_image(values.astype(order + kind)), read_image(values))
            np.testing.assert_array_equal(read_image(values.astype(order + kind)[..., 0]), read_image(values[..., 0]))


def test_masked_arrays_are_refused_where_they_hide_something() -> None:
    for values in (ramp(), ramp() / 255.0):
        hidden = np.ma.masked_array(values, mask=ramp() == 3)
        for function in READERS:
            assert "filled" in refusal("<array>", hidden, function)
        open_ = np.ma.masked_array(values, mask=False)
        np.testing.assert_array_equal(read_image(open_), ramp())
        assert type(read_image(open_)) is np.ndarray


@pytest.mark.parametrize(("kind", "code"), [(np.int32, 2), (np.uint32, 1)])
def test_color_of_32_bit_integers_is_refused_by_its_name(kind: type, code: int) -> None:
    """Pillow cannot read it; the line says what it is, not that it is no picture."""
    pixels = (ramp(6, 8) / 255.0).astype(kind).tobytes()
    tags = [(256, 4, 1, 8), (257, 4, 1, 6), (258, 3, 3, 8), (259, 3, 1, 1), (262, 3, 1, 2), (273, 4, 1, 20),
            (277, 3, 1, 3), (278, 4, 1, 6), (279, 4, 1, len(pixels)), (339, 3, 3, 14)]  # fmt: skip
    head = b"II*\0" + struct.pack("<I", 20 + len(pixels)) + struct.pack("<6H", 32, 32, 32, code, code, code)
    directory = struct.pack("<H", len(tags)) + b"".join(struct.pack("<HHII", *tag) for tag in tags) + bytes(4)
    for function in READERS:
        assert "TIFF" in refusal("<bytes>", head + pixels + directory, function)
        assert "floats" in refusal("<bytes>", head + pixels + directory, function)


@pytest.mark.parametrize("value", [-0.01, 1.01, 255.0, np.nan, np.inf])
def test_floats_outside_0_to_1_are_refused(value: float) -> None:
    assert "[0, 1]" in refusal("<array>", np.array([[0.5, value]]))


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
        ([0, 10, 255], [0, 10, 255]),
        ([-100, 0, 300], [0, 64, 255]),
        ([70000, 70000], [0, 0]),
    ):
        pixels = read_image(encoded(Image.fromarray(np.array([values], np.int32)), "TIFF"))
        np.testing.assert_array_equal(pixels[0, :, 0], expected)
    assert "finite" in refusal("<picture>", Image.fromarray(np.full((2, 2), np.nan, np.float32)))


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
