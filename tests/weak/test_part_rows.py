"""The rows of a part: stimulus, teacher map and entropy, at every size and aspect, by every kind of teacher."""

from __future__ import annotations

import io
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from helpers import Paint, Run, Write, rows_of
from wepsam import maps
from wepsam.classical import gbvs
from wepsam.images import read_image, resize
from wepsam.prediction.loading import load
from wepsam.weak import store
from wepsam.weak.labeling import label
from wepsam.weak.manifest import StoreError
from wepsam.weak.selection import entropy


def test_a_row_holds_the_stimulus_its_teacher_map_and_entropy(photos: Path, tmp_path: Path) -> None:
    label(photos, tmp_path / "weak", workers=1)
    rows = rows_of(tmp_path / "weak")
    for id in ("3.png", "sub/DSC_6.JPG"):
        stimulus = resize(read_image(photos / id, smallest=128), (128, 128))
        teacher_map = np.rint(255 * gbvs(stimulus, size=128, full_size=False)).astype(np.uint8)
        stored = np.frombuffer(rows[id]["map"], np.uint8).reshape(32, 32)
        np.testing.assert_array_equal(stored, teacher_map)
        assert rows[id]["entropy"] == pytest.approx(entropy(stored))
        with Image.open(io.BytesIO(rows[id]["stimulus"])) as picture:
            assert (picture.format, picture.size) == ("JPEG", (128, 128))
            assert np.abs(np.asarray(picture).astype(int) - stimulus).mean() < 4


def test_the_teacher_may_see_the_picture_as_it_is(photos: Path, tmp_path: Path) -> None:
    assert label(photos, tmp_path / "weak", size=None, workers=1) == {"kept": 8, "rejected": 1, "failed": 3}
    stored = np.frombuffer(rows_of(tmp_path / "weak")["sub/DSC_6.JPG"]["map"], np.uint8).reshape(32, 32)
    lattice_map = gbvs(read_image(photos / "sub/DSC_6.JPG"), full_size=False)
    assert lattice_map.shape != (32, 32)
    np.testing.assert_array_equal(stored, np.rint(255 * maps.to_unit(maps.enlarge(lattice_map, (32, 32)))))


def test_stimulus_and_map_may_keep_their_aspect(photos: Path, tmp_path: Path, wepsam_command: Run) -> None:
    """The teacher sees the picture with a shorter side of 256; a longer side of 32 has the map, as its lattice."""
    weak = tmp_path / "weak"
    code, _, err = wepsam_command("label", photos, weak, "--keep-aspect", "--size", 256, "--workers", 1)
    assert code == 0, err
    rows = rows_of(weak)
    for id, size, stimulus_shape, view_shape, map_shape in (
        ("0.png", (90, 120), (128, 171), (256, 341), (24, 32)),
        ("sub/DSC_7.JPG", (570, 400), (182, 128), (365, 256), (32, 22)),
    ):
        row = rows[id]
        assert (row["height"], row["width"]) == size
        assert read_image(row["stimulus"]).shape[:2] == stimulus_shape
        assert (row["map_height"], row["map_width"]) == map_shape
        teacher_map = gbvs(resize(read_image(photos / id, smallest=256), view_shape), full_size=False)
        stored = np.frombuffer(row["map"], np.uint8).reshape(map_shape)
        np.testing.assert_array_equal(stored, np.rint(255 * teacher_map))
    assert wepsam_command("inspect", weak)[1].startswith(f"{weak}: gbvs at 256 px, own aspect, 1 part")

    # Whoever learns from it asks for the shapes of the network.
    order = store.select(weak)
    stimuli, teacher_maps, _ = store.read_rows(weak, order)
    assert (stimuli.shape, teacher_maps.shape) == ((8, 128, 128, 3), (8, 32, 32))
    stimuli, teacher_maps, ids = store.read_rows(weak, order, (192, 256), (24, 32))
    assert (stimuli.shape, teacher_maps.shape) == ((8, 192, 256, 3), (8, 24, 32))
    np.testing.assert_array_equal(teacher_maps[ids.index("0.png")].ravel(), list(rows["0.png"]["map"]))
    assert (teacher_maps.max((1, 2)) == 255).all()


def test_a_strip_keeps_its_aspect_within_bounds(tmp_path: Path, write: Write) -> None:
    write(tmp_path / "photos" / "strip.png", np.random.default_rng(0).integers(0, 256, (3, 9000, 3), dtype=np.uint8))
    assert label(tmp_path / "photos", tmp_path / "weak", keep_aspect=True, workers=1) == {"kept": 1}
    row = rows_of(tmp_path / "weak")["strip.png"]
    assert read_image(row["stimulus"]).shape == (1, 4096, 3)
    assert (row["map_height"], row["map_width"]) == (1, 32)


def test_stimuli_and_maps_are_stored_as_large_as_asked(tmp_path: Path, paint: Paint, write: Write) -> None:
    write(tmp_path / "photos" / "a.png", paint(0, 90, 120))
    label(tmp_path / "photos", tmp_path / "weak", keep_aspect=True, stimulus_size=60, map_size=16, workers=1)
    (row,) = rows_of(tmp_path / "weak").values()
    assert read_image(row["stimulus"]).shape == (60, 80, 3)
    assert (row["map_height"], row["map_width"]) == (12, 16)
    with pytest.raises(StoreError, match="stored at 60 px with maps of 16"):
        label(tmp_path / "photos", tmp_path / "weak", keep_aspect=True, workers=1)


def test_any_classical_model_may_teach(photos: Path, tmp_path: Path) -> None:
    label(photos, tmp_path / "weak", teacher="center-gaussian", workers=1)
    stored = np.frombuffer(rows_of(tmp_path / "weak")["0.png"]["map"], np.uint8).reshape(32, 32)
    assert np.unravel_index(stored.argmax(), stored.shape) in ((15, 15), (15, 16), (16, 15), (16, 16))
    np.testing.assert_array_equal(stored, stored[::-1, ::-1])
    assert (stored.min(), stored.max()) == (0, 255)
    label(photos, tmp_path / "128", teacher="gbvs-128", size=512, workers=1)  # reduces it once more by itself
    label(photos, tmp_path / "plain", workers=1)
    maps_ = [
        np.array([list(row["map"]) for row in rows_of(tmp_path / name).values() if row["map"]])
        for name in ("128", "plain")
    ]
    assert np.corrcoef(maps_[0].ravel(), maps_[1].ravel())[0, 1] > 0.99


def test_shipped_weights_are_a_teacher_too(tmp_path: Path, paint: Paint, write: Write) -> None:
    photo = write(tmp_path / "photos" / "a.png", paint(0, 90, 120))
    label(tmp_path / "photos", tmp_path / "weak", teacher="wepsam-paper", size=None, workers=1)
    (row,) = rows_of(tmp_path / "weak").values()
    expected = maps.enlarge(load("wepsam-paper")(photo), (32, 32))
    found = np.frombuffer(row["map"], np.uint8).reshape(32, 32)
    np.testing.assert_array_equal(found, np.rint(255 * maps.to_unit(expected)))
