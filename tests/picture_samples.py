"""Pictures of every kind, made with Pillow or by hand."""

from __future__ import annotations

import io
import struct
import zlib
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from PIL import ExifTags, Image

from wepsam.images import ImageError, image_size, read_image

READERS: list[Callable[..., Any]] = [read_image, image_size]

DEEP = np.array([[0, 128, 129, 255, 256, 25700, 65406, 65407, 65535]], np.uint16)

SHALLOW = [0, 0, 1, 1, 1, 100, 254, 255, 255]


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


def exif(orientation: int) -> Image.Exif:
    tags = Image.Exif()
    tags[ExifTags.Base.Orientation] = orientation
    return tags


def refusal(name: str, source: Any, function: Callable[..., Any] = read_image, **options: Any) -> str:
    """The message, which is one line and begins with the name."""
    with pytest.raises(ImageError) as caught:
        function(source, **options)
    message = str(caught.value)
    assert message.startswith(f"{name}: ")
    assert len(message.splitlines()) == 1
    assert len(message) > len(name) + 8
    return message
