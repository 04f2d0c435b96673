"""TIFFs with colors as floats, written by hand after the TIFF 6.0 specification and Adobe's TechNote 3."""

from __future__ import annotations

import io
import logging
import struct
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from picture_samples import encoded, ramp, refusal, tiff
from wepsam.datasets.density_files import read_map as read_density
from wepsam.evaluation.map_folder import read_map
from wepsam.images import image_size, read_image

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


def test_damage_is_a_picture_or_one_line(capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    # The log says what was taken for white. A command that ran before in this process may have sent it to stderr.
    monkeypatch.setattr(logging.getLogger("wepsam"), "handlers", [logging.NullHandler()])
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
