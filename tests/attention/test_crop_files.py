"""Crops as files: each format and depth, upright, with its EXIF and color profile."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import ExifTags, Image, ImageCms

from picture_samples import encoded, exif, ramp, tiff
from wepsam.attention.crop_files import TURNS, encode
from wepsam.images import ImageError, is_drawn, read_image

FULL = (24, 36)  # (height, width) of ramp()
BOX = (6, 2, 30, 22)
PROFILE = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
DEEP = np.linspace(0, 65535, 24 * 36).astype(np.uint16).reshape(24, 36)


def cropped(
    path: Path, box: tuple[int, int, int, int] = BOX, full: tuple[int, int] = FULL, **options: Any
) -> Image.Image:
    picture = Image.open(io.BytesIO(encode(path, box, full, **options).data))
    picture.load()
    return picture


def write(path: Path, data: bytes) -> Path:
    path.write_bytes(data)
    return path


@pytest.mark.parametrize("kind", ["PNG", "TIFF", "BMP", "PPM"])
def test_a_crop_has_the_very_pixels(kind: str, tmp_path: Path) -> None:
    path = write(tmp_path / "a", encoded(ramp(), kind))
    found = cropped(path)
    assert (found.format, found.mode) == (kind, "RGB")
    assert np.array_equal(np.asarray(found), ramp()[2:22, 6:30])


@pytest.mark.parametrize("turn", range(1, 9))
@pytest.mark.parametrize("kind", ["PNG", "JPEG", "TIFF"])
def test_a_crop_is_upright_and_no_viewer_turns_it_again(kind: str, turn: int, tmp_path: Path) -> None:
    path = write(
        tmp_path / "a", encoded(ramp(48, 72), kind, exif=exif(turn), **({"quality": 98} if kind == "JPEG" else {}))
    )
    upright, most = read_image(path), 30 if kind == "JPEG" else 0
    height, width = upright.shape[:2]
    box = (5, 9, width - 3, height - 7)
    found = cropped(path, box, (height, width))
    assert found.getexif().get(ExifTags.Base.Orientation, 1) == 1
    shown = np.asarray(found.convert("RGB")).astype(int)
    assert abs(shown - upright[box[1] : box[3], box[0] : box[2]]).max() <= most
    small = cropped(path, box, (height, width), size=(20, 10))
    assert small.size == (20, 10)
    expected = Image.fromarray(upright).crop(box).resize((20, 10), Image.Resampling.LANCZOS)
    assert abs(np.asarray(small.convert("RGB")).astype(int) - np.asarray(expected)).max() <= (
        30 if kind == "JPEG" else 2
    )
    assert (turn in TURNS) == (turn > 1)


def test_exif_profile_and_resolution_are_kept_and_the_preview_is_not(tmp_path: Path) -> None:
    tags = exif(6)
    tags[ExifTags.Base.Make] = "Acme"
    tags.get_ifd(ExifTags.IFD.GPSInfo)[ExifTags.GPS.GPSLatitudeRef] = "N"
    tags.get_ifd(ExifTags.IFD.Exif)[ExifTags.Base.ExifImageWidth] = 36
    xmp = b'<x:xmpmeta xmlns:x="adobe:ns:meta/"><r tiff:Orientation="6" dc:title="a"/></x:xmpmeta>'
    path = write(
        tmp_path / "a.jpg",
        encoded(ramp(), "JPEG", exif=tags, icc_profile=PROFILE, dpi=(300, 300), xmp=xmp, comment=b"mine"),
    )
    found = cropped(path, (2, 6, 22, 30), (36, 24))
    got = found.getexif()
    assert (got[ExifTags.Base.Make], got.get(ExifTags.Base.Orientation)) == ("Acme", None)
    assert got.get_ifd(ExifTags.IFD.GPSInfo)[ExifTags.GPS.GPSLatitudeRef] == "N"
    assert got.get_ifd(ExifTags.IFD.Exif)[ExifTags.Base.ExifImageWidth] == 20
    assert found.info["icc_profile"] == PROFILE
    assert found.info["dpi"] == (300, 300)
    assert found.info["comment"] == b"mine"
    assert b"Orientation" not in found.info["xmp"]
    assert b"dc:title" in found.info["xmp"]
    bare = cropped(path, (2, 6, 22, 30), (36, 24), exif=False)
    assert (bare.info["icc_profile"], len(bare.getexif())) == (PROFILE, 0)
    assert not {"xmp", "comment", "exif"} & set(bare.info)
    assert not is_drawn(path)


def test_a_preview_of_the_whole_picture_is_not_kept(tmp_path: Path) -> None:
    """What was cut off would be in the file still. The preview is written by hand: Pillow writes none."""
    preview = encoded(ramp(), "JPEG")
    first = b"\x01\x00" + b"\x0f\x01\x02\x00\x04\x00\x00\x00Acm\x00" + (26).to_bytes(4, "little")
    second = b"\x02\x00" + b"\x01\x02\x04\x00\x01\x00\x00\x00" + (56).to_bytes(4, "little")
    second += b"\x02\x02\x04\x00\x01\x00\x00\x00" + len(preview).to_bytes(4, "little") + bytes(4)
    data = b"Exif\0\0II*\0\x08\0\0\0" + first + second + preview
    path = write(tmp_path / "a.jpg", encoded(ramp(60, 90), "JPEG", exif=data))
    assert preview in path.read_bytes()
    made = encode(path, (0, 0, 60, 60), (60, 90))
    assert preview not in made.data
    assert b"Acm" in made.data


@pytest.mark.parametrize("size", [None, (12, 10)])
def test_16_bits_stay_16_bits(size: tuple[int, int] | None, tmp_path: Path) -> None:
    for kind in ("PNG", "TIFF"):
        path = write(tmp_path / kind, encoded(Image.fromarray(DEEP), kind))
        found = np.asarray(cropped(path, size=size)).astype(int)
        assert found.max() > 50_000
        if size is None:
            assert np.array_equal(found, DEEP[2:22, 6:30])
        else:
            assert found.mean() == pytest.approx(DEEP[2:22, 6:30].mean(), rel=0.01)


def test_transparency_stays(tmp_path: Path) -> None:
    pixels = np.dstack([ramp(), np.full(FULL, 255, np.uint8)])
    pixels[:, :18] = (255, 0, 0, 0)  # invisible red, which must not leak into what is seen
    for kind in ("PNG", "WEBP"):
        path = write(
            tmp_path / kind, encoded(pixels, kind, **({"lossless": True, "exact": True} if kind == "WEBP" else {}))
        )
        found = np.asarray(cropped(path))
        assert found.shape == (20, 24, 4)
        assert np.array_equal(found[:, 12:], pixels[2:22, 18:30])
        small = np.asarray(cropped(path, size=(6, 5)))
        assert small[:, 0, 3].max() <= 2  # the filter rings
        assert small[2, 4, 0] < 250
    palette = Image.fromarray(ramp()).quantize(16)
    path = write(tmp_path / "p.png", encoded(palette, "PNG", transparency=3))
    assert (cropped(path).mode, cropped(path).info["transparency"]) == ("P", 3)
    assert cropped(path, size=(6, 5)).mode == "RGBA"


def test_cmyk_stays_cmyk(tmp_path: Path) -> None:
    picture = Image.fromarray(ramp()).convert("CMYK")
    path = write(tmp_path / "a.jpg", encoded(picture, "JPEG", quality=100))
    found = cropped(path)
    assert found.mode == "CMYK"
    assert abs(np.asarray(found).astype(int) - np.asarray(picture)[2:22, 6:30]).max() < 30


def test_what_a_crop_cannot_hold_is_said(tmp_path: Path) -> None:
    frames = [Image.fromarray(ramp() // n) for n in (1, 2, 3)]
    animation = write(tmp_path / "a.gif", encoded(frames[0], "GIF", save_all=True, append_images=frames[1:]))
    made = encode(animation, BOX, FULL)
    assert made.remarks == ["an animation: the crop is of the first"]
    with Image.open(io.BytesIO(made.data)) as picture:
        assert not picture.is_animated
    deep = write(tmp_path / "deep.tif", tiff(np.full((24, 36, 3), 40_000, np.uint16)))
    assert encode(deep, BOX, FULL).remarks == ["16 bits a channel: the crop has 8"]
    floats = write(tmp_path / "floats.tif", tiff(np.full((24, 36, 3), 0.5, np.float32)))
    with pytest.raises(ImageError, match="32-bit floats, which cannot be written"):
        encode(floats, BOX, FULL)


def test_damaged_exif_is_left_out(tmp_path: Path) -> None:
    path = write(tmp_path / "a.jpg", encoded(ramp(), "JPEG", exif=b"Exif\0\0II*\0\xff\xff\xff\x7f"))
    assert cropped(path).size == (24, 20)
    long = write(tmp_path / "long.png", encoded(ramp(), "PNG", exif=b"Exif\0\0MM\0*" + bytes(200_000)))
    assert cropped(long).size == (24, 20)


def test_a_large_jpeg_is_decoded_small_and_is_as_sharp(tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    pixels = np.asarray(Image.fromarray(rng.integers(60, 190, (30, 40), np.uint8)).resize((1600, 1200)))
    path = write(tmp_path / "a.jpg", encoded(pixels, "JPEG", quality=95))
    small = np.asarray(cropped(path, (200, 0, 1400, 1200), (1200, 1600), size=(100, 100))).astype(int)
    expected = Image.fromarray(pixels).crop((200, 0, 1400, 1200)).resize((100, 100), Image.Resampling.LANCZOS)
    assert abs(small - np.asarray(expected)).mean() < 2


def test_modes_of_every_kind(tmp_path: Path) -> None:
    for mode, kind in [
        *((mode, "TIFF") for mode in ("1", "L", "LA", "P", "I", "F", "CMYK", "LAB", "YCbCr", "I;16")),
        *(
            ("1", "PNG"),
            ("LA", "PNG"),
            ("P", "GIF"),
            ("L", "GIF"),
            ("P", "BMP"),
            ("L", "PPM"),
            ("1", "PPM"),
            ("L", "JPEG"),
        ),
    ]:
        picture = Image.new(mode, (36, 24))
        path = write(tmp_path / "a", encoded(picture, kind))
        assert cropped(path).size == (24, 20), (mode, kind)
        assert cropped(path, size=(7, 5)).size == (7, 5), (mode, kind)
