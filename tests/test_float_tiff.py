"""TIFFs with colors as floats, written by hand after the TIFF 6.0 specification and Adobe's TechNote 3."""

from __future__ import annotations

import io
import logging
import struct
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from picture_samples import encoded, ramp, refusal
from wepsam.datasets.density_files import read_map as read_density
from wepsam.evaluation.map_folder import read_map
from wepsam.images import image_size, read_image


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


UNIT = ramp(33, 46).astype(np.float32) / 255


@pytest.mark.parametrize("order", ["<", ">"])
@pytest.mark.parametrize(
    "options",
    [
        {}, {"deflate": True}, {"deflate": True, "predictor": 2}, {"deflate": True, "predictor": 3}, {"strip": 100},
        {"tile": 16}, {"tile": 32, "deflate": True},
    ],
    ids=str,
)  # fmt: skip
def test_unit_floats_are_the_picture(options: dict[str, Any], order: str, tmp_path: Path) -> None:
    data = tiff(UNIT, order=order, **options)
    (tmp_path / "a.tif").write_bytes(data)
    for source in (data, tmp_path / "a.tif"):
        np.testing.assert_array_equal(read_image(source, max_pixels=33 * 46), ramp(33, 46))
        assert image_size(source) == (33, 46)
    assert "1,517 pixels" in refusal("<bytes>", data, max_pixels=33 * 46 - 1)


def test_a_predictor_without_compression_is_none() -> None:
    np.testing.assert_array_equal(read_image(tiff(UNIT, _317=[2])), ramp(33, 46))


@pytest.mark.parametrize("order", ["<", ">"])
@pytest.mark.parametrize("deflate", [False, True])
@pytest.mark.parametrize("kind", ["f4", "i4", "i2", "u2", "u1"])
def test_gray_of_any_byte_order_is_the_same_picture(kind: str, deflate: bool, order: str, tmp_path: Path) -> None:
    """Pillow swaps the bytes of big-endian ones twice if they are compressed."""
    gray = ramp(33, 46)[..., :1]
    if kind == "u2":
        values = gray.astype(np.uint16) * 257
    else:
        values = gray.astype(kind) if kind[0] != "f" else gray.astype(np.float32) / 255
    data = tiff(values, order=order, deflate=deflate, _262=[1])
    np.testing.assert_array_equal(read_image(data), np.repeat(gray, 3, axis=2))
    picture = Image.open(io.BytesIO(data))
    np.testing.assert_array_equal(read_image(picture), np.repeat(gray, 3, axis=2))
    path = tmp_path / "a.tif"
    path.write_bytes(data)
    np.testing.assert_array_equal(read_map(path), values[..., 0])
    np.testing.assert_array_equal(read_density(path), values[..., 0])


def test_what_is_white_is_said_and_nearly_all_values_decide(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    over = UNIT.copy()
    over[3, 4] = 1.25, np.nan, -np.inf
    expected = ramp(33, 46)
    expected[3, 4] = 255, 0, 0
    np.testing.assert_array_equal(read_image(tiff(over)), expected)
    assert "colors as 32-bit floats, taken as 0 for black and 1 for white" in caplog.text
    np.testing.assert_array_equal(read_image(tiff(255 * UNIT)), ramp(33, 46))
    assert "255 for white" in caplog.text


KINDS: dict[str, Callable[[], bytes]] = {
    "no white": lambda: tiff(UNIT * 7 - 3),
    "light of any strength": lambda: tiff(UNIT * 1e6),
    "double": lambda: tiff(UNIT.astype(np.float64)),
    "half": lambda: tiff(UNIT.astype(np.float16)),
    "32-bit integers": lambda: tiff((UNIT * 1e9).astype(np.uint32)),
    "four channels": lambda: tiff(np.dstack([UNIT, UNIT[..., :1]])),
    "two channels": lambda: tiff(UNIT[..., :2]),
    "planes": lambda: tiff(UNIT, _284=[2]),
    "turned": lambda: tiff(UNIT, _274=[6]),
    "unknown predictor": lambda: tiff(UNIT, deflate=True, _317=[7]),
    "all NaN": lambda: tiff(np.full_like(UNIT, np.nan)),
    "cut": lambda: tiff(UNIT)[:5000],
    "cut deflate": lambda: tiff(UNIT, deflate=True)[:-300],
    "no directory": lambda: b"II*\0" + b"\xff" * 40,
    "directory within its head": lambda: b"II*\0\0\0\0\0" + bytes(40),
}


@pytest.mark.parametrize("make", KINDS.values(), ids=KINDS)
def test_others_are_one_line(make: Callable[[], bytes], capfd: pytest.CaptureFixture[str]) -> None:
    refusal("<bytes>", make())
    assert capfd.readouterr() == ("", "")


def test_damage_is_a_picture_or_one_line(capfd: pytest.CaptureFixture[str]) -> None:
    rng = np.random.default_rng(0)
    for options in ({}, {"deflate": True, "predictor": 3}, {"tile": 16, "order": ">"}):
        whole = np.frombuffer(tiff(UNIT, **options), np.uint8)  # type: ignore[arg-type]
        for _ in range(100):
            damaged = whole.copy()
            places = np.r_[rng.integers(len(whole), size=2), len(whole) - 1 - rng.integers(250, size=2)]
            damaged[places] = rng.integers(256, size=4)
            try:
                assert read_image(damaged.tobytes(), max_pixels=1_000_000).dtype == np.uint8
            except ValueError as error:
                assert len(str(error).splitlines()) == 1  # noqa: PT017
    assert capfd.readouterr() == ("", "")


def test_a_large_one_is_refused_by_its_memory() -> None:
    data = bytearray(tiff(np.zeros((2, 3, 3), np.float32), strip=2))
    sides = {b"\x00\x01\x04\x00": 9000, b"\x01\x01\x04\x00": 9000}
    for tag, side in sides.items():
        at = data.index(tag + b"\1\0\0\0") + 8
        data[at : at + 4] = struct.pack("<I", side)
    assert "MB to decode" in refusal("<bytes>", bytes(data))
    assert image_size(encoded(ramp(), "TIFF")) == (24, 36)
