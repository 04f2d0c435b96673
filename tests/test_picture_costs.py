"""Pictures that take more memory or time than their bytes and pixels say: read within bounds, or refused in a line."""

import io
import multiprocessing
import os
import struct
import subprocess
import sys
import threading
import time
import zlib
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from helpers import ROOT
from picture_samples import encoded, exif, ramp, refusal
from wepsam import _picture_costs, _picture_pixels
from wepsam.images import image_size, pixel_count, read_image


def webp_bomb(side: int) -> bytes:
    """An animation of two frames of 16x16 pixels on a canvas of any size."""
    frames = [Image.new("RGB", (16, 16), color) for color in ("black", "red")]
    data = bytearray(encoded(frames[0], "WEBP", save_all=True, append_images=frames[1:]))
    place = data.find(b"VP8X")
    data[place + 12 : place + 15] = data[place + 15 : place + 18] = (side - 1).to_bytes(3, "little")
    return bytes(data)


def segment(mark: int, body: bytes) -> bytes:
    return b"\xff" + bytes([mark]) + struct.pack(">H", len(body) + 2) + body


def jpeg_of_scans(side: int, scans: int) -> bytes:
    """A progressive gray JPEG whose scans, but for the first, are empty."""
    blocks = (side // 8) ** 2
    bits = ("0" + "1" * 14) * -(-blocks // 32767)
    bits += "1" * (-len(bits) % 8)
    empty = bytes(int(bits[i : i + 8], 2) for i in range(0, len(bits), 8)).replace(b"\xff", b"\xff\0")
    data = b"\xff\xd8" + segment(0xDB, b"\0" + bytes([1] * 64))
    data += segment(0xC2, struct.pack(">BHHB", 8, side, side, 1) + bytes([1, 0x11, 0]))
    data += segment(0xC4, b"\0" + bytes([1] + [0] * 15) + b"\0") + segment(
        0xC4, b"\x10" + bytes([1] + [0] * 15) + b"\xe0"
    )
    data += segment(0xDA, bytes([1, 1, 0, 0, 0, 0])) + bytes(-(-blocks // 8))
    return data + (segment(0xDA, bytes([1, 1, 0, 1, 63, 0])) + empty) * (scans - 1) + b"\xff\xd9"


def float_tiff(side: int, rows: int) -> bytes:
    """Zeros, deflated in strips of some rows."""
    strips = [zlib.compress(bytes(side * 4 * min(rows, side - top)), 9) for top in range(0, side, rows)]
    offsets = np.cumsum([8, *map(len, strips)])
    where = int(offsets[-1])
    count = len(strips)
    tables = struct.pack(f"<{count}I", *offsets[:-1]) + struct.pack(f"<{count}I", *map(len, strips))
    one = count == 1  # then the values themselves stand in the tags
    tags = [(256, 4, 1, side), (257, 4, 1, side), (258, 3, 1, 32), (259, 3, 1, 8), (262, 3, 1, 1),
            (273, 4, count, 8 if one else where), (277, 3, 1, 1), (278, 4, 1, rows),
            (279, 4, count, len(strips[0]) if one else where + 4 * count), (339, 3, 1, 3)]  # fmt: skip
    directory = struct.pack("<H", len(tags)) + b"".join(struct.pack("<HHII", *tag) for tag in tags) + bytes(4)
    return b"II*\0" + struct.pack("<I", where + len(tables)) + b"".join(strips) + tables + directory


MEASURE = """
import resource, sys, time
from wepsam import _picture_costs
from wepsam.images import ImageError, read_image
from PIL import Image
Image.init()
_picture_costs.MAX_BYTES = 106_000_000
def peak(): return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
before, start = peak(), time.process_time()
try:
    shape = read_image(sys.argv[1]).shape
except ImageError:
    shape = None
print(shape, peak() - before, time.process_time() - start, sep=";")
"""


@pytest.mark.skipif(sys.platform != "linux", reason="ru_maxrss has another unit elsewhere")
@pytest.mark.parametrize("kind", ["webp", "tiff", "tiff of one strip", "png", "turned", "progressive", "16 bits"])
def test_memory_stays_in_bounds(kind: str, tmp_path: Path) -> None:
    """A tenth of the pixels, so a tenth of the memory."""
    side = 3880
    black = Image.new("RGB", (side, side))
    data = {
        "webp": lambda: webp_bomb(side),
        "tiff": lambda: float_tiff(side, 64),
        "tiff of one strip": lambda: float_tiff(side, side),
        "png": lambda: encoded(black.convert("RGBA"), compress_level=1),
        "turned": lambda: encoded(black, compress_level=1, exif=exif(6)),
        "progressive": lambda: encoded(black, "JPEG", progressive=True, subsampling=0),
        "16 bits": lambda: encoded(Image.fromarray(np.zeros((side, side), np.uint16)), compress_level=1),
    }[kind]()
    path = tmp_path / "picture"
    path.write_bytes(data)
    environment = os.environ | {"PYTHONPATH": str(ROOT / "src"), "OMP_NUM_THREADS": "1"}
    done = subprocess.run(
        [sys.executable, "-c", MEASURE, path], env=environment, capture_output=True, text=True, check=True
    )
    shape, megabytes, seconds = done.stdout.strip().split(";")
    assert float(megabytes) < 106_000_000 / 2**20 + 60
    assert float(seconds) < 10
    assert (shape == "None") == (kind in ("webp", "progressive", "tiff of one strip"))


def test_what_a_picture_takes_is_said_before_it_is_decoded() -> None:
    for bomb in (webp_bomb(12_600), float_tiff(12_600, 12_600)):
        message = refusal("<bytes>", bomb)
        assert "12600x12600" in message
        assert "MB" in message
        assert "max_pixels" in message
        assert pixel_count(bomb) == 0
    small = webp_bomb(600)
    assert read_image(small).shape == (600, 600, 3)
    assert pixel_count(small) == 360_000


def test_a_tile_may_be_larger_than_its_picture() -> None:
    data = bytearray(encoded(ramp(16, 16), "TIFF", compression="tiff_adobe_deflate"))
    picture = Image.open(io.BytesIO(bytes(data)))
    picture.tag_v2[322], picture.tag_v2[323] = 40_000, 40_000  # type: ignore[attr-defined]
    assert _picture_costs.bytes_to_decode(picture, picture.size) > 3e9


def test_scans_of_a_jpeg_are_limited() -> None:
    assert "scans" in refusal("<bytes>", jpeg_of_scans(64, 3000))
    assert read_image(jpeg_of_scans(64, 30)).shape == (64, 64, 3)
    large = jpeg_of_scans(4000, 200)
    for function in (read_image, image_size):
        assert "scans" in refusal("<bytes>", large, function)  # more than 16 times all that is allowed


def test_scans_are_counted_behind_comments_restarts_and_fill_bytes() -> None:
    plain = encoded(ramp(64, 96), "JPEG", progressive=True)
    count = sum(1 for _ in _picture_costs._scans(io.BytesIO(plain)))
    assert 8 <= count <= 12
    comment = segment(0xFE, segment(0xDA, b"no scan") * 3000)  # longer than what is read at a time, with its head
    padded = plain[:2] + comment * 3 + b"\xff" * 70_000 + plain[2:]
    assert sum(1 for _ in _picture_costs._scans(io.BytesIO(padded))) == count
    start = time.process_time()
    for junk in (b"\xff" * 3_000_000 + b"\0", b"", b"\xff", b"\xff\xda", b"\xff\xda\0"):
        assert sum(1 for _ in _picture_costs._scans(io.BytesIO(b"\xff\xd8" + junk))) == 0
    assert time.process_time() - start < 5


def test_slow_decoders_are_limited(monkeypatch: pytest.MonkeyPatch) -> None:
    plain = b"P3 20 10 255\n" + b"7 " * 600
    odd = b"P6 20 10 254\n" + bytes(600)
    for data in (plain, odd):
        assert read_image(data).shape == (10, 20, 3)
        monkeypatch.setattr(_picture_costs, "SAMPLES_IN_PYTHON", 599)
        assert "slow" in refusal("<bytes>", data)
        monkeypatch.undo()


@pytest.mark.parametrize("mode", ["1", "L", "LA", "P", "PA", "RGB", "RGBA", "RGBX", "CMYK", "YCbCr", "HSV", "I;16"])
@pytest.mark.parametrize("orientation", range(1, 9))
def test_strips_give_the_same_pixels(mode: str, orientation: int, monkeypatch: pytest.MonkeyPatch) -> None:
    picture = Image.fromarray(ramp(31, 47))
    picture = Image.fromarray(ramp(31, 47)[..., 0].astype(np.uint16) * 200) if mode == "I;16" else picture.convert(mode)
    whole, _ = _picture_pixels.to_array(picture, orientation)
    monkeypatch.setattr(_picture_pixels, "STRIP", 100)
    np.testing.assert_array_equal(_picture_pixels.to_array(picture, orientation)[0], whole)


def _decode(times: object) -> None:
    with _picture_costs.turn(_picture_costs.LARGE + 1):
        entered = time.monotonic()
        time.sleep(0.2)
        times.put((entered, time.monotonic()))  # type: ignore[attr-defined]


@pytest.mark.skipif(_picture_costs.fcntl is None, reason="no file locks")
@pytest.mark.parametrize("kind", ["threads", "processes"])
def test_large_pictures_take_turns(kind: str) -> None:
    context = multiprocessing.get_context("spawn")
    times = context.Queue()
    make = threading.Thread if kind == "threads" else context.Process
    workers = [make(target=_decode, args=(times,)) for _ in range(3)]
    for worker in workers:
        worker.start()
    spans = sorted(times.get(timeout=60) for _ in workers)
    for worker in workers:
        worker.join()
    assert all(first[1] <= second[0] for first, second in pairwise(spans))


@pytest.mark.parametrize("kind", ["markers", "fill", "late markers", "comment"])
def test_a_header_that_takes_long_is_one_line(kind: str, tmp_path: Path) -> None:
    """Pillow reads these in Python; some megabytes took many seconds."""
    photo = encoded(ramp(), "JPEG")
    data = {
        "markers": photo[:2] + b"\xff\xfe\x00\x02" * 1_000_000 + photo[2:],
        "fill": photo[:2] + b"\xff" * 4_000_000 + photo[2:],
        "late markers": photo[:-2] + b"\xff\xfe\x00\x02" * 1_000_000 + photo[-2:],
        "comment": b"P6\n#" + b"x" * 4_000_000 + b"\n1 1 255\n\1\2\3",
    }[kind]
    (tmp_path / "a").write_bytes(data)
    for source, name in ((data, "<bytes>"), (tmp_path / "a", str(tmp_path / "a"))):
        began = time.process_time()
        assert "save it anew" in refusal(name, source)
        assert time.process_time() - began < 4


def test_long_metadata_of_real_files_is_no_obstacle() -> None:
    photo = encoded(ramp(), "JPEG")
    data = photo[:2] + (b"\xff\xe1\xff\xff" + bytes(65533)) * 100 + photo[2:]
    assert read_image(data).shape == (24, 36, 3)
    assert read_image(b"P6\n" + b"# a comment\n" * 100 + b"1 1 255\n\1\2\3").tolist() == [[[1, 2, 3]]]
