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


def tiff(
    values: np.ndarray, *, order: str = "<", deflate: bool = False, predictor: int = 1, strip: int = 7,
    tile: int = 0, **changed: Any,
) -> bytes:  # fmt: skip
    """A TIFF of (H, W, C) numbers, in strips of some rows or in square tiles."""
    height, width, channels = values.shape
    stored = values.astype(values.dtype.newbyteorder(order))
    if tile:
        stored = np.pad(stored, [(0, -height % tile), (0, -width % tile), (0, 0)])
        pieces = [
            stored[top : top + tile, left : left + tile]
            for top in range(0, height, tile)
            for left in range(0, width, tile)
        ]
    else:
        pieces = [stored[top : top + strip] for top in range(0, height, strip)]
    data = [_predicted(piece, predictor, order) for piece in pieces]
    data = [zlib.compress(piece) for piece in data] if deflate else data
    body, places = b"", []
    for piece in data:
        places.append(8 + len(body))
        body += piece + bytes(len(piece) % 2)
    kind = {"f": 3, "u": 1, "i": 2}[values.dtype.kind]
    tags: dict[int, tuple[str, Any]] = {
        256: ("I", [width]), 257: ("I", [height]), 258: ("H", [8 * values.dtype.itemsize] * channels),
        259: ("H", [8 if deflate else 1]), 262: ("H", [2]), 277: ("H", [channels]), 317: ("H", [predictor]),
        339: ("H", [kind] * channels),
    }  # fmt: skip
    sizes = list(map(len, data))
    tiled = {322: [tile], 323: [tile], 324: places, 325: sizes}
    layout = tiled if tile else {273: places, 278: [strip], 279: sizes}
    tags |= {tag: ("I", numbers) for tag, numbers in layout.items()}
    tags |= {int(tag[1:]): ("H", numbers) for tag, numbers in changed.items()}
    entries, more, start = b"", b"", 8 + len(body)
    behind = start + 2 + 12 * len(tags) + 4
    for tag, (code, numbers) in sorted(tags.items()):
        packed = struct.pack(f"{order}{len(numbers)}{code}", *numbers)
        entries += struct.pack(f"{order}HHI", tag, {"H": 3, "I": 4}[code], len(numbers))
        if len(packed) > 4:
            packed, more = struct.pack(f"{order}I", behind + len(more)), more + packed
        entries += packed.ljust(4, b"\0")
    head = (b"II*\0" if order == "<" else b"MM\0*") + struct.pack(f"{order}I", start)
    return head + body + struct.pack(f"{order}H", len(tags)) + entries + bytes(4) + more


def _predicted(piece: np.ndarray, predictor: int, order: str) -> bytes:
    if predictor == 2:
        whole = piece.view(f"{order}u4").astype(np.uint32)
        whole[:, 1:] -= whole[:, :-1].copy()
        return whole.astype(f"{order}u4").tobytes()
    if predictor == 3:
        rows = piece.astype(">f4").view(np.uint8).reshape(len(piece), -1, 4).swapaxes(1, 2).reshape(len(piece), -1)
        by_channel = rows.reshape(len(piece), -1, piece.shape[2]).copy()
        by_channel[:, 1:] -= by_channel[:, :-1].copy()
        return by_channel.tobytes()
    return piece.tobytes()


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
