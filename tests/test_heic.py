"""HEIC pictures, which the extra [heif] reads: within the same bounds, and with the same answers, as all others."""

from __future__ import annotations

import io
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from helpers import Paint, Run, Write, one_line
from picture_samples import exif, ramp, refusal
from wepsam.images import image_size, read_image

MISSING = "a HEIC picture needs pillow_heif: pip install 'wepsam[heif]'"


def heic(picture: np.ndarray, **info: Any) -> bytes:
    """A picture as HEIC."""
    pillow_heif = pytest.importorskip("pillow_heif", reason="the extra [heif]")
    file, made = io.BytesIO(), pillow_heif.from_pillow(Image.fromarray(picture))
    made[0].info.update(info)
    made.save(file, quality=-1, chroma=444)
    return file.getvalue()


def test_a_picture() -> None:
    data = heic(ramp(40, 64))
    assert image_size(data) == (40, 64)
    found = read_image(data)
    assert found.shape == (40, 64, 3)
    assert np.abs(found.astype(int) - ramp(40, 64)).mean() < 3
    assert read_image(data, smallest=20).shape == (40, 64, 3)
    assert read_image(data, shape=(10, 16)).shape == (10, 16, 3)
    assert read_image(heic(np.full((1, 1, 3), 77, np.uint8))).shape == (1, 1, 3)


def test_it_is_upright() -> None:
    stored = np.ascontiguousarray(ramp(40, 64).swapaxes(0, 1)[::-1])
    data = heic(stored, exif=exif(6).tobytes())
    assert b"irot" in data  # as cameras write it: the decoder turns the picture
    assert image_size(data) == read_image(data).shape[:2] == (40, 64)
    assert np.abs(read_image(data).astype(int) - ramp(40, 64)).mean() < 3


def test_transparency_shows_white() -> None:
    clear = np.zeros((32, 32, 4), np.uint8)
    clear[:, 16:] = (200, 0, 0, 255)
    found = read_image(heic(clear)).astype(int)
    assert found[:, :12].min() > 250
    assert np.abs(found[:, 20:] - (200, 0, 0)).max() < 12


def test_bounds_and_damage() -> None:
    data = heic(np.random.default_rng(0).integers(0, 256, (64, 64, 3), np.uint8))
    assert "more than 4,095 pixels" in refusal("<bytes>", data, max_pixels=4095)
    for end in (12, 40, 300, len(data) // 2, len(data) - 9):
        refusal("<bytes>", data[:end])
    at = data.index(b"ispe") + 8
    refusal("<bytes>", data[:at] + b"\0\0\0\x08\0\0\0\x08" + data[at + 8 :])  # a size that is not that of the pixels


def test_without_the_extra_it_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, paint: Paint, write: Write, wepsam_command: Run
) -> None:
    monkeypatch.setitem(sys.modules, "pillow_heif", None)
    path = tmp_path / "phone.HEIC"
    path.write_bytes(b"\0\0\0\x18ftypheic\0\0\0\0heicmif1" + bytes(100))
    for function in (read_image, image_size):
        assert MISSING in refusal(str(path), path, function)
    call = (
        "predict",
        write(tmp_path / "0.png", paint(0)),
        path,
        "--out",
        tmp_path / "maps",
        "--model",
        "center-gaussian",
    )
    code, _, err = wepsam_command(*call)
    assert code == 1  # the other picture is done
    assert MISSING in err
    code, _, err = wepsam_command("areas", path, "--areas", tmp_path / "a.json", "--model", "center-gaussian")
    assert code == 2
    one_line(err, MISSING)
